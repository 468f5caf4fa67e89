/* The objects, their versions and the history of changes.
 * Invariant: sim->objects[i] is sorted by namespace and name; resourceVersions only grow; every change is in the history (for five
 * minutes, as the API server keeps it) and told to the watches at once. */
#include "core/base/mem.h"
#include "core/sim/sim_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { HISTORY_MS = 5 * 60 * 1000 };

uint64_t sim_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void sim_suffix(uint64_t *state, char out[6])
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";       /* k8s.io/apimachinery util/rand: no vowels, no 0, 1, 3 */

    for (int i = 0; i < 5; i++)
        out[i] = letters[sim_random(state) % (sizeof letters - 1)];
    out[5] = 0;
}

void world_new_uid(struct sim *sim, char out[37])
{
    uint64_t a = sim_random(&sim->random), b = sim_random(&sim->random);

    snprintf(out, 37, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
             (unsigned)(0x8000 | (b >> 48 & 0x3fff)), (unsigned long long)(b & 0xffffffffffffu));
}

void version_hold(struct version *v)
{
    v->refs++;
}

void version_drop(struct version *v)
{
    if (v && --v->refs == 0)
        free(v);
}

static struct version *version_new(const struct resource *r, const char *ns, const char *name, uint64_t rv, bool old_shape,
                                   struct slice text)
{
    size_t n_ns = strlen(ns) + 1, n_name = strlen(name) + 1;
    struct version *v = mem_new(sizeof *v + n_ns + n_name + text.n + 1);
    char *p = (char *)(v + 1);

    *v = (struct version){
        .refs = 1, .old_shape = old_shape, .resource = r, .rv = rv, .ns = p, .name = p + n_ns, .text = {p + n_ns + n_name, text.n},
    };
    memcpy(p, ns, n_ns);
    memcpy(p + n_ns, name, n_name);
    memcpy(p + n_ns + n_name, text.p, text.n);
    return v;
}

const struct ptrs *world_objects(const struct sim *sim, const struct resource *r)
{
    return &sim->objects[sim_resource_index(r)];
}

size_t world_lower_bound(const struct sim *sim, const struct resource *r, const char *ns, const char *name)
{
    const struct ptrs *all = world_objects(sim, r);
    size_t from = 0, to = all->n;

    while (from < to) {
        size_t mid = from + (to - from) / 2;
        const struct version *v = all->v[mid];
        int order = strcmp(v->ns, ns);
        if (order == 0)
            order = strcmp(v->name, name);
        if (order < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

struct version *world_get(const struct sim *sim, const struct resource *r, const char *ns, const char *name)
{
    const struct ptrs *all = world_objects(sim, r);
    size_t at = world_lower_bound(sim, r, ns, name);
    struct version *v = at < all->n ? all->v[at] : NULL;

    return v && strcmp(v->ns, ns) == 0 && strcmp(v->name, name) == 0 ? v : NULL;
}

/* ---- metadata */

struct member {
    struct slice key, value;
    int rank;
};

/* Go's struct order for the core kinds; a CRD's objects are maps, which Go writes in alphabetical order. */
static int core_rank(struct slice key)
{
    static const char *const order[] = {
        "name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers", "managedFields",
    };
    enum { N = sizeof order / sizeof *order };

    for (int i = 0; i < N; i++)
        if (slice_is(key, order[i]))
            return i;
    return N;
}

static int compare_core(const void *a, const void *b)
{
    return ((const struct member *)a)->rank - ((const struct member *)b)->rank;
}

static int compare_alphabetical(const void *a, const void *b)
{
    const struct slice *x = &((const struct member *)a)->key, *y = &((const struct member *)b)->key;
    int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

    return order ? order : x->n < y->n ? -1 : x->n > y->n;
}

enum { MEMBERS_MOST = 32 };
struct members {
    struct member v[MEMBERS_MOST];
    size_t n;
};

static struct member *member_of(struct members *m, struct slice key)
{
    for (size_t i = 0; i < m->n; i++)
        if (slice_eq(m->v[i].key, key))
            return &m->v[i];
    return NULL;
}

static void member_set(struct members *m, const char *key, struct slice value)
{
    struct member *found = member_of(m, slice_of(key));

    if (found)
        found->value = value;
    else if (m->n < MEMBERS_MOST)
        m->v[m->n++] = (struct member){.key = slice_of(key), .value = value, .rank = core_rank(slice_of(key))};
}

static void member_default(struct members *m, const char *key, struct slice value)
{
    struct member *found = member_of(m, slice_of(key));

    if (!found || json_type(found->value) == JSON_NULL)
        member_set(m, key, value);
}

static void members_write(struct members *m, const struct resource *r, struct buf *out)
{
    bool first = true;

    qsort(m->v, m->n, sizeof *m->v, r->crd ? compare_alphabetical : compare_core);
    buf_add_text(out, "{");
    for (size_t i = 0; i < m->n; i++)
        json_add_member(out, &first, m->v[i].key, m->v[i].value);
    buf_add_text(out, "}");
}

/* A small share of what a server writes there, so that a client meets the member. */
static void managed_fields(const struct sim *sim, const struct resource *r, struct buf *out)
{
    char stamp[32];
    char *api = *r->group ? mem_printf("%s/%s", r->group, r->version) : mem_text(r->version);

    time_rfc3339(sim->now_ms, stamp);
    if (r->crd)
        buf_printf(out,
                   "[{\"apiVersion\":\"%s\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{\"f:spec\":{},\"f:status\":{\".\":{},"
                   "\"f:conditions\":{}}},"
                   "\"manager\":\"agent-sandbox-controller\",\"operation\":\"Update\",\"time\":\"%s\"}]",
                   api, stamp);
    else
        buf_printf(out,
                   "[{\"manager\":\"kube-controller-manager\",\"operation\":\"Update\",\"apiVersion\":\"%s\",\"time\":\"%s\","
                   "\"fieldsType\":\"FieldsV1\","
                   "\"fieldsV1\":{\"f:metadata\":{\"f:labels\":{\".\":{}}}}}]",
                   api, stamp);
    free(api);
}

/* The object's text for the store: without apiVersion and kind, metadata first (CRDs: apiVersion, kind, metadata, … are in order so). */
static void complete(struct sim *sim, const struct resource *r, json object, const struct version *before, struct buf *out)
{
    struct members m = {0};
    struct buf rv = {0}, stamp = {0}, uid = {0}, generation = {0}, managed = {0};
    struct json_walk w = json_members(json_get(object, "metadata"));
    char text[48];

    while (json_next(&w))
        if (m.n < MEMBERS_MOST)
            m.v[m.n++] = (struct member){.key = w.key, .value = w.value, .rank = core_rank(w.key)};
    json was = before ? json_get(before->text, "metadata") : (json){0};
    if (before) {
        void (*keep)(struct members *, const char *, struct slice) = sim->verbatim ? member_default : member_set;
        keep(&m, "uid", json_get(was, "uid"));
        keep(&m, "creationTimestamp", json_get(was, "creationTimestamp"));
    }
    world_new_uid(sim, text);
    buf_printf(&uid, "\"%s\"", text);
    member_default(&m, "uid", buf_slice(&uid));
    buf_printf(&stamp, "\"%s\"", time_rfc3339(sim->now_ms, text));
    member_default(&m, "creationTimestamp", buf_slice(&stamp));
    buf_printf(&rv, "\"%llu\"", (unsigned long long)sim->rv);
    member_set(&m, "resourceVersion", buf_slice(&rv));
    int64_t count = 1;
    if (before && json_int(json_get(was, "generation"), &count) && !slice_eq(json_get(before->text, "spec"), json_get(object, "spec")))
        count++;
    buf_printf(&generation, "%lld", (long long)count);
    if (r->generation && before && !sim->verbatim)
        member_set(&m, "generation", buf_slice(&generation));
    else if (r->generation)
        member_default(&m, "generation", buf_slice(&generation));
    if (!sim->verbatim) {
        managed_fields(sim, r, &managed);
        member_default(&m, "managedFields", buf_slice(&managed));
    }

    bool first = false;
    buf_add_text(out, "{\"metadata\":");
    members_write(&m, r, out);
    w = json_members(object);
    while (json_next(&w))
        if (!slice_is(w.key, "apiVersion") && !slice_is(w.key, "kind") && !slice_is(w.key, "metadata"))
            json_add_member(out, &first, w.key, w.value);
    buf_add_text(out, "}");
    buf_free(&rv);
    buf_free(&stamp);
    buf_free(&uid);
    buf_free(&generation);
    buf_free(&managed);
}

/* ---- changes */

static void change_free(struct change *c)
{
    version_drop(c->before);
    version_drop(c->after);
    free(c);
}

static void forget_old(struct sim *sim)
{
    size_t start = sim->history_start;

    for (; start < sim->history.n; start++) {
        struct change *c = sim->history.v[start];
        if (sim->now_ms - c->at_ms <= HISTORY_MS)
            break;
        sim->oldest_rv = c->after->rv;
        change_free(c);
    }
    sim->history_start = start;
    if (start > 1024 && start > sim->history.n / 2) {
        memmove(sim->history.v, sim->history.v + start, (sim->history.n - start) * sizeof *sim->history.v);
        sim->history.n -= start;
        sim->history_start = 0;
    }
}

/* Takes over one reference to each. */
static void record(struct sim *sim, enum change_type type, struct version *before, struct version *after)
{
    struct change *c = NEW(struct change);

    *c = (struct change){.type = type, .at_ms = sim->now_ms, .before = before, .after = after};
    ptrs_add(&sim->history, c);
    watch_tell(sim, c);
    forget_old(sim);
}

struct version *world_put(struct sim *sim, const struct resource *r, json object, bool old_shape, struct err *err)
{
    json meta = json_get(object, "metadata");
    char *name = json_dup(json_get(meta, "name")), *ns = r->namespaced ? json_dup(json_get(meta, "namespace")) : NULL;
    struct version *after = NULL;
    struct buf text = {0};

    if (!name || !*name) {
        err_set(err, "the object has no metadata.name");
    } else if (r->namespaced && (!ns || !*ns)) {
        err_set(err, "%s \"%s\" has no metadata.namespace", r->kind, name);
    } else {
        if (!ns)
            ns = mem_text("");
        struct ptrs *all = &sim->objects[sim_resource_index(r)];
        size_t at = world_lower_bound(sim, r, ns, name);
        struct version *before = world_get(sim, r, ns, name);
        sim->rv++;
        complete(sim, r, object, before, &text);
        after = version_new(r, ns, name, sim->rv, old_shape && r->crd, buf_slice(&text));
        if (before)
            all->v[at] = after;              /* the list's reference to before goes to the history */
        else
            ptrs_insert(all, at, after);
        version_hold(after);
        record(sim, before ? CHANGE_MODIFIED : CHANGE_ADDED, before, after);
    }
    buf_free(&text);
    free(name);
    free(ns);
    return after;
}

bool world_delete(struct sim *sim, const struct resource *r, const char *ns, const char *name)
{
    struct version *before = world_get(sim, r, ns, name);

    if (!before)
        return false;
    struct buf meta = {0}, text = {0}, rv = {0};
    sim->rv++;
    buf_printf(&rv, "\"%llu\"", (unsigned long long)sim->rv);
    json_with(json_get(before->text, "metadata"), "resourceVersion", buf_slice(&rv), &meta);
    json_with(before->text, "metadata", buf_slice(&meta), &text);
    struct version *after = version_new(r, before->ns, before->name, sim->rv, before->old_shape, buf_slice(&text));
    ptrs_remove(&sim->objects[sim_resource_index(r)], world_lower_bound(sim, r, ns, name));
    if (strcmp(r->plural, "pods") == 0)
        log_files_forget(sim, before->ns, before->name);
    record(sim, CHANGE_DELETED, before, after);
    buf_free(&meta);
    buf_free(&text);
    buf_free(&rv);
    return true;
}

void world_render(const struct sim *sim, const struct version *v, struct slice version, bool bare, struct buf *out)
{
    const struct resource *r = v->resource;
    struct buf other = {0};
    struct slice text = v->text;

    if (r->crd && slice_is(version, "v1alpha1") && !v->old_shape)
        convert_down(sim, v, &other);
    else if (r->crd && !slice_is(version, "v1alpha1") && v->old_shape)
        convert_up(r, v->text, &other);
    if (other.n)
        text = buf_slice(&other);
    if (bare && !r->crd)
        buf_add_text(out, "{");
    else if (r->crd)
        buf_printf(out, "{\"apiVersion\":\"%s/%.*s\",\"kind\":\"%s\",", r->group, (int)version.n, version.p, r->kind);
    else
        buf_printf(out, "{\"kind\":\"%s\",\"apiVersion\":\"%s%s%s\",", r->kind, r->group, *r->group ? "/" : "", r->version);
    buf_add(out, text.p + 1, text.n - 1);
    buf_free(&other);
}

void world_free(struct sim *sim)
{
    for (size_t i = 0; i < sim_resource_count(); i++) {
        for (size_t k = 0; k < sim->objects[i].n; k++)
            version_drop(sim->objects[i].v[k]);
        ptrs_free(&sim->objects[i]);
    }
    free(sim->objects);
    for (size_t i = sim->history_start; i < sim->history.n; i++)
        change_free(sim->history.v[i]);
    ptrs_free(&sim->history);
}

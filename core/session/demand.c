/* What is read on demand: the objects that rules want (a volume claim, a quota …), and one object as the server has it, for the screen.
 * Invariant: at most MOST wants are known and AT_ONCE are under way; each is read anew after REFRESH_MS while it is still wanted. */
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/ptrs.h"
#include "core/session/session_internal.h"

#include <stdlib.h>

enum { MOST = 64, LIST_MOST = 200, AT_ONCE = 4, REFRESH_MS = 15000, FETCH_DEADLINE_MS = 10000, BODY_MOST = 32 * 1024 * 1024 };

struct demand {
    struct demands *all;
    enum kind kind;
    char *ns, *name;                 /* name NULL: the namespace's list */
    struct exchange *exchange;
    struct buf body;
    int status;
    int64_t read_at_ms;              /* mono; 0 never */
    bool wanted;
    struct ptrs names;               /* of a list: what it held, as char * */
};

struct fetch {                       /* one session_fetch */
    struct demands *all;
    struct exchange *exchange;
    struct buf body;
    int status;
    void (*on_done)(void *ctx, struct slice json, const char *error);
    void *ctx;
    bool too_large;
};

struct demands {
    struct session *session;
    struct ptrs list;                /* of struct demand */
    struct ptrs fetches;             /* of struct fetch */
};

static int64_t short_deadline(const struct session *s)
{
    return s->config.request_timeout_ms ? s->config.request_timeout_ms : FETCH_DEADLINE_MS;
}

char *object_path(const struct session *s, enum kind kind, const char *ns, const char *name)
{
    const struct kind_info *info = kind_info(kind);
    const char *version = s->versions[kind];
    struct buf b = {0};

    if (!version)
        return NULL;
    char *root = *info->group ? kube_path("/apis/%s/%s", info->group, version) : kube_path("/api/%s", version);
    buf_add_text(&b, root);
    free(root);
    if (ns && *ns && (info->flags & KIND_NAMESPACED)) {
        char *part = kube_path("/namespaces/%s", ns);
        buf_add_text(&b, part);
        free(part);
    }
    char *part = name ? kube_path("/%s/%s", info->plural, name) : kube_path("/%s", info->plural);
    buf_add_text(&b, part);
    free(part);
    return buf_take(&b);
}

static void names_free(struct ptrs *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->v[i]);
    ptrs_free(names);
}

static void demand_free(struct demand *d)
{
    transport_cancel(d->all->session->transport, d->exchange);
    names_free(&d->names);
    buf_free(&d->body);
    free(d->ns);
    free(d->name);
    free(d);
}

static void on_head(void *ctx, const struct response_head *head)
{
    ((struct demand *)ctx)->status = head->status;
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct demand *d = ctx;

    if (d->body.n + n <= BODY_MOST)
        buf_add(&d->body, bytes, n);
}

/* The store takes an object away by its name alone. */
static void forget_name(struct demand *d, const char *name)
{
    struct buf b = {0};

    buf_add_text(&b, "{\"metadata\":{\"name\":");
    json_quote(&b, slice_of(name));
    if (d->ns && *d->ns) {
        buf_add_text(&b, ",\"namespace\":");
        json_quote(&b, slice_of(d->ns));
    }
    buf_add_text(&b, "}}");
    store_remove(d->all->session->store, d->kind, SOURCE_DEMAND, json_whole(buf_slice(&b)));
    buf_free(&b);
}

static bool is_list(const struct demand *d)
{
    return !d->name || d->kind == KIND_ENDPOINTSLICE;
}

static void take_list(struct demand *d, json items)
{
    struct store *store = d->all->session->store;
    struct ptrs names = {0};
    struct json_walk w = json_items(items);

    while (json_next(&w) && names.n < LIST_MOST) {
        char *name = json_dup(json_path(w.value, "metadata.name"));
        if (name && store_apply(store, d->kind, SOURCE_DEMAND, w.value))
            ptrs_add(&names, name);
        else
            free(name);
    }
    for (size_t i = 0; i < d->names.n; i++) {
        bool still = false;
        for (size_t k = 0; k < names.n && !still; k++)
            still = strcmp(d->names.v[i], names.v[k]) == 0;
        if (!still)
            forget_name(d, d->names.v[i]);
    }
    names_free(&d->names);
    d->names = names;
}

/* What another demand still stands for stays: one object may be wanted by name and in its list. */
static bool held_otherwise(const struct demand *d, const char *name)
{
    for (size_t i = 0; i < d->all->list.n; i++) {
        const struct demand *other = d->all->list.v[i];
        if (other == d || other->kind != d->kind || strcmp(other->ns ? other->ns : "", d->ns ? d->ns : "") != 0)
            continue;
        if (other->name && strcmp(other->name, name) == 0)
            return true;
        for (size_t k = 0; k < other->names.n; k++)
            if (strcmp(other->names.v[k], name) == 0)
                return true;
    }
    return false;
}

static void forget(struct demand *d)
{
    if (!is_list(d) && !held_otherwise(d, d->name))
        forget_name(d, d->name);
    for (size_t i = 0; i < d->names.n; i++)
        if (!held_otherwise(d, d->names.v[i]))
            forget_name(d, d->names.v[i]);
    names_free(&d->names);
}

/* Whoever asked is judged again only where the answer, or what was read, is another one than before. */
static void answer(struct demand *d, enum answer given, uint64_t generation)
{
    struct session *s = d->all->session;
    bool other = answers_set(s->answers, d->kind, d->ns, d->name, given, session_now(s));

    if (other || store_generation(s->store) != generation)
        diagnosis_answered(s->diagnosis, d->kind, d->ns, d->name);
}

static void on_end(void *ctx, enum end_reason end, const char *text)
{
    struct demand *d = ctx;
    struct store *store = d->all->session->store;
    uint64_t generation = store_generation(store);

    (void)text;
    d->exchange = NULL;
    d->read_at_ms = mono(d->all->session);
    if (end == END_DONE && d->status == 200) {
        json value = json_whole(buf_slice(&d->body));
        if (is_list(d)) {
            json items = json_get(value, "items");
            if (json_type(items) == JSON_ARRAY) {
                take_list(d, items);
                answer(d, ANSWER_THERE, generation);
            }
        } else if (store_apply(store, d->kind, SOURCE_DEMAND, value)) {
            answer(d, ANSWER_THERE, generation);
        }
    } else if (end == END_DONE && d->status == 404) {
        forget(d);
        answer(d, ANSWER_MISSING, generation);
    } else if (end == END_DONE && d->status == 403) {
        d->read_at_ms += 3 * REFRESH_MS; /* rights change seldom */
        answer(d, ANSWER_REFUSED, generation);
    }
    buf_free(&d->body);
}

static const struct response_ops demand_ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static struct demand *find(struct demands *all, const struct want *want)
{
    for (size_t i = 0; i < all->list.n; i++) {
        struct demand *d = all->list.v[i];
        if (d->kind == want->kind && same(d->ns, want->ns) && same(d->name, want->name))
            return d;
    }
    return NULL;
}

static void follow_wants(struct demands *all)
{
    const struct ptrs *wants = diagnosis_wants(all->session->diagnosis);

    for (size_t i = 0; i < all->list.n; i++)
        ((struct demand *)all->list.v[i])->wanted = false;
    for (size_t i = 0; i < wants->n; i++) {
        const struct want *want = wants->v[i];
        if (want->kind == KIND_NONE)
            continue;                /* metrics.c's */
        struct demand *d = find(all, want);
        if (!d && all->list.n < MOST) {
            d = NEW(struct demand);
            *d = (struct demand){.all = all, .kind = want->kind, .ns = mem_text(want->ns), .name = mem_text(want->name)};
            ptrs_add(&all->list, d);
        }
        if (d)
            d->wanted = true;
    }
    for (size_t i = all->list.n; i-- > 0;) {
        struct demand *d = all->list.v[i];
        if (d->wanted)
            continue;
        forget(d);
        answers_forget(all->session->answers, d->kind, d->ns, d->name);
        demand_free(d);
        ptrs_remove(&all->list, i);
    }
}

static unsigned under_way(const struct demands *all)
{
    unsigned n = 0;

    for (size_t i = 0; i < all->list.n; i++)
        n += ((const struct demand *)all->list.v[i])->exchange != NULL;
    return n;
}

static char *demand_path(const struct demand *d)
{
    const struct session *s = d->all->session;

    if (d->kind != KIND_ENDPOINTSLICE || !d->name) {
        char *path = object_path(s, d->kind, d->ns, d->name);
        if (!path || d->name)
            return path;
        char *bounded = mem_printf("%s?limit=%d", path, LIST_MOST);
        free(path);
        return bounded;
    }
    char *list = object_path(s, d->kind, d->ns, NULL), *label = kube_path("%s", d->name);
    char *path = mem_printf("%s?limit=%d&labelSelector=kubernetes.io%%2Fservice-name%%3D%s", list, LIST_MOST, label);
    free(list);
    free(label);
    return path;
}

/* kubernetes.io/docs/reference/using-api/api-concepts, "Metadata-only fetches": what a Secret holds never crosses the wire. */
static const struct header *accept(const struct demand *d)
{
    static const struct header one[] = {{"Accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}, {NULL, NULL}};
    static const struct header list[] = {{"Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}, {NULL, NULL}};

    return !(kind_info(d->kind)->flags & KIND_METADATA) ? NULL : is_list(d) ? list : one;
}

void demands_step(struct demands *all)
{
    struct session *s = all->session;
    int64_t now = mono(s);

    follow_wants(all);
    for (size_t i = 0; i < all->list.n && under_way(all) < AT_ONCE; i++) {
        struct demand *d = all->list.v[i];
        if (d->exchange || (d->read_at_ms && now - d->read_at_ms < REFRESH_MS))
            continue;
        char *path = demand_path(d);
        if (!path) {
            d->read_at_ms = now;
            continue;
        }
        d->status = 0;
        struct request request = {.method = "GET", .path = path, .headers = accept(d), .compress = true, .deadline_ms = short_deadline(s)};
        d->exchange = transport_request(s->transport, &request, &demand_ops, d);
        free(path);
    }
}

int64_t demands_due(const struct demands *all)
{
    int64_t due = -1, now = mono(all->session);

    if (under_way(all) == AT_ONCE)
        return -1;                   /* the next has its turn when one of them ends, which the transport tells */
    for (size_t i = 0; i < all->list.n; i++) {
        const struct demand *d = all->list.v[i];
        if (d->exchange)
            continue;
        int64_t left = d->read_at_ms ? d->read_at_ms + REFRESH_MS - now : 0;
        due = sooner(due, left > 0 ? left : 0);
    }
    return due;
}

bool demands_open(const struct demands *all)
{
    for (size_t i = 0; i < all->list.n; i++)
        if (!((const struct demand *)all->list.v[i])->read_at_ms)
            return true;
    return false;
}

struct demands *demands_new(struct session *s)
{
    struct demands *all = NEW(struct demands);

    all->session = s;
    return all;
}

static void fetch_free(struct fetch *f)
{
    transport_cancel(f->all->session->transport, f->exchange);
    buf_free(&f->body);
    free(f);
}

void demands_free(struct demands *all)
{
    for (size_t i = 0; i < all->list.n; i++)
        demand_free(all->list.v[i]);
    for (size_t i = 0; i < all->fetches.n; i++)
        fetch_free(all->fetches.v[i]);
    ptrs_free(&all->list);
    ptrs_free(&all->fetches);
    free(all);
}

static void fetch_head(void *ctx, const struct response_head *head)
{
    ((struct fetch *)ctx)->status = head->status;
}

static void fetch_bytes(void *ctx, const char *bytes, size_t n)
{
    struct fetch *f = ctx;

    if (f->body.n + n > BODY_MOST)
        f->too_large = true;
    else
        buf_add(&f->body, bytes, n);
}

static void fetch_remove(struct fetch *f)
{
    for (size_t i = 0; i < f->all->fetches.n; i++) {
        if (f->all->fetches.v[i] == f) {
            ptrs_remove(&f->all->fetches, i);
            return;
        }
    }
}

static void fetch_end(void *ctx, enum end_reason end, const char *text)
{
    struct fetch *f = ctx;
    char *error = NULL;

    f->exchange = NULL;
    fetch_remove(f);
    if (end != END_DONE) {
        error = mem_text(text);
    } else if (f->too_large) {
        error = mem_text("the object is larger than 32 MiB");
    } else if (f->status != 200) {
        char *message = json_dup(json_get(json_whole(buf_slice(&f->body)), "message"));
        error = f->status == 404 ? mem_text("it is gone: the server no longer has it")
                                 : mem_printf("the server answered %d%s%s", f->status, message ? ": " : "", message ? message : "");
        free(message);
    }
    f->on_done(f->ctx, error ? (struct slice){"", 0} : buf_slice(&f->body), error);
    free(error);
    fetch_free(f);
}

void session_fetch(struct session *s, const struct object *o, void (*on_done)(void *ctx, struct slice json, const char *error), void *ctx)
{
    static const struct response_ops ops = {.on_head = fetch_head, .on_bytes = fetch_bytes, .on_end = fetch_end};
    char *path = object_path(s, o->kind, o->ns, o->name);

    if (!path) {
        on_done(ctx, (struct slice){"", 0}, "the server does not serve this resource");
        return;
    }
    struct fetch *f = NEW(struct fetch);
    *f = (struct fetch){.all = s->demands, .on_done = on_done, .ctx = ctx};
    ptrs_add(&s->demands->fetches, f);
    struct request request = {.method = "GET", .path = path, .compress = true, .deadline_ms = short_deadline(s)};
    f->exchange = transport_request(s->transport, &request, &ops, f);
    free(path);
}

void session_fetch_cancel(struct session *s, void *ctx)
{
    for (size_t i = s->demands->fetches.n; i-- > 0;) {
        struct fetch *f = s->demands->fetches.v[i];
        if (f->ctx != ctx)
            continue;
        ptrs_remove(&s->demands->fetches, i);
        fetch_free(f);
    }
}

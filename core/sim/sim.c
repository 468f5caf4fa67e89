/* The simulated cluster's own life, and the building blocks tests use. */
#include "core/base/mem.h"
#include "core/sim/sim_internal.h"

#include <stdlib.h>

struct sim *sim_new(const struct clock *clock, uint64_t seed)
{
    struct sim *sim = NEW(struct sim);

    *sim = (struct sim){
        .clock = clock, .start_wall = clock->wall(clock), .start_mono = clock->mono(clock), .seed = seed, .random = seed, .rv = 1000,
        .oldest_rv = 686,
        .objects = mem_array(sim_resource_count(), sizeof *sim->objects), .agents_version = "v1beta1",
    };
    sim->now_ms = sim->start_wall;
    return sim;
}

static void free_texts(struct ptrs *texts)
{
    for (size_t i = 0; i < texts->n; i++)
        free(texts->v[i]);
    ptrs_free(texts);
}

void sim_free(struct sim *sim)
{
    if (!sim)
        return;
    story_free(sim->story);
    log_files_free(sim);
    world_free(sim);
    for (size_t i = 0; i < sim->faults.n; i++) {
        struct fault *f = sim->faults.v[i];
        free(f->part);
        free(f->body);
    }
    free_texts(&sim->faults);
    free_texts(&sim->requests);
    free_texts(&sim->commands);
    ptrs_free(&sim->tunnels);
    free(sim->router_token);
    ptrs_free(&sim->exchanges);
    free(sim);
}

static bool is_old(json object)
{
    struct buf scratch = {0};
    struct slice api = json_str(json_get(object, "apiVersion"), &scratch);
    bool old = slice_find(api, SLICE("/v1alpha1")) >= 0;

    buf_free(&scratch);
    return old;
}

bool sim_put(struct sim *sim, struct slice text, struct err *err)
{
    json object = json_whole(text);
    const struct resource *r = sim_resource_of_kind(object);

    if (json_type(object) != JSON_OBJECT)
        return err_set(err, "not one JSON object");
    if (!r)
        return err_set(err, "no resource of that apiVersion and kind is served");
    sim_advance(sim);
    return world_put(sim, r, object, is_old(object), err) != NULL;
}

bool sim_delete(struct sim *sim, const char *plural, const char *ns, const char *name)
{
    const struct resource *r = sim_resource(plural);

    sim_advance(sim);
    return r && world_delete(sim, r, ns && r->namespaced ? ns : "", name);
}

/* The kind of the items where they do not say it: "PodList" → "Pod". */
static const struct resource *list_resource(json list)
{
    struct buf scratch = {0};
    struct slice kind = json_str(json_get(list, "kind"), &scratch);
    const struct resource *found = NULL;

    if (kind.n > 4)
        kind.n -= 4;
    for (size_t i = 0; i < sim_resource_count() && !found; i++)
        if (slice_is(kind, sim_resources[i].kind))
            found = &sim_resources[i];
    buf_free(&scratch);
    return found;
}

bool sim_load_list(struct sim *sim, struct slice text, struct err *err)
{
    json list = json_whole(text);
    const struct resource *r = list_resource(list);
    struct json_walk w = json_items(json_get(list, "items"));

    if (!r)
        return err_set(err, "not a list of a resource that is served");
    sim_advance(sim);
    while (json_next(&w))
        if (!world_put(sim, r, w.value, is_old(w.value), err))
            return false;
    return w.broken ? err_set(err, "the list's items are malformed") : true;
}

void sim_log(struct sim *sim, const char *ns, const char *pod, const char *container, const char *line)
{
    sim_advance(sim);
    log_file_line(sim, log_file_get(sim, ns, pod, container, true), line);
}

void sim_version(struct sim *sim, const char *agents_version)
{
    sim->agents_version = agents_version && strcmp(agents_version, "v1alpha1") == 0 ? "v1alpha1" : agents_version ? "v1beta1" : NULL;
}

void sim_hang(struct sim *sim, bool hung)
{
    sim->hung = hung;
}

void sim_expire(struct sim *sim)
{
    sim_advance(sim);
    sim->rv += 1000;                 /* other objects have changed since: whatever a client knows is too old */
    sim->oldest_rv = sim->rv;
}

static size_t count_texts(const struct ptrs *texts, const char *part)
{
    size_t n = 0;

    for (size_t i = 0; i < texts->n; i++)
        n += strstr(texts->v[i], part) != NULL;
    return n;
}

size_t sim_requests(const struct sim *sim, const char *part)
{
    return count_texts(&sim->requests, part);
}

size_t sim_commands(const struct sim *sim, const char *part)
{
    return count_texts(&sim->commands, part);
}

void sim_router_token(struct sim *sim, const char *token)
{
    free(sim->router_token);
    sim->router_token = mem_text(token);
}

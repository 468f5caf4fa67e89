/* Invariant: the world is what the first `told` events of the recording make of it: applied[thing] is the event that the thing is at.
 * Playing on tells event after event; setting the time tells only the differences, so that a session sees changes and not a new cluster. */
#include "core/sim/sim_replay.h"

#include "core/base/mem.h"
#include "core/sim/sim_internal.h"

#include <stdlib.h>

enum { NONE = -1, STEP_MOST = 20000, HURRIED_MS = 250 };

struct replay {
    struct clock clock;              /* first: it is cast to this */
    const struct clock *base;
    struct recording *recording;
    struct sim *sim;
    int64_t *applied;                /* of each thing: the event that it is at, or NONE */
    size_t told;
    int64_t from_ms, from_mono;      /* position was from_ms when base's mono was from_mono */
    double speed;
    bool paused;
    char *down;                      /* why nothing can be reached now; NULL: it can */
    struct ptrs words;               /* char *: what exchanges may still point to */
};

static const struct replay *replay_of(const struct clock *clock)
{
    return (const struct replay *)(const void *)clock;
}

static int64_t clock_wall(const struct clock *clock)
{
    const struct replay *r = replay_of(clock);

    return recording_start(r->recording) + replay_position(r);
}

static int64_t clock_mono(const struct clock *clock)
{
    const struct replay *r = replay_of(clock);

    return r->base->mono(r->base);
}

int64_t replay_position(const struct replay *r)
{
    double ms = (double)r->from_ms;
    int64_t length = recording_length(r->recording);

    if (!r->paused)
        ms += (double)(r->base->mono(r->base) - r->from_mono) * r->speed;
    return ms >= (double)length ? length : (int64_t)ms;
}

/* ---- telling ----------------------------------------------------------------------------------------------------------------------- */

static const struct resource *place_of(json object, char **ns, char **name)
{
    const struct resource *r = sim_resource_of_kind(object);
    json meta = json_get(object, "metadata");

    *ns = r && r->namespaced ? json_dup(json_get(meta, "namespace")) : NULL;
    *name = json_dup(json_get(meta, "name"));
    if (!*ns)
        *ns = mem_text("");
    return *name ? r : NULL;
}

static void take_away(struct replay *r, json object)
{
    char *ns, *name;
    const struct resource *resource = place_of(object, &ns, &name);

    if (resource)
        world_delete(r->sim, resource, ns, name);
    free(ns);
    free(name);
}

static bool old_shape(json object)
{
    struct buf scratch = {0};
    struct slice api = json_str(json_get(object, "apiVersion"), &scratch);
    bool old = slice_find(api, SLICE("/v1alpha1")) >= 0;

    buf_free(&scratch);
    return old;
}

/* An object of the same name with another uid is another object: the first one goes before it comes. */
static void put(struct replay *r, json object)
{
    char *ns, *name;
    const struct resource *resource = place_of(object, &ns, &name);
    const struct version *before = resource ? world_get(r->sim, resource, ns, name) : NULL;
    json uid = json_path(object, "metadata.uid");

    if (before && uid.n && !slice_eq(json_path(before->text, "metadata.uid"), uid))
        world_delete(r->sim, resource, ns, name);
    if (resource)
        world_put(r->sim, resource, object, old_shape(object), NULL);
    free(ns);
    free(name);
}

static void tell_object(struct replay *r, size_t i)
{
    const struct recording_event *e = recording_event(r->recording, i);

    if (e->what == RECORDING_PUT)
        put(r, e->value);
    else
        take_away(r, e->value);
    r->applied[e->thing] = (int64_t)i;
}

void replay_line(struct sim *sim, const struct recording_event *e)
{
    char *ns = json_dup(json_get(e->value, "namespace")), *pod = json_dup(json_get(e->value, "pod"));
    char *container = json_dup(json_get(e->value, "container"));
    struct buf scratch = {0};

    if (pod) {
        struct log_file *file = log_file_get(sim, ns ? ns : "", pod, container ? container : "", true);
        struct slice line = json_str(e->line, &scratch);
        if (json_true(json_get(e->value, "previous")))
            log_file_previous(file, e->stamp_ns, line);
        else
            log_file_row(sim, file, e->stamp_ns, line);
    }
    buf_free(&scratch);
    free(ns);
    free(pod);
    free(container);
}

static void cut_streams(struct sim *sim)
{
    for (size_t i = 0; i < sim->exchanges.n; i++) {
        struct exchange *x = sim->exchanges.v[i];
        if (x->stream != STREAM_NONE && !x->dead)
            exchange_finish(x, END_CUT, "the connection was cut");
    }
}

static void go_down(struct replay *r, json why)
{
    r->down = json_dup(why);
    if (!r->down)
        r->down = mem_text("the server could not be reached");
    ptrs_add(&r->words, r->down);
    cut_streams(r->sim);
}

static void tell(struct replay *r, size_t i)
{
    const struct recording_event *e = recording_event(r->recording, i);

    r->sim->now_ms = recording_start(r->recording) + e->at_ms;
    switch (e->what) {
    case RECORDING_PUT:
    case RECORDING_DELETE: tell_object(r, i); break;
    case RECORDING_LOG: replay_line(r->sim, e); break;
    case RECORDING_DOWN: go_down(r, json_get(e->value, "down")); break;
    case RECORDING_UP: r->down = NULL; break;
    case RECORDING_ANSWER: break;    /* looked up when it is asked for */
    }
}

static size_t events_until(const struct recording *rec, int64_t ms)
{
    size_t from = 0, to = recording_count(rec);

    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (recording_event(rec, mid)->at_ms <= ms)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

/* ---- the feed ---------------------------------------------------------------------------------------------------------------------- */

static void feed_advance(void *ctx)
{
    struct replay *r = ctx;
    size_t until = events_until(r->recording, replay_position(r));

    for (int n = 0; r->told < until && n < STEP_MOST; n++)
        tell(r, r->told++);
    r->sim->now_ms = clock_wall(&r->clock);
}

static int64_t feed_due(void *ctx)
{
    const struct replay *r = ctx;

    if (r->told < events_until(r->recording, replay_position(r)))
        return 0;                    /* more than one step's */
    if (r->paused || r->told == recording_count(r->recording))
        return -1;
    double left = (double)(recording_event(r->recording, r->told)->at_ms - replay_position(r)) / r->speed;
    int64_t due = left > 1e9 ? 1000000000 : (int64_t)left + 1;
    /* who waits for a time of the recording's counts in ms of his own: in a hurry he is woken often enough */
    return r->speed > 1 && due > HURRIED_MS ? HURRIED_MS : due;
}

static void answer_with(struct exchange *x, json answer)
{
    json body = json_get(answer, "body");
    int64_t status = 200;

    json_int(json_get(answer, "status"), &status);
    x->status = (int)status;
    if (body.n) {
        x->answer_type = "application/json";
        buf_add_slice(&x->out, body);
        buf_add_byte(&x->out, '\n');
    } else {
        x->answer_type = "text/plain; charset=utf-8";
        json_text(json_get(answer, "text"), &x->out);
    }
    exchange_finish(x, END_DONE, "");
}

/* What the world holds is newer than what was once answered. */
static bool world_holds(const struct replay *r, json body)
{
    char *ns, *name;
    const struct resource *resource = json_type(body) == JSON_OBJECT ? place_of(body, &ns, &name) : NULL;

    if (json_type(body) != JSON_OBJECT)
        return false;
    bool holds = resource && world_get(r->sim, resource, ns, name);
    free(ns);
    free(name);
    return holds;
}

/* Kinds that the simulated server does not serve, and objects without their contents, are known by what was answered only. */
static bool world_lists(const struct replay *r, const char *path, json body)
{
    struct route route = {0};
    bool lists = http_find_route(r->sim, path, &route) && !json_is(json_get(body, "kind"), "PartialObjectMetadataList");

    http_free_route(&route);
    return lists;
}

/* Whether the recording can tell: of what the session watches all is there, and a story by hand is all there is. Of the rest only what
 * was asked for is known, and "not there" would be a lie. */
static bool can_tell(const struct replay *r, const struct exchange *x)
{
    static const char *const watched[] = {
        "sandboxclaims", "sandboxes", "sandboxwarmpools", "sandboxtemplates", "pods", "nodes", "deployments", "events",
    };
    struct route route = {0};
    bool resource = strncmp(x->path, "/api/v1/", 8) == 0 || (strncmp(x->path, "/apis/", 6) == 0 && strchr(x->path + 6, '/') &&
                    strchr(strchr(x->path + 6, '/') + 1, '/'));
    bool tells = !resource || recording_by_hand(r->recording);

    if (!tells && http_find_route(r->sim, x->path, &route) && !(route.sub && strcmp(route.sub, "proxy") == 0))
        for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
            tells |= strcmp(route.resource->plural, watched[i]) == 0;
    http_free_route(&route);
    return tells;
}

static bool feed_answer(void *ctx, struct exchange *x)
{
    struct replay *r = ctx;
    struct query query = {0};

    if (r->down) {
        exchange_finish(x, END_UNREACHABLE, r->down);
        return true;
    }
    if (strcmp(x->method, "GET") != 0) {
        if (strstr(x->path, "/selfsubjectaccessreviews"))
            return false;
        http_status(x, 403, "Forbidden", "this is a recording: nothing in it can be changed", NULL);
        return true;
    }
    const struct recording_event *e = recording_answered(r->recording, x->path, r->told);
    if (!e && !can_tell(r, x))
        http_status(x, 403, "Forbidden", "this is not in the recording: it was not asked for then", NULL);
    if (!e)
        return x->finished;
    int64_t status = 0;
    json_int(json_get(e->value, "status"), &status);
    query_parse(&query, x->path);
    bool watch = query_true(&query, "watch"), list = query_get(&query, "limit");
    query_free(&query);
    json body = json_get(e->value, "body");
    bool world = watch ? status < 400 : list ? status < 400 && world_lists(r, x->path, body) : status == 200 && world_holds(r, body);
    if (!world)
        answer_with(x, e->value);
    return !world;
}

static const struct sim_feed feed = {.advance = feed_advance, .due = feed_due, .answer = feed_answer, .real_time = true};
/* On a clock that its owner moves, nobody sleeps. */
static const struct sim_feed virtual_feed = {.advance = feed_advance, .due = feed_due, .answer = feed_answer};

/* ---- setting the time -------------------------------------------------------------------------------------------------------------- */

/* Objects that are elsewhere at event n than they are now. */
static void set_objects(struct replay *r, size_t n)
{
    size_t things = recording_things(r->recording);
    int64_t *target = mem_array(things + 1, sizeof *target);

    for (size_t i = 0; i < things; i++)
        target[i] = NONE;
    for (size_t i = 0; i < n; i++) {
        const struct recording_event *e = recording_event(r->recording, i);
        if (e->what == RECORDING_PUT || e->what == RECORDING_DELETE)
            target[e->thing] = (int64_t)i;
    }
    for (size_t i = 0; i < things; i++) {
        if (target[i] == r->applied[i])
            continue;
        if (target[i] != NONE)
            tell_object(r, (size_t)target[i]);
        else
            take_away(r, recording_event(r->recording, (size_t)r->applied[i])->value);
        r->applied[i] = target[i];
    }
    free(target);
}

/* Log lines of the events from `from` on, and whether the server can be reached at event n. */
static void set_rest(struct replay *r, size_t from, size_t n)
{
    json down = {0};

    for (size_t i = 0; i < n; i++) {
        const struct recording_event *e = recording_event(r->recording, i);
        if (e->what == RECORDING_LOG && i >= from)
            replay_line(r->sim, e);
        else if (e->what == RECORDING_DOWN)
            down = json_get(e->value, "down");
        else if (e->what == RECORDING_UP)
            down = (json){0};
    }
    r->down = NULL;
    if (down.n)
        go_down(r, down);
}

bool replay_seek(struct replay *r, int64_t ms)
{
    int64_t length = recording_length(r->recording);
    bool back;

    ms = ms < 0 ? 0 : ms > length ? length : ms;
    size_t n = events_until(r->recording, ms);
    back = ms < replay_position(r) || n < r->told;
    r->from_ms = ms;
    r->from_mono = r->base->mono(r->base);
    r->sim->now_ms = clock_wall(&r->clock);
    set_objects(r, n);
    if (back)
        log_files_clear(r->sim);
    set_rest(r, back ? 0 : r->told, n);
    r->told = n;
    return back;
}

static void rebase(struct replay *r)
{
    r->from_ms = replay_position(r);
    r->from_mono = r->base->mono(r->base);
}

void replay_pause(struct replay *r, bool paused)
{
    rebase(r);
    r->paused = paused;
}

bool replay_paused(const struct replay *r)
{
    return r->paused;
}

void replay_speed(struct replay *r, double factor)
{
    rebase(r);
    r->speed = factor > 0 ? factor : 1;
}

double replay_speed_get(const struct replay *r)
{
    return r->speed;
}

int64_t replay_length(const struct replay *r)
{
    return recording_length(r->recording);
}

/* ---- life -------------------------------------------------------------------------------------------------------------------------- */

/* A story whose Agent Sandbox objects are all of v1alpha1 is of a server that knows no other version. */
static void choose_version(struct replay *r)
{
    bool old = false, new = false;

    for (size_t i = 0; i < recording_count(r->recording); i++) {
        const struct recording_event *e = recording_event(r->recording, i);
        const struct resource *resource = e->what == RECORDING_PUT ? sim_resource_of_kind(e->value) : NULL;
        if (!resource || !resource->crd)
            continue;
        old |= old_shape(e->value);
        new |= !old_shape(e->value);
    }
    if (old && !new)
        sim_version(r->sim, "v1alpha1");
}

struct replay *replay_new(struct recording *recording, const struct clock *base)
{
    struct replay *r = NEW(struct replay);
    size_t things = recording_things(recording);

    *r = (struct replay){
        .clock = {.wall = clock_wall, .mono = clock_mono}, .base = base, .recording = recording, .speed = 1, .from_mono = base->mono(base),
        .applied = mem_array(things + 1, sizeof *r->applied),
    };
    for (size_t i = 0; i < things; i++)
        r->applied[i] = NONE;
    r->sim = sim_new(&r->clock, 1);
    r->sim->verbatim = true;
    r->sim->feed = base == clock_system() ? &feed : &virtual_feed;
    r->sim->feed_ctx = r;
    choose_version(r);
    return r;
}

void replay_free(struct replay *r)
{
    if (!r)
        return;
    sim_free(r->sim);
    recording_free(r->recording);
    for (size_t i = 0; i < r->words.n; i++)
        free(r->words.v[i]);
    ptrs_free(&r->words);
    free(r->applied);
    free(r);
}

struct transport *replay_transport(struct replay *r)
{
    return sim_transport(r->sim);
}

const struct clock *replay_clock(const struct replay *r)
{
    return &r->clock;
}

const struct recording *replay_recording(const struct replay *r)
{
    return r->recording;
}

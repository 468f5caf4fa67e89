/* One object followed by name: read once, then watched from there (no polling). A watch that ends is begun anew by a read, so nothing that
 * happened in between is missed: not even that the object is gone. */
#include "core/kube/refusal.h"
#include "core/run/run_internal.h"

#include "core/base/mem.h"

#include <stdlib.h>

enum { VALUE_MOST = 4 * 1024 * 1024, RETRY_MS = 300, RETRY_MOST_MS = 4000 };

static void look(struct eye *);

json eye_object(const struct eye *e)
{
    return json_whole(buf_slice(&e->object));
}

static void stop(struct eye *e)
{
    transport_cancel(e->run->config.transport, e->exchange);
    e->exchange = NULL;
    json_cutter_free(e->cutter);
    e->cutter = NULL;
}

void eye_close(struct eye *e)
{
    if (!e->run)
        return;
    stop(e);
    e->retry_at_ms = 0;
    buf_free(&e->body);
    buf_free(&e->object);
    set_text(&e->name, NULL);
    set_text(&e->uid, NULL);
    set_text(&e->words, NULL);
    set_text(&e->rv, NULL);
    e->state = EYE_OFF;
}

static char *object_path(const struct eye *e, bool watch)
{
    static const char *const plurals[] = {[EYE_CLAIM] = "sandboxclaims", [EYE_SANDBOX] = "sandboxes", [EYE_POD] = "pods"};
    const struct run *r = e->run;
    char *query = watch ? kube_path("watch=true&allowWatchBookmarks=true&fieldSelector=metadata.name%%3D%s&resourceVersion=%s", e->name,
                                    e->rv) : NULL;
    char *path;

    if (e->id != EYE_POD)
        path = agents_path(r, plurals[e->id], watch ? NULL : e->name, query);
    else if (watch)
        path = mem_printf("/api/v1/namespaces/%s/pods?%s", r->config.ns, query);
    else
        path = kube_path("/api/v1/namespaces/%s/pods/%s", r->config.ns, e->name);
    free(query);
    return path;
}

/* True where it is ours to follow: the first of its name, or the one that was met before. */
static bool same(struct eye *e, json object)
{
    char *uid = json_dup(json_path(object, "metadata.uid"));
    bool good = !e->uid || (uid && strcmp(uid, e->uid) == 0);

    if (!e->uid)
        e->uid = uid ? uid : mem_text("");
    else
        free(uid);
    return good;
}

static void gone(struct eye *e)
{
    stop(e);
    e->state = EYE_GONE;
    wait_saw(e->run, e);
}

static void took(struct eye *e, json object)
{
    if (!same(e, object)) {
        gone(e);
        return;
    }
    char *rv = json_dup(json_path(object, "metadata.resourceVersion"));
    if (rv)
        set_text(&e->rv, rv);
    if (e->run->phase < PHASE_EVIDENCE || !e->object.n) { /* as it was before we took it away */
        struct buf copy = {0};
        buf_add_slice(&copy, object);
        buf_free(&e->object);
        e->object = copy;
    }
    e->deleting = json_path(object, "metadata.deletionTimestamp").n > 0;
    e->finalizers = json_count(json_path(object, "metadata.finalizers")) > 0;
    e->state = EYE_PRESENT;
    wait_saw(e->run, e);
}

static void on_value(void *ctx, json value)
{
    struct eye *e = ctx;
    json type = json_get(value, "type"), object = json_get(value, "object");

    if (e->state == EYE_GONE)
        return;
    if (json_is(type, "DELETED")) {
        buf_clear(&e->body);
        bool ours = same(e, object);
        if (ours)
            e->state = EYE_GONE;     /* the cutter is under our feet: stopped at the end of the bytes */
    } else if (json_is(type, "ADDED") || json_is(type, "MODIFIED")) {
        buf_clear(&e->body);
        buf_add_slice(&e->body, object);
    } else if (json_is(type, "BOOKMARK")) {
        char *rv = json_dup(json_path(object, "metadata.resourceVersion"));
        if (rv)
            set_text(&e->rv, rv);
    }
}

static void on_head(void *ctx, const struct response_head *head)
{
    struct eye *e = ctx;

    e->status = head->status;
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct eye *e = ctx;

    if (!e->watching || e->status != 200) {
        if (e->body.n + n <= RUN_BODY_MOST)
            buf_add(&e->body, bytes, n);
        return;
    }
    e->failures = 0;
    buf_clear(&e->body);
    if (!json_cutter_feed(e->cutter, bytes, n, NULL)) {
        stop(e);
        e->read_first = true;
        e->retry_at_ms = run_mono(e->run) + RETRY_MS;
        return;
    }
    /* of several states in one reading only the last counts; handed on outside of the cutter, as the eye may be closed by it */
    if (e->state == EYE_GONE) {
        gone(e);
    } else if (e->body.n) {
        struct buf last = e->body;
        e->body = (struct buf){0};
        took(e, json_whole(buf_slice(&last)));
        buf_free(&last);
    }
}

static void retry(struct eye *e)
{
    int64_t pause = (int64_t)RETRY_MS << (e->failures < 4 ? e->failures : 4);

    e->failures++;
    e->read_first = true;
    e->retry_at_ms = run_mono(e->run) + (pause < RETRY_MOST_MS ? pause : RETRY_MOST_MS);
}

static void read_answer(struct eye *e)
{
    json object = json_whole(buf_slice(&e->body));

    if (e->status == 404) {
        gone(e);
    } else if (e->status == 200 && json_type(object) == JSON_OBJECT) {
        struct buf text = e->body;
        e->body = (struct buf){0};
        e->failures = 0;
        e->read_first = false;
        took(e, json_whole(buf_slice(&text)));
        buf_free(&text);
        if (e->state == EYE_PRESENT && !e->exchange)
            look(e);
    } else {
        retry(e);
    }
}

static void on_end(void *ctx, enum end_reason reason, const char *text)
{
    struct eye *e = ctx;
    bool watched = e->watching;

    (void)text;
    e->exchange = NULL;
    json_cutter_free(e->cutter);
    e->cutter = NULL;
    e->watching = false;
    if (reason == END_DONE && (e->status == 403 || e->status == 401)) {
        set_text(&e->words, refusal_text(e->status, buf_slice(&e->body)));
        e->state = EYE_BLIND;
        wait_saw(e->run, e);
    } else if (reason == END_DONE && !watched) {
        read_answer(e);
    } else {
        retry(e);                    /* the stream's time was over, or it broke: read what is there now, then watch again */
    }
}

/* Reads; once something was read, watches from there. */
static void look(struct eye *e)
{
    static const struct response_ops ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};
    static const struct json_cut_ops cut_ops = {.on_value = on_value};
    bool watch = e->rv && e->state == EYE_PRESENT && !e->read_first;

    e->watching = watch;
    e->status = 0;
    e->retry_at_ms = 0;
    buf_clear(&e->body);
    if (watch)
        e->cutter = json_cutter_new(JSON_CUT_STREAM, &cut_ops, e, VALUE_MOST);
    char *path = object_path(e, watch);
    struct request request = {.method = "GET", .path = path, .deadline_ms = watch ? 0 : RUN_SHORT_MS};
    e->exchange = transport_request(e->run->config.transport, &request, &ops, e);
    free(path);
}

void eye_open(struct run *r, enum eye_id id, const char *name, const char *uid, const char *rv, json object)
{
    struct eye *e = &r->eyes[id];

    eye_close(e);
    *e = (struct eye){.run = r, .id = id, .name = mem_text(name), .uid = mem_text(uid), .rv = mem_text(rv), .state = rv ? EYE_PRESENT
        : EYE_LOOKING};
    buf_add_slice(&e->object, object);
    look(e);
}

void eyes_step(struct run *r)
{
    for (int i = 0; i < EYES; i++) {
        struct eye *e = &r->eyes[i];
        if (e->run && e->retry_at_ms && !e->exchange && run_mono(r) >= e->retry_at_ms)
            look(e);
    }
}

int64_t eyes_due(const struct run *r)
{
    int64_t due = -1, now = run_mono(r);

    for (int i = 0; i < EYES; i++) {
        const struct eye *e = &r->eyes[i];
        if (e->run && e->retry_at_ms && !e->exchange)
            due = sooner_of(due, e->retry_at_ms > now ? e->retry_at_ms - now : 0);
    }
    return due;
}

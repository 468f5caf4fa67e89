/* Invariants:
 * - at most one exchange is under way; next_ms is only meant while there is none;
 * - between on_list_begin and on_list_end nothing is told as gone; a list that breaks begins anew, and only a whole one ends;
 * - rv is where a watch may resume: set by a whole list, moved on by each event after it, emptied when the server has forgotten it. */
#include "core/kube/reflector.h"

#include "core/base/mem.h"
#include "core/kube/list_query.h"
#include "core/kube/refusal.h"

#include <stdlib.h>

enum {
    BACKOFF_FIRST_MS = 200,
    BACKOFF_LAST_MS = 10000,
    DENIED_MS = 60000,               /* 403 and 404: permissions and CRDs come without a notice */
    RETRY_AFTER_LONGEST_MS = 300000,
    LIVED_MS = 1000,                 /* a watch that ends sooner counts as a failure, lest it is asked in a busy loop */
    WATCH_SHORTEST_S = 300,          /* timeoutSeconds; spread up to the double, so that many clients do not come back at once */
    PAGE_DEADLINE_MS = 70000,        /* the API server gives up on a list after 60 s */
    HEAD_DEADLINE_MS = 30000,        /* a watch answers with its head at once */
    STREAM_SILENCE_MS = 10000,       /* a server that knows no WatchList says nothing after its rows */
    REFUSAL_MAX = 64 * 1024,
    OBJECT_MAX = 32 * 1024 * 1024,   /* etcd's own limit is 1.5 MiB */
};

enum attempt { ATTEMPT_STREAM, ATTEMPT_PAGE, ATTEMPT_WATCH };

struct reflector {
    struct transport *transport;
    const struct clock *clock;
    const struct reflector_sink *sink;
    void *ctx;
    char *path, *selector;
    bool stream_list;
    unsigned page_size;
    uint64_t random;
    struct reflector_status status;
    char *message;                   /* status.message */

    struct exchange *exchange;
    enum attempt attempt;
    int64_t asked_ms, head_ms;       /* mono; head 0: none yet */
    int http;                        /* status of the answer, 0 before */
    int64_t retry_after_ms;
    struct json_cutter *cutter;
    struct buf refusal;              /* the body of what is no 200 */

    struct buf rv, more;             /* resourceVersion; continue token of the next page */
    bool listed;                     /* rv is that of a whole list */
    bool metadata_seen;              /* of this page */
    bool pages_now;                  /* this list comes in pages though stream_list is set */
    unsigned stalls;                 /* streamed lists that went silent before their end */
    bool expired;                    /* the stream said 410 */
    char *stream_error;              /* or something else */
    unsigned strikes;                /* attempts in a row that did not live */
    int64_t next_ms;                 /* mono; of the next attempt */
};

static int64_t now_ms(const struct reflector *r)
{
    return r->clock->mono(r->clock);
}

/* xorshift64*: spreading clients needs no better. */
static uint64_t random_next(struct reflector *r)
{
    r->random ^= r->random >> 12;
    r->random ^= r->random << 25;
    r->random ^= r->random >> 27;
    return r->random * 2685821657736338717u;
}

/* ms, spread upwards only: never sooner than asked. */
static int64_t spread(struct reflector *r, int64_t ms, int percent)
{
    return ms + (int64_t)(random_next(r) % 1000) * ms * percent / 100000;
}

static int64_t backoff(struct reflector *r)
{
    int64_t ms = BACKOFF_FIRST_MS;

    for (unsigned i = 1; i < r->strikes && ms < BACKOFF_LAST_MS; i++)
        ms *= 2;
    if (ms > BACKOFF_LAST_MS)
        ms = BACKOFF_LAST_MS;
    return spread(r, ms * 3 / 4, 33);
}

static void tell(struct reflector *r)
{
    r->status.message = r->message;
    if (r->sink->on_status)
        r->sink->on_status(r->ctx, &r->status);
}

static void set_message(struct reflector *r, const char *text)
{
    char *copy = mem_text(text);

    free(r->message);
    r->message = copy;
    r->status.message = copy;
}

/* ---- asking ---- */

static void on_head(void *ctx, const struct response_head *);
static void on_bytes(void *ctx, const char *bytes, size_t n);
static void on_end(void *ctx, enum end_reason, const char *text);
static const struct response_ops response_ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};

static char *path_of(struct reflector *r)
{
    unsigned timeout_s = WATCH_SHORTEST_S + (unsigned)(random_next(r) % WATCH_SHORTEST_S);

    switch (r->attempt) {
    case ATTEMPT_PAGE:
        return list_query_page(r->path, r->selector, r->page_size, buf_slice(&r->more).p);
    case ATTEMPT_STREAM:
        return list_query_stream(r->path, r->selector, timeout_s);
    case ATTEMPT_WATCH:
        break;
    }
    return list_query_watch(r->path, r->selector, buf_slice(&r->rv).p, timeout_s);
}

static void forget_answer(struct reflector *r)
{
    json_cutter_free(r->cutter);
    r->cutter = NULL;
    buf_clear(&r->refusal);
    r->http = 0;
    r->head_ms = 0;
    r->retry_after_ms = -1;
    r->metadata_seen = false;
    r->expired = false;
    free(r->stream_error);
    r->stream_error = NULL;
}

static void drop_exchange(struct reflector *r)
{
    transport_cancel(r->transport, r->exchange);
    r->exchange = NULL;
}

static void ask(struct reflector *r)
{
    if (r->listed)
        r->attempt = ATTEMPT_WATCH;
    else
        r->attempt = r->stream_list && !r->pages_now ? ATTEMPT_STREAM : ATTEMPT_PAGE;
    forget_answer(r);
    char *path = path_of(r);
    struct request request = {
        .method = "GET", .path = path, .compress = r->attempt == ATTEMPT_PAGE, .deadline_ms = r->attempt == ATTEMPT_PAGE ? PAGE_DEADLINE_MS : 0,
    };
    r->asked_ms = now_ms(r);
    r->exchange = transport_request(r->transport, &request, &response_ops, r);
    free(path);
}

/* ---- what becomes of an attempt ---- */

static void start_list_anew(struct reflector *r)
{
    r->listed = false;
    buf_clear(&r->rv);
    buf_clear(&r->more);
}

static void wait_for(struct reflector *r, enum reflector_state state, int64_t ms)
{
    r->status.state = state;
    r->next_ms = now_ms(r) + ms;
    r->status.retry_at_ms = r->next_ms;
    r->status.failures++;
    if (!r->listed)
        start_list_anew(r);          /* a list is whole or nothing */
}

/* Whether the watch that ends now was worth its request. */
static bool lived(const struct reflector *r)
{
    return r->listed && r->attempt != ATTEMPT_PAGE && r->http == 200 && now_ms(r) - r->head_ms >= LIVED_MS;
}

static void fail(struct reflector *r, const char *text)
{
    r->strikes = lived(r) ? 1 : r->strikes + 1;
    drop_exchange(r);
    set_message(r, text);
    wait_for(r, REFLECTOR_WAITING, backoff(r));
    r->pages_now = r->stalls > 1;
    tell(r);
}

/* Goes on without a word: a stream that has ended is nothing to report, unless it does so again and again. */
static void resume(struct reflector *r, const char *text)
{
    if (!lived(r) && r->strikes >= 2) {
        fail(r, text);
        return;
    }
    r->strikes = lived(r) ? 0 : r->strikes + 1;
    drop_exchange(r);
    r->next_ms = now_ms(r) + (r->strikes ? backoff(r) : 0);
}

/* What we knew is too old for the server. The rows stay as they are until the new list is whole. */
static void relist(struct reflector *r)
{
    r->strikes = lived(r) ? 0 : r->strikes + 1;
    drop_exchange(r);
    start_list_anew(r);
    r->next_ms = now_ms(r) + (r->strikes > 1 ? backoff(r) : 0);
    r->status.state = REFLECTOR_LISTING;
    tell(r);
}

static void deny(struct reflector *r, enum reflector_state state, const char *text)
{
    drop_exchange(r);
    r->status.verb = r->attempt == ATTEMPT_PAGE ? "list" : "watch";
    set_message(r, text);
    start_list_anew(r);              /* by then everything may be different; and who may only list gets a list each minute */
    wait_for(r, state, spread(r, DENIED_MS, 5));
    r->pages_now = r->stalls > 1;
    tell(r);
}

static void take_pages(struct reflector *r, bool for_ever)
{
    drop_exchange(r);
    start_list_anew(r);
    r->pages_now = true;
    if (for_ever)
        r->stream_list = false;
    r->next_ms = now_ms(r);
}

static void refused(struct reflector *r)
{
    char *text = refusal_text(r->http, buf_slice(&r->refusal));
    bool stream = r->attempt == ATTEMPT_STREAM;

    r->status.status = r->http;
    r->status.verb = r->attempt == ATTEMPT_PAGE ? "list" : "watch";
    if (r->http == 410) {
        relist(r);
    } else if (stream && (r->http == 400 || r->http == 422 || r->http == 405 || r->http == 501)) {
        take_pages(r, true);         /* no WatchList here: the feature is off or the server is old */
    } else if (stream && r->http == 403) {
        take_pages(r, false);        /* perhaps this user may list but not watch: then rows without a watch */
    } else if (r->http == 403) {
        deny(r, REFLECTOR_FORBIDDEN, text);
    } else if (r->http == 404) {
        deny(r, REFLECTOR_GONE, text);
    } else {
        int64_t asked = (r->http == 429 || r->http == 503) && r->retry_after_ms >= 0 ? r->retry_after_ms : -1;
        if (r->attempt == ATTEMPT_WATCH && (r->http == 400 || r->http == 422))
            start_list_anew(r);      /* it does not like our resourceVersion */
        fail(r, text);
        if (asked >= 0) {
            r->next_ms = now_ms(r) + spread(r, asked < RETRY_AFTER_LONGEST_MS ? asked : RETRY_AFTER_LONGEST_MS, 10);
            r->status.retry_at_ms = r->next_ms;
            tell(r);
        }
    }
    free(text);
}

static void list_is_whole(struct reflector *r)
{
    r->listed = true;
    r->status.synced = true;
    r->stalls = 0;
    r->pages_now = false;
    buf_clear(&r->more);
    if (r->sink->on_list_end)
        r->sink->on_list_end(r->ctx);
}

static void go_live(struct reflector *r)
{
    r->status.state = REFLECTOR_WATCHING;
    r->status.failures = 0;
    r->status.status = 0;
    r->status.retry_at_ms = 0;
    set_message(r, "");
    tell(r);
}

/* ---- the answer ---- */

static void keep_text(struct buf *b, json value)
{
    struct buf scratch = {0};
    struct slice text = json_str(value, &scratch);

    if (text.n) {
        buf_clear(b);
        buf_add_slice(b, text);
    }
    buf_free(&scratch);
}

static void on_stream_error(struct reflector *r, json status)
{
    int64_t code = 0;

    json_int(json_get(status, "code"), &code);
    if (code == 410) {
        r->expired = true;
        return;
    }
    free(r->stream_error);
    r->stream_error = refusal_text((int)(code > 0 && code < 1000 ? code : 500), status);
}

static void on_bookmark(struct reflector *r, json object)
{
    json annotations = json_path(object, "metadata.annotations");

    keep_text(&r->rv, json_path(object, "metadata.resourceVersion"));
    if (r->listed || !json_is(json_get(annotations, "k8s.io/initial-events-end"), "true"))
        return;
    list_is_whole(r);
    go_live(r);
}

static void on_event(void *ctx, json event)
{
    struct reflector *r = ctx;
    struct json_walk w = json_members(event);
    json type = {0}, object = {0};

    if (r->expired || r->stream_error)
        return;
    while (json_next(&w)) {
        if (slice_is(w.key, "type"))
            type = w.value;
        else if (slice_is(w.key, "object"))
            object = w.value;
    }
    if (json_is(type, "ERROR")) {
        on_stream_error(r, object);
    } else if (json_type(object) != JSON_OBJECT) {
        r->stream_error = mem_text("the server sent a watch event without an object");
    } else if (json_is(type, "BOOKMARK")) {
        on_bookmark(r, object);
    } else if (json_is(type, "ADDED") || json_is(type, "MODIFIED") || json_is(type, "DELETED")) {
        if (json_is(type, "DELETED"))
            r->sink->on_delete(r->ctx, object);
        else
            r->sink->on_upsert(r->ctx, object);
        if (r->listed)               /* the first events of a streamed list come in any order */
            keep_text(&r->rv, json_path(object, "metadata.resourceVersion"));
    }
}

static void on_item(void *ctx, json object)
{
    struct reflector *r = ctx;

    if (json_type(object) == JSON_OBJECT)
        r->sink->on_upsert(r->ctx, object);
}

static void on_list_member(void *ctx, struct slice key, json value)
{
    struct reflector *r = ctx;

    if (!slice_is(key, "metadata") || json_type(value) != JSON_OBJECT)
        return;
    r->metadata_seen = true;
    buf_clear(&r->more);
    keep_text(&r->rv, json_get(value, "resourceVersion"));
    keep_text(&r->more, json_get(value, "continue"));
}

static void on_head(void *ctx, const struct response_head *head)
{
    static const struct json_cut_ops stream = {.on_value = on_event}, list = {.on_value = on_item, .on_member = on_list_member};
    struct reflector *r = ctx;

    r->head_ms = r->status.contact_ms = now_ms(r);
    r->http = head->status;
    r->retry_after_ms = head->retry_after_ms;
    if (head->status != 200)
        return;
    r->cutter = json_cutter_new(r->attempt == ATTEMPT_PAGE ? JSON_CUT_LIST : JSON_CUT_STREAM, r->attempt == ATTEMPT_PAGE ? &list : &stream, r, OBJECT_MAX);
    if (r->attempt == ATTEMPT_WATCH) {
        go_live(r);
        return;
    }
    bool first_page = r->attempt == ATTEMPT_STREAM || r->more.n == 0;
    if (first_page && r->sink->on_list_begin)
        r->sink->on_list_begin(r->ctx);
    if (first_page && r->status.state != REFLECTOR_LISTING) {
        r->status.state = REFLECTOR_LISTING;
        tell(r);
    }
}

/* A stream that is not what it should be: what came before holds, so a watch resumes where it was. */
static void on_broken(struct reflector *r, const char *why)
{
    char *text = mem_printf("the server's %s is malformed: %s", r->attempt == ATTEMPT_PAGE ? "list" : "watch", why);

    fail(r, text);
    free(text);
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct reflector *r = ctx;
    struct err err = {0};

    r->status.contact_ms = now_ms(r);
    if (!r->cutter) {
        if (r->refusal.n < REFUSAL_MAX)
            buf_add(&r->refusal, bytes, n < REFUSAL_MAX - r->refusal.n ? n : REFUSAL_MAX - r->refusal.n);
        return;
    }
    bool good = json_cutter_feed(r->cutter, bytes, n, &err);
    if (r->expired) {
        relist(r);
    } else if (r->stream_error && !r->listed) {
        take_pages(r, false);        /* the watch cache is behind; pages are read from the database then */
    } else if (r->stream_error) {
        char *text = mem_text(r->stream_error);
        fail(r, text);
        free(text);
    } else if (!good) {
        on_broken(r, err.text ? err.text : "no JSON");
    }
    err_clear(&err);
}

static void page_done(struct reflector *r)
{
    if (!json_cutter_complete(r->cutter) || !r->metadata_seen || r->rv.n == 0) {
        on_broken(r, r->metadata_seen ? "it ends before it is whole" : "it is no list");
        return;
    }
    r->next_ms = now_ms(r);
    if (r->more.n > 0)
        return;
    list_is_whole(r);
    tell(r);
}

static void on_end(void *ctx, enum end_reason reason, const char *text)
{
    struct reflector *r = ctx;

    r->exchange = NULL;
    if (reason != END_DONE)
        r->status.status = 0;
    if (reason == END_DONE && r->http != 200)
        refused(r);
    else if (reason == END_DONE && r->attempt == ATTEMPT_PAGE)
        page_done(r);
    else if (reason == END_DONE && r->listed && json_cutter_complete(r->cutter))
        resume(r, "the server ends each watch at once");
    else if (reason == END_DONE)
        on_broken(r, "it ends in the middle");
    else if (reason == END_CUT && r->listed && r->head_ms)
        resume(r, text);
    else
        fail(r, text);
}

/* ---- time ---- */

/* When an attempt that got this far is given up; INT64_MAX: never. */
static int64_t give_up_at(const struct reflector *r)
{
    if (r->attempt == ATTEMPT_PAGE)
        return INT64_MAX;            /* the exchange has a deadline itself */
    if (!r->head_ms)
        return r->asked_ms + HEAD_DEADLINE_MS;
    if (r->attempt == ATTEMPT_STREAM && !r->listed)
        return r->status.contact_ms + STREAM_SILENCE_MS;
    return r->head_ms + (int64_t)(2 * WATCH_SHORTEST_S + 60) * 1000; /* the server should have ended it */
}

static void give_up(struct reflector *r)
{
    if (!r->head_ms) {
        fail(r, "the server did not answer the watch in time");
    } else if (r->attempt == ATTEMPT_STREAM && !r->listed) {
        r->stalls++;                 /* a server that hangs looks the same, so only the second time it is the rule */
        take_pages(r, false);
    } else {
        resume(r, "");
    }
}

struct reflector *reflector_new(struct transport *transport, const struct clock *clock, const struct reflector_config *config,
                                const struct reflector_sink *sink, void *ctx)
{
    struct reflector *r = NEW(struct reflector);

    r->transport = transport;
    r->clock = clock;
    r->sink = sink;
    r->ctx = ctx;
    r->path = mem_text(config->path);
    r->selector = mem_text(config->selector ? config->selector : "");
    r->stream_list = config->stream_list;
    r->page_size = config->page_size ? config->page_size : 500;
    r->random = config->seed ^ 0x9e3779b97f4a7c15u;
    if (!r->random)
        r->random = 1;
    r->status.state = REFLECTOR_IDLE;
    r->status.verb = "list";
    set_message(r, "");
    return r;
}

void reflector_free(struct reflector *r)
{
    if (!r)
        return;
    drop_exchange(r);
    forget_answer(r);
    buf_free(&r->refusal);
    buf_free(&r->rv);
    buf_free(&r->more);
    free(r->message);
    free(r->path);
    free(r->selector);
    free(r);
}

void reflector_start(struct reflector *r)
{
    if (r->status.state != REFLECTOR_IDLE)
        return;
    r->status.state = REFLECTOR_LISTING;
    ask(r);
    tell(r);
}

void reflector_step(struct reflector *r)
{
    if (r->status.state == REFLECTOR_IDLE)
        return;
    if (r->exchange) {
        if (now_ms(r) < give_up_at(r))
            return;
        give_up(r);
    }
    if (!r->exchange && now_ms(r) >= r->next_ms)
        ask(r);
}

int64_t reflector_due(const struct reflector *r)
{
    if (r->status.state == REFLECTOR_IDLE)
        return -1;
    int64_t at = r->exchange ? give_up_at(r) : r->next_ms, now = now_ms(r);
    if (at == INT64_MAX)
        return -1;
    return at > now ? at - now : 0;
}

void reflector_retry_now(struct reflector *r)
{
    if (r->status.state == REFLECTOR_IDLE || r->exchange)
        return;
    r->strikes = 0;
    r->next_ms = now_ms(r);
}

const struct reflector_status *reflector_status(const struct reflector *r)
{
    return &r->status;
}

/* All questions go out at once: /version, and each wished group in each wished version (its resource list; 404 where it is not served).
 * Asking the group for its versions first would cost a round trip more and say less. Where the first answer was slow it may have been the
 * handshakes, so one small question more measures the round trip alone. */
#include "core/kube/discovery.h"

#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/ptrs.h"
#include "core/kube/refusal.h"

#include <stdlib.h>

enum { BODY_MAX = 1024 * 1024, QUICK_MS = 10 };

struct question {
    struct discovery *owner;
    struct exchange *exchange;
    const char *group, *version;     /* NULL: /version */
    struct buf body;
    int status;                      /* once answered */
    bool answered;
    bool measures;                   /* only its time counts */
    int64_t asked_ms;
};

struct discovery {
    struct transport *transport;
    const struct clock *clock;
    const struct discovery_wish *wishes;
    size_t n_wishes;
    struct discovery_answer *answers;
    struct ptrs questions;           /* struct question; [0] is /version */
    int64_t deadline_ms;
    enum discovery_state state;
    size_t open;
    int64_t round_trip_ms;           /* -1: not known yet */
    char *server_version, *error;
    enum end_reason end;
    int status;
};

static int64_t now_ms(const struct discovery *d)
{
    return d->clock->mono(d->clock);
}

static void finish(struct discovery *d);

static bool fail(struct discovery *d, enum end_reason end, int status, char *sentence)
{
    free(d->error);
    d->error = sentence;
    d->end = end;
    d->status = status;
    d->state = DISCOVERY_FAILED;
    for (size_t i = 0; i < d->questions.n; i++) {
        struct question *q = d->questions.v[i];
        transport_cancel(d->transport, q->exchange);
        q->exchange = NULL;
    }
    return false;
}

static void on_head(void *ctx, const struct response_head *head)
{
    struct question *q = ctx;
    int64_t took = now_ms(q->owner) - q->asked_ms;

    q->status = head->status;
    if (q->owner->round_trip_ms < 0 || took < q->owner->round_trip_ms)
        q->owner->round_trip_ms = took;
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct question *q = ctx;

    buf_add(&q->body, bytes, n < BODY_MAX - q->body.n ? n : BODY_MAX - q->body.n);
}

static void on_end(void *ctx, enum end_reason reason, const char *text)
{
    struct question *q = ctx;
    struct discovery *d = q->owner;

    q->exchange = NULL;
    q->answered = reason == END_DONE;
    if (reason != END_DONE && !q->measures) {
        fail(d, reason, 0, mem_text(text));
        return;
    }
    if (--d->open == 0)
        finish(d);
}

static void ask(struct discovery *d, const char *group, const char *version, bool measures)
{
    static const struct response_ops ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};
    struct question *q = NEW(struct question);
    char *path = group ? kube_path("/apis/%s/%s", group, version) : mem_text("/version");
    struct request request = {.method = "GET", .path = path, .deadline_ms = d->deadline_ms};

    q->owner = d;
    q->group = group;
    q->version = version;
    q->measures = measures;
    q->asked_ms = now_ms(d);
    ptrs_add(&d->questions, q);
    d->open++;
    q->exchange = transport_request(d->transport, &request, &ops, q);
    free(path);
}

static struct question *find(const struct discovery *d, const char *group, const char *version)
{
    for (size_t i = 1; i < d->questions.n; i++) {
        struct question *q = d->questions.v[i];
        if (q->group && strcmp(q->group, group) == 0 && strcmp(q->version, version) == 0)
            return q;
    }
    return NULL;
}

/* ---- reading the answers ---- */

/* The refusals that say something about us rather than about what is served. False: discovery has failed. */
static bool check_refusals(struct discovery *d)
{
    for (size_t i = 0; i < d->questions.n; i++) {
        const struct question *q = d->questions.v[i];
        if (q->measures || q->status == 200 || q->status == 404 || (!q->group && (q->status == 401 || q->status == 403)))
            continue;
        char *words = refusal_text(q->status, buf_slice(&q->body)), *sentence;
        if (q->status == 401)
            sentence = mem_printf("the server does not accept the credential (%s): has it expired? log in anew", words);
        else if (q->status == 403)
            sentence = mem_printf("this user may not ask what the server serves: %s", words);
        else if (q->status >= 300 && q->status < 400)
            sentence = mem_text("the server answers with a redirect, so it is not a Kubernetes API server: check the server's address in the kubeconfig");
        else
            sentence = mem_printf("the server cannot say what it serves: %s", words);
        free(words);
        return fail(d, END_DONE, q->status, sentence);
    }
    return true;
}

static bool read_version(struct discovery *d)
{
    const struct question *q = d->questions.v[0];
    char *version = json_dup(json_get(json_whole(buf_slice(&q->body)), "gitVersion"));

    free(d->server_version);
    d->server_version = q->status == 200 && version ? version : mem_text("");
    if (d->server_version != version)
        free(version);
    return *d->server_version || q->status == 401 || q->status == 403;
}

/* A group's answer is a resource list. False: it is something else, so no API server stands there. */
static bool read_group(const struct question *q, bool *kubernetes)
{
    json list = json_whole(buf_slice(&q->body));

    if (q->status != 200)
        return true;
    if (!json_is(json_get(list, "kind"), "APIResourceList"))
        return false;
    *kubernetes = true;
    return true;
}

static bool serves(const struct question *q, const char *plural)
{
    if (!q || q->status != 200)
        return false;
    struct json_walk w = json_items(json_get(json_whole(buf_slice(&q->body)), "resources"));
    while (json_next(&w))
        if (json_is(json_get(w.value, "name"), plural))
            return true;
    return false;
}

static void answer(struct discovery *d, size_t i)
{
    const struct discovery_wish *wish = &d->wishes[i];

    d->answers[i] = (struct discovery_answer){.group_missing = true};
    for (const char *const *version = wish->versions; *version; version++) {
        const struct question *q = find(d, wish->group, *version);
        if (q && q->status == 200)
            d->answers[i].group_missing = false;
        if (!d->answers[i].version && serves(q, wish->plural))
            d->answers[i].version = *version;
    }
}

static void finish(struct discovery *d)
{
    bool kubernetes;

    if (!check_refusals(d))
        return;
    kubernetes = read_version(d);
    for (size_t i = 1; i < d->questions.n; i++) {
        const struct question *q = d->questions.v[i];
        if (!q->measures && !read_group(q, &kubernetes))
            kubernetes = false;
    }
    if (!kubernetes) {
        const struct question *q = d->questions.v[0];
        fail(d, END_DONE, q->status, mem_text("the server answers, but not as a Kubernetes API server does: check the server's address in the kubeconfig"));
        return;
    }
    if (d->round_trip_ms > QUICK_MS && !((struct question *)d->questions.v[d->questions.n - 1])->measures) {
        ask(d, NULL, NULL, true);
        return;
    }
    for (size_t i = 0; i < d->n_wishes; i++)
        answer(d, i);
    d->state = DISCOVERY_DONE;
}

/* ---- the interface ---- */

struct discovery *discovery_new(struct transport *transport, const struct clock *clock, const struct discovery_wish *wishes, size_t n_wishes,
                                int64_t deadline_ms)
{
    struct discovery *d = NEW(struct discovery);

    d->transport = transport;
    d->clock = clock;
    d->wishes = wishes;
    d->n_wishes = n_wishes;
    d->deadline_ms = deadline_ms;
    d->answers = mem_array(n_wishes ? n_wishes : 1, sizeof *d->answers);
    d->round_trip_ms = -1;
    d->server_version = mem_text("");
    d->error = mem_text("");
    ask(d, NULL, NULL, false);
    for (size_t i = 0; i < n_wishes; i++)
        for (const char *const *version = wishes[i].versions; *version; version++)
            if (!find(d, wishes[i].group, *version))
                ask(d, wishes[i].group, *version, false);
    return d;
}

void discovery_free(struct discovery *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->questions.n; i++) {
        struct question *q = d->questions.v[i];
        transport_cancel(d->transport, q->exchange);
        buf_free(&q->body);
        free(q);
    }
    ptrs_free(&d->questions);
    free(d->answers);
    free(d->server_version);
    free(d->error);
    free(d);
}

enum discovery_state discovery_state(const struct discovery *d)
{
    return d->state;
}

const struct discovery_answer *discovery_answers(const struct discovery *d)
{
    return d->answers;
}

const char *discovery_server_version(const struct discovery *d)
{
    return d->server_version;
}

const char *discovery_error(const struct discovery *d)
{
    return d->error;
}

enum end_reason discovery_end(const struct discovery *d)
{
    return d->end;
}

int discovery_status(const struct discovery *d)
{
    return d->status;
}

int64_t discovery_round_trip_ms(const struct discovery *d)
{
    return d->round_trip_ms < 0 ? 0 : d->round_trip_ms;
}

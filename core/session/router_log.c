/* What the routers' logs say of requests that failed, as facts for the rules. Invariant: errors holds at most one entry a sandbox, the
 * newest, and
 * none for a sandbox to which a request has gone well since. Forms of the lines: the Go router's JSON, the Python router's sentences and
 * uvicorn's access lines (read from Agent Sandbox v0.3 to v0.5; seen on v0.5.6). */
#include "core/base/mem.h"
#include "core/logs/log_line.h"
#include "core/session/session_internal.h"
#include "core/session/session_logs.h"

#include <stdio.h>
#include <stdlib.h>

enum { ERRORS_MOST = 64, GOOD_MOST = 64, PENDING_MOST = 32, ROUTERS_MOST = 8, REQUESTS_MOST = 256, LINES_A_TURN = 4000, NAME_MOST = 253,
    WINDOW_MS = 600000 };

struct pending {                     /* the Python router is asking: which sandbox its next words are about */
    char *id, *url;
    unsigned stream;
};
struct asked {
    int64_t time_ms;
    int status;
};
struct good {                        /* to whom a request went well, the newest of each */
    char *ns, *sandbox;
    int64_t time_ms;
};
struct router_log {
    struct session *session;
    struct good good[GOOD_MOST];
    size_t n_good;
    uint64_t next;                   /* number of the first line not yet looked at */
    struct router_error errors[ERRORS_MOST];
    size_t n;
    struct pending pending[PENDING_MOST];
    size_t n_pending;
    struct router_traffic traffic[ROUTERS_MOST]; /* one a namespace that has routers */
    struct {
        struct asked v[REQUESTS_MOST]; /* a ring */
        size_t n;
    } asked[ROUTERS_MOST];
    size_t n_traffic;
};

static void error_clear(struct router_error *e)
{
    free(e->ns);
    free(e->sandbox);
    free(e->router_ns);
    free(e->router_pod);
    free(e->text);
    *e = (struct router_error){0};
}

static void pending_drop(struct router_log *r, size_t i)
{
    free(r->pending[i].id);
    free(r->pending[i].url);
    memmove(r->pending + i, r->pending + i + 1, (--r->n_pending - i) * sizeof *r->pending);
}

/* The claims that a router's word is about are judged anew. */
static void touch(struct router_log *r, const char *ns, const char *sandbox)
{
    struct session *s = r->session;
    const struct object *o = store_find(s->store, KIND_SANDBOX, slice_of(ns), slice_of(sandbox)), *claim = o ? chain_claim(o) : NULL;
    const struct object *namesake = store_find(s->store, KIND_CLAIM, slice_of(ns), slice_of(sandbox));

    if (claim)
        diagnosis_touch(s->diagnosis, claim);
    if (namesake && namesake != claim)
        diagnosis_touch(s->diagnosis, namesake);
}

static struct router_error *error_of(struct router_log *r, const char *ns, const char *sandbox)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->errors[i].sandbox, sandbox) == 0 && strcmp(r->errors[i].ns, ns) == 0)
            return &r->errors[i];
    return NULL;
}

static struct good *good_of(struct router_log *r, const char *ns, const char *sandbox)
{
    for (size_t i = 0; i < r->n_good; i++)
        if (strcmp(r->good[i].sandbox, sandbox) == 0 && strcmp(r->good[i].ns, ns) == 0)
            return &r->good[i];
    return NULL;
}

static void note_good(struct router_log *r, const char *ns, const char *sandbox, int64_t time_ms)
{
    struct good *g = good_of(r, ns, sandbox);

    if (!g && r->n_good < GOOD_MOST) {
        g = &r->good[r->n_good++];
    } else if (!g) {
        g = &r->good[0];
        for (size_t i = 1; i < r->n_good; i++)
            if (r->good[i].time_ms < g->time_ms)
                g = &r->good[i];
        free(g->ns);
        free(g->sandbox);
    } else {
        g->time_ms = time_ms > g->time_ms ? time_ms : g->time_ms;
        return;
    }
    *g = (struct good){mem_text(ns), mem_text(sandbox), time_ms};
}

static void drop_error(struct router_log *r, const char *ns, const char *sandbox, int64_t time_ms)
{
    struct router_error *e = error_of(r, ns, sandbox);

    if (!e || e->time_ms > time_ms)
        return;
    touch(r, ns, sandbox);
    error_clear(e);
    *e = r->errors[--r->n];
    r->errors[r->n] = (struct router_error){0};
}

static void forgive(struct router_log *r, const char *ns, const char *sandbox, int64_t time_ms)
{
    if (strlen(sandbox) <= NAME_MOST && strlen(ns) <= NAME_MOST)
        note_good(r, ns, sandbox, time_ms);
    const struct object *o = store_find(r->session->store, KIND_SANDBOX, slice_of(ns), slice_of(sandbox)), *claim = o ? chain_claim(o)
        : NULL;
    drop_error(r, ns, sandbox, time_ms);
    if (claim && strcmp(claim->name, sandbox) != 0)
        drop_error(r, ns, claim->name, time_ms); /* the client has learnt the right name */
}

static struct router_error *room(struct router_log *r)
{
    if (r->n < ERRORS_MOST)
        return &r->errors[r->n++];
    struct router_error *oldest = &r->errors[0];
    for (size_t i = 1; i < r->n; i++)
        if (r->errors[i].time_ms < oldest->time_ms)
            oldest = &r->errors[i];
    error_clear(oldest);
    return oldest;
}

struct failure {
    const char *ns, *sandbox, *error;
    bool python;
    int port;
};

static enum router_trouble trouble_of(const char *error, bool python)
{
    static const struct {
        const char *words;
        enum router_trouble trouble;
    } rows[] = {
        {"no such host", ROUTER_NO_HOST}, {"Name or service not known", ROUTER_NO_HOST}, {"name resolution", ROUTER_NO_HOST},
        {"No address associated", ROUTER_NO_HOST}, {"connection refused", ROUTER_REFUSED}, {"Connection refused", ROUTER_REFUSED},
        {"timed out", ROUTER_TIMEOUT}, {"i/o timeout", ROUTER_TIMEOUT}, {"deadline exceeded", ROUTER_TIMEOUT}, {"timeout", ROUTER_TIMEOUT},
        {"no route to host", ROUTER_UNREACHABLE}, {"unreachable", ROUTER_UNREACHABLE}, {"host is down", ROUTER_UNREACHABLE},
        /* httpx hides which of them it was */
        {"All connection attempts failed", ROUTER_REFUSED},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strstr(error, rows[i].words))
            return rows[i].trouble;
    return python && !*error ? ROUTER_TIMEOUT : ROUTER_OTHER; /* httpx's timeouts have no text of their own */
}

/* The port behind the last colon of a host: "10.0.0.1:8888:", "http://h:8888/execute". */
static int port_in(const char *text)
{
    const char *p = strstr(text, "://");
    int64_t port;

    p = p ? p + 3 : strstr(text, "dial tcp ") ? strstr(text, "dial tcp ") + 9 : NULL;
    if (!p)
        return 0;
    for (const char *c = p; (c = strchr(c, ':')); c++) {
        size_t n = strspn(c + 1, "0123456789");
        if (n && slice_int((struct slice){c + 1, n}, &port) && port > 0 && port < 65536 &&
            (c[1 + n] == ':' || c[1 + n] == '/' || c[1 + n] == '\0'))
            return (int)port;
    }
    return 0;
}

static void fail(struct router_log *r, const struct failure *f, const struct log_entry *line, const struct log_stream_row *row)
{
    struct router_error *e = error_of(r, f->ns, f->sandbox);
    int32_t count = e ? e->count : 0;
    int64_t first = e ? e->first_ms : line->time_ms;

    if (!*f->sandbox || strlen(f->sandbox) > NAME_MOST || strlen(f->ns) > NAME_MOST || (e && e->time_ms > line->time_ms))
        return;
    if (e)
        error_clear(e);
    else
        e = room(r);
    ptrdiff_t stack = slice_find(line->text, SLICE(",\"stacktrace\":")); /* of the router itself: says nothing about the sandbox */
    size_t most = stack > 0 ? (size_t)stack : line->text.n;
    most = most < 1024 ? most : 1024;
    const struct good *g = good_of(r, f->ns, f->sandbox);
    *e = (struct router_error){
        .good_ms = g ? g->time_ms : 0, .ns = mem_text(f->ns), .sandbox = mem_text(f->sandbox), .trouble = trouble_of(f->error, f->python),
            .python = f->python, .first_ms = first,
        .time_ms = line->time_ms, .count = count < INT32_MAX ? count + 1 : count, .port = f->port, .router_ns = mem_text(row->ns),
        .router_pod = mem_text(row->pod), .text = slice_dup((struct slice){line->text.p, most}),
    };
    touch(r, f->ns, f->sandbox);
}

/* NULL: there are more than are counted. */
static struct router_traffic *traffic_of(struct router_log *r, const struct log_stream_row *row)
{
    for (size_t i = 0; i < r->n_traffic; i++)
        if (strcmp(r->traffic[i].ns, row->ns) == 0)
            return &r->traffic[i];
    if (r->n_traffic == ROUTERS_MOST)
        return NULL;
    struct router_traffic *t = &r->traffic[r->n_traffic++];
    snprintf(t->ns, sizeof t->ns, "%s", row->ns);
    return t;
}

static void word(struct router_word *w, const struct log_entry *line, const struct log_stream_row *row)
{
    size_t most = sizeof w->text - 1;

    snprintf(w->text, sizeof w->text, "%.*s", (int)(line->text.n < most ? line->text.n : most), line->text.p);
    snprintf(w->pod, sizeof w->pod, "%s", row->pod);
}

static void answered(struct router_log *r, int status, const struct log_entry *line, const struct log_stream_row *row)
{
    struct router_traffic *t = traffic_of(r, row);
    bool denied = status == 401 || status == 403, failed = status >= 500;

    if (!t)
        return;
    size_t i = (size_t)(t - r->traffic);
    r->asked[i].v[r->asked[i].n++ % REQUESTS_MOST] = (struct asked){line->time_ms, status};
    if (status < 400 && line->time_ms > t->last_good_ms)
        t->last_good_ms = line->time_ms;
    int64_t *last = denied ? &t->last_denied_ms : &t->last_failed_ms;
    if ((!denied && !failed) || line->time_ms < *last)
        return;
    *last = line->time_ms;
    word(denied ? &t->denied_word : &t->failed_word, line, row);
}

static void go_line(struct router_log *r, const struct log_entry *line, const struct log_stream_row *row)
{
    struct json_walk w = json_members(line->text);
    char *msg = NULL, *sandbox = NULL, *ns = NULL, *error = NULL;
    int64_t status = 0;

    while (json_next(&w)) {
        char **slot = slice_is(w.key, "msg") ? &msg : slice_is(w.key, "sandbox") || slice_is(w.key, "sandbox_id") ? &sandbox :
                      slice_is(w.key, "namespace") || slice_is(w.key, "sandbox_namespace") ? &ns : slice_is(w.key, "error") ? &error : NULL;
        if (slot && !*slot)
            *slot = json_dup(w.value);
        else if (slice_is(w.key, "status"))
            json_int(w.value, &status);
    }
    const char *in = ns && *ns ? ns : "default";
    if (msg && sandbox && error && strcmp(msg, "upstream connect failure") == 0)
        fail(r, &(struct failure){in, sandbox, error, false, port_in(error)}, line, row);
    if (msg && strcmp(msg, "request") == 0 && status > 0 && status < 1000) {
        answered(r, (int)status, line, row);
        if (sandbox && *sandbox && status < 500 && status != 401 && status != 403)
            forgive(r, in, sandbox, line->time_ms);
    }
    free(msg);
    free(sandbox);
    free(ns);
    free(error);
}

/* http://NAME.NS.svc.cluster.local:8888/… names the namespace; an address has to be looked for among the sandboxes. The caller frees it. */
static char *namespace_of(const struct router_log *r, const char *url, const char *id)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    size_t n = strcspn(host, ":/");
    struct slice all = {host, n};
    ptrdiff_t svc = slice_find(all, SLICE(".svc"));
    size_t skip = strlen(id);
    if (svc > 0 && (size_t)svc > skip + 1 && strncmp(host, id, skip) == 0 && host[skip] == '.')
        return slice_dup((struct slice){host + skip + 1, (size_t)svc - skip - 1});
    const struct ptrs *boxes = store_all(r->session->store, KIND_SANDBOX);
    for (size_t i = 0; i < boxes->n; i++) {
        const struct sandbox *s = boxes->v[i];
        if (strcmp(s->o.name, id) == 0 && slice_is(all, s->pod_ip))
            return mem_text(s->o.ns);
    }
    return NULL;
}

static char *between(struct slice line, const char *before, const char *after)
{
    ptrdiff_t from = slice_find(line, slice_of(before));
    if (from < 0)
        return NULL;
    struct slice rest = {line.p + from + strlen(before), line.n - (size_t)from - strlen(before)};
    ptrdiff_t to = *after ? slice_find(rest, slice_of(after)) : (ptrdiff_t)rest.n;
    return to < 0 || to > 4096 ? NULL : slice_dup((struct slice){rest.p, (size_t)to});
}

static void python_asks(struct router_log *r, const struct log_entry *line)
{
    char *id = between(line->text, "Proxying request for sandbox '", "'"), *url = between(line->text, "to URL: ", "");

    if (!id || !url || strlen(id) > NAME_MOST) {
        free(id);
        free(url);
        return;
    }
    if (r->n_pending == PENDING_MOST)
        pending_drop(r, 0);
    r->pending[r->n_pending++] = (struct pending){id, url, line->stream};
}

/* The newest one of that stream with that URL; url NULL: the only one of that stream. r->n_pending: none. */
static size_t pending_of(const struct router_log *r, unsigned stream, const char *url)
{
    size_t found = r->n_pending, n = 0;

    for (size_t i = 0; i < r->n_pending; i++)
        if (r->pending[i].stream == stream && (!url || strcmp(r->pending[i].url, url) == 0))
            found = i, n++;
    return url || n == 1 ? found : r->n_pending;
}

static void python_fails(struct router_log *r, const struct log_entry *line, const struct log_stream_row *row, const char *url,
                         const char *error)
{
    size_t i = pending_of(r, line->stream, url);

    if (i == r->n_pending)
        return;
    char *ns = namespace_of(r, r->pending[i].url, r->pending[i].id);
    if (ns)
        fail(r, &(struct failure){ns, r->pending[i].id, error, true, port_in(r->pending[i].url)}, line, row);
    free(ns);
    pending_drop(r, i);
}

static void python_line(struct router_log *r, const struct log_entry *line, const struct log_stream_row *row)
{
    struct slice text = line->text;
    struct log_line parsed;

    if (slice_starts(text, SLICE("Proxying request for sandbox '"))) {
        python_asks(r, line);
    } else if (slice_starts(text, SLICE("ERROR: Connection to sandbox at ")) ||
               slice_starts(text, SLICE("ERROR: Request to sandbox at "))) {
        bool late = slice_find(text, SLICE(" timed out. Error:")) >= 0;
        char *url = between(text, "sandbox at ", late ? " timed out." : " failed."), *error = between(text, "Error: ", "");
        if (url)
            python_fails(r, line, row, url, late ? "timed out" : error ? error : "");
        free(url);
        free(error);
    } else if (slice_find(text, SLICE("An unexpected error occurred: ")) >= 0) {
        char *error = between(text, "An unexpected error occurred: ", "");
        python_fails(r, line, row, NULL, error ? error : "");
        free(error);
    } else if (slice_find(text, SLICE("Running in UNAUTHENTICATED mode")) >= 0 ||
               slice_find(text, SLICE("Authentication enabled: ")) >= 0) {
        struct router_traffic *t = traffic_of(r, row);
        if (t && (t->open = slice_find(text, SLICE("UNAUTHENTICATED")) >= 0))
            word(&t->open_word, line, row);
    } else if (slice_find(text, SLICE("ROUTER_AUTH_TOKEN must be set")) >= 0) {
        struct router_traffic *t = traffic_of(r, row);
        if (t)
            word(&t->start_word, line, row);
    } else {
        log_line_parse(text, &parsed);
        if (parsed.format != FORMAT_UVICORN_ACCESS || parsed.status <= 0 || slice_starts(parsed.path, SLICE("/healthz")))
            return;
        answered(r, parsed.status, line, row);
        size_t i = parsed.status < 400 ? pending_of(r, line->stream, NULL) : r->n_pending;
        if (i == r->n_pending)
            return;
        char *ns = namespace_of(r, r->pending[i].url, r->pending[i].id);
        if (ns)
            forgive(r, ns, r->pending[i].id, line->time_ms);
        free(ns);
        pending_drop(r, i);
    }
}

static void sum_up(struct router_log *r)
{
    int64_t from = session_now(r->session) - WINDOW_MS;

    for (size_t i = 0; i < r->n_traffic; i++) {
        struct router_traffic *t = &r->traffic[i];
        size_t n = r->asked[i].n < REQUESTS_MOST ? r->asked[i].n : REQUESTS_MOST;
        t->answered = t->denied = t->failed = 0;
        t->since_ms = from;
        for (size_t k = 0; k < n; k++) {
            const struct asked *a = &r->asked[i].v[k];
            if (a->time_ms < from)
                continue;
            t->answered++;
            t->denied += a->status == 401 || a->status == 403;
            t->failed += a->status >= 500;
        }
    }
}

static const struct log_stream_row *row_of(const struct log_stream_row *rows, size_t n, unsigned stream)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].stream == stream)
            return strncmp(rows[i].label, "rtr", 3) == 0 ? &rows[i] : NULL;
    return NULL;
}

void router_log_take(struct router_log *r, const struct log_entry *line, const struct log_stream_row *row)
{
    if (line->text.n && line->text.p[0] == '{')
        go_line(r, line, row);
    else
        python_line(r, line, row);
}

const struct router_error *router_log_errors(const struct router_log *r, size_t *n)
{
    *n = r->n;
    return r->errors;
}

const struct router_traffic *router_log_traffic(struct router_log *r, size_t *n)
{
    sum_up(r);
    *n = r->n_traffic;
    return r->traffic;
}

void router_log_step(struct router_log *r)
{
    struct session *s = r->session;
    const struct log_buffer *buffer = session_log_buffer(s, LOGS_SYSTEM);
    uint64_t end = log_buffer_end(buffer), first = log_buffer_first(buffer);

    if (r->next >= end)
        return;
    r->next = r->next < first ? first : r->next;
    size_t n;
    const struct log_stream_row *rows = session_log_rows(s, LOGS_SYSTEM, &n);
    for (unsigned looked = 0; r->next < end && looked < LINES_A_TURN; r->next++, looked++) {
        struct log_entry line;
        if (!log_buffer_get(buffer, r->next, &line) || line.type != LOG_LINE_TEXT)
            continue;
        const struct log_stream_row *row = row_of(rows, n, line.stream);
        if (!row)
            continue;
        router_log_take(r, &line, row);
    }
    s->facts.router_errors = router_log_errors(r, &s->facts.n_router_errors);
    s->facts.traffic = router_log_traffic(r, &s->facts.n_traffic);
}

bool router_log_behind(const struct router_log *r)
{
    return r->next < log_buffer_end(session_log_buffer(r->session, LOGS_SYSTEM));
}

struct router_log *router_log_new(struct session *s)
{
    struct router_log *r = NEW(struct router_log);

    r->session = s;
    return r;
}

void router_log_free(struct router_log *r)
{
    for (size_t i = 0; i < r->n; i++)
        error_clear(&r->errors[i]);
    for (size_t i = 0; i < r->n_good; i++) {
        free(r->good[i].ns);
        free(r->good[i].sandbox);
    }
    while (r->n_pending)
        pending_drop(r, r->n_pending - 1);
    free(r);
}

/* `sandtop logs [controller|router|claim NAME|pod NAME]`: lines go to stdout, everything else to stderr (in JSON to stdout too, as
 * objects of their own). */
#include "tui/logs_command.h"

#include "core/base/mem.h"
#include "tui/connect.h"
#include "tui/log_pipe.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CONNECT_MS = 30000, SETTLE_MS = 1000 /* a state that lasts so long is worth a word */ };

enum log_target { TARGET_SYSTEM, TARGET_CLAIM, TARGET_POD };

struct word {                        /* what was last said of a stream */
    char *stream, *message;
    int64_t since_ms;                /* mono */
    bool said;
};
struct logs {
    const struct options *options;
    struct session *session;
    const struct clock *clock;
    struct log_pipe *pipe;
    struct log_query *query;
    enum log_target target;
    enum log_pane pane;
    const char *name, *role;
    char *ns;                        /* of the pod */
    bool resolved;
    int64_t start_ns;                /* wall */
    struct word *words;
    size_t n_words;
};

/* --- what streams bring --------------------------------------------------------------------------------------------------------- */

static void on_line(void *ctx, const struct log_stream_row *row, int64_t stamp_ns, struct slice line)
{
    const struct logs *l = ctx;

    if (l->options->logs.tail == 0 && (!l->options->logs.follow || (row->lines == 1 && stamp_ns < l->start_ns)))
        return;                      /* asked for only so that the stream knows from where to go on if it is cut before a line comes */
    log_pipe_line(l->pipe, row, stamp_ns, line);
}

static bool as_json(const struct logs *l)
{
    return l->options->output && strcmp(l->options->output, "json") == 0;
}

static void on_mark(void *ctx, const struct log_stream_row *row, enum log_mark mark, int64_t wall_ms, const char *text)
{
    struct logs *l = ctx;

    log_pipe_mark(l->pipe, row, mark, wall_ms, text);
    if (!as_json(l))
        fprintf(stderr, "sandtop: %s/%s: %s\n", row->pod, row->container, text);
}

static const struct log_tap tap = {.on_line = on_line, .on_mark = on_mark};

static struct word *word_of(struct logs *l, const struct log_stream_row *row)
{
    char *stream = mem_printf("%s/%s/%s", row->ns, row->pod, row->container);

    for (size_t i = 0; i < l->n_words; i++) {
        if (strcmp(l->words[i].stream, stream) == 0) {
            free(stream);
            return &l->words[i];
        }
    }
    l->words = mem_grow(l->words, l->n_words + 1, sizeof *l->words);
    l->words[l->n_words] = (struct word){.stream = stream, .message = mem_text("")};
    return &l->words[l->n_words++];
}

/* A stream that does not follow says why, once it has lasted a moment. How it ended was a mark. */
static void tell_states(struct logs *l)
{
    size_t n;
    const struct log_stream_row *rows = session_log_rows(l->session, l->pane, &n);
    int64_t now = l->clock->mono(l->clock);

    for (size_t i = 0; i < n; i++) {
        struct word *word = word_of(l, &rows[i]);
        if (rows[i].state == LOG_STREAM_ENDED)
            continue;
        if (strcmp(word->message, rows[i].message) != 0) {
            free(word->message);
            *word = (struct word){.stream = word->stream, .message = mem_text(rows[i].message), .since_ms = now};
        }
        if (word->said || !*word->message || now - word->since_ms < SETTLE_MS)
            continue;
        word->said = true;
        if (as_json(l))
            log_pipe_mark(l->pipe, &rows[i], LOG_MARK_STATUS, session_now(l->session), word->message);
        else
            fprintf(stderr, "sandtop: %s/%s: %s\n", rows[i].pod, rows[i].container, word->message);
    }
}

/* --- what is wanted ------------------------------------------------------------------------------------------------------------- */

static bool take_target(struct logs *l, struct err *err)
{
    char **names = l->options->names;

    l->pane = LOGS_SYSTEM;
    if (!names[0])
        return true;
    bool claim = strcmp(names[0], "claim") == 0, pod = strcmp(names[0], "pod") == 0;
    if (claim || pod) {
        l->target = claim ? TARGET_CLAIM : TARGET_POD;
        l->pane = claim ? LOGS_CLAIM : LOGS_PICKED;
        l->name = names[1];
        return (names[1] && !names[2]) || err_set(err, "logs %s wants one name: sandtop logs %s NAME -n NAMESPACE", names[0], names[0]);
    }
    l->role = strcmp(names[0], "controller") == 0 ? "ctl" : strcmp(names[0], "router") == 0 ? "rtr" : NULL;
    if (!l->role || names[1])
        return err_set(err, "logs: \"%s\" cannot be read: write controller, router, claim NAME, pod NAME, or nothing for the first two",
                       l->role ? names[1] : names[0]);
    return true;
}

static bool take_query(struct logs *l, struct err *err)
{
    const struct options *o = l->options;
    enum log_level level;

    if (!o->logs.grep && !o->logs.level)
        return true;
    l->query = log_query_new();
    if (o->logs.level && !log_level_by_name(slice_of(o->logs.level), &level))
        return err_set(err, "--level: \"%s\" is no level: write debug, info, warn or error", o->logs.level);
    if (o->logs.level)
        log_query_level(l->query, level);
    if (o->logs.grep && !log_query_pattern(l->query, slice_of(o->logs.grep), PATTERN_SMARTCASE, false, err))
        return err_prefix(err, "--grep");
    return true;
}

/* The claim of that name; NULL with err where there is none, or several. */
static const struct object *find_claim(const struct logs *l, struct err *err)
{
    const struct ptrs *claims = store_all(session_store(l->session), KIND_CLAIM);
    const char *ns = session_info(l->session)->ns;
    const struct object *found = NULL;

    for (size_t i = 0; i < claims->n; i++) {
        const struct object *claim = claims->v[i];
        if (strcmp(claim->name, l->name) != 0 || (ns && strcmp(claim->ns, ns) != 0))
            continue;
        if (found) {
            err_set(err, "several claims are named %s (in %s and %s): say which with -n", l->name, found->ns, claim->ns);
            return NULL;
        }
        found = claim;
    }
    const char *refused = session_log_refused(l->session, LOGS_CLAIM);
    if (!found && refused)
        err_set(err, "%s", refused);
    else if (!found)
        err_set(err, "there is no claim %s in %s%s", l->name, ns ? "namespace " : "any namespace", ns ? ns : "");
    return found;
}

static char *pod_ns(const struct logs *l)
{
    const struct ptrs *pods = store_all(session_store(l->session), KIND_POD);
    const char *ns = session_info(l->session)->ns;

    for (size_t i = 0; !ns && i < pods->n; i++) {
        const struct object *pod = pods->v[i];
        if (strcmp(pod->name, l->name) == 0)
            return mem_text(pod->ns);
    }
    return mem_text(ns ? ns : "default");
}

/* Points the pane at what was asked for, once the lists can tell what that is. */
static bool resolve(struct logs *l, struct err *err)
{
    const struct object *claim;

    if (l->resolved)
        return true;
    switch (l->target) {
    case TARGET_SYSTEM: break;
    case TARGET_CLAIM:
        if (!session_log_found(l->session, LOGS_CLAIM))
            return true;
        claim = find_claim(l, err);
        if (!claim)
            return false;
        session_select(l->session, claim);
        break;
    case TARGET_POD:
        if (!l->options->ns && !session_info(l->session)->ns && !session_info(l->session)->first_list)
            return true;             /* it may be a sandbox's, in any namespace */
        l->ns = pod_ns(l);
        session_log_pick(l->session, l->ns, l->name);
        break;
    }
    session_log_want(l->session, l->pane, true);
    l->resolved = true;
    return true;
}

/* Whether the lists are whole and name nothing to read. */
static bool nothing(const struct logs *l, size_t rows, struct err *err)
{
    const struct object *claim;
    const char *refused = session_log_refused(l->session, l->pane);

    if (rows || !session_log_found(l->session, l->pane))
        return false;
    if (refused) {
        err_set(err, "%s", refused);
        return true;
    }
    if (l->target == TARGET_POD) {
        err_set(err, "there is no pod %s in namespace %s%s", l->name, l->ns, l->options->ns ? "" : ": say in which with -n");
        return true;
    }
    if (l->options->logs.follow)
        return false;                /* it may come */
    if (l->target == TARGET_SYSTEM) {
        err_set(err, "no pod of the %s was found: sandtop doctor says more",
                !l->role ? "controller or the router" : *l->role == 'c' ? "controller" : "router");
        return true;
    }
    claim = find_claim(l, err);
    const struct object *pod = claim ? chain_pod(claim) : NULL;
    if (pod && pod->present)
        return false;                /* its streams begin when the selection has settled */
    if (claim)
        err_set(err, "claim %s/%s has no pod: sandtop why %s -n %s says why", claim->ns, claim->name, claim->name, claim->ns);
    return true;
}

/* --- the way through ------------------------------------------------------------------------------------------------------------ */

/* Without -f: each stream has ended (or never will). *read: one of them could be read. */
static bool all_read(const struct logs *l, const struct log_stream_row *rows, size_t n, bool *read)
{
    *read = false;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].state != LOG_STREAM_ENDED && rows[i].state != LOG_STREAM_FORBIDDEN)
            return false;
        *read |= rows[i].state == LOG_STREAM_ENDED && (rows[i].lines || !*rows[i].message);
    }
    return n && session_log_found(l->session, l->pane);
}

static void wait_for(struct logs *l)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = log_pipe_stuck(l->pipe) ? POLLOUT : 0};
    int64_t due = log_pipe_due(l->pipe);

    session_wait(l->session, &out, 1, due < 0 || due > SETTLE_MS ? SETTLE_MS : (int)due);
}

static bool turn(struct logs *l, bool *done, int *status, struct err *err)
{
    size_t n;
    bool read = true, looked = l->resolved;

    session_turn(l->session);
    if (!resolve(l, err)) {
        session_sweep(l->session);
        return false;
    }
    const struct log_stream_row *rows = session_log_rows(l->session, l->pane, &n);
    log_pipe_alone(l->pipe, l->resolved && n == 1 && l->target == TARGET_POD && session_log_found(l->session, l->pane));
    bool none = looked && nothing(l, n, err);
    if (!none && !l->options->logs.follow && all_read(l, rows, n, &read)) {
        *done = true;
        *status = read ? 0 : 1;
        for (size_t i = 0; i < n; i++)
            if (rows[i].state == LOG_STREAM_FORBIDDEN)
                fprintf(stderr, "sandtop: %s/%s: %s\n", rows[i].pod, rows[i].container, rows[i].message);
    }
    tell_states(l);
    session_sweep(l->session);
    if (!log_pipe_step(l->pipe))
        *done = true;                /* nobody reads any more */
    return !none;
}

static bool go(struct logs *l, int *status, struct err *err)
{
    const struct options *o = l->options;
    struct log_wish wish = {
        .tail_lines = o->logs.tail < 0 ? 0 : o->logs.tail == 0 ? 1 : (unsigned)(o->logs.tail < 1000000000 ? o->logs.tail : 1000000000),
        .whole_later = o->logs.follow, .previous = o->logs.previous,
        .since_ms = o->logs.since_ms > 0 ? session_now(l->session) - o->logs.since_ms : 0, .once = !o->logs.follow, .role = l->role,
    };
    bool done = false;

    l->start_ns = session_now(l->session) * 1000000;
    session_log_want(l->session, LOGS_SYSTEM, false);
    session_log_wish(l->session, l->pane, &wish);
    session_log_tap(l->session, l->pane, &tap, l);
    while (!done) {
        if (!turn(l, &done, status, err))
            return false;
        if (!done)
            wait_for(l);
    }
    log_pipe_finish(l->pipe);
    if (!log_pipe_failed(l->pipe))
        return true;
    return err_set(err, "standard output: %s", strerror(log_pipe_failed(l->pipe)));
}

static void logs_free(struct logs *l)
{
    for (size_t i = 0; i < l->n_words; i++) {
        free(l->words[i].stream);
        free(l->words[i].message);
    }
    free(l->words);
    log_pipe_free(l->pipe);
    log_query_free(l->query);
    free(l->ns);
}

int logs_run(const struct options *o)
{
    struct logs l = {.options = o, .clock = clock_system()};
    struct err err = {0};
    struct connection *connection = NULL;
    int status = 0;

    signal(SIGPIPE, SIG_IGN);        /* a write says so */
    if (!take_target(&l, &err) || !take_query(&l, &err)) {
        status = 2;
    } else {
        struct log_pipe_config config = {
            .fd = STDOUT_FILENO, .clock = l.clock, .marks = as_json(&l), .follow = o->logs.follow, .query = l.query,
            .limit = o->log_buffer_bytes,
            .format = as_json(&l) ? LOG_SAVE_JSON : isatty(STDOUT_FILENO) ? LOG_SAVE_SAFE : LOG_SAVE_TEXT,
        };
        l.pipe = log_pipe_new(&config);
        connection = o->demo ? connection_demo(o) : connection_open(o, NULL, &err);
        l.session = connection ? connection_session(connection) : NULL;
        if (l.session) {
            session_log_want(l.session, LOGS_SYSTEM, false); /* until it is told how */
            session_keep(l.session, l.target == TARGET_SYSTEM || (l.target == TARGET_POD && o->ns) ? SESSION_SYSTEM_PODS : SESSION_CHAINS);
        }
        if (!connection || !connection_await(connection, o->timeout_ms ? o->timeout_ms : CONNECT_MS, &err) || !go(&l, &status, &err))
            status = 1;
    }
    if (err.text)
        fprintf(stderr, "sandtop: %s\n", err.text);
    connection_close(connection);
    logs_free(&l);
    err_clear(&err);
    return status;
}

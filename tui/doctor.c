/* The command: connects, looks until the picture is whole, prints. */
#include "tui/doctor.h"

#include "core/base/mem.h"
#include "core/kube/yaml_tree.h"
#include "tui/connect.h"
#include "tui/doctor_causes.h"
#include "tui/why_timeline.h"

#include <stdio.h>
#include <stdlib.h>

/* Whole is not all: what rules ask for on demand gets SETTLE_MS, and ASKING_MS while an answer is still under way. */
enum { LOOK_MS = 30000, SETTLE_MS = 700, ASKING_MS = 5000, EVENTS_MS = 4000, WATCH_MS = 1000, WATCH_QUIET_MS = 10000,
    WHY_EVENTS_MS = 3000 };

static void wait_turn(struct session *session, int64_t ms)
{
    session_wait(session, NULL, 0, (int)ms);
    session_turn(session);
    session_sweep(session);
}

/* Whole: every list is there or refused, the warning events too, and what the rules wanted read on demand has had its moment. */
bool doctor_settle(struct session *session, int64_t timeout_ms, struct err *err)
{
    const struct clock *clock = clock_system();
    int64_t start = clock->mono(clock), whole = 0;
    size_t n;

    for (int64_t now = start; now - start < timeout_ms; now = clock->mono(clock)) {
        wait_turn(session, 50);
        const struct session_info *info = session_info(session);
        bool events = now - start > EVENTS_MS || session_facts(session)->synced[KIND_EVENT] ||
            session_facts(session)->forbidden[KIND_EVENT];
        if (!whole && info->first_list && events)
            whole = now;
        if (whole && now - whole >= (session_asking(session) ? ASKING_MS : SETTLE_MS))
            break;
    }
    if (session_facts(session)->forbidden[KIND_CLAIM])
        return err_set(err, "this user may not list sandboxclaims %s%s: ask for list and watch on them, or name a namespace with -n",
                       session_info(session)->ns ? "in namespace " : "in all namespaces", session_info(session)->ns
                           ? session_info(session)->ns : "");
    const char *ns = session_info(session)->ns;
    if (ns && !store_count(session_store(session), KIND_CLAIM) && answers_get(session_facts(session)->answers, KIND_NAMESPACE, "", ns,
                                                                              NULL) == ANSWER_MISSING)
        return err_set(err, "there is no namespace %s: is the name right (-n), is it the right cluster (--context)?", ns);
    if (whole)
        return true;
    const struct source_status *sources = session_sources(session, &n);
    for (size_t i = 0; i < n; i++)
        if (!sources[i].synced && sources[i].health == SOURCE_LOADING)
            return err_set(err, "%s were not listed within %lld s%s%s: give more time with --timeout", sources[i].name,
                           (long long)(timeout_ms / 1000),
                           *sources[i].message ? ": " : "", sources[i].message);
    return err_set(err, "the cluster was not listed within %lld s: give more time with --timeout", (long long)(timeout_ms / 1000));
}

/* A name that no claim bears is a slip of the pen, not an all-clear: all of them are named. */
bool doctor_names_known(const struct options *o, const struct store *store, struct err *err)
{
    const struct ptrs *claims = store_all(store, KIND_CLAIM);
    struct buf unknown = {0};

    for (char **name = o->names; name && *name; name++) {
        bool known = false;
        for (size_t i = 0; i < claims->n && !known; i++)
            known = strcmp(((const struct object *)claims->v[i])->name, *name) == 0;
        if (!known)
            buf_printf(&unknown, "%s%s", unknown.n ? ", " : "", *name);
    }
    if (unknown.n)
        err_set(err, "no claim named %s: is the namespace right (-n, -A)?", unknown.p);
    bool good = unknown.n == 0;
    buf_free(&unknown);
    return good;
}

static struct look look_at(const struct options *o, const struct session *session)
{
    return (struct look){
        .diagnosis = session_diagnosis(session), .store = session_store(session), .now_ms = session_now(session), .names = o->names,
        .metrics = session_facts(session)->metrics,
    };
}

/* A name that several claims bear: all of them are told, and that they are several. */
static void say_several(const struct options *o, const struct session *session, struct buf *out)
{
    const struct ptrs *claims = store_all(session_store(session), KIND_CLAIM);

    for (char **name = o->names; name && *name; name++) {
        struct buf places = {0};
        size_t n = 0;
        for (size_t i = 0; i < claims->n; i++) {
            const struct object *claim = claims->v[i];
            if (strcmp(claim->name, *name) == 0)
                buf_printf(&places, "%s%s", n++ ? ", " : "", claim->ns);
        }
        if (n > 1)
            buf_printf(out, "%zu claims are named %s, in namespaces %s; -n says which\n", n, *name, places.p);
        buf_free(&places);
    }
}

static void as_yaml(struct buf *out)
{
    struct buf yaml = {0};
    struct err err = {0};

    if (yaml_from_json(json_whole(buf_slice(out)), &yaml, 0, &err)) {
        buf_free(out);
        *out = yaml;
    } else {
        buf_free(&yaml);
    }
    err_clear(&err);
}

static bool as_text(const struct options *o)
{
    return !o->output || strcmp(o->output, "text") == 0;
}

/* times: of why_timelines, in the same format; NULL: none. */
static void render(const struct options *o, const struct session *session, const struct causes *all, const struct buf *times,
                   struct buf *out)
{
    struct look look = look_at(o, session);

    if (as_text(o)) {
        say_several(o, session, out);
        doctor_text_causes(&look, all, o->command == COMMAND_WHY || (o->names && *o->names), out);
        if (times)
            buf_add_slice(out, buf_slice(times));
        return;
    }
    doctor_json_causes(&look, all, out);
    if (times && out->n > 2 && strcmp(out->p + out->n - 2, "}\n") == 0) {
        out->p[out->n -= 2] = '\0';
        buf_printf(out, ",\"timelines\":%s}\n", times->p);
    }
    if (strcmp(o->output, "yaml") == 0)
        as_yaml(out);
}

/* Prints what there is. False: nobody reads any more. */
static bool print(const struct options *o, const struct session *session, const struct causes *all, const struct buf *times, bool again)
{
    struct buf out = {0};

    render(o, session, all, times, &out);
    if (again && o->output && strcmp(o->output, "yaml") == 0)
        fputs("---\n", stdout);
    fputs(out.p ? out.p : "", stdout);
    buf_free(&out);
    return fflush(stdout) == 0 && !ferror(stdout);
}

/* One turn of at most a second. True: something has come that findings may hang on. */
static bool watch_turn(struct session *session, int64_t ms)
{
    session_wait(session, NULL, 0, (int)ms);
    session_turn(session);
    bool news = store_changes(session_store(session))->n > 0 || diagnosis_changed(session_diagnosis(session))->n > 0;
    session_sweep(session);
    return news;
}

/* Times and counters move on in every look: only another set of findings is news. Looked for once a second, and only where something has
 * changed
 * (or time alone may have: each ten seconds). */
static int watch(const struct options *o, struct session *session, uint64_t shown)
{
    const struct clock *clock = clock_system();
    int64_t looked = clock->mono(clock);
    bool news = false;

    for (;;) {
        news |= watch_turn(session, WATCH_MS);
        int64_t now = clock->mono(clock);
        if (now - looked < (news ? WATCH_MS : WATCH_QUIET_MS))
            continue;
        news = false;
        looked = now;
        struct look look = look_at(o, session);
        struct causes all;
        causes_gather(&look, &all);
        uint64_t fresh = causes_print(&all);
        bool read = fresh == shown || print(o, session, &all, NULL, true);
        bool stuck = all.stuck;
        causes_free(&all);
        shown = fresh;
        if (!read)
            return stuck;
    }
}

int doctor_run(const struct options *o)
{
    struct err err = {0};
    struct causes all = {0};
    int64_t timeout = o->timeout_ms ? o->timeout_ms : LOOK_MS;
    struct connection *connection = o->demo ? connection_demo(o) : connection_open(o, NULL, &err);
    bool looked = connection && connection_await(connection, timeout, &err);

    if (looked)
        session_ask_metrics(connection_session(connection));
    looked = looked && doctor_settle(connection_session(connection), timeout, &err) &&
             doctor_names_known(o, session_store(connection_session(connection)), &err);
    int status = 2;
    if (looked) {
        struct session *session = connection_session(connection);
        struct buf times = {0};
        if (o->command == COMMAND_WHY)
            /* first: the rules too know more by the events that it reads */
            why_timelines(session, o->names, WHY_EVENTS_MS, !as_text(o), &times);
        struct look look = look_at(o, session);
        causes_gather(&look, &all);
        uint64_t shown = causes_print(&all);
        status = all.stuck;
        bool read = print(o, session, &all, times.n ? &times : NULL, false);
        buf_free(&times);
        causes_free(&all);
        if (o->watch && read)
            status = watch(o, session, shown);
    } else {
        fprintf(stderr, "sandtop: %s\n", err.text ? err.text : "could not look");
    }
    connection_close(connection);
    err_clear(&err);
    return status;
}

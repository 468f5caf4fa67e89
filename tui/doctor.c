/* Findings as text and JSON. Invariant: claims that wait for one thing are one finding, with all of them named under it. */
#include "tui/doctor.h"

#include "core/base/mem.h"
#include "core/kube/yaml_tree.h"
#include "tui/canvas.h"
#include "tui/connect.h"

#include <stdio.h>
#include <stdlib.h>

enum { LOOK_MS = 30000, SETTLE_MS = 700, EVENTS_MS = 4000 };

struct cause {                       /* one finding and who suffers it */
    struct finding *finding;         /* of the first claim's report, or of the cluster's */
    struct report *report;           /* NULL for the cluster's */
    struct ptrs claims;              /* of const struct object * */
};
struct causes {
    struct cause *v;
    size_t n;
    struct findings cluster;
    bool stuck;
};

static bool wanted(const struct look *look, const struct object *claim)
{
    if (!look->names || !*look->names)
        return true;
    for (char *const *name = look->names; *name; name++)
        if (strcmp(*name, claim->name) == 0)
            return true;
    return false;
}

static struct cause *add(struct causes *all)
{
    all->v = mem_grow(all->v, all->n + 1, sizeof *all->v);
    all->v[all->n] = (struct cause){0};
    return &all->v[all->n++];
}

static int by_age(const void *a, const void *b)
{
    const struct object *x = *(const struct object *const *)a, *y = *(const struct object *const *)b;

    if (x->created_ms != y->created_ms)
        return x->created_ms < y->created_ms ? -1 : 1;
    int ns = strcmp(x->ns, y->ns);
    return ns ? ns : strcmp(x->name, y->name);
}

static void add_claim(struct causes *all, const struct look *look, const struct object *claim)
{
    const struct verdict *verdict = diagnosis_verdict(look->diagnosis, claim);
    bool named = look->names && *look->names;

    if (!verdict || !wanted(look, claim) || (!named && verdict->state == CLAIM_READY))
        return;
    all->stuck |= verdict->state == CLAIM_STUCK;
    for (size_t i = 0; verdict->group && i < all->n; i++) {
        if (all->v[i].finding && all->v[i].finding->group == verdict->group) {
            ptrs_add(&all->v[i].claims, (void *)(uintptr_t)claim);
            return;
        }
    }
    struct report *report = NEW(struct report);
    report_make(look->diagnosis, claim, look->now_ms, report);
    if (!named && report->findings.n == 0) { /* waiting without a cause: nothing to say yet */
        report_free(report);
        free(report);
        return;
    }
    struct cause *cause = add(all);
    cause->report = report;
    cause->finding = report->findings.n ? &report->findings.v[0] : NULL;
    ptrs_add(&cause->claims, (void *)(uintptr_t)claim);
}

static void gather(const struct look *look, struct causes *all)
{
    const struct ptrs *claims = store_all(look->store, KIND_CLAIM);
    struct ptrs sorted = {0};

    *all = (struct causes){0};
    diagnose_cluster(look->diagnosis, look->now_ms, &all->cluster);
    for (size_t i = 0; i < all->cluster.n; i++) {
        all->stuck |= all->cluster.v[i].severity == SEVERITY_STUCK;
        add(all)->finding = &all->cluster.v[i];
    }
    for (size_t i = 0; i < claims->n; i++)
        ptrs_add(&sorted, claims->v[i]);
    if (sorted.n)
        qsort(sorted.v, sorted.n, sizeof *sorted.v, by_age);
    for (size_t i = 0; i < sorted.n; i++)
        add_claim(all, look, sorted.v[i]);
    ptrs_free(&sorted);
}

static void causes_free(struct causes *all)
{
    for (size_t i = 0; i < all->n; i++) {
        if (all->v[i].report)
            report_free(all->v[i].report);
        free(all->v[i].report);
        ptrs_free(&all->v[i].claims);
    }
    free(all->v);
    findings_free(&all->cluster);
}

/* --- JSON ------------------------------------------------------------------------------------------------------------------------ */

static void quote(struct buf *out, const char *key, const char *text)
{
    json_quote(out, slice_of(key));
    buf_add_byte(out, ':');
    if (text)
        json_quote(out, slice_of(text));
    else
        buf_add_text(out, "null");
}

static void json_reference(struct buf *out, const char *key, enum kind kind, const char *ns, const char *name)
{
    json_quote(out, slice_of(key));
    buf_add_text(out, ":{");
    quote(out, "kind", kind < KIND_COUNT ? kind_info(kind)->name : "");
    buf_add_byte(out, ',');
    quote(out, "namespace", ns ? ns : "");
    buf_add_byte(out, ',');
    quote(out, "name", name ? name : "");
    buf_add_byte(out, '}');
}

static void json_evidence(struct buf *out, const struct evidence *e)
{
    char stamp[32];

    buf_add_byte(out, '{');
    json_reference(out, "object", e->kind, e->ns, e->name);
    buf_add_byte(out, ',');
    quote(out, "what", e->what);
    buf_add_byte(out, ',');
    quote(out, "time", e->time_ms ? time_rfc3339(e->time_ms, stamp) : NULL);
    buf_add_byte(out, ',');
    quote(out, "text", e->text);
    buf_add_byte(out, '}');
}

static void json_finding(struct buf *out, const struct cause *cause)
{
    const struct finding *f = cause->finding;

    buf_add_byte(out, '{');
    quote(out, "rule", f->rule);
    buf_printf(out, ",\"row\":%d,", f->row);
    quote(out, "severity", severity_name(f->severity));
    buf_add_byte(out, ',');
    quote(out, "confidence", confidence_name(f->confidence));
    buf_add_byte(out, ',');
    quote(out, "brief", f->brief);
    buf_add_byte(out, ',');
    quote(out, "cause", f->cause);
    buf_add_byte(out, ',');
    json_reference(out, "subject", f->subject_kind, f->subject_ns, f->subject_name);
    buf_add_byte(out, ',');
    json_reference(out, "at", f->at_kind, f->at_ns, f->at_name);
    buf_add_text(out, ",\"claims\":[");
    for (size_t i = 0; i < cause->claims.n; i++) {
        const struct object *claim = cause->claims.v[i];
        buf_add_text(out, i ? ",{" : "{");
        quote(out, "namespace", claim->ns);
        buf_add_byte(out, ',');
        quote(out, "name", claim->name);
        buf_add_byte(out, '}');
    }
    buf_add_text(out, "],\"evidence\":[");
    for (size_t i = 0; i < f->n_evidence; i++) {
        if (i)
            buf_add_byte(out, ',');
        json_evidence(out, &f->evidence[i]);
    }
    buf_add_text(out, "],");
    quote(out, "next", f->next);
    buf_add_byte(out, ',');
    quote(out, "command", f->command);
    buf_add_byte(out, '}');
}

bool doctor_json(const struct look *look, struct buf *out)
{
    struct causes all;
    char stamp[32];
    bool first = true;

    gather(look, &all);
    buf_printf(out, "{\"schema\":\"sandtop.doctor/v1\",\"time\":\"%s\",\"counts\":{", time_rfc3339(look->now_ms, stamp));
    for (enum claim_state state = 0; state < CLAIM_STATES; state++)
        buf_printf(out, "%s\"%s\":%zu", state ? "," : "", claim_state_name(state), diagnosis_count(look->diagnosis, state));
    buf_add_text(out, "},\"findings\":[");
    for (size_t i = 0; i < all.n; i++) {
        if (!all.v[i].finding)
            continue;
        if (!first)
            buf_add_byte(out, ',');
        first = false;
        json_finding(out, &all.v[i]);
    }
    buf_add_text(out, "]}\n");
    bool stuck = all.stuck;
    causes_free(&all);
    return stuck;
}

/* --- text ------------------------------------------------------------------------------------------------------------------------ */

/* Text from the cluster goes through the same gate as on the screen. */
static void add_safe(struct buf *out, const char *text)
{
    int columns = text_columns(slice_of(text)) + 1;
    struct canvas *canvas = canvas_new(1, columns, false);
    struct buf line = {0};

    canvas_text(canvas, 0, 0, ROLE_NORMAL, text);
    canvas_dump(canvas, false, &line);
    while (line.n && line.p[line.n - 1] == '\n')
        line.p[--line.n] = '\0';
    buf_add_slice(out, buf_slice(&line));
    buf_free(&line);
    canvas_free(canvas);
}

static void text_finding(struct buf *out, const struct finding *f)
{
    char stamp[32];

    buf_add_text(out, "  ");
    add_safe(out, f->cause);
    buf_printf(out, " (%s)\n", confidence_name(f->confidence));
    for (size_t i = 0; i < f->n_evidence; i++) {
        const struct evidence *e = &f->evidence[i];
        buf_printf(out, "    %s ", e->kind < KIND_COUNT ? kind_info(e->kind)->name : "");
        add_safe(out, e->name ? e->name : "");
        buf_add_text(out, " · ");
        add_safe(out, e->what ? e->what : "");
        if (e->time_ms)
            buf_printf(out, " · %s", time_rfc3339(e->time_ms, stamp));
        buf_add_byte(out, '\n');
        if (!e->text || !*e->text)
            continue;
        buf_add_text(out, "      “");
        add_safe(out, e->text);
        buf_add_text(out, "”\n");
    }
    buf_add_text(out, "  Next: ");
    add_safe(out, f->next ? f->next : "");
    buf_add_byte(out, '\n');
    if (f->command) {
        buf_add_text(out, "    ");
        add_safe(out, f->command);
        buf_add_byte(out, '\n');
    }
}

static void text_claims(struct buf *out, const struct look *look, const struct cause *cause)
{
    static const enum glyph signs[] = {
        [CLAIM_STUCK] = GLYPH_STUCK, [CLAIM_WAITING] = GLYPH_WAITING, [CLAIM_DELETING] = GLYPH_LEAVING, [CLAIM_READY] = GLYPH_READY,
    };
    enum { SHOWN = 10 };
    char age[16];

    for (size_t i = 0; i < cause->claims.n && i < SHOWN; i++) {
        const struct object *claim = cause->claims.v[i];
        const struct verdict *verdict = diagnosis_verdict(look->diagnosis, claim);
        buf_printf(out, "%s ", glyph_text(signs[verdict->state], false));
        add_safe(out, claim->ns);
        buf_add_byte(out, '/');
        add_safe(out, claim->name);
        buf_printf(out, " %s %s\n", claim_state_name(verdict->state), time_short(look->now_ms - verdict->since_ms, age));
    }
    if (cause->claims.n > SHOWN)
        buf_printf(out, "  and %zu more claims for the same cause\n", cause->claims.n - SHOWN);
}

static void text_chain(struct buf *out, const struct report *report)
{
    static const enum glyph marks[] = {
        [MARK_NONE] = GLYPH_UNKNOWN, [MARK_OK] = GLYPH_READY, [MARK_WAITING] = GLYPH_WAITING, [MARK_BAD] = GLYPH_STUCK, [MARK_MISSING] = GLYPH_STUCK,
        [MARK_LEAVING] = GLYPH_LEAVING,
    };

    buf_add_text(out, "  ");
    for (size_t i = 0; i < report->n_chain; i++)
        buf_printf(out, "%s%s %s%s", i ? " → " : "", report->chain[i].label, glyph_text(marks[report->chain[i].mark], false),
                   report->chain[i].mark == MARK_MISSING ? " missing" : "");
    buf_add_byte(out, '\n');
}

bool doctor_text(const struct look *look, bool chain, struct buf *out)
{
    struct causes all;

    gather(look, &all);
    for (size_t i = 0; i < all.n; i++) {
        const struct cause *cause = &all.v[i];
        if (out->n)
            buf_add_byte(out, '\n');
        text_claims(out, look, cause);
        if (chain && cause->report)
            text_chain(out, cause->report);
        if (cause->finding)
            text_finding(out, cause->finding);
        else if (cause->report) {
            buf_add_text(out, "  ");
            add_safe(out, cause->report->headline);
            buf_add_byte(out, '\n');
        }
        for (size_t k = 1; chain && cause->report && k < cause->report->findings.n; k++)
            text_finding(out, &cause->report->findings.v[k]);
    }
    if (all.n == 0)
        buf_printf(out, "nothing is stuck: %zu claims ready, %zu waiting, %zu deleting\n", diagnosis_count(look->diagnosis, CLAIM_READY),
                   diagnosis_count(look->diagnosis, CLAIM_WAITING), diagnosis_count(look->diagnosis, CLAIM_DELETING));
    bool stuck = all.stuck;
    causes_free(&all);
    return stuck;
}

/* --- the command ----------------------------------------------------------------------------------------------------------------- */

static void wait_turn(struct session *session, int64_t ms)
{
    session_wait(session, NULL, 0, (int)ms);
    session_turn(session);
    session_sweep(session);
}

/* Whole: every list is there or refused, the warning events too, and what the rules wanted read on demand has had its moment. */
static bool settle(struct session *session, int64_t timeout_ms, struct err *err)
{
    const struct clock *clock = clock_system();
    int64_t start = clock->mono(clock), whole = 0;
    size_t n;

    for (int64_t now = start; now - start < timeout_ms; now = clock->mono(clock)) {
        wait_turn(session, 50);
        const struct session_info *info = session_info(session);
        bool events = now - start > EVENTS_MS || session_facts(session)->synced[KIND_EVENT] || session_facts(session)->forbidden[KIND_EVENT];
        if (!whole && info->first_list && events)
            whole = now;
        if (whole && now - whole >= SETTLE_MS)
            break;
    }
    if (session_facts(session)->forbidden[KIND_CLAIM])
        return err_set(err, "this user may not list sandboxclaims %s%s: ask for list and watch on them, or name a namespace with -n",
                       session_info(session)->ns ? "in namespace " : "in all namespaces", session_info(session)->ns ? session_info(session)->ns : "");
    if (whole)
        return true;
    const struct source_status *sources = session_sources(session, &n);
    for (size_t i = 0; i < n; i++)
        if (!sources[i].synced && sources[i].health == SOURCE_LOADING)
            return err_set(err, "%s were not listed within %lld s%s%s: give more time with --timeout", sources[i].name, (long long)(timeout_ms / 1000),
                           *sources[i].message ? ": " : "", sources[i].message);
    return err_set(err, "the cluster was not listed within %lld s: give more time with --timeout", (long long)(timeout_ms / 1000));
}

/* A name that no claim bears is a slip of the pen, not an all-clear: all of them are named. */
static bool names_known(const struct options *o, const struct store *store, struct err *err)
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

static bool look_once(const struct options *o, struct session *session, struct buf *out)
{
    struct look look = {.diagnosis = session_diagnosis(session), .store = session_store(session), .now_ms = session_now(session), .names = o->names};

    if (!o->output || strcmp(o->output, "text") == 0)
        return doctor_text(&look, o->command == COMMAND_WHY || (o->names && *o->names), out);
    bool stuck = doctor_json(&look, out);
    if (strcmp(o->output, "yaml") == 0) {
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
    return stuck;
}

static int watch(const struct options *o, struct session *session, struct buf *shown)
{
    for (;;) {
        struct buf now = {0};
        wait_turn(session, 1000);
        look_once(o, session, &now);
        /* times move on in every look: only another set of findings is news */
        if (diagnosis_changed(session_diagnosis(session))->n > 0 && !slice_eq(buf_slice(&now), buf_slice(shown))) {
            fputs(now.p ? now.p : "", stdout);
            if (fflush(stdout) != 0 || ferror(stdout)) {
                buf_free(&now);
                return 0;            /* nobody reads any more */
            }
            buf_free(shown);
            *shown = now;
        } else {
            buf_free(&now);
        }
    }
}

int doctor_run(const struct options *o)
{
    struct err err = {0};
    struct buf out = {0};
    bool stuck = false;
    int64_t timeout = o->timeout_ms ? o->timeout_ms : LOOK_MS;
    struct connection *connection = o->demo ? connection_demo(o) : connection_open(o, NULL, &err);
    bool looked = connection && connection_await(connection, timeout, &err) && settle(connection_session(connection), timeout, &err) &&
                  names_known(o, session_store(connection_session(connection)), &err);

    if (looked) {
        stuck = look_once(o, connection_session(connection), &out);
        fputs(out.p ? out.p : "", stdout);
        fflush(stdout);
    }
    int status = looked ? stuck : 2;
    if (looked && o->watch)
        status = watch(o, connection_session(connection), &out);
    if (!looked)
        fprintf(stderr, "sandtop: %s\n", err.text ? err.text : "could not look");
    buf_free(&out);
    connection_close(connection);
    err_clear(&err);
    return status;
}

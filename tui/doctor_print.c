/* Findings as JSON (schema sandtop.doctor/v1) and as text. */
#include "tui/doctor_causes.h"

#include <math.h>
#include <stdio.h>

#include "core/base/mem.h"
#include "tui/canvas.h"

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

/* What else was found on the same chain, under the one that leads. */
static void json_also(struct buf *out, const struct cause *cause)
{
    const struct report *r = cause->report;
    buf_add_text(out, "\"also\":[");
    for (size_t i = 1; r && !cause->own.rule && i < r->findings.n; i++) {
        const struct finding *f = &r->findings.v[i];
        buf_add_text(out, i > 1 ? ",{" : "{");
        quote(out, "rule", f->rule);
        buf_printf(out, ",\"row\":%d,", f->row);
        quote(out, "severity", severity_name(f->severity));
        buf_add_byte(out, ',');
        quote(out, "confidence", confidence_name(f->confidence));
        buf_add_byte(out, ',');
        quote(out, "cause", f->cause);
        buf_add_byte(out, '}');
    }
    buf_add_text(out, "],");
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
    out->p[--out->n] = '\0';        /* what only `at` has */
    buf_add_byte(out, ',');
    quote(out, "link", f->link);
    if (f->container) {
        buf_add_byte(out, ',');
        quote(out, "container", f->container);
    }
    buf_add_text(out, "},\"claims\":[");
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
    json_also(out, cause);
    quote(out, "next", f->next);
    buf_add_byte(out, ',');
    quote(out, "command", f->command);
    buf_add_byte(out, '}');
}

/* The controller's own figures, where they were read. */
static void json_controller(struct buf *out, const struct look *look)
{
    const struct controller_metrics *m = look->metrics;
    if (!m || !m->read_ms)
        return;
    buf_add_text(out, "\"controller\":{");
    quote(out, "version", m->version);
    buf_printf(out, ",\"leader\":%s,\"queue\":{\"claims\":%.0f,\"sandboxes\":%.0f,\"pools\":%.0f,\"templates\":%.0f}",
               m->leader < 0 ? "null" : m->leader ? "true" : "false", m->depth[KIND_CLAIM], m->depth[KIND_SANDBOX], m->depth[KIND_POOL],
                   m->depth[KIND_TEMPLATE]);
    buf_printf(out, ",\"reconcile_errors\":{\"claims\":%.0f,\"sandboxes\":%.0f,\"pools\":%.0f,\"templates\":%.0f}", m->errors[KIND_CLAIM],
               m->errors[KIND_SANDBOX], m->errors[KIND_POOL], m->errors[KIND_TEMPLATE]);
    if (m->startups > 0 && !isnan(m->startup_p50_ms) && !isnan(m->startup_p99_ms))
        buf_printf(out, ",\"startup_ms\":{\"count\":%.0f,\"p50\":%.0f,\"p99\":%.0f}", m->startups, m->startup_p50_ms, m->startup_p99_ms);
    buf_add_text(out, "},");
}

void doctor_json_causes(const struct look *look, const struct causes *all, struct buf *out)
{
    char stamp[32];
    bool first = true;

    buf_printf(out, "{\"schema\":\"sandtop.doctor/v1\",\"time\":\"%s\",\"counts\":{", time_rfc3339(look->now_ms, stamp));
    for (enum claim_state state = 0; state < CLAIM_STATES; state++)
        buf_printf(out, "%s\"%s\":%zu", state ? "," : "", claim_state_name(state), diagnosis_count(look->diagnosis, state));
    buf_add_text(out, "},");
    json_controller(out, look);
    buf_add_text(out, "\"findings\":[");
    for (size_t i = 0; i < all->n; i++) {
        if (!all->v[i].finding)
            continue;
        if (!first)
            buf_add_byte(out, ',');
        first = false;
        json_finding(out, &all->v[i]);
    }
    buf_add_text(out, "]}\n");
}

bool doctor_json(const struct look *look, struct buf *out)
{
    struct causes all;

    causes_gather(look, &all);
    doctor_json_causes(look, &all, out);
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
        [MARK_NONE] = GLYPH_UNKNOWN, [MARK_OK] = GLYPH_READY, [MARK_WAITING] = GLYPH_WAITING, [MARK_BAD] = GLYPH_STUCK,
            [MARK_MISSING] = GLYPH_STUCK,
        [MARK_LEAVING] = GLYPH_LEAVING,
    };

    buf_add_text(out, "  ");
    for (size_t i = 0; i < report->n_chain; i++)
        buf_printf(out, "%s%s %s%s", i ? " → " : "", report->chain[i].label, glyph_text(marks[report->chain[i].mark], false),
                   report->chain[i].mark == MARK_MISSING ? " missing" : "");
    buf_add_byte(out, '\n');
}

static void text_headline(struct buf *out, const struct cause *cause)
{
    if (!cause->finding || cause->claims.n < 2)
        return;
    buf_printf(out, "%zu claims wait: ", cause->claims.n);
    add_safe(out, cause->finding->brief);
    const struct object *tmpl = chain_template(cause->claims.v[0]);
    if (tmpl && cause->finding->at_kind != KIND_TEMPLATE) {
        bool same = true;
        for (size_t i = 1; i < cause->claims.n && same; i++)
            same = chain_template(cause->claims.v[i]) == tmpl;
        buf_add_text(out, same ? " (template " : "");
        if (same)
            add_safe(out, tmpl->name);
        buf_add_text(out, same ? ")" : "");
    }
    buf_add_byte(out, '\n');
}

void doctor_text_causes(const struct look *look, const struct causes *all, bool chain, struct buf *out)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct cause *cause = &all->v[i];
        if (out->n)
            buf_add_byte(out, '\n');
        text_headline(out, cause);
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
    if (all->n == 0)
        buf_printf(out, "nothing is stuck: %zu claims ready, %zu waiting, %zu deleting\n", diagnosis_count(look->diagnosis, CLAIM_READY),
                   diagnosis_count(look->diagnosis, CLAIM_WAITING), diagnosis_count(look->diagnosis, CLAIM_DELETING));
}

bool doctor_text(const struct look *look, bool chain, struct buf *out)
{
    struct causes all;

    causes_gather(look, &all);
    doctor_text_causes(look, &all, chain, out);
    bool stuck = all.stuck;
    causes_free(&all);
    return stuck;
}

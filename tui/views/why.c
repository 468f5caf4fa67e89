/* Why the selected object is as it is: the chain with a mark at each link, the cause, its evidence in the cluster's own words, and the next step.
 * The report is made in update, never in draw; between turns only its own texts are read, never chain_link.object. Where the height is short the
 * evidence gives way first: the cause and the next step always stand. */
#include "core/base/mem.h"
#include "tui/views/panes.h"
#include <stdio.h>
#include <stdlib.h>

enum { CALM_EVERY_MS = 5000, HOUR_MS = 3600000 };

struct why {
    struct view view;
    struct object_ref about;
    struct report report;
    bool have_report;
    struct findings cluster;
    uint64_t generation;
    int64_t made_ms, calm_made_ms;
    int64_t slowest_ms;              /* -1: no claim became ready in the last hour */
    bool calm;                       /* nothing is stuck */
    bool listed;                     /* the report is of a picture that had been listed whole */
    size_t group;                    /* claims that wait for the leading cause */
    int top, lines, rows;
};

static struct view *why_new(void)
{
    struct why *w = NEW(struct why);
    w->view.ops = &why_view;
    w->about.kind = KIND_NONE;
    w->made_ms = w->calm_made_ms = INT64_MIN / 2;
    return &w->view;
}

static void why_free(struct view *v)
{
    struct why *w = (struct why *)v;
    if (w->have_report)
        report_free(&w->report);
    findings_free(&w->cluster);
    free(w);
}

static bool cluster_leads(const struct why *w)
{
    if (!w->cluster.n || w->cluster.v[0].severity != SEVERITY_STUCK)
        return false;
    const struct finding *own = w->have_report && w->report.findings.n ? &w->report.findings.v[0] : NULL;
    return !own || own->confidence != CONFIDENCE_PROVED || (own->group && own->group == w->cluster.v[0].group);
}

/* The i-th finding in the order shown; NULL past the last. */
static const struct finding *finding_at(const struct why *w, size_t i)
{
    size_t own = w->have_report ? w->report.findings.n : 0, cluster = w->cluster.n;
    const struct finding *f;
    if (i >= own + cluster)
        return NULL;
    if (cluster_leads(w))
        f = i < cluster ? &w->cluster.v[i] : &w->report.findings.v[i - cluster];
    else
        f = i < own ? &w->report.findings.v[i] : &w->cluster.v[i - own];
    return f;
}

/* How long the slowest claim of the last hour took to its first readiness. A claim whose container has restarted tells only of its last one. */
static int64_t slowest(const struct model *m)
{
    int64_t most = -1;
    const struct ptrs *claims = store_all(m->store, KIND_CLAIM);
    for (size_t i = 0; i < claims->n; i++) {
        const struct claim *claim = claims->v[i];
        if (claim->ready.status != TRUTH_TRUE || claim->o.created_ms < m->now_ms - HOUR_MS || claim->ready.since_ms < claim->o.created_ms)
            continue;
        const struct object *pod = chain_pod(&claim->o);
        bool restarted = false;
        for (uint32_t k = 0; pod && pod->present && k < AS(pod, pod)->n_containers; k++)
            restarted |= AS(pod, pod)->containers[k].restarts > 0;
        int64_t took = claim->ready.since_ms - claim->o.created_ms;
        if (!restarted && took > most)
            most = took;
    }
    return most;
}

static void worst_first(struct findings *f)
{
    for (size_t i = 1; i < f->n; i++)
        for (size_t k = i; k > 0 && f->v[k].severity > f->v[k - 1].severity; k--) {
            struct finding t = f->v[k];
            f->v[k] = f->v[k - 1];
            f->v[k - 1] = t;
        }
}

/* What is the matter with some pool or template is told where that one is selected; beside anything else only what concerns the installation is. */
static void keep_installation(struct findings *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->n; i++) {
        enum kind kind = f->v[i].subject_kind;
        struct finding t = f->v[kept];
        if (kind == KIND_CLAIM || kind == KIND_SANDBOX || kind == KIND_POOL || kind == KIND_TEMPLATE || kind == KIND_POD)
            continue;
        f->v[kept++] = f->v[i];
        f->v[i] = t;
    }
    struct findings rest = {.n = f->n - kept, .v = mem_array(f->n - kept + 1, sizeof *rest.v)};
    if (rest.n)
        memcpy(rest.v, f->v + kept, rest.n * sizeof *rest.v);
    findings_free(&rest);
    f->n = kept;
}

static void why_update(struct view *v, const struct model *m)
{
    struct why *w = (struct why *)v;
    enum kind kind = m->selected ? m->selected->kind : KIND_NONE;
    bool other = !ref_is(&w->about, m->selected), recent = m->now_ms - w->made_ms < 1000 && m->now_ms >= w->made_ms;
    bool of_many = kind == KIND_POOL || kind == KIND_TEMPLATE || kind == KIND_NODE; /* their report walks all their claims: once a second will do */
    uint64_t generation = store_generation(m->store);
    if (!other && recent && m->info->first_list == w->listed && (generation == w->generation || of_many))
        return;
    w->listed = m->info->first_list;
    if (w->have_report)
        report_free(&w->report);
    findings_free(&w->cluster);
    w->cluster = (struct findings){0};
    w->have_report = m->selected != NULL;
    if (m->selected)
        report_make(m->diagnosis, m->selected, m->now_ms, &w->report);
    diagnose_cluster(m->diagnosis, m->now_ms, &w->cluster);
    worst_first(&w->cluster);
    bool quiet = !w->cluster.n || w->cluster.v[0].severity < SEVERITY_WAITING;
    if (m->selected)
        keep_installation(&w->cluster);
    ref_set(&w->about, m->selected);
    const struct finding *lead = finding_at(w, 0);
    w->group = lead && lead->group ? diagnosis_group_size(m->diagnosis, lead->group) : 0;
    w->calm = m->info->first_list && diagnosis_count(m->diagnosis, CLAIM_STUCK) == 0 && quiet;
    if (w->calm && (m->now_ms - w->calm_made_ms >= CALM_EVERY_MS || m->now_ms < w->calm_made_ms)) {
        w->slowest_ms = slowest(m);
        w->calm_made_ms = m->now_ms;
    }
    w->generation = generation;
    w->made_ms = m->now_ms;
    if (other)
        w->top = 0;
}

/* --- drawing: each part returns the lines it takes; with an empty clip it only measures ------------------------------------------ */

static int paragraph(struct canvas *c, int y, struct rect r, int indent, enum role role, struct slice text)
{
    if (r.w - indent - 2 < 4)
        indent = 0;
    int w = r.w - indent - 2;
    return w < 1 ? 0 : canvas_wrap(c, (struct rect){y, r.x + 1 + indent, 400, w}, role, text);
}

static int sentence(struct canvas *c, int y, struct rect r, int indent, enum role role, const char *text)
{
    return paragraph(c, y, r, indent, role, slice_of(text));
}

/* claim ✔ → pool ✔ → … ; from: the first link shown, the ones before it become an ellipsis. */
static int draw_chain(const struct why *w, struct canvas *c, int y, struct rect r, size_t from)
{
    bool ascii = canvas_ascii(c);
    int x = r.x + 1, start = y, right = r.x + r.w - 1;
    int arrow = text_columns(slice_of(glyph_text(GLYPH_ARROW, ascii)));
    if (from)
        x += canvas_glyph(c, y, x, ROLE_MUTED, GLYPH_ELLIPSIS) + 1;
    for (size_t i = from; i < w->report.n_chain; i++) {
        const struct chain_link *link = &w->report.chain[i];
        bool bad = link->mark == MARK_BAD || link->mark == MARK_MISSING;
        const char *note = link->mark == MARK_MISSING ? "not there" : NULL;
        int wide = text_columns(slice_of(link->label)) + 2 + (note ? text_columns(slice_of(note)) + 1 : 0);
        int lead = i ? arrow + 1 : 0;
        if (x + lead + wide > right && x > r.x + 1) {
            y++;
            x = r.x + 1;
        }
        if (i) {
            canvas_glyph(c, y, x, ROLE_MUTED, GLYPH_ARROW);
            x += lead;
        }
        x += canvas_text(c, y, x, bad ? ROLE_STRONG : ROLE_NORMAL, link->label) + 1;
        x += canvas_glyph(c, y, x, mark_role(link->mark), mark_glyph(link->mark)) + 1;
        if (note)
            x += canvas_text(c, y, x, ROLE_STUCK, note) + 1;
    }
    return y - start + 1;
}

static int draw_cause(const struct why *w, const struct finding *f, struct canvas *c, int y, struct rect r)
{
    struct buf text = {0};
    buf_add_text(&text, f->cause ? f->cause : f->brief);
    if (w->group > 1)
        buf_printf(&text, " %zu claims wait for it.", w->group);
    int n = sentence(c, y, r, 0, f->severity == SEVERITY_STUCK ? ROLE_STRONG : ROLE_NORMAL, text.p);
    buf_free(&text);
    return n;
}

static int draw_evidence(const struct why *w, const struct finding *f, const struct model *m, struct canvas *c, int y, struct rect r)
{
    bool ascii = canvas_ascii(c);
    int start = y;
    for (size_t i = 0; i < f->n_evidence; i++) {
        const struct evidence *e = &f->evidence[i];
        struct rect place = r;       /* the stamps have a column of their own, at the right */
        char stamp[16];
        place.w -= 10;
        if (e->time_ms)
            canvas_text(c, y, r.x + r.w - 9, ROLE_MUTED, time_hms(e->time_ms, !m->utc, stamp));
        struct buf head = {0};
        buf_add_text(&head, kind_short(e->kind));
        if (e->name && strcmp(e->name, w->about.name) != 0) /* a chain often has one name throughout: said in the title */
            buf_printf(&head, "%s%s", head.n ? " " : "", e->name);
        if (e->what && e->what[0])
            buf_printf(&head, "%s%s", head.n ? " · " : "", e->what);
        y += paragraph(c, y, place, 2, ROLE_NORMAL, buf_slice(&head));
        buf_free(&head);
        if (e->text && e->text[0]) {
            struct buf quote = {0};
            buf_printf(&quote, "%s%s%s", glyph_text(GLYPH_LQUOTE, ascii), e->text, glyph_text(GLYPH_RQUOTE, ascii));
            y += paragraph(c, y, r, 2, ROLE_QUOTE, buf_slice(&quote));
            buf_free(&quote);
        }
    }
    return y - start;
}

static int draw_next(const struct finding *f, const struct model *m, struct canvas *c, int y, struct rect r)
{
    int start = y;
    if (f->next) {
        int label = canvas_text(c, y, r.x + 1, ROLE_KEY, "Next:") + 1;
        struct rect rest = {y, r.x + 1 + label, 400, r.w - label - 2};
        y += rest.w > 3 ? canvas_wrap(c, rest, ROLE_NORMAL, slice_of(f->next)) : 1;
    }
    if (f->command) {
        int columns = text_columns(slice_of(f->command)), lines = paragraph(c, y, r, 2, ROLE_COMMAND, slice_of(f->command));
        if (columns + 4 + 12 <= r.w) { /* in a pane that has a command of its own y is about that one: w leads here first */
            canvas_text(c, y, r.x + r.w - (m->copies_why ? 9 : 11), ROLE_KEY, m->copies_why ? "y" : "w y");
            canvas_text(c, y, r.x + r.w - 7, ROLE_MUTED, "copies");
        }
        y += lines;
    }
    return y - start;
}

static int draw_further(const struct why *w, struct canvas *c, int y, struct rect r)
{
    int start = y;
    for (size_t i = 1; finding_at(w, i); i++) {
        const struct finding *f = finding_at(w, i);
        if (i == 1)
            canvas_text(c, y++, r.x + 1, ROLE_MUTED, "also");
        canvas_glyph(c, y, r.x + 3, severity_role(f->severity), severity_glyph(f->severity));
        y += paragraph(c, y, r, 4, ROLE_NORMAL, slice_of(f->cause ? f->cause : f->brief));
    }
    return y - start;
}

static int draw_calm(const struct why *w, const char *ns, struct canvas *c, int y, struct rect r)
{
    struct buf text = {0};
    char took[16];
    buf_add_text(&text, "nothing is stuck");
    if (ns)
        buf_printf(&text, " in namespace %s", ns);
    if (w->slowest_ms >= 0)
        buf_printf(&text, "; the slowest claim of the last hour took %s", time_stage(w->slowest_ms, took));
    if (ns)                          /* what is not looked at is not said to be well */
        buf_add_text(&text, " (n picks another, or all)");
    int n = sentence(c, y, r, 0, ROLE_READY, text.p);
    buf_free(&text);
    return n;
}

static int draw_connection(const struct model *m, struct canvas *c, int y, struct rect r)
{
    const struct session_info *info = m->info;
    struct buf text = {0};
    if (info->health == SESSION_FAILED)
        buf_printf(&text, "%s", info->message && info->message[0] ? info->message : "the API server does not answer");
    else if (!info->first_list)
        buf_printf(&text, "listing what is in %s", info->server && info->server[0] ? info->server : "the cluster");
    int n = text.n ? sentence(c, y, r, 0, info->health == SESSION_FAILED ? ROLE_ERROR : ROLE_MUTED, text.p) : 0;
    if (n && info->health != SESSION_FAILED && info->message && info->message[0])
        n += sentence(c, y + n, r, 0, ROLE_WARNING, info->message);
    buf_free(&text);
    return n;
}

/* All of it from line y. evidence < 0: as much as there is, else at most so many lines of it; from: see draw_chain. */
static int draw_all(const struct why *w, const struct model *m, struct canvas *c, int y, struct rect r, int evidence, size_t from)
{
    int start = y;
    const struct finding *lead = finding_at(w, 0);
    if (!lead || !m->info->first_list)
        y += draw_connection(m, c, y, r);
    if (w->calm && !lead)
        y += draw_calm(w, m->info->ns, c, y, r);
    if (w->have_report && w->report.n_chain)
        y += draw_chain(w, c, y, r, from);
    if (!lead) {
        if (w->have_report)
            y += sentence(c, y, r, 0, severity_role(w->report.severity), w->report.headline);
        else if (y == start && m->info->first_list)
            y += sentence(c, y, r, 0, ROLE_MUTED, "nothing is selected");
        return y - start;
    }
    y += draw_cause(w, lead, c, y, r);
    struct rect clip = canvas_clip_get(c), some = clip;
    int lines = evidence;
    if (evidence >= 0) {
        int bottom = clip.y + clip.h;
        some.h = (y + evidence < bottom ? y + evidence : bottom) - some.y;
        canvas_clip(c, some.h > 0 ? some : (struct rect){0});
        int all = draw_evidence(w, lead, m, c, y, r);
        lines = all < evidence ? all : evidence;
        if (all > evidence && evidence > 0)
            canvas_glyph(c, y + evidence - 1, r.x + 1, ROLE_MUTED, GLYPH_ELLIPSIS);
        canvas_clip(c, clip);
    } else {
        lines = draw_evidence(w, lead, m, c, y, r);
    }
    y += lines;
    y += draw_next(lead, m, c, y, r);
    y += draw_further(w, c, y, r);
    return y - start;
}

static void why_draw(struct view *v, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    struct why *w = (struct why *)v;
    struct rect old = canvas_clip_get(c);
    (void)focused;
    canvas_clip(c, (struct rect){0});
    int total = draw_all(w, m, c, 0, r, -1, 0);
    const struct finding *lead = finding_at(w, 0);
    int proof = lead ? draw_evidence(w, lead, m, c, 0, r) : 0, further = lead ? draw_further(w, c, 0, r) : 0;
    size_t from = 0;
    if (total - further - proof > r.h && w->have_report) /* even without proof it does not fit: the chain from its last sound link on */
        while (from < w->report.n_chain && draw_chain(w, c, 0, r, from) > 1)
            from++;
    w->lines = total;
    w->rows = r.h;
    canvas_clip(c, r);
    if (w->top > 0) {
        if (w->top > total - r.h)
            w->top = total > r.h ? total - r.h : 0;
        draw_all(w, m, c, r.y - w->top, r, -1, 0);
    } else {
        int over = total - further - r.h;
        draw_all(w, m, c, r.y, r, over > 0 ? (proof > over ? proof - over : 0) : -1, from);
    }
    canvas_clip(c, old);
}

static void why_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    const struct why *w = (const struct why *)v;
    size_t n = 0;
    buf_add_text(left, "Why");
    if (w->about.kind != KIND_NONE)
        buf_printf(left, " · %s%s%s%s%s", w->about.kind == KIND_CLAIM ? "" : kind_short(w->about.kind), w->about.kind == KIND_CLAIM ? "" : " ",
            m->info->ns ? "" : w->about.ns, m->info->ns || !w->about.ns[0] ? "" : "/", w->about.name);
    while (finding_at(w, n))
        n++;
    if (n) {
        buf_add_text(right, confidence_name(finding_at(w, 0)->confidence));
        if (n > 1)
            buf_printf(right, " · 1 of %zu", n);
    }
    if (w->lines > w->rows && w->rows > 0 && !w->top)
        buf_printf(right, "%s+%d line%s", right->n ? " · " : "", w->lines - w->rows, w->lines - w->rows == 1 ? "" : "s");
    else if (w->lines > w->rows && w->rows > 0)
        buf_printf(right, "%slines %d–%d of %d", right->n ? " · " : "", w->top + 1, w->top + w->rows, w->lines);
    if (m->info->health == SESSION_STALE) {
        char age[16];
        buf_printf(right, "%sstale %s", right->n ? " · " : "", time_short(m->info->stale_ms, age));
    }
}

static unsigned why_act(struct view *v, const struct model *m, enum action action, int key)
{
    struct why *w = (struct why *)v;
    const struct finding *lead = finding_at(w, 0);
    (void)m;
    (void)key;
    if (action == ACTION_ENTER && lead && lead->at_name && lead->at_kind < KIND_COUNT && list_view_of(lead->at_kind)) {
        v->go = (struct destination){.list = lead->at_kind, .of = KIND_NONE};
        snprintf(v->go.focus, sizeof v->go.focus, "%s", lead->at_name);
        snprintf(v->go.focus_ns, sizeof v->go.focus_ns, "%s", lead->at_ns ? lead->at_ns : "");
        return REACT_GO;
    }
    return pane_scroll(&w->top, w->lines, w->rows, action) ? REACT_DONE : REACT_NONE;
}

void why_next_command(const struct view *v, const struct model *m, struct buf *out)
{
    const struct why *w = (const struct why *)v;
    const struct finding *lead = finding_at(w, 0);
    if (lead && lead->command && ref_is(&w->about, m->selected))
        buf_add_text(out, lead->command);
}

size_t why_quotes(const struct view *v, const struct model *m, struct why_quote *out, size_t most)
{
    const struct why *w = (const struct why *)v;
    size_t n = 0;
    if (!ref_is(&w->about, m->selected))
        return 0;
    for (size_t i = 0; finding_at(w, i); i++) {
        const struct finding *f = finding_at(w, i);
        for (size_t k = 0; k < f->n_evidence && n < most; k++)
            out[n++] = (struct why_quote){f->evidence[k].time_ms, f->evidence[k].text ? f->evidence[k].text : ""};
    }
    return n;
}

static void why_command(struct view *v, const struct model *m, struct buf *out)
{
    const struct why *w = (const struct why *)v;
    const struct finding *lead = finding_at(w, 0);
    (void)m;
    if (lead && lead->command)
        buf_add_text(out, lead->command);
    else if (w->about.kind != KIND_NONE)
        buf_printf(out, "kubectl describe %s %s%s%s", kind_info(w->about.kind)->plural, w->about.name, w->about.ns[0] ? " -n " : "", w->about.ns);
}

const struct view_ops why_view = {
    .name = "why", .create = why_new, .free = why_free, .update = why_update, .title = why_title, .draw = why_draw, .act = why_act,
    .command = why_command,
};

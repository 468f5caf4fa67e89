/* How a run looks: its stages in a few columns, then stdout and stderr side by side (one above the other where it is narrow), or the evidence, and
 * at the foot the exit code. Bytes of the sandbox reach the screen through the canvas only. */
#include "tui/views/runs.h"

#include "core/base/clock.h"
#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIDE_BY_SIDE = 70, CELL_LEAST = 26, MOST_BYTES = 4096, DIGIT_ROWS = 3, DIGIT_FROM = 18 /* rows from which on the exit code is large */ };

static const char *const side_names[SIDES] = {"stdout", "stderr", "evidence"};

static void add_size(uint64_t bytes, struct buf *out)
{
    if (bytes < 1000)
        buf_printf(out, "%llu B", (unsigned long long)bytes);
    else if (bytes < 1000000)
        buf_printf(out, "%.1f kB", (double)bytes / 1e3);
    else
        buf_printf(out, "%.1f MB", (double)bytes / 1e6);
}

/* ---- title --------------------------------------------------------------------------------------------------------------------------- */

static const char *standing(const struct run_view *v)
{
    switch (v->state) {
    case RUN_WORKING: return v->stages[v->stage].name;
    case RUN_IDLE: return "waits for a command (x)";
    case RUN_EVIDENCE: return "keeping the evidence";
    case RUN_REMOVING: return "cleaning up";
    case RUN_OVER: break;
    }
    switch (v->outcome) {
    case RUN_EXITED: return "done";
    case RUN_FAILED: return "failed";
    case RUN_DEADLINE: return "deadline passed";
    case RUN_CANCELLED: return "cancelled";
    case RUN_OPEN: break;
    }
    return "";
}

void runs_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    const struct runs *r = (const struct runs *)v;
    const struct model_run *run = runs_current(r, m);
    const struct run_result *result = runs_result(r, run);
    char took[16];
    buf_add_text(left, "Run");
    if (!run)
        return;
    buf_printf(left, " · %s", run->view->target_name);
    if (result)
        buf_printf(left, " · %s", result->sent && *result->sent ? result->sent : result->command);
    if (m->n_runs > 1)
        buf_printf(right, "run %zu of %zu [ ] · ", (size_t)(run - m->runs) + 1, m->n_runs);
    buf_printf(right, "%s %s", standing(run->view), time_stage(run->view->total_ms, took));
}

/* ---- stages -------------------------------------------------------------------------------------------------------------------------- */

static void draw_stage(struct canvas *c, int y, int x, int w, const struct run_stage *s, bool name)
{
    static const struct {
        enum glyph glyph;
        enum role role;
    } looks[] = {
        [RUN_STAGE_PENDING] = {GLYPH_DOT, ROLE_MUTED}, [RUN_STAGE_ACTIVE] = {GLYPH_WAITING, ROLE_WAITING}, [RUN_STAGE_DONE] = {GLYPH_READY, ROLE_READY},
        [RUN_STAGE_FAILED] = {GLYPH_STUCK, ROLE_STUCK}, [RUN_STAGE_SKIPPED] = {GLYPH_DOT, ROLE_MUTED},
    };
    bool idle = s->state == RUN_STAGE_PENDING || s->state == RUN_STAGE_SKIPPED;
    char took[16] = "";
    int end = x + w - 2, at = x;
    canvas_glyph(c, y, at, looks[s->state].role, looks[s->state].glyph);
    at += 2;
    at += canvas_text(c, y, at, idle ? ROLE_MUTED : ROLE_NORMAL, s->word) + 1;
    if (!idle) {
        time_stage(s->took_ms, took);
        end -= text_columns(slice_of(took));
        canvas_text(c, y, end, ROLE_STRONG, took);
    }
    if (s->detail[0] && end - at > 3)
        canvas_fit(c, y, at, end - at - 1, s->state == RUN_STAGE_FAILED ? ROLE_ERROR : ROLE_MUTED, name ? FIT_MIDDLE : FIT_END, slice_of(s->detail));
}

/* Returns the rows taken. */
static int draw_stages(struct canvas *c, struct rect r, const struct run_view *v)
{
    int columns = r.w / CELL_LEAST < 1 ? 1 : r.w / CELL_LEAST > RUN_STAGES ? RUN_STAGES : r.w / CELL_LEAST, width = (r.w - 1) / columns;
    for (int i = 0; i < RUN_STAGES; i++)
        draw_stage(c, r.y + i / columns, r.x + 1 + i % columns * width, width, &v->stages[i],
                   i == RUN_STAGE_CLAIM || i == RUN_STAGE_SANDBOX);
    return (RUN_STAGES + columns - 1) / columns;
}

static int draw_words(struct canvas *c, struct rect r, enum role role, const char *label, const char *text)
{
    if (!text || !text[0] || r.h < 1)
        return 0;
    char *all = mem_printf("%s%s", label, text);
    int n = canvas_wrap(c, (struct rect){r.y, r.x + 1, r.h > 4 ? 4 : r.h, r.w - 2}, role, slice_of(all));
    free(all);
    return n;
}

static struct rect below(struct rect r, int rows)
{
    return (struct rect){r.y + rows, r.x, r.h - rows, r.w};
}

/* What a person must know beside the stages. */
static struct rect draw_sentences(struct canvas *c, struct rect r, const struct run_view *v, const struct run_result *result)
{
    if (v->state == RUN_WORKING && v->stages[v->stage].state == RUN_STAGE_ACTIVE) /* what it waits for, whole */
        r = below(r, draw_words(c, r, ROLE_WAITING, "", v->stages[v->stage].detail));
    r = below(r, draw_words(c, r, ROLE_ERROR, "", v->failure));
    r = below(r, draw_words(c, r, ROLE_WARNING, "not allowed: ", v->permission));
    if (v->permission[0])
        r = below(r, draw_words(c, r, ROLE_MUTED, "", "y copies a Role that has just what is needed"));
    if (result && strcmp(result->failure, v->failure) != 0)
        r = below(r, draw_words(c, r, ROLE_ERROR, "", result->failure));
    if (result)
        r = below(r, draw_words(c, r, ROLE_ACCENT, "", result->hint));
    if (result && result->needs_shell)
        r = below(r, draw_words(c, r, ROLE_WARNING, "", "the runtime split these words itself, without a shell: ! runs it again as sh -c '…'"));
    r = below(r, draw_words(c, r, ROLE_MUTED, "", v->note));
    return below(r, draw_words(c, r, ROLE_WARNING, "left behind: ", v->left));
}

/* ---- output -------------------------------------------------------------------------------------------------------------------------- */

/* Tabs are columns; all else that is no printable text the canvas makes visible. */
static void expand_tabs(const struct buf *line, struct buf *out)
{
    buf_clear(out);
    for (size_t i = 0; i < line->n; i++) {
        if (line->p[i] == '\r' && i + 1 == line->n)
            break;
        if (line->p[i] == '\t')
            buf_add(out, "        ", 8 - out->n % 8);
        else
            buf_add_byte(out, line->p[i]);
    }
}

static void keep_in_bounds(struct run_scroll *s, uint64_t lines, int rows, bool live)
{
    uint64_t last = lines > (uint64_t)rows ? lines - (uint64_t)rows : 0;
    s->lines = lines;
    s->rows = rows;
    if (s->top > last || (live && !s->moved))
        s->top = last;
}

static void side_heading(const struct run_output *out, enum run_side side, struct buf *text)
{
    uint64_t lines = out ? run_output_lines(out) : 0;
    buf_printf(text, " %s · ", side_names[side]);
    if (!lines) {
        buf_add_text(text, "empty ");
        return;
    }
    buf_printf(text, "%llu line%s · ", (unsigned long long)lines, lines == 1 ? "" : "s");
    add_size(run_output_bytes(out), text);
    buf_add_text(text, run_output_binary(out) ? " · not text " : " ");
}

static void draw_heading(struct canvas *c, struct rect r, bool focused, const struct run_scroll *s, struct slice text)
{
    for (int x = r.x; x < r.x + r.w; x++)
        canvas_glyph(c, r.y, x, ROLE_BORDER, GLYPH_HLINE);
    canvas_fit(c, r.y, r.x + 1, r.w - 2, focused ? ROLE_FOCUS : ROLE_TITLE, FIT_END, text);
    if (s->lines > (uint64_t)s->rows && r.w > 40) {
        char *where = mem_printf(" %llu–%llu ", (unsigned long long)s->top + 1, (unsigned long long)(s->top + (uint64_t)s->rows < s->lines ? s->top + (uint64_t)s->rows : s->lines));
        canvas_text(c, r.y, r.x + r.w - 2 - text_columns(slice_of(where)), ROLE_MUTED, where);
        free(where);
    }
}

static void draw_output(struct runs *r, struct canvas *c, struct rect area, enum run_side side, const struct run_output *out, bool live)
{
    struct run_scroll *s = &r->scroll[side];
    struct buf raw = {0}, line = {0}, heading = {0};
    struct rect old = canvas_clip_get(c), body = below(area, 1);
    if (area.h < 1)
        return;
    keep_in_bounds(s, out ? run_output_lines(out) : 0, body.h, live);
    side_heading(out, side, &heading);
    draw_heading(c, area, r->side == side, s, buf_slice(&heading));
    canvas_clip(c, (struct rect){body.y, body.x + 1, body.h, body.w - 1});
    for (int row = 0; out && row < body.h && run_output_line(out, s->top + (uint64_t)row, s->left, MOST_BYTES, &raw); row++) {
        size_t from = 0, to = 0;
        expand_tabs(&raw, &line);
        canvas_put(c, body.y + row, body.x + 1, ROLE_NORMAL, buf_slice(&line));
        for (size_t at = 0; r->pattern && at < line.n && pattern_find(r->pattern, (struct slice){line.p + at, line.n - at}, &from, &to) && to > from; at += to) {
            int x = body.x + 1 + text_columns((struct slice){line.p, at + from});
            canvas_put(c, body.y + row, x, ROLE_MATCH, (struct slice){line.p + at + from, to - from});
        }
        if (s->found && s->at == s->top + (uint64_t)row)
            canvas_select(c, (struct rect){body.y + row, body.x + 1, 1, body.w - 1});
    }
    canvas_clip(c, old);
    if (out && run_output_trouble(out)[0])
        canvas_fit(c, body.y + body.h - 1, body.x + 1, body.w - 2, ROLE_ERROR, FIT_END, slice_of(run_output_trouble(out)));
    buf_free(&raw);
    buf_free(&line);
    buf_free(&heading);
}

static void draw_both(struct runs *r, struct canvas *c, struct rect area, const struct run_result *result, bool live)
{
    const struct run_output *out = runs_output(result, SIDE_OUT), *err = runs_output(result, SIDE_ERR);
    uint64_t n_out = out ? run_output_lines(out) : 0, n_err = err ? run_output_lines(err) : 0;
    struct rect one = area, two = area;
    if (area.w >= SIDE_BY_SIDE) {
        one.w = area.w / 2;
        two.x = area.x + one.w;
        two.w = area.w - one.w;
    } else {                         /* what is empty needs a line or two */
        one.h = !n_err ? area.h - 2 : !n_out ? 2 : area.h / 2;
        one.h = one.h < 0 ? 0 : one.h;
        two.y = area.y + one.h;
        two.h = area.h - one.h;
    }
    draw_output(r, c, one, SIDE_OUT, out, live);
    draw_output(r, c, two, SIDE_ERR, err, live);
    if (area.w >= SIDE_BY_SIDE) {
        canvas_glyph(c, area.y, two.x, ROLE_BORDER, GLYPH_TEE_DOWN);
        for (int y = area.y + 1; y < area.y + area.h; y++)
            canvas_glyph(c, y, two.x, ROLE_BORDER, GLYPH_VLINE);
    }
}

/* ---- evidence ------------------------------------------------------------------------------------------------------------------------ */

static void add_lines(const char *title, const struct run_line *lines, size_t n, bool utc, struct buf *out)
{
    char stamp[16];
    if (n)
        buf_printf(out, "\n%s\n", title);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "  %s  %s  %s\n", lines[i].time_ms > 0 ? time_hms(lines[i].time_ms, !utc, stamp) : "        ", lines[i].source, lines[i].text);
}

void runs_evidence(const struct model_run *run, bool utc, struct buf *out)
{
    static const char *const sure[] = {[CONFIDENCE_POSSIBLE] = "possible", [CONFIDENCE_LIKELY] = "likely", [CONFIDENCE_PROVED] = "proved"};
    const struct run_evidence *e = run->evidence;
    if (!e)
        return;
    buf_printf(out, "%s%s%s%s\n", e->headline ? e->headline : "", e->next ? "  (" : "", e->next ? sure[e->confidence] : "", e->next ? ")" : "");
    for (size_t i = 0; i < e->n_chain; i++)
        buf_printf(out, "%s%s %s%s%s%s", i ? " > " : "  ", e->chain[i].label, e->chain[i].name ? e->chain[i].name : "", e->chain[i].note ? " (" : "",
                   e->chain[i].note ? e->chain[i].note : "", e->chain[i].note ? ")" : "");
    if (e->n_chain)
        buf_add_byte(out, '\n');
    if (e->next)
        buf_printf(out, "Next: %s\n", e->next);
    if (e->command)
        buf_printf(out, "  %s\n", e->command);
    add_lines("Proof", e->proofs, e->n_proofs, utc, out);
    add_lines("Events", e->events, e->n_events, utc, out);
    add_lines("Logs", e->logs, e->n_logs, utc, out);
}

static void draw_evidence(struct runs *r, struct canvas *c, struct rect area, const struct model_run *run, bool utc)
{
    struct run_scroll *s = &r->scroll[SIDE_EVIDENCE];
    struct rect old = canvas_clip_get(c), body = below(area, 1);
    struct buf text = {0};
    uint64_t lines = 0, at = 0;
    if (area.h < 1)
        return;
    runs_evidence(run, utc, &text);
    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    keep_in_bounds(s, lines, body.h, false);
    draw_heading(c, area, r->side == SIDE_EVIDENCE, s, SLICE(" evidence, as it was before the removal "));
    canvas_clip(c, (struct rect){body.y, body.x + 1, body.h, body.w - 2});
    for (char *p = text.p, *end; p && *p; p = end + 1, at++) {
        end = strchr(p, '\n');
        if (at >= s->top && at < s->top + (uint64_t)body.h)
            canvas_put(c, body.y + (int)(at - s->top), body.x + 1 - (int)s->left, at == 0 ? ROLE_STRONG : *p != ' ' ? ROLE_TITLE : ROLE_NORMAL, (struct slice){p, (size_t)(end - p)});
    }
    canvas_clip(c, old);
    buf_free(&text);
}

/* ---- the exit code ------------------------------------------------------------------------------------------------------------------- */

/* Digits of 3 columns and 5 half rows. */
static int draw_digits(struct canvas *c, int y, int x, enum role role, const char *digits)
{
    static const unsigned char shapes[10][5] = {{7, 5, 5, 5, 7}, {2, 6, 2, 2, 7}, {7, 1, 7, 4, 7}, {7, 1, 7, 1, 7}, {5, 5, 7, 1, 1},
        {7, 4, 7, 1, 7}, {7, 4, 7, 5, 7}, {7, 1, 1, 1, 1}, {7, 5, 7, 5, 7}, {7, 5, 7, 1, 7}};
    static const char *const halves[] = {" ", "▄", "▀", "█"};
    int from = x;
    for (; *digits >= '0' && *digits <= '9'; digits++, x += 4)
        for (int row = 0; row < DIGIT_ROWS; row++)
            for (int column = 0; column < 3; column++) {
                const unsigned char *shape = shapes[*digits - '0'];
                int upper = shape[row * 2] >> (2 - column) & 1, lower = row * 2 + 1 < 5 ? shape[row * 2 + 1] >> (2 - column) & 1 : 0;
                canvas_text(c, y + row, x + column, role, halves[upper * 2 + lower]);
            }
    return x - from;
}

/* At the foot of the area; returns the rows taken. */
static int draw_exit(struct canvas *c, struct rect r, const struct run_result *result, bool roomy)
{
    char took[16];
    struct buf rest = {0};
    if (!result || r.h < 2 || (!result->exited && !result->sent_once))
        return 0;                    /* it never went out: the stages say why */
    enum role role = !result->exited ? ROLE_WAITING : result->exit_code == 0 ? ROLE_READY : ROLE_STUCK;
    bool large = roomy && r.h > 2 * DIGIT_ROWS && !canvas_ascii(c) && result->exited;
    int rows = large ? DIGIT_ROWS : 1, x = r.x + 1, y = r.y + r.h - rows;
    if (large) {
        char digits[16];
        snprintf(digits, sizeof digits, "%d", result->exit_code);
        x += draw_digits(c, y, x, role, digits) + 1;
        y += 1;
    }
    if (result->exited)
        x += canvas_printf(c, y, x, role, "exit %s", result->exit_name);
    else
        x += canvas_text(c, y, x, role, result->failure[0] ? "no exit code" : "running");
    buf_printf(&rest, "  %s  ", time_stage(result->took_ms, took));
    add_size(runs_output(result, SIDE_OUT) ? run_output_bytes(result->out) : 0, &rest);
    buf_add_text(&rest, " out, ");
    add_size(runs_output(result, SIDE_ERR) ? run_output_bytes(result->err) : 0, &rest);
    buf_printf(&rest, " err  by %s", run_way_name(result->way));
    canvas_fit(c, y, x, r.x + r.w - 1 - x, ROLE_MUTED, FIT_END, buf_slice(&rest));
    buf_free(&rest);
    return rows;
}

/* ---- all ----------------------------------------------------------------------------------------------------------------------------- */

static void draw_leftovers(const struct model *m, struct canvas *c, struct rect r)
{
    char age[16];
    if (m->leftovers_error && m->leftovers_error[0])
        r = below(r, draw_words(c, r, ROLE_WARNING, "left by earlier runs: ", m->leftovers_error));
    if (!m->n_leftovers || r.h < 2)
        return;
    canvas_fit(c, r.y, r.x + 1, r.w - 2, ROLE_WARNING, FIT_END, SLICE("Left behind by earlier runs of sandtop; D deletes them"));
    for (size_t i = 0; i < m->n_leftovers && (int)i + 1 < r.h; i++) {
        const struct run_leftover *l = &m->leftovers[i];
        char *text = mem_printf("%s %s/%s  %s old%s%s%s", l->kind, l->ns, l->name, l->created_ms ? time_short(m->now_ms - l->created_ms, age) : "?",
                                l->removed ? "  deleted" : l->deleting ? "  being deleted" : "", l->failure[0] ? "  " : "", l->failure);
        canvas_fit(c, r.y + 1 + (int)i, r.x + 3, r.w - 4, l->failure[0] ? ROLE_ERROR : ROLE_MUTED, FIT_END, slice_of(text));
        free(text);
    }
}

void runs_draw(struct view *v, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    struct runs *view = (struct runs *)v;
    const struct model_run *run = runs_current(view, m);
    const struct run_result *result = runs_result(view, run);
    struct rect old = canvas_clip_get(c), whole = r;
    (void)focused;
    canvas_clip(c, r);
    if (!run) {
        r = below(r, canvas_wrap(c, (struct rect){r.y, r.x + 1, r.h, r.w - 2}, ROLE_MUTED,
                                 SLICE("No test sandbox was launched yet. t on a template, a pool or a claim launches one; T asks what to run; x runs a command in a claim's own sandbox.")) + 1);
        draw_leftovers(m, c, r);
        canvas_clip(c, old);
        return;
    }
    r = below(r, draw_stages(c, r, run->view));
    r = draw_sentences(c, r, run->view, result);
    r.h -= draw_exit(c, r, result, whole.h >= DIGIT_FROM);
    bool sent = result && (result->exited || result->sent_once);
    if (view->side == SIDE_EVIDENCE && run->evidence)
        draw_evidence(view, c, r, run, m->utc);
    else if (sent || run->view->state == RUN_WORKING)
        draw_both(view, c, r, result, result && !result->exited);
    canvas_clip(c, old);
}

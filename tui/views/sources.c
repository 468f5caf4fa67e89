/* How live each source of the picture is: one row a reflector, one a log stream, and beside it what was refused, in the server's words. */
#include "core/base/mem.h"
#include "tui/views/panes.h"

#include <stdio.h>
#include <stdlib.h>

struct sources {
    struct view view;
    int top, lines, seen;            /* lines and seen: of the last draw */
    size_t live, ill, all;           /* of the last draw: for the title */
};

static const struct {
    const char *word;
    enum glyph glyph;
    enum role role;
} healths[] = {
    [SOURCE_OFF] = {"not read", GLYPH_DOT, ROLE_MUTED},
    [SOURCE_LOADING] = {"loading", GLYPH_WAITING, ROLE_WAITING},
    [SOURCE_LIVE] = {"live", GLYPH_LIVE, ROLE_READY},
    [SOURCE_STALE] = {"stale", GLYPH_STALE, ROLE_WARNING},
    [SOURCE_FORBIDDEN] = {"refused", GLYPH_STUCK, ROLE_ERROR},
    [SOURCE_ABSENT] = {"absent", GLYPH_UNKNOWN, ROLE_WARNING},
};

static struct view *sources_new(void)
{
    struct sources *s = NEW(struct sources);

    s->view.ops = &sources_view;
    return &s->view;
}

static void sources_free(struct view *v)
{
    free(v);
}

static void sources_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    const struct sources *s = (const struct sources *)v;

    (void)m;
    buf_add_text(left, "Sources");
    buf_printf(right, "%zu of %zu live", s->live, s->all);
    if (s->ill)
        buf_printf(right, " · %zu not well", s->ill);
}

/* Columns: sign, name, health, message. */
enum { NAME_X = 3, NAME_W = 28, HEALTH_X = NAME_X + NAME_W + 1, HEALTH_W = 14, MESSAGE_X = HEALTH_X + HEALTH_W + 1, MESSAGE_LEAST = 28 };

struct pen {
    struct canvas *canvas;
    struct rect r;
    int y;
};

/* A row; the message stands beside it where there is room, else under it. */
static void draw_row(struct pen *pen, enum glyph glyph, enum role role, const char *name, const char *health, const char *message)
{
    struct rect r = pen->r;
    bool beside = r.w - MESSAGE_X >= MESSAGE_LEAST;
    int indent = beside ? MESSAGE_X : NAME_X + 2, w = r.w - indent - 1, lines = canvas_wrap_lines(w, slice_of(message));

    canvas_glyph(pen->canvas, pen->y, r.x + 1, role, glyph);
    canvas_fit(pen->canvas, pen->y, r.x + NAME_X, NAME_W, ROLE_NORMAL, FIT_MIDDLE, slice_of(name));
    canvas_fit(pen->canvas, pen->y, r.x + HEALTH_X, r.w - HEALTH_X < HEALTH_W ? r.w - HEALTH_X : HEALTH_W, role, FIT_END, slice_of(health));
    if (!beside)
        pen->y++;
    canvas_wrap(pen->canvas, (struct rect){pen->y, r.x + indent, lines, w}, ROLE_MUTED, slice_of(message));
    pen->y += beside && lines < 1 ? 1 : lines;
}

static void draw_heading(struct pen *pen, const char *text)
{
    if (pen->y > pen->r.y)
        pen->y++;
    canvas_text(pen->canvas, pen->y++, pen->r.x + 1, ROLE_TITLE, text);
}

static void draw_server(struct pen *pen, const struct session_info *info)
{
    struct buf line = {0};
    static const struct {
        const char *word;
        enum source_health as;
    } states[] = {
        [SESSION_CONNECTING] = {"connecting", SOURCE_LOADING}, [SESSION_LIVE] = {"live", SOURCE_LIVE},
        [SESSION_STALE] = {"stale", SOURCE_STALE}, [SESSION_FAILED] = {"no answer", SOURCE_FORBIDDEN},
    };

    buf_printf(&line, "%s", info->server ? info->server : "");
    if (info->server_version && *info->server_version)
        buf_printf(&line, " · Kubernetes %s", info->server_version);
    if (info->api_version && *info->api_version)
        buf_printf(&line, " · Agent Sandbox %s", info->api_version);
    if (info->insecure)
        buf_add_text(&line, " · certificate not verified");
    if (info->read_only)
        buf_add_text(&line, " · read-only");
    if (info->message && *info->message)
        buf_printf(&line, "\n%s", info->message);
    draw_heading(pen, "Server");
    draw_row(pen, healths[states[info->health].as].glyph, healths[states[info->health].as].role, info->context ? info->context : "",
             states[info->health].word, line.p ? line.p : "");
    buf_free(&line);
}

static void draw_source(struct sources *s, struct pen *pen, const struct source_status *source)
{
    struct buf health = {0}, message = {0};
    char age[16];

    buf_add_text(&health, healths[source->health].word);
    if (source->health == SOURCE_STALE)
        buf_printf(&health, " %s", time_short(source->age_ms, age));
    buf_add_text(&message, source->message ? source->message : "");
    if (source->retry_in_ms > 0 && source->health != SOURCE_LIVE)
        buf_printf(&message, "%snext try in %s", message.n ? " · " : "", time_short(source->retry_in_ms + 999, age));
    draw_row(pen, healths[source->health].glyph, healths[source->health].role, source->name, health.p, buf_slice(&message).p);
    s->all += source->health != SOURCE_OFF;
    s->live += source->health == SOURCE_LIVE;
    s->ill += source->health >= SOURCE_STALE;
    buf_free(&health);
    buf_free(&message);
}

static const struct {
    const char *word;
    enum source_health as;
} streams[] = {
    [LOG_STREAM_CONNECTING] = {"connecting", SOURCE_LOADING}, [LOG_STREAM_FOLLOWING] = {"following", SOURCE_LIVE},
    [LOG_STREAM_WAITING] = {"waiting", SOURCE_LOADING},       [LOG_STREAM_RETRYING] = {"trying again", SOURCE_STALE},
    [LOG_STREAM_ENDED] = {"ended", SOURCE_OFF},               [LOG_STREAM_FORBIDDEN] = {"refused", SOURCE_FORBIDDEN},
};

static void draw_stream(struct pen *pen, const struct log_stream_row *row)
{
    struct buf message = {0};

    buf_printf(&message, "%s/%s %s", row->ns, row->pod, row->container);
    if (row->message && *row->message)
        buf_printf(&message, " · %s", row->message);
    if (row->gaps)
        buf_printf(&message, " · %llu gap%s", (unsigned long long)row->gaps, row->gaps == 1 ? "" : "s");
    draw_row(pen, healths[streams[row->state].as].glyph, healths[streams[row->state].as].role, row->label, streams[row->state].word, message.p);
    buf_free(&message);
}

static void draw_logs(struct pen *pen, const struct model *m)
{
    bool any = false;

    for (enum log_pane id = 0; id < LOG_PANES; id++)
        for (size_t i = 0; i < m->logs[id].n_rows; i++) {
            if (!any)
                draw_heading(pen, "Logs");
            any = true;
            draw_stream(pen, &m->logs[id].rows[i]);
        }
}

/* Draws from row -top on; returns the lines it took. */
static int draw_all(struct sources *s, const struct model *m, struct canvas *c, struct rect r)
{
    struct pen pen = {c, r, r.y};

    s->live = s->ill = s->all = 0;
    draw_server(&pen, m->info);
    draw_heading(&pen, "Lists and watches");
    for (size_t i = 0; i < m->n_sources; i++)
        draw_source(s, &pen, &m->sources[i]);
    draw_logs(&pen, m);
    return pen.y - r.y;
}

static void sources_draw(struct view *v, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    struct sources *s = (struct sources *)v;
    struct rect clip = canvas_clip_get(c);

    (void)focused;
    s->seen = r.h;
    if (!m->info) {
        canvas_text(c, r.y, r.x + 1, ROLE_MUTED, "there is no connection");
        return;
    }
    canvas_clip(c, (struct rect){0, 0, 0, 0});   /* how many lines there are is known only when they are laid out */
    s->lines = draw_all(s, m, c, r);
    canvas_clip(c, clip);
    if (s->top > s->lines - s->seen)
        s->top = s->lines > s->seen ? s->lines - s->seen : 0;
    draw_all(s, m, c, (struct rect){r.y - s->top, r.x, r.h, r.w});
}

static unsigned sources_act(struct view *v, const struct model *m, enum action action, int key)
{
    struct sources *s = (struct sources *)v;

    (void)m;
    (void)key;
    return pane_scroll(&s->top, s->lines, s->seen, action) ? REACT_DONE : REACT_NONE;
}

static void sources_command(struct view *v, const struct model *m, struct buf *out)
{
    (void)v;
    buf_add_text(out, "kubectl auth can-i --list");
    if (m->info->ns)
        buf_printf(out, " -n %s", m->info->ns);
}

const struct view_ops sources_view = {
    .name = "sources", .create = sources_new, .free = sources_free, .title = sources_title, .draw = sources_draw, .act = sources_act,
    .command = sources_command,
};

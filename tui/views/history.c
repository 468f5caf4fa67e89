/* The last quarter of an hour in four small graphs: stuck, waiting and ready claims, and how long starts took. Slots in which the cluster was not
 * seen stay empty: not known is not zero. */
#include "tui/views/panes.h"

#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { LABEL_WIDE = 12, GRAPHS = 4, GRAPH_LATENCY = 3 };

struct history_view {
    struct view view;
    struct history_slot slots[HISTORY_SLOTS];
};

static struct view *history_view_new(void)
{
    struct history_view *h = NEW(struct history_view);
    h->view.ops = &history_view;
    return &h->view;
}

static void history_view_free(struct view *v)
{
    free(v);
}

static void history_update(struct view *v, const struct model *m)
{
    history_read(m->history, m->now_ms, ((struct history_view *)v)->slots);
}

/* What a graph shows of a slot; -1: not known. */
static int64_t value(const struct history_slot *s, int graph)
{
    static const enum claim_state states[] = {CLAIM_STUCK, CLAIM_WAITING, CLAIM_READY};
    if (graph == GRAPH_LATENCY)
        return s->known && s->started ? s->p50_ms : -1;
    return s->known ? (int64_t)s->count[states[graph]] : -1;
}

static int64_t highest(const struct history_slot *slots, int graph, int from, int to)
{
    int64_t most = -1;
    for (int i = from; i < to; i++)
        most = value(&slots[i], graph) > most ? value(&slots[i], graph) : most;
    return most;
}

/* What column x of so many stands for; -1: not known. */
static int64_t column_value(const struct history_slot *slots, int graph, int x, int columns)
{
    return highest(slots, graph, x * HISTORY_SLOTS / columns, (x + 1) * HISTORY_SLOTS / columns);
}

void history_spark(const struct history_slot slots[HISTORY_SLOTS], int graph, int columns, struct buf *out)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    int64_t most = highest(slots, graph, 0, HISTORY_SLOTS);
    for (int x = 0; x < columns; x++) {
        int64_t high = column_value(slots, graph, x, columns);
        buf_add_text(out, high < 0 ? " " : bars[most ? (high * 7 + most - 1) / most : 0]);
    }
}

static void history_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    const struct history_view *h = (const struct history_view *)v;
    size_t started = 0;
    int64_t p50 = 0, max = 0;
    char a[16], b[16];
    int known = 0;
    for (int i = 0; i < HISTORY_SLOTS; i++)
        known += h->slots[i].known;
    buf_printf(left, "History · the last %d min", known * HISTORY_SLOT_MS / 60000 < 1 ? 1 : known * HISTORY_SLOT_MS / 60000);
    if (history_latency(m->history, m->now_ms, &started, &p50, &max))
        buf_printf(right, "%zu started: half of them within %s, the slowest %s", started, time_stage(p50, a), time_stage(max, b));
    else
        buf_add_text(right, "none became ready meanwhile");
}

static void add_value(int64_t n, int graph, struct buf *out)
{
    char took[16];
    if (n < 0)
        buf_add_text(out, "-");
    else if (graph == GRAPH_LATENCY)
        buf_add_text(out, time_stage(n, took));
    else
        buf_printf(out, "%lld", (long long)n);
}

static void draw_graph(const struct history_view *h, int graph, struct canvas *c, struct rect r)
{
    static const char *const names[GRAPHS] = {"stuck", "waiting", "ready", "start p50"};
    static const enum role roles[GRAPHS] = {ROLE_STUCK, ROLE_WAITING, ROLE_READY, ROLE_ACCENT};
    static const char *const bars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    int columns = r.w - LABEL_WIDE - 2 < HISTORY_SLOTS ? r.w - LABEL_WIDE - 2 : HISTORY_SLOTS, per = columns < HISTORY_SLOTS ? 1 : (r.w - LABEL_WIDE - 2) / HISTORY_SLOTS;
    int64_t most = highest(h->slots, graph, 0, HISTORY_SLOTS);  /* -1: nothing was seen, which is no zero */
    struct buf text = {0};
    if (columns < 1 || r.h < 1)
        return;
    canvas_text(c, r.y, r.x + 1, roles[graph], names[graph]);
    add_value(value(&h->slots[HISTORY_SLOTS - 1], graph), graph, &text);
    canvas_printf(c, r.y + (r.h > 1), r.x + 1, ROLE_STRONG, "%s%s", r.h > 1 ? "now " : "          ", text.p);
    if (r.h > 2) {
        buf_clear(&text);
        add_value(most, graph, &text);
        canvas_printf(c, r.y + 2, r.x + 1, ROLE_MUTED, "most %s", text.p);
    }
    for (int x = 0; x < columns; x++) {
        int64_t high = column_value(h->slots, graph, x, columns);
        int eighths = high <= 0 || most <= 0 ? 0 : (int)((high * r.h * 8 + most - 1) / most);
        for (int row = r.h - 1; row >= 0; row--, eighths -= 8) {
            const char *bar = eighths >= 8 ? bars[8] : eighths > 0 ? bars[eighths] : row == r.h - 1 && high == 0 ? "▁" : " ";
            for (int k = 0; k < per; k++)
                canvas_text(c, r.y + row, r.x + LABEL_WIDE + 1 + x * per + k, high == 0 ? ROLE_MUTED : roles[graph], bar);
        }
    }
    buf_free(&text);
}

static void history_draw(struct view *v, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    const struct history_view *h = (const struct history_view *)v;
    struct rect old = canvas_clip_get(c);
    (void)m;
    (void)focused;
    canvas_clip(c, r);
    int high = (r.h - 1) / GRAPHS - 1;
    high = high < 1 ? 1 : high > 8 ? 8 : high;
    for (int graph = 0; graph < GRAPHS; graph++)
        draw_graph(h, graph, c, (struct rect){r.y + graph * (high + 1), r.x, high, r.w});
    if (r.h > GRAPHS * (high + 1))
        canvas_fit(c, r.y + GRAPHS * (high + 1), r.x + LABEL_WIDE + 1, r.w - LABEL_WIDE - 2, ROLE_MUTED, FIT_END, SLICE("15 min ago                          … to now; what was not seen is left blank"));
    canvas_clip(c, old);
}

static unsigned history_act(struct view *v, const struct model *m, enum action action, int key)
{
    (void)v;
    (void)m;
    (void)key;
    return action == ACTION_HISTORY ? REACT_CLOSE : REACT_NONE;
}

const struct view_ops history_view = {
    .name = "history", .create = history_view_new, .free = history_view_free, .update = history_update, .title = history_title, .draw = history_draw,
    .act = history_act,
};

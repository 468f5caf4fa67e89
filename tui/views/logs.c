/* The Logs pane: the controller's and the router's lines merged by time, those of what is selected, or those of pods picked by hand; see
 * logs.h. It works in slices at each turn, whether it is on the screen or not, so that what it shows is never far behind. */
#include "tui/views/logs.h"
#include "core/base/mem.h"
#include <stdio.h>
#include <stdlib.h>

enum { PROGRESS_MS = 40 };

static struct view *logs_new(void)
{
    struct logs *l = NEW(struct logs);

    l->view.ops = &logs_view;
    l->wanted[LOGS_SYSTEM] = true;   /* from the start */
    for (enum log_pane id = 0; id < LOG_PANES; id++) {
        l->sheets[id].id = id;
        l->sheets[id].about_ref.kind = KIND_NONE;
    }
    return &l->view;
}

static void logs_free(struct view *v)
{
    struct logs *l = (struct logs *)v;

    logs_save_stop(l, NULL);
    for (enum log_pane id = 0; id < LOG_PANES; id++)
        sheet_free(&l->sheets[id]);
    for (size_t i = 0; i < v->n_orders; i++)
        order_drop(&v->orders[i]);
    pattern_free(l->find);
    log_text_free(&l->text);
    free(l->typing);
    free(l);
}

/* Whether the screen is to be drawn: at once for what is new, for work that goes on as often as an eye can follow, since a drawing takes
 * time from it. */
static void show_progress(struct logs *l, struct sheet *s, const struct model *m, bool was_busy)
{
    uint64_t end = log_buffer_end(s->buffer), generation = log_view_generation(s->view);
    int64_t now = m->clock->mono(m->clock);
    bool busy = sheet_busy(l, s) || l->saving, changed = was_busy || end != s->seen_end || generation != s->seen_generation;

    if (!changed || (was_busy && busy && now - l->shown_ms < PROGRESS_MS && now >= l->shown_ms))
        return;
    view_order(&l->view, ORDER_NONE);
    l->shown_ms = now;
    s->seen_end = end;
    s->seen_generation = generation;
}

static void logs_update(struct view *v, const struct model *m)
{
    struct logs *l = (struct logs *)v;
    struct sheet *s = logs_sheet(l);
    int64_t until = m->clock->mono(m->clock) + LOGS_SLICE_MS;

    for (enum log_pane id = 0; id < LOG_PANES; id++)
        sheet_sync(l, &l->sheets[id], m);
    bool was_busy = sheet_busy(l, s) || l->saving;
    sheet_work(l, s, m, until);
    logs_save_step(l, m->clock, until);
    if (s->view)
        show_progress(l, s, m, was_busy);
}

static int64_t logs_due(const struct view *v, const struct model *m)
{
    const struct logs *l = (const struct logs *)v;

    (void)m;
    return l->saving || sheet_busy(l, &l->sheets[l->at]) ? 0 : -1;
}

/* A word for a shell. Names of the cluster have nothing that would need quotes, unless someone wanted them to. */
static void add_word(struct buf *out, const char *word)
{
    bool plain = *word;

    for (const char *p = word; *p; p++)
        plain = plain && (strchr("-_./:", *p) || (*p >= '0' && *p <= '9') || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z'));
    if (plain) {
        buf_add_text(out, word);
        return;
    }
    buf_add_byte(out, '\'');
    for (; *word; word++)
        if (*word == '\'')
            buf_add_text(out, "'\\''");
        else
            buf_add_byte(out, *word);
    buf_add_byte(out, '\'');
}

/* Of the stream whose line one is on, else of the first. */
void logs_command(struct view *v, const struct model *m, struct buf *out)
{
    struct logs *l = (struct logs *)v;
    struct sheet *s = logs_sheet(l);
    const struct model_logs *logs = &m->logs[l->at];
    const struct log_stream_row *of = logs->n_rows ? &logs->rows[0] : NULL;
    struct log_row here;
    uint64_t row;

    sheet_sync(l, s, m);
    if (s->paused && sheet_row(s, &row, &here))
        for (size_t i = 0; i < logs->n_rows; i++)
            if (logs->rows[i].stream == here.line.stream)
                of = &logs->rows[i];
    if (!of)
        return;
    buf_add_text(out, "kubectl logs -f -n ");
    add_word(out, of->ns);
    buf_add_byte(out, ' ');
    add_word(out, of->pod);
    buf_add_text(out, " -c ");
    add_word(out, of->container);
}

void logs_go_to(struct view *v, const struct model *m, uint64_t number)
{
    struct logs *l = (struct logs *)v;

    logs_show(l, m, LOGS_SYSTEM);
    sheet_stand(logs_sheet(l), number);
}

const struct view_ops logs_view = {
    .name = "logs", .create = logs_new, .free = logs_free, .update = logs_update, .title = logs_title, .draw = logs_draw, .act = logs_act,
    .command = logs_command, .keys = KEYS_LOGS, .answered = logs_answered, .due = logs_due,
};

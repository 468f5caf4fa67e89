/* The Logs pane's questions and their answers. What is typed at / & and ! is tried at each key; Esc brings back what was before. */
#include "core/base/mem.h"
#include "tui/views/logs.h"
#include <stdio.h>
#include <stdlib.h>

static void set_find(struct logs *l, struct pattern *pattern, const char *text)
{
    pattern_free(l->find);
    l->find = pattern;
    snprintf(l->find_text, sizeof l->find_text, "%s", pattern ? text : "");
}

static struct order *ask(struct logs *l, enum logs_ask id, const char *label, bool live)
{
    struct order *o = view_order(&l->view, ORDER_ASK);

    o->ask = (struct ask){.id = id, .label = label, .live = live, .remember = label != l->label};
    return o;
}

/* What can be taken away, numbered: the label of the question. */
static void ask_drop(struct logs *l, const struct model *m, struct sheet *s)
{
    struct buf label = {0};

    if (s->n_filters < 2) {
        if (!s->n_filters)
            logs_say(l, "no filter is in use: & and ! add one");
        sheet_drop(l, s, m, 0);
        return;
    }
    for (size_t i = 0; i < s->n_filters; i++)
        buf_printf(&label, "%zu %c%.30s  ", i + 1, s->filters[i].out ? '!' : '&', s->filters[i].text);
    buf_add_text(&label, "· take away which, * all: ");
    snprintf(l->label, sizeof l->label, "%s", label.p);
    buf_free(&label);
    ask(l, LOGS_ASK_DROP, l->label, false);
}

static void ask_save(struct logs *l, const struct model *m, enum logs_ask id)
{
    struct sheet *s = logs_sheet(l);
    struct buf label = {0};

    if (!s->view || log_buffer_end(s->buffer) == log_buffer_first(s->buffer)) {
        logs_say(l, "there is no line to save");
        return;
    }
    buf_add_text(&label, "save ");
    if (id == LOGS_ASK_SAVE_ALL || !sheet_narrowed(s)) {
        buf_add_text(&label, "all ");
        logs_count(&label, log_buffer_end(s->buffer) - log_buffer_first(s->buffer));
        buf_add_text(&label, " lines to ");
    } else {
        buf_add_text(&label, "the lines shown (A: all) to ");
    }
    snprintf(l->label, sizeof l->label, "%s", label.p);
    buf_free(&label);
    logs_file_name(m, l->at, &ask(l, id, l->label, false)->text);
}

void logs_ask_for(struct logs *l, const struct model *m, enum logs_ask id)
{
    struct sheet *s = logs_sheet(l);
    struct log_row row;
    uint64_t at;

    snprintf(l->before.find, sizeof l->before.find, "%s", l->find_text);
    l->before.paused = s->paused;
    l->before.cursor = s->paused && sheet_row(s, &at, &row) ? row.line.number : s->cursor;
    switch (id) {
    case LOGS_ASK_FIND: ask(l, id, "/", true); break;
    case LOGS_ASK_IN: ask(l, id, "only lines that match: ", true); break;
    case LOGS_ASK_OUT: ask(l, id, "no lines that match: ", true); break;
    case LOGS_ASK_DROP: ask_drop(l, m, s); break;
    case LOGS_ASK_TIME: ask(l, id, "go to the time (14:05, 14:05:30, -5m): ", false); break;
    case LOGS_ASK_SAVE: case LOGS_ASK_SAVE_ALL: ask_save(l, m, id); break;
    case LOGS_ASK_OVERWRITE: break;  /* comes of an answer */
    }
}

/* --- answers ------------------------------------------------------------------------------------------------------------------- */

static void stand_as_before(struct logs *l, struct sheet *s)
{
    s->paused = l->before.paused;
    s->cursor = l->before.cursor;
    s->settle = true;
    s->hunt = HUNT_NOTHING;
}

/* From where the reader stood, that line too, back to older ones: a log is read from its end. */
static void hunt_back(struct logs *l, struct sheet *s, bool quiet)
{
    uint64_t from = UINT64_MAX, row;
    struct log_row next;

    if (l->before.paused && log_view_find(s->view, l->before.cursor, &row) && log_view_at(s->view, row + 1, &next))
        from = next.line.number;
    s->quiet = quiet;
    sheet_hunt(l, s, HUNT_MATCH, -1, from);
}

static void find_answered(struct logs *l, struct sheet *s, const char *text, bool done, struct err *err)
{
    const char *wanted = text ? text : l->before.find;
    struct pattern *pattern = *wanted ? pattern_new(slice_of(wanted), PATTERN_SMARTCASE, err) : NULL;

    if (*wanted && !pattern)
        return;                      /* the last good one stays */
    set_find(l, pattern, wanted);
    if (!s->view)
        return;
    if (!text || !pattern) {
        stand_as_before(l, s);
        return;
    }
    hunt_back(l, s, !done);
}

static void set_typing(struct logs *l, const char *text, bool out)
{
    free(l->typing);
    l->typing = mem_text(text);
    l->typing_out = out;
}

static void filter_answered(struct logs *l, struct sheet *s, const struct model *m, bool out, const char *text, bool done, struct err *err)
{
    struct pattern *pattern = text && *text ? pattern_new(slice_of(text), PATTERN_SMARTCASE, err) : NULL;

    if (text && *text && !pattern)
        return;
    pattern_free(pattern);
    if (text && *text && s->n_filters == LOG_PATTERNS_MOST) {
        err_set(err, "%d filters are in use: D takes one away", LOG_PATTERNS_MOST);
        return;
    }
    set_typing(l, done ? NULL : text, out);
    if (!done || !text || !*text)
        sheet_query(l, s, m);
    else
        sheet_add(l, s, m, text, out, err);
}

static void drop_answered(struct logs *l, struct sheet *s, const struct model *m, const char *text, struct err *err)
{
    int64_t n;

    if (!text || !*text)
        return;
    if (!strcmp(text, "*")) {
        while (s->n_filters)
            sheet_drop(l, s, m, s->n_filters - 1);
        return;
    }
    if (slice_int(slice_of(text), &n) && n >= 1 && (uint64_t)n <= s->n_filters) {
        sheet_drop(l, s, m, (size_t)n - 1);
        return;
    }
    for (size_t i = 0; i < s->n_filters; i++)
        if (!strcmp(s->filters[i].text, text)) {
            sheet_drop(l, s, m, i);
            return;
        }
    err_set(err, "a number from 1 to %zu, or *", s->n_filters);
}

static void time_answered(struct sheet *s, const struct model *m, const char *text, struct err *err)
{
    int64_t stamp_ns;

    if (!text || !*text)
        return;
    if (logs_time(slice_of(text), m->now_ms, m->utc, &stamp_ns))
        sheet_seek(s, stamp_ns);
    else
        err_set(err, "no time: 14:05, 14:05:30, -5m, -1h30m or 2026-11-23T14:05:00Z");
}

static void save_answered(struct logs *l, bool all, const char *text, struct err *err)
{
    bool there;

    if (!text || !*text)
        return;
    if (logs_save_begin(l, text, all, false, &there, err) || !there)
        return;
    err_clear(err);
    struct order *o = ask(l, LOGS_ASK_OVERWRITE, l->label, false);
    o->ask.yes_no = true;
    o->number = all;
    buf_printf(&o->text, "%s is there already: overwrite it?", text);
    snprintf(l->overwrite, sizeof l->overwrite, "%s", text);
    l->overwrite_all = all;
}

static void overwrite_answered(struct logs *l, const char *text)
{
    struct err err = {0};
    bool there;

    if (!text)
        logs_say(l, "%s is as it was; nothing was saved", l->overwrite);
    else if (!logs_save_begin(l, l->overwrite, l->overwrite_all, true, &there, &err))
        logs_say(l, "%s", err.text);
    err_clear(&err);
}

void logs_answered(struct view *v, const struct model *m, int id, const char *text, bool done, struct err *err)
{
    struct logs *l = (struct logs *)v;
    struct sheet *s = logs_sheet(l);

    sheet_sync(l, s, m);
    switch ((enum logs_ask)id) {
    case LOGS_ASK_FIND: find_answered(l, s, text, done, err); break;
    case LOGS_ASK_IN: filter_answered(l, s, m, false, text, done, err); break;
    case LOGS_ASK_OUT: filter_answered(l, s, m, true, text, done, err); break;
    case LOGS_ASK_DROP: drop_answered(l, s, m, text, err); break;
    case LOGS_ASK_TIME: time_answered(s, m, text, err); break;
    case LOGS_ASK_SAVE: save_answered(l, false, text, err); break;
    case LOGS_ASK_SAVE_ALL: save_answered(l, true, text, err); break;
    case LOGS_ASK_OVERWRITE: overwrite_answered(l, text); break;
    }
}

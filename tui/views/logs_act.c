/* What the keys of the Logs pane do. */
#include "tui/views/logs.h"
#include <stdarg.h>
#include <stdio.h>

enum { SIDE_STEP = 16, SIDE_MOST = 100000 };

void logs_say(struct logs *l, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    buf_vprintf(&view_order(&l->view, ORDER_SAY)->text, format, ap);
    va_end(ap);
}

static void want(struct session *session, const struct order *o, struct err *err)
{
    (void)err;
    session_log_want(session, (enum log_pane)(o->number >> 1), o->number & 1);
}

static void tell_want(struct logs *l, enum log_pane id, bool on)
{
    if (l->wanted[id] == on)
        return;
    l->wanted[id] = on;
    struct order *o = view_order(&l->view, ORDER_DO);
    o->call = want;
    o->number = (int64_t)id << 1 | on;
}

/* The selection's streams run while they are looked at; those picked from the first pick on; the controller's and the router's always. */
void logs_show(struct logs *l, const struct model *m, enum log_pane id)
{
    l->at = id;
    l->left = 0;
    tell_want(l, LOGS_CLAIM, id == LOGS_CLAIM);
    if (id == LOGS_PICKED)
        tell_want(l, LOGS_PICKED, true);
    sheet_sync(l, logs_sheet(l), m);
}

/* --- moving -------------------------------------------------------------------------------------------------------------------- */

static void follow(struct sheet *s)
{
    s->paused = s->seeking = false;
    s->skip = 0;
}

/* A row that is taller than the pane is gone through by its lines. */
static bool scroll_tall(struct logs *l, struct sheet *s, uint64_t number, int by)
{
    for (size_t i = 0; i < l->n_shown; i++) {
        const struct logs_shown *row = &l->shown[i];
        if (row->number != number || row->h <= l->height)
            continue;
        int hidden = row->y < 0 ? -row->y : 0, most = row->h - l->height, to = hidden + by;
        if (row->y > 0 || to < 0 || to > most)
            return false;
        s->top = number;
        s->skip = to;
        return true;
    }
    return false;
}

static unsigned move(struct logs *l, struct sheet *s, int64_t by)
{
    uint64_t row, count = log_view_count(s->view), to;
    struct log_row here;

    if (!s->paused && by > 0)
        return REACT_DONE;           /* one is at the end already */
    sheet_pause(s, l);
    if (!sheet_row(s, &row, &here))
        return REACT_DONE;
    s->cursor = here.line.number;
    if ((by == 1 || by == -1) && scroll_tall(l, s, here.line.number, (int)by))
        return REACT_DONE;
    if (by < 0)
        to = row < (uint64_t)-by ? 0 : row - (uint64_t)-by;
    else
        to = row + (uint64_t)by;
    if (by > 0 && to >= count) {     /* past the newest it follows again */
        follow(s);
        return REACT_DONE;
    }
    if (log_view_at(s->view, to, &here))
        s->cursor = here.line.number;
    return REACT_DONE;
}

static int page(const struct logs *l)
{
    return l->n_shown > 2 ? (int)l->n_shown - 1 : 1;
}

static void to_top(struct logs *l, struct sheet *s)
{
    struct log_row row;

    sheet_pause(s, l);
    if (log_view_at(s->view, 0, &row)) {
        s->paused = true;
        s->cursor = s->top = row.line.number;
        s->skip = 0;
    }
}

static void sideways(struct logs *l, int by)
{
    if (l->wrap) {
        logs_say(l, "long lines are wrapped: W cuts them");
        return;
    }
    l->left += by;
    l->left = l->left < 0 ? 0 : l->left > SIDE_MOST ? SIDE_MOST : l->left;
}

static void hunt(struct logs *l, struct sheet *s, enum logs_hunt what, int direction)
{
    uint64_t row, from = UINT64_MAX;
    struct log_row here;

    if (what == HUNT_MATCH && !l->find) {
        logs_say(l, "nothing is searched for: / searches");
        return;
    }
    if (sheet_row(s, &row, &here) && (s->paused || direction > 0))
        from = here.line.number;
    s->quiet = false;
    sheet_hunt(l, s, what, direction, from);
}

/* --- marks --------------------------------------------------------------------------------------------------------------------- */

static void mark(struct logs *l, struct sheet *s)
{
    uint64_t at;
    struct log_row row;

    sheet_pause(s, l);
    if (!sheet_row(s, &at, &row))
        return;
    for (size_t i = 0; i < s->n_marks; i++)
        if (s->marks[i] == row.line.number) {
            s->marks[i] = s->marks[--s->n_marks];
            return;
        }
    if (s->n_marks == LOGS_MARKS)
        logs_say(l, "%d marks are set: m on one takes it away", LOGS_MARKS);
    else
        s->marks[s->n_marks++] = row.line.number;
}

/* The next mark below, else the first of all; marks of lines that are gone are dropped. */
static void to_mark(struct logs *l, struct sheet *s)
{
    uint64_t here = UINT64_MAX, row, best = 0, first = 0;
    bool below = false, any = false;
    struct log_row at;

    if (s->paused)
        sheet_row(s, &here, &at);
    uint64_t next = 0, lowest = 0;
    for (size_t i = 0; i < s->n_marks;) {
        struct log_entry e;
        if (!log_buffer_get(s->buffer, s->marks[i], &e)) {
            s->marks[i] = s->marks[--s->n_marks];
            continue;
        }
        log_view_find(s->view, s->marks[i], &row);
        if (!any || row < lowest) {
            lowest = row;
            first = s->marks[i];
        }
        if (here != UINT64_MAX && row > here && (!below || row < next)) {
            next = row;
            best = s->marks[i];
            below = true;
        }
        any = true;
        i++;
    }
    if (!any)
        logs_say(l, "no line is marked: m marks one");
    else
        sheet_stand(s, below ? best : first);
}

/* --- narrowing ----------------------------------------------------------------------------------------------------------------- */

static void set_level(struct logs *l, struct sheet *s, const struct model *m, enum log_level level)
{
    s->level = level;
    if (level == LEVEL_NONE)
        sheet_widen(s, NARROW_LEVEL);
    else
        sheet_narrow(s, NARROW_LEVEL);
    sheet_query(l, s, m);
}

static enum log_level next_level(enum log_level level)
{
    switch (level) {
    case LEVEL_NONE: return LEVEL_DEBUG;
    case LEVEL_DEBUG: return LEVEL_INFO;
    case LEVEL_INFO: return LEVEL_WARN;
    case LEVEL_WARN: return LEVEL_ERROR;
    default: return LEVEL_NONE;
    }
}

static void set_context(struct logs *l, struct sheet *s, const struct model *m, int by)
{
    if (by < 0 && !s->context) {
        logs_say(l, "no lines around matches are shown: + shows some");
        return;
    }
    if (!s->context && !sheet_narrowed(s)) {
        logs_say(l, "all lines are shown: & ! v or i narrow them first");
        return;
    }
    s->context = (unsigned)((int)s->context + by);
    s->context = s->context > LOG_CONTEXT_MOST ? LOG_CONTEXT_MOST : s->context;
    if (s->context)
        sheet_narrow(s, NARROW_CONTEXT);
    else
        sheet_widen(s, NARROW_CONTEXT);
    sheet_query(l, s, m);
}

void logs_about(struct logs *l, const struct model *m, bool on)
{
    struct sheet *s = logs_sheet(l);

    if (on && !m->selected) {
        logs_say(l, "nothing is selected that lines could speak of");
        return;
    }
    s->about = on;
    if (on)
        sheet_narrow(s, NARROW_ABOUT);
    else
        sheet_widen(s, NARROW_ABOUT);
    follow(s);
    sheet_query(l, s, m);
}

static bool back(struct logs *l, struct sheet *s, const struct model *m)
{
    if (l->find) {
        pattern_free(l->find);
        l->find = NULL;
        l->find_text[0] = 0;
        s->hunt = HUNT_NOTHING;
        return true;
    }
    return sheet_undo(l, s, m);
}

/* --- lines --------------------------------------------------------------------------------------------------------------------- */

static unsigned enter(struct logs *l, struct sheet *s, const struct model *m)
{
    uint64_t row;
    struct log_row here;

    sheet_pause(s, l);
    if (!sheet_row(s, &row, &here))
        return REACT_DONE;
    if (!here.group && !here.line.folded) {
        logs_to_claim(l, m);
        return REACT_DONE;
    }
    bool open = here.line.folded ? true : here.open;
    if (here.line.folded)
        sheet_stand(s, here.line.number - here.line.span);
    log_view_open(s->view, here.line.number, !open);
    return REACT_DONE;
}

static void copy_line(struct logs *l, struct sheet *s)
{
    uint64_t row;
    struct log_row here;
    struct log_entry e;

    if (!sheet_row(s, &row, &here))
        return;
    struct order *o = view_order(&l->view, ORDER_COPY);
    log_text_safe(&o->text, here.line.text, true);
    uint64_t last = here.line.number + (here.line.folded ? 0 : here.line.span);
    for (uint64_t n = here.line.number + 1; n <= last && log_buffer_get(s->buffer, n, &e); n++)
        if (e.folded && e.number - e.span == here.line.number) { /* a group is taken along whole */
            buf_add_byte(&o->text, '\n');
            log_text_safe(&o->text, e.text, true);
        }
    logs_say(l, "copied the line");
}

static void copy_command(struct logs *l, const struct model *m)
{
    struct buf command = {0};

    logs_command(&l->view, m, &command);
    if (command.n) {
        logs_say(l, "copied: %s", command.p);
        view_order(&l->view, ORDER_COPY)->text = command;
    } else {
        logs_say(l, "no stream is read here");
    }
}

static void to_pager(struct logs *l)
{
    struct err err = {0};
    bool there;

    if (!logs_save_begin(l, NULL, false, false, &there, &err))
        logs_say(l, "%s", err.text);
    err_clear(&err);
}

static void stamps(struct logs *l)
{
    static const char *const words[] = {"time of day", "ages", "stamps as they came", "no stamps"};

    l->stamps = (l->stamps + 1) % STAMPS_COUNT;
    logs_say(l, "%s", words[l->stamps]);
}

/* --- the table ----------------------------------------------------------------------------------------------------------------- */

static unsigned act_on_panes(struct logs *l, const struct model *m, enum action action, int key)
{
    switch (action) {
    case ACTION_LOG_SYSTEM: logs_show(l, m, LOGS_SYSTEM); return REACT_DONE;
    case ACTION_LOG_OWN: logs_show(l, m, LOGS_CLAIM); return REACT_DONE;
    case ACTION_LOG_PICK:
        logs_show(l, m, LOGS_PICKED);
        if (!*m->logs[LOGS_PICKED].title)
            view_order(&l->view, ORDER_OPEN)->view = &logs_pick_view;
        return REACT_DONE;
    case ACTION_LOG_CHOOSE:
        logs_show(l, m, LOGS_PICKED);
        view_order(&l->view, ORDER_OPEN)->view = &logs_pick_view;
        return REACT_DONE;
    case ACTION_LOG_ABOUT:
        if (l->at != LOGS_SYSTEM)    /* the other panes are of few pods: what is narrowed is the merged log */
            logs_show(l, m, LOGS_SYSTEM);
        logs_about(l, m, !logs_sheet(l)->about || key == 0);
        return REACT_DONE;
    case ACTION_LOG_WRAP:
        l->wrap = !l->wrap;
        l->left = 0;
        return REACT_DONE;
    case ACTION_LOG_RAW: l->raw = !l->raw; return REACT_DONE;
    case ACTION_LOG_STAMPS: stamps(l); return REACT_DONE;
    case ACTION_LOG_COMMAND: copy_command(l, m); return REACT_DONE;
    default: return REACT_NONE;
    }
}

static unsigned act_on_query(struct logs *l, struct sheet *s, const struct model *m, enum action action)
{
    switch (action) {
    case ACTION_FILTER: logs_ask_for(l, m, LOGS_ASK_FIND); return REACT_DONE;
    case ACTION_LOG_IN: logs_ask_for(l, m, LOGS_ASK_IN); return REACT_DONE;
    case ACTION_LOG_OUT: logs_ask_for(l, m, LOGS_ASK_OUT); return REACT_DONE;
    case ACTION_LOG_DROP: logs_ask_for(l, m, LOGS_ASK_DROP); return REACT_DONE;
    case ACTION_LOG_TIME: logs_ask_for(l, m, LOGS_ASK_TIME); return REACT_DONE;
    case ACTION_SAVE: logs_ask_for(l, m, LOGS_ASK_SAVE); return REACT_DONE;
    case ACTION_LOG_SAVE_ALL: logs_ask_for(l, m, LOGS_ASK_SAVE_ALL); return REACT_DONE;
    case ACTION_LOG_LEVEL: set_level(l, s, m, next_level(s->level)); return REACT_DONE;
    case ACTION_FAULTS: set_level(l, s, m, s->level == LEVEL_ERROR ? LEVEL_NONE : LEVEL_ERROR); return REACT_DONE;
    case ACTION_LOG_MORE: set_context(l, s, m, 1); return REACT_DONE;
    case ACTION_LOG_LESS: set_context(l, s, m, -1); return REACT_DONE;
    case ACTION_BACK: return back(l, s, m) ? REACT_DONE : REACT_NONE;
    default: return REACT_NONE;
    }
}

static unsigned act_on_lines(struct logs *l, struct sheet *s, const struct model *m, enum action action)
{
    switch (action) {
    case ACTION_UP: return move(l, s, -1);
    case ACTION_DOWN: return move(l, s, 1);
    case ACTION_PAGE_UP: return move(l, s, -page(l));
    case ACTION_PAGE_DOWN: return move(l, s, page(l));
    case ACTION_TOP: to_top(l, s); return REACT_DONE;
    case ACTION_BOTTOM: follow(s); return REACT_DONE;
    case ACTION_LEFT: sideways(l, -SIDE_STEP); return REACT_DONE;
    case ACTION_RIGHT: sideways(l, SIDE_STEP); return REACT_DONE;
    case ACTION_LOG_FOLLOW:
        if (s->paused)
            follow(s);
        else
            sheet_pause(s, l);
        return REACT_DONE;
    case ACTION_SEARCH_NEXT: hunt(l, s, HUNT_MATCH, 1); return REACT_DONE;
    case ACTION_SEARCH_PREV: hunt(l, s, HUNT_MATCH, -1); return REACT_DONE;
    case ACTION_LOG_ERROR_NEXT: hunt(l, s, HUNT_ERROR, 1); return REACT_DONE;
    case ACTION_LOG_ERROR_PREV: hunt(l, s, HUNT_ERROR, -1); return REACT_DONE;
    case ACTION_LOG_MARK: mark(l, s); return REACT_DONE;
    case ACTION_LOG_TO_MARK: to_mark(l, s); return REACT_DONE;
    case ACTION_LOG_OPEN: log_view_open_all(s->view, !log_view_opened_all(s->view)); return REACT_DONE;
    case ACTION_ENTER: return enter(l, s, m);
    case ACTION_LOG_CLAIM:
        sheet_pause(s, l);
        logs_to_claim(l, m);
        return REACT_DONE;
    case ACTION_COPY: copy_line(l, s); return REACT_DONE;
    case ACTION_LOG_PAGER: to_pager(l); return REACT_DONE;
    default: return REACT_NONE;
    }
}

unsigned logs_act(struct view *v, const struct model *m, enum action action, int key)
{
    struct logs *l = (struct logs *)v;
    struct sheet *s = logs_sheet(l);
    unsigned did;

    sheet_sync(l, s, m);
    if ((did = act_on_panes(l, m, action, key)) != REACT_NONE || (did = act_on_query(l, s, m, action)) != REACT_NONE || !s->view)
        return did;
    return act_on_lines(l, s, m, action);
}

/* The parts of the Logs pane (logs*.c). A sheet is what the pane keeps of one of the session's log panes: the lines it wants of that
 * buffer, where one reads, what is marked. Invariant: whatever is to last names a line by its number; rows and merged positions live no
 * longer than a call. */
#ifndef TUI_LOGS_H
#define TUI_LOGS_H
#include "core/logs/log_rate.h"
#include "core/logs/log_save.h"
#include "core/logs/log_search.h"
#include "core/logs/log_text.h"
#include "tui/views/panes.h"

enum {
    LOGS_SLICE_MS = 8,               /* of a turn, for filtering, searching and saving */
    LOGS_MARKS = 64, LOGS_ROWS = 512, LOGS_MINUTES = 8, LOGS_MATCHES = 40, LOGS_TERMS = 8, LOGS_STEPS = LOG_PATTERNS_MOST + 3,
};
enum logs_ask {
    LOGS_ASK_FIND = 1, LOGS_ASK_IN, LOGS_ASK_OUT, LOGS_ASK_DROP, LOGS_ASK_TIME, LOGS_ASK_SAVE, LOGS_ASK_SAVE_ALL, LOGS_ASK_OVERWRITE
};
enum logs_narrow { NARROW_PATTERN, NARROW_LEVEL, NARROW_CONTEXT, NARROW_ABOUT };
enum logs_stamps { STAMPS_CLOCK, STAMPS_AGE, STAMPS_FULL, STAMPS_NONE, STAMPS_COUNT };
enum logs_hunt { HUNT_NOTHING, HUNT_MATCH, HUNT_ERROR };

struct logs_filter {
    char *text;
    bool out;
};
struct sheet {
    enum log_pane id;
    const struct log_buffer *buffer; /* NULL: none was seen yet */
    uint64_t session, epoch;         /* whose buffer it is: another one, and view, rate and marks are of nothing */
    struct log_view *view;
    struct log_rate *rate;

    struct logs_filter filters[LOG_PATTERNS_MOST];
    size_t n_filters;
    enum log_level level;
    unsigned context;
    bool about;                      /* only of the selection */
    struct object_ref about_ref;     /* as the query has it */
    uint8_t steps[LOGS_STEPS];       /* how it was narrowed, enum logs_narrow, the newest last: for Esc */
    size_t n_steps;

    bool paused;
    uint64_t cursor;                 /* while paused: the line one is on */
    uint64_t top;                    /* and the first one on the screen */
    int skip;                        /* lines of the top row above the screen */
    bool settle;                     /* the cursor was set from afar: put it in the middle if it is not seen */
    uint64_t marks[LOGS_MARKS];
    size_t n_marks;

    enum logs_hunt hunt;             /* under way */
    struct log_search search;
    bool whole;                      /* this hunt looks at all rows: it does not go around again */
    bool wrapped;                    /* it has gone around the end */
    bool quiet;                      /* of a pattern still being typed: says nothing */
    bool seeking;                    /* for a time, until the view has come so far back */
    int64_t seek_ns;

    uint64_t seen_end, seen_generation; /* of the last turn: whether to draw */
};

struct logs_shown {                  /* a row on the screen, of the last draw */
    uint64_t number;
    int y, h;                        /* lines on the screen; y may be above it */
};
struct logs_saving;
struct logs {
    struct view view;
    struct sheet sheets[LOG_PANES];
    enum log_pane at;                /* the one shown */
    bool wanted[LOG_PANES];          /* as the session was told */

    struct pattern *find;            /* NULL: nothing is searched for */
    char find_text[512];
    struct {                         /* while a prompt is open: what Esc brings back */
        char find[512];
        bool paused;
        uint64_t cursor;
    } before;
    char *typing;                    /* the filter in the prompt, as good as the query has it; NULL: none */
    bool typing_out;
    char label[512];                 /* of a question */
    char overwrite[512];             /* the file that stands in the way */
    bool overwrite_all;

    bool wrap, raw;
    enum logs_stamps stamps;
    int left;                        /* columns scrolled away sideways, where lines are cut */
    struct logs_saving *saving;      /* NULL: nothing is being saved */

    struct log_text text;            /* for one line at a time */
    int stamp_w, label_w;            /* columns; 0: not shown */
    struct logs_shown shown[LOGS_ROWS];
    size_t n_shown;
    int height, width;               /* of the lines' part of the last draw */
    int64_t shown_ms;                /* mono: when the screen was last wanted anew */
    int64_t paint_until_ms;          /* mono: until then a draw looks for matches to mark: a hard pattern must not hold the screen */
};

/* A line's number is wanted by others: the pane goes there and stands still (logs.c). */
void logs_go_to(struct view *, const struct model *, uint64_t number);

/* From Why: to the line that the evidence quotes, among those that speak of what is selected; where none is quoted, to the time of the
 * first. */
void logs_explain(struct view *, const struct model *, const struct why_quote *, size_t n);

static inline struct sheet *logs_sheet(struct logs *l)
{
    return &l->sheets[l->at];
}

/* logs_sheet.c */
void sheet_sync(struct logs *, struct sheet *, const struct model *); /* before anything else: the buffer may be another one */
void sheet_free(struct sheet *);
void sheet_errors(const struct sheet *, unsigned stream, uint32_t minutes[LOGS_MINUTES]); /* the last minute ends now; UINT_MAX: of all streams */
void sheet_query(struct logs *, struct sheet *, const struct model *); /* the view begins anew by what the sheet and the prompt say */
bool sheet_narrowed(const struct sheet *);
void sheet_narrow(struct sheet *, enum logs_narrow);                  /* notes a step for Esc */
void sheet_widen(struct sheet *, enum logs_narrow);                   /* and forgets the newest of that kind */
bool sheet_add(struct logs *, struct sheet *, const struct model *, const char *text, bool out, struct err *);
void sheet_drop(struct logs *, struct sheet *, const struct model *, size_t filter);
bool sheet_undo(struct logs *, struct sheet *, const struct model *); /* the last step; false: there is none */
/* The row one is on: the cursor's while paused, else the newest. False where there are no rows. */
bool sheet_row(struct sheet *, uint64_t *row, struct log_row *out);
void sheet_stand(struct sheet *, uint64_t number);                    /* pauses on that line, wherever it is */
void sheet_pause(struct sheet *, const struct logs *);                /* where one reads now */
void sheet_hunt(struct logs *, struct sheet *, enum logs_hunt, int direction, uint64_t from);
void sheet_seek(struct sheet *, int64_t stamp_ns);
/* A slice of what is to be done. */
void sheet_work(struct logs *, struct sheet *, const struct model *, int64_t until_mono_ms);
bool sheet_busy(const struct logs *, const struct sheet *);

/* logs_words.c */
void logs_count(struct buf *, uint64_t n);                            /* "12,345" */
void logs_spark(struct buf *, const uint32_t *counts, unsigned n, uint32_t most);
void logs_narrowing(const struct logs *, const struct sheet *, struct buf *); /* "about build-7 · ≥ WARN · &foo" */
/* "14:05", "14:05:30", "-5m", "+1h30m", RFC 3339. A time of day is the last such before now. */
bool logs_time(struct slice text, int64_t now_ms, bool utc, int64_t *stamp_ns);
void logs_file_name(const struct model *, enum log_pane, struct buf *); /* what a file of it may be called */

/* logs_row.c: one row's text, and its lines on the screen. */
void logs_columns(struct logs *, const struct sheet *, const struct model *, int w); /* once a draw: how wide stamps and labels are */
int logs_row_height(struct logs *, const struct sheet *, const struct log_row *, int w);
/* Scrolls sideways where what is searched for stands in the row but not on the screen. */
void logs_row_reveal(struct logs *, const struct log_row *, int w);
/* Its lines from y on, of which those outside r are clipped away. */
void logs_row_draw(struct logs *, const struct sheet *, const struct log_row *, const struct model *, struct canvas *, int y, struct rect);

/* logs_draw.c, logs_head.c */
void logs_draw(struct view *, const struct model *, struct canvas *, struct rect, bool focused);
void logs_title(struct view *, const struct model *, struct buf *left, struct buf *right);
int logs_head(struct logs *, const struct model *, struct canvas *, struct rect); /* lines it took of the top */
void logs_empty(struct logs *, const struct model *, struct buf *);   /* why there is no line */

/* logs_act.c, logs_ask.c */
unsigned logs_act(struct view *, const struct model *, enum action, int key);
void logs_answered(struct view *, const struct model *, int id, const char *text, bool done, struct err *);
void logs_ask_for(struct logs *, const struct model *, enum logs_ask);
void logs_say(struct logs *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void logs_show(struct logs *, const struct model *, enum log_pane);

void logs_command(struct view *, const struct model *, struct buf *);  /* logs.c */

/* logs_claim.c: leaves the order that goes to the claim the line one is on speaks of, or says why not. */
void logs_to_claim(struct logs *, const struct model *);
void logs_about(struct logs *, const struct model *, bool on);        /* only lines that speak of the selection */

/* logs_pick.c: an overlay. */
extern const struct view_ops logs_pick_view;
/* From a list: picks a pod and shows what is picked, or drops it; true: it is picked now. */
bool logs_pick_toggle(struct view *, const struct model *, const char *ns, const char *name);

/* logs_save.c */
/* To a file, or with path NULL to the pager. all: of the buffer, not only what is shown. False with err: it cannot be written; *there: it
 * would be overwritten, which was not allowed. */
bool logs_save_begin(struct logs *, const char *path, bool all, bool overwrite, bool *there, struct err *);
void logs_save_step(struct logs *, const struct clock *, int64_t until_mono_ms);
void logs_save_stop(struct logs *, const struct log_buffer *gone);    /* of that buffer; NULL: any */
void logs_saving_text(const struct logs *, struct buf *);             /* for the title; nothing where none is under way */
#endif

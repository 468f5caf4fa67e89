/* The test sandboxes: one run on the screen at a time, its stages, its output apart, its evidence where it failed. */
#ifndef TUI_RUNS_H
#define TUI_RUNS_H
#include "core/base/pattern.h"
#include "tui/views/panes.h"

enum run_side { SIDE_OUT, SIDE_ERR, SIDE_EVIDENCE, SIDES };
struct run_scroll {
    uint64_t top;                    /* the first line shown */
    size_t left;                     /* bytes of each line that are to the left of the screen */
    bool moved;                      /* by hand: else live output is followed */
    int rows;                        /* when last drawn */
    uint64_t lines;                  /* there were then */
    bool found;                      /* `at` is a line that matches */
    uint64_t at;
};
struct runs {
    struct view view;                /* must be first */
    unsigned id;                     /* the run shown; 0: the newest */
    unsigned newest;                 /* there was at the last update */
    size_t result;                   /* of several commands in a sandbox: which; SIZE_MAX: the last */
    enum run_side side;
    bool chosen;                     /* side was chosen by hand */
    struct run_scroll scroll[SIDES];
    struct pattern *pattern;         /* searched for; NULL: nothing */
    struct { bool on; uint64_t at, left; int by; } search; /* under way, in slices */
    bool asked_leftovers;
};

/* runs.c */
const struct model_run *runs_current(const struct runs *, const struct model *); /* NULL: none */
const struct run_result *runs_result(const struct runs *, const struct model_run *); /* NULL: no command went out yet */
const struct run_output *runs_output(const struct run_result *, enum run_side);  /* NULL: none */
/* The overlay goes to what was started last. */
void runs_show_newest(struct view *);

/* runs_draw.c */
void runs_draw(struct view *, const struct model *, struct canvas *, struct rect, bool focused);
void runs_title(struct view *, const struct model *, struct buf *left, struct buf *right);
/* The evidence as lines: what was known of the claim before it was removed. */
void runs_evidence(const struct model_run *, bool utc, struct buf *out);

/* runs_act.c */
unsigned runs_act(struct view *, const struct model *, enum action, int key);
void runs_answered(struct view *, const struct model *, int id, const char *text, bool done, struct err *);
void runs_search_step(struct runs *, const struct model *);  /* a slice of the search under way */

struct run_memory {                  /* what was run where, the newest last */
    struct remembered_run {
        enum kind kind;
        char ns[254], name[254];
        char command[512];
        bool shell;
    } v[32];
    size_t n;
};
const struct remembered_run *run_remembered(const struct run_memory *, const struct object *);
void run_remember(struct run_memory *, enum kind, const char *ns, const char *name, const char *command, bool shell);
/* run_form.c: the overlay that asks what to run there. inside: in the sandbox that the object has; then only the command is asked. */
void run_form_about(struct view *, const struct object *, bool inside, const struct remembered_run *last);
#endif

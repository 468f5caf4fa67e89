/* The contract of a view: it draws a const model on a canvas and answers actions; it fetches nothing and writes nothing but its own cursor,
 * scroll and filter. A new view is one file, one row in views.c, one golden screen. */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H
#include "core/session/bundle.h"
#include "core/session/run_set.h"
#include "core/session/session.h"
#include "tui/canvas.h"
#include "tui/keymap.h"
#include "tui/order.h"
#include "tui/replay_state.h"

enum { MOST_RUNS = 64 };
struct model_run {
    unsigned id;
    const struct run_view *view;
    const struct run_evidence *evidence;  /* NULL: none */
};
struct model_logs {                  /* a log pane of the session's */
    const struct log_buffer *buffer; /* NULL: no session */
    uint64_t epoch;                  /* another one: another buffer, and nothing of the old one may be touched */
    const char *title;               /* "" where it is about nothing */
    const struct log_stream_row *rows;
    size_t n_rows;
    bool found;                      /* the lists that name its pods are whole */
};
struct model {                       /* made anew each turn; const to views */
    uint64_t epoch;                  /* another one: another session, nothing kept of the old one is good */
    const struct store *store;
    const struct diagnosis *diagnosis;
    const struct session_info *info;
    const struct cluster_facts *facts;
    const struct source_status *sources;
    size_t n_sources;
    struct model_logs logs[LOG_PANES];
    struct model_run runs[MOST_RUNS];/* the newest of the test sandboxes, oldest first */
    size_t n_runs;
    const struct run_leftover *leftovers; /* of earlier sessions */
    size_t n_leftovers;
    const char *leftovers_error;     /* "" none */
    const struct clock *clock;       /* for the deadlines of what is done in slices */
    const struct controller_debug_status *debug;
    const struct bundle_status *bundle; /* NULL: none was begun */
    const struct history *history;   /* the last quarter of an hour */
    int64_t now_ms;                  /* wall */
    const struct object *selected;   /* what Why and Events speak of; NULL if nothing */
    bool utc;
    const struct replay_state *replay; /* NULL: it is none */
    bool copies_why;                 /* the key that copies takes the command the Why pane shows, where it shows one */
};

/* The model as the session stands; epoch and selected are the caller's to fill. */
void model_make(struct model *, struct session *, bool utc);

/* What an action did; the app acts on the flags. */
enum reaction {
    REACT_NONE = 0,                  /* not mine: ask the next */
    REACT_DONE = 1,                  /* handled, nothing else to do but draw */
    REACT_SELECT = 2,                /* the selection changed */
    REACT_GO = 4,                    /* view->go names where: the app changes lists */
    REACT_CLOSE = 8,                 /* the view is done (an overlay) */
    REACT_SAY = 16,                  /* view->say holds a sentence for the footer */
};

enum { MOST_ORDERS = 8 };
/* A key may mean something else where a view has the focus: its own rows of the key table come first. */

struct view;
struct view_ops {
    const char *name;                /* "claims" */
    struct view *(*create)(void);
    void (*free)(struct view *);
    /* The facts changed: read store_changes, keep rows in step. Called each turn before draw, also when not visible. */
    void (*update)(struct view *, const struct model *);
    /* title: what stands in the pane's border: what, how much, whether whole. */
    void (*title)(struct view *, const struct model *, struct buf *left, struct buf *right);
    void (*draw)(struct view *, const struct model *, struct canvas *, struct rect, bool focused);
    unsigned (*act)(struct view *, const struct model *, enum action, int key);
    const struct object *(*selected)(struct view *, const struct model *);     /* NULL: this view selects nothing */
    void (*filter)(struct view *, const struct model *, struct slice pattern, struct err *); /* "" takes it away; a broken one sets err, the last stays */
    void (*command)(struct view *, const struct model *, struct buf *out);     /* kubectl command that shows the same */
    enum key_scope keys;
    const struct hint *hints;        /* for the footer while it is an overlay; ends with ACTION_NONE; NULL: the usual ones */
    const char *(*filter_text)(const struct view *);  /* what the filter prompt starts with; NULL: the app keeps it */
    /* The answer to ORDER_FETCH; error NULL where json is whole. */
    void (*fetched)(struct view *, const struct model *, struct slice json, const char *error);
    /* The answer to ORDER_ASK: text NULL: given up. done: the prompt closes unless err is set. */
    void (*answered)(struct view *, const struct model *, int id, const char *text, bool done, struct err *);
    int64_t (*due)(const struct view *, const struct model *);    /* ms until it has more to work at (0 at once); -1: only when something changes */
};
struct destination {                 /* of REACT_GO: a list, narrowed to what belongs to an object */
    enum kind list;
    enum kind of;                    /* KIND_NONE: all */
    char ns[254], name[254];         /* of that object */
    char focus[254];                 /* the row to stand on; "" */
    char focus_ns[254];
};
struct view {
    const struct view_ops *ops;
    struct destination go;
    char say[256];
    struct order orders[MOST_ORDERS];/* see order.h; taken by the app after update and act */
    size_t n_orders;
    bool faults_only;
    /* Set by the app before update: with scope.of != KIND_NONE only rows that belong to it; focus, if not "", names the row to stand on, and the view
     * empties it once it stands there. */
    struct destination scope;
};
/* The next order, to be filled in; its text is the app's from then on. The last one is given up where there are too many. */
struct order *view_order(struct view *, enum order_kind);
extern const struct view_ops claims_view, sandboxes_view, pools_view, templates_view, pods_view, nodes_view;   /* lists */
extern const struct view_ops why_view, events_view, logs_view;                                                 /* panes */
extern const struct view_ops yaml_view, help_view, sources_view, runs_view, run_form_view, timeline_view, history_view, controller_view, bundle_view;                                               /* overlays */
const struct view_ops *list_view_of(enum kind);   /* NULL where the kind has no list */
#endif

/* The app's own state, shared by its files (app.c turns and draws, app_act.c acts, app_order.c carries out what views want, app_ask.c asks,
 * place.c remembers where one was). */
#ifndef TUI_APP_STATE_H
#define TUI_APP_STATE_H
#include "tui/app.h"
#include "tui/command.h"
#include "tui/layout.h"
#include "tui/picker.h"
#include "tui/prompt.h"
#include "tui/views/runs.h"

enum { MOST_PLACES = 32, MOST_WISHES = 8, SAY_MS = 2000, HISTORY = 32 };

/* Where one is: all that Esc can bring back. */
struct place {
    enum kind list;
    struct destination scope;
    bool faults, zoom, drilled;      /* drilled: one came here by going into something: a crumb of the path */
    enum pane focus;
    bool all_ns;
    char ns[254];
    char filter[512];
    char stood_ns[254], stood[254];  /* the row that had the cursor */
};

enum asking { ASK_NOTHING, ASK_NS, ASK_CTX };

struct carrying {                    /* whose orders are being carried out; one may open a view with orders of its own */
    struct view *view;               /* NULL: it has ended meanwhile */
    struct carrying *outer;
};

struct app {
    struct app_config config;
    struct session *session;
    uint64_t epoch;                  /* sessions so far */
    struct model model;              /* valid within app_update and app_draw only */
    struct view *lists[KIND_COUNT];
    struct view *panes[PANE_COUNT];  /* PANE_LIST stays NULL */
    struct view *overlay;            /* NULL: none */
    struct place place;              /* now */
    struct place undo[MOST_PLACES];
    size_t n_undo;
    struct object_ref selected;
    struct layout layout;            /* of the last draw */
    int h, w;

    struct prompt prompt;
    char filter_before[512];         /* what Esc brings back */
    char history[HISTORY][512];
    size_t n_history, history_at;
    char completing[512];            /* what was typed before Tab, and the place in its completions */
    size_t completion;
    struct picker picker;
    enum asking asking;
    struct { struct view *view; struct ask ask; size_t at; } asked; /* the view whose question stands in the prompt; NULL: none */
    struct told_answer { const char *label; char text[512]; } answers[HISTORY]; /* to asks that are remembered, oldest first */
    size_t n_answers;
    struct carrying *carrying;       /* the innermost; NULL: none */
    struct view *fetcher;            /* waits for an object's bytes; NULL: none */
    struct ptrs contexts, themes;    /* of char *, owned */
    size_t theme;

    struct { enum app_wish wish; char *text; } wishes[MOST_WISHES];
    size_t n_wishes;
    char *wish_text;                 /* of the wish last handed out */
    char say[512];
    int64_t say_until;               /* wall ms of the session's clock */

    struct run_memory runs;          /* the last command of each place */
    bool leftovers_asked, leftovers_told, debug_told;
    enum app_wish leaving;           /* granted once no test sandbox is under way; APP_NOTHING: one stays */
    char *leaving_to;                /* its text */
    struct bundle *bundle;           /* under way, or the last; NULL: none */
    bool bundle_told;
    bool replaying;
    struct replay_state replay;      /* while replaying */
    bool dirty, pasting;
    int64_t drawn_second;
    uint64_t seen_generation;
    enum session_health seen_health;
};

/* app.c */
void app_model(struct app *);                       /* makes app->model from the session as it stands; not without one */
struct view *app_list(struct app *);                /* of the place; NULL where the kind has no list */
struct view *app_focused(struct app *);             /* the overlay, or the pane that has the focus */
void app_wants(struct app *, enum app_wish, const char *text);
void app_open(struct app *, const struct view_ops *);
void app_close(struct app *);

/* place.c */
void place_push(struct app *);                      /* remembers where one is, before going elsewhere */
bool place_back(struct app *);
void place_apply(struct app *);                     /* makes the views stand as app->place says */
void place_go(struct app *, const struct destination *);
void place_crumbs(const struct app *, struct buf *out);

/* app_order.c */
void app_orders(struct app *, struct view *);       /* carries out what the view left; the view may be NULL */
void app_forget(struct app *, struct view *);       /* it is about to be freed: what it waits for is given up */

/* app_run.c */
void app_run_act(struct app *, enum action);         /* TEST, TEST_AS, EXEC, RUNS */
void app_run_update(struct app *);
void app_leave(struct app *, enum app_wish, const char *text); /* quits, or goes to another context: after the test sandboxes, or at once if asked again */
void app_stay(struct app *);

/* app_bundle.c */
void app_bundle_start(struct app *, const struct order *);
void app_bundle_step(struct app *);                 /* each turn */
void app_bundle_drop(struct app *);                 /* before the session goes */

/* app_remind.c */
void app_remind(struct app *);

/* app_act.c */
void app_act(struct app *, enum action, int key);

/* app_ask.c */
void ask_filter(struct app *);
void ask_command(struct app *);
void ask_namespace(struct app *);
void ask_context(struct app *);
void ask_key(struct app *, int key);                /* while a prompt or picker is open */
void app_set_ns(struct app *, const char *ns);      /* NULL: all */
#endif

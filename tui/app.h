/* The dashboard without a terminal: layout, panes, focus, prompts. Fed with keys and turns, it draws a canvas: so a whole screen is tested by
 * its dump, and main.c is the only place where it meets a terminal. */
#ifndef TUI_APP_H
#define TUI_APP_H
#include "core/session/session.h"
#include "tui/canvas.h"
#include "tui/replay_state.h"

struct app;
struct app_config {
    bool utc;                        /* stamps in UTC instead of local time (tests) */
    const char *filter;              /* may be NULL */
};
struct app *app_new(const struct app_config *);
void app_free(struct app *);
/* The session to show; NULL while there is none. A change of context hands over another one; what belonged to the old is dropped. */
void app_session(struct app *, struct session *);
void app_contexts(struct app *, const char *const *names);  /* for the picker; copied */
void app_themes(struct app *, const char *const *names);    /* copied */
void app_theme(struct app *, const char *name);             /* the one in use: the key for the next theme goes on from it */
/* After session_turn and before session_sweep: takes in what changed. */
void app_update(struct app *);
void app_key(struct app *, int key);
void app_draw(struct app *, struct canvas *);
bool app_needs_draw(const struct app *);                    /* since the last app_draw */
int64_t app_due(const struct app *);                        /* ms until the screen would change by time alone: at most 1000 */
/* What the app asks of main.c; each is handed out once. */
enum app_wish { APP_NOTHING, APP_QUIT, APP_SUSPEND, APP_REDRAW, APP_CONTEXT, APP_THEME, APP_COPY, APP_PAGER, APP_REPLAY };
enum app_wish app_wish(struct app *, const char **text);    /* text: the context, theme, text to copy or page, or for the replay
                                                             pause, slower, faster or the ms to go; borrowed until the next call */
/* How the replay stands, each turn before app_update; NULL: it is none. Copied. */
void app_replay(struct app *, const struct replay_state *);
void app_say(struct app *, const char *text);               /* in the footer, for two seconds */
#endif

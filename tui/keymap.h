/* Keys and actions: one table. The footer, the help screen and the man page come from it. */
#ifndef TUI_KEYMAP_H
#define TUI_KEYMAP_H
#include "core/base/buf.h"

/* A key: a Unicode character, or one of these. */
enum {
    KEY_BASE = 0x200000, K_UP, K_DOWN, K_LEFT, K_RIGHT, K_PGUP, K_PGDN, K_HOME, K_END, K_ENTER, K_ESC, K_TAB, K_BACKTAB, K_BACKSPACE, K_DELETE,
    K_RESIZE, K_MOUSE, K_F1,
    K_PASTE_BEGIN, K_PASTE_END       /* what comes between is text that was pasted: no key of it may act */
};
#define K_CTRL(c) ((c) & 0x1f)

/* name, what the footer says, what the help says. Order is that of the help screen. */
#define ACTIONS(X)                                                                                                                        \
    X(UP, "", "one row up")                                                                                                               \
    X(DOWN, "", "one row down")                                                                                                           \
    X(PAGE_UP, "", "one page up")                                                                                                         \
    X(PAGE_DOWN, "", "one page down")                                                                                                     \
    X(TOP, "", "to the first row")                                                                                                        \
    X(BOTTOM, "", "to the last row")                                                                                                      \
    X(LEFT, "", "scroll left, or up the chain")                                                                                           \
    X(RIGHT, "", "scroll right, or down the chain (l is for logs)")                                                                       \
    X(ENTER, "drill", "go into: claim to sandbox to pod to node; pool or template to its claims")                                         \
    X(BACK, "back", "return, close, or undo the last of filter, zoom, drill")                                                             \
    X(UPWARD, "", "up the chain: claim to pool to template")                                                                              \
    X(NEXT_PANE, "pane", "the next pane")                                                                                                 \
    X(PREV_PANE, "", "the pane before")                                                                                                   \
    X(ZOOM, "zoom", "this pane alone on the screen, and back")                                                                            \
    X(WHY, "", "to the Why pane")                                                                                                         \
    X(EVENTS, "events", "to the Events pane")                                                                                             \
    X(LOGS, "logs", "to the Logs pane; from Why to the line it quotes, among those about it")                                             \
    X(CLAIMS, "", "list claims")                                                                                                          \
    X(SANDBOXES, "", "list sandboxes")                                                                                                    \
    X(POOLS, "", "list warm pools")                                                                                                       \
    X(TEMPLATES, "", "list templates")                                                                                                    \
    X(PODS, "", "list pods")                                                                                                              \
    X(NODES, "", "list nodes")                                                                                                            \
    X(FILTER, "filter", "filter by a regular expression; in logs and in what is shown as text: search")                                    \
    X(FAULTS, "faults", "only what is not well, and back")                                                                                \
    X(COMMAND, "command", "command line: a kind, ns NAME, ctx NAME, theme NAME, q")                                                       \
    X(NAMESPACE, "ns", "pick a namespace")                                                                                                \
    X(CONTEXT, "ctx", "pick a context")                                                                                                   \
    X(YAML, "yaml", "the object as YAML, managedFields folded")                                                                           \
    X(COPY, "copy", "copy the kubectl command shown in Why, else the one that shows the object")                                         \
    X(SAVE, "save", "save what the pane shows to a file")                                                                                 \
    X(LOG_SYSTEM, "ctl+rtr", "the controller's and the router's lines, merged by time")                                                   \
    X(LOG_OWN, "own", "the lines of what is selected: all containers of its pod")                                                         \
    X(LOG_PICK, "pick", "the pods picked by hand; in a list: pick the selected one's pod, or drop it")                                    \
    X(LOG_CHOOSE, "", "choose pods to pick: those seen, or NS/NAME")                                                                      \
    X(LOG_ABOUT, "about", "only lines that speak of what is selected, and back")                                                          \
    X(LOG_CLAIM, "claim", "to the claim that this line speaks of")                                                                        \
    X(LOG_FOLLOW, "follow", "stand still or follow; nothing is lost meanwhile")                                                           \
    X(LOG_TIME, "", "go to a time: 14:05, 14:05:30, -5m")                                                                                 \
    X(LOG_ERROR_NEXT, "", "the next error")                                                                                               \
    X(LOG_ERROR_PREV, "error", "the error before")                                                                                        \
    X(SEARCH_NEXT, "", "the next match")                                                                                                  \
    X(SEARCH_PREV, "match", "the match before")                                                                                           \
    X(LOG_IN, "in", "only lines that match; several may be given")                                                                        \
    X(LOG_OUT, "out", "no lines that match")                                                                                              \
    X(LOG_DROP, "", "take a filter away")                                                                                                 \
    X(LOG_LEVEL, "level", "least level: all, debug, info, warning, error (F: errors only)")                                               \
    X(LOG_MORE, "", "more lines around each that matches")                                                                                \
    X(LOG_LESS, "", "fewer of them")                                                                                                      \
    X(LOG_OPEN, "", "open or close all groups (Enter: one): tracebacks, stack traces")                                                    \
    X(LOG_WRAP, "wrap", "wrap long lines, or cut them")                                                                                   \
    X(LOG_RAW, "raw", "lines as they came, and back")                                                                                     \
    X(LOG_STAMPS, "", "stamps: time of day, age, as they came, none")                                                                     \
    X(LOG_MARK, "", "mark this line, or take its mark away")                                                                              \
    X(LOG_TO_MARK, "", "to the next mark")                                                                                                \
    X(LOG_PAGER, "", "what is shown, in $PAGER")                                                                                          \
    X(LOG_SAVE_ALL, "", "save all lines the pane holds (s: those shown)")                                                                 \
    X(LOG_COMMAND, "", "copy the kubectl command that reads the same (y: the line)")                                                      \
    X(TEST, "test", "launch a test sandbox from this template, pool or claim: the last command there, output apart")                      \
    X(TEST_AS, "", "the same, but choose the command, the deadline and what stays")                                                       \
    X(EXEC, "", "run a command in this claim's or sandbox's own sandbox")                                                                 \
    X(RUNS, "", "the test sandboxes of this session, and what was left behind")                                                           \
    X(RUN_AGAIN, "again", "in a run: the same command once more")                                                                         \
    X(RUN_CANCEL, "cancel", "in a run: end it at any stage, and clean up")                                                                \
    X(RUN_OLDER, "", "in a run: the run before")                                                                                          \
    X(RUN_NEWER, "", "in a run: the next run")                                                                                            \
    X(TIMELINE, "timeline", "what happened to it when, and where the time went")                                                          \
    X(HISTORY, "", "stuck, waiting and ready of the last quarter of an hour, and how long starts took")                                   \
    X(BUNDLE, "", "a triage bundle of what is selected: objects, events, findings, logs, without secrets")                                \
    X(DEBUG, "", "the controller's log level and debug flags: show them, turn them on, put them back")                                    \
    X(SOURCES, "", "how live each source is, and what was refused")                                                                       \
    X(REPLAY_PAUSE, "pause", "in a replay: stop the time, or let it go on")                                                               \
    X(REPLAY_BACK, "back", "in a replay: ten seconds back")                                                                               \
    X(REPLAY_AHEAD, "ahead", "in a replay: ten seconds ahead")                                                                            \
    X(REPLAY_SLOWER, "", "in a replay: half the speed")                                                                                   \
    X(REPLAY_FASTER, "", "in a replay: twice the speed")                                                                                  \
    X(THEME, "", "the next theme")                                                                                                        \
    X(REDRAW, "", "paint the screen anew")                                                                                                \
    X(SUSPEND, "", "to the shell; fg comes back")                                                                                         \
    X(HELP, "help", "this help")                                                                                                          \
    X(QUIT, "quit", "quit")
#define X(name, footer, help) ACTION_##name,
enum action { ACTION_NONE, ACTIONS(X) ACTION_COUNT };
#undef X

/* Where a key means something of its own; elsewhere and for keys without a row of that scope, KEYS_ALL holds. */
enum key_scope { KEYS_ALL, KEYS_LOGS, KEYS_RUN };
struct binding {
    int key;
    enum action action;
    enum key_scope scope;
};
enum action keymap_action(int key, enum key_scope);
const struct binding *keymap_bindings(size_t *n);  /* the table */
/* Keys of an action as text: "↑ k". */
void keymap_keys(enum action, bool ascii, struct buf *out);
const char *action_footer(enum action);
const char *action_help(enum action);
const char *action_name(enum action);             /* "next-pane" */
const char *action_group(enum action);            /* "Move": what the help puts together; actions of a group stand next to each other */
/* A key that does something here, for the footer. */
struct hint {
    enum action action;
    const char *word;                /* NULL: the key table's own */
};
/* The help as text, a line an action, under the names of the groups: for `sandtop --keys`. The help screen and the man page say the same. */
void keymap_help(bool ascii, struct buf *out);
#endif

/* The one table of keys. Invariant: a key stands in it once a scope, so the footer, the help and what a key does cannot differ. */
#include "tui/keymap.h"

#include <ctype.h>
#include <stdlib.h>

/* The keys of an action are named in the order they have here. l is the logs' (with e and w the panes' initials), so of hjkl it is L that goes right. */
static const struct binding bindings[] = {
    {K_UP, ACTION_UP, KEYS_ALL}, {'k', ACTION_UP, KEYS_ALL},
    {K_DOWN, ACTION_DOWN, KEYS_ALL}, {'j', ACTION_DOWN, KEYS_ALL},
    {K_PGUP, ACTION_PAGE_UP, KEYS_ALL}, {K_CTRL('B'), ACTION_PAGE_UP, KEYS_ALL}, {K_CTRL('U'), ACTION_PAGE_UP, KEYS_ALL},
    {K_PGDN, ACTION_PAGE_DOWN, KEYS_ALL}, {K_CTRL('F'), ACTION_PAGE_DOWN, KEYS_ALL}, {K_CTRL('D'), ACTION_PAGE_DOWN, KEYS_ALL}, {' ', ACTION_PAGE_DOWN, KEYS_ALL},
    {K_HOME, ACTION_TOP, KEYS_ALL}, {'g', ACTION_TOP, KEYS_ALL},
    {K_END, ACTION_BOTTOM, KEYS_ALL}, {'G', ACTION_BOTTOM, KEYS_ALL},
    {K_LEFT, ACTION_LEFT, KEYS_ALL}, {'h', ACTION_LEFT, KEYS_ALL},
    {K_RIGHT, ACTION_RIGHT, KEYS_ALL}, {'L', ACTION_RIGHT, KEYS_ALL},
    {K_ENTER, ACTION_ENTER, KEYS_ALL},
    {K_ESC, ACTION_BACK, KEYS_ALL},
    {'u', ACTION_UPWARD, KEYS_ALL},
    {K_TAB, ACTION_NEXT_PANE, KEYS_ALL},
    {K_BACKTAB, ACTION_PREV_PANE, KEYS_ALL},
    {'z', ACTION_ZOOM, KEYS_ALL},
    {'w', ACTION_WHY, KEYS_ALL},
    {'e', ACTION_EVENTS, KEYS_ALL},
    {'l', ACTION_LOGS, KEYS_ALL},
    {'1', ACTION_CLAIMS, KEYS_ALL},
    {'2', ACTION_SANDBOXES, KEYS_ALL},
    {'3', ACTION_POOLS, KEYS_ALL},
    {'4', ACTION_TEMPLATES, KEYS_ALL},
    {'5', ACTION_PODS, KEYS_ALL},
    {'6', ACTION_NODES, KEYS_ALL},
    {'/', ACTION_FILTER, KEYS_ALL},
    {'F', ACTION_FAULTS, KEYS_ALL},
    {':', ACTION_COMMAND, KEYS_ALL},
    {'n', ACTION_NAMESPACE, KEYS_ALL},
    {'c', ACTION_CONTEXT, KEYS_ALL},
    {'d', ACTION_YAML, KEYS_ALL},
    {'y', ACTION_COPY, KEYS_ALL},
    {'t', ACTION_TEST, KEYS_ALL},
    {'T', ACTION_TEST_AS, KEYS_ALL},
    {'x', ACTION_EXEC, KEYS_ALL},
    {'R', ACTION_RUNS, KEYS_ALL},
    {'r', ACTION_RUN_AGAIN, KEYS_RUN},
    {'c', ACTION_RUN_CANCEL, KEYS_RUN},
    {'[', ACTION_RUN_OLDER, KEYS_RUN},
    {']', ACTION_RUN_NEWER, KEYS_RUN},
    {'s', ACTION_SAVE, KEYS_LOGS}, {'s', ACTION_SAVE, KEYS_RUN},
    {'a', ACTION_LOG_SYSTEM, KEYS_LOGS},
    {'o', ACTION_LOG_OWN, KEYS_ALL},
    {'p', ACTION_LOG_PICK, KEYS_ALL},
    {'P', ACTION_LOG_CHOOSE, KEYS_LOGS},
    {'i', ACTION_LOG_ABOUT, KEYS_ALL},
    {'c', ACTION_LOG_CLAIM, KEYS_LOGS},
    {'f', ACTION_LOG_FOLLOW, KEYS_LOGS},
    {'@', ACTION_LOG_TIME, KEYS_LOGS},
    {']', ACTION_LOG_ERROR_NEXT, KEYS_LOGS},
    {'[', ACTION_LOG_ERROR_PREV, KEYS_LOGS},
    {'&', ACTION_LOG_IN, KEYS_LOGS},
    {'!', ACTION_LOG_OUT, KEYS_LOGS},
    {'D', ACTION_LOG_DROP, KEYS_LOGS},
    {'v', ACTION_LOG_LEVEL, KEYS_LOGS},
    {'+', ACTION_LOG_MORE, KEYS_LOGS}, {'=', ACTION_LOG_MORE, KEYS_LOGS},
    {'-', ACTION_LOG_LESS, KEYS_LOGS},
    {'O', ACTION_LOG_OPEN, KEYS_LOGS},
    {'W', ACTION_LOG_WRAP, KEYS_LOGS},
    {'r', ACTION_LOG_RAW, KEYS_LOGS},
    {'Z', ACTION_LOG_STAMPS, KEYS_LOGS},
    {'m', ACTION_LOG_MARK, KEYS_LOGS},
    {'\'', ACTION_LOG_TO_MARK, KEYS_LOGS},
    {'|', ACTION_LOG_PAGER, KEYS_LOGS},
    {'A', ACTION_LOG_SAVE_ALL, KEYS_LOGS},
    {'Y', ACTION_LOG_COMMAND, KEYS_LOGS},
    {'n', ACTION_SEARCH_NEXT, KEYS_LOGS}, {'n', ACTION_SEARCH_NEXT, KEYS_RUN},
    {'N', ACTION_SEARCH_PREV, KEYS_LOGS}, {'N', ACTION_SEARCH_PREV, KEYS_RUN},
    {'E', ACTION_TIMELINE, KEYS_ALL},
    {'H', ACTION_HISTORY, KEYS_ALL},
    {'B', ACTION_BUNDLE, KEYS_ALL},
    {'V', ACTION_DEBUG, KEYS_ALL},
    {'.', ACTION_REPLAY_PAUSE, KEYS_ALL},
    {'<', ACTION_REPLAY_BACK, KEYS_ALL},
    {'>', ACTION_REPLAY_AHEAD, KEYS_ALL},
    {'{', ACTION_REPLAY_SLOWER, KEYS_ALL},
    {'}', ACTION_REPLAY_FASTER, KEYS_ALL},
    {'S', ACTION_SOURCES, KEYS_ALL},
    {'C', ACTION_THEME, KEYS_ALL},
    {K_CTRL('L'), ACTION_REDRAW, KEYS_ALL},
    {K_CTRL('Z'), ACTION_SUSPEND, KEYS_ALL},
    {'?', ACTION_HELP, KEYS_ALL}, {K_F1, ACTION_HELP, KEYS_ALL},
    {'q', ACTION_QUIT, KEYS_ALL}, {K_CTRL('C'), ACTION_QUIT, KEYS_ALL},
};
enum { BINDINGS = sizeof bindings / sizeof *bindings };

static const struct {
    const char *name, *footer, *help;
} actions[ACTION_COUNT] = {
    [ACTION_NONE] = {"", "", ""},
#define X(name, footer, help) [ACTION_##name] = {#name, footer, help},
    ACTIONS(X)
#undef X
};

static const struct {
    enum action first;
    const char *name;
} groups[] = {
    {ACTION_UP, "Move"},
    {ACTION_ENTER, "Along the chain"},
    {ACTION_NEXT_PANE, "Panes"},
    {ACTION_CLAIMS, "Lists"},
    {ACTION_FILTER, "Narrow and choose"},
    {ACTION_YAML, "Look and take along"},
    {ACTION_LOG_SYSTEM, "Logs"},
    {ACTION_TEST, "Test a sandbox"},
    {ACTION_TIMELINE, "Diagnose"},
    {ACTION_REPLAY_PAUSE, "Replay"},
    {ACTION_THEME, "Program"},
};

static const struct {
    int key;
    const char *text, *ascii;
} named_keys[] = {
    {K_UP, "↑", "Up"}, {K_DOWN, "↓", "Down"}, {K_LEFT, "←", "Left"}, {K_RIGHT, "→", "Right"}, {K_PGUP, "PgUp", "PgUp"}, {K_PGDN, "PgDn", "PgDn"},
    {K_HOME, "Home", "Home"}, {K_END, "End", "End"}, {K_ENTER, "Enter", "Enter"}, {K_ESC, "Esc", "Esc"}, {K_TAB, "Tab", "Tab"},
    {K_BACKTAB, "Shift-Tab", "Shift-Tab"}, {K_F1, "F1", "F1"}, {' ', "Space", "Space"},
};

enum action keymap_action(int key, enum key_scope scope)
{
    enum action general = ACTION_NONE;

    for (size_t i = 0; i < BINDINGS; i++) {
        if (bindings[i].key != key)
            continue;
        if (bindings[i].scope == scope)
            return bindings[i].action;
        if (bindings[i].scope == KEYS_ALL)
            general = bindings[i].action;
    }
    return general;
}

const struct binding *keymap_bindings(size_t *n)
{
    *n = BINDINGS;
    return bindings;
}

static void add_key(int key, bool ascii, struct buf *out)
{
    for (size_t i = 0; i < sizeof named_keys / sizeof *named_keys; i++)
        if (named_keys[i].key == key) {
            buf_add_text(out, ascii ? named_keys[i].ascii : named_keys[i].text);
            return;
        }
    if (key < ' ')
        buf_printf(out, "Ctrl-%c", key + '@');
    else
        buf_add_byte(out, (char)key);
}

void keymap_keys(enum action action, bool ascii, struct buf *out)
{
    bool any = false;

    for (size_t i = 0; i < BINDINGS; i++) {
        bool told = false;
        if (bindings[i].action != action)
            continue;
        for (size_t k = 0; k < i; k++)
            told |= bindings[k].action == action && bindings[k].key == bindings[i].key;
        if (told)
            continue;
        if (any)
            buf_add_byte(out, ' ');
        add_key(bindings[i].key, ascii, out);
        any = true;
    }
}

const char *action_footer(enum action action)
{
    return (unsigned)action < ACTION_COUNT ? actions[action].footer : "";
}

const char *action_help(enum action action)
{
    return (unsigned)action < ACTION_COUNT ? actions[action].help : "";
}

const char *action_name(enum action action)
{
    static char names[ACTION_COUNT][16];         /* made from the table's at the first call: "NEXT_PANE" is "next-pane" */

    if ((unsigned)action >= ACTION_COUNT)
        return "";
    char *name = names[action];
    if (!name[0])
        for (size_t i = 0; actions[action].name[i] && i + 1 < sizeof names[action]; i++)
            name[i] = actions[action].name[i] == '_' ? '-' : (char)tolower((unsigned char)actions[action].name[i]);
    return name;
}

const char *action_group(enum action action)
{
    const char *name = "";

    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (groups[i].first <= action)
            name = groups[i].name;
    return name;
}

void keymap_help(bool ascii, struct buf *out)
{
    enum { KEYS_COLUMN = 28 };
    const char *group = "";

    for (enum action a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
        struct buf keys = {0};
        if (action_group(a) != group) {
            buf_printf(out, "%s%s\n", *group ? "\n" : "", action_group(a));
            group = action_group(a);
        }
        keymap_keys(a, ascii, &keys);
        size_t columns = 0;
        for (size_t i = 0; i < keys.n; i++)
            columns += ((unsigned char)keys.p[i] & 0xc0) != 0x80;
        buf_printf(out, "  %s%*s%s\n", keys.p ? keys.p : "", (int)(columns < KEYS_COLUMN ? KEYS_COLUMN - columns : 1), "", action_help(a));
        buf_free(&keys);
    }
}

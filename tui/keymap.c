/* The one table of keys. Invariant: a key stands in it once, so the footer, the help and what a key does cannot differ. */
#include "tui/keymap.h"

#include <ctype.h>
#include <stdlib.h>

/* The keys of an action are named in the order they have here. l is the logs' (with e and w the panes' initials), so of hjkl it is L that goes right.
 * t and T are kept for test sandboxes. */
static const struct binding bindings[] = {
    {K_UP, ACTION_UP}, {'k', ACTION_UP},
    {K_DOWN, ACTION_DOWN}, {'j', ACTION_DOWN},
    {K_PGUP, ACTION_PAGE_UP}, {K_CTRL('B'), ACTION_PAGE_UP}, {K_CTRL('U'), ACTION_PAGE_UP},
    {K_PGDN, ACTION_PAGE_DOWN}, {K_CTRL('F'), ACTION_PAGE_DOWN}, {K_CTRL('D'), ACTION_PAGE_DOWN}, {' ', ACTION_PAGE_DOWN},
    {K_HOME, ACTION_TOP}, {'g', ACTION_TOP},
    {K_END, ACTION_BOTTOM}, {'G', ACTION_BOTTOM},
    {K_LEFT, ACTION_LEFT}, {'h', ACTION_LEFT},
    {K_RIGHT, ACTION_RIGHT}, {'L', ACTION_RIGHT},
    {K_ENTER, ACTION_ENTER},
    {K_ESC, ACTION_BACK},
    {'u', ACTION_UPWARD},
    {K_TAB, ACTION_NEXT_PANE},
    {K_BACKTAB, ACTION_PREV_PANE},
    {'z', ACTION_ZOOM},
    {'w', ACTION_WHY},
    {'e', ACTION_EVENTS},
    {'l', ACTION_LOGS},
    {'1', ACTION_CLAIMS},
    {'2', ACTION_SANDBOXES},
    {'3', ACTION_POOLS},
    {'4', ACTION_TEMPLATES},
    {'5', ACTION_PODS},
    {'6', ACTION_NODES},
    {'/', ACTION_FILTER},
    {'F', ACTION_FAULTS},
    {':', ACTION_COMMAND},
    {'n', ACTION_NAMESPACE},
    {'c', ACTION_CONTEXT},
    {'d', ACTION_YAML},
    {'y', ACTION_COPY},
    {'S', ACTION_SOURCES},
    {'C', ACTION_THEME},
    {K_CTRL('L'), ACTION_REDRAW},
    {K_CTRL('Z'), ACTION_SUSPEND},
    {'?', ACTION_HELP}, {K_F1, ACTION_HELP},
    {'q', ACTION_QUIT}, {K_CTRL('C'), ACTION_QUIT},
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

enum action keymap_action(int key)
{
    for (size_t i = 0; i < BINDINGS; i++)
        if (bindings[i].key == key)
            return bindings[i].action;
    return ACTION_NONE;
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
        if (bindings[i].action != action)
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

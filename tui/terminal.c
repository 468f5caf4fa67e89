/* Invariant: what stands on the screen is `shown`; a show sends only the cells that differ from it. Every byte that goes out is curses' own, or was
 * made here of sequences we know and text that the canvas' graphemes let through. */
#include "tui/terminal.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tui/grapheme.h"
#include "tui/keymap.h"
#include "tui/terminal_escape.h"
#include "tui/terminal_guard.h"
#include "tui/terminal_paste.h"
#include "tui/theme.h"

#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

/* After ours: its names are many and short. */
#include <curses.h>
#include <term.h>

struct look {
    attr_t attributes;
    short pair;
};

struct terminal {
    SCREEN *screen;
    WINDOW *keys;                    /* a pad: reading keys from it draws nothing */
    struct cell *shown;
    cchar_t *run;                    /* room for one row */
    int h, w;
    bool all;                        /* shown holds nothing that is true */
    int cursor_y, cursor_x;
    bool utf8, titles, titled, hung_up;
    bool lent;                       /* another program has the screen: nothing may be written or set */
    bool brackets;                   /* a terminal of ESC [ sequences: it knows bracketed paste, or ignores what asks for it */
    struct paste paste;
    int colours, signal_fd;
    int held;                        /* a key read too far; 0: none */
    struct look looks[ROLE_COUNT][2];
};

/* --- starting and ending ---------------------------------------------------------------------------------------------------------------- */

static bool check(const char **name, struct err *err)
{
    const char *term = getenv("TERM");
    int found = 0;

    if (!isatty(STDOUT_FILENO))
        return err_set(err, "stdout is not a terminal: start sandtop in one, without a pipe or a file behind it");
    if (!isatty(STDIN_FILENO))
        return err_set(err, "stdin is not a terminal: start sandtop in one, without a pipe or a file before it");
    if (!term || !*term)
        return err_set(err, "TERM is not set: say which terminal this is, such as TERM=xterm-256color sandtop");
    if (strcmp(term, "dumb") == 0)
        return err_set(err, "TERM=dumb cannot show a dashboard: use a terminal such as xterm-256color");
    if (setupterm(term, STDOUT_FILENO, &found) != OK)
        return err_set(err, "TERM=%s is not known here: install its terminfo entry (package ncurses-term), or use TERM=xterm-256color", term);
    const char *cup = tigetstr("cup");
    bool placed = cup && cup != (const char *)-1;
    del_curterm(cur_term);           /* curses reads it anew */
    if (!placed)
        return err_set(err, "TERM=%s cannot place the cursor and so cannot show a dashboard: use a terminal such as xterm-256color", term);
    *name = term;
    return true;
}

static int count_colours(void)
{
    const char *no_color = getenv("NO_COLOR");

    if ((no_color && *no_color) || !has_colors() || start_color() != OK)
        return 0;
    if (use_default_colors() != OK)
        assume_default_colors(COLOR_WHITE, COLOR_BLACK);
    if (COLORS > 256 && tigetflag("RGB") > 0)     /* numbers beyond 8 are no palette there */
        return 8;
    return COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : COLORS >= 8 ? 8 : 0;
}

static struct buf collected;

static int collect(int c)
{
    buf_add_byte(&collected, (char)c);
    return c;
}

static void collect_capability(const char *name)
{
    char *value = tigetstr(name);

    if (value && value != (char *)-1)
        tputs(value, 1, collect);
}

/* What curses does not know of. Without an alternate screen the picture stays, and the shell's prompt comes on its last line: that one is emptied. */
static void collect_beside_curses(const struct terminal *t)
{
    if (t->brackets)
        buf_add_slice(&collected, paste_off());
    if (!exit_ca_mode) {
        tputs(tparm(cursor_address, t->h > 0 ? t->h - 1 : 0, 0), 1, collect);
        collect_capability("el");
    }
}

/* What gives the screen back when curses cannot be asked any more. */
static void set_guard_bytes(const struct terminal *t)
{
    buf_clear(&collected);
    collect_capability("sgr0");
    collect_capability("op");
    collect_capability("cnorm");
    collect_capability("rmkx");
    if (t->titled)
        buf_add_slice(&collected, escape_title_pop());
    collect_beside_curses(t);
    collect_capability("rmcup");
    guard_restoring(buf_slice(&collected));
    buf_free(&collected);
}

static void ask_for_brackets(const struct terminal *t)
{
    if (t->brackets)
        escape_write(STDOUT_FILENO, paste_on());
}

/* Gives the screen to the shell. */
static void leave(const struct terminal *t)
{
    endwin();
    buf_clear(&collected);
    collect_beside_curses(t);
    escape_write(STDOUT_FILENO, buf_slice(&collected));
    buf_free(&collected);
}

static void set_modes(void)
{
    struct termios modes;

    cbreak();
    noecho();
    nonl();
    if (tcgetattr(STDIN_FILENO, &modes) == 0) {
        modes.c_iflag &= ~(tcflag_t)(IXON | IXOFF);              /* Ctrl-S must not freeze the picture */
        modes.c_cc[VLNEXT] = modes.c_cc[VDISCARD] = _POSIX_VDISABLE;
        tcsetattr(STDIN_FILENO, TCSANOW, &modes);
    }
    def_prog_mode();
}

static void fit_to_window(struct terminal *t)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0 && (size.ws_row != LINES || size.ws_col != COLS))
        resizeterm(size.ws_row, size.ws_col);
    getmaxyx(stdscr, t->h, t->w);
    t->shown = mem_grow(t->shown, (size_t)t->h * (size_t)t->w, sizeof *t->shown);
    t->run = mem_grow(t->run, (size_t)t->w + 1, sizeof *t->run);
    set_guard_bytes(t);              /* they name the last line */
    terminal_redraw(t);
}

bool terminal_possible(struct err *err)
{
    const char *name;

    return check(&name, err);
}

struct terminal *terminal_new(struct err *err)
{
    const char *name = NULL;

    setlocale(LC_CTYPE, "");
    if (!check(&name, err))
        return NULL;
    int signal_fd = guard_start(STDOUT_FILENO, SLICE(""));       /* before curses changes anything */
    if (signal_fd < 0) {
        err_set(err, "cannot start the screen: no descriptor is left for a pipe (see ulimit -n)");
        return NULL;
    }
    SCREEN *screen = newterm(name, stdout, stdin);
    if (!screen) {
        guard_stop();
        err_set(err, "TERM=%s cannot show a dashboard: use a terminal such as xterm-256color", name);
        return NULL;
    }
    struct terminal *t = NEW(struct terminal);
    t->screen = screen;
    t->signal_fd = signal_fd;
    t->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    t->titles = escape_has_titles(name) || tigetflag("XT") > 0;
    t->cursor_y = t->cursor_x = -1;
    t->h = LINES;
    t->brackets = strncmp(cursor_address, "\033[", 2) == 0;
    set_guard_bytes(t);
    ask_for_brackets(t);
    set_modes();
    set_escdelay(25);
    t->keys = newpad(1, 1);
    keypad(t->keys, TRUE);
    nodelay(t->keys, TRUE);
    curs_set(0);
    t->colours = count_colours();
    fit_to_window(t);
    return t;
}

void terminal_free(struct terminal *t)
{
    if (!t)
        return;
    if (t->titled)
        escape_write(STDOUT_FILENO, escape_title_pop());
    delwin(t->keys);
    leave(t);
    guard_stop();
    delscreen(t->screen);
    free(t->shown);
    free(t->run);
    free(t);
}

/* --- the picture ------------------------------------------------------------------------------------------------------------------------ */

void terminal_theme(struct terminal *t, const struct theme *theme)
{
    static const struct {
        unsigned char style;
        attr_t attribute;
    } map[] = {
        {STYLE_BOLD, A_BOLD}, {STYLE_DIM, A_DIM}, {STYLE_UNDERLINE, A_UNDERLINE}, {STYLE_REVERSE, A_REVERSE}, {STYLE_ITALIC, A_ITALIC},
    };

    for (int role = 0; role < ROLE_COUNT; role++)
        for (int selected = 0; selected < 2; selected++) {
            struct style style = theme_style(theme, (enum role)role, selected, t->colours);
            struct look *look = &t->looks[role][selected];
            *look = (struct look){A_NORMAL, 0};
            for (size_t i = 0; i < sizeof map / sizeof *map; i++)
                if (style.attributes & map[i].style)
                    look->attributes |= map[i].attribute;
            short pair = (short)(1 + role * 2 + selected);
            if (t->colours && (style.fg >= 0 || style.bg >= 0) && pair < COLOR_PAIRS && init_pair(pair, style.fg, style.bg) == OK)
                look->pair = pair;
        }
    terminal_redraw(t);
}

void terminal_size(struct terminal *t, int *h, int *w)
{
    *h = t->h;
    *w = t->w;
}

bool terminal_utf8(const struct terminal *t)
{
    return t->utf8;
}

int terminal_colours(const struct terminal *t)
{
    return t->colours;
}

/* The cell as curses wants it. False for a character whose columns the C library sees otherwise than utf8proc, so that it would shift the row:
 * it becomes "?", in each of its columns. */
static bool convert(const struct terminal *t, const struct cell *cell, bool wide, cchar_t *out)
{
    const struct look *look = &t->looks[cell->role % ROLE_COUNT][cell->selected];
    wchar_t text[CCHARW_MAX + 1] = {0};
    mbstate_t state = {0};
    const char *p = cell->text;
    size_t n = strlen(p);

    for (int used = 0; n && used < CCHARW_MAX; used++) {
        size_t took = mbrtowc(&text[used], p, n, &state);
        if (took == 0 || took > n || wcwidth(text[used]) != (used ? 0 : 1 + wide)) {
            text[used] = 0;
            break;
        }
        p += took;
        n -= took;
    }
    setcchar(out, text[0] ? text : L"?", look->attributes, look->pair, NULL);
    return text[0];
}

static bool is_wide(const struct cell *row, int x, int w)
{
    return x + 1 < w && !row[x + 1].text[0];
}

static bool same_cell(const struct cell *a, const struct cell *b)
{
    return a->role == b->role && a->selected == b->selected && strcmp(a->text, b->text) == 0;
}

/* Sends cells [from, to) of row y; from is no right half. */
static void send_run(struct terminal *t, const struct cell *row, int y, int from, int to)
{
    int n = 0;

    for (int x = from; x < to; x++) {
        if (!row[x].text[0] && x > from)
            continue;                /* curses fills it with the left one */
        bool wide = is_wide(row, x, t->w), good = convert(t, &row[x], wide, &t->run[n]);
        n++;
        if (wide && !good) {
            t->run[n] = t->run[n - 1];
            n++;
        }
    }
    mvwadd_wchnstr(stdscr, y, from, t->run, n);
}

static bool send_row(struct terminal *t, const struct cell *row, int y)
{
    struct cell *shown = &t->shown[(size_t)y * (size_t)t->w];
    bool any = false;

    for (int x = 0; x < t->w; x++) {
        if (!t->all && same_cell(&row[x], &shown[x]))
            continue;
        int from = x;
        if (!row[from].text[0] && from > 0)
            from--;
        while (x < t->w && (t->all || !same_cell(&row[x], &shown[x])))
            x++;
        if (x < t->w && !row[x].text[0])
            x++;
        send_run(t, row, y, from, x);
        any = true;
    }
    if (any)
        memcpy(shown, row, (size_t)t->w * sizeof *shown);
    return any;
}

void terminal_show(struct terminal *t, const struct canvas *canvas)
{
    int h = canvas_h(canvas) < t->h ? canvas_h(canvas) : t->h, cursor_y, cursor_x;
    bool any = t->all;

    if (canvas_w(canvas) != t->w)    /* made for another size: the next one will fit */
        return;
    if (t->all)
        clearok(stdscr, TRUE);
    for (int y = 0; y < h; y++)
        any |= send_row(t, canvas_cell(canvas, y, 0), y);
    canvas_cursor_get(canvas, &cursor_y, &cursor_x);
    t->all = false;
    if (!any && cursor_y == t->cursor_y && cursor_x == t->cursor_x)
        return;
    if ((cursor_y < 0) != (t->cursor_y < 0))
        curs_set(cursor_y >= 0);
    t->cursor_y = cursor_y;
    t->cursor_x = cursor_x;
    if (cursor_y >= 0)
        wmove(stdscr, cursor_y, cursor_x);
    leaveok(stdscr, cursor_y < 0);
    wrefresh(stdscr);
}

void terminal_redraw(struct terminal *t)
{
    t->all = true;
}

/* --- keys ------------------------------------------------------------------------------------------------------------------------------- */

enum { SEQUENCE_MS = 50 };

static int key_of_code(wint_t code)
{
    static const struct {
        int code, key;
    } map[] = {
        {KEY_UP, K_UP}, {KEY_DOWN, K_DOWN}, {KEY_LEFT, K_LEFT}, {KEY_RIGHT, K_RIGHT}, {KEY_PPAGE, K_PGUP}, {KEY_NPAGE, K_PGDN}, {KEY_HOME, K_HOME},
        {KEY_END, K_END}, {KEY_ENTER, K_ENTER}, {KEY_BTAB, K_BACKTAB}, {KEY_BACKSPACE, K_BACKSPACE}, {KEY_DC, K_DELETE}, {KEY_F(1), K_F1},
        {KEY_FIND, K_HOME}, {KEY_SELECT, K_END}, {KEY_A1, K_HOME}, {KEY_C1, K_END}, {KEY_A3, K_PGUP}, {KEY_C3, K_PGDN},
    };

    for (size_t i = 0; i < sizeof map / sizeof *map; i++)
        if ((wint_t)map[i].code == code)
            return map[i].key;
    return 0;
}

/* The next character in c; false where there is none. A key of several bytes is held for the next terminal_key. */
static bool next_character(struct terminal *t, wint_t *c)
{
    int got = wget_wch(t->keys, c);

    if (got == KEY_CODE_YES)
        t->held = key_of_code(*c);
    return got == OK;
}

/* Within a sequence: a slow line may bring it in parts, and the rest would act as keys. */
static bool rest_of_sequence(struct terminal *t, wint_t *c)
{
    if (next_character(t, c))
        return true;
    return !t->held && poll(&(struct pollfd){.fd = STDIN_FILENO, .events = POLLIN}, 1, SEQUENCE_MS) == 1 && next_character(t, c);
}

/* After Esc: the rest of a sequence that terminfo does not know is swallowed, or its letters would act as keys. A lone Esc stays one. */
static int after_escape(struct terminal *t)
{
    wint_t c, opener;

    if (!next_character(t, &opener))
        return K_ESC;
    if (opener != '[' && opener != 'O') {
        unget_wch((wchar_t)opener);
        return K_ESC;
    }
    if (!next_character(t, &c)) {
        if (!t->held)
            unget_wch((wchar_t)opener);
        return K_ESC;
    }
    char sequence[64];
    size_t n = 0;
    while (opener == '[' && n + 1 < sizeof sequence && c >= 0x20 && c < 0x40) {
        sequence[n++] = (char)c;
        if (!rest_of_sequence(t, &c))
            break;
    }
    sequence[n] = 0;
    if (opener != '[' || c != '~' || strcmp(sequence, "200") != 0)
        return 0;
    paste_begin(&t->paste);
    return K_PASTE_BEGIN;
}

static int key_of_character(struct terminal *t, wint_t c)
{
    switch (c) {
    case 0:
        return 0;
    case 27:
        return after_escape(t);
    case '\r':
    case '\n':
        return K_ENTER;
    case '\t':
        return K_TAB;
    case 127:
    case '\b':
        return K_BACKSPACE;
    default:
        return (int)c;
    }
}

/* A terminal that went away is readable for ever and gives nothing: then it is time to end. */
static void notice_hangup(struct terminal *t)
{
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    int waiting = 0;

    if (poll(&fd, 1, 0) == 1 && ((fd.revents & (POLLHUP | POLLERR | POLLNVAL)) || (ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting == 0)))
        t->hung_up = true;
}

int terminal_key(struct terminal *t)
{
    wint_t c;

    if (t->held) {
        int key = t->held;
        t->held = 0;
        return key;
    }
    for (;;) {
        int got = wget_wch(t->keys, &c), key;
        if (got == ERR) {
            notice_hangup(t);
            return paste_quiet(&t->paste, clock_system()->mono(clock_system()));
        }
        if (t->paste.on)
            key = got == KEY_CODE_YES ? 0 : paste_character(&t->paste, c);
        else
            key = got == KEY_CODE_YES ? key_of_code(c) : key_of_character(t, c);
        if (key)
            return key;
    }
}

int terminal_fd(const struct terminal *t)
{
    (void)t;
    return STDIN_FILENO;
}

/* --- signals ---------------------------------------------------------------------------------------------------------------------------- */

int terminal_signal_fd(const struct terminal *t)
{
    return t->signal_fd;
}

void terminal_signals(struct terminal *t, bool *resized, bool *quit)
{
    unsigned events = guard_take();
    int h = t->h, w = t->w;

    if (t->lent)
        events &= GUARD_QUIT;        /* the size is read anew when it is ours again */
    if (events & GUARD_STOP)
        terminal_suspend(t);
    else if (events & GUARD_CONTINUED) {
        reset_prog_mode();
        ask_for_brackets(t);         /* who had the terminal meanwhile has turned them off */
        fit_to_window(t);
    } else if (events & GUARD_RESIZED)
        fit_to_window(t);
    *resized = t->h != h || t->w != w || events & (GUARD_STOP | GUARD_CONTINUED | GUARD_RESIZED);
    *quit = (events & GUARD_QUIT) || t->hung_up;
}

static void come_back(struct terminal *t)
{
    reset_prog_mode();
    ask_for_brackets(t);
    int ended = paste_abandon(&t->paste);
    if (ended)
        t->held = ended;
    wrefresh(stdscr);                /* the alternate screen again */
    if (t->cursor_y < 0)
        curs_set(0);
    fit_to_window(t);
}

void terminal_lend(struct terminal *t)
{
    signal(SIGTTOU, SIG_IGN);        /* the one it is lent to may not be of our process group */
    leave(t);
    t->lent = true;
}

void terminal_regain(struct terminal *t)
{
    t->lent = false;
    tcsetpgrp(STDOUT_FILENO, getpgrp());
    signal(SIGTTOU, SIG_DFL);
    come_back(t);
}

void terminal_suspend(struct terminal *t)
{
    leave(t);
    guard_stop_job();
    come_back(t);
}

/* --- beside the picture ----------------------------------------------------------------------------------------------------------------- */

void terminal_copy(struct terminal *t, struct slice text)
{
    struct buf out = {0};

    (void)t;
    escape_copy(text, getenv("TERM"), getenv("TMUX"), &out);
    escape_write(STDOUT_FILENO, buf_slice(&out));
    buf_free(&out);
}

void terminal_title(struct terminal *t, const char *title)
{
    struct buf out = {0};

    if (!t->titles)
        return;
    if (!t->titled) {
        buf_add_slice(&out, escape_title_push());
        t->titled = true;
        set_guard_bytes(t);
    }
    escape_title(slice_of(title), t->utf8, &out);
    escape_write(STDOUT_FILENO, buf_slice(&out));
    buf_free(&out);
}

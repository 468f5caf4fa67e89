/* The terminal on a pseudo-terminal: what is sent, what comes back as keys, and that every way out restores. The child is the program. */
#include "tests/unit/test.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/session/session.h"
#include "core/sim/sim.h"
#include "tui/app.h"
#include "tui/keymap.h"
#include "tui/terminal.h"
#include "tui/terminal_escape.h"
#include "tui/terminal_paste.h"
#include "tui/theme.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* Under AddressSanitizer too, memory that cannot be had is to come back as NULL. */
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

/* --- the child: shows the last key and the size, until it is asked to end ---------------------------------------------------------------- */

static void misbehave(int key)
{
    if (key == 'A')
        abort();
    if (key == 'M')
        mem_array(SIZE_MAX, 2);
    if (key == 'E')
        exit(7);
}

static _Noreturn void program(void)
{
    struct err err = {0};
    static struct terminal *t;                                  /* static: an exit at any place leaks nothing */
    static struct theme *theme;
    static struct canvas *c;
    t = terminal_new(&err);
    if (!t) {
        dprintf(STDOUT_FILENO, "<%s>", err.text);
        _exit(1);
    }
    theme = theme_load("dark", &err);
    terminal_theme(t, theme);
    terminal_title(t, "a\033]2;b");
    int h, w, key = 0, last = 0;
    terminal_size(t, &h, &w);
    c = canvas_new(h, w, !terminal_utf8(t));
    for (bool quit = false, resized; !quit;) {
        canvas_erase(c);
        canvas_printf(c, 0, 0, ROLE_STUCK, "<%d %dx%d %d>", last, h, w, terminal_colours(t));
        canvas_text(c, 1, 0, ROLE_NORMAL, "\033[31m 日本 e\u0301");
        terminal_show(t, c);
        struct pollfd fds[2] = {{terminal_fd(t), POLLIN, 0}, {terminal_signal_fd(t), POLLIN, 0}};
        poll(fds, 2, -1);
        terminal_signals(t, &resized, &quit);
        if (resized) {
            terminal_size(t, &h, &w);
            canvas_resize(c, h, w);
        }
        while ((key = terminal_key(t)) != 0) {
            last = key;
            misbehave(key);
        }
    }
    terminal_free(t);
    canvas_free(c);
    theme_free(theme);
    exit(0);
}

/* Another child: the app over an empty cluster whose clock stands still, until it asks to end. */
static _Noreturn void app_program(void)
{
    struct err err = {0};
    static struct terminal *t;
    static struct theme *theme;
    static struct canvas *c;
    static struct app *app;
    const char *text;
    int h, w;
    t = terminal_new(&err);
    if (!t)
        _exit(1);
    theme = theme_load("dark", &err);
    terminal_theme(t, theme);
    terminal_title(t, "app");
    terminal_size(t, &h, &w);
    c = canvas_new(h, w, false);
    static struct clock_virtual clock;
    clock_virtual_init(&clock, INT64_C(1795423489000));
    struct sim *sim = sim_new(&clock.clock, 7);
    struct session *session = session_new(&(struct session_config){.clock = &clock.clock, .transport = sim_transport(sim), .context = "demo",
        .server = "simulated", .simulated = true});
    app = app_new(&(struct app_config){0});
    app_session(app, session);
    app_update(app);
    for (bool quit = false, resized; !quit;) {
        app_draw(app, c);
        terminal_show(t, c);
        struct pollfd fds[2] = {{terminal_fd(t), POLLIN, 0}, {terminal_signal_fd(t), POLLIN, 0}};
        poll(fds, 2, -1);
        terminal_signals(t, &resized, &quit);
        for (int key; (key = terminal_key(t)) != 0;) {
            app_key(app, key);
            for (enum app_wish wish; (wish = app_wish(app, &text)) != APP_NOTHING;)
                quit |= wish == APP_QUIT;
        }
    }
    terminal_free(t);
    app_free(app);
    session_free(session);
    sim_free(sim);
    canvas_free(c);
    theme_free(theme);
    exit(0);
}

/* --- the parent: a terminal ------------------------------------------------------------------------------------------------------------- */

struct pty {
    int master, slave, status;
    pid_t child;
    struct termios before;
    struct buf seen;
};

static void start_program(struct pty *p, const char *term, void (*run)(void))
{
    *p = (struct pty){.master = posix_openpt(O_RDWR | O_NOCTTY)};
    assert_true(p->master >= 0 && grantpt(p->master) == 0 && unlockpt(p->master) == 0);
    p->slave = open(ptsname(p->master), O_RDWR | O_NOCTTY);
    assert_true(p->slave >= 0);
    struct winsize size = {.ws_row = 10, .ws_col = 40};
    ioctl(p->slave, TIOCSWINSZ, &size);
    assert_int_equal(tcgetattr(p->slave, &p->before), 0);
    fflush(NULL);
    p->child = fork();
    assert_true(p->child >= 0);
    if (p->child)
        return;
    setsid();
    ioctl(p->slave, TIOCSCTTY, 0);
    dup2(p->slave, STDIN_FILENO);
    dup2(p->slave, STDOUT_FILENO);
    close(p->slave);
    close(p->master);
    setenv("TERM", term, 1);
    for (int number = 1; number < 32; number++)                 /* the test's own handlers are not the program's */
        signal(number, SIG_DFL);
    alarm(30);
    run();
    _exit(2);
}

static void start(struct pty *p, const char *term)
{
    start_program(p, term, program);
}

/* Reads until text is among what came since the last call; the alarm of the test ends a wait for nothing. */
static void await_text(struct pty *p, const char *text)
{
    char bytes[4096];

    for (;;) {
        char *at = p->seen.p ? strstr(p->seen.p, text) : NULL;
        if (at) {
            buf_drop_front(&p->seen, (size_t)(at - p->seen.p));
            return;
        }
        ssize_t n = read(p->master, bytes, sizeof bytes);
        if (n <= 0)
            fail_msg("\"%s\" never came; last: %s", text, p->seen.p ? p->seen.p : "");
        buf_add(&p->seen, bytes, (size_t)n);
    }
}

static void say(struct pty *p, const char *bytes)
{
    assert_int_equal(write(p->master, bytes, strlen(bytes)), strlen(bytes));
}

static const char *last_of(const char *text, const char *what)
{
    const char *found = NULL;

    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        found = at;
    return found;
}

/* Waits for the end and takes in all that was sent; then the terminal's modes must be as they were, and pastes come without brackets again. */
static void finish_modes(struct pty *p)
{
    struct termios after;
    char bytes[4096];

    assert_int_equal(waitpid(p->child, &p->status, 0), p->child);
    fcntl(p->master, F_SETFL, O_NONBLOCK);
    for (ssize_t n; (n = read(p->master, bytes, sizeof bytes)) > 0;)
        buf_add(&p->seen, bytes, (size_t)n);
    assert_int_equal(tcgetattr(p->slave, &after), 0);
    assert_int_equal(after.c_iflag, p->before.c_iflag);
    assert_int_equal(after.c_lflag, p->before.c_lflag);
    assert_int_equal(after.c_oflag, p->before.c_oflag);
    assert_memory_equal(after.c_cc, p->before.c_cc, sizeof after.c_cc);
    assert_non_null(p->seen.p);
    const char *off = last_of(p->seen.p, "\033[?2004l"), *on = last_of(p->seen.p, "\033[?2004h");
    assert_non_null(off);
    assert_true(!on || on < off);
}

static void drop(struct pty *p)
{
    buf_free(&p->seen);
    close(p->master);
    close(p->slave);
}

/* And so must its screen. */
static void finish(struct pty *p)
{
    finish_modes(p);
    const char *left = strstr(p->seen.p, "\033[?1049l");
    assert_non_null(left);
    assert_non_null(strstr(p->seen.p, "\033[?25h"));            /* the cursor */
    assert_non_null(strstr(p->seen.p, "\033[23;2t"));           /* the title */
    assert_null(strstr(left, "\033[?1049h"));
    drop(p);
}

static void test_picture(void **state)
{
    (void)state;
    struct pty p;
    start(&p, "xterm-256color");
    await_text(&p, "\033[?2004h");
    await_text(&p, "\033[?1049h");
    await_text(&p, "\033]2;a\xc2\xb7]2;b\a");                   /* the title, unable to end itself */
    await_text(&p, "\033[38;5;203m<0 10x40 256>");
    await_text(&p, "\xc2\xb7[31m 日本 e\u0301");
    say(&p, "q");
    await_text(&p, "\033[38;5;203m113");                        /* only what differs is sent */
    kill(p.child, SIGTERM);
    finish(&p);
    assert_true(WIFEXITED(p.status) && WEXITSTATUS(p.status) == 0);
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int key;
    } keys[] = {
        {"j", 'j'}, {"\033OA", K_UP}, {"\033OB", K_DOWN}, {"\033[5~", K_PGUP}, {"\r", K_ENTER}, {"\t", K_TAB}, {"\033[Z", K_BACKTAB}, {"\x7f", K_BACKSPACE},
        {"\x0c", K_CTRL('L')}, {"é", 0xe9}, {"😀", 0x1f600}, {"\033OP", K_F1}, {"\033[99;99~x", 'x'}, {"\033[I:", ':'}, {"\033k", 'k'},
        {"\033[200~q\r\x7f\033[31m\033OA\tz\033[201~", K_PASTE_END}, {"\033[201~y", 'y'}, {"\033", K_ESC},
    };
    struct pty p;
    start(&p, "xterm-256color");
    await_text(&p, "256>");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char want[32];
        say(&p, keys[i].bytes);
        snprintf(want, sizeof want, "<%d ", keys[i].key);
        kill(p.child, SIGCONT);                                 /* as after fg: all is painted anew */
        await_text(&p, want);
    }
    kill(p.child, SIGHUP);
    finish(&p);
}

static void test_resize(void **state)
{
    (void)state;
    struct pty p;
    start(&p, "xterm-256color");
    await_text(&p, "<0 10x40 256>");
    struct winsize size = {.ws_row = 24, .ws_col = 132};
    ioctl(p.master, TIOCSWINSZ, &size);
    await_text(&p, "<0 24x132 256>");
    say(&p, "\003");                                            /* Ctrl-C */
    finish(&p);
    assert_true(WIFEXITED(p.status) && WEXITSTATUS(p.status) == 0);
}

static void ends(const char *key, int signal, int status, int by)
{
    struct pty p;
    start(&p, "xterm-256color");
    await_text(&p, "256>");
    if (*key)
        say(&p, key);
    if (signal)
        kill(p.child, signal);
    finish(&p);
    if (by)
        assert_true(WIFSIGNALED(p.status) && WTERMSIG(p.status) == by);
    else
        assert_true(WIFEXITED(p.status) && WEXITSTATUS(p.status) == status);
}

static void test_every_way_out_restores(void **state)
{
    (void)state;
    ends("", SIGINT, 0, 0);
    ends("E", 0, 7, 0);
    ends("M", 0, 1, 0);
    ends("", SIGQUIT, 0, SIGQUIT);
    ends("A", 0, 0, SIGABRT);
    ends("", SIGSEGV, 0, SIGSEGV);
    ends("", SIGFPE, 0, SIGFPE);
    ends("", SIGBUS, 0, SIGBUS);
}

static void test_suspend(void **state)
{
    (void)state;
    struct pty p;
    start(&p, "xterm-256color");
    await_text(&p, "256>");
    kill(p.child, SIGTSTP);                                     /* nobody waits for the job: the system lets it go on at once */
    await_text(&p, "\033[?1049l");
    await_text(&p, "\033[?2004l");
    await_text(&p, "\033[?2004h");
    await_text(&p, "256>");
    kill(p.child, SIGTERM);
    finish(&p);
}

static void leaves_a_clear_line(int signal)
{
    struct pty p;
    start(&p, "vt100");
    await_text(&p, " 0>");
    kill(p.child, signal);
    finish_modes(&p);
    const char *cleared = last_of(p.seen.p, "\033[10;1H\033[K");
    assert_non_null(cleared);
    assert_null(strpbrk(cleared + strlen("\033[10;1H\033[K"), "\033<"));
    drop(&p);
}

static void test_without_an_alternate_screen(void **state)
{
    (void)state;
    leaves_a_clear_line(SIGINT);
    leaves_a_clear_line(SIGQUIT);
}

/* --- pastes ----------------------------------------------------------------------------------------------------------------------------- */

static void test_paste_in_the_app(void **state)
{
    (void)state;
    struct pty p;
    start_program(&p, "xterm-256color", app_program);
    await_text(&p, "\033[?2004h");
    say(&p, "\033[200~q\r:q\r\033[201~");
    await_text(&p, "pasted");                                   /* and not the end */
    say(&p, ":\033[200~q\rzx\n\t\x7f\033[201~");
    await_text(&p, "qzx");
    say(&p, "\x15q\r");                                        /* typed, it ends */
    finish_modes(&p);                                           /* the prompt had the cursor shown already */
    drop(&p);
    assert_true(WIFEXITED(p.status) && WEXITSTATUS(p.status) == 0);
}

static void paste_gives(struct paste *p, const char *bytes, const char *text, int end)
{
    struct buf out = {0};
    int last = 0;
    for (; *bytes; bytes++) {
        last = paste_character(p, (unsigned char)*bytes);
        if (last && last < KEY_BASE)
            buf_add_byte(&out, (char)last);
    }
    assert_string_equal(out.p ? out.p : "", text);
    assert_int_equal(last >= KEY_BASE ? last : 0, end);
    buf_free(&out);
}

static void test_paste_ends(void **state)
{
    (void)state;
    struct paste p = {0};
    assert_int_equal(paste_quiet(&p, 5000), 0);                 /* none: nothing to end */
    paste_begin(&p);
    paste_gives(&p, "ab\r\n\t\177\033\033[201~", "ab", K_PASTE_END);
    assert_false(p.on);
    paste_begin(&p);
    paste_gives(&p, "a\033[20", "a", 0);                        /* in parts */
    assert_int_equal(paste_quiet(&p, 100), 0);
    paste_gives(&p, "1~", "", K_PASTE_END);
    paste_begin(&p);
    paste_gives(&p, "q", "q", 0);
    assert_int_equal(paste_quiet(&p, 1000), 0);
    assert_int_equal(paste_quiet(&p, 1999), 0);
    paste_gives(&p, "q", "q", 0);                               /* late, but nobody had looked: still the paste */
    assert_int_equal(paste_quiet(&p, 9000), 0);
    assert_int_equal(paste_quiet(&p, 10000), K_PASTE_END);
    assert_int_equal(paste_quiet(&p, 20000), 0);
    assert_false(p.on);
}

static void test_paste_beyond_measure(void **state)
{
    (void)state;
    struct paste p = {0};
    paste_begin(&p);
    for (size_t i = 0; i < PASTE_MOST; i++)
        assert_int_equal(paste_character(&p, 'q'), 'q');
    assert_int_equal(paste_character(&p, 'q'), K_PASTE_END);
    paste_gives(&p, "qqq", "", 0);                              /* no keys even now */
    assert_true(p.on);
    paste_gives(&p, "\033[201~", "", 0);                        /* told once */
    assert_false(p.on);
}

static void test_no_colour(void **state)
{
    (void)state;
    struct pty p;
    setenv("NO_COLOR", "1", 1);
    start(&p, "xterm-256color");
    unsetenv("NO_COLOR");
    await_text(&p, "<0 10x40 0>");
    assert_null(strstr(p.seen.p, "38;5"));
    kill(p.child, SIGTERM);
    finish(&p);
}

static void refuses(const char *term, const char *want)
{
    struct pty p;
    start(&p, term);
    await_text(&p, want);
    assert_int_equal(waitpid(p.child, &p.status, 0), p.child);
    assert_true(WIFEXITED(p.status) && WEXITSTATUS(p.status) == 1);
    assert_null(strstr(p.seen.p, "\033"));
    buf_free(&p.seen);
    close(p.master);
    close(p.slave);
}

static void test_refusals(void **state)
{
    (void)state;
    refuses("dumb", "<TERM=dumb cannot show a dashboard");
    refuses("", "<TERM is not set");
    refuses("no-such-terminal", "<TERM=no-such-terminal is not known here");
}

/* --- bytes ------------------------------------------------------------------------------------------------------------------------------ */

static void copies(const char *text, const char *term, const char *tmux, const char *want)
{
    struct buf out = {0};
    escape_copy(slice_of(text), term, tmux, &out);
    assert_string_equal(out.p ? out.p : "", want);
    buf_free(&out);
}

static void test_copy(void **state)
{
    (void)state;
    copies("kubectl", "xterm", NULL, "\033]52;c;a3ViZWN0bA==\a");
    copies("ab", NULL, "", "\033]52;c;YWI=\a");
    copies("abc", "xterm", NULL, "\033]52;c;YWJj\a");
    copies("", "xterm", NULL, "\033]52;c;\a");
    copies("abc", "tmux-256color", "/tmp/tmux", "\033]52;c;YWJj\a\033Ptmux;\033\033]52;c;YWJj\a\033\\");
    copies("abc", "screen.xterm", NULL, "\033P\033]52;c;YWJj\a\033\\");
    struct buf out = {0}, big = {0};
    buf_reserve(&big, 60000);
    for (int i = 0; i < 60000; i++)
        buf_add_byte(&big, 'x');
    escape_copy(buf_slice(&big), "xterm", NULL, &out);
    assert_int_equal(out.n, 0);
    escape_copy((struct slice){big.p, 1000}, "screen", NULL, &out);
    size_t run = 0;
    for (size_t i = 0; i < out.n; i++) {                        /* no DCS string longer than screen takes */
        run = out.p[i] == '\033' && out.p[i + 1] == 'P' ? 0 : run + 1;
        assert_true(run < 768);
    }
    buf_free(&out);
    buf_free(&big);
}

static void test_title(void **state)
{
    (void)state;
    struct buf out = {0};
    escape_title(slice_of("a\a\033\\\u202e\xffz"), true, &out);
    assert_string_equal(out.p, "\033]2;a··\\\uFFFD\uFFFDz\a");
    buf_clear(&out);
    escape_title(slice_of("é日"), false, &out);
    assert_string_equal(out.p, "\033]2;??\a");
    buf_free(&out);
    assert_true(escape_has_titles("tmux-256color"));
    assert_false(escape_has_titles("linux"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_picture),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_resize),
        cmocka_unit_test(test_every_way_out_restores),
        cmocka_unit_test(test_suspend),
        cmocka_unit_test(test_without_an_alternate_screen),
        cmocka_unit_test(test_paste_in_the_app),
        cmocka_unit_test(test_paste_ends),
        cmocka_unit_test(test_paste_beyond_measure),
        cmocka_unit_test(test_no_colour),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_title),
    };
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    alarm(60);
    return TESTS_MAIN(tests);
}

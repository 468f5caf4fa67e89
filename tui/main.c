/* Where the dashboard meets a terminal: one wait a turn, then sockets, keys, and at most one drawing. */
#include "core/base/mem.h"
#include "core/base/pattern.h"
#include "core/session/run_set.h"
#include "core/sim/sim_replay.h"
#include "tui/app.h"
#include "tui/bundle_command.h"
#include "tui/complete_command.h"
#include "tui/connect.h"
#include "tui/doctor.h"
#include "tui/keymap.h"
#include "tui/logs_command.h"
#include "tui/options.h"
#include "tui/pager.h"
#include "tui/plain_text.h"
#include "tui/run_command.h"
#include "tui/terminal.h"
#include "tui/theme.h"

#include <stdio.h>
#include <stdlib.h>

enum { FRAME_MS = 16, OR_DEMO_MS = 2000, START_MS = 35000, END_MS = 3000 };

struct dashboard {
    const struct options *options;
    struct connection *connection;
    struct terminal *terminal;
    struct theme *theme;
    struct app *app;
    struct canvas *canvas;
    struct pager *pager;             /* not NULL: the terminal is its own */
    int64_t drawn_ms;                /* mono */
    bool quit;
    bool signalled;                  /* SIGTERM or SIGHUP asked for it, not a key */
};

static int64_t now_ms(void)
{
    return clock_system()->mono(clock_system());
}

static int fail(const struct err *err, int status)
{
    fprintf(stderr, "sandtop: %s\n", err->text ? err->text : "failed");
    return status;
}

static bool set_theme(struct dashboard *d, const char *name, struct err *err)
{
    struct theme *theme = theme_load(name, err);

    if (!theme)
        return false;
    theme_free(d->theme);
    d->theme = theme;
    if (d->terminal)
        terminal_theme(d->terminal, theme);
    return true;
}

static void change_context(struct dashboard *d, const char *context)
{
    struct err err = {0};
    char *name = mem_text(context);
    struct connection *next = connection_open(d->options, name, &err);

    if (next) {
        app_session(d->app, NULL);
        connection_close(d->connection);
        d->connection = next;
        app_session(d->app, connection_session(next));
    } else {
        app_say(d->app, err.text);
    }
    err_clear(&err);
    free(name);
}

/* pause, slower, faster, or how far to go in ms. */
static void steer(struct dashboard *d, const char *wish)
{
    struct replay *r = connection_replay(d->connection);

    if (!r)
        return;
    if (strcmp(wish, "pause") == 0)
        replay_pause(r, !replay_paused(r));
    else if (strcmp(wish, "slower") == 0 || strcmp(wish, "faster") == 0)
        replay_speed(r, replay_speed_get(r) * (*wish == 's' ? 0.5 : 2));
    else if (replay_seek(r, replay_position(r) + strtoll(wish, NULL, 10))) {
        app_session(d->app, NULL);   /* back: what it has heard since had not happened yet */
        connection_rewind(d->connection);
        app_session(d->app, connection_session(d->connection));
    }
}

static void tell_replay(struct dashboard *d)
{
    struct replay *r = connection_replay(d->connection);

    if (r)
        app_replay(d->app, &(struct replay_state){.paused = replay_paused(r), .speed = replay_speed_get(r), .position_ms = replay_position(r),
                                                .length_ms = replay_length(r)});
}

static void grant_wishes(struct dashboard *d)
{
    const char *text = NULL;
    struct err err = {0};

    for (enum app_wish wish; (wish = app_wish(d->app, &text)) != APP_NOTHING;) {
        switch (wish) {
        case APP_QUIT: d->quit = true; return;
        case APP_SUSPEND: terminal_suspend(d->terminal); break;
        case APP_REDRAW: terminal_redraw(d->terminal); break;
        case APP_CONTEXT: change_context(d, text); break;
        case APP_PAGER:
            if (!d->pager && !(d->pager = pager_start(d->terminal, slice_of(text), &err)))
                app_say(d->app, err.text);
            err_clear(&err);
            break;
        case APP_REPLAY: steer(d, text); break;
        case APP_COPY: terminal_copy(d->terminal, slice_of(text)); break;
        case APP_THEME:
            if (!set_theme(d, text, &err))
                app_say(d->app, err.text);
            err_clear(&err);
            break;
        case APP_NOTHING: break;
        }
    }
}

static void resize(struct dashboard *d)
{
    int h, w;

    terminal_size(d->terminal, &h, &w);
    canvas_resize(d->canvas, h, w);
}

static void draw(struct dashboard *d)
{
    app_draw(d->app, d->canvas);
    terminal_show(d->terminal, d->canvas);
    d->drawn_ms = now_ms();
}

static void take_in(struct dashboard *d)
{
    struct session *session = connection_session(d->connection);

    session_turn(session);
    tell_replay(d);
    app_update(d->app);
    session_sweep(session);
}

/* A turn while a pager has the terminal: nothing is drawn, nothing is missed. */
static void turn_lent(struct dashboard *d)
{
    struct pollfd fds[2] = {{.fd = terminal_signal_fd(d->terminal), .events = POLLIN}, {.fd = pager_fd(d->pager), .events = POLLIN}};
    bool resized = false;

    session_wait(connection_session(d->connection), fds, 2, fds[1].fd < 0 ? FRAME_MS * 6 : 1000);
    take_in(d);
    if (fds[0].revents)
        terminal_signals(d->terminal, &resized, &d->signalled);
    d->quit |= d->signalled;
    if (!d->quit && !pager_done(d->pager))
        return;
    if (pager_failure(d->pager))
        app_say(d->app, pager_failure(d->pager));
    pager_free(d->pager);
    d->pager = NULL;
    resize(d);
    app_key(d->app, K_RESIZE);
    terminal_redraw(d->terminal);
    draw(d);
}

/* One turn. A key is answered in its own turn; changes alone are drawn at most once a frame. */
static void turn(struct dashboard *d)
{
    struct session *session = connection_session(d->connection);
    struct pollfd fds[2] = {{.fd = terminal_fd(d->terminal), .events = POLLIN}, {.fd = terminal_signal_fd(d->terminal), .events = POLLIN}};
    bool resized = false, quit = false, keys = false;
    int64_t wait = app_due(d->app);

    if (app_needs_draw(d->app))
        wait = d->drawn_ms + FRAME_MS > now_ms() ? d->drawn_ms + FRAME_MS - now_ms() : 0;
    session_wait(session, fds, 2, wait < 0 ? -1 : (int)wait);
    terminal_signals(d->terminal, &resized, &quit);
    d->signalled |= quit;
    d->quit |= quit;
    if (resized) {
        resize(d);
        app_key(d->app, K_RESIZE);
    }
    for (int key; (key = terminal_key(d->terminal)) != 0;) {
        keys = true;
        app_key(d->app, key);
        grant_wishes(d);
        if (d->quit || d->pager)
            return;
    }
    if (keys || resized)
        draw(d);                     /* before the sockets: a key never waits for the cluster */
    take_in(d);
    grant_wishes(d);
    if (!d->pager && app_needs_draw(d->app) && now_ms() - d->drawn_ms >= FRAME_MS)
        draw(d);
}

static bool connect_first(struct dashboard *d, struct err *err)
{
    const struct options *o = d->options;

    if (!o->demo) {
        d->connection = connection_open(o, NULL, err);
        if (d->connection && connection_await(d->connection, o->or_demo ? OR_DEMO_MS : START_MS, err))
            return true;
        connection_close(d->connection);
        d->connection = NULL;
        if (!o->or_demo)
            return false;
        err_clear(err);
    }
    d->connection = connection_demo(o);
    return connection_await(d->connection, OR_DEMO_MS, err);
}

static bool open_screen(struct dashboard *d, struct err *err)
{
    struct app_config config = {.utc = d->options->utc, .filter = d->options->filter};
    struct ptrs names = {0};

    if (!set_theme(d, d->options->theme && *d->options->theme ? d->options->theme : "dark", err))
        return false;
    d->terminal = terminal_new(err);
    if (!d->terminal)
        return false;
    terminal_theme(d->terminal, d->theme);
    int h, w;
    terminal_size(d->terminal, &h, &w);
    d->canvas = canvas_new(h, w, !terminal_utf8(d->terminal));
    d->app = app_new(&config);
    theme_names(&names);
    ptrs_add(&names, NULL);
    app_themes(d->app, (const char *const *)(void *)names.v);
    app_theme(d->app, theme_name(d->theme));
    for (size_t i = 0; i + 1 < names.n; i++)
        free(names.v[i]);
    ptrs_free(&names);
    if (connection_contexts(d->connection))
        app_contexts(d->app, connection_contexts(d->connection));
    app_session(d->app, connection_session(d->connection));
    return true;
}

static void tell(const char *text)
{
    struct buf line = {0};

    plain_line(text, &line);
    fprintf(stderr, "sandtop: %s\n", line.p ? line.p : "");
    buf_free(&line);
}

/* Test sandboxes that are still there when one leaves: the terminal is the shell's again, so that it stays to be read. */
static void tell_left(struct session *session)
{
    size_t n;
    const unsigned *ids = session_runs(session, &n);

    for (size_t i = 0; i < n; i++) {
        const struct run_view *v = session_run(session, ids[i]);
        char *text = NULL;
        if (v && v->state == RUN_OVER && *v->left)
            text = mem_printf("left behind in namespace %s: %s", v->ns, v->left);
        else if (v && v->state != RUN_OVER && v->made_claim)
            text = mem_printf("claim %s in namespace %s is perhaps still there: it goes at its shutdownTime; at once with: kubectl delete sandboxclaim %s -n %s", v->claim, v->ns,
                              v->claim, v->ns);
        if (text)
            tell(text);
        free(text);
    }
}

/* Who ends us by a signal cannot be asked to wait: the terminal is the shell's again, and what runs is removed within END_MS. */
static void end_runs(struct session *session)
{
    int64_t until = now_ms() + END_MS;

    session_runs_end(session);
    for (int64_t left; session_runs_active(session) && (left = until - now_ms()) > 0;) {
        session_wait(session, NULL, 0, left < 100 ? (int)left : 100);
        session_turn(session);
        session_sweep(session);
    }
}

static void close_all(struct dashboard *d)
{
    pager_free(d->pager);
    if (d->app)
        app_free(d->app);
    if (d->terminal)
        terminal_free(d->terminal);
    if (d->canvas)
        canvas_free(d->canvas);
    if (d->signalled && d->connection)
        end_runs(connection_session(d->connection));
    if (d->terminal && d->connection)
        tell_left(connection_session(d->connection));
    theme_free(d->theme);
    connection_close(d->connection);
}

static bool filter_good(const char *text, struct err *err)
{
    struct pattern *pattern = text ? pattern_new(slice_of(text), PATTERN_SMARTCASE, err) : NULL;

    if (text && !pattern)
        return err_prefix(err, "--filter");
    pattern_free(pattern);
    return true;
}

static int run(const struct options *o)
{
    struct dashboard d = {.options = o};
    struct err err = {0};
    int status = 0;

    if (filter_good(o->filter, &err) && terminal_possible(&err) && connect_first(&d, &err) && open_screen(&d, &err)) {
        draw(&d);
        while (!d.quit)
            d.pager ? turn_lent(&d) : turn(&d);
    } else {
        status = 1;
    }
    close_all(&d);
    if (status)
        fail(&err, status);
    err_clear(&err);
    return status;
}

/* What each command does, by its number. A new one: a row in options.c and one here. */
static int (*const programs[])(const struct options *) = {
    [COMMAND_DASHBOARD] = run,
    [COMMAND_DOCTOR] = doctor_run,
    [COMMAND_WHY] = doctor_run,
    [COMMAND_BUNDLE] = bundle_run,
    [COMMAND_COMPLETION] = completion_run,
    [COMMAND_COMPLETE] = complete_run,
    [COMMAND_LOGS] = logs_run,
    [COMMAND_RUN] = run_command,
    [COMMAND_CHECK] = check_command,
};

int main(int argc, char **argv)
{
    struct options options;
    struct err err = {0};
    int status = 0;

    if (!options_parse(argc, argv, &options, &err)) {
        status = fail(&err, 2);
    } else if (options.help) {
        struct buf b = {0};
        options_help(options.command, &b);
        fputs(b.p, stdout);
        buf_free(&b);
    } else if (options.version) {
        puts("sandtop " VERSION);
    } else if (options.keys) {
        struct buf b = {0};
        keymap_help(false, &b);
        fputs(buf_slice(&b).p, stdout);
        buf_free(&b);
    } else {
        status = programs[options.command](&options);
    }
    err_clear(&err);
    options_free(&options);
    return status;
}

/* A whole dashboard in a test: the app over a session over the simulated cluster, on a virtual clock, with its screen as text. */
#ifndef TESTS_SCREEN_WORLD_H
#define TESTS_SCREEN_WORLD_H
#include "core/base/mem.h"
#include "core/session/session.h"
#include "core/sim/sim.h"
#include "tests/unit/test.h"
#include "tui/app.h"
#include "tui/keymap.h"

enum { START_S = 1795423489 };       /* 2026-11-23T09:24:49Z */

struct world {
    struct clock_virtual clock;
    struct sim *sim;
    struct session *session;
    struct app *app;
    struct canvas *canvas;
};

static inline void run(struct world *w, int64_t ms)
{
    for (int64_t t = 0; t < ms; t += 50) {
        session_turn(w->session);
        app_update(w->app);
        session_sweep(w->session);
        clock_virtual_advance(&w->clock, 50);
    }
}

static inline void open_session(struct world *w, bool read_only)
{
    struct session_config config = {.clock = &w->clock.clock, .transport = sim_transport(w->sim), .context = "demo", .server = "simulated",
        .simulated = true, .read_only = read_only};
    w->session = session_new(&config);
}

static inline void open_app(struct world *w, int h, int width, bool ascii)
{
    static const char *const contexts[] = {"prod-eu", "prod-us", "staging", NULL}, *const themes[] = {"dark", "light", NULL};
    struct app_config config = {.utc = true};
    open_session(w, false);
    w->app = app_new(&config);
    app_contexts(w->app, contexts);
    app_themes(w->app, themes);
    app_session(w->app, w->session);
    w->canvas = canvas_new(h, width, ascii);
}

static inline void open_sim(struct world *w)
{
    *w = (struct world){0};
    clock_virtual_init(&w->clock, INT64_C(1000) * START_S);
    w->sim = sim_new(&w->clock.clock, 7);
}

static inline void open_demo(struct world *w, int h, int width)
{
    open_sim(w);
    sim_story_demo(w->sim);
    open_app(w, h, width, false);
    run(w, 90000);
}

static inline void close_world(struct world *w)
{
    app_free(w->app);
    canvas_free(w->canvas);
    session_free(w->session);
    sim_free(w->sim);
}

static inline void keys(struct world *w, const char *text)
{
    for (; *text; text++)
        app_key(w->app, *text);
}

static inline char *screen(struct world *w, bool roles)
{
    struct buf out = {0};
    app_draw(w->app, w->canvas);
    canvas_dump(w->canvas, roles, &out);
    return buf_take(&out);
}

static inline bool shows(struct world *w, const char *text)
{
    char *dump = screen(w, false);
    bool found = strstr(dump, text) != NULL;
    free(dump);
    return found;
}

static inline void expect(struct world *w, const char *text)
{
    char *dump = screen(w, false);
    if (!strstr(dump, text))
        fail_msg("\"%s\" is not on the screen:\n%s", text, dump);
    free(dump);
}

static inline void golden(struct world *w, const char *name)
{
    char path[512];
    const char *top = getenv("TOP_SRCDIR");
    char *have = screen(w, true);
    snprintf(path, sizeof path, "%s/tests/screens/%s.txt", top ? top : ".", name);
    if (getenv("UPDATE_GOLDENS")) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fputs(have, file);
        fclose(file);
    }
    char fixture_name[128];
    size_t n;
    snprintf(fixture_name, sizeof fixture_name, "../screens/%s.txt", name);
    char *want = fixture(fixture_name, &n);
    if (strcmp(want, have) != 0)
        fail_msg("the screen is not tests/screens/%s.txt; UPDATE_GOLDENS=1 takes it as it is now:\n%s", name, have);
    free(want);
    free(have);
}
#endif

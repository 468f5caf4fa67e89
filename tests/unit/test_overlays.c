/* The overlays that do something: test sandboxes, the form, the controller's flags, the bundle, the timeline and the history, over the simulated
 * cluster: whole screens as goldens, and what the keys do. */
#include "core/session/run_set.h"
#include "tests/unit/screen_world.h"
#include "tests/unit/temp_dir.h"

static void press(struct world *w, const char *text)
{
    for (const char *k = text; *k; k++)
        app_key(w->app, *k == '\033' ? K_ESC : *k == '\n' ? K_ENTER : *k == '\t' ? K_TAB : *k == '\v' ? K_DOWN : *k);
}

/* What a prompt holds is taken out, then the text is typed and taken. */
static void answer(struct world *w, const char *text)
{
    app_key(w->app, K_CTRL('u'));
    press(w, text);
    app_key(w->app, K_ENTER);
}

/* Turns until the text is on the screen. */
static void await(struct world *w, const char *text, int seconds)
{
    for (int i = 0; i < seconds * 4 && !shows(w, text); i++)
        run(w, 250);
    expect(w, text);
}

/* The demo with the cursor on the pool of that name. */
static void at_pool(struct world *w, const char *name)
{
    open_demo(w, 24, 80);
    press(w, "3/");
    press(w, name);
    press(w, "\n");
    run(w, 500);
}

static void a_warm_run(void **state)
{
    (void)state;
    struct world w;
    at_pool(&w, "python-pool");
    press(&w, "t");
    expect(&w, "Run · python-pool");
    await(&w, "done 0.", 20);
    golden(&w, "run-80x24");
    canvas_resize(w.canvas, 40, 120);
    golden(&w, "run-120x40");
    canvas_resize(w.canvas, 60, 200);
    golden(&w, "run-200x60");
    canvas_resize(w.canvas, 16, 60);
    golden(&w, "run-60x16");
    press(&w, "\033");
    assert_false(shows(&w, "Run · python-pool"));
    press(&w, "R");
    expect(&w, "Run · python-pool");
    close_world(&w);
}

static void the_guides_examples(void **state)
{
    (void)state;
    struct world w;
    at_pool(&w, "python-pool");
    press(&w, "tx");
    answer(&w, "echo 'Hello World!'");
    await(&w, " Hello World!  ", 20);
    expect(&w, "exit 0");
    press(&w, "x");
    answer(&w, "python3 /app/agent_script.py");
    await(&w, "exit 2", 20);
    await(&w, "done 0.", 20);
    golden(&w, "run-exit-2-80x24");
    /* the place remembers its last command */
    press(&w, "\033t");
    expect(&w, "agent_script.py");
    await(&w, "exit 2", 20);
    close_world(&w);
}

static void exit_codes_have_names(void **state)
{
    static const struct { const char *command, *name; } runs[] = {{"nonsense", "127: not found"}, {"sh -c 'kill -9 $$'", "137: killed, SIGKILL"}};
    (void)state;
    struct world w;
    at_pool(&w, "python-pool");
    press(&w, "t");
    await(&w, "exit 0", 20);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        press(&w, "x");
        answer(&w, runs[i].command);
        run(&w, 5000);
        if (strstr(runs[i].command, "kill"))
            await(&w, runs[i].name, 20);
        else
            await(&w, "exit ", 20);
    }
    close_world(&w);
}

static void what_fails_keeps_its_evidence(void **state)
{
    (void)state;
    struct world w;
    at_pool(&w, "py-ml-pool");
    assert_true(sim_delete(w.sim, "resourcequotas", "ml-team", "team-quota"));
    press(&w, "T");
    golden(&w, "run-form-80x24");
    press(&w, "\v\v\n");
    answer(&w, "20s");
    press(&w, "t");
    await(&w, "waiting for ready", 5);
    await(&w, "failed", 60);
    await(&w, "evidence, as it was", 60);
    expect(&w, "cannot be pulled");
    golden(&w, "run-failed-80x24");
    press(&w, "\t");
    expect(&w, "no command went out");
    close_world(&w);
}

static void a_refusal_before_anything_is_made(void **state)
{
    (void)state;
    struct world w;
    at_pool(&w, "big-mem");
    press(&w, "t");
    await(&w, "exceeded quota", 5);
    assert_int_equal(sim_requests(w.sim, "POST /apis/extensions.agents.x-k8s.io/v1beta1/namespaces/ml-team/sandboxclaims HTTP"), 0);
    close_world(&w);
}

static void cancelled_it_cleans_up(void **state)
{
    (void)state;
    struct world w;
    at_pool(&w, "py-ml-pool");
    assert_true(sim_delete(w.sim, "resourcequotas", "ml-team", "team-quota"));
    press(&w, "t");
    await(&w, "waiting for ready", 5);
    press(&w, "c");
    await(&w, "cancelled", 20);
    run(&w, 5000);
    press(&w, "\033" "1");
    run(&w, 2000);
    assert_false(shows(&w, "sandtop-"));
    close_world(&w);
}

static void inside_a_claim(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    press(&w, "/research-39\n");
    run(&w, 500);
    press(&w, "x");
    answer(&w, "seq 500");
    await(&w, "exit 0", 20);
    expect(&w, "500 lines");
    app_key(w.app, K_HOME);
    expect(&w, "│");
    press(&w, "/^499$\n");
    run(&w, 200);
    expect(&w, " 499");
    press(&w, "s");
    const char *path = temp_path("out.txt");
    answer(&w, path);
    expect(&w, "saved to");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 9 * 2 + 90 * 3 + 401 * 4);
    press(&w, "s");
    answer(&w, path);                /* never overwrites */
    expect(&w, "is there already");
    app_key(w.app, K_ESC);
    /* its sandbox is not ours to remove */
    press(&w, "\033");
    run(&w, 3000);
    expect(&w, "research-39");
    close_world(&w);
}

static void read_only_refuses(void **state)
{
    static const char keys_of[] = "tTx";
    (void)state;
    struct world w;
    open_sim(&w);
    sim_story_demo(w.sim);
    struct app_config config = {.utc = true};
    open_session(&w, true);
    w.app = app_new(&config);
    app_session(w.app, w.session);
    w.canvas = canvas_new(24, 80, false);
    run(&w, 5000);
    for (size_t i = 0; keys_of[i]; i++) {
        app_key(w.app, keys_of[i]);
        expect(&w, "--read-only");
    }
    close_world(&w);
}

static void timeline_and_history(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    run(&w, 60000);
    press(&w, "E");
    run(&w, 500);
    golden(&w, "timeline-80x24");
    canvas_resize(w.canvas, 40, 120);
    golden(&w, "timeline-120x40");
    canvas_resize(w.canvas, 24, 80);
    press(&w, "\033H");
    run(&w, 500);
    golden(&w, "history-80x24");
    press(&w, "H");
    assert_false(shows(&w, "History"));
    close_world(&w);
}

static void the_controllers_flags(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    press(&w, "V");
    run(&w, 1000);
    golden(&w, "controller-80x24");
    press(&w, "\n");
    run(&w, 1000);
    golden(&w, "controller-plan-80x24");
    press(&w, "\n");
    expect(&w, "(y/n)");
    press(&w, "n");
    run(&w, 500);
    assert_false(shows(&w, "+ --enable-tracing"));
    press(&w, "\n");
    run(&w, 1000);
    press(&w, "\ny");
    run(&w, 30000);
    expect(&w, "--zap-log-level       debug");
    press(&w, "\033");
    run(&w, 500);
    press(&w, "\v\v\n");
    run(&w, 1000);
    press(&w, "\ny");
    run(&w, 30000);
    expect(&w, "--zap-log-level       info");
    close_world(&w);
}

static void a_bundle(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    press(&w, "B");
    const char *path = temp_path("bundle.tar.gz");
    answer(&w, path);
    await(&w, "bundle written", 20);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    press(&w, "\033B");
    answer(&w, path);
    expect(&w, "is there already");
    close_world(&w);
}

static void keys_of_a_replay_outside_of_one(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    press(&w, ".");
    expect(&w, "this is no replay");
    app_replay(w.app, &(struct replay_state){.paused = true, .speed = 2, .position_ms = 61000, .length_ms = 125000});
    press(&w, ".");
    const char *text;
    assert_int_equal(app_wish(w.app, &text), APP_REPLAY);
    assert_string_equal(text, "pause");
    expect(&w, "REPLAY 1m01s of 2m05s ×2 stopped");
    close_world(&w);
}

/* What a closed overlay has asked for comes to nobody. */
static void closed_before_the_answer(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    sim_hang(w.sim, true);
    press(&w, "d");
    expect(&w, "asking the server");
    press(&w, "\033");
    sim_hang(w.sim, false);
    run(&w, 2000);
    press(&w, "dB");                 /* nor does an answer to a question that was dropped */
    press(&w, "\033\033\033");
    run(&w, 2000);
    expect(&w, "Claims");
    close_world(&w);
}

static enum app_wish wish(struct world *w)
{
    const char *text;
    return app_wish(w->app, &text);
}

/* q does not leave a test sandbox behind, and says what it waits for; asked twice it goes. */
static void leaving_cleans_up_first(void **state)
{
    (void)state;
    struct world w;
    at_pool(&w, "py-ml-pool");
    assert_true(sim_delete(w.sim, "resourcequotas", "ml-team", "team-quota"));
    press(&w, "t");
    await(&w, "waiting for ready", 5);
    press(&w, "\033q");
    assert_int_equal(wish(&w), APP_NOTHING);
    expect(&w, "cleaning up 1 test sandbox before leaving");
    for (int i = 0; i < 200 && session_runs_active(w.session); i++)
        run(&w, 250);
    run(&w, 100);
    assert_int_equal(wish(&w), APP_QUIT);
    press(&w, "t");                  /* another one; its user does not wait */
    await(&w, "pod: Image", 5);
    press(&w, "\033q");
    assert_int_equal(wish(&w), APP_NOTHING);
    press(&w, "q");
    assert_int_equal(wish(&w), APP_QUIT);
    close_world(&w);
}

static void leaving_for_another_context(void **state)
{
    (void)state;
    struct world w;
    at_pool(&w, "py-ml-pool");
    assert_true(sim_delete(w.sim, "resourcequotas", "ml-team", "team-quota"));
    press(&w, "t");
    await(&w, "waiting for ready", 5);
    press(&w, "\033:ctx staging\n");
    expect(&w, "cleaning up");
    press(&w, "t");                  /* one stays after all */
    run(&w, 60000);
    assert_int_equal(wish(&w), APP_NOTHING);
    close_world(&w);
}

/* A token of the environment goes with t, and with what is run again; one that would break out of its header does not. */
static void the_environments_token(void **state)
{
    (void)state;
    struct world w;
    setenv("SANDTOP_ROUTER_TOKEN", "sesame", 1);
    at_pool(&w, "python-pool");
    press(&w, "t");
    await(&w, "by port-forward", 20);
    await(&w, "done 0.", 20);
    press(&w, "x");
    answer(&w, "echo 'Hello World!'");
    await(&w, " Hello World!  ", 20);
    expect(&w, "by port-forward");
    assert_int_equal(sim_requests(w.sim, "/proxy/execute"), 0);
    setenv("SANDTOP_ROUTER_TOKEN", "sesame\r\nX-Other: 1", 1);
    press(&w, "\033t");
    expect(&w, "cannot stand in a header");
    unsetenv("SANDTOP_ROUTER_TOKEN");
    close_world(&w);
}

static void a_paste_says_no_yes(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    press(&w, "V");
    run(&w, 1000);
    press(&w, "\n");
    await(&w, "Nothing is changed yet", 5);
    press(&w, "\n");
    expect(&w, "(y/n)");
    app_key(w.app, K_PASTE_BEGIN);
    press(&w, "yes");
    app_key(w.app, K_PASTE_END);
    expect(&w, "(y/n)");
    assert_int_equal(sim_requests(w.sim, "PATCH"), 0);
    close_world(&w);
}

/* A launch that is refused leaves the form as it was filled in. */
static void a_refused_launch(void **state)
{
    (void)state;
    struct world w;
    setenv("SANDTOP_ROUTER_TOKEN", "two\nlines", 1);
    at_pool(&w, "python-pool");
    press(&w, "T");
    unsetenv("SANDTOP_ROUTER_TOKEN");
    press(&w, "t");
    expect(&w, "cannot stand in a header");
    expect(&w, "Test sandbox");
    close_world(&w);
}

/* An overlay that is opened while a bundle is written shows that one, and does not ask for another when it is done. */
static void a_bundle_is_watched(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    press(&w, "B");
    answer(&w, temp_path("bundle.tar.gz"));
    press(&w, "\033B");
    await(&w, "bundle written", 20);
    assert_false(shows(&w, "write the bundle to"));
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warm_run), cmocka_unit_test(the_guides_examples), cmocka_unit_test(exit_codes_have_names),
        cmocka_unit_test(what_fails_keeps_its_evidence), cmocka_unit_test(a_refusal_before_anything_is_made), cmocka_unit_test(cancelled_it_cleans_up),
        cmocka_unit_test_setup_teardown(inside_a_claim, temp_setup, temp_teardown), cmocka_unit_test(read_only_refuses), cmocka_unit_test(timeline_and_history),
        cmocka_unit_test(the_controllers_flags), cmocka_unit_test_setup_teardown(a_bundle, temp_setup, temp_teardown),
        cmocka_unit_test(keys_of_a_replay_outside_of_one), cmocka_unit_test(closed_before_the_answer),
        cmocka_unit_test(leaving_cleans_up_first), cmocka_unit_test(leaving_for_another_context), cmocka_unit_test(the_environments_token),
        cmocka_unit_test(a_paste_says_no_yes), cmocka_unit_test(a_refused_launch), cmocka_unit_test_setup_teardown(a_bundle_is_watched, temp_setup, temp_teardown),
    };
    return TESTS_MAIN(tests);
}

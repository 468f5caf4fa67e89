/* The Logs pane over a buffer filled by hand: what each format and marker looks like, and what each key does. */
#include "tests/unit/logs_help.h"
#include "tests/unit/temp_dir.h"

/* --- what lines look like ------------------------------------------------------------------------------------------------------ */

static void every_format(void **state)
{
    static const struct { const char *file, *name; unsigned stream; size_t lines; } files[] = {
        {"controller-failing.log", "zap-json", 0, 30}, {"controller-console.log", "zap-console", 0, 30}, {"controller-leader-lost.log", "klog", 0, 20},
        {"python-router.log", "uvicorn", 1, 14}, {"go-router.log", "go-router", 1, 14}, {"python-runtime.log", "plain", 1, 14},
        {"python-chained.log", "traceback", 1, 40}, {"go-panic.log", "panic", 0, 40}, {"python-router-no-token.log", "no-token", 1, 60},
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct world w;
        open_world(&w, 18, 100);
        add_file(&w, files[i].stream, files[i].file, files[i].lines);
        turn(&w);
        golden(&w, files[i].name);
        close_world(&w);
    }
}

static void groups_open_and_close(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 16, 90);
    add(&w, 0, "before");
    add_file(&w, 1, "python-chained.log", 40);
    add(&w, 0, "after");
    turn(&w);
    expect(&w, "▸Exception in ASGI");
    keys(&w, "kk\n");
    expect(&w, "▾Exception in ASGI");
    expect(&w, "KeyError: 'claim'");
    golden(&w, "traceback-open");
    keys(&w, "jj\n");                /* and closed again, from the line one is on */
    expect(&w, "▸Exception in ASGI");
    keys(&w, "O");
    expect_not(&w, "▸Exception in ASGI");
    keys(&w, "O");
    expect(&w, "▸Exception in ASGI");
    close_world(&w);
}

static void a_stack_trace_of_its_own_opens(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 12, 90);
    add(&w, 0, "{\"level\":\"error\",\"ts\":\"2026-11-23T08:20:23Z\",\"msg\":\"Reconciler error\",\"controllerKind\":\"Sandbox\",\"Sandbox\":{\"name\":\"b\",\"namespace\":\"a\"},"
               "\"error\":\"pod not found\",\"stacktrace\":\"sigs.k8s.io/one\\n\\t/go/one.go:1\\nsigs.k8s.io/two\\n\\t/go/two.go:2\"}");
    add(&w, 0, "{\"level\":\"info\",\"msg\":\"next\"}");
    turn(&w);
    expect_not(&w, "sigs.k8s.io/two");
    keys(&w, "k\n");
    expect(&w, "sigs.k8s.io/two");
    golden(&w, "stack-open");
    keys(&w, "r");
    expect(&w, "\"msg\":\"Reconciler error\"");
    golden(&w, "raw");
    close_world(&w);
}

static void marks_of_the_stream(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 12, 80);
    add(&w, 0, "first");
    add_to(&w, LOGS_SYSTEM, 0, LOG_LINE_GAP, "lines may be missing: the log was rotated while it was not read");
    add(&w, 0, "second");
    add_to(&w, LOGS_SYSTEM, 1, LOG_LINE_RESTART, "restarted: exit code 137, OOMKilled");
    add_to(&w, LOGS_SYSTEM, 1, LOG_LINE_STATUS, "waiting to start: CrashLoopBackOff");
    w.rows[LOGS_SYSTEM][0].gaps = 1;
    w.rows[LOGS_SYSTEM][1].state = LOG_STREAM_WAITING;
    w.rows[LOGS_SYSTEM][1].message = "waiting to start: CrashLoopBackOff";
    turn(&w);
    golden(&w, "markers");
    close_world(&w);
}

static void hostile_bytes_never_come_through(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 12, 80);
    add(&w, 0, "\033[31mred\033[0m plain \033[1;32mgreen\033[0m \033]0;title\007 \033[2J bell\007 back\bspace tab\there");
    add(&w, 0, "bidi \xe2\x80\xae evil, broken \xff\xfe utf-8, zero\xe2\x80\x8bwidth");
    add(&w, 0, "{\"level\":\"info\",\"msg\":\"escaped \\u001b[31m and \\u0007 and \\n newline\"}");
    log_buffer_add(w.buffers[0], 0, LOG_LINE_TEXT, w.at_ms * 1000000, SLICE("nul \0 inside"));
    turn(&w);
    golden(&w, "hostile");
    keys(&w, "r");
    golden(&w, "hostile-raw");
    struct buf out = {0};
    draw(&w, &out);
    for (size_t i = 0; i < out.n; i++)
        assert_true((unsigned char)out.p[i] >= ' ' || out.p[i] == '\n');
    buf_free(&out);
    close_world(&w);
}

static void wrapped_and_cut(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 12, 60);
    add(&w, 0, "short");
    add(&w, 0, "{\"level\":\"info\",\"msg\":\"a message that is a good deal longer than the pane is wide, with words to break it at\",\"SandboxClaim\":{\"name\":\"one\","
               "\"namespace\":\"team-a\"}}");
    add(&w, 1, "nowhere_to_break_it_0123456789_0123456789_0123456789_0123456789_the_end");
    turn(&w);
    expect_not(&w, "the_end");
    press(&w, K_RIGHT);
    press(&w, K_RIGHT);
    expect(&w, "the_end");
    golden(&w, "sideways");
    press(&w, K_LEFT);
    keys(&w, "W");
    expect(&w, "the_end");
    golden(&w, "wrapped");
    press(&w, K_RIGHT);
    assert_non_null(strstr(w.say, "W cuts"));
    close_world(&w);
}

static void stamps_in_every_way(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 7, 80);
    add(&w, 0, "one");
    w.at_ms = START_MS - 252000;
    add(&w, 0, "late, so it stands first");
    turn(&w);
    expect(&w, " 08:43:49 ctl one");
    keys(&w, "Z");
    expect(&w, "4m12s ctl late");
    golden(&w, "ages");
    keys(&w, "Z");
    expect(&w, " 2026-11-23T08:43:49.000000000Z ctl one");
    keys(&w, "Z");
    expect(&w, "\n ctl late, so it stands first");
    keys(&w, "Z");
    resize(&w, 7, 120);
    expect(&w, " 08:43:49.000 ctl one");
    close_world(&w);
}

static void in_ascii(void **state)
{
    (void)state;
    struct world w;
    open_with(&w, 14, 80, 1 << 20, true);
    add_file(&w, 1, "python-chained.log", 40);
    add_to(&w, LOGS_SYSTEM, 1, LOG_LINE_GAP, "lines may be missing");
    turn(&w);
    keys(&w, "kmF");
    struct buf out = {0};
    draw(&w, &out);
    for (size_t i = 0; i < out.n; i++)
        if ((unsigned char)out.p[i] >= 0x80)
            fail_msg("not ASCII:\n%s", out.p);
    buf_free(&out);
    close_world(&w);
}

/* --- moving -------------------------------------------------------------------------------------------------------------------- */

static void it_follows_and_stands_still(void **state)
{
    (void)state;
    struct world w;
    open_numbered(&w, 12, 300);
    expect(&w, "line 0299");
    add(&w, 0, "line 0300");
    turn(&w);
    expect(&w, "line 0300");
    keys(&w, "kk");
    expect(&w, "paused · 2 newer");
    for (int i = 0; i < 1200; i++)
        add(&w, 0, "more");
    turn(&w);
    expect(&w, "paused · 1,202 newer");
    expect(&w, "line 0300");         /* the screen stood still */
    expect_not(&w, "more\n");
    press(&w, K_END);
    expect(&w, "more");
    expect_not(&w, "paused");
    keys(&w, "f");
    expect(&w, "paused");
    keys(&w, "f");
    expect_not(&w, "paused");
    keys(&w, "k");
    keys(&w, "jj");                  /* down past the newest: it follows */
    expect_not(&w, "paused");
    close_world(&w);
}

static void pages_and_ends(void **state)
{
    (void)state;
    struct world w;
    open_numbered(&w, 12, 300);
    keys(&w, "g");
    expect(&w, "line 0000");
    expect(&w, "299 newer");
    press(&w, K_PGDN);
    expect(&w, "line 0009");
    press(&w, K_PGDN);
    press(&w, K_PGUP);
    press(&w, K_PGUP);
    expect(&w, "line 0000");
    keys(&w, "G");
    expect(&w, "line 0299");
    press(&w, K_PGUP);
    expect(&w, "line 0290");
    assert_int_equal(press(&w, K_DOWN), REACT_DONE);
    close_world(&w);
}

static void a_line_taller_than_the_pane_is_gone_through(void **state)
{
    (void)state;
    struct world w;
    struct buf text = {0};
    open_world(&w, 8, 40);
    for (int i = 0; i < 60; i++)
        buf_printf(&text, "word%02d ", i);
    add(&w, 0, "above");
    add(&w, 0, text.p);
    add(&w, 0, "below");
    turn(&w);
    keys(&w, "Wgj");
    expect(&w, "word00");
    for (int i = 0; i < 40 && !shows(&w, "word59"); i++)
        keys(&w, "j");
    expect(&w, "word59");
    for (int i = 0; i < 40 && !shows(&w, "above"); i++)
        keys(&w, "k");
    expect(&w, "above");
    buf_free(&text);
    close_world(&w);
}

static void a_line_that_is_evicted_while_one_stands_on_it(void **state)
{
    (void)state;
    struct world w;
    char text[600];
    open_with(&w, 12, 80, 1, false); /* as small as it gets */
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 100; i++)
        add(&w, 0, "old");
    turn(&w);
    keys(&w, "g");
    for (int i = 0; i < 3000; i++)
        add(&w, 0, text);
    turn(&w);
    expect(&w, "xxx");
    expect(&w, "evicted ");
    keys(&w, "kkkjjj");
    press(&w, K_END);
    expect(&w, "evicted ");
    expect_not(&w, "paused");
    close_world(&w);
}

static void to_a_time(void **state)
{
    (void)state;
    struct world w;
    open_numbered(&w, 12, 200);      /* from 08:43:49 on, four a second */
    keys(&w, "@");
    assert_true(answer(&w, "08:44:09"));
    expect(&w, "line 0080");
    expect(&w, "119 newer");
    keys(&w, "@");
    assert_false(answer(&w, "soon"));
    assert_non_null(strstr(w.say, "no time"));
    assert_true(answer(&w, "-1m"));
    expect(&w, "199 newer");
    keys(&w, "@");
    assert_true(answer(&w, "2026-11-23T08:44:09.25Z"));
    expect(&w, "118 newer");
    keys(&w, "@");
    assert_true(answer(&w, "+5m"));  /* yet to come: the newest */
    expect(&w, "line 0199");
    close_world(&w);
}

static void times_as_they_are_typed(void **state)
{
    static const struct { const char *text; int64_t ms; } good[] = {
        {"08:44", START_MS - 49000}, {"08:44:49", START_MS}, {"8:44:49", START_MS}, {"08:45", START_MS + 11000 - 86400000}, {"-5m", START_MS - 300000},
        {"-1h30m", START_MS - 5400000}, {" +10s ", START_MS + 10000}, {"-2d", START_MS - 172800000}, {"2026-11-23T08:44:49Z", START_MS},
        {"2026-11-23T09:44:49+01:00", START_MS},
    };
    static const char *const bad[] = {"", " ", "-", "-5", "5m", "-5x", "25:00", "12:60", "12", "12:", "1:2:3:4", "noon", "-99999999999d", "-m", "08:44z", "12:30:"};
    int64_t ns;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!logs_time(slice_of(good[i].text), START_MS, true, &ns))
            fail_msg("%s is no time", good[i].text);
        assert_int_equal(ns / 1000000, good[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (logs_time(slice_of(bad[i]), START_MS, true, &ns))
            fail_msg("\"%s\" is a time", bad[i]);
}

static void to_errors(void **state)
{
    (void)state;
    struct world w;
    open_numbered(&w, 12, 300);      /* errors are lines 49, 99 … 299 */
    keys(&w, "[");
    expect(&w, "paused · 2 live");      /* the newest line is one */
    keys(&w, "[");
    expect(&w, "50 newer");
    keys(&w, "[[");
    expect(&w, "150 newer");
    keys(&w, "]");
    expect(&w, "100 newer");
    keys(&w, "[[[");                 /* 149, 99, 49, and around */
    assert_int_equal(w.say[0], '\0');
    keys(&w, "[");
    assert_non_null(strstr(w.say, "around the end"));
    expect(&w, "paused · 2 live");
    close_world(&w);
}

static void marked_lines(void **state)
{
    (void)state;
    struct world w;
    open_numbered(&w, 12, 100);
    keys(&w, "'");
    assert_non_null(strstr(w.say, "m marks"));
    keys(&w, "kkm");                 /* 97 */
    keys(&w, "gjm");                 /* 1 */
    expect(&w, "●08:43:49 rtr line 0001");
    keys(&w, "G'");
    expect(&w, "98 newer");          /* from the end the first of all */
    keys(&w, "'");
    expect(&w, "2 newer");
    keys(&w, "'");
    expect(&w, "98 newer");
    keys(&w, "m");
    expect_not(&w, "●");
    close_world(&w);
}

/* --- search and filters -------------------------------------------------------------------------------------------------------- */

static void searching(void **state)
{
    (void)state;
    struct world w;
    open_numbered(&w, 12, 300);
    keys(&w, "/");
    assert_string_equal(w.label, "/");
    assert_true(answer(&w, "00[57]0"));
    expect(&w, "229 newer");         /* the last of them, 0070 */
    golden(&w, "searching");
    keys(&w, "N");
    expect(&w, "249 newer");
    assert_int_equal(w.say[0], '\0');
    keys(&w, "N");
    assert_non_null(strstr(w.say, "around the end"));
    expect(&w, "229 newer");
    keys(&w, "n");
    expect(&w, "249 newer");
    keys(&w, "/");
    assert_true(answer(&w, "no such line"));
    assert_non_null(strstr(w.say, "nothing shown matches"));
    keys(&w, "/");
    assert_false(answer(&w, "("));
    assert_true(answer(&w, NULL));   /* Esc brings back what was searched for before */
    expect(&w, "search no such line");
    keys(&w, "\033");
    expect_not(&w, "search no such line");
    w.say[0] = 0;
    keys(&w, "n");
    assert_non_null(strstr(w.say, "/ searches"));
    close_world(&w);
}

static void a_match_in_a_closed_group_opens_it(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 14, 90);
    add(&w, 0, "before");
    add_file(&w, 1, "python-chained.log", 12);
    add(&w, 0, "after");
    turn(&w);
    keys(&w, "/");
    assert_true(answer(&w, "in outer"));
    expect(&w, "line 5, in outer");
    close_world(&w);
}

static void a_match_out_of_sight_is_scrolled_to(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 8, 60);
    add(&w, 0, "short");
    add(&w, 1, "a line whose end stands a good deal farther to the right than the pane is wide: the_end, and more");
    add(&w, 0, "short too");
    turn(&w);
    expect_not(&w, "the_end");
    keys(&w, "/");
    assert_true(answer(&w, "the_end"));
    expect(&w, "the_end");
    keys(&w, "/");
    assert_true(answer(&w, "a line whose"));
    expect(&w, "a line whose");      /* and back */
    close_world(&w);
}

static void esc_gives_a_search_up(void **state)
{
    (void)state;
    struct world w;
    struct err err = {0};
    open_numbered(&w, 12, 300);
    keys(&w, "/");
    w.view->ops->answered(w.view, &w.model, w.ask.id, "0100", false, &err);
    turn(&w);
    expect(&w, "199 newer");         /* as one types */
    assert_true(answer(&w, NULL));
    expect(&w, "line 0299");
    expect_not(&w, "paused");
    close_world(&w);
}

static void filters_in_and_out(void **state)
{
    (void)state;
    struct world w;
    open_numbered(&w, 14, 300);
    keys(&w, "&");
    assert_true(answer(&w, "line 02"));
    expect(&w, "100 of 300 lines");
    keys(&w, "!");
    assert_true(answer(&w, "[02468]$"));
    expect(&w, "only &line 02 · ![02468]$");
    expect(&w, "50 of 300 lines");
    golden(&w, "filtered");
    keys(&w, "&");
    assert_false(answer(&w, "("));
    expect(&w, "50 of 300 lines");   /* the last good one stays */
    assert_true(answer(&w, NULL));
    expect(&w, "50 of 300 lines");
    keys(&w, "D");
    assert_non_null(strstr(w.label, "1 &line 02  2 ![02468]$"));
    assert_false(answer(&w, "3"));
    assert_true(answer(&w, "1"));
    expect(&w, "only ![02468]$");
    keys(&w, "D");                   /* the only one goes without a question */
    expect_not(&w, "only");
    keys(&w, "D");
    assert_non_null(strstr(w.say, "no filter"));
    keys(&w, "&");
    assert_true(answer(&w, "no such line"));
    expect(&w, "none of 300 lines is wanted; Esc");
    keys(&w, "\033");
    expect(&w, "line 0299");
    close_world(&w);
}

static void esc_widens_step_by_step_then_leaves(void **state)
{
    (void)state;
    struct world w;
    open_numbered(&w, 14, 300);
    keys(&w, "F");
    expect(&w, "only errors");
    expect(&w, "6 of 300 lines");
    keys(&w, "&");
    assert_true(answer(&w, "99"));
    expect(&w, "3 of 300");
    keys(&w, "++");
    expect(&w, "±2");
    expect(&w, "line 0298");         /* around a match, though no error */
    golden(&w, "context");
    assert_int_equal(press(&w, K_ESC), REACT_DONE);
    expect_not(&w, "±");
    assert_int_equal(press(&w, K_ESC), REACT_DONE);
    expect(&w, "6 of 300");
    assert_int_equal(press(&w, K_ESC), REACT_DONE);
    expect_not(&w, "only");
    assert_int_equal(press(&w, K_ESC), REACT_NONE);
    close_world(&w);
}

static void levels(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 14, 80);
    add(&w, 0, "{\"level\":\"debug\",\"msg\":\"the debug one\"}");
    add(&w, 0, "{\"level\":\"info\",\"msg\":\"the info one\"}");
    add(&w, 0, "{\"level\":\"warn\",\"msg\":\"the warn one\"}");
    add(&w, 0, "{\"level\":\"error\",\"msg\":\"the error one\"}");
    turn(&w);
    keys(&w, "vv");
    expect(&w, "≥ INFO");
    expect_not(&w, "the debug one");
    keys(&w, "v");
    expect_not(&w, "the info one");
    keys(&w, "v");
    expect(&w, "only errors");
    expect_not(&w, "the warn one");
    expect(&w, "the error one");
    keys(&w, "v");
    expect(&w, "the debug one");
    keys(&w, "-");
    assert_non_null(strstr(w.say, "+ shows some"));
    keys(&w, "+");
    assert_non_null(strstr(w.say, "all lines are shown"));
    close_world(&w);
}

/* --- the cluster --------------------------------------------------------------------------------------------------------------- */

static const char of_claim[] = "{\"level\":\"info\",\"msg\":\"Start of Reconcile\",\"controllerKind\":\"SandboxClaim\",\"SandboxClaim\":{\"name\":\"one\",\"namespace\":\"team-a\"},"
                               "\"namespace\":\"team-a\",\"name\":\"one\",\"reconcileID\":\"r-1\"}";
static const char of_sandbox[] = "{\"level\":\"error\",\"msg\":\"upstream connect failure\",\"logger\":\"sandbox-router\",\"sandbox\":\"one-box\",\"namespace\":\"team-a\","
                                 "\"error\":\"dial tcp: refused\"}";
static const char of_other[] = "{\"level\":\"info\",\"msg\":\"other\",\"controllerKind\":\"SandboxClaim\",\"SandboxClaim\":{\"name\":\"two\",\"namespace\":\"team-a\"}}";
static const char of_pass[] = "{\"level\":\"info\",\"msg\":\"of the same pass\",\"reconcileID\":\"r-1\"}";

static void of_the_selection(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 14, 100);
    put_chain(&w);
    add(&w, 0, of_claim);
    add(&w, 0, of_other);
    add(&w, 1, of_sandbox);
    add(&w, 0, of_pass);
    add(&w, 0, "nothing at all");
    turn(&w);
    keys(&w, "i");
    expect(&w, "only about one");
    expect(&w, "3 of 5 lines");
    golden(&w, "narrowed");
    expect(&w, "of the same pass");
    expect_not(&w, "nothing at all");
    w.model.selected = get(w.store, KIND_POD, "team-a", "one-pod"); /* it follows */
    turn(&w);
    expect(&w, "about one-pod");
    expect(&w, "3 of 5 lines");
    keys(&w, "i");
    expect(&w, "nothing at all");
    resize(&w, 5, 100);
    keys(&w, "i");
    expect(&w, "· about one-pod");   /* in the title, where there is no room for a line */
    close_world(&w);
}

static void from_a_line_to_its_claim(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 14, 100);
    put_chain(&w);
    add(&w, 1, "Proxying request for sandbox 'one-box' to URL: http://one-box.team-a.svc.cluster.local:8888/execute");
    add(&w, 0, of_other);
    add(&w, 0, "nothing at all");
    add(&w, 1, of_sandbox);
    turn(&w);
    keys(&w, "c");
    assert_int_equal(w.gone_to.kind, KIND_CLAIM);
    assert_string_equal(w.gone_to.name, "one");
    assert_string_equal(w.gone_to.ns, "team-a");
    w.gone_to = (struct object_ref){.kind = KIND_NONE};
    keys(&w, "kc");
    assert_int_equal(w.gone_to.kind, KIND_NONE);
    assert_non_null(strstr(w.say, "names no claim"));
    keys(&w, "kc");
    assert_non_null(strstr(w.say, "team-a/two is not in the cluster"));
    keys(&w, "k\n");                 /* Enter too, where nothing is folded */
    assert_string_equal(w.gone_to.name, "one");
    close_world(&w);
}

static void from_why_to_its_line(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 14, 100);
    put_chain(&w);
    for (int i = 0; i < 50; i++)
        add(&w, 0, of_claim);
    int64_t at = w.at_ms;
    add(&w, 1, of_sandbox);
    for (int i = 0; i < 50; i++)
        add(&w, 0, of_claim);
    turn(&w);
    struct why_quote quotes[] = {{START_MS - 50000, "Pod is not ready"}, {at, of_sandbox}};
    logs_explain(w.view, &w.model, quotes, 2);
    turn(&w);
    expect(&w, "only about one");
    expect(&w, "50 newer");
    expect(&w, "upstream connect failure");
    logs_explain(w.view, &w.model, quotes, 1); /* nothing is quoted: its time */
    turn(&w);
    expect(&w, "60 newer");
    logs_go_to(w.view, &w.model, 0);
    turn(&w);
    expect(&w, "100 newer");
    close_world(&w);
}

static void panes_of_the_selection_and_of_picked_pods(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 14, 80);
    put_chain(&w);
    add(&w, 0, "of the controller");
    add_to(&w, LOGS_CLAIM, 0, LOG_LINE_TEXT, "of the pod");
    add_to(&w, LOGS_CLAIM, 1, LOG_LINE_TEXT, "of its init container");
    turn(&w);
    keys(&w, "o");
    expect(&w, "Logs · claim team-a/one, pod one-pod");
    expect(&w, "init:setup of its init container");
    expect_not(&w, "of the controller");
    assert_int_equal(w.n_done, 1);   /* its streams are wanted while one looks */
    assert_int_equal(w.done[0], LOGS_CLAIM << 1 | 1);
    golden(&w, "own");
    keys(&w, "c");                   /* a line that names nothing is of the pod it is from */
    assert_string_equal(w.gone_to.name, "one");
    keys(&w, "a");
    expect(&w, "of the controller");
    assert_int_equal(w.done[1], LOGS_CLAIM << 1);
    keys(&w, "p");                   /* nothing picked yet: choose */
    assert_ptr_equal(w.opened, &logs_pick_view);
    expect(&w, "no pod picked");
    assert_true(logs_pick_toggle(w.view, &w.model, "team-a", "one-pod"));
    turn(&w);
    assert_int_equal(w.done[w.n_done - 1], 1);
    w.rows[LOGS_PICKED][0] = w.rows[LOGS_CLAIM][0];
    w.model.logs[LOGS_PICKED].n_rows = 1;
    assert_false(logs_pick_toggle(w.view, &w.model, "team-a", "one-pod"));
    turn(&w);
    assert_int_equal(w.done[w.n_done - 1], 0);
    assert_non_null(strstr(w.say, "dropped"));
    close_world(&w);
}

static void another_buffer_is_another_log(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 14, 80);
    put_chain(&w);
    for (int i = 0; i < 40; i++)
        add_to(&w, LOGS_CLAIM, 0, LOG_LINE_TEXT, "of the first");
    keys(&w, "o");
    keys(&w, "kkkmF");
    log_buffer_free(w.buffers[LOGS_CLAIM]);
    w.buffers[LOGS_CLAIM] = log_buffer_new(1 << 20);
    log_buffer_stream(w.buffers[LOGS_CLAIM], "main");
    w.model.logs[LOGS_CLAIM].epoch++;
    draw(&w, NULL);                  /* before any update, too */
    add_to(&w, LOGS_CLAIM, 0, LOG_LINE_TEXT, "ERROR of the second");
    turn(&w);
    expect(&w, "of the second");
    expect_not(&w, "paused");
    expect(&w, "only errors");       /* what one narrowed by stays */
    close_world(&w);
}

static void picking_by_name(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 14, 80);
    put_chain(&w);
    model(&w);
    struct view *logs = w.view;
    w.view = logs_pick_view.create();
    w.view->ops = &logs_pick_view;
    w.view->ops->update(w.view, &w.model);
    expect(&w, "team-a/one-pod");
    assert_int_equal(w.view->ops->act(w.view, &w.model, ACTION_NONE, 'z'), REACT_DONE);
    expect(&w, "z, as typed");
    assert_int_equal(w.view->ops->act(w.view, &w.model, ACTION_QUIT, K_CTRL('C')), REACT_NONE);
    assert_int_equal(w.view->ops->act(w.view, &w.model, ACTION_ENTER, K_ENTER), REACT_CLOSE);
    assert_int_equal(w.view->n_orders, 1);
    assert_string_equal(w.view->orders[0].ref.name, "z");
    assert_string_equal(w.view->orders[0].ref.ns, "team-a");
    order_drop(&w.view->orders[0]);
    w.view->n_orders = 0;
    assert_int_equal(w.view->ops->act(w.view, &w.model, ACTION_BACK, K_ESC), REACT_CLOSE);
    w.view->ops->free(w.view);
    w.view = logs;
    close_world(&w);
}

/* --- taking along -------------------------------------------------------------------------------------------------------------- */

static void copying(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, 14, 80);
    add(&w, 1, "first\033[31m with an escape");
    add_file(&w, 1, "python-router-no-token.log", 60);
    turn(&w);
    keys(&w, "gy");
    assert_string_equal(w.copied, "first with an escape");
    keys(&w, "Y");
    assert_string_equal(w.copied, "kubectl logs -f -n agent-sandbox-system router-1 -c rtr");
    keys(&w, "Gy");
    for (int i = 0; i < 20 && !strstr(w.copied, "Traceback"); i++)
        keys(&w, "ky");
    assert_non_null(strstr(w.copied, "\n"));     /* the group whole */
    assert_non_null(strstr(w.copied, "RuntimeError: ROUTER_AUTH_TOKEN"));
    close_world(&w);
}

static char *read_all(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);

    assert_non_null(f);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

static void saving(void **state)
{
    (void)state;
    struct world w;
    struct stat st;
    assert_int_equal(temp_setup(NULL), 0);
    const char *path = temp_path("a.log"), *as_json = temp_path("a.json");
    open_numbered(&w, 14, 300);
    keys(&w, "s");
    assert_non_null(strstr(w.label, "save all 300 lines"));
    assert_string_equal(w.asked, "sandtop-system-20261123T084449.log");
    assert_true(answer(&w, path));
    assert_non_null(strstr(w.say, "saved 300 lines to "));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    char *text = read_all(path);
    assert_non_null(strstr(text, "2026-11-23T08:43:49"));
    assert_non_null(strstr(text, "line 0299\n"));
    free(text);
    keys(&w, "F");
    keys(&w, "s");
    assert_non_null(strstr(w.label, "the lines shown"));
    assert_true(answer(&w, path));   /* it is there: asks */
    assert_true(w.ask.yes_no);
    assert_non_null(strstr(w.asked, "a.log is there already: overwrite it?"));
    assert_true(answer(&w, NULL));
    assert_non_null(strstr(w.say, "as it was"));
    text = read_all(path);
    assert_non_null(strstr(text, "line 0298\n"));
    free(text);
    keys(&w, "s");
    assert_true(answer(&w, path));
    assert_true(answer(&w, "y"));
    assert_non_null(strstr(w.say, "saved 6 lines"));
    text = read_all(path);
    assert_null(strstr(text, "line 0298\n"));
    assert_non_null(strstr(text, "line 0299\n"));
    free(text);
    keys(&w, "A");
    assert_true(answer(&w, as_json));
    assert_non_null(strstr(w.say, "saved 300 lines"));
    text = read_all(as_json);
    assert_int_equal(text[0], '{');
    free(text);
    keys(&w, "s");
    assert_false(answer(&w, "/nowhere/at/all.log"));
    assert_non_null(strstr(w.say, "/nowhere/at/all.log: No such file"));
    assert_true(answer(&w, NULL));
    assert_int_equal(temp_teardown(NULL), 0);
    close_world(&w);
}

static void through_the_pager(void **state)
{
    (void)state;
    struct world w;
    open_numbered(&w, 14, 300);
    add(&w, 0, "ERROR \033]0;evil\007 done");
    turn(&w);
    keys(&w, "F|");
    assert_non_null(w.paged.p);
    assert_non_null(strstr(w.paged.p, "line 0299"));
    assert_null(strstr(w.paged.p, "line 0298"));
    assert_null(strchr(w.paged.p, '\033'));
    close_world(&w);
}

/* --- any keys, any size -------------------------------------------------------------------------------------------------------- */

/* bulk: bytes of the lines that come meanwhile; large, and what one stands on is evicted again and again. */
static void press_any_keys(uint32_t seed, size_t bulk)
{
    static const char all[] = "jkhLgGfaopPic/nN&!D@vF+-OWrZm'[]|yYu\n\033 ";
    struct world w;
    char *large = mem_new(bulk + 1);
    memset(large, 'e', bulk);
    open_with(&w, 14, 80, 1, false);
    put_chain(&w);
    add_file(&w, 1, "python-chained.log", 40);
    add_file(&w, 0, "controller-failing.log", 40);
    add_file(&w, 0, "controller-console.log", 40);
    for (int i = 0; i < 3000; i++) {
        seed = seed * 1664525 + 1013904223;
        unsigned r = seed >> 8;
        if (w.ask.id)
            answer(&w, r % 3 ? r % 5 ? "e" : "-1m" : NULL);
        if (w.ask.id)
            answer(&w, NULL);
        press(&w, (unsigned char)all[r % (sizeof all - 1)]);
        if (r % 7 == 0)
            resize(&w, 1 + (int)(r / 7 % 30), 1 + (int)(r / 210 % 130));
        if (r % 5 == 0)
            add(&w, r % 2, r % 3 ? of_claim : "  File \"x\", line 1");
        for (unsigned k = 0; bulk && k < r % 32; k++)
            add(&w, r % 2, large);
        if (r % 11 == 0)             /* a late one */
            log_buffer_add(w.buffers[LOGS_SYSTEM], 1, LOG_LINE_TEXT, (w.at_ms - (int)(r % 20000)) * 1000000, slice_of(of_sandbox));
        w.opened = NULL;
    }
    free(large);
    close_world(&w);
}

static void any_keys_at_any_size(void **state)
{
    (void)state;
    press_any_keys(12345, 0);
    press_any_keys(4711, 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format), cmocka_unit_test(groups_open_and_close), cmocka_unit_test(a_stack_trace_of_its_own_opens), cmocka_unit_test(marks_of_the_stream),
        cmocka_unit_test(hostile_bytes_never_come_through), cmocka_unit_test(wrapped_and_cut), cmocka_unit_test(stamps_in_every_way), cmocka_unit_test(in_ascii),
        cmocka_unit_test(it_follows_and_stands_still), cmocka_unit_test(pages_and_ends), cmocka_unit_test(a_line_taller_than_the_pane_is_gone_through),
        cmocka_unit_test(a_line_that_is_evicted_while_one_stands_on_it), cmocka_unit_test(to_a_time), cmocka_unit_test(times_as_they_are_typed), cmocka_unit_test(to_errors),
        cmocka_unit_test(marked_lines), cmocka_unit_test(searching), cmocka_unit_test(a_match_in_a_closed_group_opens_it), cmocka_unit_test(a_match_out_of_sight_is_scrolled_to), cmocka_unit_test(esc_gives_a_search_up),
        cmocka_unit_test(filters_in_and_out), cmocka_unit_test(esc_widens_step_by_step_then_leaves), cmocka_unit_test(levels), cmocka_unit_test(of_the_selection),
        cmocka_unit_test(from_a_line_to_its_claim), cmocka_unit_test(from_why_to_its_line), cmocka_unit_test(panes_of_the_selection_and_of_picked_pods),
        cmocka_unit_test(another_buffer_is_another_log), cmocka_unit_test(picking_by_name), cmocka_unit_test(copying), cmocka_unit_test(saving),
        cmocka_unit_test(through_the_pager), cmocka_unit_test(any_keys_at_any_size),
    };
    return TESTS_MAIN(tests);
}

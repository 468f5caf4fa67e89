/* Whole screens: the app over a session over the simulated cluster on a virtual clock. Goldens are dumps of the canvas (text, and under each row a
 * line of role letters); UPDATE_GOLDENS=1 writes them anew. */
#include "tests/unit/screen_world.h"
#include "tui/layout.h"

/* --- goldens --------------------------------------------------------------------------------------------------------------------- */

static void the_four_sizes(void **state)
{
    static const struct { int h, w; const char *name; } sizes[] = {{16, 60, "demo-60x16"}, {24, 80, "demo-80x24"}, {40, 120, "demo-120x40"}, {60, 200, "demo-200x60"}};
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        canvas_resize(w.canvas, sizes[i].h, sizes[i].w);
        golden(&w, sizes[i].name);
    }
    close_world(&w);
}

static void panes_and_lists(void **state)
{
    static const struct { const char *keys, *name; } steps[] = {
        {"e", "events-80x24"}, {"\033l", "logs-80x24"}, {"z", "logs-zoomed-80x24"}, {"\033\033w", "why-80x24"}, {"z", "why-zoomed-80x24"},
        {"\033\0332", "sandboxes-80x24"}, {"3", "pools-80x24"}, {"4", "templates-80x24"}, {"5", "pods-80x24"}, {"6", "nodes-80x24"}, {"1d", "yaml-80x24"}, {"\033F", "faults-80x24"},
        {"\033n", "namespaces-80x24"}, {"\033c", "contexts-80x24"}, {"\033:", "command-80x24"}, {"po\t", "command-completed-80x24"},
        {"\033/ml-", "filter-80x24"}, {"(", "filter-broken-80x24"}, {"\033\n", "drilled-80x24"}, {"\033\033lkkk", "logs-paused-80x24"}, {"\033S", "sources-80x24"}, {"\033?", "help-80x24"},
    };
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        for (const char *k = steps[i].keys; *k; k++)
            app_key(w.app, *k == '\033' ? K_ESC : *k == '\n' ? K_ENTER : *k);
        run(&w, 2500);               /* what is asked for has come, what the footer said is over */
        golden(&w, steps[i].name);
    }
    close_world(&w);
}

static char *after_lines(char *text, int n)
{
    while (n--)
        text = strchr(text, '\n') + 1;
    return text;
}

static void paused_logs_stand_still(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    keys(&w, "lzkk");
    char *before = screen(&w, false), *from = after_lines(before, 4);
    run(&w, 20000);
    char *after = screen(&w, false), *to = after_lines(after, 4);
    expect(&w, "paused");
    assert_memory_equal(from, to, strlen(from)); /* the lines and all below; the title and the rates above count what is newer */
    app_key(w.app, K_END);
    char *end = screen(&w, false);
    assert_string_not_equal(strchr(end, '\n'), strchr(after, '\n'));
    assert_false(shows(&w, "paused"));
    free(before);
    free(after);
    free(end);
    close_world(&w);
}

static void in_ascii(void **state)
{
    (void)state;
    struct world w;
    open_sim(&w);
    sim_story_demo(w.sim);
    open_app(&w, 40, 120, true);
    run(&w, 90000);
    char *dump = screen(&w, false);
    for (const char *p = dump; *p; p++)
        if ((unsigned char)*p >= 0x80)
            fail_msg("not ASCII:\n%s", dump);
    free(dump);
    close_world(&w);
}

static void an_outage_is_marked(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    sim_hang(w.sim, true);
    run(&w, 45000);
    expect(&w, "stale");
    expect(&w, "claims");
    golden(&w, "stale-80x24");
    sim_hang(w.sim, false);
    run(&w, 2000);
    expect(&w, "live");
    close_world(&w);
}

/* What may not be read is said where it would stand; everything else goes on. */
static void what_is_forbidden_is_said(void **state)
{
    (void)state;
    struct world w;
    open_sim(&w);
    sim_story_demo(w.sim);
    sim_fault(w.sim, "/api/v1/pods", 403, 100000, 0,
        "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"message\":\"pods is forbidden: User \\\"jane\\\" cannot list resource \\\"pods\\\" in API "
        "group \\\"\\\" at the cluster scope\",\"reason\":\"Forbidden\",\"code\":403}");
    sim_fault(w.sim, "/namespaces/default/pods", 403, 100000, 0, "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"code\":403,\"message\":\"no\"}");
    open_app(&w, 24, 80, false);
    run(&w, 20000);
    keys(&w, "5");
    run(&w, 3000);
    expect(&w, "403");
    expect(&w, "✖ 4 stuck"); /* time and conditions tell as much without the pods */
    golden(&w, "forbidden-80x24");
    close_world(&w);
}

static void no_crds_is_the_finding(void **state)
{
    (void)state;
    struct world w;
    open_sim(&w);
    sim_version(w.sim, NULL);
    open_app(&w, 24, 80, false);
    run(&w, 5000);
    golden(&w, "no-crds-80x24");
    close_world(&w);
}

/* Half a picture is no all-clear: no green light, no count, no "no events" before the first lists are whole. */
static void nothing_is_claimed_before_the_lists_are_whole(void **state)
{
    (void)state;
    struct world w;
    bool was_live = false, was_loading = false;
    open_sim(&w);
    sim_story_demo(w.sim);
    open_app(&w, 40, 120, false);
    for (int i = 0; i < 200; i++) {
        run(&w, 50);
        bool whole = session_info(w.session)->first_list;
        char *dump = screen(&w, false), *line = strchr(dump, '\n');
        *line = '\0';
        if (!whole && (strstr(dump, "● live") || strstr(line + 1, "✖ 0 stuck") || strstr(line + 1, "no events")))
            fail_msg("not whole, but:\n%s\n%s", dump, line + 1);
        was_loading |= !whole && strstr(dump, "◌ loading");
        was_live |= whole && strstr(dump, "● live");
        free(dump);
    }
    assert_true(was_loading);
    assert_true(was_live);
    run(&w, 90000);
    app_key(w.app, K_DOWN);
    expect(&w, "Events");
    assert_false(shows(&w, "no events"));
    close_world(&w);
}

static void calm_when_nothing_is_wrong(void **state)
{
    (void)state;
    struct world w;
    struct err err = {0};
    open_sim(&w);
    static const char *const objects[] = {
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"agent-sandbox-controller\",\"namespace\":\"agent-sandbox-system\",\"labels\":{\"app\":"
        "\"agent-sandbox-controller\"}},\"spec\":{\"replicas\":1,\"selector\":{\"matchLabels\":{\"app\":\"agent-sandbox-controller\"}},\"template\":{\"spec\":{\"containers\":"
        "[{\"name\":\"agent-sandbox-controller\",\"image\":\"agent-sandbox-controller:v0.5.6\",\"args\":[\"--extensions\"]}]}}},\"status\":{\"replicas\":1,\"readyReplicas\":1,"
        "\"updatedReplicas\":1}}",
        "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\"metadata\":{\"name\":\"fine\",\"namespace\":\"b\",\"creationTimestamp\":"
        "\"2026-11-23T08:39:58Z\"},\"spec\":{\"warmPoolRef\":{\"name\":\"p\"}},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"reason\":"
        "\"DependenciesReady\",\"message\":\"Pod is Ready\",\"lastTransitionTime\":\"2026-11-23T08:40:00Z\"}]}}",
    };
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        if (!sim_put(w.sim, slice_of(objects[i]), &err))
            fail_msg("%s", err.text);
    open_app(&w, 24, 80, false);
    run(&w, 5000);
    expect(&w, "nothing is stuck");
    golden(&w, "calm-80x24");
    keys(&w, ":ns b");
    app_key(w.app, K_ENTER);
    run(&w, 5000);
    expect(&w, "nothing is stuck in namespace b");
    expect(&w, "n picks another");
    close_world(&w);
}

/* --- invariants ------------------------------------------------------------------------------------------------------------------ */

static void tiles(const struct layout *l, int h, int w)
{
    int area = 0;
    for (int i = 0; i < PANE_COUNT; i++) {
        const struct rect *f = &l->frame[i];
        if (!f->h)
            continue;
        area += f->h * f->w;
        assert_true(f->y >= l->header && f->y + f->h <= h - l->footer && f->x >= 0 && f->x + f->w <= w && f->w > 0);
        for (int k = 0; k < i; k++) {
            const struct rect *g = &l->frame[k];
            bool apart = !g->h || g->x + g->w <= f->x || f->x + f->w <= g->x || g->y + g->h <= f->y || f->y + f->h <= g->y;
            assert_true(apart);
        }
    }
    assert_int_equal(area, l->body.h * l->body.w);
}

static void panes_tile_the_body_at_every_size(void **state)
{
    (void)state;
    for (int h = 4; h <= 70; h++)
        for (int w = 1; w <= 220; w++)
            for (int focus = PANE_STOCK; focus < PANE_COUNT; focus++)
                for (int zoom = 0; zoom < 2; zoom++) {
                    struct layout l;
                    layout_make(&l, h, w, (enum pane)focus, zoom);
                    tiles(&l, h, w);
                    if (zoom || focus != PANE_STOCK)
                        assert_true(l.frame[focus].h > 0); /* what has the focus is seen */
                }
}

/* Whatever a pane draws, the lines between the panes stand. */
static void borders_stand(struct world *w, int h, int width)
{
    struct layout l;
    layout_make(&l, h, width, PANE_LIST, false);
    for (int i = 0; i < PANE_COUNT; i++) {
        const struct rect *f = &l.frame[i];
        for (int y = f->y + 1; f->x > 0 && y < f->y + f->h; y++) {
            const char *text = canvas_cell(w->canvas, y, f->x)->text;
            if (strcmp(text, glyph_text(GLYPH_VLINE, false)) != 0 && strcmp(text, glyph_text(GLYPH_TEE_LEFT, false)) != 0)
                fail_msg("at %dx%d the line at %d,%d is \"%s\"", width, h, y, f->x, text);
        }
    }
}

static void every_size_tells_the_answer(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    for (int h = 16; h <= 60; h += 4)
        for (int width = 60; width <= 200; width += 7) {
            canvas_resize(w.canvas, h, width);
            expect(&w, "claims ");
            expect(&w, " stuck");
            expect(&w, " waiting");
            expect(&w, "SIMULATED");
            expect(&w, "live");
            expect(&w, " Claims");
            expect(&w, " Why ");
            expect(&w, "Next:");
            borders_stand(&w, h, width);
        }
    close_world(&w);
}

static void no_size_is_too_small(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    static const char focus[] = "1ewl?";
    for (const char *f = focus; *f; f++) {
        app_key(w.app, *f);
        for (int h = 1; h < 20; h++)
            for (int width = 1; width < 64; width += width < 12 ? 1 : 9) {
                canvas_resize(w.canvas, h, width);
                app_draw(w.app, w.canvas);
            }
    }
    close_world(&w);
}

/* --- keys ------------------------------------------------------------------------------------------------------------------------ */

static void esc_undoes_the_last(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    char *start = screen(&w, true);
    keys(&w, "/a");
    app_key(w.app, K_ENTER);
    keys(&w, "z");
    app_key(w.app, K_ESC);
    expect(&w, "Why");               /* zoom undone, the filter stays */
    app_key(w.app, K_ESC);
    keys(&w, "2");
    expect(&w, "Sandboxes");
    app_key(w.app, K_ESC);
    keys(&w, "n");
    app_key(w.app, K_ESC);
    clock_virtual_advance(&w.clock, 2500);
    clock_virtual_advance(&w.clock, -2500);
    char *end = screen(&w, true);
    assert_string_equal(start, end);
    app_key(w.app, K_ESC);
    expect(&w, "nothing to undo");
    free(start);
    free(end);
    close_world(&w);
}

/* Faults that a filter hides are not taken for none, and Esc shows them, whichever came first. */
static void a_filter_that_hides_the_stuck_says_so(void **state)
{
    static const char *const ways[] = {"F/zzz\r", "/zzz\rF"};
    (void)state;
    struct world w;
    open_demo(&w, 24, 100);
    for (size_t i = 0; i < 2; i++) {
        for (const char *k = ways[i]; *k; k++)
            app_key(w.app, *k);
        run(&w, 2500);
        expect(&w, "the filter /zzz/ hides 5 stuck; Esc clears it");
        app_key(w.app, K_ESC);
        expect(&w, "embed-all");
        expect(&w, "faults only");
        keys(&w, "F");
        assert_false(shows(&w, "faults only"));
        assert_false(shows(&w, "zzz"));
    }
    close_world(&w);
}

static void words_in_the_footer_last_two_seconds(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    keys(&w, "Q");
    expect(&w, "Q does nothing");
    assert_false(app_needs_draw(w.app));
    assert_true(app_due(w.app) > 0 && app_due(w.app) <= 1000);
    clock_virtual_advance(&w.clock, 2001);
    assert_true(app_needs_draw(w.app));
    assert_false(shows(&w, "Q does nothing"));
    assert_false(app_needs_draw(w.app));
    close_world(&w);
}

static void wishes_come_once(void **state)
{
    (void)state;
    struct world w;
    const char *text;
    open_demo(&w, 24, 80);
    keys(&w, "y");
    assert_int_equal(app_wish(w.app, &text), APP_COPY);
    assert_non_null(strstr(text, "kubectl "));
    assert_int_equal(app_wish(w.app, &text), APP_NOTHING);
    expect(&w, "copied: kubectl");
    keys(&w, ":theme li\t");
    app_key(w.app, K_ENTER);
    assert_int_equal(app_wish(w.app, &text), APP_THEME);
    assert_string_equal(text, "light");
    keys(&w, ":ctx nowhere");
    app_key(w.app, K_ENTER);
    assert_int_equal(app_wish(w.app, &text), APP_NOTHING);
    expect(&w, "no context \"nowhere\"");
    keys(&w, "cprod-u");
    app_key(w.app, K_ENTER);
    assert_int_equal(app_wish(w.app, &text), APP_CONTEXT);
    assert_string_equal(text, "prod-us");
    keys(&w, ":q");
    app_key(w.app, K_ENTER);
    assert_int_equal(app_wish(w.app, &text), APP_QUIT);
    close_world(&w);
}

/* y takes along what stands on the screen: Why's command, else the one that shows the object, else the focused pane's own. */
static void y_copies_what_why_shows(void **state)
{
    (void)state;
    struct world w;
    const char *text;
    open_demo(&w, 40, 120);
    keys(&w, "gy");
    assert_int_equal(app_wish(w.app, &text), APP_COPY);
    assert_non_null(strstr(text, "kubectl logs nightly-smoke"));
    keys(&w, "Gy");                  /* a claim that is well */
    assert_int_equal(app_wish(w.app, &text), APP_COPY);
    if (strncmp(text, "kubectl get sandboxclaim ", 25) != 0)
        fail_msg("%s", text);
    keys(&w, "ey");
    assert_int_equal(app_wish(w.app, &text), APP_COPY);
    assert_ptr_equal(strstr(text, "kubectl get events"), text);
    close_world(&w);
}

static void nodes_are_a_list_as_the_others(void **state)
{
    static const char *const ways[] = {"6", ":nodes\r"};
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    for (size_t i = 0; i < 2; i++) {
        keys(&w, "1");
        keys(&w, ways[i]);
        expect(&w, "─ Nodes ─");     /* and no trail before it: nothing was gone into */
    }
    close_world(&w);
}

static void a_broken_command_says_so(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 120);
    keys(&w, ":frobnicate");
    app_key(w.app, K_ENTER);
    expect(&w, "no command \"frobnicate\"");
    app_key(w.app, K_ESC);
    keys(&w, ":pods");
    app_key(w.app, K_ENTER);
    expect(&w, "Pods");
    close_world(&w);
}

static void a_session_can_go_and_come(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    keys(&w, "d");
    app_session(w.app, NULL);
    expect(&w, "connecting");
    keys(&w, "e/1?\t");
    session_free(w.session);
    open_session(&w, true);
    app_session(w.app, w.session);
    run(&w, 5000);
    expect(&w, "READ-ONLY");
    expect(&w, "Claims");
    close_world(&w);
}

/* A person who leans on the keyboard while the cluster lives: nothing breaks, and a way back is left. */
static void any_keys_at_all(void **state)
{
    static const int pool[] = {K_UP, K_DOWN, K_LEFT, K_RIGHT, K_PGUP, K_PGDN, K_HOME, K_END, K_ENTER, K_ENTER, K_ESC, K_TAB, K_BACKTAB, K_BACKSPACE, '1', '2', '3',
        '4', '5', '6', 'w', 'e', 'l', '/', 'F', ':', 'n', 'c', 'd', 'y', 'S', 'C', '?', 'z', 'u', 'g', 'G', 'h', 'L', 'a', '(', 0xe9, 0x1f600, ' ', 't'};
    (void)state;
    struct world w;
    uint64_t seed = 88172645463325252u;
    open_demo(&w, 24, 80);
    for (int i = 0; i < 4000; i++) {
        const char *text;
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        app_key(w.app, pool[seed % (sizeof pool / sizeof *pool)]);
        if (seed >> 60 == 0)
            canvas_resize(w.canvas, 1 + (int)(seed >> 20 & 63), 1 + (int)(seed >> 30 & 255));
        app_draw(w.app, w.canvas);
        while (app_wish(w.app, &text) != APP_NOTHING)
            ;
        if (i % 4 == 0)
            run(&w, 50);
    }
    for (int i = 0; i < 64; i++)
        app_key(w.app, K_ESC);
    canvas_resize(w.canvas, 24, 80);
    expect(&w, "claims ");
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(panes_tile_the_body_at_every_size), cmocka_unit_test(the_four_sizes), cmocka_unit_test(panes_and_lists),
        cmocka_unit_test(paused_logs_stand_still), cmocka_unit_test(in_ascii), cmocka_unit_test(an_outage_is_marked),
        cmocka_unit_test(what_is_forbidden_is_said), cmocka_unit_test(no_crds_is_the_finding),
        cmocka_unit_test(calm_when_nothing_is_wrong), cmocka_unit_test(nothing_is_claimed_before_the_lists_are_whole),
        cmocka_unit_test(every_size_tells_the_answer), cmocka_unit_test(no_size_is_too_small), cmocka_unit_test(esc_undoes_the_last),
        cmocka_unit_test(a_filter_that_hides_the_stuck_says_so), cmocka_unit_test(words_in_the_footer_last_two_seconds),
        cmocka_unit_test(wishes_come_once), cmocka_unit_test(y_copies_what_why_shows), cmocka_unit_test(nodes_are_a_list_as_the_others),
        cmocka_unit_test(a_broken_command_says_so), cmocka_unit_test(a_session_can_go_and_come), cmocka_unit_test(any_keys_at_all),
    };
    return TESTS_MAIN(tests);
}

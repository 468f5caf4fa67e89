/* The Logs pane within the dashboard: its keys from other panes, its prompts, and streams that begin and end under it. */
#include "tests/unit/screen_world.h"

static void lines(struct world *w, const char *text)
{
    for (const char *k = text; *k; k++)
        app_key(w->app, *k == '\033' ? K_ESC : *k == '\n' ? K_ENTER : *k);
    run(w, 1500);
}

static void search_and_filter_are_typed(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 100);
    lines(&w, "lz/adoption");
    expect(&w, "/adoption");         /* the prompt, and the line above */
    expect(&w, "search adoption");
    expect(&w, "paused");
    lines(&w, "\n\033G&upstream\n");
    expect(&w, "only &upstream");
    expect(&w, "upstream connect failure");
    assert_false(shows(&w, "Creating a new Pod"));
    lines(&w, "!(");
    expect(&w, "missing closing parenthesis");
    lines(&w, "\033");
    expect(&w, "only &upstream");
    lines(&w, "\033");
    assert_false(shows(&w, "only &"));
    expect(&w, "Logs");
    lines(&w, "\033");               /* zoom */
    expect(&w, "Claims");
    close_world(&w);
}

static void from_a_list_to_the_own_log(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    lines(&w, "go");
    expect(&w, "Logs · claim agents/nightly-smoke ─");
    golden(&w, "logs-own-80x24");
    app_key(w.app, K_ESC);           /* back in the list the log follows the selection */
    for (int i = 0; i < 8; i++) {
        app_key(w.app, K_DOWN);
        run(&w, i % 3 * 700);
        free(screen(&w, false));
    }
    run(&w, 3000);
    assert_false(shows(&w, "Logs · claim agents/nightly-smoke"));
    expect(&w, "Logs · claim agents/");
    lines(&w, "la");
    expect(&w, "Logs · controller and router");
    close_world(&w);
}

static void pods_are_picked_in_their_list(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 80);
    lines(&w, "5g");
    lines(&w, "p");
    expect(&w, "Logs · pod ");
    expect(&w, "live");
    lines(&w, "P");
    expect(&w, "✔ ");
    expect(&w, "Enter picks, or drops");
    golden(&w, "logs-pick-80x24");
    lines(&w, "\n");                 /* the one that is picked stands first: dropped */
    expect(&w, "Logs · no pod picked");
    lines(&w, "Pnightly\n");
    expect(&w, "Logs · pod agents/nightly-smoke");
    lines(&w, "\033p");              /* in the list the same key picks one more, */
    expect(&w, ", ");
    lines(&w, "\033p");              /* and drops it */
    expect(&w, "dropped");
    close_world(&w);
}

static void between_the_claim_and_its_lines(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 30, 100);
    lines(&w, "gi");
    expect(&w, "about nightly-smoke");
    lines(&w, "kc");
    expect(&w, "Claims");
    expect(&w, "Why · agents/nightly-smoke");
    lines(&w, "l\033");
    assert_false(shows(&w, "about nightly-smoke"));
    lines(&w, "[c");
    expect(&w, "Why · ");
    assert_false(shows(&w, "paused · 0"));
    close_world(&w);
}

static void from_why_to_its_line(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 30, 100);
    lines(&w, "gwlz");
    expect(&w, "only about nightly-smoke");
    expect(&w, "paused");            /* at the finding's time, or on the line it quotes */
    close_world(&w);
}

static void the_prompt_asks_before_it_overwrites(void **state)
{
    (void)state;
    struct world w;
    open_demo(&w, 24, 100);
    lines(&w, "ls");
    expect(&w, "save all ");
    expect(&w, "sandtop-system-");
    for (int i = 0; i < 60; i++)
        app_key(w.app, K_BACKSPACE);
    lines(&w, "/\n");                /* a directory is there already */
    expect(&w, "/ is there already: overwrite it?");
    lines(&w, "n");
    expect(&w, "nothing was saved");
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(search_and_filter_are_typed), cmocka_unit_test(from_a_list_to_the_own_log), cmocka_unit_test(pods_are_picked_in_their_list),
        cmocka_unit_test(between_the_claim_and_its_lines), cmocka_unit_test(from_why_to_its_line), cmocka_unit_test(the_prompt_asks_before_it_overwrites),
    };
    return TESTS_MAIN(tests);
}

#include "tests/unit/test.h"
#include "tui/options.h"

static bool parse(struct options *o, struct err *err, int argc, const char **argv)
{
    return options_parse(argc, (char **)(uintptr_t)argv, o, err);
}
#define PARSE(o, err, ...) parse(o, err, (int)(sizeof((const char *[]){"sandtop", __VA_ARGS__}) / sizeof(char *)), (const char *[]){"sandtop", __VA_ARGS__, NULL})

static void takes_kubectls_flags(void **state)
{
    struct options o;
    struct err err = {0};

    (void)state;
    assert_true(PARSE(&o, &err, "--context", "prod", "-n", "agents", "--as=me", "--as-group", "a", "--as-group", "b", "--request-timeout=1m", "--log-buffer", "8M"));
    assert_string_equal(o.kube.context, "prod");
    assert_string_equal(o.ns, "agents");
    assert_string_equal(o.kube.as, "me");
    assert_string_equal(o.kube.as_groups[1], "b");
    assert_null(o.kube.as_groups[2]);
    assert_int_equal(o.request_timeout_ms, 60000);
    assert_int_equal(o.log_buffer_bytes, 8 << 20);
    options_free(&o);
    assert_true(PARSE(&o, &err, "-n", "agents", "-A"));
    assert_null(o.ns);
    options_free(&o);
}

static void refuses_with_a_sentence(void **state)
{
    static const char *const wrong[][2] = {{"--no-such", "--no-such"}, {"-n", "wants a value"}, {"--request-timeout=x", "not a duration"},
                                           {"--log-buffer=5", "not a size"}, {"frobnicate", "no command frobnicate"}};
    struct options o;
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(PARSE(&o, &err, wrong[i][0]));
        if (!strstr(err.text, wrong[i][1]))
            fail_msg("%s: %s", wrong[i][0], err.text);
        options_free(&o);
    }
    assert_false(PARSE(&o, &err, "--demo", "--or-demo"));
    err_clear(&err);
}

static void a_flag_of_another_command_is_refused(void **state)
{
    struct options o;
    struct err err = {0};

    (void)state;
    assert_false(PARSE(&o, &err, "why", "c", "--watch"));
    assert_non_null(strstr(err.text, "--watch is not for why"));
    options_free(&o);
    assert_false(PARSE(&o, &err, "-o", "json"));
    assert_non_null(strstr(err.text, "not for the dashboard"));
    options_free(&o);
    assert_false(PARSE(&o, &err, "doctor", "-o", "xml"));
    assert_non_null(strstr(err.text, "text, json or yaml"));
    options_free(&o);
    assert_true(PARSE(&o, &err, "doctor", "a", "-o", "json", "--watch", "b", "--timeout", "5s"));
    assert_string_equal(o.names[1], "b");
    assert_int_equal(o.timeout_ms, 5000);
    assert_true(o.watch);
    options_free(&o);
    err_clear(&err);
}

static void help_names_every_command_and_flag(void **state)
{
    struct buf all = {0}, one = {0}, words = {0};

    (void)state;
    options_help(COMMAND_DASHBOARD, &all);
    options_list_commands(&words);
    options_list_flags(COMMAND_DASHBOARD, &words);
    for (char *save, *word = strtok_r(words.p, "\n", &save); word; word = strtok_r(NULL, "\n", &save))
        if (!strstr(all.p, word))
            fail_msg("--help says nothing of %s", word);
    options_help(COMMAND_WHY, &one);
    assert_non_null(strstr(one.p, "sandtop why CLAIM"));
    assert_null(strstr(one.p, "--theme"));
    assert_null(strstr(one.p, "--watch"));
    buf_free(&all);
    buf_free(&one);
    buf_free(&words);
}

static void durations(void **state)
{
    int64_t ms;

    (void)state;
    assert_true(duration_parse("500ms", &ms) && ms == 500);
    assert_true(duration_parse("1.5h", &ms) && ms == 5400000);
    assert_true(duration_parse("10", &ms) && ms == 10000);
    assert_true(duration_parse("0", &ms) && ms == 0);
    assert_false(duration_parse("-1s", &ms));
    assert_false(duration_parse("1y", &ms));
    assert_false(duration_parse("nan", &ms));
    assert_false(duration_parse("", &ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(takes_kubectls_flags), cmocka_unit_test(refuses_with_a_sentence), cmocka_unit_test(a_flag_of_another_command_is_refused),
                                       cmocka_unit_test(help_names_every_command_and_flag), cmocka_unit_test(durations)};

    return TESTS_MAIN(tests);
}

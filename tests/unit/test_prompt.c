/* The line a person types into, and the language it is in. */
#include "tests/unit/test.h"
#include "tui/command.h"
#include "tui/picker.h"
#include "tui/prompt.h"

static void type(struct prompt *p, const char *text)
{
    for (; *text; text++)
        prompt_key(p, *text);
}

static void edits_by_character(void **state)
{
    (void)state;
    struct prompt p = {0};
    prompt_open(&p, PROMPT_FILTER, "a");
    assert_int_equal(prompt_key(&p, 0xe9), PROMPT_CHANGED);
    assert_int_equal(prompt_key(&p, 0x1f600), PROMPT_CHANGED);
    assert_string_equal(p.text, "a\xc3\xa9\xf0\x9f\x98\x80");
    prompt_key(&p, K_LEFT);
    assert_int_equal(p.at, 3);
    prompt_key(&p, K_BACKSPACE);
    assert_string_equal(p.text, "a\xf0\x9f\x98\x80");
    prompt_key(&p, K_DELETE);
    assert_string_equal(p.text, "a");
    assert_int_equal(prompt_key(&p, 0x9b), PROMPT_STAYS); /* a control sequence introducer is no character */
    assert_int_equal(prompt_key(&p, 0xd800), PROMPT_STAYS);
    type(&p, " two three");
    prompt_key(&p, K_CTRL('w'));
    assert_string_equal(p.text, "a two ");
    prompt_key(&p, K_HOME);
    prompt_key(&p, K_CTRL('k'));
    assert_string_equal(p.text, "");
    assert_int_equal(prompt_key(&p, K_BACKSPACE), PROMPT_CANCEL);
    assert_int_equal(prompt_key(&p, K_ENTER), PROMPT_ACCEPT);
    assert_int_equal(prompt_key(&p, K_ESC), PROMPT_CANCEL);
    prompt_close(&p);
}

static void never_overflows(void **state)
{
    (void)state;
    struct prompt p = {0};
    prompt_open(&p, PROMPT_FILTER, "");
    for (int i = 0; i < 2000; i++)
        prompt_key(&p, 0x20ac);
    assert_true(p.n < sizeof p.text);
    assert_int_equal(p.n % 3, 0);
    char text[1200];
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 4);
    prompt_set(&p, text);
    assert_int_equal(p.n % 3, 0);    /* cut between characters */
    prompt_close(&p);
}

static void parse(const char *text, struct command *c)
{
    struct err err = {0};
    if (!command_parse(slice_of(text), c, &err))
        fail_msg("%s: %s", text, err.text);
}

static void understands(void **state)
{
    (void)state;
    struct command c;
    struct err err = {0};
    parse("claims", &c);
    assert_int_equal(c.verb, COMMAND_LIST);
    assert_int_equal(c.kind, KIND_CLAIM);
    parse("  Pods   agents ", &c);
    assert_int_equal(c.kind, KIND_POD);
    assert_string_equal(c.argument, "agents");
    parse("ns all", &c);
    assert_int_equal(c.verb, COMMAND_NS);
    parse("ctx prod", &c);
    assert_int_equal(c.verb, COMMAND_CTX);
    assert_string_equal(c.argument, "prod");
    parse("q", &c);
    assert_int_equal(c.action, ACTION_QUIT);
    parse("sources", &c);
    assert_int_equal(c.action, ACTION_SOURCES);
    assert_false(command_parse(SLICE("events"), &c, &err) && c.verb == COMMAND_LIST);
    err_clear(&err);
    static const char *const wrong[] = {"", "   ", "nonsense", "ns a b", "quotas"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(command_parse(slice_of(wrong[i]), &c, &err));
        assert_non_null(err.text);
        err_clear(&err);
    }
}

static bool offers(const char *typed, const char *word)
{
    char *a = strdup("agents"), *b = strdup("staging");
    struct ptrs names = {0}, out = {0};
    bool found = false;
    ptrs_add(&names, a);
    ptrs_add(&names, b);
    command_complete(slice_of(typed), &(struct command_names){.namespaces = &names, .contexts = &names, .themes = &names}, &out);
    for (size_t i = 0; i < out.n; i++) {
        found |= !strcmp(out.v[i], word);
        free(out.v[i]);
    }
    ptrs_free(&out);
    ptrs_free(&names);
    free(a);
    free(b);
    return found;
}

static void completes(void **state)
{
    (void)state;
    assert_true(offers("", "claims"));
    assert_true(offers("cl", "claims"));
    assert_false(offers("cl", "pods"));
    assert_true(offers("ns ", "agents"));
    assert_true(offers("ns a", "all"));
    assert_true(offers("ctx st", "staging"));
    assert_true(offers("pods ag", "agents"));
    assert_true(offers("so", "sources"));
    assert_false(offers("ns agents x", "agents"));
}

static void picks(void **state)
{
    (void)state;
    struct picker p = {0};
    picker_open(&p, "Namespace", "b-2", true);
    picker_add(&p, "a-1");
    picker_add(&p, "b-2");
    picker_add(&p, "c-3");
    picker_start(&p);
    assert_string_equal(picker_taken(&p), "b-2");
    picker_key(&p, K_DOWN);
    picker_key(&p, K_DOWN);
    assert_string_equal(picker_taken(&p), "c-3");
    picker_key(&p, 'A');
    assert_string_equal(picker_taken(&p), "a-1");
    picker_key(&p, 'x');
    assert_string_equal(picker_taken(&p), "Ax"); /* a namespace that has nothing in it yet */
    picker_key(&p, K_CTRL('u'));
    picker_key(&p, 'b');
    assert_string_equal(picker_taken(&p), "b-2");
    picker_key(&p, K_END);
    assert_string_equal(picker_taken(&p), "b"); /* part of a name that is in the list, and a name itself */
    picker_key(&p, '-');
    picker_key(&p, '2');
    picker_key(&p, K_END);
    assert_string_equal(picker_taken(&p), "b-2");
    assert_int_equal(p.shown.n, 1);  /* not twice */
    assert_int_equal(picker_key(&p, K_ENTER), PICKER_TAKEN);
    assert_int_equal(picker_key(&p, K_ESC), PICKER_LEFT);
    picker_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_by_character), cmocka_unit_test(never_overflows), cmocka_unit_test(understands), cmocka_unit_test(completes),
        cmocka_unit_test(picks),
    };
    return TESTS_MAIN(tests);
}

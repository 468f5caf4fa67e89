#include "tests/unit/test.h"

#include "core/base/mem.h"
#include "core/run/run_internal.h"
#include "core/run/words.h"

static void shell_or_not(void **state)
{
    static const char *const needs[] = {
        "a | b", "a > f", "a < f", "a; b", "a && b", "a || b", "a &", "echo $HOME", "echo \"$HOME\"", "echo `id`", "ls *.py", "cd /tmp",
            "A=1 env", "ls ~/x",
        "echo ${X}", "(a)", "ls a?", "export X=1", "echo \"`id`\"", "if true", "ls [ab]c", "exit 3", "a 2>&1",
    };
    static const char *const fine[] = {
        "echo 'Hello World!'", "python3 /app/agent_script.py", "echo \"a | b\"", "echo 'a > b'", "sh -c 'a | b'", "echo a\\|b",
            "python3 -c 'print(1); x = 2'",
        "env A=1 b", "echo 5$", "grep -r '^#' .", "", "  ", "ls a~b", "test -f x", "echo \"a $ b\"", "curl http://x/y#z",
    };

    (void)state;
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (!run_needs_shell(needs[i]))
            fail_msg("needs a shell: %s", needs[i]);
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        if (run_needs_shell(fine[i]))
            fail_msg("needs none: %s", fine[i]);
}

static void expect_words(const char *command, const char *joined)
{
    char **words = run_words(command);
    struct buf out = {0};

    if (!joined) {
        assert_null(words);
        return;
    }
    assert_non_null(words);
    for (char **word = words; *word; word++)
        buf_printf(&out, "<%s>", *word);
    if (!slice_is(buf_slice(&out), joined))
        fail_msg("%s: %s", command, out.p);
    buf_free(&out);
    run_words_free(words);
}

static void splitting(void **state)
{
    (void)state;
    expect_words("echo 'Hello World!'", "<echo><Hello World!>");
    expect_words("  a\tb\n c ", "<a><b><c>");
    expect_words("a\"b c\"'d e'f", "<ab cd ef>");
    expect_words("a \"\" ''", "<a><><>");
    expect_words("a\\ b \"c\\\"d\\n\" 'e\\'", "<a b><c\"d\\n><e\\>");
    expect_words("", "");
    expect_words("a 'b", NULL);
    expect_words("a \"b", NULL);
    expect_words("a \\", NULL);
}

static void quoting(void **state)
{
    const char *argv[] = {"sh", "-c", "echo 'it is'; exit 3", "", "a=b", "x y", NULL};
    char *joined = run_join(argv), **words = run_words(joined);

    (void)state;
    for (size_t i = 0; argv[i]; i++)
        assert_string_equal(words[i], argv[i]);
    assert_null(words[6]);
    run_words_free(words);
    free(joined);
}

static void expect_name(int64_t code, int status, const char *name)
{
    char *text = run_exit_name(run_exit_status(code));

    assert_int_equal(run_exit_status(code), status);
    assert_string_equal(text, name);
    free(text);
}

static void exits(void **state)
{
    (void)state;
    expect_name(0, 0, "0");
    expect_name(2, 2, "2");
    expect_name(126, 126, "126: not executable");
    expect_name(127, 127, "127: not found");
    expect_name(137, 137, "137: killed, SIGKILL");
    expect_name(-9, 137, "137: killed, SIGKILL");
    expect_name(-15, 143, "143: ended, SIGTERM");
    expect_name(139, 139, "139: crashed, SIGSEGV");
    expect_name(160, 160, "160: signal 32");
    expect_name(255, 255, "255");
    expect_name(256, 0, "0");
}

static void expect_hint(int status, bool not_started, bool oom, const char *err, const char *part)
{
    struct run_symptoms s = {
        .exit_status = status, .not_started = not_started, .err = slice_of(err), .image = "local/py:1", .template_name = "tpl",
            .command = "x", .oom_killed = oom,
    };
    char *hint = run_hint(&s);

    if (!part)
        assert_null(hint);
    else if (!hint || !strstr(hint, part))
        fail_msg("%s: %s", err, hint ? hint : "none");
    free(hint);
}

static void hints(void **state)
{
    (void)state;
    expect_hint(0, false, false, "ModuleNotFoundError: No module named 'x'", NULL);
    expect_hint(1, false, false, "Traceback…\nModuleNotFoundError: No module named 'numpy'\n", "lacks the Python module numpy");
    expect_hint(1, false, false, "ModuleNotFoundError: No module named 'numpy'", "image local/py:1 of template tpl");
    expect_hint(1, false, false, "ImportError: cannot import name 'b' from 'a'", "holds no b");
    expect_hint(1, false, false, "ImportError: libGL.so.1: cannot open shared object file: No such file or directory", "system library");
    expect_hint(127, false, false, "sh: 1: nosuch: not found\n", "no program nosuch");
    expect_hint(127, false, false, "bash: line 1: jq: command not found\n", "no program jq");
    expect_hint(1, true, false, "Failed to execute command: [Errno 2] No such file or directory: 'node'", "no program node");
    expect_hint(127, true, false, "exec: \"node\": executable file not found in $PATH", "no program node");
    expect_hint(1, true, false, "Failed to execute command: [Errno 13] Permission denied: '/app/x'", "may not be executed");
    expect_hint(126, false, false, "sh: 1: /app/x: Permission denied\n", "may not be executed");
    expect_hint(1, false, false, "PermissionError: [Errno 13] Permission denied: '/data'", "runAsUser");
    expect_hint(2, false, false, "python3: can't open file '/app/agent_script.py': [Errno 2] No such file or directory\n",
                "holds no file /app/agent_script.py");
    expect_hint(1, false, false, "OSError: [Errno 30] Read-only file system: '/app/x'", "read-only");
    expect_hint(137, false, true, "", "OOMKilled");
    expect_hint(137, false, false, "", "does not say OOMKilled");
    expect_hint(1, true, false, "Failed to execute command: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
                "pods/exec");
    expect_hint(3, false, false, "whatever", NULL);
    expect_hint(1, false, false, ": not found", NULL);
}

static void permissions(void **state)
{
    char *text = run_permission("sandboxclaims.extensions.agents.x-k8s.io is forbidden: User \"u\" cannot create resource \"sandboxclaims\" in API group "
                                "\"extensions.agents.x-k8s.io\" in the namespace \"agents\"");

    (void)state;
    assert_string_equal(text, "create sandboxclaims in namespace agents");
    free(text);
    text = run_permission("services is forbidden: User \"u\" cannot list resource \"services\" in API group \"\" at the cluster scope");
    assert_string_equal(text, "list services in all namespaces");
    free(text);
    assert_null(run_permission("pods \"x\" is forbidden: exceeded quota: small, requested: requests.cpu=20m"));
    assert_null(run_permission("User cannot "));
    struct buf role = {0};
    run_role_yaml("agents", "default", &role);
    assert_non_null(strstr(role.p, "namespace: agents"));
    assert_non_null(strstr(role.p, "services/proxy"));
    buf_free(&role);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shell_or_not), cmocka_unit_test(splitting), cmocka_unit_test(quoting), cmocka_unit_test(exits),
            cmocka_unit_test(hints),
        cmocka_unit_test(permissions),
    };

    return TESTS_MAIN(tests);
}

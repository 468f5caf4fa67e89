/* Who we are, with plugins that are small shell scripts. The clock is virtual: what waits for a deadline waits for no one; a script that is
 * to end by itself is waited for on its descriptors, as the program does. */
#include "tests/unit/temp_dir.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/kube/child.h"
#include "core/kube/credential.h"
#include "core/kube/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#define V1 "client.authentication.k8s.io/v1"
#define PEM "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
#define ANSWER(status) "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{" status "}}'"
enum { DEADLINE = 30000 };

static struct clock_virtual now;

static void contains(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text ? text : "(null)");
}

static void holds_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" is in \"%s\"", part, text);
}

/* A target that asks the plugin of that path. */
struct plugin_target {
    struct target target;
    struct exec_spec exec;
    char *none[1];
};

static struct target *plugin(struct plugin_target *p, const char *command)
{
    *p = (struct plugin_target){.target = {.user = (char *)"u", .server = (char *)"https://h:1", .source = (char *)"/cfg"},
                                .exec = {.command = (char *)command, .api_version = (char *)V1, .interactive_mode = (char *)"Never"}};
    p->exec.args = p->exec.env = p->none;
    p->target.exec = &p->exec;
    return &p->target;
}

static struct credential *make(const struct target *t)
{
    clock_virtual_init(&now, 1800000000000);
    return credential_new(t, &now.clock, DEADLINE);
}

/* Steps until it is no longer pending. */
static enum credential_state settle(struct credential *c)
{
    enum credential_state state;
    while ((state = credential_check(c)) == CREDENTIAL_PENDING) {
        struct pollfd fds[2];
        unsigned n = credential_fds(c, fds);
        assert_true(credential_due(c) >= 0);
        poll(fds, n, n ? 20 : 1);
    }
    return state;
}

static void test_static(void **state)
{
    (void)state;
    struct target nobody = {0}, token = {.token = (char *)"abc", .cert_pem = (char *)"C", .key_pem = (char *)"K"};
    struct target basic = {.username = (char *)"Aladdin", .password = (char *)"open sesame"};
    struct credential *c = make(&nobody);
    assert_int_equal(credential_check(c), CREDENTIAL_READY);
    assert_null(credential_authorization(c));
    assert_null(credential_cert(c));
    assert_false(credential_refused(c));
    assert_int_equal(credential_due(c), -1);
    credential_free(c);
    c = make(&token);
    assert_int_equal(credential_check(c), CREDENTIAL_READY);
    assert_string_equal(credential_authorization(c), "Bearer abc");
    assert_string_equal(credential_cert(c), "C");
    assert_string_equal(credential_key(c), "K");
    assert_false(credential_refused(c));
    credential_free(c);
    c = make(&basic);
    assert_string_equal(credential_authorization(c), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    credential_free(c);
}

static void test_token_file(void **state)
{
    (void)state;
    struct target t = {.token_file = mem_text(temp_file("token", " one\n"))};
    struct credential *c = make(&t);
    assert_int_equal(credential_check(c), CREDENTIAL_READY);
    assert_string_equal(credential_authorization(c), "Bearer one");
    uint64_t generation = credential_generation(c);
    temp_file("token", "second");
    credential_check(c);
    assert_string_equal(credential_authorization(c), "Bearer one"); /* looked at once a second at most */
    clock_virtual_advance(&now, 1000);
    assert_int_equal(credential_check(c), CREDENTIAL_READY);
    assert_string_equal(credential_authorization(c), "Bearer second");
    assert_int_not_equal(credential_generation(c), generation);
    generation = credential_generation(c);
    unlink(temp_path("token"));
    clock_virtual_advance(&now, 5000);
    assert_int_equal(credential_check(c), CREDENTIAL_READY);
    assert_string_equal(credential_authorization(c), "Bearer second"); /* being replaced: what was last read stays */
    assert_int_equal(credential_generation(c), generation);
    assert_false(credential_refused(c));
    temp_file("token", "third");
    assert_true(credential_refused(c)); /* at once, without waiting for the second to pass */
    credential_check(c);
    assert_string_equal(credential_authorization(c), "Bearer third");
    assert_false(credential_refused(c));
    credential_free(c);
    free(t.token_file);
}

static void test_bad_token_file(void **state)
{
    (void)state;
    struct target t = {.token_file = mem_text(temp_path("token"))};
    struct credential *c = make(&t);
    assert_int_equal(credential_check(c), CREDENTIAL_FAILED);
    contains(credential_error(c), "no token: cannot read ");
    contains(credential_error(c), "No such file");
    assert_null(credential_authorization(c));
    temp_file("token", " \n");
    clock_virtual_advance(&now, 1000);
    assert_int_equal(credential_check(c), CREDENTIAL_FAILED);
    contains(credential_error(c), "is empty");
    temp_file("token", "secret1\nsecret2");
    clock_virtual_advance(&now, 1000);
    assert_int_equal(credential_check(c), CREDENTIAL_FAILED);
    contains(credential_error(c), "more than one line");
    holds_not(credential_error(c), "secret");
    temp_file("token", "fine");
    clock_virtual_advance(&now, credential_due(c));
    assert_int_equal(credential_check(c), CREDENTIAL_READY);
    credential_free(c);
    free(t.token_file);
}

static void test_plugin_token(void **state)
{
    struct plugin_target p;
    (void)state;
    struct credential *c = make(plugin(&p, temp_script("plugin", "echo run >>\"${0%/*}/runs\"\n" ANSWER("\"token\":\"tok\""))));
    assert_int_equal(settle(c), CREDENTIAL_READY);
    assert_string_equal(credential_authorization(c), "Bearer tok");
    assert_null(credential_cert(c));
    assert_int_equal(credential_due(c), -1);
    clock_virtual_advance(&now, 86400000);
    assert_int_equal(credential_check(c), CREDENTIAL_READY); /* no expiry: kept for ever */
    struct buf runs = {0};
    assert_true(secret_read(temp_path("runs"), 100, true, &runs, NULL));
    assert_string_equal(runs.p, "run\n");
    buf_free(&runs);
    credential_free(c);
}

/* Each run counts up: what expires is fetched anew, what is refused too, once for each value. */
static const char *const counting = "n=$(cat \"${0%/*}/n\" 2>/dev/null); n=$((n+1)); echo $n >\"${0%/*}/n\"\n";

static void test_expiry(void **state)
{
    struct plugin_target p;
    char body[2048];
    (void)state;
    snprintf(body, sizeof body, "%s" "echo '{\"apiVersion\":\"" V1 "\",\"kind\":\"ExecCredential\",\"status\":{\"expirationTimestamp\":\"2027-01-15T08:01:00Z\",\"token\":\"t'$n'\"}}'",
             counting);
    struct credential *c = make(plugin(&p, temp_script("plugin", body)));
    assert_int_equal(settle(c), CREDENTIAL_READY);
    assert_string_equal(credential_authorization(c), "Bearer t1");
    clock_virtual_advance(&now, 59999);
    assert_int_equal(credential_check(c), CREDENTIAL_READY);
    clock_virtual_advance(&now, 1);
    assert_int_equal(credential_check(c), CREDENTIAL_PENDING);
    assert_int_equal(settle(c), CREDENTIAL_READY);
    assert_string_equal(credential_authorization(c), "Bearer t2");
    assert_int_equal(credential_check(c), CREDENTIAL_READY); /* expired when it came: used for a while, not run for each request */
    clock_virtual_advance(&now, 10000);
    assert_int_equal(credential_check(c), CREDENTIAL_PENDING);
    credential_free(c);
}

static void test_refused(void **state)
{
    struct plugin_target p;          /* slow enough to be seen under way on a busy machine */
    char body[2048];
    (void)state;
    snprintf(body, sizeof body, "%s" "sleep 0.3\n[ $n -gt 2 ] && n=2\necho '{\"apiVersion\":\"" V1 "\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"t'$n'\"}}'", counting);
    struct credential *c = make(plugin(&p, temp_script("plugin", body)));
    settle(c);
    assert_true(credential_refused(c));
    assert_int_equal(credential_check(c), CREDENTIAL_PENDING);
    assert_true(credential_refused(c)); /* another request with the old value: the new one is under way */
    assert_int_equal(settle(c), CREDENTIAL_READY);
    assert_string_equal(credential_authorization(c), "Bearer t2");
    assert_true(credential_refused(c));
    assert_int_equal(settle(c), CREDENTIAL_READY);
    assert_string_equal(credential_authorization(c), "Bearer t2");
    assert_false(credential_refused(c)); /* it knows nothing better */
    assert_int_equal(credential_check(c), CREDENTIAL_READY);
    clock_virtual_advance(&now, 30000);
    assert_true(credential_refused(c)); /* but someone may have signed in again since */
    credential_free(c);
}

static void test_plugin_certificate(void **state)
{
    struct plugin_target p;
    (void)state;
#define PEM_JSON "-----BEGIN CERTIFICATE-----\\\\nMIIB\\\\n-----END CERTIFICATE-----\\\\n"
    const char *path = temp_script("plugin", "printf '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{\"clientCertificateData\":\"" PEM_JSON
                                             "\",\"clientKeyData\":\"" PEM_JSON "\"}}'");
    struct target *t = plugin(&p, path);
    t->cert_pem = (char *)"static";
    struct credential *c = make(t);
    if (settle(c) != CREDENTIAL_READY)
        fail_msg("%s", credential_error(c));
    assert_null(credential_authorization(c));
    assert_string_equal(credential_cert(c), PEM);
    assert_string_equal(credential_key(c), PEM);
    credential_free(c);
}

static void test_precedence(void **state)
{
    struct plugin_target p;
    (void)state;
    struct target *t = plugin(&p, temp_script("plugin", "exit 1"));
    t->token = (char *)"mine";
    struct credential *c = make(t);
    assert_int_equal(credential_check(c), CREDENTIAL_READY);
    assert_string_equal(credential_authorization(c), "Bearer mine");
    credential_free(c);
}

/* What the plugin is told, and that it has no terminal. */
static void test_plugin_surroundings(void **state)
{
    struct plugin_target p;
    (void)state;
    const char *path = temp_script("plugin", "d=\"${0%/*}\"\nprintf %s \"$KUBERNETES_EXEC_INFO\" >\"$d/info\"\necho \"$1|$2|$A|$B|$(cat)\" >\"$d/rest\"\n"
                                             "(: </dev/tty) 2>/dev/null && echo tty >>\"$d/rest\"\n" ANSWER("\"token\":\"x\""));
    struct target *t = plugin(&p, path);
    char *args[] = {(char *)"one", (char *)"t w o", NULL}, *env[] = {(char *)"A=a=b", (char *)"B=over", NULL};
    setenv("B", "under", 1);
    p.exec.args = args;
    p.exec.env = env;
    p.exec.provide_cluster_info = true;
    p.exec.cluster_config = (char *)"{\"audience\":\"x\"}";
    t->ca_pem = (char *)"CA";
    t->tls_server_name = (char *)"na\"me";
    t->insecure = true;
    struct credential *c = make(t);
    assert_int_equal(settle(c), CREDENTIAL_READY);
    credential_free(c);
    struct buf text = {0};
    assert_true(secret_read(temp_path("info"), 4096, true, &text, NULL));
    assert_string_equal(text.p, "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"spec\":{\"cluster\":{\"server\":\"https://h:1\",\"tls-server-name\":"
                                "\"na\\\"me\",\"insecure-skip-tls-verify\":true,\"certificate-authority-data\":\"Q0E=\",\"config\":{\"audience\":\"x\"}},"
                                "\"interactive\":false}}");
    assert_true(json_check(buf_slice(&text), NULL));
    buf_clear(&text);
    assert_true(secret_read(temp_path("rest"), 4096, true, &text, NULL));
    assert_string_equal(text.p, "one|t w o|a=b|over|\n");
    buf_free(&text);
    p.exec.provide_cluster_info = false;
    c = make(t);
    assert_int_equal(settle(c), CREDENTIAL_READY);
    credential_free(c);
    assert_true(secret_read(temp_path("info"), 4096, true, &text, NULL));
    assert_string_equal(text.p, "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"spec\":{\"interactive\":false}}");
    buf_free(&text);
}

static void fails(const char *body, const char *sentence)
{
    struct plugin_target p;
    struct credential *c = make(plugin(&p, temp_script("plugin", body)));
    assert_int_equal(settle(c), CREDENTIAL_FAILED);
    contains(credential_error(c), sentence);
    contains(credential_error(c), temp_path("plugin"));
    holds_not(credential_error(c), "\n");
    holds_not(credential_error(c), "s3cret");
    assert_null(credential_authorization(c));
    credential_free(c);
}

static void test_plugin_failures(void **state)
{
    (void)state;
    fails("echo s3cret; for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; printf 'six\\033[31m\\n\\n \\nseven\\n' >&2; exit 3",
          " failed with exit code 3: line 2 line 3 line 4 line 5 line 6 line 7 six [31m seven");
    fails("i=0; while [ $i -lt 200 ]; do printf 'word%d ' $i >&2; i=$((i+1)); done; exit 4", " failed with exit code 4: … word");
    fails("exit 1", "failed with exit code 1 and said nothing: run it by hand");
    fails("kill -9 $$", "was ended by signal 9");
    fails("true", "it printed nothing");
    fails("echo s3cret", "answer that cannot be used: 1:1 ");
    fails("echo '{\"kind\":\"Pod\",\"token\":\"s3cret\"}'", "it is not an ExecCredential");
    fails("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"status\":{\"token\":\"s3cret\"}}'",
          "its apiVersion is not");
    fails("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\"}'", "it has no status");
    fails(ANSWER(""), "neither a token nor a client certificate");
    fails(ANSWER("\"clientKeyData\":\"s3cret\""), "a client key without its certificate");
    fails(ANSWER("\"clientCertificateData\":\"s3cret\""), "a client certificate without its key");
    fails(ANSWER("\"clientCertificateData\":\"s3cret\",\"clientKeyData\":\"s3cret\""), "is no PEM");
    fails(ANSWER("\"token\":\"s3cret\\\\u000d\\\\u000aX: y\""), "line break");
    fails(ANSWER("\"token\":\"s3cret\",\"expirationTimestamp\":\"soon\""), "expirationTimestamp is no RFC 3339");
    fails("while :; do echo s3crets3crets3crets3crets3crets3crets3crets3crets3cret; done", "more than 1 MiB");
}

static void test_plugin_not_there(void **state)
{
    struct plugin_target p;
    (void)state;
    struct target *t = plugin(&p, "sandtop-no-such-plugin");
    p.exec.install_hint = (char *)"get it\nfrom there";
    struct credential *c = make(t);
    assert_int_equal(credential_check(c), CREDENTIAL_FAILED);
    contains(credential_error(c), "sandtop-no-such-plugin of user \"u\" is not installed (it is not in $PATH): get it from there");
    credential_free(c);
    c = make(plugin(&p, "/nowhere/plugin"));
    assert_int_equal(credential_check(c), CREDENTIAL_FAILED);
    contains(credential_error(c), "/nowhere/plugin of user \"u\" is not installed: install it");
    credential_free(c);
    c = make(plugin(&p, temp_file("plugin", "no program")));
    assert_int_equal(credential_check(c), CREDENTIAL_FAILED);
    contains(credential_error(c), "cannot be started: Permission denied");
    credential_free(c);
    t = plugin(&p, temp_script("plugin", "exit 0"));
    p.exec.interactive_mode = (char *)"Always";
    c = make(t);
    assert_int_equal(credential_check(c), CREDENTIAL_FAILED);
    contains(credential_error(c), "interactiveMode: Always");
    contains(credential_error(c), "/cfg");
    credential_free(c);
}

static void test_plugin_in_path(void **state)
{
    struct plugin_target p;
    char path[1024], before[4096];
    (void)state;
    temp_script("sandtop-test-plugin", ANSWER("\"token\":\"found\""));
    snprintf(before, sizeof before, "%s", getenv("PATH"));
    snprintf(path, sizeof path, ".::/nowhere:%s:/bin:/usr/bin", temp_dir);
    setenv("PATH", path, 1);
    struct credential *c = make(plugin(&p, "sandtop-test-plugin"));
    assert_int_equal(settle(c), CREDENTIAL_READY);
    assert_string_equal(credential_authorization(c), "Bearer found");
    credential_free(c);
    setenv("PATH", before, 1);
}

static pid_t read_pid(const char *path)
{
    struct buf text = {0};
    int64_t pid = 0;
    for (int tries = 0; tries < 5000 && !pid; tries++) {
        buf_clear(&text);
        if (!secret_read(path, 100, true, &text, NULL) || !text.n || text.p[text.n - 1] != '\n' ||
            !slice_int(slice_trim(buf_slice(&text)), &pid))
            pid = 0;
        if (!pid)
            poll(NULL, 0, 1);
    }
    buf_free(&text);
    return (pid_t)pid;
}

/* A killed process may be there for a moment until its parent, by now init, takes note. */
static bool ends(pid_t pid)
{
    for (int tries = 0; tries < 5000; tries++) {
        char path[64], state = 0;
        snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        FILE *file = fopen(path, "r");
        bool read = file && fscanf(file, "%*d %*s %c", &state) == 1;
        if (file)
            fclose(file);
        if (kill(pid, 0) != 0 || (read && state == 'Z'))
            return true;
        poll(NULL, 0, 1);
    }
    return false;
}

/* It hangs, and so does what it started: both are gone when the deadline is over. */
static void test_plugin_hangs(void **state)
{
    struct plugin_target p;
    (void)state;
    struct credential *c = make(plugin(&p, temp_script("plugin",
                                                       "echo asking for a password >&2\nsleep 1000 &\necho $! >\"${0%/*}/pid\"\nwait")));
    assert_int_equal(credential_check(c), CREDENTIAL_PENDING);
    pid_t helper = read_pid(temp_path("pid"));
    assert_true(helper > 0);
    struct pollfd fds[2];
    assert_int_equal(credential_fds(c, fds), 2);
    for (int i = 0; i < 2; i++) {    /* another program that we start does not get them, and no read of ours blocks */
        assert_true(fcntl(fds[i].fd, F_GETFD) & FD_CLOEXEC);
        assert_true(fcntl(fds[i].fd, F_GETFL) & O_NONBLOCK);
    }
    assert_in_range(credential_due(c), 0, DEADLINE);
    clock_virtual_advance(&now, DEADLINE - 1);
    assert_int_equal(credential_check(c), CREDENTIAL_PENDING);
    clock_virtual_advance(&now, 1);
    assert_int_equal(credential_check(c), CREDENTIAL_FAILED);
    contains(credential_error(c), "did not answer within 30s and was stopped: asking for a password");
    assert_true(ends(helper));
    assert_int_equal(credential_fds(c, fds), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    /* It is tried again later, and later still. */
    assert_int_equal(credential_due(c), 5000);
    assert_int_equal(credential_check(c), CREDENTIAL_FAILED);
    clock_virtual_advance(&now, 5000);
    assert_int_equal(credential_check(c), CREDENTIAL_PENDING);
    clock_virtual_advance(&now, DEADLINE);
    assert_int_equal(credential_check(c), CREDENTIAL_FAILED);
    assert_int_equal(credential_due(c), 10000);
    temp_script("plugin", ANSWER("\"token\":\"mended\""));
    clock_virtual_advance(&now, 10000);
    assert_int_equal(settle(c), CREDENTIAL_READY);
    assert_string_equal(credential_authorization(c), "Bearer mended");
    credential_free(c);
}

/* Freed while it runs: nothing of it stays. */
static void test_freed_while_running(void **state)
{
    struct plugin_target p;
    (void)state;
    struct credential *c = make(plugin(&p, temp_script("plugin", "sleep 1000 &\necho $! >\"${0%/*}/pid\"\nwait")));
    assert_int_equal(credential_check(c), CREDENTIAL_PENDING);
    pid_t helper = read_pid(temp_path("pid"));
    credential_free(c);
    assert_true(ends(helper));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* A plugin that leaves a helper behind with its pipes open has answered all the same. */
static void test_plugin_leaves_helper(void **state)
{
    struct plugin_target p;
    (void)state;
    struct credential *c = make(plugin(&p, temp_script("plugin", "sleep 1000 &\necho $! >\"${0%/*}/pid\"\n" ANSWER("\"token\":\"x\""))));
    assert_int_equal(settle(c), CREDENTIAL_READY);
    pid_t helper = read_pid(temp_path("pid"));
    assert_int_equal(kill(helper, SIGKILL), 0);
    credential_free(c);
}

/* A renewal that fails leaves no old value in use. */
static void test_renewal_fails(void **state)
{
    struct plugin_target p;
    (void)state;
    struct credential *c = make(plugin(&p, temp_script("plugin", ANSWER("\"token\":\"x\""))));
    settle(c);
    temp_script("plugin", "echo signed out >&2; exit 1");
    assert_true(credential_refused(c));
    assert_int_equal(settle(c), CREDENTIAL_FAILED);
    assert_null(credential_authorization(c));
    contains(credential_error(c), "signed out");
    assert_false(credential_refused(c));
    credential_free(c);
}

static void test_base64(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } pairs[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xfb\xff", "+/8="}};
    static const char *const bad[] = {"Z", "Zg", "Zg=", "Zm9v=", "Z===", "Zg==Zg==", "Zm9*", " Zg==", "=", "Zm9vYg=x"};
    struct buf out = {0};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        buf_clear(&out);
        base64_encode(slice_of(pairs[i].bytes), &out);
        assert_true(slice_is(buf_slice(&out), pairs[i].text));
        buf_clear(&out);
        assert_true(base64_decode(slice_of(pairs[i].text), &out));
        assert_true(slice_is(buf_slice(&out), pairs[i].bytes));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (base64_decode(slice_of(bad[i]), &out))
            fail_msg("taken: %s", bad[i]);
    buf_clear(&out);
    assert_true(base64_decode(SLICE("Zm\r\n9v\n"), &out));
    assert_string_equal(out.p, "foo");
    secret_buf_free(&out);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, temp_setup, temp_teardown)
    const struct CMUnitTest tests[] = {
        T(test_static), T(test_token_file), T(test_bad_token_file), T(test_plugin_token), T(test_expiry), T(test_refused),
        T(test_plugin_certificate), T(test_precedence), T(test_plugin_surroundings), T(test_plugin_failures), T(test_plugin_not_there),
        T(test_plugin_in_path), T(test_plugin_hangs), T(test_freed_while_running), T(test_plugin_leaves_helper), T(test_renewal_fails),
        cmocka_unit_test(test_base64),
    };
    return TESTS_MAIN(tests);
}

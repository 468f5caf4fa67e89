/* Kubeconfigs as kubectl reads them. The expected merges are what `kubectl config view --raw` printed for the same files (v1.32). */
#include "tests/unit/temp_dir.h"
#include "core/base/mem.h"
#include "core/kube/kubeconfig_merge.h"

#define PEM "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
#define PEM64 "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUIKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="

static struct kubeconfig *load(const struct kubeconfig_flags *flags)
{
    struct err err = {0};
    struct kubeconfig *k = kubeconfig_load(flags, &err);
    if (!k)
        fail_msg("%s", err.text);
    return k;
}

static struct kubeconfig *load_file(const char *path)
{
    return load(&(struct kubeconfig_flags){.kubeconfig = path});
}

static struct target *target_of(const struct kubeconfig *k, const char *context)
{
    struct err err = {0};
    struct target *t = kubeconfig_target(k, context, &err);
    if (!t)
        fail_msg("%s", err.text);
    return t;
}

static struct target *target_text(const char *text)
{
    struct kubeconfig *k = load_file(temp_file("config", text));
    struct target *t = target_of(k, NULL);
    kubeconfig_free(k);
    return t;
}

static void contains(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text ? text : "(null)");
}

/* The sentence that flags end in, at load or at the target. */
static char *sentence(const struct kubeconfig_flags *flags)
{
    struct err err = {0};
    struct kubeconfig *k = kubeconfig_load(flags, &err);
    struct target *t = k ? kubeconfig_target(k, NULL, &err) : NULL;
    if (t)
        fail_msg("it was taken");
    kubeconfig_free(k);
    assert_non_null(err.text);
    assert_null(strchr(err.text, '\n'));
    return err.text;
}

static void refused(const char *text, const char *what)
{
    char *said = sentence(&(struct kubeconfig_flags){.kubeconfig = temp_file("config", text)});
    contains(said, what);
    contains(said, temp_path("config"));
    free(said);
}

/* A config of one context whose cluster and user have these members. */
static const char *config(const char *cluster, const char *user)
{
    static char text[4096];
    snprintf(text, sizeof text, "current-context: a\nclusters:\n- name: c\n  cluster: {%s}\nusers:\n- name: u\n  user: {%s}\ncontexts:\n- name: a\n"
                                "  context: {cluster: c, user: u}\n", cluster, user);
    return text;
}
#define SERVER "server: 'https://h:6443'"

static const char *const first_file =
    "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster: {server: 'https://a:1'}\nusers:\n- name: u\n  user: {username: x}\n"
    "contexts:\n- name: one\n  context: {cluster: c, user: u}\n";
static const char *const second_file =
    "current-context: two\nclusters:\n- name: c\n  cluster: {server: 'https://b:1', tls-server-name: zz, proxy-url: 'http://p'}\n"
    "users:\n- name: u\n  user: {token: tok, password: pw}\ncontexts:\n- name: one\n  context: {cluster: c2, user: u2, namespace: nn}\n"
    "- name: two\n  context: {cluster: c, user: u, namespace: second}\n";

static void set_list(const char *list)
{
    setenv("KUBECONFIG", list, 1);
}

static void test_merge(void **state)
{
    char list[1024];
    (void)state;
    snprintf(list, sizeof list, "%s::%s:%s:%s", temp_file("1", first_file), temp_path("nothing"), temp_file("2", second_file),
             temp_path("1"));
    set_list(list);
    struct kubeconfig *k = load(&(struct kubeconfig_flags){0});
    const char *const *names = kubeconfig_contexts(k);
    assert_string_equal(names[0], "one");
    assert_string_equal(names[1], "two");
    assert_null(names[2]);
    assert_string_equal(kubeconfig_current(k), "two");
    struct target *t = target_of(k, NULL);
    assert_string_equal(t->server, "https://a:1");
    assert_null(t->tls_server_name);
    assert_null(t->proxy_url);
    assert_string_equal(t->username, "x");
    assert_null(t->token);
    assert_null(t->password);
    assert_string_equal(t->ns, "second");
    assert_string_equal(t->source, temp_path("2"));
    target_free(t);
    t = target_of(k, "one");
    assert_string_equal(t->cluster, "c");
    assert_null(t->ns);
    target_free(t);
    kubeconfig_free(k);
    k = load(&(struct kubeconfig_flags){.context = "one"});
    t = target_of(k, NULL);
    assert_string_equal(t->context, "one");
    target_free(t);
    kubeconfig_free(k);
    unsetenv("KUBECONFIG");
}

static void test_home(void **state)
{
    (void)state;
    unsetenv("KUBECONFIG");
    setenv("HOME", temp_dir, 1);
    char *said = sentence(&(struct kubeconfig_flags){0});
    contains(said, "no kubeconfig: ");
    contains(said, "/.kube/config does not exist and KUBECONFIG is not set");
    contains(said, "--demo");
    free(said);
    mkdir(temp_path(".kube"), 0700);
    temp_file(".kube/config", first_file);
    struct kubeconfig *k = load(&(struct kubeconfig_flags){0});
    assert_string_equal(kubeconfig_contexts(k)[0], "one");
    assert_null(kubeconfig_current(k));
    kubeconfig_free(k);
    said = sentence(&(struct kubeconfig_flags){0});
    contains(said, "no current-context in ");
    contains(said, "--context: one");
    free(said);
}

static void test_no_file(void **state)
{
    (void)state;
    char *said = sentence(&(struct kubeconfig_flags){.kubeconfig = "/nowhere/at/all"});
    assert_string_equal(said, "the kubeconfig /nowhere/at/all does not exist: give --kubeconfig a file that does");
    free(said);
    set_list("/nowhere/1:/nowhere/2");
    said = sentence(&(struct kubeconfig_flags){0});
    contains(said, "KUBECONFIG names /nowhere/1:/nowhere/2");
    free(said);
    unsetenv("KUBECONFIG");
    said = sentence(&(struct kubeconfig_flags){.kubeconfig = temp_dir});
    contains(said, "it is a directory");
    contains(said, temp_dir);
    free(said);
    if (geteuid() != 0) {
        chmod(temp_file("closed", "a: b"), 0);
        said = sentence(&(struct kubeconfig_flags){.kubeconfig = temp_path("closed")});
        contains(said, "Permission denied");
        free(said);
    }
}

static void test_bad_files(void **state)
{
    (void)state;
    refused("a: b\nc: d: e\n", ":2: not YAML: mapping values");
    refused("- a\n", ":1: not a kubeconfig: it holds a list");
    refused("hello\n", "it holds a text");
    refused("apiVersion: v1\nkind: Pod\n", ":2: not a kubeconfig: kind is \"Pod\"");
    refused("apiVersion: v2\n", "apiVersion is \"v2\"");
    refused("current-context: 12\n", ":1: current-context must be a text, not a number");
    refused("clusters: {a: b}\n", ":1: clusters must be a list, not a map");
    refused("clusters: [x]\n", "must be a map with name and cluster, not a text");
    refused("users:\n- name: yes\n", ":2: the name of a user must be a text, not a boolean");
    refused("contexts:\n- name: a\n- name: a\n", ":3: the context \"a\" stands already on line 2");
    refused("users:\n- name: a\n  user: 3\n", ":3: user \"a\" must be a map, not a number");
    refused("", "names no context");
    refused("# empty\n", "names no context");
}

static void test_bad_contexts(void **state)
{
    (void)state;
    char *said = sentence(&(struct kubeconfig_flags){.kubeconfig = temp_file("config", second_file), .context = "zz"});
    contains(said, "the context \"zz\" does not exist in ");
    contains(said, "--context: one, two");
    free(said);
    refused("current-context: a\ncontexts:\n- name: a\n  context: {user: u}\n", ":4: context \"a\" names no cluster");
    refused("current-context: a\ncontexts:\n- name: a\n", "context \"a\" names no cluster");
    refused("current-context: a\ncontexts:\n- name: a\n  context: {cluster: c}\n",
            ":4: context \"a\" names the cluster \"c\", which is in none");
    refused("current-context: a\nclusters: [{name: c, cluster: {" SERVER "}}]\ncontexts:\n- name: a\n  context: {cluster: c, user: u}\n",
            ":5: context \"a\" names the user \"u\", which is in none");
    refused("current-context: a\nclusters: [{name: c}]\ncontexts:\n- name: a\n  context: {cluster: c}\n",
            ":2: cluster \"c\" has no server");
}

/* Names without a user are fine: a proxy on this machine wants none. */
static void test_no_user(void **state)
{
    (void)state;
    struct target *t = target_text("current-context: a\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:8001/'}}]\ncontexts:\n- name: a\n  context: {cluster: c}\n");
    assert_string_equal(t->server, "http://127.0.0.1:8001");
    assert_null(t->user);
    target_free(t);
}

static void test_cluster(void **state)
{
    (void)state;
    struct target *t = target_text(config("server: 'https://h:1/prefix/', tls-server-name: name, proxy-url: 'socks5://p:1', insecure-skip-tls-verify: true, "
                                          "disable-compression: on", ""));
    assert_string_equal(t->server, "https://h:1/prefix");
    assert_string_equal(t->tls_server_name, "name");
    assert_string_equal(t->proxy_url, "socks5://p:1");
    assert_true(t->insecure);
    assert_true(t->disable_compression);
    target_free(t);
    t = target_text(config("server: 'h:6443', certificate-authority-data: " PEM64, ""));
    assert_string_equal(t->server, "https://h:6443");
    assert_string_equal(t->ca_pem, PEM);
    contains(t->ca_file, "(inline)");
    target_free(t);
    t = target_text(config("server: 'h:8080'", ""));
    assert_string_equal(t->server, "http://h:8080");
    target_free(t);
    refused(config("server: 'h:1/x'", ""), ":4: cluster \"c\" has a server that is no URL");
    refused(config("server: 'ftp://h'", ""), "has a server that is no URL");
    refused(config("server: 'https://'", ""), "has a server that is no URL");
    refused(config("server: 'https://a b'", ""), "has a server that is no URL");
    refused(config(SERVER ", proxy-url: 'ftp://x'", ""), "has a proxy-url");
    refused(config(SERVER ", insecure-skip-tls-verify: \"true\"", ""), "needs true or false as insecure-skip-tls-verify, not a text");
    refused(config(SERVER ", insecure-skip-tls-verify: true, certificate-authority-data: " PEM64, ""),
            "has both insecure-skip-tls-verify and");
    refused(config("server: 12", ""), "needs a text as server, not a number");
    refused(config("server: \"https://a\\nb\"", ""), "line break");
}

static void test_files(void **state)
{
    (void)state;
    mkdir(temp_path("pki"), 0700);
    temp_file("pki/ca.crt", PEM);
    temp_file("pki/token", "t");
    struct target *t = target_text(config(SERVER ", certificate-authority: pki/ca.crt",
                                          "client-certificate: ./pki/ca.crt, client-key-data: " PEM64 ", tokenFile: pki/token"));
    assert_string_equal(t->ca_pem, PEM);
    assert_string_equal(t->ca_file, temp_path("pki/ca.crt"));
    assert_string_equal(t->cert_pem, PEM);
    assert_string_equal(t->key_pem, PEM);
    assert_string_equal(t->token_file, temp_path("pki/token"));
    target_free(t);
    char absolute[600];
    snprintf(absolute, sizeof absolute, SERVER ", certificate-authority: %s", temp_path("pki/ca.crt"));
    t = target_text(config(absolute, ""));
    assert_string_equal(t->ca_pem, PEM);
    target_free(t);
    refused(config(SERVER ", certificate-authority: pki/none.crt", ""), "pki/none.crt: No such file");
    refused(config(SERVER ", certificate-authority: pki", ""), "it is a directory");
    refused(config(SERVER ", certificate-authority: pki/token", ""), "pki/token holds no PEM");
    refused(config(SERVER, "tokenFile: pki/none"), "names a tokenFile that cannot be read");
    refused(config(SERVER, "client-certificate: pki/ca.crt"), "has a client certificate without its key");
    refused(config(SERVER ", certificate-authority: pki/ca.crt, certificate-authority-data: " PEM64, ""),
            "has both certificate-authority and certificate-authority-data");
}

/* The path of a file given relatively counts from where we stand. */
static void test_relative_config(void **state)
{
    char before[512];
    (void)state;
    temp_file("ca.crt", PEM);
    temp_file("config", config(SERVER ", certificate-authority: ca.crt", ""));
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(temp_dir), 0);
    struct kubeconfig *k = load_file("config");
    assert_int_equal(chdir("/"), 0);
    struct target *t = target_of(k, NULL);
    assert_string_equal(t->ca_pem, PEM);
    assert_int_equal(chdir(before), 0);
    target_free(t);
    kubeconfig_free(k);
}

static void test_inline_data(void **state)
{
    (void)state;
    struct target *t = target_text(config(SERVER, "client-certificate-data: " PEM64 ", client-key-data: " PEM64));
    assert_string_equal(t->cert_pem, PEM);
    assert_string_equal(t->key_pem, PEM);
    target_free(t);
    refused(config(SERVER, "client-certificate-data: '!!!secret'"), ":7: user \"u\" has a client-certificate-data that is not base64");
    refused(config(SERVER, "client-key-data: 'QUJ'"), "is not base64");
    refused(config(SERVER, "client-key-data: 'QU=J'"), "is not base64");
    refused(config(SERVER, "client-key-data: 'aGVsbG8='"), "client-key-data that holds no PEM");
    char *said = sentence(&(struct kubeconfig_flags){.kubeconfig = temp_file("config", config(SERVER, "client-key-data: '!!!secret'"))});
    assert_null(strstr(said, "secret"));
    free(said);
}

static void test_user(void **state)
{
    (void)state;
    struct target *t = target_text(config(SERVER, "token: abc"));
    assert_string_equal(t->token, "abc");
    target_free(t);
    t = target_text(config(SERVER, "username: me, password: 'p:w'"));
    assert_string_equal(t->username, "me");
    assert_string_equal(t->password, "p:w");
    target_free(t);
    refused(config(SERVER, "token: 12345"), "needs a text as token, not a number");
    refused(config(SERVER, "token: abc, username: x"), "has both a token and a username");
    refused(config(SERVER, "token: \"abc\\r\\nX-Y: z\""), "has a line break or control byte in token");
    refused(config(SERVER, "auth-provider: {name: gcp}"), "uses auth-provider");
}

static void test_impersonation(void **state)
{
    static const char *const groups[] = {"g3", NULL};
    (void)state;
    const char *path = temp_file("config", config(SERVER, "as: bob, as-uid: '7', as-groups: [g1, g2], as-user-extra: {reason: [one, two], x: [z]}"));
    struct kubeconfig *k = load_file(path);
    struct target *t = target_of(k, NULL);
    assert_string_equal(t->as, "bob");
    assert_string_equal(t->as_uid, "7");
    assert_string_equal(t->as_groups[1], "g2");
    assert_null(t->as_groups[2]);
    assert_string_equal(t->as_extra[0], "reason=one");
    assert_string_equal(t->as_extra[1], "reason=two");
    assert_string_equal(t->as_extra[2], "x=z");
    assert_null(t->as_extra[3]);
    target_free(t);
    kubeconfig_free(k);
    k = load(&(struct kubeconfig_flags){.kubeconfig = path, .as = "eve", .as_groups = groups});
    t = target_of(k, NULL);
    assert_string_equal(t->as, "eve");
    assert_string_equal(t->as_groups[0], "g3");
    assert_null(t->as_groups[1]);
    target_free(t);
    kubeconfig_free(k);
    char *said = sentence(&(struct kubeconfig_flags){.kubeconfig = temp_file("config", config(SERVER, "token: t")), .as_groups = groups});
    contains(said, "add --as NAME");
    free(said);
    said = sentence(&(struct kubeconfig_flags){.kubeconfig = temp_path("config"), .as = "a\r\nb"});
    contains(said, "line break");
    free(said);
}

#define EXEC_V1 "apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never"

static void test_exec(void **state)
{
    (void)state;
    struct target *t = target_text(config(
        SERVER ", extensions: [{name: other}, {name: client.authentication.k8s.io/exec, extension: {audience: x, n: [1, yes]}}]",
        "exec: {command: bin/plugin, args: [get, 'to ken'], env: [{name: A, value: b=c}, {name: E}], provideClusterInfo: true, installHint: \"do\\nthis\", " EXEC_V1 "}"));
    assert_string_equal(t->exec->command, temp_path("bin/plugin"));
    assert_string_equal(t->exec->args[0], "get");
    assert_string_equal(t->exec->args[1], "to ken");
    assert_null(t->exec->args[2]);
    assert_string_equal(t->exec->env[0], "A=b=c");
    assert_string_equal(t->exec->env[1], "E=");
    assert_null(t->exec->env[2]);
    assert_string_equal(t->exec->api_version, "client.authentication.k8s.io/v1");
    assert_string_equal(t->exec->interactive_mode, "Never");
    assert_string_equal(t->exec->install_hint, "do\nthis");
    assert_true(t->exec->provide_cluster_info);
    assert_string_equal(t->exec->cluster_config, "{\"audience\":\"x\",\"n\":[1,true]}");
    target_free(t);
    t = target_text(config(SERVER, "exec: {command: plugin, apiVersion: client.authentication.k8s.io/v1beta1}"));
    assert_string_equal(t->exec->command, "plugin");
    assert_string_equal(t->exec->interactive_mode, "IfAvailable");
    assert_null(t->exec->args[0]);
    target_free(t);
    refused(config(SERVER, "exec: {" EXEC_V1 "}"), "has an exec plugin without a command");
    refused(config(SERVER, "exec: {command: a}"), "apiVersion that is not supported");
    refused(config(SERVER, "exec: {command: a, apiVersion: client.authentication.k8s.io/v1alpha1}"), "apiVersion that is not supported");
    refused(config(SERVER, "exec: {command: a, apiVersion: client.authentication.k8s.io/v1}"), "without interactiveMode");
    refused(config(SERVER, "exec: {command: a, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Perhaps}"),
            "none of Never, IfAvailable, Always");
    refused(config(SERVER, "exec: {command: a, args: x, " EXEC_V1 "}"), "needs a list as args");
    refused(config(SERVER, "exec: {command: a, args: [1], " EXEC_V1 "}"), "needs a text as args, not a number");
    refused(config(SERVER, "exec: {command: a, env: [{value: x}], " EXEC_V1 "}"), "exec.env item without a usable name");
    refused(config(SERVER, "exec: [x]"), "needs a map as exec, not a list");
}

static void test_json(void **state)
{
    (void)state;
    struct target *t = target_text("{\n\t\"current-context\": \"j\",\n\t\"clusters\": [{\"name\": \"c\", \"cluster\": {\"server\": \"https://h:1\"}}],\n"
                                   "\t\"contexts\": [{\"name\": \"j\", \"context\": {\"cluster\": \"c\", \"namespace\": \"n\"}}]\n}");
    assert_string_equal(t->context, "j");
    assert_string_equal(t->ns, "n");
    target_free(t);
}

static void test_in_cluster(void **state)
{
    char account[512];
    (void)state;
    unsetenv("KUBECONFIG");
    unsetenv("POD_NAMESPACE");
    mkdir(temp_path("home"), 0700);
    mkdir(temp_path("sa"), 0700);
    setenv("HOME", temp_path("home"), 1);
    setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
    setenv("KUBERNETES_SERVICE_PORT", "443", 1);
    snprintf(account, sizeof account, "%s", temp_path("sa"));
    in_cluster_set_dir(account);
    char *said = sentence(&(struct kubeconfig_flags){0});
    contains(said, "no kubeconfig");
    free(said);
    temp_file("sa/token", "tok\n");
    said = sentence(&(struct kubeconfig_flags){0});
    contains(said, "sa/ca.crt: No such file");
    free(said);
    temp_file("sa/ca.crt", PEM);
    temp_file("sa/namespace", "here\n");
    struct kubeconfig *k = load(&(struct kubeconfig_flags){.as = "bob"});
    assert_string_equal(kubeconfig_current(k), "in-cluster");
    assert_string_equal(kubeconfig_contexts(k)[0], "in-cluster");
    struct target *t = target_of(k, NULL);
    assert_string_equal(t->server, "https://10.0.0.1:443");
    assert_string_equal(t->ns, "here");
    assert_string_equal(t->token_file, temp_path("sa/token"));
    assert_non_null(t->ca_pem);
    assert_string_equal(t->as, "bob");
    target_free(t);
    setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
    t = target_of(k, NULL);
    assert_string_equal(t->server, "https://[fd00::1]:443");
    target_free(t);
    kubeconfig_free(k);
    k = load_file(temp_file("config", first_file));
    assert_null(kubeconfig_current(k));
    kubeconfig_free(k);
    unsetenv("KUBERNETES_SERVICE_HOST");
    in_cluster_set_dir(NULL);
}

int main(void)
{
    unsetenv("KUBERNETES_SERVICE_HOST");
#define T(test) cmocka_unit_test_setup_teardown(test, temp_setup, temp_teardown)
    const struct CMUnitTest tests[] = {
        T(test_merge), T(test_home), T(test_no_file), T(test_bad_files), T(test_bad_contexts), T(test_no_user), T(test_cluster),
        T(test_files), T(test_relative_config), T(test_inline_data), T(test_user), T(test_impersonation), T(test_exec), T(test_json),
        T(test_in_cluster),
    };
    return TESTS_MAIN(tests);
}

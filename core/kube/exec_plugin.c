/* The plugin is told who asks (KUBERNETES_EXEC_INFO, the kubeconfig's env) and never gets a terminal: the screen has it. */
#include "core/kube/exec_plugin.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/ptrs.h"
#include "core/kube/child.h"
#include "core/kube/secret.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POLL_MS = 100, COMPLAINT_LINES = 8, COMPLAINT_BYTES = 600 };

struct exec_plugin {
    const struct target *target;
    const struct clock *clock;
    struct child *child;
    int64_t deadline_ms, end_ms;     /* its length; when it is over (mono) */
};

void exec_answer_free(struct exec_answer *a)
{
    secret_free(a->token);
    secret_free(a->cert_pem);
    secret_free(a->key_pem);
    *a = (struct exec_answer){0};
}

static void add_member(struct buf *out, const char *name, const char *text)
{
    if (!text)
        return;
    buf_printf(out, ",\"%s\":", name);
    json_quote(out, slice_of(text));
}

static void add_cluster(struct buf *out, const struct target *t)
{
    buf_add_text(out, "\"cluster\":{\"server\":");
    json_quote(out, slice_of(t->server));
    add_member(out, "tls-server-name", t->tls_server_name);
    if (t->insecure)
        buf_add_text(out, ",\"insecure-skip-tls-verify\":true");
    if (t->ca_pem) {
        buf_add_text(out, ",\"certificate-authority-data\":\"");
        base64_encode(slice_of(t->ca_pem), out);
        buf_add_byte(out, '"');
    }
    add_member(out, "proxy-url", t->proxy_url);
    if (t->disable_compression)
        buf_add_text(out, ",\"disable-compression\":true");
    if (t->exec->cluster_config)
        buf_printf(out, ",\"config\":%s", t->exec->cluster_config);
    buf_add_text(out, "},");
}

static char *exec_info(const struct target *t)
{
    struct buf out = {0};
    buf_add_text(&out, "KUBERNETES_EXEC_INFO={\"kind\":\"ExecCredential\",\"apiVersion\":");
    json_quote(&out, slice_of(t->exec->api_version));
    buf_add_text(&out, ",\"spec\":{");
    if (t->exec->provide_cluster_info)
        add_cluster(&out, t);
    buf_add_text(&out, "\"interactive\":false}}");
    return buf_take(&out);
}

/* Puts NAME=value in the place of an entry of that name, or at the end. Takes text over. */
static void set_variable(struct ptrs *env, char *text)
{
    size_t n = strcspn(text, "=") + 1;
    for (size_t i = 0; i < env->n; i++)
        if (!strncmp(env->v[i], text, n)) {
            secret_free(env->v[i]);
            env->v[i] = text;
            return;
        }
    ptrs_add(env, text);
}

static char **make_environment(const struct target *t)
{
    struct ptrs env = {0};
    for (char **p = environ; p && *p; p++)
        ptrs_add(&env, mem_text(*p));
    for (char **p = t->exec->env; p && *p; p++)
        set_variable(&env, mem_text(*p));
    set_variable(&env, exec_info(t));
    ptrs_add(&env, NULL);
    return (char **)(void *)env.v;
}

/* One line of words from text that someone else wrote: control bytes become blanks, runs of blanks one. */
static void add_line(struct buf *out, struct slice s, size_t max)
{
    bool blank = false;
    s = slice_trim(s);
    for (size_t i = 0; i < s.n && i < max; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool here = c <= 0x20 || c == 0x7f;
        if (!here && blank)
            buf_add_byte(out, ' ');
        if (!here)
            buf_add_byte(out, (char)c);
        blank = here;
    }
    if (s.n > max)
        buf_add_text(out, "…");
}

/* Where the last lines of s that say anything begin. */
static size_t last_lines(struct slice s)
{
    int lines = 0;
    size_t end = s.n;
    for (size_t from = s.n; from; from--) {
        if (s.p[from - 1] != '\n')
            continue;
        if (slice_trim((struct slice){s.p + from, end - from}).n && ++lines == COMPLAINT_LINES)
            return from;
        end = from;
    }
    return 0;
}

/* ": its last lines", or nothing. What is too long loses its beginning, up to a blank. */
static char *complaint(const struct exec_plugin *p)
{
    struct slice s = slice_trim(child_complaint(p->child));
    struct buf out = {0};
    size_t from = last_lines(s);
    bool cut = s.n - from > COMPLAINT_BYTES;
    if (cut)
        for (from = s.n - COMPLAINT_BYTES; from < s.n && s.p[from] != ' ' && s.p[from] != '\n';)
            from++;
    if (s.n)
        buf_add_text(&out, cut ? ": … " : ": ");
    add_line(&out, (struct slice){s.p + from, s.n - from}, COMPLAINT_BYTES);
    return buf_take(&out);
}

static bool not_found(const struct target *t, struct err *err)
{
    struct buf hint = {0};
    if (t->exec->install_hint)
        add_line(&hint, slice_of(t->exec->install_hint), COMPLAINT_BYTES);
    err_set(err, "the credential plugin %s of user \"%s\" is not installed%s: %s", t->exec->command, t->user ? t->user : "",
            strchr(t->exec->command, '/') ? "" : " (it is not in $PATH)",
            hint.n ? hint.p : "install it, or correct exec.command in the kubeconfig");
    buf_free(&hint);
    return false;
}

static struct child *start(const struct target *t, const char *path, struct err *err)
{
    struct ptrs argv = {0};
    char **env = make_environment(t);
    ptrs_add(&argv, t->exec->command);
    for (char **arg = t->exec->args; arg && *arg; arg++)
        ptrs_add(&argv, *arg);
    ptrs_add(&argv, NULL);
    struct child *child = child_start(path, (char **)(void *)argv.v, env, err);
    if (!child)
        err_prefix(err, "the credential plugin %s cannot be started", path);
    ptrs_free(&argv);
    secret_list_free(env);
    return child;
}

struct exec_plugin *exec_plugin_start(const struct target *t, const struct clock *clock, int64_t deadline_ms, struct err *err)
{
    const char *mode = t->exec->interactive_mode;
    if (mode && !strcmp(mode, "Always")) {
        err_set(err, "the credential plugin %s wants to ask at the terminal (interactiveMode: Always), which the screen has: use a plugin "
                     "that need not ask, or set interactiveMode: IfAvailable in %s", t->exec->command, t->source ? t->source : "the kubeconfig");
        return NULL;
    }
    char *path = child_find(t->exec->command);
    struct child *child = path ? start(t, path, err) : NULL;
    if (!path)
        not_found(t, err);
    free(path);
    if (!child)
        return NULL;
    struct exec_plugin *p = NEW(struct exec_plugin);
    *p = (struct exec_plugin){.target = t, .clock = clock, .child = child, .deadline_ms = deadline_ms,
                              .end_ms = clock->mono(clock) + deadline_ms};
    return p;
}

void exec_plugin_free(struct exec_plugin *p)
{
    if (!p)
        return;
    child_free(p->child);
    free(p);
}

static bool bad_answer(const struct target *t, struct err *err, const char *what)
{
    return err_set(err, "the credential plugin %s gave an answer that cannot be used: %s", t->exec->command, what);
}

static char *secret_member(json object, const char *name)
{
    json value = json_get(object, name);
    char *text = json_dup(value);
    if (text && !*text) {
        free(text);
        text = NULL;
    }
    return text;
}

static bool check_answer(const struct target *t, const struct exec_answer *a, struct err *err)
{
    if (!a->token && !a->cert_pem && !a->key_pem)
        return bad_answer(t, err, "it has neither a token nor a client certificate");
    if (!a->cert_pem != !a->key_pem)
        return bad_answer(t, err, a->cert_pem ? "a client certificate without its key" : "a client key without its certificate");
    if (a->token && !is_header_text(slice_of(a->token)))
        return bad_answer(t, err, "the token holds a line break or control byte");
    if (a->cert_pem && (!strstr(a->cert_pem, "-----BEGIN ") || !strstr(a->key_pem, "-----BEGIN ")))
        return bad_answer(t, err, "the client certificate or its key is no PEM");
    return true;
}

static bool read_status(const struct target *t, json answer, struct exec_answer *a, struct err *err)
{
    json status = json_get(answer, "status"), expiry = json_get(status, "expirationTimestamp");
    if (!json_is(json_get(answer, "kind"), "ExecCredential"))
        return bad_answer(t, err, "it is not an ExecCredential");
    if (!json_is(json_get(answer, "apiVersion"), t->exec->api_version))
        return bad_answer(t, err, "its apiVersion is not the one the kubeconfig names for it");
    if (json_type(status) != JSON_OBJECT)
        return bad_answer(t, err, "it has no status");
    struct buf scratch = {0};
    a->expires_ms = INT64_MAX;
    bool timed = json_type(expiry) != JSON_NONE && json_type(expiry) != JSON_NULL;
    bool good = !timed || time_parse(json_str(expiry, &scratch), &a->expires_ms, NULL) ||
                bad_answer(t, err, "its expirationTimestamp is no RFC 3339 time");
    buf_free(&scratch);
    a->token = secret_member(status, "token");
    a->cert_pem = secret_member(status, "clientCertificateData");
    a->key_pem = secret_member(status, "clientKeyData");
    return good && check_answer(t, a, err);
}

/* Checked by json-c only to say what is wrong with it: json-c would keep copies of the token that no one zeroes. */
static bool read_answer(const struct target *t, struct slice output, struct exec_answer *a, struct err *err)
{
    struct err why = {0};
    if (read_status(t, json_whole(output), a, err))
        return true;
    if (!slice_trim(output).n)
        bad_answer(t, err, "it printed nothing");
    else if (!json_check(output, &why))
        bad_answer(t, err, why.text);
    err_clear(&why);
    return false;
}

static bool judge(struct exec_plugin *p, int status, struct exec_answer *answer, struct err *err)
{
    const struct target *t = p->target;
    char *words = complaint(p);
    bool good = false;
    if (WIFSIGNALED(status))
        err_set(err, "the credential plugin %s was ended by signal %d (%s)%s", t->exec->command, WTERMSIG(status),
                strsignal(WTERMSIG(status)), words);
    else if (WEXITSTATUS(status))
        err_set(err, "the credential plugin %s failed with exit code %d%s", t->exec->command, WEXITSTATUS(status),
                *words ? words : " and said nothing: run it by hand to see why");
    else if (child_overflowed(p->child))
        bad_answer(t, err, "it printed more than 1 MiB");
    else
        good = read_answer(t, child_output(p->child), answer, err);
    free(words);
    return good;
}

enum exec_state exec_plugin_step(struct exec_plugin *p, struct exec_answer *answer, struct err *err)
{
    int status;
    *answer = (struct exec_answer){0};
    if (child_step(p->child, &status)) {
        if (judge(p, status, answer, err))
            return EXEC_DONE;
        exec_answer_free(answer);
        return EXEC_FAILED;
    }
    if (p->clock->mono(p->clock) < p->end_ms && !child_overflowed(p->child))
        return EXEC_RUNNING;
    if (child_overflowed(p->child)) {
        bad_answer(p->target, err, "it printed more than 1 MiB");
    } else {
        char span[16], *words = complaint(p);
        err_set(err, "the credential plugin %s did not answer within %s and was stopped%s", p->target->exec->command,
                time_short(p->deadline_ms, span), *words ? words : ": run it by hand to see what it waits for");
        free(words);
    }
    child_free(p->child);
    p->child = NULL;
    return EXEC_FAILED;
}

unsigned exec_plugin_fds(const struct exec_plugin *p, struct pollfd fds[2])
{
    return p->child ? child_fds(p->child, fds) : 0;
}

/* Its end shows on no descriptor when a helper of its holds the pipes: so it is asked for a few times a second. */
int64_t exec_plugin_due(const struct exec_plugin *p)
{
    int64_t left = p->end_ms - p->clock->mono(p->clock);
    return left < 0 ? 0 : left < POLL_MS ? left : POLL_MS;
}

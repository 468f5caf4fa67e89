/* One context down to where and as whom. What kubectl refuses is refused here too, with the line; two things it lets pass are refused
 * because they only end in a puzzling 401: a context whose named user is not there, and no current context (kubectl would ask
 * localhost:8080). */
#include "core/base/mem.h"
#include "core/kube/kubeconfig_merge.h"
#include "core/kube/kubeconfig_read.h"
#include "core/kube/secret.h"

#include <stdlib.h>
#include <unistd.h>

enum { NAMES_SHOWN = 12 };

static void exec_spec_free(struct exec_spec *spec)
{
    if (!spec)
        return;
    free(spec->command);
    secret_list_free(spec->args);
    secret_list_free(spec->env);
    free(spec->api_version);
    free(spec->install_hint);
    free(spec->interactive_mode);
    free(spec->cluster_config);
    free(spec);
}

void target_free(struct target *t)
{
    if (!t)
        return;
    char *plain[] = {t->context, t->cluster, t->user, t->ns, t->server, t->ca_pem, t->ca_file, t->tls_server_name, t->cert_pem,
                     t->token_file, t->as, t->as_uid, t->source};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        free(plain[i]);
    char *secret[] = {t->key_pem, t->token, t->username, t->password, t->proxy_url};
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        secret_free(secret[i]);
    secret_list_free(t->as_groups);
    secret_list_free(t->as_extra);
    exec_spec_free(t->exec);
    free(t);
}

static void add_names(struct buf *out, const struct kubeconfig *k)
{
    const char *const *names = kubeconfig_contexts(k);
    size_t n = 0;
    while (names[n])
        n++;
    for (size_t i = 0; i < n && i < NAMES_SHOWN; i++)
        buf_printf(out, "%s%s", i ? ", " : "", names[i]);
    if (n > NAMES_SHOWN)
        buf_printf(out, " and %zu more", n - NAMES_SHOWN);
}

static void add_files(struct buf *out, const struct kubeconfig *k)
{
    for (size_t i = 0; i < k->files.n; i++)
        buf_printf(out, "%s%s", i ? ", " : "", ((const struct source_file *)k->files.v[i])->path);
}

/* name NULL: none is chosen. */
static bool no_context(const struct kubeconfig *k, const char *name, struct err *err)
{
    struct buf names = {0}, files = {0};
    add_names(&names, k);
    add_files(&files, k);
    if (!names.n)
        err_set(err, "%s names no context: add one with kubectl config set-context, or name another file with --kubeconfig",
                files.n ? files.p : "the kubeconfig");
    else if (!name)
        err_set(err, "no current-context in %s: choose one with --context: %s", buf_slice(&files).p, names.p);
    else
        err_set(err, "the context \"%s\" does not exist in %s: choose one with --context: %s", name,
                files.n ? files.p : "the cluster we run in", names.p);
    buf_free(&names);
    buf_free(&files);
    return false;
}

static bool scheme_is(const char *url, const char *scheme)
{
    size_t n = strlen(scheme);
    return !strncasecmp(url, scheme, n) && !strncmp(url + n, "://", 3) && url[n + 3] && url[n + 3] != '/';
}

/* "host:port" alone gets https where TLS is configured, else http, as client-go has it. */
static bool read_server(const struct part *cluster, struct target *t)
{
    const struct yaml_node *node = yaml_get(cluster->map, "server");
    char *server;
    if (!part_text(cluster, "server", &server))
        return false;
    if (!server)
        return part_error(cluster, node, "has no server: add server: https://HOST:PORT");
    size_t n = strlen(server);
    while (n && server[n - 1] == '/')
        server[--n] = '\0';
    bool whole = scheme_is(server, "https") || scheme_is(server, "http");
    bool good = n && server[n - 1] != ':' && !strpbrk(server, " ?#@\\\"<>") && (whole || (!strstr(server, "://") && !strchr(server, '/')));
    if (good)
        t->server = whole ? mem_text(server) : mem_printf("%s://%s", t->ca_pem || t->cert_pem || t->insecure ? "https" : "http", server);
    free(server);
    return good || part_error(cluster, node, "has a server that is no URL: write it as https://HOST:PORT");
}

static bool read_cluster(const struct part *p, struct target *t)
{
    if (!part_pem(p, "certificate-authority", &t->ca_pem, &t->ca_file) || !part_bool(p, "insecure-skip-tls-verify", &t->insecure) ||
        !part_text(p, "tls-server-name", &t->tls_server_name) || !part_text(p, "proxy-url", &t->proxy_url) ||
        !part_bool(p, "disable-compression", &t->disable_compression))
        return false;
    if (t->insecure && t->ca_pem)
        return part_error(p, yaml_get(p->map, "insecure-skip-tls-verify"),
                          "has both insecure-skip-tls-verify and a certificate authority: keep one of them");
    if (t->proxy_url && !scheme_is(t->proxy_url, "http") && !scheme_is(t->proxy_url, "https") && !scheme_is(t->proxy_url, "socks5"))
        return part_error(p, yaml_get(p->map, "proxy-url"), "has a proxy-url that is no http://, https:// or socks5:// URL");
    return true;
}

static bool read_extra(const struct part *user, char ***out)
{
    struct part extra;
    size_t n = 0;
    *out = NULL;
    if (!part_map(user, "as-user-extra", &extra))
        return false;
    for (size_t i = 0; extra.map && i < extra.map->n; i++) {
        const struct yaml_pair *pair = &extra.map->pairs[i];
        char **values;
        if (yaml_pair(extra.map, pair->key.p) != pair)
            continue;
        if (!part_texts(&extra, pair->key.p, &values))
            return false;
        for (char **v = values; v && *v; v++) {
            *out = mem_grow(*out, n + 2, sizeof **out);
            (*out)[n++] = mem_printf("%s=%s", pair->key.p, *v);
            (*out)[n] = NULL;
        }
        secret_list_free(values);
    }
    return true;
}

/* One way of saying who we are: client-go refuses two, and lets a token or a password go before a plugin, which then is never run. */
static bool check_user(const struct part *p, struct target *t)
{
    const struct yaml_node *provider = yaml_get(p->map, "auth-provider");
    if (provider)
        return part_error(p, provider, "uses auth-provider, which kubectl no longer has: use the exec plugin of your cloud instead "
                                       "(kubectl config set-credentials --exec-command)");
    if ((t->token || t->token_file) && (t->username || t->password))
        return part_error(p, NULL, "has both a token and a username: keep one of them");
    if (t->cert_pem && !t->key_pem)
        return part_error(p, NULL, "has a client certificate without its key: add client-key or client-key-data");
    if (t->key_pem && !t->cert_pem) {
        secret_free(t->key_pem);
        t->key_pem = NULL;
    }
    if (t->token_file && !t->token && access(t->token_file, R_OK) != 0)
        return part_error(p, yaml_get(p->map, "tokenFile"), "names a tokenFile that cannot be read: %s", t->token_file);
    return true;
}

static bool read_user(const struct part *p, const struct part *cluster, struct target *t)
{
    return part_pem(p, "client-certificate", &t->cert_pem, NULL) && part_pem(p, "client-key", &t->key_pem, NULL) &&
           part_text(p, "token", &t->token) && part_path(p, "tokenFile", &t->token_file) &&
           part_free_text(p, "username", &t->username) && part_free_text(p, "password", &t->password) &&
           part_text(p, "as", &t->as) && part_text(p, "as-uid", &t->as_uid) && part_texts(p, "as-groups", &t->as_groups) &&
           read_extra(p, &t->as_extra) && part_exec(p, cluster, &t->exec) && check_user(p, t);
}

bool target_impersonate(struct target *t, const struct kubeconfig *k, struct err *err)
{
    if (k->flag_as) {
        free(t->as);
        t->as = mem_text(k->flag_as);
    }
    if (k->flag_as_groups) {
        secret_list_free(t->as_groups);
        t->as_groups = text_list_copy((const char *const *)(const void *)k->flag_as_groups);
    }
    if (!t->as && (t->as_groups || t->as_uid || t->as_extra))
        return err_set(err, "impersonating groups, a uid or extras needs a user too: add --as NAME");
    bool good = !t->as || is_header_text(slice_of(t->as));
    for (char **list = t->as_groups; list && *list; list++)
        good = good && is_header_text(slice_of(*list));
    for (char **list = t->as_extra; list && *list; list++)
        good = good && is_header_text(slice_of(*list));
    return good || err_set(err, "the user or group to impersonate holds a line break or control byte: correct --as, --as-group or the "
                                "kubeconfig");
}

static const struct entry *named_entry(const struct kubeconfig *k, const struct part *context, const char *key, enum section section,
                                       char **name)
{
    const struct yaml_node *node = yaml_get(context->map, key);
    if (!part_text(context, key, name) || !*name)
        return NULL;
    const struct entry *entry = kubeconfig_entry(k, section, *name);
    if (!entry)
        part_error(context, node, "names the %s \"%s\", which is in none of the files: correct the name or add the %s",
                   section_item[section], *name, section_item[section]);
    return entry;
}

static bool read_context(const struct kubeconfig *k, const struct entry *entry, struct target *t, struct err *err)
{
    const struct part p = {entry, "context", entry->body, err};
    t->context = mem_text(entry->name);
    t->source = mem_text(entry->file->path);
    const struct entry *cluster = named_entry(k, &p, "cluster", SECTION_CLUSTERS, &t->cluster);
    if (!cluster)
        return err->text ? false : part_error(&p, entry->body, "names no cluster: add cluster: NAME");
    const struct entry *user = named_entry(k, &p, "user", SECTION_USERS, &t->user);
    if (!user && err->text)
        return false;
    const struct part c = {cluster, "cluster", cluster->body, err}, u = {user, "user", user ? user->body : NULL, err};
    return part_text(&p, "namespace", &t->ns) && read_cluster(&c, t) && (!user || read_user(&u, &c, t)) && read_server(&c, t);
}

struct target *kubeconfig_target(const struct kubeconfig *k, const char *context, struct err *err)
{
    struct err own = {0};
    const char *name = context ? context : kubeconfig_current(k);
    struct target *t = NULL;
    const struct entry *entry = name ? kubeconfig_entry(k, SECTION_CONTEXTS, name) : NULL;
    bool good;
    if (!entry && k->in_cluster && name && !strcmp(name, "in-cluster")) {
        t = in_cluster_target(&own);
        good = t;
    } else if (!entry) {
        good = no_context(k, name, &own);
    } else {
        t = NEW(struct target);
        good = read_context(k, entry, t, &own);
    }
    good = good && target_impersonate(t, k, &own);
    if (!good) {
        err_set(err, "%s", own.text ? own.text : "the kubeconfig cannot be used");
        target_free(t);
        t = NULL;
    }
    err_clear(&own);
    return t;
}

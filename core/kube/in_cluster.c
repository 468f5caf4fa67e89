/* The service account of the pod we run in, as client-go's rest.InClusterConfig has it. */
#include "core/base/mem.h"
#include "core/kube/kubeconfig_merge.h"
#include "core/kube/secret.h"

#include <stdlib.h>
#include <sys/stat.h>

enum { MAX_FILE = 1024 * 1024 };

static const char *account_dir = "/var/run/secrets/kubernetes.io/serviceaccount";

void in_cluster_set_dir(const char *dir)
{
    account_dir = dir ? dir : "/var/run/secrets/kubernetes.io/serviceaccount";
}

bool in_cluster_possible(void)
{
    struct stat st;
    const char *host = getenv("KUBERNETES_SERVICE_HOST"), *port = getenv("KUBERNETES_SERVICE_PORT");
    char *token = mem_printf("%s/token", account_dir);
    bool there = host && *host && port && *port && stat(token, &st) == 0 && !S_ISDIR(st.st_mode);
    free(token);
    return there;
}

static char *read_file(const char *name, struct err *err)
{
    struct buf text = {0};
    char *path = mem_printf("%s/%s", account_dir, name), *copy = NULL;
    if (secret_read(path, MAX_FILE, true, &text, err))
        copy = slice_dup(slice_trim(buf_slice(&text)));
    secret_buf_free(&text);
    free(path);
    return copy;
}

/* POD_NAMESPACE before the mounted file, as kubectl. */
static char *read_namespace(void)
{
    const char *set = getenv("POD_NAMESPACE");
    char *ns = set && *set ? mem_text(set) : read_file("namespace", NULL);
    if (ns && (!*ns || !is_header_text(slice_of(ns)))) {
        free(ns);
        ns = NULL;
    }
    return ns;
}

struct target *in_cluster_target(struct err *err)
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST"), *port = getenv("KUBERNETES_SERVICE_PORT");
    if (!in_cluster_possible()) {
        err_set(err, "the service account of this pod is gone: %s/token is not there any more", account_dir);
        return NULL;
    }
    struct err why = {0};
    char *ca = read_file("ca.crt", &why);
    if (!ca || !strstr(ca, "-----BEGIN ")) {
        err_set(err, "the service account's certificate authority is of no use: %s", why.text ? why.text : "ca.crt holds no PEM");
        err_clear(&why);
        free(ca);
        return NULL;
    }
    struct target *t = NEW(struct target);
    t->context = mem_text("in-cluster");
    t->cluster = mem_text("in-cluster");
    t->user = mem_text("service account");
    t->ns = read_namespace();
    t->server = strchr(host, ':') ? mem_printf("https://[%s]:%s", host, port) : mem_printf("https://%s:%s", host, port);
    t->ca_pem = ca;
    t->ca_file = mem_printf("%s/ca.crt", account_dir);
    t->token_file = mem_printf("%s/token", account_dir);
    t->source = mem_text(account_dir);
    return t;
}

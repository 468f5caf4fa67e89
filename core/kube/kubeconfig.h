/* The kubeconfig as kubectl reads it, down to one target: where to connect and as whom.
 * Source of the merge rules: kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig. */
#ifndef KUBE_KUBECONFIG_H
#define KUBE_KUBECONFIG_H
#include "core/base/err.h"
#include "core/base/slice.h"

struct exec_spec {                   /* users[].user.exec */
    char *command;
    char **args;                     /* NULL-terminated */
    char **env;                      /* "NAME=value", NULL-terminated, in addition to the process's */
    char *api_version;               /* client.authentication.k8s.io/v1 or v1beta1 */
    char *install_hint;
    bool provide_cluster_info;
    char *interactive_mode;          /* Never, IfAvailable, Always */
    char *cluster_config;            /* JSON of the cluster's extension client.authentication.k8s.io/exec, or NULL */
};

struct target {
    char *context, *cluster, *user;  /* names; context is "in-cluster" for the service account */
    char *ns;                        /* the context's namespace; NULL where it names none */
    char *server;                    /* https://host:port[/prefix], no trailing slash */
    char *ca_pem;                    /* NULL: the system's store */
    char *ca_file;                   /* for messages only */
    bool insecure;                   /* insecure-skip-tls-verify */
    char *tls_server_name, *proxy_url;
    char *cert_pem, *key_pem;        /* client certificate, or NULL */
    char *token, *token_file;        /* token_file wins, and is read anew when it changes */
    char *username, *password;
    struct exec_spec *exec;
    char *as, **as_groups;           /* impersonation; as_groups NULL-terminated or NULL */
    char *as_uid, **as_extra;        /* Impersonate-Uid; "key=value" for Impersonate-Extra-key, NULL-terminated or NULL */
    bool disable_compression;        /* disable-compression: ask for no gzip */
    char *source;                    /* the file the context came from, for messages */
};

struct kubeconfig_flags {
    const char *kubeconfig;          /* --kubeconfig: this file only; NULL: $KUBECONFIG as a list, then ~/.kube/config */
    const char *context;             /* --context */
    const char *as;                  /* --as */
    const char *const *as_groups;    /* --as-group, NULL-terminated; may be NULL */
};

struct kubeconfig;                   /* the merged files */
/* Reads and merges. NULL with a sentence (file, line, what to do). Missing files of a $KUBECONFIG list are skipped, as kubectl does; with
 * no file at all and a service account mounted (KUBERNETES_SERVICE_HOST and the token file) it is the in-cluster one. */
struct kubeconfig *kubeconfig_load(const struct kubeconfig_flags *, struct err *);
void kubeconfig_free(struct kubeconfig *);
/* Context names in the order of the files, NULL-terminated; borrowed. */
const char *const *kubeconfig_contexts(const struct kubeconfig *);
const char *kubeconfig_current(const struct kubeconfig *);       /* may be NULL */
/* The target of a context (NULL: the flag's, else the current). Certificates, keys and CA are read from their files here. */
struct target *kubeconfig_target(const struct kubeconfig *, const char *context, struct err *);
void target_free(struct target *);
#endif

/* Typed members of one entry of a kubeconfig. What is absent, null or "" gives NULL (or false), as Go's omitempty has it; a wrong type is
 * an error with its place. No value is ever put into an error. */
#ifndef KUBE_KUBECONFIG_READ_H
#define KUBE_KUBECONFIG_READ_H
#include "core/kube/kubeconfig_merge.h"

struct part {                        /* a map of an entry, and how to name it in a sentence */
    const struct entry *entry;
    const char *item;                /* "cluster" */
    const struct yaml_node *map;     /* may be NULL: all is absent */
    struct err *err;
};
/* Sets err to `FILE:LINE: user "x": …` at node (NULL: the entry's line). Returns false. */
bool part_error(const struct part *, const struct yaml_node *node, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool part_text(const struct part *, const char *key, char **out);          /* one line, no control bytes */
bool part_free_text(const struct part *, const char *key, char **out);     /* anything but NUL */
bool part_bool(const struct part *, const char *key, bool *out);
bool part_path(const struct part *, const char *key, char **out);          /* resolved against the file */
bool part_map(const struct part *, const char *key, struct part *out);     /* out->map is NULL where absent */
bool part_texts(const struct part *, const char *key, char ***out);        /* NULL-terminated; NULL where absent or empty */
/* PEM from `key` (a file) or `key`-data (base64). *file (may be NULL) gets its path, or "FILE (inline)". */
bool part_pem(const struct part *, const char *key, char **pem, char **file);
bool part_exec(const struct part *user, const struct part *cluster, struct exec_spec **out);
#endif

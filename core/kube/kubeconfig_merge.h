/* The merged files, inside the kubeconfig: entries that point into the trees of the files they came from. */
#ifndef KUBE_KUBECONFIG_MERGE_H
#define KUBE_KUBECONFIG_MERGE_H
#include "core/base/ptrs.h"
#include "core/kube/kubeconfig.h"
#include "core/kube/yaml_tree.h"

enum section { SECTION_CLUSTERS, SECTION_USERS, SECTION_CONTEXTS, SECTION_COUNT };
extern const char *const section_item[SECTION_COUNT];     /* "cluster", "user", "context" */

struct source_file {
    char *path;                      /* as it was named */
    char *dir;                       /* absolute: what relative paths in it are relative to */
    struct yaml_tree *tree;
};
struct entry {
    char *name;
    int line;
    const struct yaml_node *body;    /* NULL where it is null */
    const struct source_file *file;
};
struct kubeconfig {
    struct ptrs files;               /* struct source_file */
    struct ptrs entries[SECTION_COUNT]; /* struct entry, in the order of the files; of one name the first counts */
    struct ptrs names;               /* of contexts, borrowed, NULL-terminated */
    const char *current;             /* borrowed from a tree; NULL: none */
    bool in_cluster;
    char *flag_context, *flag_as, **flag_as_groups;
};

/* Reads one file and merges it behind what is there: an entry or current-context that an earlier file has stays as it is.
 * *missing is set instead of an error where there is no such file. */
bool kubeconfig_add_file(struct kubeconfig *, const char *path, bool *missing, struct err *);
void kubeconfig_drop_files(struct kubeconfig *);
const struct entry *kubeconfig_entry(const struct kubeconfig *, enum section, const char *name);
char *kubeconfig_resolve(const struct source_file *, const char *path);   /* absolute; the caller frees it */

/* The in-cluster service account (kubernetes.io/docs/tasks/run-application/access-api-from-pod). */
bool in_cluster_possible(void);
struct target *in_cluster_target(struct err *);
/* Where its token, ca.crt and namespace stand; NULL: the real place. Borrowed. For tests. */
void in_cluster_set_dir(const char *dir);
/* --as and --as-group over what the file says; checks that there are no groups without a name. */
bool target_impersonate(struct target *, const struct kubeconfig *, struct err *);
char **text_list_copy(const char *const *list);           /* NULL stays NULL */
#endif

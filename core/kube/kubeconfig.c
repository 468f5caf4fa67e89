/* Which files, and what they come to. The order of the search is kubectl's: --kubeconfig alone; else each file of $KUBECONFIG; else
 * ~/.kube/config; else, where nothing at all is configured, the service account of the pod we run in. */
#include "core/kube/kubeconfig.h"
#include "core/base/mem.h"
#include "core/kube/kubeconfig_merge.h"
#include "core/kube/secret.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

char **text_list_copy(const char *const *list)
{
    size_t n = 0;
    if (!list)
        return NULL;
    while (list[n])
        n++;
    char **copy = mem_array(n + 1, sizeof *copy);
    for (size_t i = 0; i < n; i++)
        copy[i] = mem_text(list[i]);
    return copy;
}

/* Not the working directory where HOME is unset: a kubeconfig names programs to run. */
static char *home_file(void)
{
    const char *home = getenv("HOME");
    const struct passwd *user = home && *home ? NULL : getpwuid(getuid());
    return mem_printf("%s/.kube/config", home && *home ? home : user && user->pw_dir ? user->pw_dir : "/nonexistent");
}

static bool named_before(char **paths, size_t n, const char *path)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(paths[i], path))
            return true;
    return false;
}

/* $KUBECONFIG's files, each once; NULL-terminated. */
static char **split_list(const char *list)
{
    size_t n = 0;
    char **paths = mem_array(strlen(list) + 2, sizeof *paths);
    for (const char *p = list; *p;) {
        size_t length = strcspn(p, ":");
        char *path = slice_dup((struct slice){p, length});
        if (length && !named_before(paths, n, path))
            paths[n++] = path;
        else
            free(path);
        p += length + (p[length] == ':');
    }
    return paths;
}

static bool load_list(struct kubeconfig *k, char **paths, struct err *err)
{
    for (; *paths; paths++) {
        bool missing;
        if (!kubeconfig_add_file(k, *paths, &missing, err))
            return false;
    }
    return true;
}

static bool load_one(struct kubeconfig *k, const char *path, struct err *err)
{
    bool missing;
    if (!kubeconfig_add_file(k, path, &missing, err))
        return false;
    return !missing || err_set(err, "the kubeconfig %s does not exist: give --kubeconfig a file that does", path);
}

/* "empty" as client-go has it: then, and only then, it looks for a service account. */
static bool is_empty(const struct kubeconfig *k)
{
    return !k->current && !k->entries[SECTION_CLUSTERS].n && !k->entries[SECTION_USERS].n && !k->entries[SECTION_CONTEXTS].n;
}

static bool load_environment(struct kubeconfig *k, struct err *err)
{
    const char *list = getenv("KUBECONFIG");
    bool listed = list && *list, good;
    char *home = home_file();
    char *only[] = {home, NULL};
    char **paths = listed ? split_list(list) : NULL;
    good = load_list(k, listed ? paths : only, err);
    if (good && !k->files.n && !in_cluster_possible()) {
        if (listed)
            good = err_set(err, "no kubeconfig: KUBECONFIG names %s, which does not exist; correct it, or try --demo", list);
        else
            good = err_set(err, "no kubeconfig: %s does not exist and KUBECONFIG is not set; set KUBECONFIG or --kubeconfig to your "
                                "cluster's file, or try --demo", home);
    }
    for (char **p = paths; p && *p; p++)
        free(*p);
    free(paths);
    free(home);
    return good;
}

static void collect_names(struct kubeconfig *k)
{
    for (size_t i = 0; i < k->entries[SECTION_CONTEXTS].n; i++) {
        const struct entry *e = k->entries[SECTION_CONTEXTS].v[i];
        if (kubeconfig_entry(k, SECTION_CONTEXTS, e->name) == e)
            ptrs_add(&k->names, e->name);
    }
    if (k->in_cluster)
        ptrs_add(&k->names, (char *)"in-cluster");
    ptrs_add(&k->names, NULL);
}

struct kubeconfig *kubeconfig_load(const struct kubeconfig_flags *flags, struct err *err)
{
    struct kubeconfig *k = NEW(struct kubeconfig);
    k->flag_context = flags->context && *flags->context ? mem_text(flags->context) : NULL;
    k->flag_as = flags->as && *flags->as ? mem_text(flags->as) : NULL;
    k->flag_as_groups = flags->as_groups && flags->as_groups[0] ? text_list_copy(flags->as_groups) : NULL;
    if (flags->kubeconfig && *flags->kubeconfig ? !load_one(k, flags->kubeconfig, err) : !load_environment(k, err)) {
        kubeconfig_free(k);
        return NULL;
    }
    k->in_cluster = is_empty(k) && in_cluster_possible();
    collect_names(k);
    return k;
}

void kubeconfig_free(struct kubeconfig *k)
{
    if (!k)
        return;
    kubeconfig_drop_files(k);
    ptrs_free(&k->names);
    free(k->flag_context);
    free(k->flag_as);
    secret_list_free(k->flag_as_groups);
    free(k);
}

const char *const *kubeconfig_contexts(const struct kubeconfig *k)
{
    return (const char *const *)(const void *)k->names.v;
}

const char *kubeconfig_current(const struct kubeconfig *k)
{
    if (k->flag_context)
        return k->flag_context;
    return k->in_cluster ? "in-cluster" : k->current;
}

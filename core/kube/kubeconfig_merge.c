/* One file into the merged picture. The rules are kubectl's (k8s.io/client-go tools/clientcmd): the first file that names a cluster, user
 * or context gives it whole, later ones add nothing to it; the first current-context counts; one name twice in one file is an error. */
#include "core/kube/kubeconfig_merge.h"
#include "core/base/mem.h"
#include "core/kube/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FILE = 8 * 1024 * 1024 };

const char *const section_item[SECTION_COUNT] = {"cluster", "user", "context"};
static const char *const section_list[SECTION_COUNT] = {"clusters", "users", "contexts"};

char *kubeconfig_resolve(const struct source_file *file, const char *path)
{
    return path[0] == '/' ? mem_text(path) : mem_printf("%s/%s", file->dir, path);
}

static char *directory_of(const char *path)
{
    char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
    char *full = path[0] == '/' ? mem_text(path) : mem_printf("%s/%s", cwd ? cwd : ".", path);
    char *slash = strrchr(full, '/');
    slash[slash == full] = '\0';
    free(cwd);
    return full;
}

const struct entry *kubeconfig_entry(const struct kubeconfig *k, enum section section, const char *name)
{
    for (size_t i = 0; i < k->entries[section].n; i++) {
        const struct entry *e = k->entries[section].v[i];
        if (!strcmp(e->name, name))
            return e;
    }
    return NULL;
}

static bool check_kind(const struct source_file *file, const struct yaml_node *root, struct err *err)
{
    if (root->type == YAML_NULL)
        return true;
    if (root->type != YAML_MAP)
        return err_set(err, "%s:%d: not a kubeconfig: it holds %s; name a file with clusters, users and contexts", file->path, root->line,
                       yaml_type_name(root->type));
    static const char *const wanted[2][2] = {{"kind", "Config"}, {"apiVersion", "v1"}};
    for (size_t i = 0; i < 2; i++) {
        const struct yaml_node *node = yaml_get(root, wanted[i][0]);
        if (node && node->text.n && !slice_is(node->text, wanted[i][1]))
            return err_set(err, "%s:%d: not a kubeconfig: %s is \"%.60s\", not \"%s\"; name a file that kubectl config wrote", file->path,
                           node->line, wanted[i][0], node->text.p, wanted[i][1]);
    }
    return true;
}

static bool entry_name(const struct source_file *file, const struct yaml_pair *item, enum section section, const char **name,
                       struct err *err)
{
    if (item->value->type != YAML_MAP)
        return err_set(err, "%s:%d: an entry of %s must be a map with name and %s, not %s", file->path, item->line, section_list[section],
                       section_item[section], yaml_type_name(item->value->type));
    const struct yaml_node *node = yaml_get(item->value, "name");
    if (node && node->type != YAML_TEXT)
        return err_set(err, "%s:%d: the name of a %s must be a text, not %s: put it in quotes", file->path, node->line,
                       section_item[section], yaml_type_name(node->type));
    if (node && strlen(node->text.p) != node->text.n)
        return err_set(err, "%s:%d: the name of a %s holds a NUL byte", file->path, node->line, section_item[section]);
    *name = node ? node->text.p : "";
    return true;
}

static bool add_entry(struct kubeconfig *k, const struct source_file *file, const struct yaml_pair *item, enum section section,
                      struct err *err)
{
    const char *name = "";
    if (!entry_name(file, item, section, &name, err))
        return false;
    const struct yaml_node *body = yaml_get(item->value, section_item[section]);
    if (body && body->type != YAML_MAP)
        return err_set(err, "%s:%d: %s \"%s\" must be a map, not %s", file->path, body->line, section_item[section], name,
                       yaml_type_name(body->type));
    for (size_t i = k->entries[section].n; i-- > 0;) {
        const struct entry *old = k->entries[section].v[i];
        if (old->file != file)
            break;
        if (!strcmp(old->name, name))
            return err_set(err, "%s:%d: the %s \"%s\" stands already on line %d: remove one", file->path, item->line,
                           section_item[section], name, old->line);
    }
    struct entry *e = NEW(struct entry);
    *e = (struct entry){.name = mem_text(name), .line = item->line, .body = body, .file = file};
    ptrs_add(&k->entries[section], e);
    return true;
}

static bool add_section(struct kubeconfig *k, const struct source_file *file, enum section section, struct err *err)
{
    const struct yaml_node *list = yaml_get(yaml_tree_root(file->tree), section_list[section]);
    if (list && list->type != YAML_LIST)
        return err_set(err, "%s:%d: %s must be a list, not %s", file->path, list->line, section_list[section], yaml_type_name(list->type));
    for (size_t i = 0; list && i < list->n; i++)
        if (!add_entry(k, file, &list->pairs[i], section, err))
            return false;
    return true;
}

static bool add_current(struct kubeconfig *k, const struct source_file *file, struct err *err)
{
    const struct yaml_node *node = yaml_get(yaml_tree_root(file->tree), "current-context");
    if (node && node->type != YAML_TEXT)
        return err_set(err, "%s:%d: current-context must be a text, not %s: put it in quotes", file->path, node->line,
                       yaml_type_name(node->type));
    if (node && node->text.n && !k->current)
        k->current = node->text.p;
    return true;
}

static bool merge_tree(struct kubeconfig *k, const struct source_file *file, struct err *err)
{
    bool good = check_kind(file, yaml_tree_root(file->tree), err);
    for (enum section s = 0; good && s < SECTION_COUNT; s++)
        good = add_section(k, file, s, err);
    return good && add_current(k, file, err);
}

bool kubeconfig_add_file(struct kubeconfig *k, const char *path, bool *missing, struct err *err)
{
    struct stat st;
    struct buf text = {0};
    *missing = stat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR);
    if (*missing)
        return true;
    if (!secret_read(path, MAX_FILE, false, &text, err)) {
        secret_buf_free(&text);
        return err_prefix(err, "the kubeconfig");
    }
    struct yaml_tree *tree = yaml_tree_new(buf_slice(&text), path, err);
    secret_buf_free(&text);
    if (!tree)
        return false;
    struct source_file *file = NEW(struct source_file);
    *file = (struct source_file){.path = mem_text(path), .dir = directory_of(path), .tree = tree};
    ptrs_add(&k->files, file);
    return merge_tree(k, file, err);
}

void kubeconfig_drop_files(struct kubeconfig *k)
{
    for (enum section s = 0; s < SECTION_COUNT; s++) {
        for (size_t i = 0; i < k->entries[s].n; i++) {
            struct entry *e = k->entries[s].v[i];
            free(e->name);
            free(e);
        }
        ptrs_free(&k->entries[s]);
    }
    for (size_t i = 0; i < k->files.n; i++) {
        struct source_file *file = k->files.v[i];
        yaml_tree_free(file->tree);
        free(file->path);
        free(file->dir);
        free(file);
    }
    ptrs_free(&k->files);
    k->current = NULL;
}

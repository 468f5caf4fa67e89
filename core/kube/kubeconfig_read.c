/* Every reader returns false only with a sentence set. */
#include "core/kube/kubeconfig_read.h"
#include "core/base/mem.h"
#include "core/kube/secret.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_PEM = 1024 * 1024 };

bool part_error(const struct part *p, const struct yaml_node *node, const char *format, ...)
{
    struct buf text = {0};
    va_list ap;
    va_start(ap, format);
    buf_vprintf(&text, format, ap);
    va_end(ap);
    err_set(p->err, "%s:%d: %s \"%s\" %s", p->entry->file->path, node ? node->line : p->entry->line, p->item, p->entry->name, text.p);
    buf_free(&text);
    return false;
}

static bool copy_text(const struct part *p, const char *key, const struct yaml_node *node, bool one_line, char **out)
{
    if (node->type != YAML_TEXT)
        return part_error(p, node, "needs a text as %s, not %s: put it in quotes", key, yaml_type_name(node->type));
    if (memchr(node->text.p, '\0', node->text.n) || (one_line && !is_header_text(node->text)))
        return part_error(p, node, "has a line break or control byte in %s: write it on one line", key);
    *out = slice_dup(node->text);
    return true;
}

static bool read_text(const struct part *p, const char *key, bool one_line, char **out)
{
    const struct yaml_node *node = yaml_get(p->map, key);
    *out = NULL;
    if (!node || (node->type == YAML_TEXT && !node->text.n))
        return true;
    return copy_text(p, key, node, one_line, out);
}

bool part_text(const struct part *p, const char *key, char **out)
{
    return read_text(p, key, true, out);
}

bool part_free_text(const struct part *p, const char *key, char **out)
{
    return read_text(p, key, false, out);
}

bool part_bool(const struct part *p, const char *key, bool *out)
{
    const struct yaml_node *node = yaml_get(p->map, key);
    *out = yaml_is_true(node);
    return !node || node->type == YAML_BOOL || part_error(p, node, "needs true or false as %s, not %s", key, yaml_type_name(node->type));
}

bool part_path(const struct part *p, const char *key, char **out)
{
    char *path;
    *out = NULL;
    if (!part_text(p, key, &path))
        return false;
    if (path)
        *out = kubeconfig_resolve(p->entry->file, path);
    free(path);
    return true;
}

bool part_map(const struct part *p, const char *key, struct part *out)
{
    const struct yaml_node *node = yaml_get(p->map, key);
    *out = *p;
    out->map = node;
    return !node || node->type == YAML_MAP || part_error(p, node, "needs a map as %s, not %s", key, yaml_type_name(node->type));
}

bool part_texts(const struct part *p, const char *key, char ***out)
{
    const struct yaml_node *node = yaml_get(p->map, key);
    *out = NULL;
    if (node && node->type != YAML_LIST)
        return part_error(p, node, "needs a list as %s, not %s", key, yaml_type_name(node->type));
    if (!node || !node->n)
        return true;
    char **list = mem_array(node->n + 1, sizeof *list);
    for (size_t i = 0; i < node->n; i++) {
        const struct yaml_node *item = node->pairs[i].value;
        bool good = item->type == YAML_NULL || copy_text(p, key, item, false, &list[i]);
        if (!good) {
            secret_list_free(list);
            return false;
        }
        if (!list[i])
            list[i] = mem_text("");
    }
    *out = list;
    return true;
}

static bool take_pem(const struct part *p, const struct yaml_node *node, const char *key, struct buf *bytes, char **pem)
{
    if (!bytes->n || memchr(bytes->p, '\0', bytes->n) || slice_find(buf_slice(bytes), SLICE("-----BEGIN ")) < 0)
        return part_error(p, node, "has a %s that holds no PEM (\"-----BEGIN …\"): give the whole PEM file", key);
    *pem = buf_take(bytes);
    return true;
}

static bool pem_inline(const struct part *p, const char *key, const struct yaml_node *node, char **pem)
{
    struct buf bytes = {0};
    bool good;
    if (node->type != YAML_TEXT)
        good = part_error(p, node, "needs a text as %s, not %s", key, yaml_type_name(node->type));
    else if (!base64_decode(node->text, &bytes))
        good = part_error(p, node, "has a %s that is not base64: paste it whole, on one line", key);
    else
        good = take_pem(p, node, key, &bytes, pem);
    secret_buf_free(&bytes);
    return good;
}

static bool pem_file(const struct part *p, const char *key, const struct yaml_node *node, const char *path, char **pem)
{
    struct buf bytes = {0};
    struct err why = {0};
    bool good = secret_read(path, MAX_PEM, false, &bytes, &why);
    if (!good)
        part_error(p, node, "names a %s that is of no use: %s", key, why.text);
    else if (!take_pem(p, node, key, &bytes, pem))
        good = part_error(p, node, "names a %s that is of no use: %s holds no PEM (\"-----BEGIN …\")", key, path);
    secret_buf_free(&bytes);
    err_clear(&why);
    return good;
}

bool part_pem(const struct part *p, const char *key, char **pem, char **file)
{
    char data_key[64], *path;
    snprintf(data_key, sizeof data_key, "%s-data", key);
    const struct yaml_node *data = yaml_get(p->map, data_key);
    *pem = NULL;
    if (!part_path(p, key, &path))
        return false;
    if (data && data->type == YAML_TEXT && !data->text.n)
        data = NULL;
    bool good = true;
    if (data && path)
        good = part_error(p, data, "has both %s and %s: keep one of them", key, data_key);
    else if (data)
        good = pem_inline(p, data_key, data, pem);
    else if (path)
        good = pem_file(p, key, yaml_get(p->map, key), path, pem);
    if (good && file && *pem)
        *file = path ? mem_text(path) : mem_printf("%s (inline)", p->entry->file->path);
    free(path);
    return good;
}

static bool exec_env_item(const struct part *p, const struct yaml_node *item, char **out)
{
    struct part one = {p->entry, p->item, item, p->err};
    char *name = NULL, *value = NULL;
    bool good = item->type == YAML_MAP || part_error(p, item, "needs a map of name and value as an item of exec.env");
    good = good && part_text(&one, "name", &name) && part_free_text(&one, "value", &value);
    if (good && (!name || strchr(name, '=')))
        good = part_error(p, item, "has an exec.env item without a usable name");
    if (good)
        *out = mem_printf("%s=%s", name, value ? value : "");
    free(name);
    secret_free(value);
    return good;
}

static bool exec_env(const struct part *p, char ***out)
{
    const struct yaml_node *list = yaml_get(p->map, "env");
    if (list && list->type != YAML_LIST)
        return part_error(p, list, "needs a list as exec.env, not %s", yaml_type_name(list->type));
    *out = mem_array((list ? list->n : 0) + 1, sizeof **out);
    for (size_t i = 0; list && i < list->n; i++)
        if (!exec_env_item(p, list->pairs[i].value, &(*out)[i]))
            return false;
    return true;
}

/* As kubectl: a command with a slash is a file relative to the kubeconfig, else it is looked for in $PATH when it is run. */
static bool exec_command(const struct part *p, struct exec_spec *spec)
{
    char *command;
    if (!part_text(p, "command", &command))
        return false;
    if (!command)
        return part_error(p, p->map, "has an exec plugin without a command: name the program in exec.command");
    spec->command = strchr(command, '/') ? kubeconfig_resolve(p->entry->file, command) : mem_text(command);
    free(command);
    return true;
}

static bool exec_versions(const struct part *p, struct exec_spec *spec)
{
    const struct yaml_node *at = yaml_get(p->map, "apiVersion");
    static const char group[] = "client.authentication.k8s.io/";
    if (!part_text(p, "apiVersion", &spec->api_version) || !part_text(p, "interactiveMode", &spec->interactive_mode))
        return false;
    const char *version = spec->api_version;
    const char *bare = version && !strncmp(version, group, sizeof group - 1) ? version + sizeof group - 1 : "";
    if (strcmp(bare, "v1") && strcmp(bare, "v1beta1"))
        return part_error(p, at ? at : p->map, "has an exec plugin of an apiVersion that is not supported: it must be %sv1 or %sv1beta1",
                          group, group);
    bool v1 = !strcmp(bare, "v1");
    const char *mode = spec->interactive_mode;
    if (!mode && v1)
        return part_error(p, p->map, "has an exec plugin without interactiveMode: set it to Never, IfAvailable or Always");
    if (!mode)
        spec->interactive_mode = mem_text("IfAvailable");
    else if (strcmp(mode, "Never") && strcmp(mode, "IfAvailable") && strcmp(mode, "Always"))
        return part_error(p, yaml_get(p->map, "interactiveMode"),
                          "has an exec plugin whose interactiveMode is none of Never, IfAvailable, Always");
    return true;
}

/* The cluster's extension of that name goes to the plugin as it stands, as JSON. */
static bool exec_cluster_config(const struct part *cluster, char **out)
{
    const struct yaml_node *list = yaml_get(cluster->map, "extensions");
    for (size_t i = 0; list && list->type == YAML_LIST && i < list->n; i++) {
        const struct yaml_node *item = list->pairs[i].value, *name = yaml_get(item, "name"), *body = yaml_get(item, "extension");
        struct buf json = {0};
        if (!name || !body || !slice_is(name->text, "client.authentication.k8s.io/exec"))
            continue;
        if (!yaml_to_json(body, 100 * 1024, &json)) {
            buf_free(&json);
            return part_error(cluster, body, "has an extension client.authentication.k8s.io/exec that is too large for a plugin");
        }
        *out = buf_take(&json);
        return true;
    }
    return true;
}

bool part_exec(const struct part *user, const struct part *cluster, struct exec_spec **out)
{
    struct part p;
    if (!part_map(user, "exec", &p) || !p.map)
        return !p.map || p.map->type == YAML_MAP;
    struct exec_spec *spec = *out = NEW(struct exec_spec);
    if (!exec_command(&p, spec) || !part_texts(&p, "args", &spec->args) || !exec_env(&p, &spec->env) || !exec_versions(&p, spec) ||
        !part_free_text(&p, "installHint", &spec->install_hint) || !part_bool(&p, "provideClusterInfo", &spec->provide_cluster_info))
        return false;
    if (!spec->args)
        spec->args = mem_array(1, sizeof *spec->args);
    return !spec->provide_cluster_info || exec_cluster_config(cluster, &spec->cluster_config);
}

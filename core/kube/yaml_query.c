/* Reading a tree that stands: no libyaml here. */
#include "core/base/json.h"
#include "core/kube/yaml_scalar.h"
#include "core/kube/yaml_tree.h"

enum { MAX_DEPTH = 100, MAX_MEMBERS = 1000 };

const struct yaml_pair *yaml_pair(const struct yaml_node *map, const char *key)
{
    if (!map || map->type != YAML_MAP)
        return NULL;
    for (size_t i = map->n; i-- > 0;)
        if (slice_is(map->pairs[i].key, key))
            return &map->pairs[i];
    return NULL;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    const struct yaml_pair *pair = yaml_pair(map, key);
    return pair && pair->value->type != YAML_NULL ? pair->value : NULL;
}

const char *yaml_type_name(enum yaml_type type)
{
    static const char *const names[] = {"nothing", "a boolean", "a number", "a text", "a list", "a map"};
    return names[type];
}

static bool last_of_its_key(const struct yaml_node *map, size_t at)
{
    for (size_t i = at + 1; i < map->n; i++)
        if (slice_eq(map->pairs[i].key, map->pairs[at].key))
            return false;
    return true;
}

static bool add_json(const struct yaml_node *node, size_t max_bytes, int depth, struct buf *out);

static bool add_json_pairs(const struct yaml_node *node, size_t max_bytes, int depth, struct buf *out)
{
    bool map = node->type == YAML_MAP, first = true;
    if (node->n > max_bytes / 2 || (map && node->n > MAX_MEMBERS))
        return false;
    buf_add_byte(out, map ? '{' : '[');
    for (size_t i = 0; i < node->n; i++) {
        if (map && !last_of_its_key(node, i))
            continue;
        if (!first)
            buf_add_byte(out, ',');
        first = false;
        if (map) {
            json_quote(out, node->pairs[i].key);
            buf_add_byte(out, ':');
        }
        if (!add_json(node->pairs[i].value, max_bytes, depth + 1, out))
            return false;
    }
    buf_add_byte(out, map ? '}' : ']');
    return true;
}

static bool add_json(const struct yaml_node *node, size_t max_bytes, int depth, struct buf *out)
{
    if (depth > MAX_DEPTH || out->n + node->text.n > max_bytes)
        return false;
    switch (node->type) {
    case YAML_NULL:
        buf_add_text(out, "null");
        return true;
    case YAML_BOOL:
        buf_add_text(out, yaml_is_true(node) ? "true" : "false");
        return true;
    case YAML_NUMBER:
        yaml_number_to_json(node->text, out);
        return true;
    case YAML_TEXT:
        json_quote(out, node->text);
        return true;
    default:
        return add_json_pairs(node, max_bytes, depth, out);
    }
}

bool yaml_to_json(const struct yaml_node *node, size_t max_bytes, struct buf *out)
{
    size_t before = out->n;
    return add_json(node, before + max_bytes, 0, out);
}

/* JSON patches (RFC 6902) as the API server takes them, without move and copy, which nobody sends here. Each operation writes the whole text anew. */
#include "core/base/mem.h"
#include "core/sim/sim_internal.h"

#include <stdlib.h>

enum { DEEPEST = 64, OPERATIONS_MOST = 1000 };

/* The pointer's first part, unescaped ("~1" is '/', "~0" is '~'), and what follows it. */
static char *take_part(struct slice *pointer)
{
    struct buf part = {0};
    size_t i = 1;
    for (; i < pointer->n && pointer->p[i] != '/'; i++) {
        bool escape = pointer->p[i] == '~' && i + 1 < pointer->n && (pointer->p[i + 1] == '0' || pointer->p[i + 1] == '1');
        buf_add_byte(&part, escape ? "~/"[pointer->p[i + 1] - '0'] : pointer->p[i]);
        i += escape;
    }
    *pointer = (struct slice){pointer->p + i, pointer->n - i};
    return buf_take(&part);
}

/* The value a pointer names; empty where there is none. */
static json value_at(json node, struct slice pointer)
{
    for (int depth = 0; pointer.n && node.n && depth < DEEPEST; depth++) {
        char *part = take_part(&pointer);
        int64_t index = -1;
        if (json_type(node) == JSON_ARRAY && slice_int(slice_of(part), &index)) {
            struct json_walk w = json_items(node);
            node = (json){"", 0};
            while (index >= 0 && json_next(&w))
                if (index-- == 0)
                    node = w.value;
        } else {
            node = json_get(node, part);
        }
        free(part);
    }
    return node;
}

/* What two texts say, whatever blanks stand between: enough for what the tests of a patch compare. */
static bool same_value(json a, json b)
{
    enum json_type type = json_type(a);
    if (type != json_type(b))
        return false;
    if (type == JSON_STRING) {
        char *x = json_dup(a), *y = json_dup(b);
        bool same = x && y && strcmp(x, y) == 0;
        free(x);
        free(y);
        return same;
    }
    if (type != JSON_ARRAY && type != JSON_OBJECT)
        return slice_eq(a, b);
    if (json_count(a) != json_count(b))
        return false;
    struct json_walk w = type == JSON_ARRAY ? json_items(a) : json_members(a), v = json_items(b);
    while (json_next(&w)) {
        json other = {"", 0};
        if (type == JSON_OBJECT) {
            char *key = slice_dup(w.key);
            other = json_get(b, key);
            free(key);
        } else if (json_next(&v)) {
            other = v.value;
        }
        if (!same_value(w.value, other))
            return false;
    }
    return true;
}

enum op { OP_ADD, OP_REMOVE, OP_REPLACE };

static bool change(json node, struct slice pointer, enum op op, json value, int depth, struct buf *out);

/* The array with its index-th element added, taken away or changed further down. "-" is the place after the last. */
static bool change_array(json node, const char *part, struct slice rest, enum op op, json value, int depth, struct buf *out)
{
    struct json_walk w = json_items(node);
    int64_t n = (int64_t)json_count(node), index = n, i = 0;
    bool first = true, good = true;
    if (strcmp(part, "-") != 0 && !slice_int(slice_of(part), &index))
        return false;
    bool insert = !rest.n && op == OP_ADD;
    if (index < 0 || index > n || (index == n && !insert))
        return false;
    buf_add_byte(out, '[');
    for (; good && (json_next(&w) || (insert && i == n)); i++) {
        if (i == index && insert) {
            buf_add_text(out, first ? "" : ",");
            buf_add_slice(out, value);
            first = false;
            insert = false;
            if (i == n)
                break;
        }
        if (i == index && !rest.n && op == OP_REMOVE)
            continue;
        buf_add_text(out, first ? "" : ",");
        first = false;
        if (i == index && op != OP_ADD)
            good = change(w.value, rest, op, value, depth, out);
        else if (i == index && rest.n)
            good = change(w.value, rest, op, value, depth, out);
        else
            buf_add_slice(out, w.value);
    }
    buf_add_byte(out, ']');
    return good;
}

static bool change_object(json node, const char *part, struct slice rest, enum op op, json value, int depth, struct buf *out)
{
    struct buf member = {0};
    json old = json_get(node, part);
    bool good = old.n || (!rest.n && op == OP_ADD);
    if (good && (rest.n || op != OP_REMOVE))
        good = change(old, rest, op, value, depth, &member);
    if (good)
        json_with(node, part, buf_slice(&member), out);
    buf_free(&member);
    return good;
}

static bool change(json node, struct slice pointer, enum op op, json value, int depth, struct buf *out)
{
    if (!pointer.n) {
        buf_add_slice(out, value);
        return value.n > 0;
    }
    if (depth == DEEPEST || *pointer.p != '/')
        return false;
    char *part = take_part(&pointer);
    bool good = json_type(node) == JSON_ARRAY ? change_array(node, part, pointer, op, value, depth + 1, out) :
        json_type(node) == JSON_OBJECT && change_object(node, part, pointer, op, value, depth + 1, out);
    free(part);
    return good;
}

bool json_patch(json target, json operations, struct buf *out)
{
    struct buf now = {0};
    bool good = json_type(operations) == JSON_ARRAY;
    unsigned n = 0;
    buf_add_slice(&now, target);
    struct json_walk w = json_items(operations);
    while (good && json_next(&w)) {
        json op = json_get(w.value, "op"), value = json_get(w.value, "value");
        char *path = json_dup(json_get(w.value, "path"));
        struct buf next = {0};
        if (!path || n++ == OPERATIONS_MOST) {
            good = false;
        } else if (json_is(op, "test")) {
            good = same_value(value_at(buf_slice(&now), slice_of(path)), value);
        } else {
            good = (json_is(op, "add") || json_is(op, "replace") || json_is(op, "remove")) &&
                   change(buf_slice(&now), slice_of(path), json_is(op, "add") ? OP_ADD : json_is(op, "remove") ? OP_REMOVE : OP_REPLACE, value, 0, &next);
            buf_free(&now);
            now = next;
        }
        free(path);
    }
    if (good)
        buf_add_slice(out, buf_slice(&now));
    buf_free(&now);
    return good;
}

/* Reading and writing YAML: all that knows libyaml. The tree owns all nodes in one list, so aliases can share them; `pairs` of an alias are
 * those of its anchor, never a copy, and what a merge key copies is bounded, so a file cannot grow beyond its budget ("billion laughs"). An
 * anchor that stands inside itself is refused, hence the tree has no cycle. */
#include "core/kube/yaml_tree.h"
#include "core/base/json.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/ptrs.h"
#include "core/kube/yaml_scalar.h"

#include <stdlib.h>
#include <yaml.h>

enum { MAX_DEPTH = 100, MAX_PAIRS = 500000, MAX_JSON_DEPTH = 200 };

struct own_node {
    struct yaml_node node;           /* first */
    struct yaml_pair *pairs;
    size_t cap;
    bool open;                       /* its end has not been read: an alias to it would be a cycle */
};
struct yaml_tree {
    struct ptrs nodes;
    struct ptrs texts;               /* keys and anchors, NUL-terminated */
    const struct yaml_node *root;
};

struct reader {
    yaml_parser_t parser;
    struct yaml_tree *tree;
    struct map anchors;
    const char *name;
    struct err *err;
    size_t n_pairs;
};

static const struct yaml_node nothing = {.type = YAML_NULL, .line = 1};

static bool refuse(struct reader *r, size_t line, const char *what)
{
    return err_set(r->err, "%s:%zu: not YAML: %s", r->name, line + 1, what);
}

static bool next_event(struct reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event))
        return true;
    const yaml_parser_t *p = &r->parser;
    const char *what = p->problem ? p->problem : "it cannot be read";
    bool tab = p->problem && !strcmp(p->problem, "found character that cannot start any token");
    return err_set(r->err, "%s:%zu: not YAML: %s%s", r->name, p->problem_mark.line + 1, what,
                   tab ? " (a tab? YAML indents with spaces)" : "");
}

static char *keep_text(struct reader *r, const void *bytes, size_t n)
{
    char *copy = slice_dup((struct slice){bytes, n});
    ptrs_add(&r->tree->texts, copy);
    return copy;
}

static struct own_node *new_node(struct reader *r, enum yaml_type type, size_t line, const yaml_char_t *anchor)
{
    struct own_node *o = NEW(struct own_node);
    o->node.type = type;
    o->node.line = (int)line + 1;
    ptrs_add(&r->tree->nodes, o);
    if (anchor) {
        char *name = keep_text(r, anchor, strlen((const char *)anchor));
        map_put(&r->anchors, slice_of(name), o);
    }
    return o;
}

static bool add_pair(struct reader *r, struct own_node *o, struct yaml_pair pair)
{
    if (++r->n_pairs > MAX_PAIRS)
        return refuse(r, (size_t)pair.line - 1, "it has too many entries");
    if (o->node.n == o->cap) {
        o->cap = o->cap ? o->cap * 2 : 4;
        o->pairs = mem_grow(o->pairs, o->cap, sizeof *o->pairs);
    }
    o->pairs[o->node.n++] = pair;
    o->node.pairs = o->pairs;
    return true;
}

static struct own_node *find_anchor(struct reader *r, const yaml_event_t *event)
{
    struct own_node *o = map_get(&r->anchors, slice_of((const char *)event->data.alias.anchor));
    if (!o)
        refuse(r, event->start_mark.line, "the alias has no anchor before it");
    else if (o->open)
        refuse(r, event->start_mark.line, "the anchor's value contains itself");
    return o && !o->open ? o : NULL;
}

static bool scalar_is_text(const yaml_event_t *event)
{
    const char *tag = (const char *)event->data.scalar.tag;
    return event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || (tag && (!strcmp(tag, YAML_STR_TAG) || !strcmp(tag, "!")));
}

static const struct yaml_node *read_scalar(struct reader *r, const yaml_event_t *event)
{
    struct slice text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    enum yaml_type type = scalar_is_text(event) ? YAML_TEXT : yaml_scalar_type(text);
    struct own_node *o = new_node(r, type, event->start_mark.line, event->data.scalar.anchor);
    o->node.text = (struct slice){slice_dup(text), text.n};
    return &o->node;
}

static bool merge_map(struct reader *r, struct own_node *into, const struct yaml_node *from, int line)
{
    if (from->type != YAML_MAP)
        return refuse(r, (size_t)line - 1, "a merge key (<<) needs a map or a list of maps");
    for (size_t i = 0; i < from->n; i++)
        if (!add_pair(r, into, from->pairs[i]))
            return false;
    return true;
}

/* Of a list of maps the first has precedence: it is merged last. */
static bool merge(struct reader *r, struct own_node *into, const struct yaml_node *from, int line)
{
    if (from->type != YAML_LIST)
        return merge_map(r, into, from, line);
    for (size_t i = from->n; i-- > 0;)
        if (!merge_map(r, into, from->pairs[i].value, line))
            return false;
    return true;
}

static const struct yaml_node *read_node(struct reader *r, yaml_event_t *event, int depth);

static bool read_list(struct reader *r, struct own_node *o, int depth)
{
    for (;;) {
        yaml_event_t event;
        if (!next_event(r, &event))
            return false;
        if (event.type == YAML_SEQUENCE_END_EVENT)
            return yaml_event_delete(&event), true;
        int line = (int)event.start_mark.line + 1;
        const struct yaml_node *value = read_node(r, &event, depth + 1);
        if (!value || !add_pair(r, o, (struct yaml_pair){.line = line, .value = value}))
            return false;
    }
}

static bool read_key(struct reader *r, yaml_event_t *event, struct slice *key, bool *is_merge)
{
    bool good = true;
    *is_merge = false;
    if (event->type == YAML_SCALAR_EVENT) {
        *key = (struct slice){keep_text(r, event->data.scalar.value, event->data.scalar.length), event->data.scalar.length};
        *is_merge = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && slice_is(*key, "<<");
        if (event->data.scalar.anchor)
            read_scalar(r, event);
    } else if (event->type == YAML_ALIAS_EVENT) {
        const struct own_node *o = find_anchor(r, event);
        good = o && (o->node.type < YAML_LIST || refuse(r, event->start_mark.line, "a key must be one word"));
        if (good)
            *key = o->node.text;
    } else {
        good = refuse(r, event->start_mark.line, "a key must be one word");
    }
    yaml_event_delete(event);
    return good;
}

static bool read_map(struct reader *r, struct own_node *o, int depth)
{
    for (;;) {
        yaml_event_t event;
        struct slice key = {0};
        bool is_merge;
        if (!next_event(r, &event))
            return false;
        if (event.type == YAML_MAPPING_END_EVENT)
            return yaml_event_delete(&event), true;
        int line = (int)event.start_mark.line + 1;
        if (!read_key(r, &event, &key, &is_merge) || !next_event(r, &event))
            return false;
        const struct yaml_node *value = read_node(r, &event, depth + 1);
        if (!value)
            return false;
        if (is_merge ? !merge(r, o, value, line) : !add_pair(r, o, (struct yaml_pair){key, line, value}))
            return false;
    }
}

/* Takes the event over. */
static const struct yaml_node *read_node(struct reader *r, yaml_event_t *event, int depth)
{
    const struct yaml_node *node = NULL;
    size_t line = event->start_mark.line;
    if (depth > MAX_DEPTH) {
        refuse(r, line, "it is nested too deep");
    } else if (event->type == YAML_SCALAR_EVENT) {
        node = read_scalar(r, event);
    } else if (event->type == YAML_ALIAS_EVENT) {
        const struct own_node *o = find_anchor(r, event);
        node = o ? &o->node : NULL;
    } else if (event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT) {
        bool list = event->type == YAML_SEQUENCE_START_EVENT;
        struct own_node *o = new_node(r, list ? YAML_LIST : YAML_MAP, line,
                                      list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor);
        o->open = true;
        if (list ? read_list(r, o, depth) : read_map(r, o, depth))
            node = &o->node;
        o->open = false;
    } else {
        refuse(r, line, "a value is missing");
    }
    if (event->type == YAML_SCALAR_EVENT)
        explicit_bzero(event->data.scalar.value, event->data.scalar.length);
    yaml_event_delete(event);
    return node;
}

static bool read_document(struct reader *r)
{
    for (;;) {
        yaml_event_t event;
        if (!next_event(r, &event))
            return false;
        switch (event.type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_START_EVENT:
            yaml_event_delete(&event);
            break;
        case YAML_STREAM_END_EVENT:
            r->tree->root = &nothing;
            return yaml_event_delete(&event), true;
        default:
            r->tree->root = read_node(r, &event, 0);
            return r->tree->root;
        }
    }
}

struct yaml_tree *yaml_tree_new(struct slice text, const char *name, struct err *err)
{
    struct yaml_tree *tree = NEW(struct yaml_tree);
    struct reader r = {.tree = tree, .name = name, .err = err};
    if (!yaml_parser_initialize(&r.parser)) {
        err_set(err, "%s: no memory left to read it", name);
        return free(tree), NULL;
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.p ? text.p : ""), text.n);
    bool good = read_document(&r);
    yaml_parser_delete(&r.parser);
    map_free(&r.anchors);
    if (good)
        return tree;
    yaml_tree_free(tree);
    return NULL;
}

void yaml_tree_free(struct yaml_tree *tree)
{
    if (!tree)
        return;
    for (size_t i = 0; i < tree->nodes.n; i++) {
        struct own_node *o = tree->nodes.v[i];
        if (o->node.text.p)
            explicit_bzero((char *)o->node.text.p, o->node.text.n);
        free((char *)o->node.text.p);
        free(o->pairs);
        free(o);
    }
    for (size_t i = 0; i < tree->texts.n; i++)
        free(tree->texts.v[i]);
    ptrs_free(&tree->nodes);
    ptrs_free(&tree->texts);
    free(tree);
}

const struct yaml_node *yaml_tree_root(const struct yaml_tree *tree)
{
    return tree->root;
}


/* Writing. libyaml refuses bytes that are no UTF-8, and what the cluster says may hold any: they become U+FFFD first. */

struct writer {
    yaml_emitter_t emitter;
    unsigned flags;
    struct err *err;
    struct buf text, key;            /* scratch */
};

static int write_bytes(void *ctx, unsigned char *bytes, size_t n)
{
    buf_add(ctx, bytes, n);
    return 1;
}

static bool emit(struct writer *w, yaml_event_t *event, int made)
{
    if (made && yaml_emitter_emit(&w->emitter, event))
        return true;
    return err_set(w->err, "cannot be shown as YAML: %s", w->emitter.problem ? w->emitter.problem : "no memory left");
}

static void make_utf8(struct buf *text)
{
    size_t at = 0, n;
    while (at < text->n && (n = slice_utf8(buf_slice(text), at, NULL)))
        at += n;
    if (at == text->n)
        return;
    struct buf clean = {0};
    for (at = 0; at < text->n; at += n ? n : 1) {
        n = slice_utf8(buf_slice(text), at, NULL);
        buf_add(&clean, n ? text->p + at : "\xef\xbf\xbd", n ? n : 3);
    }
    buf_free(text);
    *text = clean;
}

static bool emit_scalar(struct writer *w, struct slice text, bool is_text, yaml_scalar_style_t style)
{
    yaml_event_t event;
    int made = yaml_scalar_event_initialize(&event, NULL, (yaml_char_t *)(is_text ? YAML_STR_TAG : NULL), (const yaml_char_t *)text.p,
                                            (int)text.n, 1, 1, style);
    return emit(w, &event, made);
}

static bool emit_text(struct writer *w, struct buf *text)
{
    make_utf8(text);
    struct slice s = buf_slice(text);
    if (s.n > INT32_MAX)
        return err_set(w->err, "cannot be shown as YAML: a text is longer than 2 GiB");
    yaml_scalar_style_t style = YAML_PLAIN_SCALAR_STYLE;
    if (memchr(s.p, '\n', s.n))
        style = YAML_LITERAL_SCALAR_STYLE;
    else if (yaml_scalar_type(s) != YAML_TEXT || yaml_scalar_is_stamp(s) || slice_is(s, "<<") || slice_is(s, "="))
        style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    return emit_scalar(w, s, true, style);
}

static bool emit_list_edge(struct writer *w, bool start, bool flow)
{
    yaml_event_t event;
    yaml_sequence_style_t style = flow ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE;
    int made = start ? yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, style)
                     : yaml_sequence_end_event_initialize(&event);
    return emit(w, &event, made);
}

static bool emit_folded(struct writer *w, json list)
{
    char text[48];
    snprintf(text, sizeof text, "\xe2\x80\xa6%zu folded", json_count(list));
    return emit_list_edge(w, true, true) && emit_scalar(w, slice_of(text), true, YAML_PLAIN_SCALAR_STYLE) && emit_list_edge(w, false, true);
}

static bool emit_value(struct writer *w, json value, int depth, bool is_metadata);

static bool emit_list(struct writer *w, json list, int depth)
{
    struct json_walk walk = json_items(list);
    bool good = emit_list_edge(w, true, false);
    while (good && json_next(&walk))
        good = emit_value(w, walk.value, depth + 1, false);
    if (good && walk.broken)
        return err_set(w->err, "cannot be shown as YAML: the JSON is malformed");
    return good && emit_list_edge(w, false, false);
}

struct member {
    struct slice key;                /* raw */
    json value;
};

static int by_key(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    size_t n = x->key.n < y->key.n ? x->key.n : y->key.n;
    int order = n ? memcmp(x->key.p, y->key.p, n) : 0;
    return order ? order : (x->key.n > y->key.n) - (x->key.n < y->key.n);
}

static bool emit_key(struct writer *w, struct slice raw)
{
    buf_clear(&w->key);
    if (memchr(raw.p, '\\', raw.n))
        json_text((json){raw.p - 1, raw.n + 2}, &w->key);
    else
        buf_add_slice(&w->key, raw);
    return emit_text(w, &w->key);
}

static bool emit_members(struct writer *w, const struct member *members, size_t n, int depth, bool is_metadata)
{
    yaml_event_t event;
    bool good = emit(w, &event, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
    for (size_t i = 0; good && i < n; i++) {
        bool fold = is_metadata && (w->flags & YAML_FOLD_MANAGED) && slice_is(members[i].key, "managedFields");
        good = emit_key(w, members[i].key) && (fold ? emit_folded(w, members[i].value)
                                                    : emit_value(w, members[i].value, depth + 1, slice_is(members[i].key, "metadata")));
    }
    return good && emit(w, &event, yaml_mapping_end_event_initialize(&event));
}

static bool emit_map(struct writer *w, json map, int depth, bool is_metadata)
{
    struct member *members = NULL;
    size_t n = 0, cap = 0;
    struct json_walk walk = json_members(map);
    while (json_next(&walk)) {
        if (n == cap) {
            cap = cap ? cap * 2 : 8;
            members = mem_grow(members, cap, sizeof *members);
        }
        members[n++] = (struct member){walk.key, walk.value};
    }
    if (n && (w->flags & YAML_SORT_KEYS))
        qsort(members, n, sizeof *members, by_key);
    bool good = walk.broken ? err_set(w->err, "cannot be shown as YAML: the JSON is malformed")
                            : emit_members(w, members, n, depth, is_metadata);
    free(members);
    return good;
}

static bool emit_value(struct writer *w, json value, int depth, bool is_metadata)
{
    if (depth > MAX_JSON_DEPTH)
        return err_set(w->err, "cannot be shown as YAML: it is nested deeper than %d", MAX_JSON_DEPTH);
    switch (json_type(value)) {
    case JSON_OBJECT:
        return emit_map(w, value, depth, is_metadata);
    case JSON_ARRAY:
        return emit_list(w, value, depth);
    case JSON_STRING:
        buf_clear(&w->text);
        json_text(value, &w->text);
        return emit_text(w, &w->text);
    case JSON_NONE:
        return err_set(w->err, "cannot be shown as YAML: the JSON is malformed");
    default:
        return emit_scalar(w, value, false, YAML_PLAIN_SCALAR_STYLE);
    }
}

static bool emit_document(struct writer *w, json value)
{
    yaml_event_t event;
    return emit(w, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) &&
           emit(w, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) && emit_value(w, value, 0, false) &&
           emit(w, &event, yaml_document_end_event_initialize(&event, 1)) && emit(w, &event, yaml_stream_end_event_initialize(&event));
}

bool yaml_from_json(struct slice text, struct buf *out, unsigned flags, struct err *err)
{
    struct writer w = {.flags = flags, .err = err};
    json value = json_whole(text);
    if (json_type(value) == JSON_NONE)
        return err_set(err, "cannot be shown as YAML: the JSON is malformed");
    if (!yaml_emitter_initialize(&w.emitter))
        return err_set(err, "cannot be shown as YAML: no memory left");
    yaml_emitter_set_output(&w.emitter, write_bytes, out);
    yaml_emitter_set_unicode(&w.emitter, 1);
    yaml_emitter_set_width(&w.emitter, -1);
    bool good = emit_document(&w, value);
    yaml_emitter_delete(&w.emitter);
    buf_free(&w.text);
    buf_free(&w.key);
    return good;
}

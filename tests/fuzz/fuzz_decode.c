/* Anything at all as objects of every kind: the store stays in order and every text of it is one. Each input is taken as one object, as a
 * list, and as a stream of watch events. */
#include "tests/unit/store_help.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool good)
{
    if (!good)
        abort();
}

static void check(const struct store *s)
{
    must(!store_fault(s));
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        const struct ptrs *all = store_all(s, (enum kind)kind);
        for (size_t i = 0; i < all->n; i++) {
            const struct object *o = all->v[i];
            must(*o->name && str_len(o->name) <= MAX_NAME && str_len(o->ns) <= MAX_NAME);
            must(store_find(s, o->kind, slice_of(o->ns), slice_of(o->name)) == o);
            for (unsigned k = 0; k < kind_info(o->kind)->n_strs; k++)
                must(str_len(*(const str *)(const void *)((const char *)o + kind_info(o->kind)->strs[k])) <= MAX_TEXT);
            chain_claim(o);
            chain_sandbox(o);
            chain_pod(o);
            chain_template(o);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!n)
        return 0;
    struct store *s = store_new();
    const struct slice text = {(const char *)data, n};
    store_limit_events(s, 3);
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        const enum kind k = (enum kind)kind;
        store_apply(s, k, 0, text);
        store_list_begin(s, k, 1);
        for (struct json_walk w = json_items(json_get(text, "items")); json_next(&w);)
            store_apply(s, k, 1, w.value);
        store_list_end(s, k, 1);
        check(s);
        for (const char *line = text.p, *end; line < text.p + n; line = end + 1) {
            end = memchr(line, '\n', n - (size_t)(line - text.p));
            end = end ? end : text.p + n;
            json event = {line, (size_t)(end - line)}, object = json_get(event, "object");
            if (json_is(json_get(event, "type"), "DELETED"))
                store_remove(s, k, 2, object);
            else
                store_apply(s, k, 2, object);
        }
        check(s);
        if (kind % 2)
            store_sweep(s);
    }
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        store_drop_source(s, (enum kind)kind, 1);
        check(s);
    }
    store_sweep(s);
    check(s);
    store_free(s);
    return 0;
}

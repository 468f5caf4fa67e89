/* For tests of the store: objects written with ' for ", and a check of everything that has to hold within a store at any time. */
#ifndef TESTS_STORE_HELP_H
#define TESTS_STORE_HELP_H
#include "core/base/buf.h"
#include "core/store/inside.h"
#include <stdlib.h>

/* The text with every ' made a ". */
static inline char *quoted(const char *text)
{
    char *copy = mem_text(text);
    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    return copy;
}

static inline bool put(struct store *s, enum kind kind, unsigned source, const char *object)
{
    char *text = quoted(object);
    bool good = store_apply(s, kind, source, slice_of(text));
    free(text);
    return good;
}

static inline void take_away(struct store *s, enum kind kind, unsigned source, const char *object)
{
    char *text = quoted(object);
    store_remove(s, kind, source, slice_of(text));
    free(text);
}

static inline const struct object *get(const struct store *s, enum kind kind, const char *ns, const char *name)
{
    return store_find(s, kind, slice_of(ns), slice_of(name));
}

/* All items of a list's text. How many there were. */
static inline unsigned put_list(struct store *s, enum kind kind, unsigned source, const char *text, size_t n)
{
    unsigned count = 0;
    store_list_begin(s, kind, source);
    for (struct json_walk w = json_items(json_get(json_whole((struct slice){text, n}), "items")); json_next(&w); count++)
        if (!store_apply(s, kind, source, w.value))
            return 0;
    store_list_end(s, kind, source);
    return count;
}

static inline bool in_list(const struct ptrs *list, const struct object *o)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->v[i] == o)
            return true;
    return false;
}

/* NULL where the object stands as inside.h says, else what does not. */
static inline const char *object_fault(const struct store *s, const struct object *o)
{
    if (o->slot >= s->n_slots)
        return "slot out of bounds";
    const struct seat *seat = &s->seats[o->slot];
    if (!o->present && !o->changed && !o->in)
        return "a placeholder that nothing points to";
    if (!o->present && !o->changed && (o->out || *o->finalizers || *o->owner_name || !uid_none(o->uid)))
        return "a placeholder with something in it";
    if (o->present != (seat->all != 0) || (seat->all && s->all[o->kind].v[seat->all - 1] != o))
        return "not at its place among all";
    if ((o->kind == KIND_CLAIM && o->present && claim_unready(o)) != (seat->unready != 0))
        return "not at its place among the unready";
    if (seat->unready && s->unready.v[seat->unready - 1] != o)
        return "another at its place among the unready";
    if (o->present != (o->sources != 0))
        return "present without a source, or the other way round";
    for (const struct link *const *at = (const struct link *const *)&o->out; *at; at = (const struct link *const *)&(*at)->next_out)
        if ((*at)->from != o || *(*at)->prev_in != *at || !(*at)->to)
            return "an outgoing link that is not in order";
    for (const struct link *l = o->in; l; l = l->next_in)
        if (l->to != o)
            return "an incoming link that leads elsewhere";
    return NULL;
}

static inline const char *store_fault(const struct store *s)
{
    size_t present = 0, all = 0, links = 0, named = 0;
    for (size_t i = 0; i < s->by_name.cap; i++) {
        struct object *o = s->by_name.v[i];
        if (!o)
            continue;
        const char *fault = object_fault(s, o);
        if (fault)
            return fault;
        if (table_by_name(&s->by_name, o->kind, o->ns, o->name) != o)
            return "not found by its name";
        present += o->present;
        named++;
        for (const struct link *l = o->out; l; l = l->next_out)
            links++;
    }
    for (unsigned kind = 0; kind < KIND_COUNT; kind++)
        all += s->all[kind].n;
    for (size_t i = 0; i < s->changes.n; i++) {
        const struct object *o = s->changes.v[i];
        if (!o->changed)
            return "in the list of changes without its mark";
        if (table_by_name(&s->by_name, o->kind, o->ns, o->name) != o)
            for (const struct link *l = o->out; l; l = l->next_out)
                links++;
    }
    for (size_t i = 0; i < s->touched.n; i++)
        if (!((const struct object *)s->touched.v[i])->touched)
            return "in the list of touched claims without its mark";
    if (named != s->by_name.n || present != all)
        return "objects miscounted";
    return links != s->n_links ? "links miscounted" : NULL;
}
#endif

/* Objects as such: their making and end, their slots and their places in the store's lists. */
#include "core/store/inside.h"
#include <stdlib.h>

static const uint16_t head_strs[] = {
    offsetof(struct object, finalizers), offsetof(struct object, owner_kind), offsetof(struct object, owner_name),
};
enum { HEAD_STRS = sizeof head_strs / sizeof head_strs[0] };

/* The nth str member of an object beside its ns and name; NULL after the last. */
static str *str_member(struct object *o, unsigned n)
{
    const struct kind_info *info = kind_info(o->kind);
    if (n >= HEAD_STRS + info->n_strs)
        return NULL;
    unsigned offset = n < HEAD_STRS ? head_strs[n] : info->strs[n - HEAD_STRS];
    return (str *)(void *)((char *)o + offset);
}

static void strs_init(struct object *o)
{
    str *slot;
    for (unsigned i = 0; (slot = str_member(o, i)); i++)
        *slot = "";
}

static void content_drop(struct store *s, struct object *o)
{
    str *slot;
    for (unsigned i = 0; (slot = str_member(o, i)); i++) {
        str_drop(s->strings, *slot);
        *slot = "";
    }
    if (kind_info(o->kind)->clear)
        kind_info(o->kind)->clear(&s->decoding, o);
}

static uint32_t slot_new(struct store *s)
{
    if (s->n_free_slots)
        return s->free_slots[--s->n_free_slots];
    if (s->n_slots == s->cap_slots) {
        s->cap_slots = s->cap_slots ? s->cap_slots + s->cap_slots / 2 : 64;
        s->seats = mem_grow(s->seats, s->cap_slots, sizeof *s->seats);
    }
    s->seats[s->n_slots] = (struct seat){0};
    return s->n_slots++;
}

static void slot_free(struct store *s, uint32_t slot)
{
    if (s->n_free_slots == s->cap_free_slots) {
        s->cap_free_slots = s->cap_free_slots ? s->cap_free_slots * 2 : 64;
        s->free_slots = mem_grow(s->free_slots, s->cap_free_slots, sizeof *s->free_slots);
    }
    s->free_slots[s->n_free_slots++] = slot;
}

size_t object_bytes(const struct object *o)
{
    size_t bytes = kind_info(o->kind)->size;
    if (o->kind == KIND_POD)
        bytes += AS(pod, o)->n_containers * sizeof(struct container);
    else if (o->kind == KIND_TEMPLATE)
        bytes += AS(sandbox_template, o)->n_containers * sizeof(struct template_container);
    else if (o->kind == KIND_QUOTA)
        bytes += AS(quota, o)->n_items * sizeof(struct quota_item);
    return bytes;
}

struct object *object_new(struct store *s, enum kind kind, str ns, str name)
{
    struct object *o = slab_take(&s->objects[kind]);
    o->kind = kind;
    o->ns = str_hold(ns);
    o->name = str_hold(name);
    o->slot = slot_new(s);
    strs_init(o);
    table_add(&s->by_name, o);
    s->object_bytes += object_bytes(o);
    return o;
}

struct object *object_node(struct store *s, enum kind kind, str ns, str name)
{
    struct object *o = table_by_name(&s->by_name, kind, ns, name);
    return o ? o : object_new(s, kind, ns, name);
}

void object_empty(struct store *s, struct object *o)
{
    struct object keep = {.kind = o->kind, .slot = o->slot, .ns = o->ns, .name = o->name, .in = o->in};
    s->object_bytes -= object_bytes(o);
    content_drop(s, o);
    memset(o, 0, kind_info(keep.kind)->size);
    *o = keep;
    strs_init(o);
    s->object_bytes += object_bytes(o);
}

void object_free(struct store *s, struct object *o)
{
    table_remove(&s->by_name, o);
    s->object_bytes -= object_bytes(o);
    content_drop(s, o);
    str_drop(s->strings, o->ns);
    str_drop(s->strings, o->name);
    slot_free(s, o->slot);
    slab_give(&s->objects[o->kind], o);
}

/* --- lists --------------------------------------------------------------------------------------------------------------------------- */
static bool kind_has_uid_index(enum kind kind)
{
    return kind == KIND_CLAIM || kind == KIND_SANDBOX || kind == KIND_POD;
}

static void list_add(struct ptrs *list, struct object *o, uint32_t *seat)
{
    ptrs_add(list, o);
    *seat = (uint32_t)list->n;
}

/* The last takes the place of the one that leaves: lists have no order. */
static uint32_t list_leave(struct ptrs *list, uint32_t seat, struct object **moved)
{
    *moved = list->v[list->n - 1];
    list->v[seat - 1] = *moved;
    list->n--;
    return seat;
}

void seat_take(struct store *s, struct object *o)
{
    list_add(&s->all[o->kind], o, &s->seats[o->slot].all);
    if (kind_has_uid_index(o->kind) && !uid_none(o->uid) && !table_by_uid(&s->by_uid, o->uid))
        table_add(&s->by_uid, o);
}

void seat_leave(struct store *s, struct object *o)
{
    struct object *moved;
    struct seat *seat = &s->seats[o->slot];
    uint32_t at = list_leave(&s->all[o->kind], seat->all, &moved);
    s->seats[moved->slot].all = at;
    seat->all = 0;
    if (kind_has_uid_index(o->kind) && !uid_none(o->uid))
        table_remove(&s->by_uid, o);
    seat_unready(s, o, false);
}

void seat_unready(struct store *s, struct object *o, bool unready)
{
    struct seat *seat = &s->seats[o->slot];
    if (unready == (seat->unready != 0))
        return;
    if (unready) {
        list_add(&s->unready, o, &seat->unready);
        return;
    }
    struct object *moved;
    uint32_t at = list_leave(&s->unready, seat->unready, &moved);
    s->seats[moved->slot].unready = at;
    seat->unready = 0;
}

/* The store from within. Internal to core/store.
 *
 * An object is in one of three states:
 *   present   in `all`, in by_name, in by_uid where its kind is;
 *   gone      present == false, changed == true: waits in `changes` for the sweep with its strings and outgoing links, so that readers of
 *             the turn can still see what it was. It stays in by_name, unless another object has taken its name (then it is nobody's);
 *   placeholder  present == false, changed == false: a name that links point to. In by_name. Freed when the last link goes. */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H
#include "core/base/mem.h"
#include "core/store/decode.h"
#include "core/store/links.h"
#include "core/store/slab.h"
#include "core/store/store.h"

/* A set of objects by a hash of theirs, in open addressing: nine bytes a place, and no keys beside the objects. A byte of the hash stands
 * apart, so that a search looks into hardly any object but the right one. */
struct table {
    struct object **v;
    uint8_t *tags;                   /* 0: the place is free */
    size_t n, cap;
    uint64_t (*hash)(const struct object *);
};
/* By kind, namespace and name. Texts of a pool are equal where their pointers are, so both are str of the store's pool. */
uint64_t hash_name(enum kind, str ns, str name);
uint64_t hash_name_of(const struct object *);
uint64_t hash_uid(struct uid);
uint64_t hash_uid_of(const struct object *);
void table_add(struct table *, struct object *);
bool table_remove(struct table *, const struct object *);  /* whether it was in */
void table_free(struct table *);
struct object *table_by_name(const struct table *, enum kind, str ns, str name);
struct object *table_by_uid(const struct table *, struct uid);

struct seat {                        /* where an object stands in the lists; by its slot */
    uint32_t all, unready;           /* one more than the place; 0: not in it */
};

struct store {
    struct strpool *strings;
    struct table by_name, by_uid;
    struct ptrs all[KIND_COUNT];
    struct ptrs unready;             /* claims that are present and not ready: whom a change of a pool or template may concern */
    struct ptrs changes, touched;
    struct seat *seats;
    uint32_t n_slots, cap_slots;
    uint32_t *free_slots;
    uint32_t n_free_slots, cap_free_slots;
    struct slab objects[KIND_COUNT], links;
    size_t n_links, object_bytes;
    uint64_t generation;
    size_t most_events;
    int64_t event_floor_ms;          /* events older than this were let go for want of room */
    struct decoding decoding;
};

static inline bool str_same(str a, str b)
{
    return a == b || (!*a && !*b);   /* "" may be several */
}
static inline bool claim_unready(const struct object *o)
{
    return AS(claim, o)->ready.status != TRUTH_TRUE;
}
static inline bool is_gone(const struct object *o)
{
    return !o->present && o->changed;
}

/* The object of that name; made as a placeholder where there is none. */
struct object *object_node(struct store *, enum kind, str ns, str name);
struct object *object_new(struct store *, enum kind, str ns, str name);    /* in by_name, not present */
void object_free(struct store *, struct object *);        /* has no links any more; takes itself out of by_name */
void object_empty(struct store *, struct object *);       /* back to a placeholder: only kind, ns, name, slot and incoming links stay */
size_t object_bytes(const struct object *);               /* its struct and arrays */
void seat_take(struct store *, struct object *);          /* into all and by_uid */
void seat_leave(struct store *, struct object *);
void seat_unready(struct store *, struct object *, bool unready);

void links_drop(struct store *, struct object *);         /* all outgoing ones */
void links_move_in(struct object *from, struct object *to); /* whoever pointed to `from` points to `to` */
/* Whether a link means the object that now has that name, not an earlier one. */
bool link_good(const struct link *);

/* Puts the claims whose chain o is in on the list of touched ones. */
void touch(struct store *, struct object *);
#endif

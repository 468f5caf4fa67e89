/* The writers: what comes in is decoded into its object, and what that changes is noted. See inside.h for the states of an object. */
#include "core/store/store.h"
#include "core/store/inside.h"
#include <stdlib.h>

enum { SOURCES = 16, SCRATCH_KEPT = 64 * 1024, LIST_KEPT = 4096, DEFAULT_EVENTS = 20000 };

struct store *store_new(void)
{
    struct store *s = NEW(struct store);
    s->strings = strpool_new();
    s->by_name.hash = hash_name_of;
    s->by_uid.hash = hash_uid_of;
    s->links.size = sizeof(struct link);
    for (unsigned kind = 0; kind < KIND_COUNT; kind++)
        s->objects[kind].size = kind_info((enum kind)kind)->size;
    s->most_events = DEFAULT_EVENTS;
    s->event_floor_ms = INT64_MIN;
    s->decoding.pool = s->strings;
    s->decoding.store = s;
    return s;
}

static void scratch_free(struct decoding *d)
{
    buf_free(&d->scratch);
    buf_free(&d->joined);
    buf_free(&d->name_text);
    buf_free(&d->ns_text);
}

static void note_change(struct store *s, struct object *o)
{
    o->generation = ++s->generation;
    if (!o->changed) {
        o->changed = true;
        ptrs_add(&s->changes, o);
    }
}

static void lose(struct store *s, struct object *o)
{
    touch(s, o);
    o->present = false;
    o->sources = o->seen = 0;
    seat_leave(s, o);
    note_change(s, o);
}

void store_free(struct store *s)
{
    if (!s)
        return;
    /* All objects go the way that gone ones go: the last link to a placeholder takes it along. */
    for (unsigned kind = 0; kind < KIND_COUNT; kind++)
        while (s->all[kind].n)
            lose(s, s->all[kind].v[s->all[kind].n - 1]);
    store_sweep(s);
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        slab_end(&s->objects[kind]);
        ptrs_free(&s->all[kind]);
    }
    slab_end(&s->links);
    ptrs_free(&s->unready);
    ptrs_free(&s->changes);
    ptrs_free(&s->touched);
    table_free(&s->by_name);
    table_free(&s->by_uid);
    free(s->seats);
    free(s->free_slots);
    scratch_free(&s->decoding);
    strpool_free(s->strings);
    free(s);
}

/* A source names it no longer. */
static void release(struct store *s, struct object *o, uint16_t bit)
{
    if (!(o->sources & bit))
        return;
    o->sources &= (uint16_t)~bit;
    o->seen &= (uint16_t)~bit;
    if (!o->sources)
        lose(s, o);
}

static bool other_uid(const struct object *o, struct uid uid)
{
    return !uid_none(o->uid) && !uid_none(uid) && !uid_eq(o->uid, uid);
}

/* The object that d's head speaks of, made present. *fresh: it was not. */
static struct object *take(struct store *s, enum kind kind, struct object *o, str ns, str name, bool *fresh)
{
    const struct decoding *d = &s->decoding;
    if (o && (o->present || is_gone(o)) && other_uid(o, d->uid)) {
        struct object *old = o;
        if (old->present)
            lose(s, old);
        table_remove(&s->by_name, old);
        o = object_new(s, kind, ns, name);
        links_move_in(old, o);
    } else if (!o) {
        o = object_new(s, kind, ns, name);
    }
    *fresh = !o->present;
    if (*fresh) {
        o->present = true;
        o->uid = d->uid;
        seat_take(s, o);
    } else if (uid_none(o->uid) && !uid_none(d->uid)) {
        seat_leave(s, o);
        o->uid = d->uid;
        seat_take(s, o);
    }
    return o;
}

static void update(struct store *s, struct object *o, bool fresh)
{
    struct decoding *d = &s->decoding;
    size_t bytes = object_bytes(o);
    d->changed = d->chain_changed = d->picky = false;
    decode_meta(d, o);
    kind_info(o->kind)->decode(d, o);
    s->object_bytes += object_bytes(o) - bytes;
    if (fresh || (d->changed && !d->picky))
        d->changed = d->chain_changed = true;
    if (o->kind == KIND_CLAIM)
        seat_unready(s, o, claim_unready(o));
    if (d->changed)
        note_change(s, o);
    if (d->chain_changed)
        touch(s, o);
}

/* --- the bound on events ------------------------------------------------------------------------------------------------------------- */
static int compare_ms(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* How many stay when there are too many: some room is made at once, so that the sort is paid for by many that come. */
static size_t events_kept(const struct store *s)
{
    return s->most_events - s->most_events / 16;
}

static void evict_events(struct store *s)
{
    const struct ptrs *events = &s->all[KIND_EVENT];
    if (events->n <= s->most_events)
        return;
    size_t n = events->n, keep = events_kept(s);
    int64_t *times = mem_array(n, sizeof *times);
    for (size_t i = 0; i < n; i++)
        times[i] = AS(event, events->v[i])->last_ms;
    qsort(times, n, sizeof *times, compare_ms);
    s->event_floor_ms = times[n - keep - 1];
    free(times);
    for (size_t i = n; i-- > 0 && events->n > keep;)
        if (AS(event, events->v[i])->last_ms <= s->event_floor_ms)
            lose(s, events->v[i]);
}

void store_limit_events(struct store *s, size_t most)
{
    s->most_events = most;
    s->event_floor_ms = INT64_MIN;
    evict_events(s);
}

/* Older than those that had to go: a whole list that names it again does not bring it back. */
static bool event_too_old(struct store *s, enum kind kind)
{
    return kind == KIND_EVENT && s->all[KIND_EVENT].n >= events_kept(s) && event_last_ms(&s->decoding) <= s->event_floor_ms;
}

/* --- writers ------------------------------------------------------------------------------------------------------------------------- */
/* One long text must not be paid for ever. */
static void scratch_trim(struct decoding *d)
{
    if (d->scratch.cap > SCRATCH_KEPT || d->joined.cap > SCRATCH_KEPT || d->name_text.cap > SCRATCH_KEPT || d->ns_text.cap > SCRATCH_KEPT)
        scratch_free(d);
}

static void apply(struct store *s, enum kind kind, uint16_t bit)
{
    struct decoding *d = &s->decoding;
    str ns = str_get(s->strings, d->ns), name = str_get(s->strings, d->name);
    struct object *o = table_by_name(&s->by_name, kind, ns, name);
    bool fresh, there = o && o->present;
    if (kind_info(kind)->wanted && !kind_info(kind)->wanted(d)) {
        if (there)
            release(s, o, bit);
    } else if (there && other_uid(o, d->uid) && d->created_ms < o->created_ms) {
        /* another source, which lags, still speaks of the one before */
    } else if (there || !event_too_old(s, kind)) {
        o = take(s, kind, o, ns, name, &fresh);
        o->sources |= bit;
        o->seen |= bit;
        update(s, o, fresh);
        if (kind == KIND_EVENT)
            evict_events(s);
    }
    str_drop(s->strings, ns);
    str_drop(s->strings, name);
}

bool store_apply(struct store *s, enum kind kind, unsigned source, json object)
{
    if ((unsigned)kind >= KIND_COUNT || source >= SOURCES)
        return false;
    bool good = decode_head(&s->decoding, kind, object);
    if (good)
        apply(s, kind, (uint16_t)(1u << source));
    scratch_trim(&s->decoding);
    return good;
}

static struct object *find(const struct store *s, enum kind kind, struct slice ns, struct slice name)
{
    str ns_str = str_find(s->strings, ns), name_str = str_find(s->strings, name);
    if ((unsigned)kind >= KIND_COUNT || !ns_str || !name_str)
        return NULL;
    struct object *o = table_by_name(&s->by_name, kind, ns_str, name_str);
    return o && o->present ? o : NULL;
}

void store_remove(struct store *s, enum kind kind, unsigned source, json object)
{
    struct decoding *d = &s->decoding;
    if ((unsigned)kind >= KIND_COUNT || source >= SOURCES || !decode_head(d, kind, object))
        return;
    struct object *o = find(s, kind, d->ns, d->name);
    if (o && !other_uid(o, d->uid))
        release(s, o, (uint16_t)(1u << source));
    scratch_trim(d);
}

void store_list_begin(struct store *s, enum kind kind, unsigned source)
{
    if ((unsigned)kind >= KIND_COUNT || source >= SOURCES)
        return;
    for (size_t i = 0; i < s->all[kind].n; i++)
        ((struct object *)s->all[kind].v[i])->seen &= (uint16_t)~(1u << source);
}

/* Backwards, as who leaves is replaced by the last. */
static void release_all(struct store *s, enum kind kind, unsigned source, bool seen_too)
{
    if ((unsigned)kind >= KIND_COUNT || source >= SOURCES)
        return;
    const uint16_t bit = (uint16_t)(1u << source);
    for (size_t i = s->all[kind].n; i-- > 0;) {
        struct object *o = s->all[kind].v[i];
        if (seen_too || !(o->seen & bit))
            release(s, o, bit);
    }
}

void store_list_end(struct store *s, enum kind kind, unsigned source)
{
    release_all(s, kind, source, false);
}

void store_drop_source(struct store *s, enum kind kind, unsigned source)
{
    release_all(s, kind, source, true);
}

/* Links first: while `changed` still holds, no object of the list goes with its last link. */
void store_sweep(struct store *s)
{
    for (size_t i = 0; i < s->touched.n; i++)
        ((struct object *)s->touched.v[i])->touched = false;
    ptrs_clear(&s->touched);
    for (size_t i = 0; i < s->changes.n; i++)
        if (is_gone(s->changes.v[i]))
            links_drop(s, s->changes.v[i]);
    for (size_t i = 0; i < s->changes.n; i++) {
        struct object *o = s->changes.v[i];
        o->changed = false;
        if (o->present)
            continue;
        if (o->in)
            object_empty(s, o);
        else
            object_free(s, o);
    }
    ptrs_clear(&s->changes);
    if (s->changes.cap > LIST_KEPT)
        ptrs_free(&s->changes);
    if (s->touched.cap > LIST_KEPT)
        ptrs_free(&s->touched);
}

/* --- readers ------------------------------------------------------------------------------------------------------------------------- */
uint64_t store_generation(const struct store *s)
{
    return s->generation;
}

const struct ptrs *store_changes(const struct store *s)
{
    return &s->changes;
}

const struct ptrs *store_touched_claims(const struct store *s)
{
    return &s->touched;
}

const struct object *store_find(const struct store *s, enum kind kind, struct slice ns, struct slice name)
{
    return find(s, kind, ns, name);
}

const struct object *store_by_uid(const struct store *s, struct uid uid)
{
    return uid_none(uid) ? NULL : table_by_uid(&s->by_uid, uid);
}

const struct ptrs *store_all(const struct store *s, enum kind kind)
{
    static const struct ptrs none;
    return (unsigned)kind < KIND_COUNT ? &s->all[kind] : &none;
}

size_t store_count(const struct store *s, enum kind kind)
{
    return store_all(s, kind)->n;
}

uint32_t store_slots(const struct store *s)
{
    return s->n_slots;
}

size_t store_bytes(const struct store *s)
{
    enum { PER_STRING = 64 }; /* the mean, measured on 10,000 claims with all that belongs to them */
    size_t bytes = s->object_bytes + s->n_links * sizeof(struct link);
    bytes += (s->by_name.cap + s->by_uid.cap) * (sizeof(void *) + 1) + s->cap_slots * sizeof *s->seats;
    bytes += strpool_count(s->strings) * PER_STRING;
    for (unsigned kind = 0; kind < KIND_COUNT; kind++)
        bytes += s->all[kind].cap * sizeof(void *);
    return bytes;
}

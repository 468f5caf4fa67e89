/* Invariant: a thing lives as long as a source names it; its deletion is written when the last one lets go of it. */
#include "core/record/sources.h"

#include "core/base/mem.h"

#include <stdlib.h>

struct thing {                       /* one object */
    char *key, *api_version, *kind, *ns, *name;
    uint64_t hash;
    unsigned holders;                /* sources that name it */
};
struct held {
    struct thing *thing;
    uint64_t round;                  /* the list that named it last */
};

/* ---- objects ----------------------------------------------------------------------------------------------------------------------- */

static void thing_free(struct thing *t)
{
    free(t->key);
    free(t->api_version);
    free(t->kind);
    free(t->ns);
    free(t->name);
    free(t);
}

static void let_go(struct recorded *r, struct thing *t)
{
    if (--t->holders)
        return;
    recording_delete(r->writer, r->clock->wall(r->clock), t->api_version, t->kind, t->ns, t->name);
    map_take(&r->things, slice_of(t->key));
    thing_free(t);
}

static char *text_or(json v, const char *otherwise)
{
    char *text = json_dup(v);

    return text ? text : mem_text(otherwise ? otherwise : "");
}

static struct thing *thing_of(const struct source *s, json object)
{
    json meta = json_get(object, "metadata");
    char *name = json_dup(json_get(meta, "name")), *ns = text_or(json_get(meta, "namespace"), "");
    char *kind = text_or(json_get(object, "kind"), s->kind);
    char *key = mem_printf("%s\n%s\n%s\n%s", s->api_version, kind, ns, name ? name : "");
    struct thing *t = map_get(&s->all->things, slice_of(key));

    if (!t && name && *name && *kind) {
        t = NEW(struct thing);
        *t = (struct thing){.key = key, .api_version = mem_text(s->api_version), .kind = kind, .ns = ns, .name = name};
        map_put(&s->all->things, slice_of(t->key), t);
        return t;
    }
    free(key);
    free(kind);
    free(ns);
    free(name);
    return t;
}

void source_upsert(struct source *s, json object)
{
    struct thing *t = thing_of(s, object);
    struct held *h = t ? map_get(&s->held, slice_of(t->key)) : NULL;
    uint64_t hash = slice_hash(object);

    if (!t)
        return;
    if (!h) {
        h = NEW(struct held);
        h->thing = t;
        t->holders++;
        map_put(&s->held, slice_of(t->key), h);
    }
    h->round = s->round;
    if (t->hash == hash)
        return;
    t->hash = hash;
    recording_put(s->all->writer, s->all->clock->wall(s->all->clock), s->api_version, t->kind, object);
}

static void drop(struct source *s, struct held *h)
{
    struct thing *t = h->thing;

    map_take(&s->held, slice_of(t->key));
    free(h);
    let_go(s->all, t);
}

void source_delete(struct source *s, json object)
{
    struct thing *t = thing_of(s, object);
    struct held *h = t ? map_get(&s->held, slice_of(t->key)) : NULL;

    if (h) {
        drop(s, h);
    } else if (t && !t->holders) {   /* it was never named */
        map_take(&s->all->things, slice_of(t->key));
        thing_free(t);
    }
}

void source_list_begin(struct source *s)
{
    s->round++;
    s->listing = true;
}

/* What the whole list has not named is gone. */
void source_list_end(struct source *s)
{
    struct ptrs gone = {0};
    size_t i = 0;

    if (!s->listing)
        return;
    s->listing = false;
    for (struct held *h; (h = map_next(&s->held, &i));)
        if (h->round != s->round)
            ptrs_add(&gone, h);
    for (size_t k = 0; k < gone.n; k++)
        drop(s, gone.v[k]);
    ptrs_free(&gone);
}

struct source *recorded_source(struct recorded *r, const char *path)
{
    char *plain = recording_path(path);

    for (size_t i = 0; i < r->sources.n; i++) {
        struct source *s = r->sources.v[i];
        if (strcmp(s->path, plain) == 0) {
            free(plain);
            return s;
        }
    }
    struct source *s = NEW(struct source);
    s->all = r;
    s->path = plain;
    if (strncmp(plain, "/apis/", 6) == 0) {        /* /apis/GROUP/VERSION/… */
        size_t group = strcspn(plain + 6, "/"), version = plain[6 + group] ? strcspn(plain + 7 + group, "/?") : 0;
        s->api_version = mem_printf("%.*s", (int)(group + (version ? 1 + version : 0)), plain + 6);
    } else {
        s->api_version = mem_printf("%.*s", (int)strcspn(plain + (strncmp(plain, "/api/", 5) == 0 ? 5 : 0), "/?"),
                                    plain + (strncmp(plain, "/api/", 5) == 0 ? 5 : 0));
    }
    ptrs_add(&r->sources, s);
    return s;
}

static void source_free(struct source *s)
{
    size_t i = 0;

    for (struct held *h; (h = map_next(&s->held, &i));)
        free(h);
    map_free(&s->held);
    free(s->path);
    free(s->api_version);
    free(s->kind);
    free(s);
}

void recorded_free(struct recorded *r)
{
    size_t i = 0;

    for (size_t k = 0; k < r->sources.n; k++)
        source_free(r->sources.v[k]);
    for (struct thing *t; (t = map_next(&r->things, &i));)
        thing_free(t);
    map_free(&r->things);
    ptrs_free(&r->sources);
}

#include "core/diagnose/answers.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/map.h"
#include "core/base/mem.h"

struct entry {
    char *key;
    enum answer answer;
    int64_t at_ms;
};
struct answers {
    struct map map;                  /* of struct entry */
};

struct answers *answers_new(void)
{
    return NEW(struct answers);
}

static void entry_free(struct entry *e)
{
    free(e->key);
    free(e);
}

void answers_free(struct answers *a)
{
    if (!a)
        return;
    size_t i = 0;
    for (struct entry *e; (e = map_next(&a->map, &i));)
        entry_free(e);
    map_free(&a->map);
    free(a);
}

/* Names hold no slash, so no two things share a key. What is longer than any name there can be is nothing that was asked for. */
static struct slice key_of(char out[600], enum kind kind, const char *ns, const char *name)
{
    int n = snprintf(out, 600, "%d/%s/%s", (int)kind, ns ? ns : "", name ? name : "");
    return (struct slice){out, n < 0 ? 0 : n < 600 ? (size_t)n : 599};
}

bool answers_set(struct answers *a, enum kind kind, const char *ns, const char *name, enum answer answer, int64_t at_ms)
{
    char text[600];
    struct slice key = key_of(text, kind, ns, name);
    struct entry *e = map_get(&a->map, key);
    bool fresh = !e;
    if (fresh) {
        e = NEW(struct entry);
        e->key = slice_dup(key);
        map_put(&a->map, slice_of(e->key), e);
    }
    bool other = fresh || e->answer != answer;
    e->answer = answer;
    e->at_ms = at_ms;
    return other;
}

void answers_forget(struct answers *a, enum kind kind, const char *ns, const char *name)
{
    char text[600];
    struct entry *e = map_take(&a->map, key_of(text, kind, ns, name));
    if (e)
        entry_free(e);
}

enum answer answers_get(const struct answers *a, enum kind kind, const char *ns, const char *name, int64_t *at_ms)
{
    char text[600];
    const struct entry *e = a ? map_get(&a->map, key_of(text, kind, ns, name)) : NULL;
    if (at_ms)
        *at_ms = e ? e->at_ms : 0;
    return e ? e->answer : ANSWER_NONE;
}

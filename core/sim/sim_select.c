/* Label and field selectors, as the API server reads them. Refusals are in its words. */
#include "core/base/mem.h"
#include "core/sim/sim_internal.h"

#include <stdlib.h>

static void need_free(struct need *need)
{
    for (size_t i = 0; i < need->values.n; i++)
        free(need->values.v[i]);
    ptrs_free(&need->values);
    free(need->key);
    free(need);
}

static void needs_free(struct ptrs *needs)
{
    for (size_t i = 0; i < needs->n; i++)
        need_free(needs->v[i]);
    ptrs_free(needs);
}

void selector_free(struct selector *s)
{
    needs_free(&s->labels);
    needs_free(&s->fields);
}

static struct slice trim(struct slice s)
{
    while (s.n && (*s.p == ' ' || *s.p == '\t'))
        s.p++, s.n--;
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* Cuts the next part off *rest at a comma outside parentheses. */
static bool next_part(struct slice *rest, struct slice *part)
{
    size_t i = 0;
    int depth = 0;

    if (rest->n == 0)
        return false;
    for (; i < rest->n && (depth > 0 || rest->p[i] != ','); i++)
        depth += rest->p[i] == '(' ? 1 : rest->p[i] == ')' ? -1 : 0;
    *part = trim((struct slice){rest->p, i});
    i += i < rest->n;
    rest->p += i;
    rest->n -= i;
    return true;
}

static struct need *need_new(struct slice key, enum need_op op)
{
    struct need *need = NEW(struct need);

    need->key = slice_dup(trim(key));
    need->op = op;
    return need;
}

/* "key = value", "key == value", "key != value". NULL where there is no sign. */
static struct need *parse_equality(struct slice part)
{
    ptrdiff_t at = slice_find(part, SLICE("="));

    if (at < 0)
        return NULL;
    bool negated = at > 0 && part.p[at - 1] == '!';
    struct slice value = {part.p + at + 1, part.n - (size_t)at - 1};
    if (value.n && *value.p == '=')
        value.p++, value.n--;
    struct need *need = need_new((struct slice){part.p, (size_t)at - negated}, negated ? NEED_NOT_IN : NEED_IN);
    ptrs_add(&need->values, slice_dup(trim(value)));
    return need;
}

/* "key in (a, b)", "key notin (a)". NULL with err where it is something else. */
static struct need *parse_set(struct slice part, struct err *err)
{
    size_t key = 0;

    while (key < part.n && part.p[key] != ' ')
        key++;
    struct slice rest = trim((struct slice){part.p + key, part.n - key});
    bool negated = slice_starts(rest, SLICE("notin"));
    if (!negated && !slice_starts(rest, SLICE("in"))) {
        err_set(err, "unable to parse requirement: found '%.*s', expected: in, notin, =, ==, !=, gt, lt", (int)rest.n, rest.p);
        return NULL;
    }
    rest.p += negated ? 5 : 2;
    rest.n -= negated ? 5 : 2;
    rest = trim(rest);
    if (rest.n < 2 || *rest.p != '(' || rest.p[rest.n - 1] != ')') {
        err_set(err, "unable to parse requirement: found '%.*s' expected: '('", (int)rest.n, rest.p);
        return NULL;
    }
    struct need *need = need_new((struct slice){part.p, key}, negated ? NEED_NOT_IN : NEED_IN);
    struct slice values = {rest.p + 1, rest.n - 2}, value;
    while (next_part(&values, &value))
        ptrs_add(&need->values, slice_dup(value));
    return need;
}

static struct need *parse_label(struct slice part, struct err *err)
{
    struct need *need = slice_find(part, SLICE("(")) < 0 ? parse_equality(part) : NULL;

    if (need)
        return need;
    if (part.n && *part.p == '!')
        return need_new((struct slice){part.p + 1, part.n - 1}, NEED_ABSENT);
    if (slice_find(part, SLICE(" ")) < 0)
        return need_new(part, NEED_EXISTS);
    return parse_set(part, err);
}

static bool field_known(const struct resource *r, const char *key)
{
    static const struct {
        const char *plural, *key;
    } known[] = {
        {"events", "involvedObject.kind"}, {"events", "involvedObject.namespace"}, {"events", "involvedObject.name"},
        {"events", "involvedObject.uid"},
        {"events", "involvedObject.apiVersion"}, {"events", "involvedObject.resourceVersion"}, {"events", "involvedObject.fieldPath"},
        {"events", "reason"}, {"events", "reportingComponent"}, {"events", "source"}, {"events", "type"},
        {"pods", "spec.nodeName"}, {"pods", "spec.restartPolicy"}, {"pods", "spec.schedulerName"}, {"pods", "spec.serviceAccountName"},
        {"pods", "status.phase"}, {"pods", "status.podIP"}, {"nodes", "spec.unschedulable"}, {"namespaces", "status.phase"},
    };

    if (strcmp(key, "metadata.name") == 0 || (strcmp(key, "metadata.namespace") == 0 && r->namespaced))
        return true;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].plural, r->plural) == 0 && strcmp(known[i].key, key) == 0)
            return true;
    return false;
}

bool selector_parse(struct selector *s, const struct resource *r, const char *labels, const char *fields, struct err *err)
{
    struct slice rest = slice_of(labels), part;

    *s = (struct selector){0};
    while (next_part(&rest, &part)) {
        struct need *need = parse_label(part, err);
        if (!need)
            return false;
        ptrs_add(&s->labels, need);
    }
    rest = slice_of(fields);
    while (next_part(&rest, &part)) {
        struct need *need = parse_equality(part);
        if (!need)
            return err_set(err, "invalid selector: '%s'; can't understand '%.*s'", fields, (int)part.n, part.p);
        ptrs_add(&s->fields, need);
        if (!field_known(r, need->key))
            return err_set(err, "field label not supported: %s", need->key);
    }
    return true;
}

static bool need_met(const struct need *need, struct slice value, bool present)
{
    bool in = false;

    if (need->op == NEED_EXISTS || need->op == NEED_ABSENT)
        return present == (need->op == NEED_EXISTS);
    for (size_t i = 0; i < need->values.n && !in; i++)
        in = slice_is(value, need->values.v[i]);
    return need->op == NEED_IN ? present && in : !(present && in);
}

bool selector_match(const struct selector *s, const struct version *v)
{
    struct buf scratch = {0};
    bool met = true;
    json labels = s->labels.n ? json_path(v->text, "metadata.labels") : (json){0};

    for (size_t i = 0; i < s->labels.n && met; i++) {
        const struct need *need = s->labels.v[i];
        json value = json_get(labels, need->key);
        met = need_met(need, json_str(value, &scratch), value.n > 0);
    }
    for (size_t i = 0; i < s->fields.n && met; i++) {
        const struct need *need = s->fields.v[i];
        met = need_met(need, json_str(json_path(v->text, need->key), &scratch), true); /* an absent field is "" */
    }
    buf_free(&scratch);
    return met;
}

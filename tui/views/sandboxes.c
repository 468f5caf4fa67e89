/* Sandboxes: by their Ready condition, with what their claim's verdict or their pod says where they are not. */
#include "tui/views/list.h"

static bool suspended(const struct sandbox *s)
{
    return s->suspended_wanted || s->suspended.status == TRUTH_TRUE;
}

static const struct verdict *claim_verdict(const struct model *m, const struct object *o)
{
    return verdict_of(m, chain_claim(o));
}

static struct standing judge(const struct list *l, const struct model *m, const struct object *o)
{
    (void)l;
    const struct sandbox *s = AS(sandbox, o);
    const struct object *pod = chain_pod(o);
    if (o->deleting_ms)
        return (struct standing){ROW_DELETING, o->deleting_ms};
    if (s->ready.status == TRUTH_TRUE || suspended(s))
        return (struct standing){ROW_READY, s->ready.since_ms ? s->ready.since_ms : o->created_ms};
    int64_t since = s->ready.since_ms ? s->ready.since_ms : o->created_ms;
    const struct verdict *v = claim_verdict(m, o);
    if (v && v->state == CLAIM_STUCK)
        return (struct standing){ROW_STUCK, v->since_ms};
    if (pod && pod->present && pod_standing(AS(pod, pod), NULL).state == ROW_STUCK)
        return (struct standing){ROW_STUCK, since};
    return (struct standing){ROW_WAITING, since};
}

static void text_owner(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    const struct object *claim = chain_claim(o);
    if (claim)
        buf_add_text(out, claim->name);
    else if (strcmp(o->owner_kind, kind_info(KIND_POOL)->name) == 0)
        buf_printf(out, "pool %s", o->owner_name);
    else
        buf_add_text(out, o->owner_name);
}

static void text_image(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    buf_add_text(out, AS(sandbox, o)->image);
}

static void text_cause(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    const struct sandbox *s = AS(sandbox, o);
    enum row_state state = judge(l, m, o).state;
    if (suspended(s)) {
        buf_add_text(out, "suspended");
        return;
    }
    if (state == ROW_READY || state == ROW_DELETING)
        return;
    const struct verdict *v = claim_verdict(m, o);
    const struct object *pod = chain_pod(o);
    size_t before = out->n;
    if (v && (v->state == CLAIM_STUCK || v->state == CLAIM_WAITING))
        buf_add_text(out, v->brief);
    if (out->n == before && pod && pod->present)
        pod_standing(AS(pod, pod), out);
    if (out->n == before)
        text_condition(s->finished.status == TRUTH_TRUE ? &s->finished : &s->ready, out);
}

static const struct list_column columns[] = {
    {.narrow = 22, .wide = 36, .least = 14, .fit = FIT_MIDDLE, .text = text_name},
    {.narrow = 12, .wide = 20, .from = 60, .namespaced = true, .least = 8, .fit = FIT_MIDDLE, .text = text_ns},
    {.narrow = 18, .wide = 30, .from = 60, .least = 12, .fit = FIT_MIDDLE, .text = text_owner},
    {.narrow = 7, .wide = 7, .fit = FIT_RIGHT, .by_state = true, .text = text_time},
    {.narrow = 0, .wide = 24, .from = 110, .least = 8, .fit = FIT_MIDDLE, .text = text_node},
    {.narrow = 0, .wide = 40, .from = 150, .least = 16, .fit = FIT_MIDDLE, .text = text_image},
    {.fit = FIT_END, .text = text_cause},
    {.text = NULL},
};

static unsigned enter(struct list *l, const struct model *m, const struct object *o)
{
    (void)m;
    const struct object *pod = chain_pod(o);
    if (!pod || !pod->present)
        return list_say(l, "sandbox %s has no pod", o->name);
    return list_go(l, KIND_POD, o, pod);
}

static unsigned upward(struct list *l, const struct model *m, const struct object *o)
{
    (void)m;
    const struct object *claim = chain_claim(o), *pool = leads_to(o, KIND_POOL), *template = chain_template(o);
    if (claim && claim->present)
        return list_go(l, KIND_CLAIM, NULL, claim);
    if (pool && pool->present)
        return list_go(l, KIND_POOL, NULL, pool);
    if (template && template->present)
        return list_go(l, KIND_TEMPLATE, NULL, template);
    return list_say(l, "sandbox %s belongs to no claim, pool or template", o->name);
}

static const struct list_kind kind = {
    .kind = KIND_SANDBOX, .many = "sandboxes", .usage_of = KIND_NONE, .judge = judge, .columns = columns, .enter = enter, .upward = upward,
};

static struct view *create(void)
{
    return list_create(&sandboxes_view, &kind);
}

const struct view_ops sandboxes_view = LIST_VIEW("sandboxes", create);

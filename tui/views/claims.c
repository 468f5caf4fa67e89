/* Claims: the stuck first, the longest on top, each with its cause. */
#include "tui/views/list.h"

static struct standing judge(const struct list *l, const struct model *m, const struct object *o)
{
    (void)l;
    static const enum row_state states[CLAIM_STATES] = {
        [CLAIM_STUCK] = ROW_STUCK, [CLAIM_WAITING] = ROW_WAITING, [CLAIM_DELETING] = ROW_DELETING, [CLAIM_READY] = ROW_READY,
    };
    const struct verdict *v = verdict_of(m, o);
    if (!v)
        return (struct standing){ROW_WAITING, o->created_ms};
    return (struct standing){states[v->state], v->since_ms};
}

static void text_pool(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    const struct claim *claim = AS(claim, o);
    const struct object *pool = link_to(o, LINK_CLAIM_POOL);
    buf_add_text(out, pool && (pool->present || !*claim->template_name) ? pool->name : *claim->pool ? claim->pool : claim->template_name);
}

static void text_sandbox(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    const struct object *sandbox = chain_sandbox(o);
    if (sandbox)
        buf_add_text(out, sandbox->name);
}

static void text_cause(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    const struct verdict *v = verdict_of(m, o);
    if (v)
        buf_add_text(out, v->brief);
}

static const struct list_column columns[] = {
    {.narrow = 20, .wide = 36, .least = 14, .fit = FIT_MIDDLE, .text = text_name},
    {.narrow = 12, .wide = 20, .from = 60, .namespaced = true, .whole = true, .least = 8, .fit = FIT_MIDDLE, .text = text_ns},
    {.narrow = 12, .wide = 20, .from = 50, .whole = true, .least = 10, .fit = FIT_MIDDLE, .text = text_pool},
    {.narrow = 7, .wide = 7, .fit = FIT_RIGHT, .by_state = true, .text = text_time},
    {.narrow = 0, .wide = 32, .from = 120, .least = 12, .fit = FIT_MIDDLE, .text = text_sandbox},
    {.narrow = 0, .wide = 24, .from = 150, .least = 8, .fit = FIT_MIDDLE, .text = text_node},
    {.fit = FIT_END, .text = text_cause},
    {.text = NULL},
};

static unsigned enter(struct list *l, const struct model *m, const struct object *o)
{
    (void)m;
    const struct object *sandbox = chain_sandbox(o);
    if (!sandbox || !sandbox->present)
        return list_say(l, "claim %s has no sandbox yet", o->name);
    return list_go(l, KIND_SANDBOX, o, sandbox);
}

static unsigned upward(struct list *l, const struct model *m, const struct object *o)
{
    (void)m;
    const struct object *pool = link_to(o, LINK_CLAIM_POOL), *template = chain_template(o);
    if (pool && pool->present)
        return list_go(l, KIND_POOL, NULL, pool);
    if (template && template->present)
        return list_go(l, KIND_TEMPLATE, NULL, template);
    return list_say(l, pool ? "the pool %s is not there" : "the claim names no pool", pool ? pool->name : "");
}

static const struct list_kind kind = {
    .kind = KIND_CLAIM, .many = "claims", .usage_of = KIND_NONE, .judge = judge, .columns = columns, .enter = enter, .upward = upward,
};

static struct view *create(void)
{
    return list_create(&claims_view, &kind);
}

const struct view_ops claims_view = LIST_VIEW("claims", create);

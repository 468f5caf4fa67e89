/* Warm pools: how many of the members asked for are ready, and who uses them. */
#include "tui/views/list.h"

static bool template_missing(const struct model *m, const struct object *o)
{
    const struct object *template = link_to(o, LINK_POOL_TEMPLATE);
    return template && !template->present && m->info && m->info->first_list;
}

static struct standing judge(const struct list *l, const struct model *m, const struct object *o)
{
    (void)l;
    const struct pool *p = AS(pool, o);
    if (o->deleting_ms)
        return (struct standing){ROW_DELETING, o->deleting_ms};
    if (template_missing(m, o) || (p->ready <= 0 && p->desired > 0))
        return (struct standing){ROW_STUCK, o->created_ms};
    return (struct standing){p->ready < p->desired ? ROW_WAITING : ROW_READY, o->created_ms};
}

static void text_members(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    buf_printf(out, "%d/%d ready", AS(pool, o)->ready, AS(pool, o)->desired);
}

static void text_template(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    buf_add_text(out, AS(pool, o)->template_name);
}

static void text_claims(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)m;
    struct usage_count used = usage_of(&l->usage, o);
    buf_printf(out, used.claims == 1 ? "%u claim" : "%u claims", used.claims);
}

static void text_cause(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    const struct pool *p = AS(pool, o);
    struct usage_count used = usage_of(&l->usage, o);
    if (template_missing(m, o))
        buf_printf(out, "template %s is not there", p->template_name);
    else if (p->ready <= 0 && p->desired > 0)
        buf_add_text(out, "no member is ready");
    else if (p->ready < p->desired)
        buf_printf(out, "%d more to come", p->desired - p->ready);
    if (used.stuck) {
        buf_add_text(out, out->n ? "; " : "");
        buf_printf(out, used.stuck == 1 ? "%u claim stuck" : "%u claims stuck", used.stuck);
    }
}

static const struct list_column columns[] = {
    {.narrow = 20, .wide = 36, .least = 14, .fit = FIT_MIDDLE, .text = text_name},
    {.narrow = 12, .wide = 20, .from = 60, .namespaced = true, .least = 8, .fit = FIT_MIDDLE, .text = text_ns},
    {.narrow = 14, .wide = 16, .fit = FIT_RIGHT, .by_state = true, .text = text_members},
    {.narrow = 14, .wide = 30, .from = 60, .least = 10, .fit = FIT_MIDDLE, .text = text_template},
    {.narrow = 13, .wide = 13, .from = 50, .fit = FIT_RIGHT, .text = text_claims},
    {.narrow = 7, .wide = 7, .from = 100, .fit = FIT_RIGHT, .text = text_age},
    {.fit = FIT_END, .text = text_cause},
    {.text = NULL},
};

static unsigned enter(struct list *l, const struct model *m, const struct object *o)
{
    (void)m;
    return list_go(l, KIND_CLAIM, o, NULL);
}

static unsigned upward(struct list *l, const struct model *m, const struct object *o)
{
    (void)m;
    const struct object *template = link_to(o, LINK_POOL_TEMPLATE);
    if (!template || !template->present)
        return list_say(l, "the template %s is not there", template ? template->name : "of this pool");
    return list_go(l, KIND_TEMPLATE, NULL, template);
}

static const struct list_kind kind = {
    .kind = KIND_POOL, .many = "warm pools", .usage_of = KIND_POOL, .by_name = true,
    .judge = judge, .columns = columns, .enter = enter, .upward = upward,
};

static struct view *create(void)
{
    return list_create(&pools_view, &kind);
}

const struct view_ops pools_view = LIST_VIEW("pools", create);

/* Templates. They have no status of their own: what is shown is their images and who uses them; one that a stuck claim uses stands on top. */
#include "tui/views/list.h"

static struct standing judge(const struct list *l, const struct model *m, const struct object *o)
{
    (void)m;
    if (o->deleting_ms)
        return (struct standing){ROW_DELETING, o->deleting_ms};
    return (struct standing){usage_of(&l->usage, o).stuck ? ROW_STUCK : ROW_READY, o->created_ms};
}

static unsigned pools_of(const struct object *o)
{
    unsigned n = 0;
    for (const struct link *in = link_in(o, LINK_POOL_TEMPLATE, NULL); in; in = link_in(o, LINK_POOL_TEMPLATE, in))
        n++;
    return n;
}

static void text_pools(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    unsigned n = pools_of(o);
    buf_printf(out, n == 1 ? "%u pool" : "%u pools", n);
}

static void text_claims(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)m;
    struct usage_count used = usage_of(&l->usage, o);
    buf_printf(out, used.claims == 1 ? "%u claim" : "%u claims", used.claims);
}

static void text_stuck(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)m;
    struct usage_count used = usage_of(&l->usage, o);
    if (used.stuck)
        buf_printf(out, "%u stuck", used.stuck);
}

static void text_images(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    const struct sandbox_template *t = AS(sandbox_template, o);
    for (uint32_t i = 0; i < t->n_containers; i++) {
        if (i)
            buf_add_text(out, ", ");
        buf_add_text(out, t->containers[i].image);
    }
}

static const struct list_column columns[] = {
    {.narrow = 20, .wide = 36, .least = 14, .fit = FIT_MIDDLE, .text = text_name},
    {.narrow = 12, .wide = 20, .from = 60, .namespaced = true, .least = 8, .fit = FIT_MIDDLE, .text = text_ns},
    {.narrow = 9, .wide = 9, .from = 50, .fit = FIT_RIGHT, .text = text_pools},
    {.narrow = 13, .wide = 13, .fit = FIT_RIGHT, .text = text_claims},
    {.narrow = 11, .wide = 11, .fit = FIT_RIGHT, .by_state = true, .text = text_stuck},
    {.narrow = 7, .wide = 7, .from = 100, .fit = FIT_RIGHT, .text = text_age},
    {.fit = FIT_MIDDLE, .text = text_images},
    {.text = NULL},
};

static unsigned enter(struct list *l, const struct model *m, const struct object *o)
{
    (void)m;
    return list_go(l, pools_of(o) ? KIND_POOL : KIND_CLAIM, o, NULL);
}

static unsigned upward(struct list *l, const struct model *m, const struct object *o)
{
    (void)m;
    return list_say(l, "nothing stands above template %s", o->name);
}

static const struct list_kind kind = {
    .kind = KIND_TEMPLATE, .many = "templates", .usage_of = KIND_TEMPLATE, .by_name = true,
    .judge = judge, .columns = columns, .enter = enter, .upward = upward,
};

static struct view *create(void)
{
    return list_create(&templates_view, &kind);
}

const struct view_ops templates_view = LIST_VIEW("templates", create);

/* Words that several lists share. */
#include "tui/views/list.h"
#include "core/base/clock.h"

const struct verdict *verdict_of(const struct model *m, const struct object *claim)
{
    return m->diagnosis && claim && claim->present ? diagnosis_verdict(m->diagnosis, claim) : NULL;
}

void text_name(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    buf_add_text(out, o->name);
}

void text_ns(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    buf_add_text(out, o->ns);
}

static void duration(const struct model *m, int64_t since_ms, struct buf *out)
{
    char text[16];
    if (since_ms)
        buf_add_text(out, time_short(m->now_ms - since_ms, text));
}

void text_time(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    duration(m, l->kind->judge(l, m, o).since_ms, out);
}

void text_age(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    duration(m, o->created_ms, out);
}

void text_node(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    const struct object *node = leads_to(o, KIND_NODE);
    if (node)
        buf_add_text(out, node->name);
}

void text_condition(const struct condition *c, struct buf *out)
{
    buf_add_text(out, c->reason);
    if (*c->reason && *c->message)
        buf_add_text(out, ": ");
    buf_add_text(out, c->message);
}

/* Nodes: whether they can take pods, what they offer, and how many of ours they carry. */
#include "tui/views/list.h"

static struct standing judge(const struct list *l, const struct model *m, const struct object *o)
{
    (void)l;
    (void)m;
    const struct node *n = AS(node, o);
    int64_t since = n->ready.since_ms ? n->ready.since_ms : o->created_ms;
    if (o->deleting_ms)
        return (struct standing){ROW_DELETING, o->deleting_ms};
    if (n->ready.status != TRUTH_TRUE)
        return (struct standing){ROW_STUCK, since};
    return (struct standing){n->unschedulable || *n->pressure ? ROW_WAITING : ROW_READY, since};
}

static void text_pods(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    unsigned n = 0;
    for (const struct link *in = link_in(o, LINK_POD_NODE, NULL); in; in = link_in(o, LINK_POD_NODE, in))
        n++;
    buf_printf(out, n == 1 ? "%u pod" : "%u pods", n);
}

static void text_cpu(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    int64_t milli = AS(node, o)->cpu_milli;
    if (milli % 1000)
        buf_printf(out, "%lld.%lld CPU", (long long)(milli / 1000), (long long)(milli % 1000 / 100));
    else
        buf_printf(out, "%lld CPU", (long long)(milli / 1000));
}

static void text_memory(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    buf_printf(out, "%lld GiB", (long long)(AS(node, o)->memory_bytes >> 30));
}

static void text_version(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    buf_add_text(out, AS(node, o)->kubelet_version);
}

static void add_part(struct buf *out, size_t start, const char *text)
{
    if (!*text)
        return;
    if (out->n > start)
        buf_add_text(out, "; ");
    buf_add_text(out, text);
}

static void text_cause(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    const struct node *n = AS(node, o);
    size_t start = out->n;
    if (n->ready.status != TRUTH_TRUE)
        text_condition(&n->ready, out);
    if (n->ready.status != TRUTH_TRUE && out->n == start)
        buf_add_text(out, "not ready");
    add_part(out, start, n->unschedulable ? "cordoned" : "");
    add_part(out, start, n->pressure);
    add_part(out, start, n->taints);
}

static const struct list_column columns[] = {
    {.narrow = 24, .wide = 40, .least = 13, .fit = FIT_MIDDLE, .text = text_name},
    {.narrow = 10, .wide = 10, .fit = FIT_RIGHT, .text = text_pods},
    {.narrow = 9, .wide = 9, .from = 60, .fit = FIT_RIGHT, .text = text_cpu},
    {.narrow = 9, .wide = 9, .from = 60, .fit = FIT_RIGHT, .text = text_memory},
    {.narrow = 7, .wide = 7, .fit = FIT_RIGHT, .by_state = true, .text = text_time},
    {.narrow = 0, .wide = 20, .from = 100, .fit = FIT_END, .text = text_version},
    {.fit = FIT_END, .text = text_cause},
    {.text = NULL},
};

static unsigned enter(struct list *l, const struct model *m, const struct object *o)
{
    (void)m;
    return list_go(l, KIND_POD, o, NULL);
}

static const struct list_kind kind = {
    .kind = KIND_NODE, .many = "nodes", .usage_of = KIND_NONE, .judge = judge, .columns = columns, .enter = enter, .upward = NULL,
};

static struct view *create(void)
{
    return list_create(&nodes_view, &kind);
}

const struct view_ops nodes_view = LIST_VIEW("nodes", create);

/* Pods of sandboxes, of the controller and of the router: as their containers stand. */
#include "tui/views/list.h"

/* Reasons of a waiting container that pass by themselves. */
static bool passing(const char *reason)
{
    return !*reason || strcmp(reason, "ContainerCreating") == 0 || strcmp(reason, "PodInitializing") == 0;
}

static void say(struct buf *cause, const char *container, const char *reason)
{
    if (cause)
        buf_printf(cause, "%s: %s", container, reason);
}

static bool container_ails(const struct container *c, struct buf *cause)
{
    if (c->state == CONTAINER_WAITING && !passing(c->reason)) {
        say(cause, c->name, c->reason);
        return true;
    }
    if (c->state != CONTAINER_TERMINATED || c->exit_code == 0)
        return false;
    if (cause)
        buf_printf(cause, "%s: exit %d%s%s", c->name, c->exit_code, *c->reason ? ", " : "", c->reason);
    return true;
}

static const struct container *first_waiting(const struct pod *p)
{
    for (uint32_t i = 0; i < p->n_containers; i++) {
        if (p->containers[i].state == CONTAINER_WAITING)
            return &p->containers[i];
    }
    return NULL;
}

struct standing pod_standing(const struct pod *p, struct buf *cause)
{
    const struct object *o = &p->o;
    int64_t since = p->ready.since_ms ? p->ready.since_ms : o->created_ms;
    if (o->deleting_ms)
        return (struct standing){ROW_DELETING, o->deleting_ms};
    if (p->ready.status == TRUTH_TRUE || strcmp(p->phase, "Succeeded") == 0) {
        if (cause && p->ready.status != TRUTH_TRUE)
            buf_add_text(cause, "completed");
        return (struct standing){ROW_READY, since};
    }
    for (uint32_t i = 0; i < p->n_containers; i++) {
        if (container_ails(&p->containers[i], cause))
            return (struct standing){ROW_STUCK, since};
    }
    if (strcmp(p->phase, "Failed") == 0 || (p->scheduled.status == TRUTH_FALSE && !p->gated)) {
        bool failed = strcmp(p->phase, "Failed") == 0;
        if (cause && failed)
            buf_printf(cause, "%s%s%s", *p->reason ? p->reason : "failed", *p->message ? ": " : "", p->message);
        else if (cause)
            text_condition(&p->scheduled, cause);
        return (struct standing){ROW_STUCK, since};
    }
    const struct container *waiting = first_waiting(p);
    if (cause && p->gated)
        buf_add_text(cause, "a scheduling gate holds it");
    else if (cause && waiting)
        say(cause, waiting->name, *waiting->reason ? waiting->reason : "waiting");
    else if (cause)
        text_condition(&p->ready, cause);
    return (struct standing){ROW_WAITING, since};
}

static struct standing judge(const struct list *l, const struct model *m, const struct object *o)
{
    (void)l;
    (void)m;
    return pod_standing(AS(pod, o), NULL);
}

static void text_ready(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    const struct pod *p = AS(pod, o);
    unsigned ready = 0, all = 0;
    for (uint32_t i = 0; i < p->n_containers; i++) {
        all += !p->containers[i].init;
        ready += !p->containers[i].init && p->containers[i].ready;
    }
    buf_printf(out, "%u/%u", ready, all);
}

static void text_restarts(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    const struct pod *p = AS(pod, o);
    int64_t restarts = 0;
    for (uint32_t i = 0; i < p->n_containers; i++)
        restarts += p->containers[i].restarts;
    if (restarts)
        buf_printf(out, "×%lld", (long long)restarts);
}

static void text_owner(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    const struct object *claim = chain_claim(o), *sandbox = chain_sandbox(o);
    if (claim)
        buf_printf(out, "claim %s", claim->name);
    else if (sandbox)
        buf_printf(out, "sandbox %s", sandbox->name);
    else
        buf_add_text(out, AS(pod, o)->app);
}

static void text_ip(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    buf_add_text(out, AS(pod, o)->ip);
}

static void text_cause(const struct list *l, const struct model *m, const struct object *o, struct buf *out)
{
    (void)l;
    (void)m;
    pod_standing(AS(pod, o), out);
}

static const struct list_column columns[] = {
    {.narrow = 22, .wide = 36, .least = 14, .fit = FIT_MIDDLE, .text = text_name},
    {.narrow = 12, .wide = 20, .from = 60, .namespaced = true, .least = 8, .fit = FIT_MIDDLE, .text = text_ns},
    {.narrow = 5, .wide = 5, .fit = FIT_RIGHT, .by_state = true, .text = text_ready},
    {.narrow = 5, .wide = 5, .fit = FIT_RIGHT, .text = text_restarts},
    {.narrow = 7, .wide = 7, .fit = FIT_RIGHT, .by_state = true, .text = text_time},
    {.narrow = 16, .wide = 24, .from = 70, .least = 8, .fit = FIT_MIDDLE, .text = text_node},
    {.narrow = 0, .wide = 30, .from = 120, .least = 12, .fit = FIT_MIDDLE, .text = text_owner},
    {.narrow = 0, .wide = 15, .from = 150, .fit = FIT_END, .text = text_ip},
    {.fit = FIT_END, .text = text_cause},
    {.text = NULL},
};

static unsigned enter(struct list *l, const struct model *m, const struct object *o)
{
    (void)m;
    const struct object *node = leads_to(o, KIND_NODE);
    if (!node || !node->present)
        return list_say(l, node ? "node %s is not known" : "pod %s is on no node", node ? node->name : o->name);
    return list_go(l, KIND_NODE, o, node);
}

static unsigned upward(struct list *l, const struct model *m, const struct object *o)
{
    (void)m;
    const struct object *sandbox = chain_sandbox(o);
    if (!sandbox || !sandbox->present)
        return list_say(l, "pod %s belongs to no sandbox", o->name);
    return list_go(l, KIND_SANDBOX, NULL, sandbox);
}

static const struct list_kind kind = {
    .kind = KIND_POD, .many = "pods", .usage_of = KIND_NONE, .judge = judge, .columns = columns, .enter = enter, .upward = upward,
};

static struct view *create(void)
{
    return list_create(&pods_view, &kind);
}

const struct view_ops pods_view = LIST_VIEW("pods", create);

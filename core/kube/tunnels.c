/* All tunnels of a curl transport. Invariant: callbacks run in tunnels_step and tunnels_fail alone; one that closes a tunnel marks it dead,
 * and it is freed when the step is over. */
#include "core/kube/tunnel_inside.h"

static int64_t now_ms(const struct tunnels *all)
{
    return all->clock->mono(all->clock);
}

static void sweep(struct tunnels *all)
{
    for (struct tunnel *t = all->first, *next; t; t = next) {
        next = t->next;
        if (t->stage == STAGE_DEAD)
            tunnel_curl_free(t);
    }
}

void tunnels_step(struct tunnels *all)
{
    struct tunnel **end = all->end;  /* what callbacks add waits for the next step */

    all->stepping = true;
    for (struct tunnel *t = all->first; t; t = &t->next == end ? NULL : t->next)
        tunnel_curl_step(t, now_ms(all));
    all->stepping = false;
    sweep(all);
}

void tunnels_fds(const struct tunnels *all, struct pollfd **fds, unsigned *n)
{
    for (const struct tunnel *t = all->first; t; t = t->next)
        tunnel_curl_fds(t, fds, n);
}

int64_t tunnels_due(const struct tunnels *all)
{
    int64_t due = -1, now = now_ms(all);

    for (const struct tunnel *t = all->first; t; t = t->next) {
        int64_t own = tunnel_curl_due(t, now);
        if (own >= 0 && (due < 0 || own < due))
            due = own;
    }
    return due;
}

void tunnels_start(struct tunnels *all)
{
    for (struct tunnel *t = all->first; t && all->n_waiting; t = t->next)
        if (t->stage == STAGE_WAITING)
            tunnel_curl_stage(t, STAGE_READY);
}

void tunnels_fail(struct tunnels *all, const char *text)
{
    struct tunnel **end = all->end;

    all->stepping = true;
    for (struct tunnel *t = all->first; t; t = &t->next == end ? NULL : t->next)
        if (t->stage == STAGE_WAITING)
            tunnel_curl_finish(t, END_CREDENTIAL, 0, text);
    all->stepping = false;
    sweep(all);
}

struct tunnel *tunnels_add(struct tunnels *all, const struct upgrade *upgrade, const struct tunnel_ops *ops, void *ctx)
{
    struct tunnel *t = tunnel_curl_new(all, upgrade, ops, ctx);

    t->link = all->end;
    *all->end = t;
    all->end = &t->next;
    return t;
}

void tunnels_init(struct tunnels *all, const struct curl_site *site, const struct clock *clock)
{
    *all = (struct tunnels){.site = site, .clock = clock};
    all->end = &all->first;
}

void tunnels_free(struct tunnels *all)
{
    while (all->first)
        tunnel_curl_free(all->first);
}

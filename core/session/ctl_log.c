/* What only the controller's log tells: pools whose members are replaced again and again (a member that is not ready after five minutes is
 * deleted,
 * without an event or a condition; seen on v0.5.6), and rights that it lacks. Invariant: one entry a pool, of the last half hour. */
#include "core/base/mem.h"
#include "core/session/session_internal.h"
#include "core/session/session_logs.h"

#include <stdio.h>
#include <stdlib.h>

enum { POOLS_MOST = 32, WINDOW_MS = 1800000, TIMES_MOST = 32, LINES_A_TURN = 4000 };

struct ctl_log {
    struct session *session;
    uint64_t next;
    struct pool_churn churn[POOLS_MOST];
    int64_t times[POOLS_MOST][TIMES_MOST]; /* rings of when a member was deleted */
    size_t seen[POOLS_MOST];
    size_t n;
    struct controller_denial denial;
};

static void churn_clear(struct pool_churn *c)
{
    free(c->ns);
    free(c->pool);
    free(c->text);
    *c = (struct pool_churn){0};
}

/* The pool's entry; the one that is silent longest makes room. */
static size_t entry_of(struct ctl_log *p, const char *ns, const char *pool)
{
    size_t oldest = 0;

    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->churn[i].pool, pool) == 0 && strcmp(p->churn[i].ns, ns) == 0)
            return i;
        if (p->churn[i].last_ms < p->churn[oldest].last_ms)
            oldest = i;
    }
    size_t i = p->n < POOLS_MOST ? p->n++ : oldest;
    churn_clear(&p->churn[i]);
    p->seen[i] = 0;
    p->churn[i] = (struct pool_churn){.ns = mem_text(ns), .pool = mem_text(pool), .text = mem_text("")};
    return i;
}

/* `leases.coordination.k8s.io "x" is forbidden: User "system:serviceaccount:ns:name" cannot update resource "leases" …`, in JSON or in
 * klog's
 * text. What is forbidden to a pod (a quota) has no user. */
static void note_denial(struct ctl_log *p, const struct log_entry *line)
{
    struct slice text = line->text;
    ptrdiff_t stack = slice_find(text, SLICE(",\"stacktrace\":"));

    if (slice_find(text, SLICE(" cannot ")) < 0 || slice_find(text, SLICE("system:serviceaccount:")) < 0 ||
        line->time_ms < p->denial.time_ms)
        return;
    text.n = stack > 0 ? (size_t)stack : text.n;
    p->denial.time_ms = line->time_ms;
    snprintf(p->denial.text, sizeof p->denial.text, "%.*s", (int)(text.n < sizeof p->denial.text - 1 ? text.n : sizeof p->denial.text - 1),
             text.p);
}

void ctl_log_take(struct ctl_log *p, const struct log_entry *line)
{
    enum { TEXT_MOST = 1024, NAME_MOST = 253 };

    if (slice_find(line->text, SLICE("is forbidden: User \\\"")) >= 0 || slice_find(line->text, SLICE("is forbidden: User \"")) >= 0)
        note_denial(p, line);
    if (slice_find(line->text, SLICE("Deleting stuck warm pool sandbox")) < 0)
        return;
    json whole = json_whole(line->text), who = json_get(whole, "SandboxWarmPool");
    char *pool = json_dup(json_get(who, "name")), *ns = json_dup(json_get(who, "namespace"));
    if (pool && ns && *pool && strlen(pool) <= NAME_MOST && strlen(ns) <= NAME_MOST) {
        size_t i = entry_of(p, ns, pool);
        struct pool_churn *c = &p->churn[i];
        p->times[i][p->seen[i]++ % TIMES_MOST] = line->time_ms;
        if (line->time_ms >= c->last_ms) {
            c->last_ms = line->time_ms;
            free(c->text);
            c->text = slice_dup((struct slice){line->text.p, line->text.n < TEXT_MOST ? line->text.n : TEXT_MOST});
        }
    }
    free(pool);
    free(ns);
}

const struct pool_churn *ctl_log_churn(struct ctl_log *p, size_t *n)
{
    int64_t from = session_now(p->session) - WINDOW_MS;

    for (size_t i = 0; i < p->n; i++) {
        size_t kept = p->seen[i] < TIMES_MOST ? p->seen[i] : TIMES_MOST;
        p->churn[i].count = 0;
        for (size_t k = 0; k < kept; k++)
            p->churn[i].count += p->times[i][k] >= from;
    }
    *n = p->n;
    return p->churn;
}

void ctl_log_step(struct ctl_log *p)
{
    const struct log_buffer *buffer = session_log_buffer(p->session, LOGS_SYSTEM);
    uint64_t end = log_buffer_end(buffer), first = log_buffer_first(buffer);
    struct cluster_facts *facts = &p->session->facts;

    p->next = p->next < first ? first : p->next;
    for (unsigned looked = 0; p->next < end && looked < LINES_A_TURN; p->next++, looked++) {
        struct log_entry line;
        if (log_buffer_get(buffer, p->next, &line) && line.type == LOG_LINE_TEXT &&
            strncmp(log_buffer_label(buffer, line.stream), "ctl", 3) == 0)
            ctl_log_take(p, &line);
    }
    facts->denial = &p->denial;
    facts->pool_churn = ctl_log_churn(p, &facts->n_pool_churn);
}

struct ctl_log *ctl_log_new(struct session *s)
{
    struct ctl_log *p = NEW(struct ctl_log);

    p->session = s;
    return p;
}

void ctl_log_free(struct ctl_log *p)
{
    for (size_t i = 0; i < p->n; i++)
        churn_clear(&p->churn[i]);
    free(p);
}

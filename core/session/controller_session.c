/* The controller's debug flags in the session's hands: which Deployment is the controller, and what the pods tell of its roll-out. */
#include "core/base/mem.h"
#include "core/session/controller_memory.h"
#include "core/session/session_internal.h"

#include <stdlib.h>

struct controller_debug *session_debug_new(const struct session *s)
{
    char *dir = s->config.state_dir ? mem_text(*s->config.state_dir ? s->config.state_dir : NULL) : s->config.simulated ? NULL : memory_dir();
    struct controller_debug_config config = {
        .transport = s->transport, .clock = s->clock, .server = s->server, .state_dir = dir, .read_only = s->config.read_only,
    };
    struct controller_debug *debug = controller_debug_new(&config);
    free(dir);
    return debug;
}

/* Where several bear the name, the one that is ready, as the rules choose it. */
static const struct deployment *controller_of_store(const struct store *store)
{
    const struct ptrs *all = store_all(store, KIND_DEPLOYMENT);
    const struct deployment *best = NULL;
    for (size_t i = 0; i < all->n; i++) {
        const struct deployment *d = all->v[i];
        if (d->component == COMPONENT_CONTROLLER && (!best || d->ready > best->ready || (d->ready == best->ready && strcmp(d->o.ns, best->o.ns) < 0)))
            best = d;
    }
    return best;
}

/* Why a pod that came with the last change does not come up; NULL if it does. The caller frees it. */
static char *trouble_of(const struct pod *pod)
{
    for (uint32_t i = 0; i < pod->n_containers; i++) {
        const struct container *c = &pod->containers[i];
        if (c->state == CONTAINER_TERMINATED && c->exit_code != 0)
            return mem_printf("container %s ended with exit %d%s%s", c->name, (int)c->exit_code, *c->message ? ": " : "", c->message);
        if (c->has_last && c->last_exit_code != 0 && !c->ready)
            return mem_printf("container %s ended with exit %d%s%s", c->name, (int)c->last_exit_code, *c->last_message ? ": " : "", c->last_message);
        if (c->state == CONTAINER_WAITING && *c->message)
            return mem_printf("%s: %s", c->reason, c->message);
    }
    return pod->scheduled.status == TRUTH_FALSE ? mem_printf("%s: %s", pod->scheduled.reason, pod->scheduled.message) : NULL;
}

static char *rollout_trouble(const struct session *s, const struct deployment *d)
{
    const struct ptrs *pods = store_all(s->store, KIND_POD);
    int64_t since = controller_debug_changed_ms(s->debug) - 2000; /* stamps are cut to the second */
    char *trouble = NULL;
    for (size_t i = 0; i < pods->n && !trouble; i++) {
        const struct pod *pod = pods->v[i];
        if (pod->o.created_ms >= since && !pod->o.deleting_ms && strcmp(pod->o.ns, d->o.ns) == 0 && strncmp(pod->o.name, d->o.name, strlen(d->o.name)) == 0)
            trouble = trouble_of(pod);
    }
    return trouble;
}

bool session_debug_step(struct session *s)
{
    const struct deployment *d = controller_of_store(s->store);
    bool rolling = controller_debug_status(s->debug)->state == DEBUG_ROLLING;
    unsigned revision = controller_debug_status(s->debug)->revision;
    if (rolling || (d ? d->o.generation : 0) != s->debug_generation) {
        char *trouble = d && rolling ? rollout_trouble(s, d) : NULL;
        controller_debug_seen(s->debug, d ? d->args : NULL, trouble);
        s->debug_generation = d ? d->o.generation : 0;
        free(trouble);
    }
    controller_debug_step(s->debug);
    return controller_debug_status(s->debug)->revision != revision;
}

void session_controller_debug_plan(struct session *s, const struct debug_wish *wish)
{
    const struct deployment *d = controller_of_store(s->store);
    controller_debug_plan(s->debug, d ? d->o.ns : "agent-sandbox-system", d ? d->o.name : "agent-sandbox-controller", d ? d->container : "", wish);
}

void session_controller_debug_restore(struct session *s)
{
    controller_debug_restore(s->debug);
}

bool session_controller_debug_apply(struct session *s)
{
    return controller_debug_apply(s->debug);
}

void session_controller_debug_cancel(struct session *s)
{
    controller_debug_cancel(s->debug);
}

const struct controller_debug_status *session_controller_debug(const struct session *s)
{
    return controller_debug_status(s->debug);
}

/* A Sandbox and its Pod, from its first step to its end: the Sandbox controller, the scheduler and the kubelet in one.
 * Invariant: what the API shows of a box is written anew with each change of its state, Pod first, then Sandbox, then claim and pool. */
#include "core/base/mem.h"
#include "core/sim/sim_story.h"

#include <stdio.h>
#include <stdlib.h>

static const struct template_row *cast_template(const struct story *s, const char *ns, const char *name)
{
    for (const struct template_row *row = s->cast->templates; row->ns; row++)
        if (strcmp(row->ns, ns) == 0 && strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

/* A template that someone made, or changed: its pods fare well. */
static void make_row(struct story *s, struct box *b)
{
    const struct version *v = world_get(s->sim, story_kind("sandboxtemplates"), b->ns, b->template_name);
    struct json_walk w = json_items(v ? json_path(v->text, "spec.podTemplate.spec.containers") : (json){0});
    json first = json_next(&w) ? w.value : (json){0};

    b->own_image = json_dup(json_get(first, "image"));
    b->own_container = json_dup(json_get(first, "name"));
    if (!b->own_image)
        b->own_image = mem_text("registry.example/unknown:1");
    if (!b->own_container)
        b->own_container = mem_text("main");
    b->row = cast_template(s, b->ns, b->template_name);
    if (b->row && strcmp(b->row->image, b->own_image) == 0)
        return;
    b->own = (struct template_row){.image = b->own_image, .container = b->own_container, .steps = fine_steps, .pull_ms = 1800};
    b->row = &b->own;
}

/* When the step that is next happens. AGAIN waits longer each round, as the kubelet and the controllers do. */
static void wait_for_step(struct story *s, struct box *b, int extra_ms)
{
    int64_t ms = b->step->after_ms;

    if (b->step->act == ACT_REST) {
        b->due = INT64_MAX;
        return;
    }
    if (b->step->act == ACT_AGAIN) {
        ms <<= b->rounds < 20 ? b->rounds : 20;
        ms = ms < b->step->most_ms ? ms : b->step->most_ms;
    } else {
        ms = story_between(s, (int)ms * 3 / 4, (int)ms * 5 / 4 + 1);
    }
    b->due = story_now(s) + ms + extra_ms;
}

struct box *box_new(struct story *s, const char *ns, const char *name, const char *pool, const char *template_name, struct life *claim)
{
    struct box *b = NEW(struct box);

    *b = (struct box){
        .ns = mem_text(ns), .name = mem_text(name), .pool = mem_text(pool), .template_name = mem_text(template_name), .claim = claim,
        .warm = pool != NULL,
        .born_ms = story_now(s), .ready_since_ms = story_now(s), .scheduled_ms = story_now(s),
    };
    make_row(s, b);
    shape_sandbox(s, b);
    shape_sandbox_status(s, b);
    b->step = b->row->steps;
    wait_for_step(s, b, 0);
    ptrs_add(&s->boxes, b);
    return b;
}

void box_free(struct box *b)
{
    free(b->ns);
    free(b->name);
    free(b->pool);
    free(b->template_name);
    free(b->own_image);
    free(b->own_container);
    free(b);
}

/* ---- steps */

static void enter(struct story *s, struct box *b, enum pod_state state)
{
    bool ready = state == POD_READY;

    b->state = state;
    if (ready != b->ready)
        b->ready_since_ms = story_now(s);
    b->ready = ready;
    if (state >= POD_NEW)
        shape_pod_status(s, b);
    shape_sandbox_status(s, b);
    if (b->claim)
        life_status(s, b->claim);
    if (b->pool)
        pool_status(s, b->ns, b->pool);
}

static struct about about_pod(const struct box *b, const char *field)
{
    return (struct about){.kind = "Pod", .api = "v1", .ns = b->ns, .name = b->name, .uid = b->pod_uid, .field = field};
}

/* An Event of the container, by the kubelet; message is freed. */
static void kubelet_says(struct story *s, const struct box *b, const char *type, const char *reason, char *message)
{
    char *field = mem_printf("spec.containers{%s}", b->row->container);
    struct about about = about_pod(b, field);

    event_kubelet(s, &about, b, type, reason, message);
    free(field);
    free(message);
}

static void container_line(struct story *s, const struct box *b, const char *line)
{
    log_file_line(s->sim, log_file_get(s->sim, b->ns, b->name, b->row->container, true), line);
}

static void act_pod(struct story *s, struct box *b)
{
    char *more = mem_printf(",\"Pod.Namespace\":\"%s\",\"Pod.Name\":\"%s\"", b->ns, b->name);

    controller_line(s, "info", "Sandbox", b->ns, b->name, "Creating a new Pod", more);
    shape_pod(s, b);
    enter(s, b, POD_NEW);
    free(more);
}

static void act_schedule(struct story *s, struct box *b)
{
    struct about about = about_pod(b, NULL);
    int free_nodes = 0;

    while (s->cast->nodes[free_nodes].name && !s->cast->nodes[free_nodes].taint)
        free_nodes++;
    b->node = free_nodes ? story_between(s, 0, free_nodes) : 0;
    b->ip = 4 + s->ips++ % 250;
    b->scheduled_ms = story_now(s);
    char *message = mem_printf("Successfully assigned %s/%s to %s", b->ns, b->name, s->cast->nodes[b->node].name);
    event_new(s, &about, "Normal", "Scheduled", "Binding", "default-scheduler", message);
    enter(s, b, POD_CREATING);
    free(message);
}

static void act_no_node(struct story *s, struct box *b)
{
    struct about about = about_pod(b, NULL);

    if (b->rounds == 0)              /* the second object is the one that becomes a series, as observed */
        event_new(s, &about, "Warning", "FailedScheduling", "Scheduling", "default-scheduler", b->row->text);
    else
        event_series(s, &about, "FailedScheduling", "Scheduling", "default-scheduler", b->row->text);
    if (b->state != POD_NO_NODE)
        enter(s, b, POD_NO_NODE);
    if (b->pool)
        pool_stuck(s, b->ns, b->pool);
}

static void act_pull(struct story *s, struct box *b)
{
    if (b->row->pull_ms)
        kubelet_says(s, b, "Normal", "Pulling", mem_printf("Pulling image \"%s\"", b->row->image));
}

static void act_pull_failed(struct story *s, struct box *b)
{
    kubelet_says(s, b, "Warning", "Failed", mem_printf("Failed to pull image \"%s\": %s", b->row->image, b->row->text));
    kubelet_says(s, b, "Warning", "Failed", mem_text("Error: ErrImagePull"));
    enter(s, b, POD_NO_IMAGE);
}

static void act_pull_later(struct story *s, struct box *b)
{
    kubelet_says(s, b, "Normal", "BackOff", mem_printf("Back-off pulling image \"%s\"", b->row->image));
    kubelet_says(s, b, "Warning", "Failed", mem_text("Error: ImagePullBackOff"));
    enter(s, b, POD_IMAGE_LATER);
}

static void act_start(struct story *s, struct box *b)
{
    if (b->state == POD_CRASHED) {
        b->restarts++;
        b->last_started_ms = b->started_ms;
        b->last_finished_ms = b->finished_ms;
        memcpy(b->last_container_id, b->container_id, sizeof b->last_container_id);
        log_file_restart(s->sim, b->ns, b->name, b->row->container);
    }
    for (int i = 0; i < 4; i++)
        sprintf(b->container_id + 16 * i, "%016llx", (unsigned long long)sim_random(&s->random));
    b->started_ms = story_now(s);
    kubelet_says(s, b, "Normal", "Pulled",
                 b->row->pull_ms && !b->restarts
                     ? mem_printf("Successfully pulled image \"%s\" in %d.%03ds (%d.%03ds including waiting)", b->row->image,
                                  b->row->pull_ms / 1000,
                                  b->row->pull_ms % 1000, b->row->pull_ms / 1000, b->row->pull_ms % 1000)
                     : mem_printf("Container image \"%s\" already present on machine and can be accessed by the pod", b->row->image));
    kubelet_says(s, b, "Normal", "Created", mem_text("Container created"));
    kubelet_says(s, b, "Normal", "Started", mem_text("Container started"));
    container_line(s, b, "INFO:     Started server process [1]");
    container_line(s, b, "INFO:     Waiting for application startup.");
    enter(s, b, POD_RUNNING);
}

static void act_ready(struct story *s, struct box *b)
{
    container_line(s, b, "INFO:     Application startup complete.");
    container_line(s, b, "INFO:     Uvicorn running on http://0.0.0.0:8888 (Press CTRL+C to quit)");
    enter(s, b, POD_READY);
}

static void act_crash(struct story *s, struct box *b)
{
    container_line(s, b, "Traceback (most recent call last):");
    container_line(s, b, "  File \"<frozen runpy>\", line 198, in _run_module_as_main");
    container_line(s, b, "  File \"<frozen runpy>\", line 88, in _run_code");
    container_line(s, b, b->row->text);
    log_file_end(s->sim, b->ns, b->name, b->row->container);
    b->finished_ms = story_now(s);
    kubelet_says(s, b, "Warning", "BackOff",
                 mem_printf("Back-off restarting failed container %s in pod %s_%s(%s)", b->row->container, b->name, b->ns, b->pod_uid));
    enter(s, b, POD_CRASHED);
}

static void act_denied(struct story *s, struct box *b)
{
    struct buf text = {0}, more = {0};

    buf_printf(&text, "pods \"%s\" is forbidden: %s", b->name, b->row->text);
    buf_add_text(&more, ",\"error\":");
    json_quote(&more, buf_slice(&text));
    controller_line(s, "error", "Sandbox", b->ns, b->name, "Failed to create", more.p);
    controller_line(s, "error", "Sandbox", b->ns, b->name, "Reconciler error", more.p);
    if (b->state != POD_DENIED)
        enter(s, b, POD_DENIED);
    buf_free(&text);
    buf_free(&more);
}

void box_act(struct story *s, struct box *b)
{
    static void (*const acts[])(struct story *, struct box *) = {
        [ACT_POD] = act_pod, [ACT_SCHEDULE] = act_schedule, [ACT_NO_NODE] = act_no_node, [ACT_PULL] = act_pull,
        [ACT_PULL_FAILED] = act_pull_failed, [ACT_PULL_LATER] = act_pull_later, [ACT_START] = act_start, [ACT_READY] = act_ready,
        [ACT_CRASH] = act_crash, [ACT_DENIED] = act_denied,
    };
    const struct step *step = b->step;

    if (!s->controller_pod && (step->act == ACT_POD || step->act == ACT_DENIED)) {
        b->due = story_now(s) + 1000;
        return;
    }
    if (step->act == ACT_AGAIN) {
        b->rounds++;
        b->step = b->row->steps + step->to;
        b->due = story_now(s);
        return;
    }
    acts[step->act](s, b);
    b->step++;
    wait_for_step(s, b, step->act == ACT_PULL ? b->row->pull_ms : 0);
}

/* ---- changes of hand, and the end */

void box_adopt(struct story *s, struct box *b, struct life *claim)
{
    struct buf patch = {0};

    free(b->pool);
    b->pool = NULL;
    b->claim = claim;
    shape_sandbox_adopted(s, b);
    if (b->state >= POD_NEW) {
        buf_add_text(&patch, "{\"metadata\":{\"labels\":{\"agents.x-k8s.io/warm-pool-sandbox\":null}}}");
        story_patch(s, "pods", b->ns, b->name, &patch);
    }
}

void box_end(struct story *s, struct box *b)
{
    if (b->dead)
        return;
    b->dead = true;
    b->due = INT64_MAX;
    if (b->claim)
        b->claim->box = NULL;
    world_delete(s->sim, story_kind("sandboxes"), b->ns, b->name);
    world_delete(s->sim, story_kind("pods"), b->ns, b->name);
    if (b->pool) {
        pool_fill(s, b->ns, b->pool);
        pool_status(s, b->ns, b->pool);
    }
}

void box_pod_gone(struct story *s, struct box *b)
{
    b->restarts = 0;
    b->rounds = 0;
    b->last_finished_ms = 0;
    b->container_id[0] = 0;
    enter(s, b, POD_NONE);
    b->step = b->row->steps;
    wait_for_step(s, b, 0);
}

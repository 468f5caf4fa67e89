/* Invariant: what is read is complete or refused: a patch is never made from half an object. */
#include "core/session/controller_object.h"

#include "core/base/err.h"
#include "core/base/mem.h"

#include <stdlib.h>

enum { CONTAINERS_MOST = 64 };
static const char usual_name[] = "agent-sandbox-controller";

void controller_object_clear(struct controller_object *o)
{
    free(o->uid);
    free(o->version);
    free(o->container);
    free(o->progress_reason);
    free(o->progress_message);
    args_free(&o->command);
    args_free(&o->args);
    *o = (struct controller_object){0};
}

/* The container of that name and its index; empty where there is none. */
static json container_named(json containers, const char *name, size_t *index)
{
    struct json_walk w = json_items(containers);
    for (size_t i = 0; i < CONTAINERS_MOST && json_next(&w); i++)
        if (json_is(json_get(w.value, "name"), name)) {
            *index = i;
            return w.value;
        }
    return (json){"", 0};
}

static json find_container(json containers, const char *name, size_t *index)
{
    json found = name && *name ? container_named(containers, name, index) : (json){"", 0};
    if (!found.n)
        found = container_named(containers, usual_name, index);
    if (!found.n && json_count(containers) == 1) {
        struct json_walk w = json_items(containers);
        *index = 0;
        found = json_next(&w) ? w.value : found;
    }
    return found;
}

static int64_t number(json object, const char *path)
{
    int64_t n = 0;
    return json_int(json_path(object, path), &n) ? n : 0;
}

static void read_progress(struct controller_object *o, json conditions)
{
    struct json_walk w = json_items(conditions);
    while (!o->progress_reason && json_next(&w))
        if (json_is(json_get(w.value, "type"), "Progressing")) {
            o->progress_reason = json_dup(json_get(w.value, "reason"));
            o->progress_message = json_dup(json_get(w.value, "message"));
        }
}

bool controller_object_read(struct controller_object *o, json deployment, const char *container, struct err *err)
{
    json containers = json_path(deployment, "spec.template.spec.containers"), found;
    *o = (struct controller_object){.uid = json_dup(json_path(deployment, "metadata.uid")), .version = json_dup(json_path(deployment, "metadata.resourceVersion"))};
    found = find_container(containers, container, &o->index);
    o->container = json_dup(json_get(found, "name"));
    if (!o->uid || !o->version || !o->container) {
        controller_object_clear(o);
        return err_set(err, "the Deployment has no container %s", container && *container ? container : usual_name);
    }
    o->has_args = json_type(json_get(found, "args")) == JSON_ARRAY;
    if (!args_read(&o->command, json_get(found, "command")) || !args_read(&o->args, json_get(found, "args"))) {
        controller_object_clear(o);
        return err_set(err, "the controller's command line cannot be read: it is no list of at most 256 texts");
    }
    o->generation = number(deployment, "metadata.generation");
    o->observed = number(deployment, "status.observedGeneration");
    o->desired = json_path(deployment, "spec.replicas").n ? number(deployment, "spec.replicas") : 1;
    o->replicas = number(deployment, "status.replicas");
    o->updated = number(deployment, "status.updatedReplicas");
    o->available = number(deployment, "status.availableReplicas");
    read_progress(o, json_path(deployment, "status.conditions"));
    return true;
}

static void add_op(struct buf *out, const char *op, const char *path, struct slice value)
{
    buf_printf(out, "%s{\"op\":\"%s\",\"path\":\"%s\"", out->n > 1 ? "," : "", op, path);
    if (value.n) {
        buf_add_text(out, ",\"value\":");
        buf_add_slice(out, value);
    }
    buf_add_byte(out, '}');
}

static void add_test(struct buf *out, const char *path, const char *text)
{
    struct buf value = {0};
    json_quote(&value, slice_of(text));
    add_op(out, "test", path, buf_slice(&value));
    buf_free(&value);
}

void controller_object_patch(struct buf *out, const struct controller_object *o, const struct ptrs *args)
{
    struct buf before = {0}, after = {0};
    char *name = mem_printf("/spec/template/spec/containers/%zu/name", o->index), *path = mem_printf("/spec/template/spec/containers/%zu/args", o->index);
    args_json(&before, &o->args);
    if (args)
        args_json(&after, args);
    buf_add_byte(out, '[');
    add_test(out, "/metadata/uid", o->uid);
    add_test(out, "/metadata/resourceVersion", o->version);
    add_test(out, name, o->container);
    if (o->has_args)
        add_op(out, "test", path, buf_slice(&before));
    add_op(out, !args ? "remove" : o->has_args ? "replace" : "add", path, buf_slice(&after));
    buf_add_byte(out, ']');
    buf_free(&before);
    buf_free(&after);
    free(name);
    free(path);
}

/* The order of kubectl's own questions: k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go */
enum rollout controller_object_rollout(const struct controller_object *o, int64_t generation, char **progress)
{
    *progress = NULL;
    if (o->observed < generation) {
        *progress = mem_text("changed; the Deployment controller has not noticed yet");
        return ROLLOUT_RUNNING;
    }
    if (o->progress_reason && strcmp(o->progress_reason, "ProgressDeadlineExceeded") == 0)
        return ROLLOUT_STUCK;
    if (o->updated < o->desired)
        *progress = mem_printf("roll-out: %lld of %lld new controllers made", (long long)o->updated, (long long)o->desired);
    else if (o->available < o->updated)
        *progress = mem_printf("roll-out: %lld of %lld new controllers available", (long long)o->available, (long long)o->updated);
    else if (o->replicas > o->updated)
        *progress = mem_printf("roll-out: %lld old controller%s still ending", (long long)(o->replicas - o->updated), o->replicas - o->updated == 1 ? "" : "s");
    else
        return ROLLOUT_DONE;
    return ROLLOUT_RUNNING;
}

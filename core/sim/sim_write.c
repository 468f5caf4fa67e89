/* Creates, deletes and merge patches. What the API changes, the story's controllers are told of. */
#include "core/base/mem.h"
#include "core/sim/sim_internal.h"

#include <stdio.h>
#include <stdlib.h>

static void answer_object(struct exchange *x, const struct route *route, const struct version *v, int status)
{
    x->status = status;
    world_render(x->sim, v, slice_of(route->version), false, &x->out);
    buf_add_text(&x->out, "\n");
    exchange_finish(x, END_DONE, "");
}

static void story_told(struct sim *sim, enum change_type type, struct version *v)
{
    if (sim->story)
        story_changed(sim->story, type, v);
}

/* A DNS subdomain (RFC 1123), as the names of all these kinds must be. */
static bool name_good(const char *name)
{
    size_t n = strlen(name);

    if (n == 0 || n > 253 || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != n)
        return false;
    return name[0] != '-' && name[0] != '.' && name[n - 1] != '-' && name[n - 1] != '.';
}

static void invalid(struct exchange *x, const struct resource *r, const char *name, const char *field, const char *reason, const char *why)
{
    char *message = mem_printf("%s%s%s \"%s\" is invalid: %s: %s", r->kind, *r->group ? "." : "", r->group, name, field, why);
    struct buf details = {0};

    buf_add_text(&details, "{\"name\":");
    json_quote(&details, slice_of(name));
    buf_printf(&details, ",\"group\":\"%s\",\"kind\":\"%s\",\"causes\":[{\"reason\":\"%s\",\"message\":", r->group, r->kind, reason);
    json_quote(&details, slice_of(why));
    buf_printf(&details, ",\"field\":\"%s\"}]}", field);
    http_status(x, 422, "Invalid", message, details.p);
    free(message);
    buf_free(&details);
}

static bool member_missing(json spec, const char *path)
{
    return json_type(json_path(spec, path)) != JSON_STRING;
}

/* What the CRDs' schemas demand. False: refused. */
static bool check_spec(struct exchange *x, const struct route *route, json object, const char *name)
{
    const char *plural = route->resource->plural, *missing = NULL;
    bool old = strcmp(route->version, "v1alpha1") == 0;
    json spec = json_get(object, "spec");

    if (strcmp(plural, "sandboxclaims") == 0 && old && member_missing(spec, "sandboxTemplateRef.name"))
        missing = "spec.sandboxTemplateRef";
    else if (strcmp(plural, "sandboxclaims") == 0 && !old && member_missing(spec, "warmPoolRef.name"))
        missing = "spec.warmPoolRef";
    else if (strcmp(plural, "sandboxwarmpools") == 0 && member_missing(spec, "sandboxTemplateRef.name"))
        missing = "spec.sandboxTemplateRef";
    if (missing)
        invalid(x, route->resource, name, missing, "FieldValueRequired", "Required value");
    return !missing;
}

/* The name it gets: its own, or generateName and five characters. NULL: neither. */
static char *choose_name(struct sim *sim, json meta)
{
    char *name = json_dup(json_get(meta, "name")), *stem = json_dup(json_get(meta, "generateName"));
    char suffix[6];

    if (!name && stem && *stem) {
        sim_suffix(&sim->random, suffix);
        name = mem_printf("%s%s", stem, suffix);
    }
    free(stem);
    return name;
}

/* The posted object as it is to be stored: named, in the path's namespace, in the storage version's shape. */
static void prepare(const struct sim *sim, const struct route *route, json object, const char *name, bool *old_shape, struct buf *out)
{
    struct buf meta = {0}, named = {0}, full = {0}, quoted = {0};
    bool old = route->resource->crd && strcmp(route->version, "v1alpha1") == 0;

    json_quote(&quoted, slice_of(name));
    json_with(json_get(object, "metadata"), "name", buf_slice(&quoted), &meta);
    if (route->ns) {
        buf_clear(&quoted);
        json_quote(&quoted, slice_of(route->ns));
        json_with(buf_slice(&meta), "namespace", buf_slice(&quoted), &named);
    } else {
        buf_add_slice(&named, buf_slice(&meta));
    }
    json_with(object, "metadata", buf_slice(&named), &full);
    *old_shape = old && sim->agents_version && strcmp(sim->agents_version, "v1alpha1") == 0;
    if (old && !*old_shape)
        convert_up(route->resource, buf_slice(&full), out);
    else
        buf_add_slice(out, buf_slice(&full));
    buf_free(&meta);
    buf_free(&named);
    buf_free(&full);
    buf_free(&quoted);
}

/* The object as it would stand, with a uid of its own; nothing is stored, and it has no resourceVersion. */
static void answer_dry(struct exchange *x, json object)
{
    struct sim *sim = x->sim;
    struct buf meta = {0}, stamped = {0};
    char text[48], quoted[64];

    world_new_uid(sim, text);
    snprintf(quoted, sizeof quoted, "\"%s\"", text);
    json_with(json_get(object, "metadata"), "uid", slice_of(quoted), &meta);
    snprintf(quoted, sizeof quoted, "\"%s\"", time_rfc3339(sim->now_ms, text));
    json_with(buf_slice(&meta), "creationTimestamp", slice_of(quoted), &stamped);
    x->status = 201;
    json_with(object, "metadata", buf_slice(&stamped), &x->out);
    buf_add_text(&x->out, "\n");
    exchange_finish(x, END_DONE, "");
    buf_free(&meta);
    buf_free(&stamped);
}

static void create_named(struct exchange *x, const struct route *route, json object, const char *name)
{
    struct sim *sim = x->sim;
    const struct resource *r = route->resource;
    struct buf text = {0};
    struct err err = {0};
    bool old_shape;

    if (world_get(sim, r, route->ns ? route->ns : "", name)) {
        char *message = mem_printf("%s%s%s \"%s\" already exists", r->plural, *r->group ? "." : "", r->group, name);
        char *details = mem_printf("{\"name\":\"%s\",\"group\":\"%s\",\"kind\":\"%s\"}", name, r->group, r->plural);
        http_status(x, 409, "AlreadyExists", message, details);
        free(message);
        free(details);
        return;
    }
    prepare(sim, route, object, name, &old_shape, &text);
    const char *dry = query_get(&route->query, "dryRun");
    if (!quota_check(x, route, buf_slice(&text), name)) {
        /* refused, dry or not */
    } else if (dry && strcmp(dry, "All") == 0) {
        answer_dry(x, buf_slice(&text));
    } else {
        struct version *v = world_put(sim, r, buf_slice(&text), old_shape, &err);
        if (v) {
            answer_object(x, route, v, 201);
            story_told(sim, CHANGE_ADDED, v);
        } else {
            http_status(x, 400, "BadRequest", err.text, NULL);
        }
    }
    err_clear(&err);
    buf_free(&text);
}

void create_answer(struct exchange *x, const struct route *route)
{
    const struct resource *r = route->resource;
    json object = json_whole(buf_slice(&x->body));
    json meta = json_get(object, "metadata");
    char *ns = json_dup(json_get(meta, "namespace")), *name = NULL;

    if (json_type(object) != JSON_OBJECT || json_type(meta) != JSON_OBJECT) {
        http_status(x, 400, "BadRequest", "the object provided is unrecognized (must be of type JSON): couldn't get version/kind", NULL);
    } else if (sim_resource_of_kind(object) != r) {
        http_status(x, 400, "BadRequest", "the API version and kind in the data do not match the expected ones", NULL);
    } else if (r->namespaced && (!route->ns || (ns && strcmp(ns, route->ns) != 0))) {
        http_status(x, 400, "BadRequest", "the namespace of the provided object does not match the namespace sent on the request", NULL);
    } else {
        name = choose_name(x->sim, meta);
        if (!name)
            invalid(x, r, "", "metadata.name", "FieldValueRequired", "Required value: name or generateName is required");
        else if (!name_good(name))
            invalid(x, r, name, "metadata.name", "FieldValueInvalid", "Invalid value: a lowercase RFC 1123 subdomain must consist of "
                    "lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character");
        else if (check_spec(x, route, object, name))
            create_named(x, route, object, name);
    }
    free(ns);
    free(name);
}

/* Something still holds it: it stays, with a deletionTimestamp, until its finalizers are gone. */
static struct version *mark_deleting(struct sim *sim, struct version *v, bool in_foreground)
{
    struct buf meta = {0}, more = {0}, last = {0}, text = {0};
    char stamp[32], quoted[48];
    json old = json_get(v->text, "metadata");

    if (json_get(old, "deletionTimestamp").n)
        return v;
    snprintf(quoted, sizeof quoted, "\"%s\"", time_rfc3339(sim->now_ms, stamp));
    json_with(old, "deletionTimestamp", slice_of(quoted), &meta);
    json_with(buf_slice(&meta), "deletionGracePeriodSeconds", SLICE("0"), &more);
    if (in_foreground)
        json_with(buf_slice(&more), "finalizers", SLICE("[\"foregroundDeletion\"]"), &last);
    else
        buf_add_slice(&last, buf_slice(&more));
    json_with(v->text, "metadata", buf_slice(&last), &text);
    v = world_put(sim, v->resource, buf_slice(&text), v->old_shape, NULL);
    buf_free(&meta);
    buf_free(&more);
    buf_free(&last);
    buf_free(&text);
    return v;
}

static bool foreground(const struct query *query, json options)
{
    const char *policy = query_get(query, "propagationPolicy");

    return (policy && strcmp(policy, "Foreground") == 0) || json_is(json_get(options, "propagationPolicy"), "Foreground");
}

void delete_answer(struct exchange *x, const struct route *route)
{
    struct sim *sim = x->sim;
    const char *ns = route->ns ? route->ns : "";
    struct version *v = world_get(sim, route->resource, ns, route->name);
    json options = json_whole(buf_slice(&x->body));
    const char *dry = query_get(&route->query, "dryRun");

    if (!v) {
        http_not_found(x, route->resource, route->name);
        return;
    }
    json uid = json_path(options, "preconditions.uid");
    if (uid.n && !slice_eq(uid, json_path(v->text, "metadata.uid"))) {
        char *message = mem_printf("Operation cannot be fulfilled on %s \"%s\": the UID in the precondition does not match the UID in "
                                   "record",
                                   route->resource->plural, route->name);
        http_status(x, 409, "Conflict", message, NULL);
        free(message);
        return;
    }
    if (dry && strcmp(dry, "All") == 0) {
        answer_object(x, route, v, 200);
        return;
    }
    if (json_count(json_path(v->text, "metadata.finalizers")) > 0) {
        answer_object(x, route, mark_deleting(sim, v, false), 200);
        return;
    }
    if (foreground(&route->query, options) && sim->story && story_holds(sim->story, v)) {
        v = mark_deleting(sim, v, true);
        answer_object(x, route, v, 200);
        story_told(sim, CHANGE_MODIFIED, v);
        return;
    }
    buf_add_text(&x->out, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Success\",\"details\":");
    buf_printf(&x->out, "{\"name\":\"%s\",\"group\":\"%s\",\"kind\":\"%s\",\"uid\":", v->name, route->resource->group,
               route->resource->plural);
    buf_add_slice(&x->out, json_path(v->text, "metadata.uid"));
    buf_add_text(&x->out, "}}\n");
    exchange_finish(x, END_DONE, "");
    version_hold(v);
    world_delete(sim, route->resource, v->ns, v->name);
    story_told(sim, CHANGE_DELETED, v);
    version_drop(v);
}

void patch_answer(struct exchange *x, const struct route *route)
{
    struct sim *sim = x->sim;
    struct version *v = world_get(sim, route->resource, route->ns ? route->ns : "", route->name);
    json patch = json_whole(buf_slice(&x->body));
    struct buf text = {0};
    const char *dry = query_get(&route->query, "dryRun");

    if (!v) {
        http_not_found(x, route->resource, route->name);
        return;
    }
    bool merge = strcmp(x->content_type, "application/merge-patch+json") == 0, steps = strcmp(x->content_type, "application/json-patch+json") == 0;
    if (!merge && !steps && strcmp(x->content_type, "application/strategic-merge-patch+json") != 0) {
        http_status(x, 415, "UnsupportedMediaType", "the body of the request was in an unknown format - accepted media types include: "
                    "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json", NULL);
        return;
    }
    if (json_type(patch) != (steps ? JSON_ARRAY : JSON_OBJECT)) {
        http_status(x, 400, "BadRequest", "error decoding patch: not a JSON object", NULL);
        return;
    }
    if (steps && !json_patch(v->text, patch, &text)) {
        http_status(x, 422, "Invalid", "the server rejected our request due to an error in our request", NULL);
        buf_free(&text);
        return;
    }
    if (!steps)
        json_merge(v->text, patch, &text);
    if (dry && strcmp(dry, "All") == 0) {
        answer_object(x, route, v, 200);
    } else {
        struct version *after = world_put(sim, route->resource, buf_slice(&text), v->old_shape, NULL);
        bool deleting = after && json_path(after->text, "metadata.deletionTimestamp").n;
        if (deleting && json_count(json_path(after->text, "metadata.finalizers")) == 0) {
            version_hold(after);
            answer_object(x, route, after, 200);
            world_delete(sim, route->resource, after->ns, after->name);
            story_told(sim, CHANGE_DELETED, after);
            version_drop(after);
        } else if (after) {
            answer_object(x, route, after, 200);
            story_told(sim, CHANGE_MODIFIED, after);
        } else {
            http_status(x, 422, "Invalid", "the patch takes away metadata.name or metadata.namespace", NULL);
        }
    }
    buf_free(&text);
}

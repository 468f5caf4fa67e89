/* JSON rewriting: one member replaced, merge patches, and the two shapes of Agent Sandbox's objects.
 * v1beta1 against v1alpha1, as observed on v0.5.6: a claim's warmPoolRef.name reads as both sandboxTemplateRef.name and warmpool;
 * a v1alpha1 claim without a named pool becomes shadow-pool-<template>; operatingMode stands for replicas 0 and 1. */
#include "core/base/mem.h"
#include "core/sim/sim_internal.h"

#include <stdlib.h>

void json_add_member(struct buf *out, bool *first, struct slice key, struct slice value)
{
    buf_add_text(out, *first ? "\"" : ",\"");
    buf_add_slice(out, key);
    buf_add_text(out, "\":");
    buf_add_slice(out, value);
    *first = false;
}

void json_with(json object, const char *member, struct slice value, struct buf *out)
{
    struct json_walk w = json_members(object);
    bool first = true, done = false;

    buf_add_text(out, "{");
    while (json_next(&w)) {
        bool this = slice_is(w.key, member);
        if (!this)
            json_add_member(out, &first, w.key, w.value);
        else if (value.n)
            json_add_member(out, &first, w.key, value);
        done |= this;
    }
    if (!done && value.n)
        json_add_member(out, &first, slice_of(member), value);
    buf_add_text(out, "}");
}

static json raw_member(json object, struct slice key)
{
    struct json_walk w = json_members(object);

    while (json_next(&w))
        if (slice_eq(w.key, key))
            return w.value;
    return (json){0};
}

void json_merge(json target, json patch, struct buf *out)
{
    bool first = true;

    if (json_type(patch) != JSON_OBJECT) {
        buf_add_slice(out, patch);
        return;
    }
    buf_add_text(out, "{");
    struct json_walk w = json_members(json_type(target) == JSON_OBJECT ? target : SLICE("{}"));
    while (json_next(&w)) {
        json change = raw_member(patch, w.key);
        if (!change.n) {
            json_add_member(out, &first, w.key, w.value);
        } else if (json_type(change) != JSON_NULL) {
            json_add_member(out, &first, w.key, SLICE(""));
            json_merge(w.value, change, out);
        }
    }
    w = json_members(patch);
    while (json_next(&w))
        if (!raw_member(target, w.key).n && json_type(w.value) != JSON_NULL) {
            json_add_member(out, &first, w.key, SLICE(""));
            json_merge((json){0}, w.value, out);
        }
    buf_add_text(out, "}");
}

/* The template that a claim's pool takes: on a server that knows v1alpha1 only, claims name it themselves. */
static char *template_of(const struct sim *sim, const char *ns, json pool)
{
    char *name = json_dup(pool);
    const struct version *v = name ? world_get(sim, sim_resource("sandboxwarmpools"), ns, name) : NULL;
    char *found = v ? json_dup(json_path(v->text, "spec.sandboxTemplateRef.name")) : NULL;

    free(name);
    return found;
}

static void claim_down(const struct sim *sim, const struct version *v, json spec, struct buf *out)
{
    json pool = json_path(spec, "warmPoolRef.name");
    struct buf changed = {0};
    char *template_name = strcmp(sim->agents_version ? sim->agents_version : "", "v1alpha1") == 0 ? template_of(sim, v->ns, pool) : NULL;

    json_with(spec, "warmPoolRef", SLICE(""), &changed);
    if (pool.n) {
        buf_drop_front(&changed, 1);
        buf_add_text(out, "{\"sandboxTemplateRef\":{\"name\":");
        if (template_name)
            json_quote(out, slice_of(template_name));
        else
            buf_add_slice(out, pool);
        buf_add_text(out, "},\"warmpool\":");
        buf_add_slice(out, pool);
        buf_add_text(out, changed.n > 1 ? "," : "");
    }
    buf_add_slice(out, buf_slice(&changed));
    free(template_name);
    buf_free(&changed);
}

void convert_down(const struct sim *sim, const struct version *v, struct buf *out)
{
    json spec = json_get(v->text, "spec");
    struct buf changed = {0}, without = {0};

    if (strcmp(v->resource->plural, "sandboxclaims") == 0) {
        claim_down(sim, v, spec, &changed);
    } else if (strcmp(v->resource->plural, "sandboxes") == 0) {
        bool suspended = json_is(json_get(spec, "operatingMode"), "Suspended");
        json_with(spec, "operatingMode", SLICE(""), &without);
        json_with(buf_slice(&without), "replicas", suspended ? SLICE("0") : SLICE("1"), &changed);
    } else {
        buf_add_slice(&changed, spec);
    }
    json_with(v->text, "spec", buf_slice(&changed), out);
    buf_free(&changed);
    buf_free(&without);
}

static void claim_up(json spec, struct buf *out)
{
    json pool = json_get(spec, "warmpool");
    struct buf name = {0}, shadow = {0}, ref = {0}, one = {0}, two = {0};

    json_text(json_path(spec, "sandboxTemplateRef.name"), &name);
    buf_add_text(&ref, "{\"name\":");
    if (pool.n && !json_is(pool, "") && !json_is(pool, "none") && !json_is(pool, "default")) {
        buf_add_slice(&ref, pool);
    } else {
        buf_printf(&shadow, "shadow-pool-%s", name.p ? name.p : "");
        json_quote(&ref, buf_slice(&shadow));
    }
    buf_add_text(&ref, "}");
    json_with(spec, "sandboxTemplateRef", SLICE(""), &one);
    json_with(buf_slice(&one), "warmpool", SLICE(""), &two);
    json_with(buf_slice(&two), "warmPoolRef", buf_slice(&ref), out);
    buf_free(&name);
    buf_free(&shadow);
    buf_free(&ref);
    buf_free(&one);
    buf_free(&two);
}

void convert_up(const struct resource *r, json old, struct buf *out)
{
    json spec = json_get(old, "spec");
    struct buf changed = {0}, without = {0};
    int64_t replicas = 1;

    if (strcmp(r->plural, "sandboxclaims") == 0 && json_get(spec, "sandboxTemplateRef").n) {
        claim_up(spec, &changed);
    } else if (strcmp(r->plural, "sandboxes") == 0) {
        json_int(json_get(spec, "replicas"), &replicas);
        json_with(spec, "replicas", SLICE(""), &without);
        json_with(buf_slice(&without), "operatingMode", replicas ? SLICE("\"Running\"") : SLICE("\"Suspended\""), &changed);
    } else {
        buf_add_slice(&changed, spec);
    }
    json_with(old, "spec", buf_slice(&changed), out);
    buf_free(&changed);
    buf_free(&without);
}

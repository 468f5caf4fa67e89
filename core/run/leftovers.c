/* Two lists by label, and a DELETE for each row when asked. Invariant: a row stays in its place; what happened to it is written into it. */
#include "core/run/leftovers.h"

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/ptrs.h"
#include "core/kube/refusal.h"
#include "core/run/run.h"

#include <stdlib.h>

enum { SHORT_MS = 10000, BODY_MOST = 8 * 1024 * 1024, LISTS = 2 };

struct row {
    struct run_leftovers *owner;
    struct run_leftover shown;
    char *ns, *name, *failure;
    struct exchange *exchange;
    struct buf body;
    int status;
};
struct list {
    struct run_leftovers *owner;
    const char *kind, *plural;
    struct exchange *exchange;
    struct buf body;
    int status;
};
struct run_leftovers {
    struct transport *transport;
    const char *version;
    bool (*skip)(void *ctx, const char *ns, const char *name);
    void *ctx;
    struct list lists[LISTS];
    unsigned open;
    struct ptrs rows;                /* struct row */
    struct run_leftover *shown;
    char *error;
};

/* ---- the lists ----------------------------------------------------------------------------------------------------------------------- */

static void add_row(struct list *list, json object)
{
    struct run_leftovers *l = list->owner;
    char *ns = json_dup(json_path(object, "metadata.namespace")), *name = json_dup(json_path(object, "metadata.name"));

    if (!ns || !name || (l->skip && l->skip(l->ctx, ns, name))) {
        free(ns);
        free(name);
        return;
    }
    struct row *row = NEW(struct row);
    struct buf scratch = {0};
    *row = (struct row){.owner = l, .ns = ns, .name = name, .failure = mem_text("")};
    row->shown = (struct run_leftover){.kind = list->kind, .ns = ns, .name = name,
        .deleting = json_path(object, "metadata.deletionTimestamp").n > 0};
    if (!time_parse(json_str(json_path(object, "metadata.creationTimestamp"), &scratch), &row->shown.created_ms, NULL))
        row->shown.created_ms = 0;
    if (!time_parse(json_str(json_path(object, "spec.lifecycle.shutdownTime"), &scratch), &row->shown.shutdown_ms, NULL))
        row->shown.shutdown_ms = 0;
    buf_free(&scratch);
    ptrs_add(&l->rows, row);
}

static void list_head(void *ctx, const struct response_head *head)
{
    ((struct list *)ctx)->status = head->status;
}

static void list_bytes(void *ctx, const char *bytes, size_t n)
{
    struct list *list = ctx;

    buf_add(&list->body, bytes, n < BODY_MOST - list->body.n ? n : BODY_MOST - list->body.n);
}

static void list_end(void *ctx, enum end_reason reason, const char *text)
{
    struct list *list = ctx;
    struct run_leftovers *l = list->owner;

    list->exchange = NULL;
    l->open--;
    if (reason == END_DONE && list->status == 200) {
        for (struct json_walk w = json_items(json_get(json_whole(buf_slice(&list->body)), "items")); json_next(&w);)
            add_row(list, w.value);
    } else if (!*l->error && (reason != END_DONE || list->status != 404)) {
        free(l->error);
        l->error = reason == END_DONE ? refusal_text(list->status, buf_slice(&list->body)) : mem_text(text);
    }
    buf_free(&list->body);
}

static char *path_of(const struct run_leftovers *l, const char *plural, const char *ns, const char *name)
{
    char *path = ns ? kube_path("/apis/extensions.agents.x-k8s.io/%s/namespaces/%s/%s", l->version, ns, plural)
                    : kube_path("/apis/extensions.agents.x-k8s.io/%s/%s", l->version, plural);
    char *rest = name ? kube_path("/%s", name) : kube_path("?labelSelector=%s%%3D%s", RUN_LABEL, RUN_LABEL_VALUE);
    char *whole = mem_printf("%s%s", path, rest);

    free(path);
    free(rest);
    return whole;
}

struct run_leftovers *run_leftovers_new(struct transport *transport, const char *ns, const char *api_version,
                                        bool (*skip)(void *ctx, const char *ns, const char *name), void *ctx)
{
    static const struct response_ops ops = {.on_head = list_head, .on_bytes = list_bytes, .on_end = list_end};
    static const char *const names[LISTS][2] = {{"SandboxClaim", "sandboxclaims"}, {"SandboxWarmPool", "sandboxwarmpools"}};
    struct run_leftovers *l = NEW(struct run_leftovers);

    l->transport = transport;
    l->version = api_version && strcmp(api_version, "v1alpha1") == 0 ? "v1alpha1" : "v1beta1";
    l->skip = skip;
    l->ctx = ctx;
    l->error = mem_text("");
    for (int i = 0; i < LISTS; i++) {
        l->lists[i] = (struct list){.owner = l, .kind = names[i][0], .plural = names[i][1]};
        char *path = path_of(l, names[i][1], ns, NULL);
        struct request request = {.method = "GET", .path = path, .deadline_ms = SHORT_MS};
        l->open++;
        l->lists[i].exchange = transport_request(transport, &request, &ops, &l->lists[i]);
        free(path);
    }
    return l;
}

void run_leftovers_free(struct run_leftovers *l)
{
    if (!l)
        return;
    for (int i = 0; i < LISTS; i++) {
        transport_cancel(l->transport, l->lists[i].exchange);
        buf_free(&l->lists[i].body);
    }
    for (size_t i = 0; i < l->rows.n; i++) {
        struct row *row = l->rows.v[i];
        transport_cancel(l->transport, row->exchange);
        buf_free(&row->body);
        free(row->ns);
        free(row->name);
        free(row->failure);
        free(row);
    }
    ptrs_free(&l->rows);
    free(l->shown);
    free(l->error);
    free(l);
}

bool run_leftovers_listed(const struct run_leftovers *l)
{
    for (int i = 0; i < LISTS; i++)
        if (l->lists[i].exchange)
            return false;
    return true;
}

const char *run_leftovers_error(const struct run_leftovers *l)
{
    return l->error;
}

const struct run_leftover *run_leftovers_rows(const struct run_leftovers *const_l, size_t *n)
{
    struct run_leftovers *l = (struct run_leftovers *)(uintptr_t)const_l; /* the array is a cache */

    *n = l->rows.n;
    l->shown = mem_grow(l->shown, l->rows.n ? l->rows.n : 1, sizeof *l->shown);
    for (size_t i = 0; i < l->rows.n; i++) {
        const struct row *row = l->rows.v[i];
        l->shown[i] = row->shown;
        l->shown[i].failure = row->failure;
    }
    return l->shown;
}

/* ---- away with them ------------------------------------------------------------------------------------------------------------------ */

static void row_head(void *ctx, const struct response_head *head)
{
    ((struct row *)ctx)->status = head->status;
}

static void row_bytes(void *ctx, const char *bytes, size_t n)
{
    struct row *row = ctx;

    if (row->body.n + n < 65536)
        buf_add(&row->body, bytes, n);
}

static void row_end(void *ctx, enum end_reason reason, const char *text)
{
    struct row *row = ctx;

    row->exchange = NULL;
    row->owner->open--;
    row->shown.removed = reason == END_DONE && (row->status == 200 || row->status == 202 || row->status == 404);
    free(row->failure);
    row->failure = row->shown.removed ? mem_text("") : reason == END_DONE ? refusal_text(row->status, buf_slice(&row->body))
        : mem_text(text);
    buf_free(&row->body);
}

void run_leftovers_remove(struct run_leftovers *l)
{
    static const struct response_ops ops = {.on_head = row_head, .on_bytes = row_bytes, .on_end = row_end};

    for (size_t i = 0; i < l->rows.n; i++) {
        struct row *row = l->rows.v[i];
        if (row->shown.removed || row->exchange)
            continue;
        char *path = path_of(l, strcmp(row->shown.kind, "SandboxClaim") == 0 ? "sandboxclaims" : "sandboxwarmpools", row->ns, row->name);
        struct request request = {.method = "DELETE", .path = path, .body = SLICE("{\"propagationPolicy\":\"Background\"}"),
            .deadline_ms = SHORT_MS};
        l->open++;
        row->exchange = transport_request(l->transport, &request, &ops, row);
        free(path);
    }
}

bool run_leftovers_busy(const struct run_leftovers *l)
{
    return l->open > 0;
}

/* Container logs and the pods/log endpoint, refusals as observed on a v1.36 kubelet.
 * Invariant: within one log stamps grow; a follower is given each line as it comes and ends with its container. */
#include "core/base/mem.h"
#include "core/sim/sim_internal.h"

#include <stdlib.h>

enum { LINES_MOST = 20000 };

char *log_key(const char *ns, const char *pod, const char *container)
{
    return mem_printf("%s/%s/%s", ns, pod, container);
}

static size_t lower_bound(const struct sim *sim, const char *key)
{
    size_t from = 0, to = sim->logs.n;

    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (strcmp(((struct log_file *)sim->logs.v[mid])->key, key) < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

struct log_file *log_file_get(struct sim *sim, const char *ns, const char *pod, const char *container, bool create)
{
    char *key = log_key(ns, pod, container);
    size_t at = lower_bound(sim, key);
    struct log_file *file = at < sim->logs.n ? sim->logs.v[at] : NULL;

    if (file && strcmp(file->key, key) == 0) {
        free(key);
        return file;
    }
    if (!create) {
        free(key);
        return NULL;
    }
    file = NEW(struct log_file);
    file->key = key;
    ptrs_insert(&sim->logs, at, file);
    return file;
}

static void rows_free(struct ptrs *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        free(rows->v[i]);
    ptrs_free(rows);
}

static void file_free(struct log_file *file)
{
    rows_free(&file->lines);
    rows_free(&file->previous);
    free(file->key);
    free(file);
}

void log_files_free(struct sim *sim)
{
    for (size_t i = 0; i < sim->logs.n; i++)
        file_free(sim->logs.v[i]);
    ptrs_free(&sim->logs);
}

void log_files_clear(struct sim *sim)
{
    for (size_t i = 0; i < sim->exchanges.n; i++) {
        struct exchange *x = sim->exchanges.v[i];
        if (x->stream == STREAM_LOG && !x->dead)
            exchange_finish(x, END_CUT, "the log begins anew");
    }
    log_files_free(sim);
}

/* "2026-11-23T08:33:15.706600802Z " */
static void add_stamp(struct buf *out, int64_t ns)
{
    char text[32];

    time_rfc3339(ns / 1000000, text);
    text[strlen(text) - 1] = 0;
    buf_printf(out, "%s.%09dZ ", text, (int)(ns % 1000000000));
}

static void add_row(struct buf *out, const struct log_row *row, bool stamps)
{
    if (stamps)
        add_stamp(out, row->stamp_ns);
    buf_add_text(out, row->text);
    buf_add_text(out, "\n");
}

static void end_followers(struct sim *sim, const char *key)
{
    for (size_t i = 0; i < sim->exchanges.n; i++) {
        struct exchange *x = sim->exchanges.v[i];
        if (x->stream == STREAM_LOG && strcmp(x->follow.key, key) == 0)
            exchange_finish(x, END_DONE, "");
    }
}

static struct log_row *row_new(int64_t stamp_ns, struct slice line)
{
    struct log_row *row = mem_new(sizeof *row + line.n + 1);

    row->stamp_ns = stamp_ns;
    memcpy(row->text, line.p, line.n);
    return row;
}

void log_file_previous(struct log_file *file, int64_t stamp_ns, struct slice line)
{
    file->has_previous = true;
    ptrs_add(&file->previous, row_new(stamp_ns, line));
}

void log_file_line(struct sim *sim, struct log_file *file, const char *line)
{
    int64_t ns = sim->now_ms * 1000000 + 91083;          /* no round numbers: kubelets do not write them */

    if (ns <= file->last_ns)
        ns = file->last_ns + 31337;
    log_file_row(sim, file, ns, slice_of(line));
}

void log_file_row(struct sim *sim, struct log_file *file, int64_t stamp_ns, struct slice line)
{
    struct log_row *row = row_new(stamp_ns, line);

    file->last_ns = stamp_ns;
    file->ended = false;
    ptrs_add(&file->lines, row);
    if (file->lines.n > LINES_MOST + LINES_MOST / 10) {  /* the oldest go, many at once */
        size_t gone = LINES_MOST / 10;
        for (size_t i = 0; i < gone; i++)
            free(file->lines.v[i]);
        file->lines.n -= gone;
        memmove(file->lines.v, file->lines.v + gone, file->lines.n * sizeof *file->lines.v);
    }
    for (size_t i = 0; i < sim->exchanges.n; i++) {
        struct exchange *x = sim->exchanges.v[i];
        if (x->stream == STREAM_LOG && !x->finished && strcmp(x->follow.key, file->key) == 0)
            add_row(&x->out, row, x->follow.stamps);
    }
}

void log_file_end(struct sim *sim, const char *ns, const char *pod, const char *container)
{
    struct log_file *file = log_file_get(sim, ns, pod, container, true);

    file->ended = true;
    end_followers(sim, file->key);
}

void log_file_restart(struct sim *sim, const char *ns, const char *pod, const char *container)
{
    struct log_file *file = log_file_get(sim, ns, pod, container, true);

    end_followers(sim, file->key);
    rows_free(&file->previous);
    file->previous = file->lines;
    file->lines = (struct ptrs){0};
    file->has_previous = true;
    file->ended = false;
}

void log_files_forget(struct sim *sim, const char *ns, const char *pod)
{
    char *key = log_key(ns, pod, "");
    size_t n = strlen(key), at = lower_bound(sim, key);

    while (at < sim->logs.n && strncmp(((struct log_file *)sim->logs.v[at])->key, key, n) == 0) {
        struct log_file *file = sim->logs.v[at];
        end_followers(sim, file->key);
        ptrs_remove(&sim->logs, at);
        file_free(file);
    }
    free(key);
}

/* ---- the endpoint */

/* The container asked for, or the pod's only one; NULL: refused. The caller frees it. */
static char *choose_container(struct exchange *x, const struct route *route, const struct version *pod)
{
    char *asked = mem_text(query_get(&route->query, "container")), *found = NULL;
    struct buf names = {0}, scratch = {0};
    static const char *const lists[] = {"spec.initContainers", "spec.containers"};

    for (size_t l = 0; l < 2; l++) {
        struct json_walk w = json_items(json_path(pod->text, lists[l]));
        while (json_next(&w)) {
            struct slice name = json_str(json_get(w.value, "name"), &scratch);
            if (asked && slice_is(name, asked) && !found)
                found = slice_dup(name);
            if (l == 1)
                buf_printf(&names, "%s%.*s", names.n ? " " : "", (int)name.n, name.p);
        }
    }
    char *message = NULL;
    if (asked && !found)
        message = mem_printf("container %s is not valid for pod %s", asked, pod->name);
    else if (!asked && names.n && memchr(names.p, ' ', names.n))
        message = mem_printf("a container name must be specified for pod %s, choose one of: [%s]", pod->name, names.p);
    else if (!asked)
        found = slice_dup(buf_slice(&names));
    if (message)
        http_status(x, 400, "BadRequest", message, NULL);
    free(message);
    free(asked);
    buf_free(&names);
    buf_free(&scratch);
    return found;
}

static json container_status(const struct version *pod, const char *container)
{
    static const char *const lists[] = {"status.initContainerStatuses", "status.containerStatuses"};

    for (size_t l = 0; l < 2; l++) {
        struct json_walk w = json_items(json_path(pod->text, lists[l]));
        while (json_next(&w))
            if (json_is(json_get(w.value, "name"), container))
                return w.value;
    }
    return (json){0};
}

/* A container that has not begun has no log. False: refused. */
static bool check_begun(struct exchange *x, const struct version *pod, const char *container, bool previous)
{
    json status = container_status(pod, container);
    json waiting = json_path(status, "state.waiting"), last = json_path(status, "lastState.terminated");
    char *message = NULL;

    if (!json_path(pod->text, "spec.nodeName").n && !status.n) {
        x->status = 204;
        exchange_finish(x, END_DONE, "");
        return false;
    }
    if (previous && !last.n) {
        message = mem_printf("previous terminated container \"%s\" in pod \"%s\" not found", container, pod->name);
    } else if (!previous && waiting.n && !last.n) {
        struct buf scratch = {0};
        struct slice reason = json_str(json_get(waiting, "reason"), &scratch);
        if (slice_is(reason, "ErrImagePull") || slice_is(reason, "ImagePullBackOff"))
            reason = SLICE("image can't be pulled");
        message = mem_printf("container \"%s\" in pod \"%s\" is waiting to start: %.*s", container, pod->name, (int)reason.n, reason.p);
        buf_free(&scratch);
    }
    if (message)
        http_status(x, 400, "BadRequest", message, NULL);
    free(message);
    return !x->finished;
}

/* The first row to show of those asked for by sinceTime, sinceSeconds and tailLines. */
static size_t first_row(struct exchange *x, const struct route *route, const struct ptrs *rows)
{
    const char *since = query_get(&route->query, "sinceTime"), *seconds = query_get(&route->query, "sinceSeconds");
    const char *tail = query_get(&route->query, "tailLines");
    int64_t from_ms = INT64_MIN, n;
    size_t first = 0;

    if (since && time_parse(slice_of(since), &from_ms, NULL))
        from_ms = from_ms / 1000 * 1000;
    else if (seconds && slice_int(slice_of(seconds), &n) && n > 0 && n < INT32_MAX)
        from_ms = x->sim->now_ms - n * 1000;
    while (first < rows->n && from_ms != INT64_MIN && ((struct log_row *)rows->v[first])->stamp_ns / 1000000 < from_ms)
        first++;
    if (tail && slice_int(slice_of(tail), &n) && n >= 0 && (uint64_t)n < rows->n - first)
        first = rows->n - (size_t)n;
    return first;
}

void log_answer(struct exchange *x, const struct route *route)
{
    struct sim *sim = x->sim;
    const struct version *pod = world_get(sim, route->resource, route->ns ? route->ns : "", route->name);
    bool previous = query_true(&route->query, "previous"), stamps = query_true(&route->query, "timestamps");

    if (!pod) {
        http_not_found(x, route->resource, route->name);
        return;
    }
    char *container = choose_container(x, route, pod);
    if (!container)
        return;
    x->answer_type = "text/plain";
    if (check_begun(x, pod, container, previous)) {
        struct log_file *file = log_file_get(sim, pod->ns, pod->name, container, true);
        const struct ptrs *rows = previous ? &file->previous : &file->lines;
        for (size_t i = first_row(x, route, rows); i < rows->n; i++)
            add_row(&x->out, rows->v[i], stamps);
        const char *limit = query_get(&route->query, "limitBytes");
        int64_t most;
        if (limit && slice_int(slice_of(limit), &most) && most > 0 && (uint64_t)most < x->out.n)
            x->out.n = (size_t)most;
        bool over = previous || file->ended || json_path(container_status(pod, container), "state.terminated").n;
        if (query_true(&route->query, "follow") && !over) {
            x->stream = STREAM_LOG;
            x->follow = (struct follow){.key = mem_text(file->key), .stamps = stamps};
        } else {
            exchange_finish(x, END_DONE, "");
        }
    }
    free(container);
}

/* What a bundle is to hold, and reading it. Invariant: names and paths are taken from the store at the start; from then on nothing of
 * the store is looked at, so it may change as it likes. At most AT_ONCE reads are under way and JOBS_MOST are made. */
#include "core/session/bundle.h"

#include "core/base/mem.h"
#include "core/diagnose/timeline.h"
#include "core/record/redact.h"
#include "core/session/bundle_inside.h"

#include <stdlib.h>

enum {
    CLAIMS_MOST = 50, JOBS_MOST = 2000, AT_ONCE = 6, MEMBERS_MOST = 5, NODES_MOST = 100, DEADLINE_MS = 15000, BODY_MOST = 32 << 20,
    SLICE_MS = 8,
    LOG_BEFORE_MS = 60000, LIST_MOST = 500,
};

/* ---- what is to be read ------------------------------------------------------------------------------------------------------------ */

static struct job *add(struct bundle *b, enum job_kind what, enum kind kind, char *path)
{
    if (!path || b->jobs.n >= JOBS_MOST || map_get(&b->keys, slice_of(path))) {
        free(path);
        return NULL;
    }
    struct job *job = NEW(struct job);
    *job = (struct job){.bundle = b, .what = what, .kind = kind, .path = path};
    job->metadata = kind != KIND_NONE && kind_info(kind)->flags & KIND_METADATA;
    ptrs_add(&b->jobs, job);
    map_put(&b->keys, slice_of(job->path), job);
    return job;
}

static void add_object(struct bundle *b, const struct object *o)
{
    struct job *job = o ? add(b, JOB_OBJECT, o->kind, object_path(b->session, o->kind, o->ns, o->name)) : NULL;

    if (job)
        job->matters = o->present;
}

static void add_events(struct bundle *b, const struct object *o)
{
    char uid[40];

    if (!o || !o->present || uid_none(o->uid))
        return;
    char *list = object_path(b->session, KIND_EVENT, *o->ns ? o->ns : "default", NULL);
    char *path = mem_printf("%s?fieldSelector=involvedObject.uid%%3D%s&limit=%d", list, uid_text(o->uid, uid), LIST_MOST);
    struct job *job = add(b, JOB_EVENTS, KIND_EVENT, path);
    free(list);
    if (!job)
        return;
    job->matters = true;
    job->file = mem_printf("events/%s/%s/%s.yaml", kind_info(o->kind)->plural, *o->ns ? o->ns : "_cluster", o->name);
}

static void add_both(struct bundle *b, const struct object *o)
{
    add_object(b, o);
    add_events(b, o);
}

static void add_pod(struct bundle *b, const struct object *pod)
{
    if (!pod)
        return;
    add_both(b, pod);
    for (const struct link *l = pod->out; l; l = l->next_out) {
        if (l->role == LINK_POD_NODE)
            add_object(b, l->to);
        else if (l->role == LINK_POD_PVC)
            add_both(b, l->to);
    }
}

/* A pool, and some of its members: why they are not ready is why it is short. */
static void add_pool(struct bundle *b, const struct object *pool)
{
    int members = 0;

    if (!pool)
        return;
    add_both(b, pool);
    add_object(b, chain_template(pool));
    for (const struct link *l = NULL; (l = link_in(pool, LINK_SANDBOX_OWNER, l)) && members < MEMBERS_MOST; members++) {
        add_both(b, l->from);
        add_pod(b, chain_pod(l->from));
    }
}

static void add_claim(struct bundle *b, const struct object *claim)
{
    struct timeline line;

    b->status.claims++;
    buf_printf(&b->about, "  %s/%s\n", claim->ns, claim->name);
    add_both(b, claim);
    add_both(b, chain_sandbox(claim));
    add_pod(b, chain_pod(claim));
    add_pool(b, link_to(claim, LINK_CLAIM_POOL));
    add_object(b, chain_template(claim));
    timeline_make(b->session->store, claim, NULL, 0, session_now(b->session), &line);
    buf_printf(&b->timeline, "%s%s/%s\n", b->timeline.n ? "\n" : "", claim->ns, claim->name);
    timeline_text(&line, 2, false, &b->timeline);
    timeline_free(&line);
    int64_t from = claim->created_ms - LOG_BEFORE_MS;
    if (claim->created_ms && from < b->from_ms)
        b->from_ms = from;
}

static int by_age(const void *a, const void *b)
{
    const struct object *x = *(const struct object *const *)a, *y = *(const struct object *const *)b;

    return x->created_ms != y->created_ms ? (x->created_ms < y->created_ms ? -1 : 1) : strcmp(x->name, y->name);
}

static void add_stuck(struct bundle *b)
{
    const struct ptrs *claims = store_all(b->session->store, KIND_CLAIM);
    struct ptrs stuck = {0};

    for (size_t i = 0; i < claims->n; i++) {
        const struct verdict *v = diagnosis_verdict(b->session->diagnosis, claims->v[i]);
        if (v && v->state == CLAIM_STUCK)
            ptrs_add(&stuck, claims->v[i]);
    }
    if (stuck.n)
        qsort(stuck.v, stuck.n, sizeof *stuck.v, by_age);
    for (size_t i = 0; i < stuck.n && i < CLAIMS_MOST; i++)
        add_claim(b, stuck.v[i]);
    b->status.left_out = stuck.n > CLAIMS_MOST ? stuck.n - CLAIMS_MOST : 0;
    ptrs_free(&stuck);
}

/* What the rules asked for, found or not: by the same paths, so that the replay answers as the server did. */
static void add_wants(struct bundle *b)
{
    const struct session *s = b->session;
    const struct ptrs *wants = diagnosis_wants(s->diagnosis);

    for (size_t i = 0; i < wants->n; i++) {
        const struct want *want = wants->v[i];
        if (want->kind == KIND_NONE)
            continue;
        bool slices = want->kind == KIND_ENDPOINTSLICE && want->name;
        char *path = object_path(s, want->kind, want->ns, slices ? NULL : want->name);
        if (path && (slices || !want->name)) {
            char *label = slices ? kube_path("&labelSelector=kubernetes.io%%2Fservice-name%%3D%s", want->name) : mem_text("");
            char *list = mem_printf("%s?limit=%d%s", path, LIST_MOST, label);
            free(path);
            free(label);
            add(b, JOB_ITEMS, want->kind, list);
        } else {
            add(b, JOB_OBJECT, want->kind, path);
        }
    }
}

/* The port of an argument such as --metrics-bind-address=:8080; 0: none is given. */
static int port_of(const char *args, const char *flag)
{
    const char *at = strstr(args, flag);
    const char *colon = at ? strchr(at, ':') : NULL, *end = at ? strchrnul(at, '\n') : NULL;
    int port = colon && colon < end ? atoi(colon + 1) : 0;

    return port > 0 && port < 65536 ? port : 0;
}

static void add_text(struct bundle *b, char *path, char *file, bool matters)
{
    struct job *job = add(b, JOB_TEXT, KIND_NONE, path);

    if (job) {
        job->file = file;
        job->matters = matters;
    } else {
        free(file);
    }
}

/* The profiles stand on the port of the metrics; both through the API server's proxy to the pod. */
static void add_controller(struct bundle *b, const struct deployment *d)
{
    const struct ptrs *pods = store_all(b->session->store, KIND_POD);
    struct debug_facts debug;
    int port = port_of(d->args, "--metrics-bind-address");

    add_both(b, &d->o);
    if (d->component != COMPONENT_CONTROLLER)
        return;
    debug_facts_of_text(d->args, &debug);
    add_text(b, kube_path("/api/v1/namespaces/%s/services/%s:8080/proxy/metrics", d->o.ns, d->o.name), mem_text("controller/metrics.txt"),
             false);
    for (size_t i = 0; i < pods->n; i++) {
        const struct pod *pod = AS(pod, pods->v[i]);
        if (strcmp(pod->app, "agent-sandbox-controller") != 0 || strcmp(pod->o.ns, d->o.ns) != 0)
            continue;
        add_both(b, &pod->o);
        if (!debug.pprof)
            continue;
        char *path = kube_path("/api/v1/namespaces/%s/pods/%s", pod->o.ns, pod->o.name);
        add_text(b, mem_printf("%s:%d/proxy/debug/pprof/goroutine?debug=2", path, port ? port : 8080),
                 mem_printf("controller/goroutines-%s.txt", pod->o.name), true);
        free(path);
    }
    if (!debug.pprof_debug)
        buf_add_text(&b->notes, "No goroutine dump: the controller runs without --enable-pprof-debug.\n");
}

static void add_installation(struct bundle *b)
{
    const struct ptrs *deployments = store_all(b->session->store, KIND_DEPLOYMENT), *pods = store_all(b->session->store, KIND_POD);
    const struct ptrs *nodes = store_all(b->session->store, KIND_NODE);

    for (size_t i = 0; i < deployments->n; i++) {
        const struct deployment *d = AS(deployment, deployments->v[i]);
        if (d->component != COMPONENT_NONE)
            add_controller(b, d);
    }
    for (size_t i = 0; i < pods->n; i++)
        if (strcmp(AS(pod, pods->v[i])->app, "sandbox-router") == 0)
            add_both(b, pods->v[i]);
    for (size_t i = 0; i < nodes->n && i < NODES_MOST; i++)
        add_object(b, nodes->v[i]);
}

/* Discovery, as it is asked for. */
static void add_served(struct bundle *b)
{
    static const enum kind kinds[] = {KIND_CLAIM, KIND_SANDBOX};

    add(b, JOB_ANSWER, KIND_NONE, mem_text("/version"));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct kind_info *info = kind_info(kinds[i]);
        for (size_t k = 0; info->versions[k]; k++)
            add(b, JOB_ANSWER, KIND_NONE, kube_path("/apis/%s/%s", info->group, info->versions[k]));
    }
}

/* Before a byte is written all objects are gone through: a secret that one of them names may stand in any other. */
static void on_secret(void *ctx, struct slice value)
{
    redact_learn(&((struct bundle *)ctx)->known, value);
}

static void learn(struct job *job)
{
    struct redact_notes notes = {.on_secret = on_secret, .ctx = job->bundle};
    struct buf unused = {0};

    if (job->what != JOB_TEXT && job->status == 200)
        redact_json(buf_slice(&job->body), &unused, &notes);
    buf_free(&unused);
}

/* ---- reading ----------------------------------------------------------------------------------------------------------------------- */

static void on_head(void *ctx, const struct response_head *head)
{
    ((struct job *)ctx)->status = head->status;
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct job *job = ctx;

    job->over |= job->body.n + n > BODY_MOST;
    if (!job->over)
        buf_add(&job->body, bytes, n);
}

static void on_end(void *ctx, enum end_reason reason, const char *text)
{
    struct job *job = ctx;

    job->exchange = NULL;
    job->done = true;
    job->bundle->answered++;
    if (reason != END_DONE)
        job->error = mem_text(text);
    else if (job->over)
        job->error = mem_text("larger than 32 MiB");
    else
        learn(job);
}

static void ask_more(struct bundle *b)
{
    static const struct response_ops ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};
    static const struct header one[] = {{"Accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}, {NULL, NULL}};
    static const struct header list[] = {{"Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}, {NULL, NULL}};
    struct session *s = b->session;

    while (b->asked < b->jobs.n && b->asked - b->answered < AT_ONCE) {
        struct job *job = b->jobs.v[b->asked++];
        struct request q = {
            .method = "GET", .path = job->path, .compress = true,
            .headers = !job->metadata ? NULL : job->what == JOB_ITEMS ? list : one,
            .deadline_ms = s->config.request_timeout_ms ? s->config.request_timeout_ms : DEADLINE_MS,
        };
        job->exchange = transport_request(s->transport, &q, &ops, job);
    }
}

static void fail(struct bundle *b, struct err *err)
{
    b->status.state = BUNDLE_FAILED;
    free(b->message);
    b->message = err->text ? err->text : mem_text("it could not be written");
    err->text = NULL;
    b->status.message = b->message;
}

void bundle_step(struct bundle *b)
{
    const struct clock *clock = b->session->clock;
    int64_t began = clock->mono(clock);
    struct err err = {0};

    if (b->status.state == BUNDLE_READING) {
        ask_more(b);
        b->status.done = b->answered;
        b->status.all = b->jobs.n;
        if (b->answered < b->jobs.n)
            return;
        b->status.state = BUNDLE_WRITING;
        b->status.done = 0;
    }
    while (b->status.state == BUNDLE_WRITING) {
        if (!bundle_write_piece(b, &err))
            fail(b, &err);
        if (clock->mono(clock) - began >= SLICE_MS)
            break;
    }
}

int64_t bundle_due(const struct bundle *b)
{
    bool more = b->asked < b->jobs.n && b->asked - b->answered < AT_ONCE;

    return b->status.state == BUNDLE_WRITING || (b->status.state == BUNDLE_READING && (more || b->answered == b->jobs.n)) ? 0 : -1;
}

const struct bundle_status *bundle_status(const struct bundle *b)
{
    return &b->status;
}

/* ---- life -------------------------------------------------------------------------------------------------------------------------- */

char *bundle_file_name(int64_t wall_ms)
{
    char stamp[32];
    struct buf out = {0};

    buf_add_text(&out, "sandtop-bundle-");
    for (const char *p = time_rfc3339(wall_ms, stamp); *p; p++)
        if (*p != '-' && *p != ':')
            buf_add_byte(&out, *p);
    buf_add_text(&out, ".tar.gz");
    return buf_take(&out);
}

/* The folder that it unpacks to: the file's name without what follows its first dot. */
static char *folder_of(const char *file)
{
    const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
    size_t n = strcspn(name, ".");

    return n ? mem_printf("%.*s", (int)n, name) : mem_text("sandtop-bundle");
}

struct bundle *bundle_start(struct session *s, const struct bundle_wish *wish, struct err *err)
{
    struct archive_writer *archive = archive_writer_new(wish->file, err);

    if (!archive)
        return NULL;
    struct bundle *b = NEW(struct bundle);
    *b = (struct bundle){
        .session = s, .archive = archive, .file = mem_text(wish->file), .folder = folder_of(wish->file),
        .program = mem_text(wish->program ? wish->program : "sandtop"),
        .wall_ms = session_now(s), .from_ms = session_now(s) - 10 * LOG_BEFORE_MS,
    };
    b->status = (struct bundle_status){.state = BUNDLE_READING, .file = b->file, .message = ""};
    b->writer = (struct recording_writer){
        .out = &b->recording, .start_ms = b->wall_ms, .on_redacted = bundle_on_redacted, .ctx = b, .known = &b->known,
    };
    b->log_at = log_buffer_first(session_log_buffer(s, LOGS_SYSTEM));
    redact_text(wish->findings_text, &b->findings_text);
    if (!redact_json(wish->findings_json, &b->findings_json, NULL))
        buf_clear(&b->findings_json);
    add_served(b);
    for (size_t i = 0; i < wish->n_claims && i < CLAIMS_MOST; i++)
        add_claim(b, wish->claims[i]);
    if (wish->n_claims == 0)
        add_stuck(b);
    else
        b->status.left_out = wish->n_claims > CLAIMS_MOST ? wish->n_claims - CLAIMS_MOST : 0;
    add_wants(b);
    add_installation(b);
    ask_more(b);
    b->status.all = b->jobs.n;
    return b;
}

static void job_free(struct job *job)
{
    transport_cancel(job->bundle->session->transport, job->exchange);
    buf_free(&job->body);
    free(job->path);
    free(job->file);
    free(job->error);
    free(job);
}

void bundle_free(struct bundle *b)
{
    if (!b)
        return;
    archive_writer_drop(b->archive);
    for (size_t i = 0; i < b->jobs.n; i++)
        job_free(b->jobs.v[i]);
    for (size_t i = 0; i < b->logs.n; i++) {
        buf_free(b->logs.v[i]);
        free(b->logs.v[i]);
    }
    ptrs_free(&b->jobs);
    ptrs_free(&b->logs);
    map_free(&b->keys);
    struct buf *bufs[] = {&b->findings_text, &b->findings_json, &b->timeline, &b->about, &b->notes, &b->recording, &b->redacted};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        buf_free(bufs[i]);
    redact_forget(&b->known);
    free(b->file);
    free(b->folder);
    free(b->program);
    free(b->message);
    free(b);
}

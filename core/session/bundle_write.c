/* Writing what was read: object by object, then the logs, then what is told about them. Invariant: nothing goes into the archive that
 * has not been through core/record/redact.h; each piece is small enough for one turn. */
#include "core/session/bundle_inside.h"

#include "core/base/mem.h"
#include "core/kube/yaml_tree.h"
#include "core/record/redact.h"

#include <stdlib.h>

enum { BYTES_A_PIECE = 128 * 1024, LINES_A_PIECE = 1000, LINES_MOST = 20000, PLACES_BYTES = 4 << 20, NAME_MOST = 200 };

void bundle_on_redacted(void *ctx, const char *what)
{
    struct bundle *b = ctx;

    b->status.redacted++;
    if (b->redacted.n < PLACES_BYTES)
        buf_printf(&b->redacted, "%s\n", what);
}

static bool entry(struct bundle *b, const char *name, struct slice bytes, struct err *err)
{
    char *path = mem_printf("%s/%s", b->folder, name);
    struct buf clean = {0};

    buf_add_slice(&clean, bytes);
    if (redact_known(&b->known, &clean))
        bundle_on_redacted(b, name);
    bool good = archive_writer_add(b->archive, path, buf_slice(&clean), b->wall_ms, err);
    buf_free(&clean);
    free(path);
    return good;
}

/* A part of a file's name: what an object may be called, and nothing else. */
static void add_name(struct buf *out, struct slice text)
{
    if (!text.n || *text.p == '.')
        buf_add_byte(out, '_');
    for (size_t i = 0; i < text.n && i < NAME_MOST; i++) {
        char c = text.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
        buf_add_byte(out, plain ? c : '_');
    }
}

/* ---- objects ----------------------------------------------------------------------------------------------------------------------- */

static char *api_version(const struct job *job)
{
    const struct kind_info *info = kind_info(job->kind);
    const char *version = job->bundle->session->versions[job->kind];

    return mem_printf("%s%s%s", info->group, *info->group ? "/" : "", version ? version : info->versions[0]);
}

/* The object without secrets, with its kind and version, as YAML. */
static bool add_yaml(struct buf *out, json object, const char *api, const char *kind)
{
    struct buf whole = {0}, clean = {0};

    buf_add_byte(&whole, '{');
    if (!json_get(object, "apiVersion").n)
        buf_printf(&whole, "\"apiVersion\":\"%s\",", api);
    if (!json_get(object, "kind").n)
        buf_printf(&whole, "\"kind\":\"%s\",", kind);
    buf_add(&whole, object.p + 1, object.n - 1);
    bool good = redact_json(buf_slice(&whole), &clean, NULL) && yaml_from_json(json_whole(buf_slice(&clean)), out, YAML_SORT_KEYS, NULL);
    buf_free(&whole);
    buf_free(&clean);
    return good;
}

static bool write_object(struct bundle *b, const struct job *job, json object, struct err *err)
{
    const struct kind_info *info = kind_info(job->kind);
    struct buf name = {0}, yaml = {0}, scratch = {0};
    char *api = api_version(job);
    bool good = true;

    if (json_type(object) == JSON_OBJECT && json_path(object, "metadata.name").n && add_yaml(&yaml, object, api, info->name)) {
        struct slice ns = json_str(json_path(object, "metadata.namespace"), &scratch);
        buf_printf(&name, "objects/%s/", info->plural);
        add_name(&name, ns.n ? ns : SLICE("_cluster"));
        buf_add_byte(&name, '/');
        add_name(&name, json_str(json_path(object, "metadata.name"), &scratch));
        buf_add_text(&name, ".yaml");
        good = entry(b, name.p, buf_slice(&yaml), err);
        b->status.objects++;
        if (!job->metadata)
            recording_put(&b->writer, b->wall_ms, api, info->name, object);
    }
    buf_free(&name);
    buf_free(&yaml);
    buf_free(&scratch);
    free(api);
    return good;
}

static bool write_items(struct bundle *b, const struct job *job, struct err *err)
{
    json list = json_whole(buf_slice(&job->body));
    struct json_walk items = json_items(json_get(list, "items"));
    bool good = true;

    while (good && json_next(&items))
        good = write_object(b, job, items.value, err);
    recording_answer(&b->writer, b->wall_ms, job->path, 200, buf_slice(&job->body));
    return good;
}

static bool write_events(struct bundle *b, const struct job *job, struct err *err)
{
    struct json_walk items = json_items(json_get(json_whole(buf_slice(&job->body)), "items"));
    struct buf yaml = {0};
    bool good = true;

    while (json_next(&items)) {
        struct buf one = {0};
        if (add_yaml(&one, items.value, "v1", "Event")) {
            buf_add_text(&yaml, yaml.n ? "---\n" : "");
            buf_add_slice(&yaml, buf_slice(&one));
            recording_put(&b->writer, b->wall_ms, "v1", "Event", items.value);
        }
        buf_free(&one);
    }
    if (yaml.n)
        good = entry(b, job->file, buf_slice(&yaml), err);
    buf_free(&yaml);
    return good;
}

static void redact_lines(struct slice text, struct buf *out, size_t *found)
{
    while (text.n) {
        const char *newline = memchr(text.p, '\n', text.n);
        size_t n = newline ? (size_t)(newline - text.p) : text.n;
        *found += redact_line((struct slice){text.p, n}, out);
        if (newline)
            buf_add_byte(out, '\n');
        text.p += n + (newline != NULL);
        text.n -= n + (newline != NULL);
    }
}

static bool write_text(struct bundle *b, const struct job *job, struct err *err)
{
    struct buf clean = {0};
    size_t found = 0;

    redact_lines(buf_slice(&job->body), &clean, &found);
    if (found)
        bundle_on_redacted(b, job->file);
    bool good = entry(b, job->file, buf_slice(&clean), err);
    recording_answer(&b->writer, b->wall_ms, job->path, 200, buf_slice(&job->body));
    buf_free(&clean);
    return good;
}

/* What could not be had is said where it matters, and the replay is refused as we were. */
static void note_refusal(struct bundle *b, const struct job *job)
{
    struct buf why = {0};

    if (job->status && !job->error)
        recording_answer(&b->writer, b->wall_ms, job->path, job->status, buf_slice(&job->body));
    if (!job->matters)
        return;
    if (!job->error) {
        char *message = json_dup(json_get(json_whole(buf_slice(&job->body)), "message"));
        redact_text(slice_of(message ? message : ""), &why);
        free(message);
    }
    if (job->error)
        buf_printf(&b->notes, "Not had: %s: %s\n", job->path, job->error);
    else
        buf_printf(&b->notes, "Not had: %s: the server answered %d%s%s\n", job->path, job->status, why.n ? ": " : "", buf_slice(&why).p);
    buf_free(&why);
}

static bool write_job(struct bundle *b, struct job *job, struct err *err)
{
    bool good = true;

    if (job->error || job->status != 200) {
        note_refusal(b, job);
    } else {
        switch (job->what) {
        case JOB_ANSWER: recording_answer(&b->writer, b->wall_ms, job->path, 200, buf_slice(&job->body)); break;
        case JOB_OBJECT:
            if (job->metadata)
                recording_answer(&b->writer, b->wall_ms, job->path, 200, buf_slice(&job->body));
            good = write_object(b, job, json_whole(buf_slice(&job->body)), err);
            break;
        case JOB_ITEMS: good = write_items(b, job, err); break;
        case JOB_EVENTS: good = write_events(b, job, err); break;
        case JOB_TEXT: good = write_text(b, job, err); break;
        }
    }
    buf_free(&job->body);
    return good;
}

/* ---- logs -------------------------------------------------------------------------------------------------------------------------- */

static void add_stamp(struct buf *out, int64_t time_ms)
{
    char stamp[32];

    time_rfc3339(time_ms, stamp);
    stamp[strlen(stamp) - 1] = 0;
    buf_printf(out, "%s.%03dZ ", stamp, (int)((time_ms % 1000 + 1000) % 1000));
}

static void take_line(struct bundle *b, const struct log_buffer *lines, const struct log_entry *e)
{
    struct log_names names = log_buffer_names(lines, e->stream);
    bool timed = e->stamp_ns != INT64_MIN;

    if (timed && e->time_ms < b->from_ms)
        return;
    while (b->logs.n <= e->stream)
        ptrs_add(&b->logs, NEW(struct buf));
    struct buf *out = b->logs.v[e->stream];
    if (timed)
        add_stamp(out, e->time_ms);
    if (e->type != LOG_LINE_TEXT)
        buf_add_text(out, "--- ");
    redact_line(e->text, out);
    buf_add_byte(out, '\n');
    if (e->type == LOG_LINE_TEXT && names.pod && *names.pod)
        recording_log(&b->writer, b->wall_ms, names.ns, names.pod, names.container, false, e->stamp_ns, e->text);
}

static void take_lines(struct bundle *b)
{
    const struct log_buffer *lines = session_log_buffer(b->session, LOGS_SYSTEM);
    uint64_t first = log_buffer_first(lines), end = log_buffer_end(lines);
    struct log_entry e;

    if (b->log_at < first)
        b->log_at = first;
    if (end > LINES_MOST && b->log_at < end - LINES_MOST)
        b->log_at = end - LINES_MOST;
    for (int n = 0; n < LINES_A_PIECE && b->log_at < end; n++, b->log_at++)
        if (log_buffer_get(lines, b->log_at, &e))
            take_line(b, lines, &e);
    b->logs_done = b->log_at >= end;
}

static bool write_logs(struct bundle *b, struct err *err)
{
    const struct log_buffer *lines = session_log_buffer(b->session, LOGS_SYSTEM);
    bool good = true;

    for (size_t i = 0; i < b->logs.n && good; i++) {
        struct buf *text = b->logs.v[i], name = {0};
        struct log_names names = log_buffer_names(lines, (unsigned)i);
        if (!text->n)
            continue;
        buf_add_text(&name, "logs/");
        add_name(&name, slice_of(names.label));
        if (names.pod && *names.pod) {
            buf_add_byte(&name, '-');
            add_name(&name, slice_of(names.pod));
        }
        buf_printf(&name, "-%zu.log", i);
        good = entry(b, name.p, buf_slice(text), err);
        buf_free(&name);
    }
    return good;
}

/* ---- the rest ---------------------------------------------------------------------------------------------------------------------- */

/* Lists that we may not see must not look empty in the replay. */
static void add_refusals(struct bundle *b)
{
    struct session *s = b->session;

    for (enum source_id id = 0; id < SOURCE_COUNT; id++) {
        const struct source_row *row = &source_rows[id];
        if (s->statuses[id].health != SOURCE_FORBIDDEN || row->start == START_SELECTED)
            continue;
        char *list = object_path(s, row->kind, NULL, NULL);
        if (!list)
            continue;
        char *path = mem_printf("%s%s%s", list, row->selector ? "?" : "", row->selector ? row->selector : "");
        struct buf body = {0};
        buf_add_text(&body, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"Forbidden\",\"code\":403,"
                            "\"message\":");
        json_quote(&body, slice_of(s->statuses[id].message));
        buf_add_byte(&body, '}');
        recording_answer(&b->writer, b->wall_ms, path, 403, buf_slice(&body));
        buf_printf(&b->notes, "Not seen: %s: %s\n", row->name, s->statuses[id].message);
        buf_free(&body);
        free(path);
        free(list);
    }
}

static bool write_versions(struct bundle *b, struct err *err)
{
    const struct session *s = b->session;
    const struct ptrs *deployments = store_all(s->store, KIND_DEPLOYMENT), *nodes = store_all(s->store, KIND_NODE);
    struct buf out = {0};

    buf_printf(&out, "sandtop: %s\nserver: %s\n", b->program, *s->server_version ? s->server_version : "unknown");
    for (enum kind kind = 0; kind < KIND_COUNT; kind++)
        if (kind_info(kind)->flags & KIND_AGENT)
            buf_printf(&out, "%s: %s\n", kind_info(kind)->plural, s->versions[kind] ? s->versions[kind] : "not served");
    for (size_t i = 0; i < deployments->n; i++) {
        const struct deployment *d = AS(deployment, deployments->v[i]);
        if (d->component != COMPONENT_NONE)
            buf_printf(&out, "%s: %s/%s: %s\n", d->component == COMPONENT_CONTROLLER ? "controller" : "router", d->o.ns, d->o.name,
                       d->image);
    }
    if (nodes->n)
        buf_printf(&out, "kubelet: %s (of %zu nodes)\n", AS(node, nodes->v[0])->kubelet_version, nodes->n);
    bool good = entry(b, "versions.txt", buf_slice(&out), err);
    buf_free(&out);
    return good;
}

static bool write_readme(struct bundle *b, struct err *err)
{
    struct buf out = {0};
    char stamp[32];

    buf_printf(&out, "A triage bundle of %s, made %s.\n\nClaims it is about:\n%s", b->program, time_rfc3339(b->wall_ms, stamp),
               b->about.n ? b->about.p : "  none: nothing was stuck\n");
    if (b->status.left_out)
        buf_printf(&out, "  and %zu more that are stuck: see findings.txt\n", b->status.left_out);
    buf_add_text(&out, "\n"
                       "findings.txt, findings.json   what sandtop found (the JSON is sandtop.doctor/v1)\n"
                       "timeline.txt                  what happened when, and where the time went\n"
                       "objects/                      the objects of the chains, as YAML\n"
                       "events/                       their Events\n"
                       "logs/                         the controller's and the router's lines around it\n"
                       "controller/                   the controller's metrics, and its goroutines where it is profiled\n"
                       "versions.txt                  of the server, the API, the controller\n"
                       "redacted.txt                  what was taken out: secrets, tokens, environment values, annotations\n"
                       RECORDING_ENTRY "               all of it for: sandtop --replay THIS-FILE\n");
    if (b->notes.n)
        buf_printf(&out, "\n%s", b->notes.p);
    bool good = entry(b, "README.txt", buf_slice(&out), err);
    buf_free(&out);
    return good;
}

static bool write_redacted(struct bundle *b, struct err *err)
{
    struct buf out = {0};

    buf_printf(&out, "%zu places were replaced by " REDACTED ":\n", b->status.redacted);
    buf_add_slice(&out, buf_slice(&b->redacted));
    bool good = entry(b, "redacted.txt", buf_slice(&out), err);
    buf_free(&out);
    return good;
}

static bool write_timeline(struct bundle *b, struct err *err)
{
    struct buf clean = {0};
    size_t found = 0;

    redact_lines(buf_slice(&b->timeline), &clean, &found);
    bool good = clean.n == 0 || entry(b, "timeline.txt", buf_slice(&clean), err);
    buf_free(&clean);
    return good;
}

/* Everything but the recording, whose entry is begun. */
static bool tell(struct bundle *b, struct err *err)
{
    add_refusals(b);
    recording_end(&b->writer, b->wall_ms);
    redact_known(&b->known, &b->recording);
    char *name = mem_printf("%s/" RECORDING_ENTRY, b->folder);
    bool good = write_logs(b, err) && (!b->findings_text.n || entry(b, "findings.txt", buf_slice(&b->findings_text), err)) &&
                (!b->findings_json.n || entry(b, "findings.json", buf_slice(&b->findings_json), err)) && write_timeline(b, err) &&
                write_versions(b, err) && write_redacted(b, err) && write_readme(b, err) &&
                    archive_writer_begin(b->archive, name, b->recording.n, b->wall_ms, err);
    free(name);
    b->told = true;
    return good;
}

static bool write_recording(struct bundle *b, struct err *err)
{
    struct slice left = {b->recording.p + b->recorded, b->recording.n - b->recorded};

    if (left.n > BYTES_A_PIECE)
        left.n = BYTES_A_PIECE;
    b->recorded += left.n;
    return archive_writer_bytes(b->archive, left, err);
}

static bool finish(struct bundle *b, struct err *err)
{
    struct archive_writer *archive = b->archive;

    if (!archive_writer_end(archive, err))
        return false;
    b->archive = NULL;
    if (!archive_writer_finish(archive, err))
        return false;
    b->status.state = BUNDLE_DONE;
    b->status.message = b->notes.n ? b->notes.p : "";
    return true;
}

bool bundle_write_piece(struct bundle *b, struct err *err)
{
    const struct session *s = b->session;

    b->status.all = b->jobs.n + 1;
    if (b->piece == 0 && !b->recording.n) {
        struct recording_about about = {.context = s->context, .server = s->server, .program = b->program};
        recording_begin(&b->writer, &about);
    }
    if (b->piece < b->jobs.n) {
        bool good = write_job(b, b->jobs.v[b->piece], err);
        b->status.done = ++b->piece;
        return good;
    }
    if (!b->logs_done) {
        take_lines(b);
        return true;
    }
    if (!b->told)
        return tell(b, err);
    return b->recorded < b->recording.n ? write_recording(b, err) : finish(b, err);
}

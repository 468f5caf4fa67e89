/* Reading a recording: the text as a list of events in the order of time, each with the number of the thing it is about. Invariant:
 * events point into texts that the recording owns; a cut last event is left out and noted, anything else that is wrong is refused with
 * its line. */
#include "core/record/recording.h"

#include "core/base/clock.h"
#include "core/base/json_scan.h"
#include "core/base/map.h"
#include "core/base/mem.h"
#include "core/base/ptrs.h"
#include "core/kube/yaml_tree.h"

#include <stdlib.h>

enum { YAML_MOST = 16 << 20, LONGEST_S = 100000000, NONE = -1 };

struct recording {
    char *name;
    struct buf text, json;           /* json: of a YAML text */
    struct ptrs owned;               /* char *: texts made anew */
    struct recording_event *events;
    size_t n, cap;
    int64_t *before, *last;          /* the event before of the same thing; the last one of each thing; NONE */
    struct map numbers;              /* thing → its number + 1 */
    uint32_t things;
    int64_t start_ms, length_ms, now_ms;
    bool relative;                   /* the header has no start */
    bool ended;
    json cast;
    char *note, *context, *server, *ns;
};

struct reading {
    struct recording *recording;
    struct err *err;
    size_t line;                     /* of the event, from 1; 0: by number */
    size_t number;
    int64_t at_ms;
};

static bool refuse(struct reading *r, const char *what)
{
    if (r->line)
        return err_set(r->err, "%s:%zu: %s", r->recording->name, r->line, what);
    return err_set(r->err, "%s: event %zu: %s", r->recording->name, r->number, what);
}

/* ---- things ------------------------------------------------------------------------------------------------------------------------ */

static uint32_t number_of(struct recording *rec, char *key)
{
    uintptr_t known = (uintptr_t)map_get(&rec->numbers, slice_of(key));

    if (known) {
        free(key);
        return (uint32_t)(known - 1);
    }
    ptrs_add(&rec->owned, key);
    map_put(&rec->numbers, slice_of(key), (void *)(uintptr_t)(rec->things + 1));
    return rec->things++;
}

static void add_part(struct buf *key, json text)
{
    buf_add_byte(key, '\n');
    json_text(text, key);
}

static char *object_key(json object)
{
    struct buf key = {0}, api = {0};
    json meta = json_get(object, "metadata");

    json_text(json_get(object, "apiVersion"), &api);
    const char *slash = api.p ? strchr(api.p, '/') : NULL;
    buf_add_text(&key, "object\n");
    if (slash)                       /* the group: a kind's versions are one thing */
        buf_add(&key, api.p, (size_t)(slash - api.p));
    add_part(&key, json_get(object, "kind"));
    add_part(&key, json_get(meta, "namespace"));
    add_part(&key, json_get(meta, "name"));
    buf_free(&api);
    return buf_take(&key);
}

static char *log_key(json log)
{
    struct buf key = {0};

    buf_add_text(&key, json_true(json_get(log, "previous")) ? "previous log" : "log");
    add_part(&key, json_get(log, "namespace"));
    add_part(&key, json_get(log, "pod"));
    add_part(&key, json_get(log, "container"));
    return buf_take(&key);
}

static char *path_key(const char *path)
{
    char *plain = recording_path(path), *key = mem_printf("answer\n%s", plain);

    free(plain);
    return key;
}

/* ---- events ------------------------------------------------------------------------------------------------------------------------ */

static struct recording_event *add(struct reading *r, enum recording_what what, char *key, json value)
{
    struct recording *rec = r->recording;

    if (rec->n == rec->cap) {
        rec->cap = rec->cap ? 2 * rec->cap : 256;
        rec->events = mem_grow(rec->events, rec->cap, sizeof *rec->events);
    }
    struct recording_event *e = &rec->events[rec->n++];
    *e = (struct recording_event){
        .at_ms = r->at_ms, .order = rec->n, .what = what, .thing = number_of(rec, key), .value = value, .stamp_ns = INT64_MIN,
    };
    return e;
}

/* "@-90s" in a story without a start: the place after the closing quote, or NULL. */
static const char *relative_stamp(const char *p, const char *end, int64_t *ms)
{
    static const char units[] = "smhd";
    static const int64_t unit_ms[] = {1000, 60000, 3600000, 86400000};
    int64_t value = 0, sign = 1;
    const char *q = p + 2;           /* after "@ */

    if (q < end && (*q == '-' || *q == '+'))
        sign = *q++ == '-' ? -1 : 1;
    const char *digits = q;
    for (; q < end && *q >= '0' && *q <= '9' && q - digits < 9; q++)
        value = value * 10 + (*q - '0');
    const char *unit = q < end && *q ? strchr(units, *q) : NULL;
    if (q == digits || !unit || q + 1 >= end || q[1] != '"')
        return NULL;
    *ms = sign * value * unit_ms[unit - units];
    return q + 2;
}

static json with_times(struct reading *r, json object)
{
    struct buf out = {0};
    const char *p = object.p, *end = p + object.n, *from = p;
    char stamp[32];

    if (!r->recording->relative)
        return object;
    while ((p = memchr(p, '"', (size_t)(end - p))) && p + 1 < end) {
        int64_t ms;
        const char *after = p[1] == '@' ? relative_stamp(p, end, &ms) : NULL;
        if (!after) {
            p++;
            continue;
        }
        buf_add(&out, from, (size_t)(p - from));
        buf_printf(&out, "\"%s\"", time_rfc3339(r->recording->start_ms + r->at_ms + ms, stamp));
        from = p = after;
    }
    if (!out.n)
        return object;
    buf_add(&out, from, (size_t)(end - from));
    char *text = buf_take(&out);
    ptrs_add(&r->recording->owned, text);
    return json_whole(slice_of(text));
}

static bool object_good(json object)
{
    json name = json_path(object, "metadata.name");

    return json_type(json_get(object, "kind")) == JSON_STRING && json_type(name) == JSON_STRING && name.n > 2;
}

static bool take_put(struct reading *r, json value)
{
    struct json_walk items = json_items(json_get(value, "items"));

    if (json_type(json_get(value, "items")) == JSON_ARRAY && !json_get(value, "spec").n) {
        while (json_next(&items))    /* as kubectl get -o json prints many */
            if (json_get(items.value, "items").n || !take_put(r, items.value))
                return refuse(r, "a list's items want kind and metadata.name");
        return !items.broken || refuse(r, "its items are malformed");
    }
    if (!object_good(value))
        return refuse(r, "put wants an object with apiVersion, kind and metadata.name");
    value = with_times(r, value);
    add(r, RECORDING_PUT, object_key(value), value);
    return true;
}

static bool take_log(struct reading *r, json event, json value)
{
    json line = json_get(event, "line"), at = json_get(event, "at");
    struct buf stamp = {0};
    int64_t ms = r->recording->start_ms + r->at_ms;
    int32_t nanos = 0;

    if (json_type(line) != JSON_STRING || json_type(json_get(value, "pod")) != JSON_STRING)
        return refuse(r, "log wants namespace, pod and container, and a line beside it");
    json_text(at, &stamp);
    bool good = !at.n || time_parse(buf_slice(&stamp), &ms, &nanos);
    buf_free(&stamp);
    if (!good)
        return refuse(r, "\"at\" is no time: write 2026-11-23T08:14:02.5Z");
    struct recording_event *e = add(r, RECORDING_LOG, log_key(value), value);
    e->line = line;
    e->stamp_ns = ms >= INT64_MAX / 1000000 || ms <= INT64_MIN / 1000000 ? 0 : (ms - nanos / 1000000) * 1000000 + nanos;
    return true;
}

static bool take_answer(struct reading *r, json value)
{
    char *path = json_dup(json_get(value, "path"));
    int64_t status = 0;
    bool good = path && *path == '/' && json_int(json_get(value, "status"), &status) && status >= 100 && status < 600;

    if (good)
        add(r, RECORDING_ANSWER, path_key(path), value);
    free(path);
    return good || refuse(r, "answer wants a path that begins with / and a status");
}

static bool take_time(struct reading *r, json t)
{
    char text[40];

    if (!t.n)
        return true;
    if (json_type(t) != JSON_NUMBER || t.n >= sizeof text)
        return refuse(r, "\"t\" is the number of seconds from the start");
    memcpy(text, t.p, t.n);
    text[t.n] = 0;
    double seconds = strtod(text, NULL);
    if (!(seconds >= 0 && seconds <= LONGEST_S))
        return refuse(r, "\"t\" is the number of seconds from the start, from 0 on");
    r->at_ms = (int64_t)(seconds * 1000 + 0.5);
    return true;
}

static bool take_event(struct reading *r, json event)
{
    struct recording *rec = r->recording;
    struct json_walk w = json_members(event);

    while (json_next(&w))
        ;
    if (json_type(event) != JSON_OBJECT || w.broken) {
        struct err detail = {0};
        json_check(event, &detail);
        refuse(r, "this event is malformed");
        if (detail.text)
            err_set(r->err, "%s: %s", r->err ? r->err->text : "", detail.text);
        err_clear(&detail);
        return false;
    }
    json put = json_get(event, "put"), gone = json_get(event, "delete"), log = json_get(event, "log"), answer = json_get(event, "answer");
    if (!take_time(r, json_get(event, "t")))
        return false;
    if (r->at_ms > rec->length_ms)
        rec->length_ms = r->at_ms;
    if (put.n)
        return take_put(r, put);
    if (gone.n && !object_good(gone))
        return refuse(r, "delete wants an object's apiVersion, kind and metadata.name");
    if (gone.n)
        add(r, RECORDING_DELETE, object_key(gone), gone);
    else if (log.n)
        return take_log(r, event, log);
    else if (answer.n)
        return take_answer(r, answer);
    else if (json_get(event, "down").n)
        add(r, RECORDING_DOWN, mem_text("server"), event);
    else if (json_get(event, "up").n)
        add(r, RECORDING_UP, mem_text("server"), event);
    else if (json_true(json_get(event, "end")))
        rec->ended = true;
    return true;                     /* what a later version says besides is stepped over */
}

/* ---- the text ---------------------------------------------------------------------------------------------------------------------- */

struct cursor {
    const char *p, *end;
    size_t line;
};

static void skip_space(struct cursor *c)
{
    bool line_begins = true;

    for (; c->p < c->end; c->p++) {
        if (*c->p == '#' && line_begins) {
            const char *newline = memchr(c->p, '\n', (size_t)(c->end - c->p));
            if (!newline) {
                c->p = c->end;
                return;
            }
            c->p = newline;
        }
        if (!json_is_space(*c->p))
            return;
        if (*c->p == '\n') {
            c->line++;
            line_begins = true;
        }
    }
}

/* The value that begins here; empty where the text ends within it. */
static json next_value(struct cursor *c)
{
    struct json_scan scan = {.depth = 1};
    const char *from = c->p, *after = json_scan_brackets(&scan, from + 1, c->end);

    if (!after)
        return (json){0};
    for (const char *p = from; (p = memchr(p, '\n', (size_t)(after - p))); p++)
        c->line++;
    c->p = after;
    return (json){from, (size_t)(after - from)};
}

static bool foreign(struct recording *rec, struct err *err)
{
    return err_set(err,
                   "%s is no recording: one begins with {\"sandtop\":\"" RECORDING_SCHEMA "\"}, and a bundle is a .tar.gz that holds one",
                   rec->name);
}

static char *header_text(json header, const char *member)
{
    char *text = json_dup(json_get(header, member));

    return text ? text : mem_text("");
}

static bool take_header(struct recording *rec, json header, struct err *err)
{
    json start = json_get(header, "start");
    struct buf scratch = {0};

    if (!json_is(json_get(header, "sandtop"), RECORDING_SCHEMA)) {
        char *other = json_dup(json_get(header, "sandtop"));
        if (other)
            err_set(err, "%s is a \"%s\": this sandtop reads " RECORDING_SCHEMA, rec->name, other);
        else
            foreign(rec, err);
        free(other);
        return false;
    }
    rec->relative = !start.n;
    rec->cast = json_get(header, "cast");
    rec->start_ms = rec->now_ms;
    bool good = rec->relative || time_parse(json_str(start, &scratch), &rec->start_ms, NULL);
    buf_free(&scratch);
    rec->context = header_text(header, "context");
    rec->server = header_text(header, "server");
    rec->ns = header_text(header, "namespace");
    return good || err_set(err, "%s: its \"start\" is no time: write 2026-11-23T08:14:02Z", rec->name);
}

static bool take_list(struct reading *r, json events)
{
    struct json_walk w = json_items(events);

    for (r->number = 1; json_next(&w); r->number++)
        if (!take_event(r, w.value))
            return false;
    return !w.broken || refuse(r, "the list of events is malformed");
}

static bool take_all(struct recording *rec, struct slice text, struct err *err)
{
    struct cursor c = {.p = text.p, .end = text.p + text.n, .line = 1};
    struct reading r = {.recording = rec, .err = err};

    skip_space(&c);
    json header = c.p < c.end && *c.p == '{' ? next_value(&c) : (json){0};
    if (!header.n)
        return foreign(rec, err);
    if (!take_header(rec, header, err) || !take_list(&r, json_get(header, "events")))
        return false;
    for (skip_space(&c); c.p < c.end; skip_space(&c)) {
        r.line = c.line;
        if (*c.p != '{')
            return refuse(&r, "an event, which begins with {, should stand here");
        json event = next_value(&c);
        if (!event.n) {
            rec->note = mem_printf("%s ends within the event of line %zu: what stands before it is shown", rec->name, r.line);
            break;
        }
        if (!take_event(&r, event))
            return false;
    }
    if (!rec->note && !rec->ended && !rec->relative)
        rec->note = mem_printf("%s was not closed in order: its end may be missing", rec->name);
    return true;
}

/* A person's story may be YAML. */
static bool take_yaml(struct recording *rec, struct err *err)
{
    struct err detail = {0};
    struct yaml_tree *tree = rec->text.n <= YAML_MOST ? yaml_tree_new(buf_slice(&rec->text), rec->name, &detail) : NULL;
    bool ours = slice_find(buf_slice(&rec->text), SLICE("sandtop:")) >= 0, good = false;

    if (tree && yaml_to_json(yaml_tree_root(tree), 4 * YAML_MOST, &rec->json))
        good = take_all(rec, buf_slice(&rec->json), err);
    else if (ours && detail.text)
        err_set(err, "%s", detail.text);
    else
        foreign(rec, err);
    yaml_tree_free(tree);
    err_clear(&detail);
    return good;
}

static int compare_events(const void *a, const void *b)
{
    const struct recording_event *x = a, *y = b;

    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void sort_events(struct recording *rec)
{
    bool sorted = true;

    for (size_t i = 0; i < rec->n; i++)
        sorted &= i == 0 || rec->events[i - 1].at_ms <= rec->events[i].at_ms;
    if (!sorted)
        qsort(rec->events, rec->n, sizeof *rec->events, compare_events);
}

static void chain_events(struct recording *rec)
{
    rec->before = mem_array(rec->n + 1, sizeof *rec->before);
    rec->last = mem_array((size_t)rec->things + 1, sizeof *rec->last);
    for (uint32_t i = 0; i < rec->things; i++)
        rec->last[i] = NONE;
    for (size_t i = 0; i < rec->n; i++) {
        uint32_t thing = rec->events[i].thing;
        rec->before[i] = rec->last[thing];
        rec->last[thing] = (int64_t)i;
    }
}

struct recording *recording_read(struct slice text, const char *name, int64_t now_ms, struct err *err)
{
    struct recording *rec = NEW(struct recording);

    rec->name = mem_text(name);
    rec->now_ms = now_ms;
    buf_add_slice(&rec->text, text);
    struct cursor c = {.p = rec->text.p, .end = rec->text.p + rec->text.n};
    skip_space(&c);
    bool json_text = c.p < c.end && *c.p == '{';
    if (!(json_text ? take_all(rec, buf_slice(&rec->text), err) : take_yaml(rec, err))) {
        recording_free(rec);
        return NULL;
    }
    sort_events(rec);
    chain_events(rec);
    return rec;
}

void recording_free(struct recording *rec)
{
    if (!rec)
        return;
    for (size_t i = 0; i < rec->owned.n; i++)
        free(rec->owned.v[i]);
    ptrs_free(&rec->owned);
    map_free(&rec->numbers);
    buf_free(&rec->text);
    buf_free(&rec->json);
    free(rec->events);
    free(rec->before);
    free(rec->last);
    free(rec->note);
    free(rec->context);
    free(rec->server);
    free(rec->ns);
    free(rec->name);
    free(rec);
}

int64_t recording_start(const struct recording *rec)
{
    return rec->start_ms;
}

int64_t recording_length(const struct recording *rec)
{
    return rec->length_ms;
}

size_t recording_count(const struct recording *rec)
{
    return rec->n;
}

const struct recording_event *recording_event(const struct recording *rec, size_t i)
{
    return &rec->events[i];
}

size_t recording_things(const struct recording *rec)
{
    return rec->things;
}

const struct recording_event *recording_answered(const struct recording *rec, const char *path, size_t n)
{
    char *key = path_key(path);
    uintptr_t known = (uintptr_t)map_get(&rec->numbers, slice_of(key));
    int64_t i = known ? rec->last[known - 1] : NONE;

    free(key);
    while (i != NONE && (size_t)i >= n)
        i = rec->before[i];
    return i == NONE ? NULL : &rec->events[i];
}

const char *recording_note(const struct recording *rec)
{
    return rec->note ? rec->note : "";
}

json recording_cast(const struct recording *rec)
{
    return rec->cast;
}

bool recording_by_hand(const struct recording *rec)
{
    return rec->relative;
}

const char *recording_context(const struct recording *rec)
{
    return rec->context;
}

const char *recording_server(const struct recording *rec)
{
    return rec->server;
}

const char *recording_ns(const struct recording *rec)
{
    return rec->ns;
}

/* Events of both APIs: core/v1 (involvedObject, message, firstTimestamp, count, source) and events.k8s.io/v1 (regarding, note, eventTime,
 * series, deprecated…). One object may be served by either, so all spellings are read and folded. decode_head has put the members into
 * d->event: an event has no spec, so the one pass over it finds both its metadata and the rest. */
#include "core/store/decode.h"
#include "core/base/clock.h"
#include "core/store/links.h"

enum {
    INVOLVED, REGARDING, REASON, MESSAGE, NOTE, TYPE, EVENT_TIME, SERIES, FIRST, LAST, COUNT, SOURCE, COMPONENT, CONTROLLER, OLD_FIRST,
    OLD_LAST, OLD_COUNT, OLD_SOURCE,
};
const struct slice event_names[EVENT_MEMBERS] = {
    SLICE("involvedObject"), SLICE("regarding"), SLICE("reason"), SLICE("message"), SLICE("note"), SLICE("type"), SLICE("eventTime"),
    SLICE("series"), SLICE("firstTimestamp"), SLICE("lastTimestamp"), SLICE("count"), SLICE("source"), SLICE("reportingComponent"),
    SLICE("reportingController"), SLICE("deprecatedFirstTimestamp"), SLICE("deprecatedLastTimestamp"), SLICE("deprecatedCount"),
    SLICE("deprecatedSource"), SLICE("metadata"),
};
_Static_assert(EVENT_METADATA == OLD_SOURCE + 1, "one place for each member");

enum { ABOUT_KIND, ABOUT_NS, ABOUT_NAME, ABOUT_UID, ABOUT_FIELD, ABOUT_API, ABOUT_MEMBERS };
static const struct slice about_names[] = {
    SLICE("kind"), SLICE("namespace"), SLICE("name"), SLICE("uid"), SLICE("fieldPath"), SLICE("apiVersion"),
};

/* The first of two spellings that is there. */
static json either(const struct decoding *d, int one, int other)
{
    json v = d->event[one];
    return v.n && json_type(v) != JSON_NULL ? v : d->event[other];
}

/* The kind an event is about, if it stands in a claim's chain. Names are not enough: another API group may have a kind of that name. */
static enum kind about_kind(struct decoding *d, const json *about)
{
    enum kind kind = kind_by_name(json_str(about[ABOUT_KIND], &d->scratch));
    if (kind > KIND_DEPLOYMENT && kind != KIND_PVC)
        return KIND_NONE;
    struct slice api = json_str(about[ABOUT_API], &d->scratch);
    const char *slash = api.n ? memchr(api.p, '/', api.n) : NULL;
    struct slice group = {api.p, slash ? (size_t)(slash - api.p) : 0};
    return !api.n || slice_is(group, kind_info(kind)->group) ? kind : KIND_NONE;
}

bool wanted_event(struct decoding *d)
{
    json about[ABOUT_MEMBERS];
    PICK(either(d, INVOLVED, REGARDING), about_names, about);
    return about_kind(d, about) != KIND_NONE;
}

static int64_t ms_of(struct decoding *d, json stamp)
{
    int64_t ms;
    struct slice text = json_str(stamp, &d->scratch);
    return text.n && time_parse(text, &ms, NULL) ? ms : 0;
}

struct span {
    int64_t first_ms, last_ms;
    int64_t count;
};

/* Components of agent-sandbox and the scheduler give eventTime and a series for repeats, the kubelet and the volume controllers give
 * firstTimestamp, lastTimestamp and count: the earliest and the latest of all that is there is right for both. */
static struct span span_of(struct decoding *d)
{
    static const struct slice series_names[] = {SLICE("count"), SLICE("lastObservedTime")};
    json series[2];
    PICK(d->event[SERIES], series_names, series);
    const int64_t stamps[] = {
        ms_of(d, either(d, FIRST, OLD_FIRST)), ms_of(d, either(d, LAST, OLD_LAST)), ms_of(d, d->event[EVENT_TIME]), ms_of(d, series[1]),
    };
    struct span span = {0, 0, 1};
    for (unsigned i = 0; i < 4; i++) {
        if (stamps[i] && (!span.first_ms || stamps[i] < span.first_ms))
            span.first_ms = stamps[i];
        if (stamps[i] && (!span.last_ms || stamps[i] > span.last_ms))
            span.last_ms = stamps[i];
    }
    if (!span.first_ms)
        span.first_ms = span.last_ms = d->created_ms;
    int64_t count;
    const json counts[] = {d->event[COUNT], d->event[OLD_COUNT], series[0]};
    for (unsigned i = 0; i < 3; i++)
        if (json_int(counts[i], &count) && count > span.count)
            span.count = count > INT32_MAX ? INT32_MAX : count;
    return span;
}

int64_t event_last_ms(struct decoding *d)
{
    return span_of(d).last_ms;
}

static void decode_times(struct decoding *d, struct event *e)
{
    struct span span = span_of(d);
    put_ms(d, &e->first_ms, span.first_ms);
    put_ms(d, &e->last_ms, span.last_ms);
    if (e->count != (int32_t)span.count) {
        e->count = (int32_t)span.count;
        d->changed = true;
    }
}

static void decode_about(struct decoding *d, struct event *e)
{
    json about[ABOUT_MEMBERS];
    PICK(either(d, INVOLVED, REGARDING), about_names, about);
    enum kind kind = about_kind(d, about);
    if (e->about_kind != kind) {
        e->about_kind = kind;
        d->changed = true;
    }
    put_name(d, &e->about_kind_name, about[ABOUT_KIND]);
    put_name(d, &e->about_name, about[ABOUT_NAME]);
    put_text(d, &e->about_field, about[ABOUT_FIELD]);
    put_uid(d, &e->about_uid, about[ABOUT_UID]);
    if (!(kind_info(kind)->flags & KIND_NAMESPACED))
        put_slice(d, &e->about_ns, (struct slice){"", 0});
    else if (json_type(about[ABOUT_NS]) == JSON_STRING && about[ABOUT_NS].n > 2)
        put_name(d, &e->about_ns, about[ABOUT_NS]);
    else
        put_slice(d, &e->about_ns, slice_of(e->o.ns));
}

void decode_event(struct decoding *d, struct object *o)
{
    struct event *e = (struct event *)(void *)o;
    put_text(d, &e->type, d->event[TYPE]);
    put_text(d, &e->reason, d->event[REASON]);
    put_text(d, &e->message, either(d, MESSAGE, NOTE));
    json component = either(d, COMPONENT, CONTROLLER);
    if (component.n <= 2 || json_type(component) != JSON_STRING)
        component = json_get(either(d, SOURCE, OLD_SOURCE), "component");
    put_text(d, &e->component, component);
    decode_times(d, e);
    decode_about(d, e);
    store_link_in(d, o, LINK_EVENT_ABOUT, 0, e->about_kind, e->about_ns, e->about_name);
}

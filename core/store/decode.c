/* What all decoders share: the head of every object, and setters that notice a difference. Invariant: a setter leaves a valid str in its
 * slot and sets d->changed exactly where the value is another one than before. */
#include "core/store/decode.h"
#include "core/base/clock.h"
#include "core/store/store.h"
#include <limits.h>

void pick(json object, const struct slice *names, unsigned n, json *out)
{
    for (unsigned i = 0; i < n; i++)
        out[i] = (json){"", 0};
    unsigned missing = n;
    for (struct json_walk w = json_members(object); missing && json_next(&w);) {
        for (unsigned i = 0; i < n; i++) {
            if (w.key.n == names[i].n && memcmp(w.key.p, names[i].p, w.key.n) == 0) {
                missing -= out[i].n == 0;
                out[i] = w.value;
                break;
            }
        }
    }
}

/* At most `most` bytes of s, without half a character at its end. */
static struct slice cut(struct slice s, size_t most)
{
    if (s.n <= most)
        return s;
    size_t n = most;
    while (n > 0 && n + 4 > most && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return (struct slice){s.p, ((unsigned char)s.p[n] & 0xc0) == 0x80 ? most : n};
}

void put_slice(struct decoding *d, str *slot, struct slice text)
{
    if (str_set(d->pool, slot, cut(text, MAX_TEXT)))
        d->changed = true;
}

void put_text(struct decoding *d, str *slot, json string)
{
    put_slice(d, slot, json_str(string, &d->scratch));
}

void put_name(struct decoding *d, str *slot, json string)
{
    struct slice name = json_str(string, &d->scratch);
    put_slice(d, slot, name.n <= MAX_NAME ? name : (struct slice){"", 0});
}

void put_ms(struct decoding *d, int64_t *slot, int64_t ms)
{
    if (*slot != ms) {
        *slot = ms;
        d->changed = true;
    }
}

static int64_t time_of(struct decoding *d, json stamp)
{
    int64_t ms = 0;
    struct slice text = json_str(stamp, &d->scratch);
    return text.n && time_parse(text, &ms, NULL) ? ms : 0;
}

void put_time(struct decoding *d, int64_t *slot, json stamp)
{
    put_ms(d, slot, time_of(d, stamp));
}

void put_int(struct decoding *d, int32_t *slot, json number, int32_t absent)
{
    int64_t wide;
    int32_t value = absent;
    if (json_int(number, &wide))
        value = wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : (int32_t)wide;
    if (*slot != value) {
        *slot = value;
        d->changed = true;
    }
}

void put_bool(struct decoding *d, bool *slot, bool value)
{
    if (*slot != value) {
        *slot = value;
        d->changed = true;
    }
}

void put_uid(struct decoding *d, struct uid *slot, json string)
{
    struct uid uid = uid_parse(json_str(string, &d->scratch));
    if (!uid_eq(*slot, uid)) {
        *slot = uid;
        d->changed = true;
    }
}

static void join(struct decoding *d, json array, char between)
{
    unsigned n = 0;
    for (struct json_walk w = json_items(array); n < MAX_JOINED && d->joined.n < MAX_TEXT && json_next(&w);) {
        if (json_type(w.value) != JSON_STRING)
            continue;
        if (d->joined.n)
            buf_add_byte(&d->joined, between);
        buf_add_slice(&d->joined, cut(json_str(w.value, &d->scratch), MAX_TEXT));
        n++;
    }
}

void put_joined(struct decoding *d, str *slot, json array, json array_after, char between)
{
    buf_clear(&d->joined);
    join(d, array, between);
    join(d, array_after, between);
    put_slice(d, slot, buf_slice(&d->joined));
}

void put_pairs(struct decoding *d, str *slot, json object)
{
    unsigned n = 0;
    buf_clear(&d->joined);
    for (struct json_walk w = json_members(object); n < MAX_JOINED && d->joined.n < MAX_TEXT && json_next(&w); n++) {
        if (d->joined.n)
            buf_add_byte(&d->joined, ',');
        buf_add_slice(&d->joined, w.key);
        buf_add_byte(&d->joined, '=');
        buf_add_slice(&d->joined, cut(json_str(w.value, &d->scratch), MAX_TEXT));
    }
    put_slice(d, slot, buf_slice(&d->joined));
}

/* --- conditions ---------------------------------------------------------------------------------------------------------------------- */
static enum truth truth_of(json v)
{
    return json_is(v, "True") ? TRUTH_TRUE : json_is(v, "False") ? TRUTH_FALSE : json_is(v, "Unknown") ? TRUTH_UNKNOWN : TRUTH_ABSENT;
}

static void put_condition(struct decoding *d, struct condition *c, const json *member)
{
    enum truth status = truth_of(member[1]);
    if (c->status != status) {
        c->status = status;
        d->changed = true;
    }
    put_text(d, &c->reason, member[2]);
    put_text(d, &c->message, member[3]);
    put_time(d, &c->since_ms, member[4]);
}

unsigned decode_conditions(struct decoding *d, json array, const struct condition_want *want, unsigned n)
{
    static const struct slice names[] = {SLICE("type"), SLICE("status"), SLICE("reason"), SLICE("message"), SLICE("lastTransitionTime")};
    static const json absent[5];
    unsigned seen = 0, count = 0;
    for (struct json_walk w = json_items(array); json_next(&w); count++) {
        json member[5];
        PICK(w.value, names, member);
        for (unsigned i = 0; i < n; i++) {
            if (json_type(member[0]) == JSON_STRING && member[0].n == want[i].type.n + 2 &&
                memcmp(member[0].p + 1, want[i].type.p, want[i].type.n) == 0) {
                put_condition(d, want[i].into, member);
                seen |= 1u << i;
            }
        }
    }
    for (unsigned i = 0; i < n; i++)
        if (!(seen & 1u << i))
            put_condition(d, want[i].into, absent);
    return count;
}

/* --- the head ------------------------------------------------------------------------------------------------------------------------ */
/* A string that may need decoding, in a buffer of its own: name and namespace are needed at once. */
static struct slice own_text(json v, struct buf *buffer)
{
    struct slice text = json_str(v, buffer);
    return memchr(text.p, 0, text.n) ? (struct slice){"", 0} : text;
}

static void decode_root(struct decoding *d, enum kind kind, json object)
{
    enum { METADATA, SPEC, STATUS, API_VERSION, MEMBERS };
    static const struct slice names[] = {SLICE("metadata"), SLICE("spec"), SLICE("status"), SLICE("apiVersion")};
    json member[MEMBERS] = {{"", 0}, {"", 0}, {"", 0}, {"", 0}};
    if (kind == KIND_EVENT) {
        PICK(object, event_names, d->event);
        member[METADATA] = d->event[EVENT_METADATA];
    } else {
        PICK(object, names, member);
    }
    d->root = object;
    d->metadata = member[METADATA];
    d->spec = member[SPEC];
    d->status = member[STATUS];
    d->api_version = member[API_VERSION];
}

bool decode_head(struct decoding *d, enum kind kind, json object)
{
    enum { NAME, NAMESPACE, UID, CREATED, DELETED, LABELS, ANNOTATIONS, OWNERS, FINALIZERS, META_MEMBERS };
    static const struct slice meta_names[] = {
        SLICE("name"), SLICE("namespace"), SLICE("uid"), SLICE("creationTimestamp"), SLICE("deletionTimestamp"), SLICE("labels"),
        SLICE("annotations"), SLICE("ownerReferences"), SLICE("finalizers"),
    };
    json meta[META_MEMBERS];
    decode_root(d, kind, object);
    PICK(d->metadata, meta_names, meta);
    d->name = own_text(meta[NAME], &d->name_text);
    d->ns = kind_info(kind)->flags & KIND_NAMESPACED ? own_text(meta[NAMESPACE], &d->ns_text) : (struct slice){"", 0};
    d->uid = uid_parse(json_str(meta[UID], &d->scratch));
    d->created_ms = time_of(d, meta[CREATED]);
    d->deleted = meta[DELETED];
    d->labels = meta[LABELS];
    d->annotations = meta[ANNOTATIONS];
    d->owners = meta[OWNERS];
    d->finalizers = meta[FINALIZERS];
    d->changed = d->chain_changed = d->picky = false;
    return d->name.n > 0 && d->name.n <= MAX_NAME && d->ns.n <= MAX_NAME;
}

static void decode_owner(struct decoding *d, struct object *o)
{
    enum { CONTROLLER, KIND, NAME, UID, MEMBERS };
    static const struct slice names[] = {SLICE("controller"), SLICE("kind"), SLICE("name"), SLICE("uid")};
    json owner[MEMBERS] = {{"", 0}, {"", 0}, {"", 0}, {"", 0}};
    bool controlled = false;
    for (struct json_walk w = json_items(d->owners); !controlled && json_next(&w);) {
        json member[MEMBERS];
        PICK(w.value, names, member);
        if ((controlled = json_true(member[CONTROLLER])))
            memcpy(owner, member, sizeof owner);
    }
    put_bool(d, &o->controlled, controlled);
    put_name(d, &o->owner_kind, owner[KIND]);
    put_name(d, &o->owner_name, owner[NAME]);
    put_uid(d, &o->owner_uid, owner[UID]);
}

void decode_meta(struct decoding *d, struct object *o)
{
    int64_t deleting = o->deleting_ms;
    put_ms(d, &o->created_ms, d->created_ms);
    put_time(d, &o->deleting_ms, d->deleted);
    put_joined(d, &o->finalizers, d->finalizers, (json){"", 0}, ',');
    decode_owner(d, o);
    if (o->deleting_ms != deleting)
        d->chain_changed = true;
}

/* --- quantities ---------------------------------------------------------------------------------------------------------------------- */
static double quantity_factor(struct slice suffix)
{
    static const struct {
        const char *suffix;
        double factor;
    } rows[] = {
        {"", 1}, {"m", 1e-3}, {"u", 1e-6}, {"n", 1e-9}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"P", 1e15}, {"E", 1e18},
        {"Ki", 1024.0}, {"Mi", 1048576.0}, {"Gi", 1073741824.0}, {"Ti", 1099511627776.0}, {"Pi", 1125899906842624.0},
        {"Ei", 1152921504606846976.0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (slice_is(suffix, rows[i].suffix))
            return rows[i].factor;
    int64_t power;
    struct slice digits = {suffix.p + 1, suffix.n - 1};
    if ((suffix.p[0] == 'e' || suffix.p[0] == 'E') && slice_int(digits, &power) && power >= -18 && power <= 18) {
        double factor = 1;
        for (; power > 0; power--)
            factor *= 10;
        for (; power < 0; power++)
            factor /= 10;
        return factor;
    }
    return 0;
}

int64_t quantity_milli(struct slice text)
{
    double value = 0, place = 0;
    size_t i = 0;
    bool minus = text.n && text.p[0] == '-';
    for (i = minus; i < text.n && ((text.p[i] >= '0' && text.p[i] <= '9') || (text.p[i] == '.' && place == 0)); i++) {
        if (text.p[i] == '.') {
            place = 1;
        } else if (place == 0) {
            value = value * 10 + (text.p[i] - '0');
        } else {
            place /= 10;
            value += (text.p[i] - '0') * place;
        }
    }
    double factor = quantity_factor((struct slice){text.p + i, text.n - i});
    if (factor == 0)
        return 0;
    value *= 1000 * factor * (minus ? -1 : 1);
    return value >= 9.2e18 ? INT64_MAX : value <= -9.2e18 ? INT64_MIN : (int64_t)(value + (value < 0 ? -0.5 : 0.5));
}

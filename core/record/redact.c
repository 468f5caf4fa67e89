/* Secrets in documents: one walk that writes what it passes, by where it stands. Invariant: what is malformed or too deep is not written
 * at all; a place is told for each thing taken out, its value never. */
#include "core/record/redact.h"

#include "core/base/json_scan.h"

enum {
    NESTED_MOST = 3,                 /* documents within texts within documents */
    DEPTH_MOST = JSON_MAX_DEPTH,
};

/* What a value is, by the member that holds it. */
enum role {
    PLAIN,
    ENV,                             /* a list of {name, value}, or a map */
    ENV_ITEM,
    ALL,                             /* whatever is in it goes */
    ARGUMENTS,
    ANNOTATIONS,
    HEADERS,                         /* a list of {name, value} */
    SCHEMA,                          /* of a CRD: its members speak of members */
};

struct walk {
    struct buf *out, path;
    const struct redact_notes *notes;
    unsigned depth, nested;
    size_t found;
    bool named;                      /* the item of env that is written is called as a secret is */
    bool broken;
};

static void write_value(struct walk *w, json v, enum role role, struct slice key);

static void tell(struct walk *w)
{
    w->found++;
    if (w->notes && w->notes->on_place)
        w->notes->on_place(w->notes->ctx, buf_slice(&w->path).p);
}

static void write_redacted(struct walk *w)
{
    buf_add_text(w->out, "\"" REDACTED "\"");
    tell(w);
}

/* The same of what is called as a secret is: it is one wherever else it stands. */
static void write_secret(struct walk *w, json v)
{
    struct buf scratch = {0};

    write_redacted(w);
    if (w->notes && w->notes->on_secret && json_type(v) == JSON_STRING)
        w->notes->on_secret(w->notes->ctx, json_str(v, &scratch));
    buf_free(&scratch);
}

static bool is_empty_value(json v)
{
    return json_type(v) == JSON_NULL || (json_type(v) == JSON_STRING && v.n == 2) ||
           (json_type(v) != JSON_STRING && json_type(v) != JSON_NUMBER && json_type(v) != JSON_BOOL && json_count(v) == 0);
}

/* A document within a text (an annotation, an argument) is gone through as one. */
static bool write_nested(struct walk *w, struct slice text)
{
    if (!text.n || !strchr("{[ \n\t", *text.p))
        return false;
    json inner = json_whole(text);
    enum json_type type = json_type(inner);
    struct buf out = {0};

    if ((type != JSON_OBJECT && type != JSON_ARRAY) || w->nested == NESTED_MOST)
        return false;
    struct walk deeper = {.out = &out, .path = w->path, .notes = w->notes, .nested = w->nested + 1, .depth = w->depth};
    size_t n = deeper.path.n;
    buf_add_text(&deeper.path, "(json)");
    write_value(&deeper, inner, PLAIN, SLICE(""));
    w->path = deeper.path;
    w->path.n = n;
    w->path.p[n] = 0;
    if (!deeper.broken)              /* a text without a secret stays as it was */
        json_quote(w->out, deeper.found ? buf_slice(&out) : text);
    w->found += deeper.found;
    buf_free(&out);
    return !deeper.broken;
}

static void write_text(struct walk *w, json v)
{
    struct buf scratch = {0}, clean = {0};
    struct slice text = json_str(v, &scratch);

    if (!write_nested(w, text)) {
        if (redact_text(text, &clean)) {
            json_quote(w->out, buf_slice(&clean));
            tell(w);
        } else {
            json_quote(w->out, text);
        }
    }
    buf_free(&scratch);
    buf_free(&clean);
}

/* ---- annotations ------------------------------------------------------------------------------------------------------------------- */

/* Kubernetes' own (k8s.io, kubernetes.io and what lies below them), its SIGs' (Agent Sandbox's are among these), and those whose few
 * keys are known. */
static bool own_domain(struct slice key)
{
    static const char *const domains[] = {"k8s.io", "x-k8s.io", "kubernetes.io", "kubebuilder.io", "prometheus.io"};
    const char *slash = memchr(key.p, '/', key.n);
    struct slice domain = {key.p, slash ? (size_t)(slash - key.p) : 0};

    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        size_t n = strlen(domains[i]);
        if (domain.n >= n && memcmp(domain.p + domain.n - n, domains[i], n) == 0 && (domain.n == n || domain.p[domain.n - n - 1] == '.'))
            return true;
    }
    return false;
}

/* A number, a yes or no, a version: too short to be a secret, and with few letters. */
static bool trivial(struct slice v)
{
    static const char *const words[] = {"true", "false", "yes", "no", "enabled", "disabled", "none"};
    size_t digits = 0;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (slice_is(v, words[i]))
            return true;
    for (size_t i = 0; i < v.n; i++)
        digits += (v.p[i] >= '0' && v.p[i] <= '9') || v.p[i] == '.' || v.p[i] == '%';
    return v.n <= 6 && digits == v.n;
}

static void write_annotation(struct walk *w, json v, struct slice key)
{
    struct buf scratch = {0};
    struct slice text = json_str(v, &scratch);
    bool last_applied = slice_find(key, SLICE("last-applied")) >= 0;

    if (json_type(v) == JSON_STRING && (text.n == 0 || trivial(text)))
        json_quote(w->out, text);
    else if (redact_secret_name(key))
        write_secret(w, v);
    else if (!own_domain(key) || last_applied || json_type(v) != JSON_STRING)
        write_redacted(w);
    else
        write_text(w, v);
    buf_free(&scratch);
}

/* ---- arguments --------------------------------------------------------------------------------------------------------------------- */

/* Whether the argument after this one is a secret: "--token", "-password". "-u" is for the text itself to tell. */
static bool names_next(struct slice argument)
{
    size_t dashes = 0;

    while (dashes < argument.n && argument.p[dashes] == '-')
        dashes++;
    struct slice name = {argument.p + dashes, argument.n - dashes};
    if (!dashes || !name.n || memchr(name.p, '=', name.n) || memchr(name.p, ' ', name.n))
        return false;
    return redact_secret_name(name);
}

static void write_argument(struct walk *w, json v, bool *secret)
{
    struct buf scratch = {0};
    struct slice text = json_str(v, &scratch);
    bool was = *secret;

    *secret = json_type(v) == JSON_STRING && names_next(text);
    if (was && text.n && *text.p != '-' && *text.p != '$')
        write_secret(w, v);
    else
        write_value(w, v, PLAIN, SLICE(""));
    buf_free(&scratch);
}

/* ---- the walk ---------------------------------------------------------------------------------------------------------------------- */

/* "-u" and what follows it are two arguments, which redact_text sees only together. */
static bool user_flag(json v)
{
    return json_is(v, "-u") || json_is(v, "--user");
}

static void write_array(struct walk *w, json v, enum role role)
{
    struct json_walk items = json_items(v);
    size_t n = w->path.n;
    bool secret = false, user = false;

    buf_add_byte(w->out, '[');
    for (size_t i = 0; json_next(&items) && !w->broken; i++) {
        if (i)
            buf_add_byte(w->out, ',');
        buf_printf(&w->path, "[%zu]", i);
        if (role == ARGUMENTS && user && memchr(items.value.p, ':', items.value.n))
            write_redacted(w);
        else if (role == ARGUMENTS && json_type(items.value) == JSON_STRING)
            write_argument(w, items.value, &secret);
        else if (role == ENV || role == HEADERS)
            write_value(w, items.value, ENV_ITEM, SLICE(""));
        else
            write_value(w, items.value, role, SLICE(""));
        user = user_flag(items.value);
        w->path.n = n;
        w->path.p[n] = 0;
    }
    w->broken |= items.broken;
    buf_add_byte(w->out, ']');
}

/* The role of what a member holds. depth 1 is the document itself: data there is a Secret's or a ConfigMap's. */
static enum role role_of(const struct walk *w, struct slice key)
{
    static const struct {
        const char *key;
        enum role role;
    } rows[] = {
        {"env", ENV}, {"environment", ENV}, {"envVars", ENV}, {"environmentVariables", ENV}, {"args", ARGUMENTS}, {"command", ARGUMENTS},
        {"annotations", ANNOTATIONS}, {"httpHeaders", HEADERS}, {"stringData", ALL}, {"binaryData", ALL}, {"openAPIV3Schema", SCHEMA},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (slice_is(key, rows[i].key))
            return rows[i].role;
    bool top = w->depth == 1 || (w->depth == 3 && slice_starts(buf_slice(&w->path), SLICE("items[")));
    return slice_is(key, "data") && top ? ALL : PLAIN;
}

static void write_member(struct walk *w, struct slice key, json v, enum role role)
{
    if (role == ANNOTATIONS) {
        write_annotation(w, v, key);
    } else if (role == ENV_ITEM && slice_is(key, "value")) {
        if (is_empty_value(v))
            buf_add_slice(w->out, v);
        else if (w->named)
            write_secret(w, v);
        else
            write_redacted(w);
    } else if (role == ENV) {        /* a map of names and values */
        write_value(w, v, ALL, key);
    } else {
        write_value(w, v, role == ALL || role == SCHEMA ? role : role_of(w, key), key);
    }
}

static void add_key_to_path(struct walk *w, struct slice key)
{
    bool plain = key.n > 0;

    for (size_t i = 0; i < key.n && plain; i++)
        plain = (unsigned char)key.p[i] > ' ' && !strchr(".[]\"\\/", key.p[i]) && (unsigned char)key.p[i] < 0x7f;
    if (plain && w->path.n)
        buf_add_byte(&w->path, '.');
    if (plain) {
        buf_add_slice(&w->path, key);
        return;
    }
    buf_add_byte(&w->path, '[');
    json_quote(&w->path, key);
    buf_add_byte(&w->path, ']');
}

static void write_object(struct walk *w, json v, enum role role)
{
    struct json_walk members = json_members(v);
    struct buf key = {0}, clean = {0};
    size_t n = w->path.n;
    bool first = true, was = w->named;

    if (role == ENV_ITEM) {
        struct slice name = json_str(json_get(v, "name"), &key);
        w->named = redact_secret_name(name);
    }
    buf_add_byte(w->out, '{');
    while (json_next(&members) && !w->broken) {
        buf_clear(&key);
        json_text((json){members.key.p - 1, members.key.n + 2}, &key);   /* with its quotes it is a string */
        struct slice name = buf_slice(&key);
        if (slice_is(name, "managedFields"))
            continue;
        if (!first)
            buf_add_byte(w->out, ',');
        first = false;
        buf_clear(&clean);
        redact_text(name, &clean);
        json_quote(w->out, buf_slice(&clean));
        buf_add_byte(w->out, ':');
        add_key_to_path(w, name);
        write_member(w, name, members.value, role);
        w->path.n = n;
        if (w->path.p)
            w->path.p[n] = 0;
    }
    w->broken |= members.broken;
    w->named = was;
    buf_add_byte(w->out, '}');
    buf_free(&key);
    buf_free(&clean);
}

/* A member called "token" or "password"; where there are many of them (an object, a list) each text below is looked at for itself. */
static bool is_secret(struct slice key, json v)
{
    if (!key.n || json_type(v) != JSON_STRING || v.n == 2 || !redact_secret_name(key))
        return false;
    return !json_is(v, REDACTED);
}

static void write_value(struct walk *w, json v, enum role role, struct slice key)
{
    enum json_type type = json_type(v);

    if (++w->depth > DEPTH_MOST || type == JSON_NONE)
        w->broken = true;
    else if (type == JSON_OBJECT)
        write_object(w, v, role);
    else if (type == JSON_ARRAY)
        write_array(w, v, role);
    else if ((role == ALL || (role == ENV_ITEM && type == JSON_STRING)) && !is_empty_value(v))
        write_redacted(w);           /* an item of env that is a text is NAME=value */
    else if (type != JSON_STRING)
        buf_add_slice(w->out, v);
    else if (role != SCHEMA && is_secret(key, v))
        write_secret(w, v);
    else
        write_text(w, v);
    w->depth--;
}

bool redact_json(json document, struct buf *out, const struct redact_notes *notes)
{
    struct walk w = {.out = out, .notes = notes};
    size_t before = out->n;
    json whole = json_whole(document);

    if (!whole.n)
        return false;
    buf_add_text(&w.path, "");
    write_value(&w, whole, PLAIN, SLICE(""));
    if (w.broken) {
        out->n = before;
        if (out->p)
            out->p[before] = 0;
    }
    buf_free(&w.path);
    return !w.broken;
}

static void count(void *ctx, const char *place)
{
    (void)place;
    ++*(size_t *)ctx;
}

size_t redact_line(struct slice line, struct buf *out)
{
    size_t n = 0;
    struct redact_notes notes = {.on_place = count, .ctx = &n};
    json value = line.n && *line.p == '{' ? json_whole(line) : (json){0};
    struct buf clean = {0};

    if (!value.n || !redact_json(value, &clean, &notes)) {
        buf_free(&clean);
        return redact_text(line, out);
    }
    /* a line without a secret stays as it was, to the byte */
    if (n)
        buf_add_slice(out, buf_slice(&clean));
    else
        buf_add_slice(out, line);
    buf_free(&clean);
    return n;
}

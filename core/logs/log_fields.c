/* The objects a line speaks of. The keys are those that v0.5.6's controllers and routers write. Invariant: no object twice, the one that
 * the line is most about first: the reconciled one, then those it names besides. */
#include "core/logs/log_inside.h"

static const struct {
    const char *key, *kind;
} kind_keys[] = {
    {"sandbox", "Sandbox"}, {"sandbox_id", "Sandbox"}, {"sandboxName", "Sandbox"}, {"Sandbox.Name", "Sandbox"}, {"claim", "SandboxClaim"},
    {"claimName", "SandboxClaim"}, {"ownerClaim", "SandboxClaim"}, {"poolName", "SandboxWarmPool"}, {"warmPool", "SandboxWarmPool"},
    {"pool", "SandboxWarmPool"}, {"template", "SandboxTemplate"}, {"templateRef", "SandboxTemplate"}, {"templateName", "SandboxTemplate"},
    {"pod", "Pod"}, {"podName", "Pod"}, {"Pod.Name", "Pod"}, {"trackedPodName", "Pod"}, {"PVC.Name", "PersistentVolumeClaim"},
    {"Service.Name", "Service"},
};

static struct slice kind_of_key(struct slice key)
{
    for (size_t i = 0; i < sizeof kind_keys / sizeof *kind_keys; i++)
        if (slice_is(key, kind_keys[i].key))
            return slice_of(kind_keys[i].kind);
    return (struct slice){"", 0};
}

/* A name may come as "ns/name". Where an object of that name is known already, what the two know is put together. */
static void add(struct log_fields *out, struct slice kind, struct slice ns, struct slice name)
{
    const char *slash = name.n ? memchr(name.p, '/', name.n) : NULL;

    if (slash) {
        ns = (struct slice){name.p, (size_t)(slash - name.p)};
        name = slice_from(name, ns.n + 1);
    }
    if (!name.n || name.n > 253)
        return;
    for (size_t i = 0; i < out->n; i++) {
        struct log_object *o = &out->objects[i];
        if (!slice_eq(o->name, name) || (o->kind.n && kind.n && !slice_eq(o->kind, kind)) || (o->ns.n && ns.n && !slice_eq(o->ns, ns)))
            continue;
        o->kind = o->kind.n ? o->kind : kind;
        o->ns = o->ns.n ? o->ns : ns;
        return;
    }
    if (out->n < LOG_OBJECTS_MOST)
        out->objects[out->n++] = (struct log_object){kind, ns, name};
}

static bool json_fields(struct slice line, struct log_fields *out)
{
    json whole = json_whole(line);
    struct slice kind = {"", 0}, ns = {"", 0}, name = {"", 0};

    if (json_type(whole) != JSON_OBJECT)
        return false;
    struct json_walk w = json_members(whole);
    while (json_next(&w)) {
        if (json_type(w.value) == JSON_OBJECT && w.key.n && w.key.p[0] >= 'A' && w.key.p[0] <= 'Z')
            add(out, w.key, json_inner(json_get(w.value, "namespace")), json_inner(json_get(w.value, "name")));
        else if (slice_is(w.key, "reconcileID"))
            out->reconcile_id = json_inner(w.value);
        else if (slice_is(w.key, "controllerKind"))
            kind = json_inner(w.value);
        else if (slice_is(w.key, "namespace") || slice_is(w.key, "sandbox_namespace"))
            ns = json_inner(w.value);
        else if (slice_is(w.key, "name"))
            name = json_inner(w.value);
    }
    if (!ns.n && out->n)
        ns = out->objects[0].ns;
    if (kind.n || ns.n)              /* "name" alone may be anything's */
        add(out, kind, ns, name);
    w = json_members(whole);
    while (json_next(&w)) {
        struct slice of = json_type(w.value) == JSON_STRING ? kind_of_key(w.key) : (struct slice){"", 0};
        if (of.n)
            add(out, of, ns, json_inner(w.value));
    }
    return true;
}

static struct slice upto_byte(struct slice s, const char *stops)
{
    size_t n = 0;

    while (n < s.n && s.p[n] && !strchr(stops, s.p[n]))
        n++;
    return slice_upto(s, n);
}

/* The Python router: sandbox 'ID', and http://NAME.NS.svc.cluster.local:8888/. */
static void sentence_fields(struct slice line, struct log_fields *out)
{
    struct slice head = slice_upto(line, 1024);
    ptrdiff_t at = slice_find(head, SLICE("sandbox '"));

    if (at >= 0) {
        struct slice id = slice_from(head, (size_t)at + 9), name = upto_byte(id, "' /");
        if (name.n < id.n && id.p[name.n] == '\'')
            add(out, SLICE("Sandbox"), (struct slice){"", 0}, name);
    }
    at = slice_find(head, SLICE("://"));
    if (at < 0)
        return;
    struct slice host = upto_byte(slice_from(head, (size_t)at + 3), ":/ ?\"'");
    struct slice name = upto_byte(host, "."), rest = slice_from(host, name.n + 1), ns = upto_byte(rest, ".");
    struct slice svc = slice_from(rest, ns.n);
    if (slice_is(svc, ".svc") || slice_starts(svc, SLICE(".svc.")))
        add(out, SLICE("Sandbox"), ns, name);
}

static void klog_fields(struct slice line, struct log_fields *out)
{
    struct slice rest = klog_pairs(line), key, value;

    while (klog_pair(&rest, &key, &value)) {
        struct slice kind = kind_of_key(key);
        bool named = key.p[0] >= 'A' && key.p[0] <= 'Z' && memchr(value.p, '/', value.n);
        if (slice_is(key, "reconcileID"))
            out->reconcile_id = value;
        else if (kind.n || named)
            add(out, kind.n ? kind : key, (struct slice){"", 0}, value);
    }
}

void log_line_fields(struct slice line, struct log_fields *out)
{
    *out = (struct log_fields){.n = 0};
    if (!line.n)
        return;
    if (line.p[0] == '{' && json_fields(line, out))
        return;
    const char *brace = line.p[0] == '2' ? memmem(line.p, line.n, "\t{", 2) : NULL;      /* zap's console */
    if (brace && json_fields(slice_from(line, (size_t)(brace - line.p) + 1), out))
        return;
    klog_fields(line, out);
    sentence_fields(line, out);
}

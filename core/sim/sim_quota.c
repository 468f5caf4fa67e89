/* Admission by ResourceQuotas: what a new object asks for beside what is used, in the API server's words.
 * Invariant: the quota's own status.used counts, which whoever put the quota keeps. */
#include "core/base/mem.h"
#include "core/sim/sim_internal.h"

#include <stdlib.h>

/* A quantity in thousandths; 0 where it is none. */
static int64_t milli(struct slice text)
{
    static const struct {
        const char *suffix;
        double factor;
    } suffixes[] = {
        {"Ki", 1024e3}, {"Mi", 1048576e3}, {"Gi", 1073741824e3}, {"Ti", 1099511627776e3},
        {"m", 1}, {"k", 1e6}, {"M", 1e9}, {"G", 1e12}, {"", 1000},
    };
    char *end, *copy = slice_dup(text);
    double value = strtod(copy, &end);
    int64_t result = 0;

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (strcmp(end, suffixes[i].suffix) == 0) {
            value *= suffixes[i].factor;
            result = value > 0 && value < 9e18 ? (int64_t)value : 0;
            break;
        }
    free(copy);
    return result;
}

static int64_t milli_of(json v)
{
    struct buf scratch = {0};
    int64_t n = milli(json_type(v) == JSON_STRING ? json_str(v, &scratch) : v);

    buf_free(&scratch);
    return n;
}

/* The sum of the containers' requests; a limit stands for a request that is not given. */
static int64_t requested(json pod_spec, const char *resource)
{
    struct json_walk w = json_items(json_get(pod_spec, "containers"));
    int64_t sum = 0;

    while (json_next(&w)) {
        json request = json_get(json_path(w.value, "resources.requests"), resource);
        sum += milli_of(request.n ? request : json_get(json_path(w.value, "resources.limits"), resource));
    }
    return sum;
}

/* What the object takes of the thing that the quota's key names; 0: nothing. */
static int64_t takes(const struct resource *r, json object, const char *key)
{
    bool pod = strcmp(r->plural, "pods") == 0;
    char *count = mem_printf("count/%s%s%s", r->plural, *r->group ? "." : "", r->group);
    bool counted = strcmp(key, count) == 0 || (!*r->group && strcmp(key, r->plural) == 0);

    free(count);
    if (counted)
        return 1000;
    if (!pod)
        return 0;
    return requested(json_get(object, "spec"), strncmp(key, "requests.", 9) == 0 ? key + 9 : key);
}

static void show(struct buf *out, const char *key, int64_t value)
{
    buf_printf(out, "%s%s=", out->n ? "," : "", key);
    if (value % 1000)
        buf_printf(out, "%lldm", (long long)value);
    else if (value % (1048576LL * 1000) == 0 && value > 0)
        buf_printf(out, "%lldMi", (long long)(value / (1048576LL * 1000)));
    else
        buf_printf(out, "%lld", (long long)(value / 1000));
}

static bool admits(struct exchange *x, const struct route *route, json object, const char *name, const struct version *quota)
{
    const struct resource *r = route->resource;
    struct json_walk w = json_members(json_path(quota->text, "spec.hard"));
    json all_used = json_path(quota->text, "status.used");
    struct buf asked = {0}, used = {0}, limit = {0};

    while (json_next(&w)) {
        char *key = slice_dup(w.key);
        int64_t need = takes(r, object, key), had = milli_of(json_get(all_used, key)), most = milli_of(w.value);
        if (need > 0 && had + need > most) {
            show(&asked, key, need);
            show(&used, key, had);
            show(&limit, key, most);
        }
        free(key);
    }
    bool good = asked.n == 0;
    if (!good) {
        char *message = mem_printf("%s%s%s \"%s\" is forbidden: exceeded quota: %s, requested: %s, used: %s, limited: %s", r->plural,
                                   *r->group ? "." : "", r->group, name, quota->name, asked.p, used.p, limit.p);
        char *details = mem_printf("{\"name\":\"%s\",\"group\":\"%s\",\"kind\":\"%s\"}", name, r->group, r->plural);
        http_status(x, 403, "Forbidden", message, details);
        free(message);
        free(details);
    }
    buf_free(&asked);
    buf_free(&used);
    buf_free(&limit);
    return good;
}

bool quota_check(struct exchange *x, const struct route *route, json object, const char *name)
{
    const struct ptrs *quotas = world_objects(x->sim, sim_resource("resourcequotas"));

    for (size_t i = 0; route->ns && i < quotas->n; i++) {
        const struct version *quota = quotas->v[i];
        if (strcmp(quota->ns, route->ns) == 0 && !admits(x, route, object, name, quota))
            return false;
    }
    return true;
}

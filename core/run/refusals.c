/* Which permission an RBAC refusal speaks of. Its words are those of the API server (and of every authorizer that uses its Status). */
#include "core/run/run_internal.h"

#include "core/base/mem.h"

#include <stdlib.h>

/* The text in quotes after lead; empty where there is none. */
static struct slice quoted(struct slice text, const char *lead)
{
    ptrdiff_t at = slice_find(text, slice_of(lead));

    if (at < 0)
        return (struct slice){0};
    struct slice rest = {text.p + at + strlen(lead), text.n - (size_t)at - strlen(lead)};
    const char *end = rest.n ? memchr(rest.p, '"', rest.n) : NULL;
    return end && end - rest.p < 200 ? (struct slice){rest.p, (size_t)(end - rest.p)} : (struct slice){0};
}

char *run_permission(const char *message)
{
    struct slice text = slice_of(message), rest = text;
    ptrdiff_t at = slice_find(text, SLICE(" cannot "));

    if (at < 0)
        return NULL;
    rest.p += at + 8;
    rest.n -= (size_t)at + 8;
    size_t verb = 0;
    while (verb < rest.n && rest.p[verb] >= 'a' && rest.p[verb] <= 'z')
        verb++;
    struct slice resource = quoted(rest, " resource \""), ns = quoted(rest, " in the namespace \"");
    if (verb == 0 || verb > 20 || resource.n == 0)
        return NULL;
    if (ns.n)
        return mem_printf("%.*s %.*s in namespace %.*s", (int)verb, rest.p, (int)resource.n, resource.p, (int)ns.n, ns.p);
    return mem_printf("%.*s %.*s in all namespaces", (int)verb, rest.p, (int)resource.n, resource.p);
}

static void role_rules(struct buf *out, const char *ns)
{
    buf_printf(out,
               "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: sandtop-run, namespace: %s}\nrules:\n"
               "- {apiGroups: [extensions.agents.x-k8s.io], resources: [sandboxclaims], verbs: [get, list, watch, create, delete, patch]}\n"
               "- {apiGroups: [extensions.agents.x-k8s.io], resources: [sandboxwarmpools, sandboxtemplates], verbs: [get, list]}\n"
               "- {apiGroups: [agents.x-k8s.io], resources: [sandboxes], verbs: [get, list, watch]}\n"
               "- {apiGroups: [\"\"], resources: [pods], verbs: [get, list, watch]}\n"
               "# pods/exec: only where there is no router, or a runtime without /execute\n"
               "- {apiGroups: [\"\"], resources: [pods/exec], verbs: [get, create]}\n"
               "# sandboxwarmpools create, delete: only for a template that no pool is made of\n"
               "- {apiGroups: [extensions.agents.x-k8s.io], resources: [sandboxwarmpools], verbs: [create, delete, patch]}\n"
               "# pods create: only for the dry run of a cold start\n"
               "- {apiGroups: [\"\"], resources: [pods], verbs: [create]}\n", ns);
}

static void binding(struct buf *out, const char *name, const char *ns)
{
    buf_printf(out,
               "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: %s, namespace: %s}\n"
               "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: %s}\n"
               "subjects:\n- {kind: User, apiGroup: rbac.authorization.k8s.io, name: WHO}\n", name, ns, name);
}

void run_role_yaml(const char *ns, const char *router_ns, struct buf *out)
{
    const char *there = router_ns && *router_ns ? router_ns : "default";

    role_rules(out, ns);
    binding(out, "sandtop-run", ns);
    buf_printf(out,
               "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: sandtop-router, namespace: %s}\nrules:\n"
               "- {apiGroups: [\"\"], resources: [services], verbs: [get, list]}\n"
               "- {apiGroups: [\"\"], resources: [services/proxy], verbs: [create]}\n"
               "# pods, pods/portforward: only for a router that wants a token\n"
               "- {apiGroups: [\"\"], resources: [pods], verbs: [get, list]}\n"
               "- {apiGroups: [\"\"], resources: [pods/portforward], verbs: [get, create]}\n", there);
    binding(out, "sandtop-router", there);
}

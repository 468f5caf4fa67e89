/* Rows 33 to 35: the sandbox is there, and the router cannot reach it. A router's log line says what failed; why, the cluster's objects
 * say. */
#include "core/diagnose/finding.h"

#include <stdio.h>

#include "core/diagnose/policy.h"

enum { RECENT_MS = 600000, IN_A_ROW = 3 };

const struct router_error *router_error_of(const struct cluster_facts *facts, const char *ns, const char *sandbox)
{
    for (size_t i = 0; i < facts->n_router_errors; i++)
        if (is(facts->router_errors[i].sandbox, sandbox) && is(facts->router_errors[i].ns, ns))
            return &facts->router_errors[i];
    return NULL;
}

/* One failed request may be the client's slip; several in a row, or what cannot pass by itself, is not. */
static enum severity severity_of(const struct chain *c, const struct router_error *e, bool lasting)
{
    if (!c->ready)
        return SEVERITY_INFO;        /* it is not ready: no wonder, and told elsewhere */
    return lasting || e->count >= IN_A_ROW ? SEVERITY_STUCK : SEVERITY_WAITING;
}

static void line_of(struct finder *f, const struct router_error *e)
{
    struct object on = {.kind = KIND_POD, .ns = e->router_ns, .name = e->router_pod};
    find_evidence(f, &on, e->time_ms, e->text, "router log%s", e->count > 1 ? ", the newest of several" : "");
}

static void done(const struct chain *c, struct finder *f, const struct router_error *e, const char *what)
{
    find_since(f, e->first_ms);
    find_group(f, "%s|%s|%s|%d", what, c->subject->ns, c->template_at ? c->template_at->name : c->sandbox_at ? c->sandbox_at->name : "",
               e->port);
    line_of(f, e);
}

/* Row 33, the client's side: a sandbox from a pool does not bear the claim's name. */
static bool claims_name(const struct chain *c, struct finder *f)
{
    if (!c->claim || !c->claim->sandbox_name[0] || is(c->claim->sandbox_name, c->claim->o.name) ||
        store_find(c->store, KIND_SANDBOX, slice_of(c->claim->o.ns), slice_of(c->claim->o.name)))
        return false;
    const struct router_error *e = router_error_of(c->facts, c->claim->o.ns, c->claim->o.name);
    if (!e || e->time_ms < c->claim->o.created_ms || c->now_ms >= e->time_ms + RECENT_MS)
        return false;
    find_recheck(f, e->time_ms + RECENT_MS);
    find(f, severity_of(c, e, false), CONFIDENCE_PROVED, c->subject);
    find_row(f, 33);
    find_brief(f, "router was asked for the claim's name");
    find_cause(f, "A client asked the router for sandbox %s, which is the claim's name; the claim's sandbox is called %s.",
               c->claim->o.name, c->claim->sandbox_name);
    find_next(f, "Send X-Sandbox-ID: %s (the claim's status.sandbox.name)", c->claim->sandbox_name);
    find_command(f, "kubectl get sandboxclaim %s -n %s -o jsonpath=%s", c->claim->o.name, c->claim->o.ns, "{.status.sandbox.name}");
    find_evidence(f, &c->claim->o, 0, c->claim->sandbox_name, "status.sandbox.name");
    done(c, f, e, "name");
    return true;
}

/* Row 33. Without a Service the sandbox has no name in the cluster's DNS. */
static bool no_host(const struct chain *c, struct finder *f, const struct router_error *e)
{
    const struct sandbox *s = c->sandbox;
    enum answer service = find_want(f, KIND_SERVICE, s->o.ns, slice_of(s->o.name));
    if (s->service_fqdn[0] && service != ANSWER_MISSING) {
        find(f, severity_of(c, e, false), CONFIDENCE_LIKELY, &s->o);
        find_row(f, 33);
        find_brief(f, "router cannot resolve the sandbox's name");
        find_cause(f, "The router cannot resolve %s, though the sandbox has a Service: the cluster's DNS does not know it (yet).",
                   s->service_fqdn);
        find_next(f, "Look at the cluster's DNS and at the Service's endpoints");
        find_command(f, "kubectl get service,endpointslices -n %s", s->o.ns);
    } else {
        bool lost = s->service_fqdn[0] != '\0';
        find(f, severity_of(c, e, e->python), CONFIDENCE_PROVED, &s->o);
        find_row(f, 33);
        find_brief(f, lost ? "its Service is gone: router finds no host" : "no Service: router finds no such host");
        find_cause(f, lost ? "The router finds no host for sandbox %s: its Service %s is gone." :
                   "The router finds no such host: sandbox %s has no Service (status.service is empty), and the request named no pod "
                   "address%s.",
                   s->o.name, lost ? s->o.name : e->python ? "" : ", nor did the router find one");
        find_next(f, "Send X-Sandbox-Pod-IP with each request, or set service: true in %s%s and recreate the claim",
                  c->template_at ? "template " : "its template", c->template_at ? c->template_at->name : "");
        find_command(f, "kubectl get sandbox %s -n %s -o yaml", s->o.name, s->o.ns);
    }
    if (service == ANSWER_MISSING)
        find_evidence(f, &(struct object){.kind = KIND_SERVICE, .ns = s->o.ns, .name = s->o.name}, 0, "", "not found");
    find_evidence(f, &s->o, 0, s->service_fqdn[0] ? s->service_fqdn : "(empty)", "status.serviceFQDN");
    done(c, f, e, "host");
    return true;
}

static const struct pod *router_pod(const struct chain *c, const struct router_error *e)
{
    return AS(pod, store_find(c->store, KIND_POD, slice_of(e->router_ns), slice_of(e->router_pod)));
}

static void policy_words(const struct chain *c, struct finder *f, const struct router_error *e, const struct networkpolicy *p,
                         const struct pod *router)
{
    find_row(f, 34);
    find_brief(f, "NetworkPolicy %s keeps the router out", p->o.name);
    find_cause(f, "NetworkPolicy %s of namespace %s lets nothing in that matches the router (pod %s in namespace %s), so its requests time "
                  "out.", p->o.name,
               p->o.ns, router->o.name, router->o.ns);
    find_next(f, "Let the policy's peers match the router's labels and namespace%s%s", c->tmpl ? ": networkPolicy in template " : "",
              c->tmpl ? c->tmpl->o.name : "");
    find_command(f, "kubectl get networkpolicy %s -n %s -o yaml", p->o.name, p->o.ns);
    struct buf peers = {0};
    policy_peers(p, &peers);
    find_evidence(f, &p->o, p->o.created_ms, peers.p, "ingress peers; pods %s", p->selector);
    buf_free(&peers);
    find_evidence(f, &router->o, 0, router->labels, "labels, in namespace %s", router->o.ns);
    if (c->tmpl && c->tmpl->network_policy[0])
        find_evidence(f, &c->tmpl->o, 0, c->tmpl->network_policy, "networkPolicyManagement");
    done(c, f, e, p->o.name);
}

/* Row 34: a policy that drops what the router sends, else a program that does not answer. */
static bool no_answer(const struct chain *c, struct finder *f, const struct router_error *e)
{
    const struct pod *router = router_pod(c, e);
    enum answer read = find_want(f, KIND_NETWORKPOLICY, c->pod->o.ns, SLICE(""));
    if (router)
        find_want(f, KIND_NAMESPACE, "", slice_of(router->o.ns));
    bool sure = false;
    const struct networkpolicy *p = router && read == ANSWER_THERE ? policy_against(c->store, c->pod, router, &sure) : NULL;
    /* Policies need a network plugin that heeds them: where a request went well since the policy stands, it is not what keeps this one. */
    bool heeded = p && !(e->good_ms > p->o.created_ms && e->good_ms > c->pod->o.created_ms);
    if (p && heeded) {
        find(f, severity_of(c, e, sure), sure ? CONFIDENCE_PROVED : CONFIDENCE_POSSIBLE, &p->o);
        policy_words(c, f, e, p, router);
        return true;
    }
    bool route = e->trouble == ROUTER_UNREACHABLE;
    find(f, severity_of(c, e, false), CONFIDENCE_LIKELY, &c->pod->o);
    find_row(f, 34);
    find_brief(f, route ? "router has no way to the pod" : "sandbox does not answer the router");
    find_cause(f, route ? "The router has no way to pod %s%s; no NetworkPolicy that is known keeps it out." :
               "Pod %s does not answer the router in time%s; no NetworkPolicy that is known keeps it out: its program hangs, or the "
               "command takes longer.",
               c->pod->o.name, read == ANSWER_THERE ? "" : " (its NetworkPolicies are not read)");
    find_next(f, route ? "Look at the pod's node and the network between the nodes"
              : "Look at the pod's log, and give the request more time");
    find_command(f, "kubectl logs %s -n %s --tail=50", c->pod->o.name, c->pod->o.ns);
    done(c, f, e, route ? "route" : "slow");
    return true;
}

static bool port_declared(const struct pod *pod, int port, bool *any)
{
    for (uint32_t i = 0; i < pod->n_containers; i++) {
        const struct container *k = &pod->containers[i];
        *any |= !k->init && k->ports[0];
        if (!k->init && has_port(k->ports, port))
            return true;
    }
    return false;
}

/* Row 35: somebody is there and says no. */
static bool refused(const struct chain *c, struct finder *f, const struct router_error *e)
{
    bool any = false, declared = port_declared(c->pod, e->port, &any);
    struct buf ports = {0};
    for (uint32_t i = 0; i < c->pod->n_containers; i++)
        if (!c->pod->containers[i].init && c->pod->containers[i].ports[0])
            buf_printf(&ports, "%s%s: %s", ports.n ? "; " : "", c->pod->containers[i].name, c->pod->containers[i].ports);
    find(f, severity_of(c, e, false), e->port ? CONFIDENCE_PROVED : CONFIDENCE_LIKELY, &c->pod->o);
    find_row(f, 35);
    if (e->port && any && !declared) {
        find_brief(f, "router asks port %d, pod has %s", e->port, ports.p);
        find_cause(f, "The connection to port %d of pod %s is refused: its containers declare other ports (%s).", e->port, c->pod->o.name,
                   ports.p);
        find_next(f, "Send the right X-Sandbox-Port, or correct containerPort in the template");
    } else {
        find_brief(f, e->port ? "nothing listens on port %d" : "nothing listens on the port asked for", e->port);
        find_cause(f, e->port ? "The connection to pod %s is refused: nothing in it listens on port %d%s."
                   : "The connection to pod %s is refused: nothing in it listens there.",
                   c->pod->o.name, e->port, declared ? ", though a container declares it" : "");
        find_next(f, "See whether its program runs and on which address and port it listens");
    }
    find_command(f, "kubectl logs %s -n %s --tail=50", c->pod->o.name, c->pod->o.ns);
    find_evidence(f, &c->pod->o, 0, ports.n ? ports.p : "(none)", "containerPort");
    buf_free(&ports);
    done(c, f, e, "port");
    return true;
}

bool rule_router(const struct chain *c, struct finder *f)
{
    if (!c->facts->n_router_errors || c->subject->deleting_ms)
        return false;
    bool name = claims_name(c, f);
    if (!c->sandbox)
        return name;
    const struct router_error *e = router_error_of(c->facts, c->sandbox->o.ns, c->sandbox->o.name);
    if (!e || e->time_ms < c->sandbox->o.created_ms || c->now_ms >= e->time_ms + RECENT_MS)
        return name;
    find_recheck(f, e->time_ms + RECENT_MS);
    if (e->trouble == ROUTER_NO_HOST)
        return no_host(c, f, e);
    if (!c->pod)
        return name;
    if (e->trouble == ROUTER_REFUSED)
        return refused(c, f, e);
    if (e->trouble == ROUTER_TIMEOUT || e->trouble == ROUTER_UNREACHABLE)
        return no_answer(c, f, e);
    find(f, severity_of(c, e, false), CONFIDENCE_LIKELY, &c->pod->o);
    find_row(f, 34);
    find_brief(f, "router's requests to it fail");
    struct buf line = {0};
    one_line(&line, e->text, 300);
    find_cause(f, "The router's requests to sandbox %s fail: %s", c->sandbox->o.name, line.n ? line.p : "");
    buf_free(&line);
    find_next(f, "Look at the router's and the sandbox's logs");
    find_command(f, "kubectl logs %s -n %s --tail=50", e->router_pod, e->router_ns);
    done(c, f, e, "other");
    return true;
}

/* Rows 8 to 14 and 38, and suspension: what the claim's own words prove. */
#include "core/diagnose/finding.h"

#include <stdio.h>

#include "core/base/clock.h"

enum { RETRY_MS = 75000 };           /* a missing template or pool is looked for each 60 s (57 s observed) */

/* The missing thing stands there by now, and the controller has not come by again. */
static enum severity until_retry(struct finder *f, const struct object *there, const struct condition *said)
{
    int64_t since = said->since_ms > there->created_ms ? said->since_ms : there->created_ms;
    find_recheck(f, since + RETRY_MS);
    return f->chain->now_ms - since < RETRY_MS ? SEVERITY_WAITING : SEVERITY_STUCK;
}

/* The store knows that something is missing before the controller says so, but the object may be on its way on another stream. */
static bool unheeded(const struct chain *c, struct finder *f)
{
    int64_t due = c->subject->created_ms + NO_STATUS_STUCK_MS;
    find_recheck(f, due);
    return c->now_ms >= due;
}

static bool template_came(const struct chain *c, struct finder *f, const struct object *tmpl, const struct condition *said)
{
    bool old = c->claim && c->claim->old_api;
    enum severity severity = until_retry(f, tmpl, said);
    find(f, severity, severity == SEVERITY_STUCK ? CONFIDENCE_LIKELY : CONFIDENCE_PROVED, c->subject);
    find_row(f, 9);
    find_brief(f, "template %s is there now, retry pending", tmpl->name);
    find_cause(f, "Template %s is there by now; the controller has not looked again.", tmpl->name);
    if (old)
        find_next(f, "Old controllers never look again by themselves: touch the claim with an annotation");
    else
        find_next(f, "Wait: it looks again within 60 s; if not, touch the claim with an annotation");
    find_command(f, "kubectl annotate sandboxclaim %s -n %s retry=1 --overwrite", c->subject->name, c->subject->ns);
    find_group(f, "%s/%s|there", tmpl->ns, tmpl->name);
    find_condition(f, c->subject, "Ready", said);
    return true;
}

bool rule_template_missing(const struct chain *c, struct finder *f)
{
    const struct object *whose = c->subject;
    const struct condition *said = chain_reason(c, "TemplateNotFound", &whose);
    const struct object *at = c->template_at;
    bool absent = at && !at->present && c->facts->synced[KIND_TEMPLATE] && !c->sandbox_at && unheeded(c, f);
    if (!said && !absent)
        return false;
    struct slice name = said ? quoted_after(said->message, "SandboxTemplate ") : SLICE("");
    if (!name.n && at)
        name = slice_of(at->name);
    if (!name.n)
        name = c->claim ? slice_of(c->claim->template_name) : name;
    const struct object *there = store_find(c->store, KIND_TEMPLATE, slice_of(c->subject->ns), name);
    if (said && there)
        return template_came(c, f, there, said);
    if (there)
        return false;
    find(f, said ? SEVERITY_STUCK : find_passing(f), said ? CONFIDENCE_PROVED : CONFIDENCE_LIKELY, NULL);
    char text[512];
    snprintf(text, sizeof text, "%.*s", SHOW(name));
    find_at(f, KIND_TEMPLATE, c->subject->ns, text);
    find_brief(f, "template %s not found", text);
    find_cause(f, "SandboxTemplate %s does not exist in namespace %s%s%s.", text, c->subject->ns, c->pool ? "; asked for by pool " : "",
               c->pool ? c->pool->o.name : "");
    find_next(f, "Create template %s in namespace %s, or name one that exists", text, c->subject->ns);
    find_command(f, "kubectl get sandboxtemplates -n %s", c->subject->ns);
    find_group(f, "%s/%s", c->subject->ns, text);
    if (said)
        find_condition(f, whose, "Ready", said);
    if (c->pool)
        find_evidence(f, &c->pool->o, 0, text, "spec.sandboxTemplateRef.name");
    return true;
}

bool rule_pool_missing(const struct chain *c, struct finder *f)
{
    const struct object *whose = c->subject;
    const struct condition *said = chain_reason(c, "WarmPoolNotFound", &whose);
    bool absent = c->claim && c->pool_at && !c->pool_at->present && c->facts->synced[KIND_POOL] && !c->sandbox_at && unheeded(c, f);
    if (!said && !absent)
        return false;
    struct slice name = said ? quoted_after(said->message, "SandboxWarmPool ") : SLICE("");
    if (!name.n)
        name = c->pool_at ? slice_of(c->pool_at->name) : c->claim ? slice_of(c->claim->pool) : SLICE("");
    char text[512];
    snprintf(text, sizeof text, "%.*s", SHOW(name));
    const struct object *there = store_find(c->store, KIND_POOL, slice_of(c->subject->ns), name);
    if (there && !said)
        return false;
    if (there) {
        find(f, until_retry(f, there, said), CONFIDENCE_PROVED, c->subject);
        find_brief(f, "pool %s is there now, retry pending", text);
        find_cause(f, "Warm pool %s is there by now; the controller has not looked again.", text);
        find_next(f, "Wait: it looks again within 60 s");
        find_command(f, "kubectl annotate sandboxclaim %s -n %s retry=1 --overwrite", c->subject->name, c->subject->ns);
        find_group(f, "%s/%s|there", c->subject->ns, text);
        find_condition(f, whose, "Ready", said);
        return true;
    }
    find(f, said ? SEVERITY_STUCK : find_passing(f), said ? CONFIDENCE_PROVED : CONFIDENCE_LIKELY, NULL);
    find_at(f, KIND_POOL, c->subject->ns, text);
    find_brief(f, "pool %s not found", text);
    find_cause(f, "SandboxWarmPool %s does not exist in namespace %s.", text, c->subject->ns);
    if (strncmp(text, "shadow-pool-", 12) == 0) {
        find_row(f, 11);
        find_next(f, "The claim comes from v1alpha1 and its pool was never made: create pool %s with replicas 0 for template %s", text,
                  text + 12);
    } else {
        find_next(f, "Create pool %s in namespace %s (replicas 0 is enough), or name one that exists", text, c->subject->ns);
    }
    find_command(f, "kubectl get sandboxwarmpools -n %s", c->subject->ns);
    find_group(f, "%s/%s", c->subject->ns, text);
    if (said)
        find_condition(f, whose, "Ready", said);
    else if (c->claim)
        find_evidence(f, &c->claim->o, c->claim->o.created_ms, text, "spec.warmPoolRef.name");
    return true;
}

/* Row 12: the claim asks for what its template does not allow; the controller does not try again. */
bool rule_refused(const struct chain *c, struct finder *f)
{
    static const struct refusal {
        const char *reason, *brief, *cause, *next;
    } refusals[] = {
        {"EnvVarsInjectionRejected", "environment variables not allowed",
            "sets environment variables, which its template's policy does not allow",
         "Take env out of the claim, or set envVarsInjectionPolicy in the template; then recreate the claim"},
        {"InvalidMetadata", "its additionalPodMetadata is not allowed", "asks for Pod labels or annotations that are not allowed",
         "Correct additionalPodMetadata and recreate the claim"},
        {"VolumeClaimTemplatesError", "its volumeClaimTemplates are refused",
            "brings volume claim templates that its template's policy refuses",
         "Correct volumeClaimTemplates, or set volumeClaimTemplatesPolicy in the template; then recreate the claim"},
    };
    const struct object *whose = c->subject;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct condition *said = chain_reason(c, refusals[i].reason, &whose);
        if (!said)
            continue;
        find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, whose);
        find_brief(f, "%s", refusals[i].brief);
        struct buf words = {0};
        one_line(&words, said->message, 200);
        find_cause(f, "The claim %s: %s", refusals[i].cause, words.p ? words.p : "");
        buf_free(&words);
        find_next(f, "%s", refusals[i].next);
        find_command(f, "kubectl get sandboxclaim %s -n %s -o yaml", c->subject->name, c->subject->ns);
        find_group(f, "%s|%s|%s", refusals[i].reason, c->subject->ns, c->template_at ? c->template_at->name : "");
        find_condition(f, whose, "Ready", said);
        return true;
    }
    return false;
}

/* Row 13: the same kind of refusal, which the controller takes for an error and tries for ever. */
bool rule_override(const struct chain *c, struct finder *f)
{
    const struct condition *said;
    const struct object *whose = c->subject;
    const char *error = chain_error(c, &said, &whose);
    if (!error)
        return false;
    bool container = says(error, "target container") && says(error, "not found");
    bool env = says(error, "environment variable override is not allowed"), metadata = says(error, "metadata override conflict");
    if (!container && !env && !metadata)
        return false;
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, c->subject);
    find_brief(f, container ? "env names an unknown container" : env ? "env override not allowed" : "metadata override conflict");
    find_cause(f, "The claim %s: %s", container ? "sets env for a container that the template does not have" :
               env ? "overrides an environment variable of the template, which its policy does not allow" :
               "sets Pod metadata that the template sets too", error);
    find_next(f, "Correct the claim's %s and recreate it", metadata ? "additionalPodMetadata" : "env");
    find_command(f, "kubectl get sandboxclaim %s -n %s -o yaml", c->subject->name, c->subject->ns);
    find_group(f, "%d%d|%s|%s", container, env, c->subject->ns, c->template_at ? c->template_at->name : "");
    find_condition(f, whose, "Ready", said);
    return true;
}

/* Row 14. */
bool rule_collision(const struct chain *c, struct finder *f)
{
    const struct condition *said;
    const struct object *whose = c->subject;
    const char *error = chain_error(c, &said, &whose);
    if (!error || !says(error, "is not controlled by claim"))
        return false;
    struct slice quoted = quoted_after(error, "sandbox ");
    char name[512];
    snprintf(name, sizeof name, "%.*s", SHOW(quoted));
    if (!name[0])
        snprintf(name, sizeof name, "%s", c->subject->name);
    const struct object *other = store_find(c->store, KIND_SANDBOX, slice_of(c->subject->ns), slice_of(name));
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, other);
    find_at(f, KIND_SANDBOX, c->subject->ns, name);
    find_brief(f, "sandbox %s exists, not controlled by it", name);
    if (other && other->owner_name[0])
        find_cause(f, "A sandbox named %s exists and is not controlled by the claim: it belongs to %s %s.", name, other->owner_kind,
                   other->owner_name);
    else
        find_cause(f, "A sandbox named %s exists and is not controlled by the claim%s.", name, other ? ": nobody controls it" : "");
    find_next(f, "Give the claim another name, or delete sandbox %s if nobody needs it", name);
    find_command(f, "kubectl get sandbox %s -n %s -o yaml", name, c->subject->ns);
    find_group(f, "%s/%s", c->subject->ns, name);
    find_condition(f, whose, "Ready", said);
    if (other && other->owner_name[0])
        find_evidence(f, other, other->created_ms, other->owner_name, "ownerReference %s", other->owner_kind);
    else if (other)
        find_evidence(f, other, other->created_ms, "", "made by somebody else: no controlling ownerReference");
    return true;
}

/* Row 38. */
bool rule_expired(const struct chain *c, struct finder *f)
{
    const struct object *whose = c->subject;
    const struct condition *said = chain_reason(c, "ClaimExpired", &whose);
    bool claim = said != NULL;
    if (!said)
        said = chain_reason(c, "SandboxExpired", &whose);
    if (!said)
        return false;
    char stamp[32] = "";
    if (c->claim && c->claim->shutdown_ms)
        time_rfc3339(c->claim->shutdown_ms, stamp);
    find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, claim ? c->subject : c->sandbox ? &c->sandbox->o : whose);
    find_since(f, said->since_ms);
    find_brief(f, claim ? "expired" : "sandbox expired");
    if (claim)
        find_cause(f, "The claim has expired: its shutdownTime%s%s has passed, and its sandbox is gone.", stamp[0] ? " " : "", stamp);
    else
        find_cause(f, "The sandbox has expired by its own shutdownTime.");
    find_next(f, "Make a new claim; this one can be deleted");
    find_command(f, "kubectl delete sandboxclaim %s -n %s", c->subject->name, c->subject->ns);
    if (!c->claim)
        find_command(f, "kubectl get sandbox %s -n %s -o yaml", c->subject->name, c->subject->ns);
    find_group(f, "%s|%s", c->subject->ns, said->reason);
    find_condition(f, whose, "Ready", said);
    if (stamp[0])
        find_evidence(f, c->subject, c->claim->shutdown_ms, stamp, "spec.lifecycle.shutdownTime");
    return true;
}

/* Not in the table: somebody has put it to sleep on purpose, so it never counts as stuck. The old API leaves such a sandbox Ready. */
bool rule_suspended(const struct chain *c, struct finder *f)
{
    const struct object *at = c->sandbox_at;
    if (!at || !chain_suspended(c))
        return false;
    find(f, SEVERITY_WAITING, CONFIDENCE_PROVED, at);
    find_brief(f, "sandbox suspended");
    find_cause(f, "Sandbox %s is suspended: somebody asked for that (operatingMode Suspended, or replicas 0), so it has no pod.", at->name);
    find_next(f, "Resume it when it is wanted");
    find_command(f, "kubectl patch sandbox %s -n %s --type=merge -p %s", at->name, at->ns,
                 c->claim && c->claim->old_api ? "{\"spec\":{\"replicas\":1}}" : "{\"spec\":{\"operatingMode\":\"Running\"}}");
    find_group(f, "%s/%s", at->ns, at->name);
    if (c->sandbox)
        find_condition(f, at, "Suspended", &c->sandbox->suspended);
    find_ready(f);
    return true;
}

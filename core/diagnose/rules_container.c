/* Rows 22 to 25: a container that is not let start, that ends again and again, or that runs and does not become ready. */
#include "core/diagnose/finding.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    KUBELET_FORGETS_MS = 600000,     /* a run this long resets the kubelet's back-off: an end after it is no loop */
    CALM_ONCE_MS = 5000, CALM_ONCE_MOST_MS = 60000, CALM_LOOP_MS = 30000,
    PROBE_GRACE_MS = 20000,          /* a container that has just started may fail its first probes */
    PROBE_WRONG_MS = 30000,          /* and this long after, it is the probe that is wrong, where the answer says so */
};

static int64_t clamp(int64_t v, int64_t least, int64_t most)
{
    return v < least ? least : v > most ? most : v;
}

/* A crash loop hardly shows as such (observed): for most of the back-off the state is "terminated", CrashLoopBackOff stands there for 0.2
 * s, and
 * without a probe the pod, and with it the claim, is Ready for as long as each run lasts. So a container that was restarted counts as
 * crashing until its present run has lasted twice as long as the one before. */
enum crash container_crash(const struct container *k, int64_t now_ms, int64_t *until_ms)
{
    *until_ms = INT64_MAX;
    if (k->state == CONTAINER_WAITING && is(k->reason, "CrashLoopBackOff"))
        return CRASH_LOOP;
    if (k->state == CONTAINER_TERMINATED) {
        if (k->init && k->exit_code == 0)
            return CRASH_NONE;
        bool long_run = k->started_ms && k->finished_ms - k->started_ms >= KUBELET_FORGETS_MS;
        return k->restarts > 0 && !long_run ? CRASH_LOOP : CRASH_ONCE;
    }
    if (k->restarts == 0 || !k->has_last || (k->init && k->ready))
        return CRASH_NONE;
    int64_t last_run = k->last_started_ms ? k->last_finished_ms - k->last_started_ms : 0;
    if (last_run >= KUBELET_FORGETS_MS)
        return CRASH_NONE;
    int64_t began = k->state == CONTAINER_RUNNING ? k->started_ms : k->last_finished_ms;
    int64_t calm = k->restarts == 1 ? clamp(2 * last_run, CALM_ONCE_MS, CALM_ONCE_MOST_MS)
        : clamp(2 * last_run, CALM_LOOP_MS, KUBELET_FORGETS_MS);
    if (now_ms >= began + calm)
        return CRASH_NONE;
    *until_ms = began + calm;
    return k->restarts == 1 ? CRASH_ONCE : CRASH_LOOP;
}

/* The end that is spoken of: the present one while it stands there, else the last. */
struct ending {
    const char *reason, *message;
    int64_t started_ms, finished_ms;
    int exit_code;
};
static struct ending ending_of(const struct container *k)
{
    if (k->state == CONTAINER_TERMINATED)
        return (struct ending){k->reason, k->message, k->started_ms, k->finished_ms, k->exit_code};
    return (struct ending){k->last_reason, k->last_message, k->last_started_ms, k->last_finished_ms, k->last_exit_code};
}

static bool start_refused(const char *reason)
{
    return is(reason, "StartError") || is(reason, "ContainerCannotRun") || is(reason, "RunContainerError") ||
        is(reason, "CreateContainerError");
}

/* Row 22: names of Secrets and ConfigMaps only; their contents are never read. */
static bool missing_thing(const char *message, char out[600])
{
    static const char *const things[] = {"secret ", "configmap ", NULL};
    for (const char *const *t = things; *t; t++) {
        struct slice name = quoted_after(message, *t);
        if (name.n && says(message, "not found")) {
            snprintf(out, 600, "%s%.*s not found", *t, SHOW(name));
            return true;
        }
    }
    struct slice key = run_after(message, "couldn't find key ", " "), where = run_after(message, " in ", ",");
    if (key.n && where.n) {
        snprintf(out, 600, "key %.*s not found in %.*s", SHOW(key), SHOW(where));
        return true;
    }
    return false;
}

/* Whether what was missing is still missing: its existence is asked, nothing of it is read. */
static void asked_for(const struct chain *c, struct finder *f, const char *message)
{
    static const struct {
        const char *word;
        enum kind kind;
    } things[] = {{"secret ", KIND_SECRET}, {"configmap ", KIND_CONFIGMAP}};
    for (size_t i = 0; i < 2; i++) {
        struct slice name = quoted_after(message, things[i].word);
        if (!name.n || !says(message, "not found"))
            continue;
        struct object on = {.kind = things[i].kind, .ns = c->pod->o.ns, .name = c->pod->o.name};
        enum answer answer = find_want(f, things[i].kind, c->pod->o.ns, name);
        char *own = slice_dup(name);
        on.name = own;
        if (answer == ANSWER_MISSING)
            find_evidence(f, &on, 0, "", "not there");
        else if (answer == ANSWER_THERE)
            find_evidence(f, &on, 0, "", "is there by now: the node tries again");
        free(own);
    }
}

bool rule_config(const struct chain *c, struct finder *f)
{
    for (uint32_t i = 0; c->pod && i < c->pod->n_containers; i++) {
        const struct container *k = &c->pod->containers[i];
        if (k->state != CONTAINER_WAITING || !is(k->reason, "CreateContainerConfigError"))
            continue;
        char what[600];
        bool known = missing_thing(k->message, what);
        find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, &c->pod->o);
        if (!known) {
            /* "container has runAsNonRoot and image will run as root (pod: …, container: …)": the rest names what is known already. */
            struct buf line = {0};
            struct slice first = {k->message, strcspn(k->message, "(")};
            while (first.n && first.p[first.n - 1] == ' ')
                first.n--;
            buf_add_slice(&line, first);
            snprintf(what, sizeof what, "%.90s", line.p ? line.p : "");
            buf_free(&line);
        }
        find_brief(f, "%s", what[0] ? what : "container configuration error");
        find_cause(f, "Container %s cannot be made: %s%s.", k->name, known ? what : k->message, known ? " in its namespace" : "");
        if (known) {
            find_next(f, "Create it in namespace %s, or correct the reference in %s%s", c->pod->o.ns, c->template_at ? "template "
                      : "the template",
                      c->template_at ? c->template_at->name : "");
            find_command(f, says(what, "configmap") || says(what, "ConfigMap") ? "kubectl get configmaps -n %s"
                         : "kubectl get secrets -n %s", c->pod->o.ns);
        } else {
            find_edit_template(f, "Correct the container's configuration");
        }
        find_group(f, "%s|%s|%s", c->pod->o.ns, known ? what : k->message, c->template_at ? c->template_at->name : "");
        find_container(f, c->pod, k);
        asked_for(c, f, k->message);
        find_event(f, event_about(&c->pod->o, "Failed", "Error: "));
        find_ready(f);
        return true;
    }
    return false;
}

/* The runtime could not start the process at all: the command, not the application, is at fault. */
bool rule_cannot_start(const struct chain *c, struct finder *f)
{
    for (uint32_t i = 0; c->pod && !c->pod->o.deleting_ms && i < c->pod->n_containers; i++) {
        const struct container *k = &c->pod->containers[i];
        struct ending end = ending_of(k);
        bool waiting = k->state == CONTAINER_WAITING && start_refused(k->reason);
        bool ended = (k->state == CONTAINER_TERMINATED || is(k->reason, "CrashLoopBackOff")) && start_refused(end.reason);
        if (!waiting && !ended)
            continue;
        const char *message = waiting ? k->message : end.message;
        struct slice program = quoted_after(message, "exec: ");
        bool absent = says(message, "executable file not found") || says(message, "no such file or directory");
        bool denied = says(message, "permission denied");
        find(f, SEVERITY_STUCK, CONFIDENCE_PROVED, &c->pod->o);
        if (program.n)
            find_brief(f, "command %.*s %s", SHOW(program), absent ? "not found in the image" : denied ? "may not be executed"
                       : "cannot start");
        else
            find_brief(f, "container %s cannot start", k->name);
        struct buf line = {0};
        one_line(&line, message, 300);
        find_cause(f, "Container %s cannot start its command%s: %s", k->name, absent ? ", which the image does not have" : "", line.n
                   ? line.p : end.reason);
        buf_free(&line);
        find_edit_template(f, absent ? "Correct the command or the image" : "Correct the command");
        find_group(f, "%s|%s|%s", c->pod->o.ns, c->template_at ? c->template_at->name : c->pod->o.name, k->name);
        find_container(f, c->pod, k);
        find_ready(f);
        return true;
    }
    return false;
}

/* In a loop each flip resets the conditions' times; the kubelet's BackOff event remembers the first. */
static int64_t loop_since(const struct chain *c, const struct ending *end)
{
    int64_t since = end->started_ms && end->started_ms < c->since_ms ? end->started_ms : c->since_ms;
    for (const struct link *l = link_in(&c->pod->o, LINK_EVENT_ABOUT, NULL); l; l = link_in(&c->pod->o, LINK_EVENT_ABOUT, l)) {
        const struct event *e = AS(event, l->from);
        if (e->o.present && is(e->reason, "BackOff") && says(e->message, "restarting failed container") && e->first_ms &&
            e->first_ms < since)
            since = e->first_ms;
    }
    return since < c->subject->created_ms ? c->subject->created_ms : since;
}

static void crash_words(const struct chain *c, struct finder *f, const struct container *k, const struct ending *end,
                        const struct event *liveness, const struct event *hook, bool loop)
{
    const char *word = k->init ? "init container" : "container", *capital = k->init ? "Init container" : "Container";
    const char *again = loop ? " again and again" : "";
    if (is(end->reason, "OOMKilled")) {
        find_brief(f, "%s out of memory (OOMKilled, exit %d)", word, end->exit_code);
        find_cause(f, "%s %s runs out of memory%s: OOMKilled, exit code %d; %d restarts.", capital, k->name, again, end->exit_code,
                   k->restarts);
        find_edit_template(f, "Raise the memory limit");
    } else if (liveness) {
        find_row(f, 25);
        find_brief(f, "%s killed by its liveness probe", word);
        find_cause(f, "%s %s is killed%s because its liveness probe fails: exited with code %d; %d restarts.", capital, k->name, again,
                   end->exit_code,
                   k->restarts);
        find_next(f, "Correct the liveness probe or give it more time; long commands block old runtimes");
        find_command(f, "kubectl describe pod %s -n %s", c->pod->o.name, c->pod->o.ns);
    } else if (hook) {
        find_brief(f, "%s killed: its postStart hook fails", word);
        find_cause(f, "%s %s is killed%s because its postStart hook fails: exited with code %d; %d restarts.", capital, k->name, again,
                   end->exit_code, k->restarts);
        find_edit_template(f, "Correct the postStart hook");
    } else {
        find_brief(f, "%s %s exit code %d", word, !loop ? "ended:" : end->exit_code ? "crashes:" : "ends again and again:", end->exit_code);
        find_cause(f, "%s %s %s%s: it exited with code %d%s; %d restarts.", capital, k->name, end->exit_code ? "crashes" : "ends", again,
                   end->exit_code,
                   end->exit_code == 137 ? " (killed)" : end->exit_code == 139 ? " (segmentation fault)" : end->exit_code == 127
                       ? " (command not found)" :
                   end->exit_code == 126 ? " (command not executable)" : "", k->restarts);
        find_next(f, "Read what it printed last; correct its command or its image%s%s", c->template_at ? " in template " : "",
                  c->template_at ? c->template_at->name : "");
        find_command(f, "kubectl logs %s -n %s -c %s --previous", c->pod->o.name, c->pod->o.ns, k->name);
    }
}

bool rule_crash(const struct chain *c, struct finder *f)
{
    /* An ended pod that is not started again is row 26; a pod on its way out is no failure. */
    if (!c->pod || c->pod->o.deleting_ms || is(c->pod->phase, "Succeeded") || is(c->pod->phase, "Failed") || chain_suspended(c))
        return false;
    for (uint32_t i = 0; i < c->pod->n_containers; i++) {
        const struct container *k = &c->pod->containers[i];
        int64_t until;
        enum crash crash = container_crash(k, c->now_ms, &until);
        struct ending end = ending_of(k);
        if (crash == CRASH_NONE || start_refused(end.reason))
            continue;
        bool oom = is(end.reason, "OOMKilled");
        const struct event *liveness = oom ? NULL : event_about(&c->pod->o, "Unhealthy", "Liveness probe failed");
        if (liveness && end.finished_ms && liveness->last_ms < end.finished_ms - 120000)
            liveness = NULL;
        /* The kubelet kills a container whose hook fails (observed: exit 137 by no fault of its own); the event may come at the start. */
        const struct event *hook = oom || liveness || k->init ? NULL : event_about(&c->pod->o, "FailedPostStartHook", NULL);
        char field[300];
        snprintf(field, sizeof field, "spec.containers{%s}", k->name);
        if (hook && (!is(hook->about_field, field) || (end.started_ms && hook->last_ms < end.started_ms - 120000)))
            hook = NULL;
        find_recheck(f, until);
        find(f, crash == CRASH_LOOP ? SEVERITY_STUCK : SEVERITY_WAITING, CONFIDENCE_PROVED, &c->pod->o);
        find_since(f, loop_since(c, &end));
        crash_words(c, f, k, &end, liveness, hook, crash == CRASH_LOOP);
        find_group(f, "%s|%s|%s|%d|%d|%d", c->pod->o.ns, c->template_at ? c->template_at->name : c->pod->o.name, k->name, end.exit_code,
                   oom, liveness ? 1 : hook ? 2 : 0);
        find_container(f, c->pod, k);
        find_event(f, event_about(&c->pod->o, "BackOff", "restarting failed container"));
        find_event(f, liveness);
        find_event(f, hook);
        find_ready(f);
        return true;
    }
    return false;
}

/* Row 24. The reason a probe gives is between its name and the end: "Readiness probe failed: HTTP probe failed with statuscode: 404". */
static void probe_detail(struct buf *out, const struct event *e)
{
    const char *p = strstr(e->message, "probe failed: ");
    p = p ? p + strlen("probe failed: ") : e->message;
    if (says(p, "statuscode: "))
        buf_printf(out, "HTTP %.*s", SHOW(run_after(p, "statuscode: ", " \n")));
    else if (says(p, "connection refused"))
        buf_add_text(out, "connection refused");
    else if (says(p, "deadline exceeded") || says(p, "Client.Timeout") || says(p, "i/o timeout"))
        buf_add_text(out, "no answer in time");
    else if (says(p, "no such host"))
        buf_add_text(out, "no such host");
    else
        one_line(out, p, 60);
}

/* "Get \"http://10.0.0.1:8889/\": …" and "dial tcp 10.0.0.1:8889: connect: …". 0: it names none. */
static int probe_port(const char *message)
{
    const char *dial = strstr(message, "dial tcp "), *p = dial ? strchr(dial, ' ') : NULL;
    int64_t port = 0;
    p = p ? strchr(p + 1, ' ') : NULL;
    if (!p)
        return 0;
    size_t n = strcspn(p + 1, " ");
    struct slice address = {p + 1, n && p[n] == ':' ? n - 1 : n};
    const char *colon = address.n ? memrchr(address.p, ':', address.n) : NULL;
    if (!colon || !slice_int((struct slice){colon + 1, (size_t)(address.p + address.n - colon - 1)}, &port) || port < 1 || port > 65535)
        return 0;
    return (int)port;
}

bool has_port(const char *ports, int port)
{
    for (const char *p = ports; *p; p += strcspn(p, ","), p += *p == ',') {
        int64_t n;
        if (slice_int((struct slice){p, strcspn(p, ",")}, &n) && n == port)
            return true;
    }
    return false;
}

bool rule_probe(const struct chain *c, struct finder *f)
{
    if (!c->pod || c->pod->o.deleting_ms || !is(c->pod->phase, "Running") || (c->node && c->node->ready.status != TRUTH_TRUE))
        return false;
    for (uint32_t i = 0; i < c->pod->n_containers; i++) {
        const struct container *k = &c->pod->containers[i];
        int64_t until;
        if (k->init || k->state != CONTAINER_RUNNING || k->ready || container_crash(k, c->now_ms, &until) != CRASH_NONE)
            continue;
        int64_t due = k->started_ms + PROBE_GRACE_MS;
        const struct event *startup = event_about(&c->pod->o, "Unhealthy", "Startup probe "),
            *e = event_about(&c->pod->o, "Unhealthy", "Readiness probe ");
        if (!e || (startup && startup->last_ms > e->last_ms))
            e = startup;
        if (c->now_ms < due) {
            find_recheck(f, due);
            continue;
        }
        struct buf why = {0};
        int port = e ? probe_port(e->message) : 0;
        /* What cannot pass by itself: it answers, and not what the probe wants; or it is asked on a port that is none of its own. */
        bool elsewhere = port && k->ports[0] && !has_port(k->ports, port), wrong = e && (says(e->message, "statuscode: 4") || elsewhere);
        if (e)
            probe_detail(&why, e);
        if (elsewhere)
            buf_printf(&why, " on port %d (the container's: %s)", port, k->ports);
        const char *probe = e && e == startup ? "startup" : "readiness";
        if (wrong)
            find_recheck(f, k->started_ms + PROBE_WRONG_MS);
        find(f, wrong && c->now_ms >= k->started_ms + PROBE_WRONG_MS ? SEVERITY_STUCK : find_passing(f), e ? CONFIDENCE_PROVED
             : CONFIDENCE_LIKELY, &c->pod->o);
        find_brief(f, "%s probe fails%s%s", probe, why.n ? ": " : "", why.n ? why.p : "");
        if (e)
            find_cause(f, "Container %s runs, but its %s probe fails: %s.", k->name, probe, why.n ? why.p : "no reason given");
        else
            find_cause(f, "Container %s runs, but does not pass its readiness probe (no event about it is left).", k->name);
        find_edit_template(f, "Correct the probe's port or path");
        /* Not by what the probe says: of some pods the event is gone. */
        find_group(f, "%s|%s|%s", c->pod->o.ns, c->template_at ? c->template_at->name : c->pod->o.name, k->name);
        buf_free(&why);
        find_container(f, c->pod, k);
        find_event(f, e);
        find_condition(f, &c->pod->o, "Ready", &c->pod->ready);
        find_ready(f);
        return true;
    }
    return false;
}

/* Small clusters for the tests of the rules: objects as JSON with ' for ", all of one claim `c` in namespace `n`, times counted from START.
 * */
#ifndef TESTS_DIAGNOSE_CASES_H
#define TESTS_DIAGNOSE_CASES_H
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/diagnose/diagnose.h"
#include "tests/unit/test.h"

#define START_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define AT(clock) "'2026-01-01T00:" clock "Z'"
#define META(name) "'metadata':{'name':'" name "','namespace':'n','creationTimestamp':" AT("00:00") "}"
#define CONDITION(type, status, reason, message, clock) \
    "{'type':'" type "','status':'" status "','reason':'" reason "','message':'" message "','lastTransitionTime':" AT(clock) "}"

#define CLAIM_WITH(conditions, sandbox) \
    "{'kind':'SandboxClaim'," META("c") ",'spec':{'warmPoolRef':{'name':'p'}},'status':{'conditions':[" conditions "]" sandbox "}}"
#define BOUND ",'sandbox':{'name':'c'}"
#define CLAIM_NOT(reason, message) CLAIM_WITH(CONDITION("Ready", "False", reason, message, "00:01"), BOUND)
#define CLAIM_UNBOUND(reason, message) CLAIM_WITH(CONDITION("Ready", "False", reason, message, "00:01"), "")
#define CLAIM_READY_AT(clock) CLAIM_WITH(CONDITION("Ready", "True", "DependenciesReady", "Pod is Ready", clock), BOUND)
#define CLAIM_PENDING CLAIM_NOT("DependenciesNotReady", "Pod exists with phase: Pending")
#define CLAIM_RUNNING CLAIM_NOT("DependenciesNotReady", "Pod is Running but not Ready")
#define CLAIM_UNSEEN "{'kind':'SandboxClaim'," META("c") ",'spec':{'warmPoolRef':{'name':'p'}}}"
#define POOL "{'kind':'SandboxWarmPool'," META("p") ",'spec':{'replicas':0,'sandboxTemplateRef':{'name':'t'}}}"
#define TEMPLATE \
    "{'kind':'SandboxTemplate'," META("t") ",'spec':{'podTemplate':{'spec':{'containers':[{'name':'main','image':'registry/app:2'}]}}}}"
#define SANDBOX_WITH(conditions, spec) \
    "{'kind':'Sandbox','metadata':{'name':'c','namespace':'n','creationTimestamp':" AT("00:01") \
    ",'annotations':{'agents.x-k8s.io/pod-name':'c','agents.x-k8s.io/sandbox-template-ref':'t'}},'spec':{" spec \
    "},'status':{'conditions':[" conditions "]}}"
#define SANDBOX_NOT(reason, message) SANDBOX_WITH(CONDITION("Ready", "False", reason, message, "00:01"), "")
#define SANDBOX_PENDING SANDBOX_NOT("DependenciesNotReady", "Pod exists with phase: Pending")
#define POD_WITH(metadata, spec, status) \
    "{'kind':'Pod','metadata':{'name':'c','namespace':'n','creationTimestamp':" AT("00:01") metadata "},'spec':{" spec \
    "'containers':[{'name':'main','image':'registry/app:2'}]},'status':{" status "}}"
#define ON_NODE "'nodeName':'node-1',"
#define SCHEDULED "{'type':'PodScheduled','status':'True','lastTransitionTime':" AT("00:01") "}"
#define UNREADY SCHEDULED ",{'type':'Ready','status':'False','reason':'ContainersNotReady','lastTransitionTime':" AT("00:01") "}"
#define POD_STATE(phase, container) \
    POD_WITH("", ON_NODE, "'phase':'" phase "','conditions':[" UNREADY "],'containerStatuses':[{'name':'main','image':'registry/app:2'," \
    container "}]")
#define POD_WAITS(reason, message) \
    POD_STATE("Pending", "'restartCount':0,'ready':false,'state':{'waiting':{'reason':'" reason "','message':'" message "'}}")
#define POD_UNPLACED(message) \
    POD_WITH("", "", "'phase':'Pending','conditions':[" CONDITION("PodScheduled", "False", "Unschedulable", message, "00:01") "]")
#define TERMINATED(reason, code, from, to) \
    "{'terminated':{'exitCode':" code ",'reason':'" reason "','startedAt':" AT(from) ",'finishedAt':" AT(to) "}}"
#define RUNNING(from) "{'running':{'startedAt':" AT(from) "}}"
#define EVENT_ON(about, name, type, reason, message, n, clock) \
    "{'kind':'Event'," META(name) ",'involvedObject':{'kind':'" about "','namespace':'n','name':'c'},'type':'" type "','reason':'" reason \
    "','message':'" message "','firstTimestamp':" AT(clock) ",'lastTimestamp':" AT(clock) ",'count':" n "}"
#define EVENT(reason, message, n, clock) EVENT_ON("Pod", "e-" reason "-" clock, "Warning", reason, message, n, clock)
#define CONTROLLER(desired, ready, args) \
    "{'kind':'Deployment','metadata':{'name':'agent-sandbox-controller','namespace':'agent-sandbox-system'," \
    "'labels':{'app':'agent-sandbox-controller'}," \
    "'creationTimestamp':" AT("00:00") "},'spec':{'replicas':" desired ",'selector':{'matchLabels':{'app':'agent-sandbox-controller'}}," \
                                                                       "'template':{" \
    "'metadata':{'labels':{'app':'agent-sandbox-controller'}},'spec':{'containers':[{'name':'agent-sandbox-controller'," \
    "'image':'agent-sandbox-controller:v0.5.6'," \
    "'args':[" args "]}]}}},'status':{" ready "'conditions':[{'type':'Available','status':'True','lastTransitionTime':" AT("00:00") "}]}}"
#define WELL_ARGS "'--leader-elect=true','--extensions'"

struct world {
    struct store *store;
    struct cluster_facts facts;
    struct answers *answers;
    struct diagnosis *diagnosis;
};

static inline char *json_of(const char *quoted)
{
    char *text = mem_text(quoted);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    return text;
}

static inline void world_apply(struct world *w, const char *object)
{
    char *text = json_of(object);
    json whole = json_whole(slice_of(text));
    struct buf scratch = {0};
    enum kind kind = kind_by_name(json_str(json_get(whole, "kind"), &scratch));
    if (kind == KIND_NONE)
        fail_msg("not an object of a known kind: %.120s", text);
    assert_true(store_apply(w->store, kind, 0, whole));
    buf_free(&scratch);
    free(text);
}

static inline struct world world_new(void)
{
    struct world w = {.store = store_new(), .answers = answers_new()};
    return w;
}

/* The diagnosis borrows the facts, so a world must not move after this. */
static inline void world_judge(struct world *w, int64_t now_ms)
{
    if (!w->diagnosis) {
        w->facts.discovered = true;
        for (int k = 0; k < KIND_COUNT; k++)
            w->facts.synced[k] = true;
        w->facts.answers = w->answers;
        w->diagnosis = diagnosis_new(w->store, &w->facts);
    }
    diagnosis_update(w->diagnosis, now_ms);
    store_sweep(w->store);
}

static inline void world_free(struct world *w)
{
    diagnosis_free(w->diagnosis);
    store_free(w->store);
    answers_free(w->answers);
    *w = (struct world){0};
}

static inline const struct object *world_claim(const struct world *w, const char *ns, const char *name)
{
    const struct object *o = store_find(w->store, KIND_CLAIM, slice_of(ns), slice_of(name));
    assert_non_null(o);
    return o;
}
#endif

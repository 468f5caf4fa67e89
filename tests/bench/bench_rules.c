/* What judging costs, without a cluster: 10,000 claims with their sandboxes and pods, of which 1,000 are stuck for some ten causes. Prints
 * "name value" lines: all anew, and one changed object at a time (a pod of a stuck claim, a claim that becomes ready, a pool, an event), in
 * ms.
 * usage: bench_rules [CLAIMS [STUCK]] */
#include "core/base/mem.h"
#include "core/diagnose/diagnose.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 20, SINGLES = 400 };
static const int64_t now_ms = INT64_C(1767226200000); /* 2026-01-01T00:10:00Z */

static double ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);     /* what it costs, whoever else is at work */
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* ' for ", # for the number. */
static void apply(struct store *s, enum kind kind, unsigned i, const char *text)
{
    struct buf b = {0};
    for (; *text; text++)
        if (*text == '#')
            buf_printf(&b, "%u", i);
        else
            buf_add_byte(&b, *text == '\'' ? '"' : *text);
    if (!store_apply(s, kind, 0, json_whole(buf_slice(&b))))
        abort();
    buf_free(&b);
}

#define META(name) "'metadata':{'name':'" name "','namespace':'n','creationTimestamp':'2026-01-01T00:00:00Z'"
#define READY(status, reason, message) \
    "{'type':'Ready','status':'" status "','reason':'" reason "','message':'" message "','lastTransitionTime':'2026-01-01T00:00:01Z'}"
#define STATUS(status, reason, message) "'status':{'sandbox':{'name':'c#'},'conditions':[" READY(status, reason, message) "]}"

struct fault {
    const char *claim, *sandbox, *pod;
};
#define POD(phase, scheduled, container) \
    "{" META("c#") ",'labels':{'agents.x-k8s.io/sandbox-name-hash':'#'},'ownerReferences':[{'kind':'Sandbox','name':'c#','uid':'s#'," \
                   "'controller':true}]},'spec':{" scheduled \
    "'containers':[{'name':'main','image':'registry/app:2'}]},'status':{'phase':'" phase "','conditions':[" READY("False", \
                    "ContainersNotReady", "") \
    "],'containerStatuses':[{'name':'main','image':'registry/app:2','restartCount':3,'ready':false,'state':" container "}]}}"
#define CLAIM(reason, message) "{" META("c#") "},'spec':{'warmPoolRef':{'name':'p'}}," STATUS("False", reason, message) "}"
#define BOX(reason, message) \
    "{" META("c#") ",'annotations':{'agents.x-k8s.io/pod-name':'c#','agents.x-k8s.io/sandbox-template-ref':'t'}," \
                   "'ownerReferences':[{'kind':'SandboxClaim','name':'c#'," \
    "'uid':'u#','controller':true}]},'spec':{}," STATUS("False", reason, message) "}"
static const struct fault faults[] = {
    {CLAIM("DependenciesNotReady", "Pod exists with phase: Pending"), BOX("DependenciesNotReady", "Pod exists with phase: Pending"),
     POD("Pending", "'nodeName':'node-1',", "{'waiting':{'reason':'ErrImagePull','message':'failed to resolve image: not found'}}")},
    {CLAIM("DependenciesNotReady", "Pod is Running but not Ready"), BOX("DependenciesNotReady", "Pod is Running but not Ready"),
     POD("Running", "'nodeName':'node-1',",
         "{'terminated':{'exitCode':1,'reason':'Error','startedAt':'2026-01-01T00:09:00Z','finishedAt':'2026-01-01T00:09:01Z'}}")},
    {CLAIM("ReconcilerError", "Error seen: pods is forbidden: exceeded quota: small, requested: pods=1, used: pods=5, limited: pods=5"),
     BOX("ReconcilerError", "Error seen: pods is forbidden: exceeded quota: small, requested: pods=1, used: pods=5, limited: pods=5"),
         NULL},
    {CLAIM("DependenciesNotReady", "Pod exists with phase: Pending"), BOX("DependenciesNotReady", "Pod exists with phase: Pending"),
     POD("Pending", "'nodeName':'node-1',", "{'waiting':{'reason':'CreateContainerConfigError','message':'secret \\'key\\' not found'}}")},
    {CLAIM("WarmPoolNotFound", "SandboxWarmPool not found"), NULL, NULL},
    {CLAIM("DependenciesNotReady", "Pod is Running but not Ready"), BOX("DependenciesNotReady", "Pod is Running but not Ready"),
     POD("Running", "'nodeName':'node-1',", "{'running':{'startedAt':'2026-01-01T00:00:05Z'}}")},
};

static void fill(struct store *s, unsigned claims, unsigned stuck)
{
    apply(s, KIND_POOL, 0, "{" META("p") "},'spec':{'replicas':10,'sandboxTemplateRef':{'name':'t'}},'status':{'readyReplicas':10}}");
    apply(s, KIND_TEMPLATE, 0, "{" META("t")
        "},'spec':{'podTemplate':{'spec':{'containers':[{'name':'main','image':'registry/app:2'}]}}}}");
    apply(s, KIND_DEPLOYMENT, 0, "{'metadata':{'name':'agent-sandbox-controller','namespace':'agent-sandbox-system'},'spec':{'replicas':1,"
                                 "'template':{'spec':{'containers':["
                                 "{'name':'agent-sandbox-controller','args':['--extensions']}]}}},'status':{'readyReplicas':1}}");
    apply(s, KIND_NODE, 0, "{'metadata':{'name':'node-1'},'status':{'conditions':[{'type':'Ready','status':'True'}]}}");
    for (unsigned i = 0; i < claims; i++) {
        if (i < stuck) {
            const struct fault *f = &faults[i % (sizeof faults / sizeof *faults)];
            apply(s, KIND_CLAIM, i, f->claim);
            if (f->sandbox)
                apply(s, KIND_SANDBOX, i, f->sandbox);
            if (f->pod)
                apply(s, KIND_POD, i, f->pod);
            continue;
        }
        apply(s, KIND_CLAIM, i, "{" META("c#") "},'spec':{'warmPoolRef':{'name':'p'}}," STATUS("True", "DependenciesReady",
                    "Pod is Ready") "}");
        apply(s, KIND_SANDBOX, i, "{" META("c#") "},'spec':{}," STATUS("True", "DependenciesReady", "Pod is Ready") "}");
        apply(s, KIND_POD, i, "{" META("c#") "},'spec':{'nodeName':'node-1','containers':[{'name':'main','image':'registry/app:2'}]},"
                                             "'status':{'phase':'Running','conditions':["
                              READY("True", "", "") "],'containerStatuses':[{'name':'main','restartCount':0,'ready':true,"
                                                    "'state':{'running':{'startedAt':'2026-01-01T00:00:02Z'}}}]}}");
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const char *name, double *v, size_t n)
{
    qsort(v, n, sizeof *v, by_value);
    printf("%s_median %.4f\n%s_worst %.4f\n", name, v[n / 2], name, v[n - 1]);
}

/* Changes one object and judges: the two are measured apart, as decoding is not judging. */
static void single(struct store *s, struct diagnosis *d, const char *name, enum kind kind, unsigned stuck, const char *one,
                   const char *other)
{
    double v[SINGLES];
    for (unsigned i = 0; i < SINGLES; i++) {
        apply(s, kind, i * (sizeof faults / sizeof *faults) % (stuck ? stuck : 1), i % 2 ? one : other);
        double start = ms();
        diagnosis_update(d, now_ms);
        v[i] = ms() - start;
        store_sweep(s);
    }
    print(name, v, SINGLES);
}

int main(int argc, char **argv)
{
    unsigned claims = argc > 1 ? (unsigned)atoi(argv[1]) : 10000, stuck = argc > 2 ? (unsigned)atoi(argv[2]) : 1000;
    struct store *s = store_new();
    struct cluster_facts facts = {.discovered = true};
    for (int k = 0; k < KIND_COUNT; k++)
        facts.synced[k] = true;
    struct diagnosis *d = diagnosis_new(s, &facts);
    fill(s, claims, stuck);
    double start = ms(), all[ROUNDS], looks[ROUNDS];
    diagnosis_update(d, now_ms);
    store_sweep(s);
    printf("first %.3f\n", ms() - start);
    for (unsigned i = 0; i < ROUNDS; i++) {
        start = ms();
        diagnosis_all(d, now_ms);
        all[i] = ms() - start;
        start = ms();
        struct findings cluster;
        diagnose_cluster(d, now_ms, &cluster);
        findings_free(&cluster);
        looks[i] = ms() - start;
    }
    printf("claims %zu\nstuck %zu\n", store_count(s, KIND_CLAIM), diagnosis_count(d, CLAIM_STUCK));
    print("all", all, ROUNDS);
    print("cluster", looks, ROUNDS);
    single(s, d, "pod", KIND_POD, stuck, faults[0].pod, POD("Pending", "'nodeName':'node-1',",
                                                            "{'waiting':{'reason':'ImagePullBackOff','message':'not found'}}"));
    single(s, d, "claim", KIND_CLAIM, stuck, faults[0].claim, "{" META("c#") "},'spec':{'warmPoolRef':{'name':'p'}}," STATUS("True",
                    "DependenciesReady", "Pod is Ready") "}");
    single(s, d, "event", KIND_EVENT, stuck,
           "{" META("e#") "},'involvedObject':{'kind':'Pod','namespace':'n','name':'c#'},'type':'Warning','reason':'Failed','message':'x',"
                          "'count':1}",
           "{" META("e#") "},'involvedObject':{'kind':'Pod','namespace':'n','name':'c#'},'type':'Warning','reason':'Failed','message':'y',"
                          "'count':2}");
    single(s, d, "pool_counts", KIND_POOL, 1,
           "{" META("p") "},'spec':{'replicas':10,'sandboxTemplateRef':{'name':'t'}},'status':{'readyReplicas':9}}",
           "{" META("p") "},'spec':{'replicas':10,'sandboxTemplateRef':{'name':'t'}},'status':{'readyReplicas':10}}");
    diagnosis_free(d);
    store_free(s);
    return 0;
}

/* From bytes to structs: lists captured from a real cluster, both generations of the API, and what no cluster should send. */
#include "tests/unit/test.h"
#include "core/base/clock.h"
#include "tests/unit/store_help.h"

static int setup(void **state)
{
    *state = store_new();
    return 0;
}

static int teardown(void **state)
{
    assert_null(store_fault(*state));
    store_free(*state);
    return 0;
}

static struct store *load(void **state, const char *scenario)
{
    static const struct {
        const char *name;
        enum kind kind;
    } lists[] = {
        {"claims", KIND_CLAIM}, {"sandboxes", KIND_SANDBOX}, {"pods", KIND_POD}, {"pools", KIND_POOL}, {"templates", KIND_TEMPLATE},
        {"events", KIND_EVENT},
    };
    struct store *s = *state;
    for (unsigned i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        char name[128];
        size_t n;
        snprintf(name, sizeof name, "lists/%s.%s.json", scenario, lists[i].name);
        char *text = fixture(name, &n);
        put_list(s, lists[i].kind, (unsigned)lists[i].kind, text, n);
        free(text);
    }
    return s;
}

static int64_t ms(const char *stamp)
{
    int64_t value = 0;
    assert_true(time_parse(slice_of(stamp), &value, NULL));
    return value;
}

static void claim_of_a_cluster(void **state)
{
    struct store *s = load(state, "crash-loop");
    const struct claim *c = AS(claim, get(s, KIND_CLAIM, "sc-crash-loop", "claim-1"));
    assert_non_null(c);
    assert_string_equal(c->pool, "pool");
    assert_string_equal(c->template_name, "");
    assert_string_equal(c->sandbox_name, "claim-1");
    assert_true(c->has_status);
    assert_false(c->old_api);
    assert_int_equal(c->ready.status, TRUTH_FALSE);
    assert_string_equal(c->ready.reason, "DependenciesNotReady");
    assert_string_equal(c->ready.message, "Pod is Running but not Ready");
    assert_true(c->ready.since_ms == ms("2026-11-23T08:25:12Z"));
    assert_int_equal(c->finished.status, TRUTH_ABSENT);
    assert_true(c->o.created_ms == ms("2026-11-23T08:20:21Z"));
    assert_string_equal(c->first_observed, "2026-11-23T08:20:21Z");
    char uid[40];
    assert_string_equal(uid_text(c->o.uid, uid), "65fb346b-36bd-47bd-9d52-1fadae81db50");
    assert_ptr_equal(store_by_uid(s, c->o.uid), &c->o);
    const struct claim *done = AS(claim, get(load(state, "pod-completed"), KIND_CLAIM, "sc-pod-completed", "claim-1"));
    assert_int_equal(done->finished.status, TRUTH_TRUE);
    assert_string_equal(done->finished.reason, "PodSucceeded");
}

static void what_is_absent_now_is_reset(void **state)
{
    struct store *s = load(state, "pod-completed");
    static const char bare[] = "{'metadata':{'name':'claim-1','namespace':'sc-pod-completed'}}";
    put(s, KIND_CLAIM, KIND_CLAIM, bare);
    const struct claim *c = AS(claim, get(s, KIND_CLAIM, "sc-pod-completed", "claim-1"));
    assert_int_equal(c->ready.status, TRUTH_ABSENT);
    assert_true(c->ready.since_ms == 0 && !*c->ready.reason && !*c->ready.message && c->finished.status == TRUTH_ABSENT);
    assert_true(!c->has_status && !*c->pool && !*c->sandbox_name && !c->o.created_ms && !*c->first_observed);
    assert_null(c->o.out);
    put(s, KIND_POD, KIND_POD, bare);
    const struct pod *p = AS(pod, get(s, KIND_POD, "sc-pod-completed", "claim-1"));
    assert_true(p->n_containers == 0 && !p->containers && !*p->phase && !*p->o.owner_name && !p->o.controlled && uid_none(p->o.owner_uid));
}

static void sandbox_of_a_cluster(void **state)
{
    struct store *s = load(state, "crash-loop");
    const struct sandbox *b = AS(sandbox, get(s, KIND_SANDBOX, "sc-crash-loop", "claim-1"));
    assert_non_null(b);
    assert_string_equal(b->pod_name, "claim-1");
    assert_string_equal(b->template_name, "template");
    assert_string_equal(b->launch_type, "cold");
    assert_string_equal(b->node, "real-1");
    assert_string_equal(b->pod_ip, "10.88.1.10");
    assert_string_equal(b->image, "local/debian:bookworm");
    assert_string_equal(b->o.owner_kind, "SandboxClaim");
    assert_string_equal(b->o.owner_name, "claim-1");
    assert_true(b->o.controlled);
    assert_true(uid_eq(b->o.owner_uid, b->claim_uid) && !uid_none(b->claim_uid));
    assert_false(b->suspended_wanted);
    assert_false(b->pool_member);
    assert_int_equal(b->scheduled.status, TRUTH_TRUE);
    assert_int_equal(b->suspended.status, TRUTH_FALSE);
    assert_string_equal(b->suspended.reason, "NotSuspended");
}

static void pod_of_a_cluster(void **state)
{
    const struct pod *p = AS(pod, get(load(state, "crash-loop"), KIND_POD, "sc-crash-loop", "claim-1"));
    assert_non_null(p);
    assert_string_equal(p->phase, "Running");
    assert_string_equal(p->node, "real-1");
    assert_string_equal(p->ip, "10.88.1.10");
    assert_string_equal(p->service_account, "default");
    assert_int_equal(p->ready.status, TRUTH_FALSE);
    assert_string_equal(p->ready.message, "containers with unready status: [python-runtime]");
    assert_int_equal(p->n_containers, 1);
    const struct container *c = &p->containers[0];
    assert_string_equal(c->name, "python-runtime");
    assert_string_equal(c->image, "local/debian:bookworm");
    assert_int_equal(c->state, CONTAINER_TERMINATED);
    assert_string_equal(c->reason, "Error");
    assert_int_equal(c->exit_code, 1);
    assert_int_equal(c->restarts, 7);
    assert_true(c->has_last && !c->ready && !c->init);
    assert_int_equal(c->last_exit_code, 1);
    assert_string_equal(c->last_reason, "Error");
    assert_true(c->finished_ms == ms("2026-11-23T08:25:11Z") && c->last_finished_ms == ms("2026-11-23T08:24:02Z"));
    assert_memory_equal(c->id, "containerd://7df2927", 20);
    const struct pod *pull = AS(pod, get(load(state, "image-missing"), KIND_POD, "sc-image-missing", "claim-1"));
    assert_int_equal(pull->containers[0].state, CONTAINER_WAITING);
    assert_memory_equal(pull->containers[0].reason, "ImagePull", 9);
}

static void pool_and_template_of_a_cluster(void **state)
{
    struct store *s = load(state, "pool-exhausted");
    const struct pool *p = AS(pool, get(s, KIND_POOL, "sc-pool-exhausted", "pool"));
    assert_non_null(p);
    assert_int_equal(p->desired, 2);
    assert_int_equal(p->ready, 0);
    assert_string_equal(p->template_name, "template");
    const struct sandbox_template *t = AS(sandbox_template, get(s, KIND_TEMPLATE, "sc-pool-exhausted", "template"));
    assert_int_equal(t->n_containers, 1);
    assert_string_equal(t->containers[0].name, "python-runtime");
    assert_string_equal(t->env_policy, "Disallowed");
    assert_string_equal(t->network_policy, "Unmanaged");
    assert_ptr_equal(chain_template(&p->o), &t->o);
    assert_int_equal(AS(pool, get(load(state, "crash-loop"), KIND_POOL, "sc-crash-loop", "pool"))->replicas, 0);
}

/* Both APIs serve the same events: after the second list nothing has changed. */
static void events_of_both_apis_are_the_same(void **state)
{
    struct store *s = *state;
    size_t n;
    char *core = fixture("lists/crash-loop.events.json", &n);
    unsigned count = put_list(s, KIND_EVENT, 7, core, n);
    free(core);
    assert_true(count > 3 && store_count(s, KIND_EVENT) == count);
    store_sweep(s);
    uint64_t generation = store_generation(s);
    char *other = fixture("lists/crash-loop.events-k8s-io.json", &n);
    assert_int_equal(put_list(s, KIND_EVENT, 7, other, n), count);
    free(other);
    assert_int_equal(store_changes(s)->n, 0);
    assert_true(store_generation(s) == generation);
}

static void times_of_events_are_folded(void **state)
{
    struct store *s = *state;
    put(s, KIND_EVENT, 0, "{'metadata':{'name':'a','namespace':'n','creationTimestamp':'2026-01-01T00:00:00Z'},'regarding':{'kind':'Pod',"
        "'name':'p'},"
        "'note':'words','eventTime':'2026-01-01T00:00:01.5Z','series':{'count':7,'lastObservedTime':'2026-01-01T00:05:00Z'},"
        "'type':'Warning',"
        "'reportingController':'sched'}");
    const struct event *e = AS(event, get(s, KIND_EVENT, "n", "a"));
    assert_true(e->first_ms == ms("2026-01-01T00:00:01.5Z") && e->last_ms == ms("2026-01-01T00:05:00Z"));
    assert_int_equal(e->count, 7);
    assert_string_equal(e->message, "words");
    assert_string_equal(e->component, "sched");
    assert_string_equal(e->about_ns, "n");
    put(s, KIND_EVENT, 0, "{'metadata':{'name':'b','namespace':'n'},'involvedObject':{'kind':'Pod','name':'p','namespace':'m',"
        "'fieldPath':'spec.containers{c}'},"
        "'message':'words','firstTimestamp':'2026-01-01T00:00:01Z','lastTimestamp':'2026-01-01T00:01:00Z','eventTime':null,'count':3,"
        "'source':{'component':'kubelet'},'reportingComponent':''}");
    e = AS(event, get(s, KIND_EVENT, "n", "b"));
    assert_true(e->first_ms == ms("2026-01-01T00:00:01Z") && e->last_ms == ms("2026-01-01T00:01:00Z"));
    assert_int_equal(e->count, 3);
    assert_string_equal(e->component, "kubelet");
    assert_string_equal(e->about_ns, "m");
    assert_string_equal(e->about_field, "spec.containers{c}");
    put(s, KIND_EVENT, 0, "{'metadata':{'name':'c','namespace':'n','creationTimestamp':'2026-01-01T00:00:09Z'},'regarding':{'kind':'Node',"
        "'name':'w','uid':'w'}}");
    e = AS(event, get(s, KIND_EVENT, "n", "c"));
    assert_true(e->first_ms == ms("2026-01-01T00:00:09Z") && e->last_ms == e->first_ms);
    assert_int_equal(e->count, 1);
    assert_string_equal(e->about_ns, "");
}

static void events_about_strangers_are_not_kept(void **state)
{
    struct store *s = *state;
    static const char *const about[] = {
        "{'kind':'ReplicaSet','name':'x'}", "{'kind':'Event','name':'x'}", "{'kind':'ResourceQuota','name':'x'}", "{}", "null",
        "{'kind':7,'name':'x'}",
        "{'kind':'Sandbox','name':'x','apiVersion':'other.example.com/v1'}", "{'kind':'Pod','name':'x','apiVersion':'apps/v1'}",
    };
    for (unsigned i = 0; i < sizeof about / sizeof about[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, "{'metadata':{'name':'e%u','namespace':'n'},'involvedObject':%s}", i, about[i]);
        assert_true(put(s, KIND_EVENT, 0, text));
    }
    assert_int_equal(store_count(s, KIND_EVENT), 0);
    put(s, KIND_EVENT, 0, "{'metadata':{'name':'e','namespace':'n'},'involvedObject':{'kind':'Sandbox','name':'x',"
        "'apiVersion':'agents.x-k8s.io/v1beta1'}}");
    assert_int_equal(store_count(s, KIND_EVENT), 1);
}

static void old_api(void **state)
{
    struct store *s = *state;
    put(s, KIND_CLAIM, 0, "{'apiVersion':'extensions.agents.x-k8s.io/v1alpha1','metadata':{'name':'c','namespace':'n',"
        "'labels':{'agents.x-k8s.io/sandbox-name':'held'}},"
        "'spec':{'sandboxTemplateRef':{'name':'t'},'warmpool':'default','lifecycle':{'shutdownTime':'2026-01-01T00:00:00Z',"
        "'shutdownPolicy':'Retain'}}}");
    const struct claim *c = AS(claim, get(s, KIND_CLAIM, "n", "c"));
    assert_true(c->old_api);
    assert_string_equal(c->template_name, "t");
    assert_string_equal(c->pool, "");
    assert_string_equal(c->sandbox_name, "held");
    assert_false(c->has_status);
    assert_string_equal(c->shutdown_policy, "Retain");
    assert_true(c->shutdown_ms == ms("2026-01-01T00:00:00Z"));
    put(s, KIND_CLAIM, 0, "{'apiVersion':'extensions.agents.x-k8s.io/v1alpha1','metadata':{'name':'c','namespace':'n'},"
        "'spec':{'sandboxTemplateRef':{'name':'t'},'warmpool':'p'},'status':{'conditions':[],'sandbox':{'Name':'capital'}}}");
    assert_string_equal(c->pool, "p");
    assert_string_equal(c->sandbox_name, "capital");
    assert_string_equal(link_to(&c->o, LINK_CLAIM_SANDBOX)->name, "capital");
    assert_string_equal(link_to(&c->o, LINK_CLAIM_POOL)->name, "p");
    assert_string_equal(chain_template(&c->o)->name, "t");
    put(s, KIND_SANDBOX, 1, "{'apiVersion':'agents.x-k8s.io/v1alpha1','metadata':{'name':'capital','namespace':'n'},"
        "'spec':{'replicas':0,'podTemplate':{'spec':{'containers':[{'name':'a','image':'i:1'}]}}},"
        "'status':{'serviceFQDN':'capital.n.svc'}}");
    const struct sandbox *b = AS(sandbox, get(s, KIND_SANDBOX, "n", "capital"));
    assert_true(b->suspended_wanted);
    assert_string_equal(b->image, "i:1");
    assert_string_equal(b->service_fqdn, "capital.n.svc");
    assert_string_equal(link_to(&b->o, LINK_SANDBOX_POD)->name, "capital");
    put(s, KIND_SANDBOX, 1, "{'metadata':{'name':'capital','namespace':'n'},'spec':{'operatingMode':'Suspended'}}");
    assert_true(b->suspended_wanted);
    put(s, KIND_SANDBOX, 1, "{'metadata':{'name':'capital','namespace':'n'},'spec':{'operatingMode':'Running','replicas':1}}");
    assert_false(b->suspended_wanted);
}

/* A v1beta1 claim read through the conversion names its pool where the template was. */
static void converted_claim_finds_its_template(void **state)
{
    struct store *s = *state;
    put(s, KIND_CLAIM, 0, "{'apiVersion':'x/v1alpha1','metadata':{'name':'c','namespace':'n'},'spec':{'sandboxTemplateRef':{'name':'p'},"
        "'warmpool':'p'}}");
    assert_string_equal(chain_template(get(s, KIND_CLAIM, "n", "c"))->name, "p");
    put(s, KIND_POOL, 1, "{'metadata':{'name':'p','namespace':'n'},'spec':{'sandboxTemplateRef':{'name':'t'}}}");
    assert_string_equal(chain_template(get(s, KIND_CLAIM, "n", "c"))->name, "t");
    put(s, KIND_TEMPLATE, 2, "{'metadata':{'name':'t','namespace':'n'}}");
    assert_ptr_equal(chain_template(get(s, KIND_CLAIM, "n", "c")), get(s, KIND_TEMPLATE, "n", "t"));
}

static void containers_are_matched_by_name(void **state)
{
    struct store *s = *state;
    put(s, KIND_POD, 0, "{'metadata':{'name':'p','namespace':'n'},'spec':{'initContainers':[{'name':'i','image':'I'}],"
        "'containers':[{'name':'a','image':'A'},{'name':'b'},{'name':'c','image':'C'}],'schedulingGates':[{'name':'g'}]},"
        "'status':{'initContainerStatuses':[{'name':'i','state':{'terminated':{'exitCode':137,'signal':9,'reason':'OOMKilled'}}}],"
        "'containerStatuses':[{'name':'c','state':{'waiting':{'reason':'W','message':'m'}}},{'name':'b','image':'B','ready':true,"
        "'restartCount':2,"
        "'state':{'running':{'startedAt':'2026-01-01T00:00:00Z'}}},{'name':'i','ready':true},{'name':'zz','ready':true}]}}");
    const struct pod *p = AS(pod, get(s, KIND_POD, "n", "p"));
    assert_int_equal(p->n_containers, 4);
    assert_true(p->gated);
    assert_true(p->containers[0].init && p->containers[0].signal == 9 && p->containers[0].exit_code == 137 && !p->containers[0].ready);
    assert_true(!p->containers[1].init && p->containers[1].state == CONTAINER_UNKNOWN);
    assert_string_equal(p->containers[2].image, "B");
    assert_true(p->containers[2].ready && p->containers[2].restarts == 2 && p->containers[2].state == CONTAINER_RUNNING);
    assert_string_equal(p->containers[3].message, "m");
    put(s, KIND_POD, 0, "{'metadata':{'name':'p','namespace':'n'},'spec':{'containers':[{'name':'b'}]}}");
    assert_int_equal(p->n_containers, 1);
    assert_false(p->containers[0].ready || p->containers[0].restarts || p->gated);
    assert_string_equal(p->containers[0].image, "");
}

static void nodes(void **state)
{
    struct store *s = *state;
    put(s, KIND_NODE, 0, "{'metadata':{'name':'w','namespace':'ignored'},'spec':{'unschedulable':true,'taints':[{'key':'k','value':'v',"
        "'effect':'NoSchedule'},"
        "{'key':'node.kubernetes.io/unreachable','effect':'NoExecute'}]},'status':{'allocatable':{'cpu':'1930m','memory':'2Ki',"
        "'pods':'110'},"
        "'nodeInfo':{'kubeletVersion':'v1.36.3'},'conditions':[{'type':'MemoryPressure','status':'True'},{'type':'DiskPressure',"
        "'status':'False'},"
        "{'type':'Ready','status':'Unknown','reason':'NodeStatusUnknown'},{'type':'PIDPressure','status':'True'}]}}");
    const struct node *n = AS(node, get(s, KIND_NODE, "", "w"));
    assert_non_null(n);
    assert_true(n->unschedulable);
    assert_string_equal(n->taints, "k=v:NoSchedule,node.kubernetes.io/unreachable:NoExecute");
    assert_string_equal(n->pressure, "MemoryPressure,PIDPressure");
    assert_int_equal(n->ready.status, TRUTH_UNKNOWN);
    assert_int_equal(n->cpu_milli, 1930);
    assert_int_equal(n->memory_bytes, 2048);
    assert_int_equal(n->pods, 110);
    put(s, KIND_NODE, 0, "{'metadata':{'name':'w'},'status':{'allocatable':{'pods':'1M'}}}");
    assert_int_equal(n->pods, 1000000);
    put(s, KIND_NODE, 0, "{'metadata':{'name':'w'},'status':{'nodeInfo':{'kubeletVersion':'v1.36.3'}}}");
    assert_string_equal(n->kubelet_version, "v1.36.3");
}

static void quantities(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t milli;
    } rows[] = {
        {"2", 2000}, {"100m", 100}, {"0.5", 500}, {"1.5Gi", 1610612736000}, {"16373188Ki", 16766144512000}, {"1e3", 1000000},
        {"12E2", 1200000},
        {"5M", 5000000000}, {"-1", -1000}, {"", 0}, {"abc", 0}, {"1x", 0}, {"1e99", 0}, {"9007199254740988Ki", INT64_MAX}, {"1.2.3", 0},
        {"500000n", 1},
        {"1E", INT64_MAX}, {"-9E", INT64_MIN}, {"2k", 2000000}, {"1e-3", 1},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (quantity_milli(slice_of(rows[i].text)) != rows[i].milli)
            fail_msg("%s is %lld", rows[i].text, (long long)quantity_milli(slice_of(rows[i].text)));
    char long_number[600];
    memset(long_number, '9', sizeof long_number);
    assert_true(quantity_milli((struct slice){long_number, sizeof long_number}) == INT64_MAX);
}

static enum component component(void **state, const char *object)
{
    struct store *s = *state;
    assert_true(put(s, KIND_DEPLOYMENT, 0, object));
    enum component found = COMPONENT_NONE;
    if (store_count(s, KIND_DEPLOYMENT))
        found = AS(deployment, store_all(s, KIND_DEPLOYMENT)->v[0])->component;
    store_drop_source(s, KIND_DEPLOYMENT, 0);
    store_sweep(s);
    return found;
}

static void components(void **state)
{
    assert_int_equal(component(state, "{'metadata':{'name':'agent-sandbox-controller','namespace':'a'}}"), COMPONENT_CONTROLLER);
    assert_int_equal(component(state, "{'metadata':{'name':'sandbox-router','namespace':'a'}}"), COMPONENT_ROUTER);
    assert_int_equal(component(state, "{'metadata':{'name':'sandbox-router-deployment','namespace':'a'}}"), COMPONENT_ROUTER);
    assert_int_equal(component(state, "{'metadata':{'name':'x','namespace':'a','labels':{'app':'agent-sandbox-controller'}}}"),
        COMPONENT_CONTROLLER);
    assert_int_equal(component(state, "{'metadata':{'name':'x','namespace':'a','labels':{'app':'y',"
        "'app.kubernetes.io/name':'sandbox-router'}}}"), COMPONENT_ROUTER);
    assert_int_equal(component(state, "{'metadata':{'name':'x'},'spec':{'template':{'spec':{'containers':[{'image':'a'},"
        "{'image':'r/agent-sandbox-controller:v1'}]}}}}"),
                     COMPONENT_CONTROLLER);
    assert_int_equal(component(state, "{'metadata':{'name':'web','labels':{'app':'web'}},"
        "'spec':{'template':{'spec':{'containers':[{'image':'nginx'}]}}}}"),
                     COMPONENT_NONE);
    assert_int_equal(component(state, "{'metadata':{'name':'my-sandbox-router-thing'}}"), COMPONENT_NONE);
}

static void deployments(void **state)
{
    struct store *s = *state;
    put(s, KIND_DEPLOYMENT, 0, "{'metadata':{'name':'agent-sandbox-controller','namespace':'a'},'spec':{'replicas':0,"
        "'selector':{'matchLabels':{'app':'x','y':'z'}},"
        "'template':{'spec':{'containers':[{'name':'proxy','image':'p'},{'name':'manager','image':'r/agent-sandbox-controller:v1',"
        "'args':['--extensions','--leader-elect']}]}}},"
        "'status':{'conditions':[{'type':'Available','status':'True'}]}}");
    const struct deployment *d = AS(deployment, get(s, KIND_DEPLOYMENT, "a", "agent-sandbox-controller"));
    assert_int_equal(d->desired, 0);
    assert_string_equal(d->container, "manager");
    assert_string_equal(d->image, "r/agent-sandbox-controller:v1");
    assert_string_equal(d->args, "--extensions\n--leader-elect");
    assert_string_equal(d->selector, "app=x,y=z");
    assert_int_equal(d->available.status, TRUTH_TRUE);
    put(s, KIND_DEPLOYMENT, 0, "{'metadata':{'name':'agent-sandbox-controller','namespace':'a'},'spec':{},'status':{'readyReplicas':1,"
        "'updatedReplicas':1}}");
    assert_int_equal(d->desired, 1);
    assert_int_equal(d->ready, 1);
    assert_string_equal(d->selector, "");
}

static void on_demand_kinds(void **state)
{
    struct store *s = *state;
    size_t n;
    char *text = fixture("lists/pvc-no-storageclass.pvcs.json", &n);
    assert_int_equal(put_list(s, KIND_PVC, 0, text, n), 1);
    free(text);
    const struct pvc *v = AS(pvc, get(s, KIND_PVC, "sc-pvc-no-storageclass", "data-claim-1"));
    assert_string_equal(v->phase, "Pending");
    assert_string_equal(v->storage_class, "no-such-class");
    assert_string_equal(v->o.finalizers, "kubernetes.io/pvc-protection");
    text = fixture("lists/quota-exceeded.resourcequotas.json", &n);
    assert_int_equal(put_list(s, KIND_QUOTA, 0, text, n), 1);
    free(text);
    const struct quota *q = AS(quota, get(s, KIND_QUOTA, "sc-quota-exceeded", "small"));
    assert_int_equal(q->n_items, 2);
    assert_string_equal(q->items[1].resource, "requests.cpu");
    assert_string_equal(q->items[1].hard, "10m");
    assert_string_equal(q->items[1].used, "0");
    put(s, KIND_RUNTIMECLASS, 0, "{'metadata':{'name':'gvisor'},'handler':'runsc'}");
    assert_string_equal(AS(runtimeclass, get(s, KIND_RUNTIMECLASS, "", "gvisor"))->handler, "runsc");
    put(s, KIND_STORAGECLASS, 0, "{'metadata':{'name':'fast','annotations':{'storageclass.kubernetes.io/is-default-class':'true'}},"
        "'provisioner':'p'}");
    assert_true(AS(storageclass, get(s, KIND_STORAGECLASS, "", "fast"))->is_default);
    put(s, KIND_LEASE, 0, "{'metadata':{'name':'l','namespace':'n'},'spec':{'holderIdentity':'h','leaseDurationSeconds':15,"
        "'renewTime':'2026-01-01T00:00:00.000001Z'}}");
    const struct lease *l = AS(lease, get(s, KIND_LEASE, "n", "l"));
    assert_string_equal(l->holder, "h");
    assert_int_equal(l->seconds, 15);
}

/* --- what no cluster should send ------------------------------------------------------------------------------------------------------ */
static void no_name_is_no_object(void **state)
{
    struct store *s = *state;
    static const char *const bad[] = {
        "", "null", "7", "[]", "'x'", "{}", "{'metadata':null}", "{'metadata':{}}", "{'metadata':{'name':''}}", "{'metadata':{'name':7}}",
        "{'metadata':{'name':['x']}}", "{'metadata':'x'}", "{'metadata':{'name':'x'", "{'metadata':{'namespace':'n'}}",
    };
    for (unsigned kind = 0; kind < KIND_COUNT; kind++)
        for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
            if (put(s, (enum kind)kind, 0, bad[i]))
                fail_msg("taken as an object: %s", bad[i]);
    assert_int_equal(store_changes(s)->n, 0);
    assert_false(put(s, KIND_NONE, 0, "{'metadata':{'name':'x'}}"));
    assert_false(put(s, KIND_POD, 16, "{'metadata':{'name':'x'}}"));
}

/* Every member of every kind as every wrong type. */
static void wrong_types_read_as_absent(void **state)
{
    static const char *const members[] = {
        "conditions", "sandbox", "containerStatuses", "initContainerStatuses", "containers", "initContainers", "volumes", "taints",
        "allocatable", "podTemplate",
        "template", "selector", "hard", "used", "warmPoolRef", "sandboxTemplateRef", "lifecycle", "replicas", "nodeName", "podIPs",
        "nodeInfo", "phase",
        "schedulingGates", "warmpool", "operatingMode", "readyReplicas", "holderIdentity", "renewTime",
    };
    static const char *const values[] = {"null", "7", "-1e999", "'x'", "[]", "{}", "[null,7,[],{},'x']", "{'name':7,'conditions':{}}",
        "true", "[[[[]]]]"};
    struct store *s = *state;
    struct buf inner = {0}, text = {0};
    for (unsigned v = 0; v < sizeof values / sizeof values[0]; v++) {
        buf_clear(&inner);
        for (unsigned m = 0; m < sizeof members / sizeof members[0]; m++)
            buf_printf(&inner, "%s'%s':%s", m ? "," : "", members[m], values[v]);
        for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
            buf_clear(&text);
            buf_printf(&text, "{'metadata':{'name':'agent-sandbox-controller','namespace':'n','uid':%s,'labels':%s,'annotations':%s,"
                "'ownerReferences':%s,'finalizers':%s,"
                       "'deletionTimestamp':%s,'creationTimestamp':%s},'spec':{%s},'status':{%s},'series':%s,'count':%s,'eventTime':%s,"
                       "'source':%s,'message':%s,"
                       "'involvedObject':{'kind':'Pod','name':%s,'uid':%s},'provisioner':%s,'handler':%s}",
                       values[v], values[v], values[v], values[v], values[v], values[v], values[v], inner.p, inner.p, values[v],
                           values[v], values[v], values[v],
                       values[v], values[v], values[v], values[v], values[v]);
            assert_true(put(s, (enum kind)kind, 0, text.p));
        }
        assert_null(store_fault(s));
    }
    buf_free(&inner);
    buf_free(&text);
}

static void long_texts_are_cut_at_a_character(void **state)
{
    struct store *s = *state;
    enum { LONG = 5000000 };
    struct buf text = {0};
    for (unsigned shift = 0; shift < 4; shift++) {
        buf_clear(&text);
        buf_add_text(&text, "{\"metadata\":{\"name\":\"c\",\"namespace\":\"n\"},\"status\":{\"conditions\":[{\"type\":\"Ready\","
            "\"reason\":\"R\",\"message\":\"");
        buf_add(&text, "xxx", shift);
        for (size_t i = 0; i < (shift ? 5000 : LONG / 3); i++)
            buf_add_text(&text, "\u20ac");
        buf_add_text(&text, shift == 2 ? "\\n\"}]}}" : "\"}]}}");
        assert_true(store_apply(s, KIND_CLAIM, 0, buf_slice(&text)));
        const struct claim *c = AS(claim, get(s, KIND_CLAIM, "n", "c"));
        assert_int_equal(str_len(c->ready.message), shift + (MAX_TEXT - shift) / 3 * 3);
        assert_memory_equal(c->ready.message + str_len(c->ready.message) - 3, "\u20ac", 3);
    }
    buf_free(&text);
    assert_true(store_bytes(s) < 1000000);
}

static void names_at_their_limit(void **state)
{
    struct store *s = *state;
    char name[256], text[1024];
    memset(name, 'n', sizeof name);
    name[253] = 0;
    snprintf(text, sizeof text, "{'metadata':{'name':'%s','namespace':'%s'},'status':{'sandbox':{'name':'%s'}}}", name, name, name);
    assert_true(put(s, KIND_CLAIM, 0, text));
    assert_int_equal(str_len(chain_sandbox(get(s, KIND_CLAIM, name, name))->name), 253);
    name[253] = 'n';
    name[254] = 0;
    snprintf(text, sizeof text, "{'metadata':{'name':'%s','namespace':'x'}}", name);
    assert_false(put(s, KIND_CLAIM, 0, text));
    snprintf(text, sizeof text, "{'metadata':{'name':'y','namespace':'x'},'status':{'sandbox':{'name':'%s'}}}", name);
    assert_true(put(s, KIND_CLAIM, 0, text));
    assert_null(chain_sandbox(get(s, KIND_CLAIM, "x", "y")));
}

static void nul_in_a_name(void **state)
{
    struct store *s = *state;
    static const char text[] = "{\"metadata\":{\"name\":\"a\\u0000b\",\"namespace\":\"n\"},\"status\":{\"sandbox\":{\"name\":\"x\0y\"}}}";
    store_apply(s, KIND_CLAIM, 0, (struct slice){text, sizeof text - 1});
    assert_null(store_fault(s));
    for (size_t i = 0; i < store_count(s, KIND_CLAIM); i++) {
        const struct object *o = store_all(s, KIND_CLAIM)->v[i];
        assert_int_equal(strlen(o->name), str_len(o->name));
    }
}

static void many_containers_and_volumes_are_bounded(void **state)
{
    struct store *s = *state;
    struct buf text = {0};
    buf_add_text(&text, "{\"metadata\":{\"name\":\"p\",\"namespace\":\"n\"},\"spec\":{\"containers\":[{}");
    for (unsigned i = 0; i < 1000; i++)
        buf_printf(&text, ",{\"name\":\"c%u\"}", i);
    buf_add_text(&text, "],\"volumes\":[{}");
    for (unsigned i = 0; i < 1000; i++)
        buf_printf(&text, ",{\"persistentVolumeClaim\":{\"claimName\":\"v%u\"}}", i);
    buf_add_text(&text, "]}}");
    assert_true(store_apply(s, KIND_POD, 0, buf_slice(&text)));
    const struct object *o = get(s, KIND_POD, "n", "p");
    unsigned volumes = 0;
    for (const struct link *l = o->out; l; l = l->next_out)
        volumes += l->role == LINK_POD_PVC;
    assert_int_equal(volumes, MAX_CLAIM_VOLUMES);
    assert_int_equal(AS(pod, o)->n_containers, MAX_CONTAINERS);
    buf_free(&text);
}

static void uids(void **state)
{
    (void)state;
    char out[40];
    assert_string_equal(uid_text(uid_parse(SLICE("65FB346b-36bd-47bd-9d52-1fadae81db50")), out), "65fb346b-36bd-47bd-9d52-1fadae81db50");
    assert_true(uid_none(uid_parse(SLICE(""))));
    assert_true(uid_none(uid_parse(SLICE("real-1"))));
    assert_true(uid_none(uid_parse(SLICE("65fb346b-36bd-47bd-9d52-1fadae81db5"))));
    assert_true(uid_none(uid_parse(SLICE("65fb346b-36bd-47bd-9d52-1fadae81db5g"))));
    assert_true(uid_none(uid_parse(SLICE("65fb346bx36bd-47bd-9d52-1fadae81db50"))));
}

static void words_of_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        enum kind kind;
    } rows[] = {
        {"sc", KIND_CLAIM}, {"Claims", KIND_CLAIM}, {"sandboxclaim", KIND_CLAIM}, {"sb", KIND_SANDBOX}, {"sandboxes", KIND_SANDBOX},
        {"wp", KIND_POOL},
        {"warmpools", KIND_POOL}, {"warm pools", KIND_POOL}, {"tpl", KIND_TEMPLATE}, {"PO", KIND_POD}, {"no", KIND_NODE}, {"deploy",
            KIND_DEPLOYMENT},
        {"ev", KIND_EVENT}, {"pvc", KIND_PVC}, {"quota", KIND_QUOTA}, {"", KIND_NONE}, {"pody", KIND_NONE}, {"p", KIND_NONE},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (kind_by_word(slice_of(rows[i].word)) != rows[i].kind)
            fail_msg("%s is kind %d", rows[i].word, kind_by_word(slice_of(rows[i].word)));
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        const struct kind_info *k = kind_info((enum kind)kind);
        assert_int_equal(k->kind, kind);
        assert_int_equal(kind_by_name(slice_of(k->name)), kind);
        assert_int_equal(kind_by_word(slice_of(k->plural)), kind);
        assert_non_null(k->versions[0]);
        for (unsigned w = 0; k->words[w]; w++)
            assert_int_equal(kind_by_word(slice_of(k->words[w])), kind);
    }
    assert_int_equal(kind_by_name(SLICE("CronJob")), KIND_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(claim_of_a_cluster), TEST(what_is_absent_now_is_reset), TEST(sandbox_of_a_cluster), TEST(pod_of_a_cluster),
        TEST(pool_and_template_of_a_cluster), TEST(events_of_both_apis_are_the_same), TEST(times_of_events_are_folded),
        TEST(events_about_strangers_are_not_kept), TEST(old_api), TEST(converted_claim_finds_its_template),
        TEST(containers_are_matched_by_name), TEST(nodes), cmocka_unit_test(quantities), TEST(components), TEST(deployments),
        TEST(on_demand_kinds), TEST(no_name_is_no_object), TEST(wrong_types_read_as_absent), TEST(long_texts_are_cut_at_a_character),
        TEST(names_at_their_limit), TEST(nul_in_a_name), TEST(many_containers_and_volumes_are_bounded), cmocka_unit_test(uids),
        cmocka_unit_test(words_of_kinds),
    };
    return TESTS_MAIN(tests);
}

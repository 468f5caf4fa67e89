/* Objects as nobody should send them: members of wrong types and missing ones, owners in circles, names at their limit, five megabytes.
 * What comes out
 * is a judgement in plain words or none, never a crash; the same object twice gives the same words. */
#include <stdio.h>

#include "tests/unit/diagnose_cases.h"

static uint64_t seed = 42;
static unsigned dice(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static void check(const struct findings *all)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct finding *f = &all->v[i];
        assert_true(f->rule && f->link && f->brief && f->cause && f->next && f->at_name && f->at_ns && f->subject_name && f->subject_ns);
        assert_true(strlen(f->brief) < 8192 && strlen(f->cause) < 65536);
        if (f->command)
            assert_null(strchr(f->command, '\n'));
    }
}

static void look_at_all(struct world *w, int64_t now_ms)
{
    struct findings cluster;
    world_judge(w, now_ms);
    diagnose_cluster(w->diagnosis, now_ms, &cluster);
    check(&cluster);
    findings_free(&cluster);
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        const struct ptrs *all = store_all(w->store, (enum kind)kind);
        for (size_t i = 0; i < all->n; i++) {
            struct report one, again;
            report_make(w->diagnosis, all->v[i], now_ms, &one);
            report_make(w->diagnosis, all->v[i], now_ms, &again);
            check(&one.findings);
            assert_int_equal(one.findings.n, again.findings.n);
            assert_string_equal(one.headline, again.headline);
            report_free(&one);
            report_free(&again);
        }
    }
}

/* --- wrong types -------------------------------------------------------------------------------------------------------------------- */
enum { VALUES_MOST = 400 };
static size_t values_of(json v, struct slice *out, size_t n)
{
    struct json_walk w = json_type(v) == JSON_ARRAY ? json_items(v) : json_members(v);
    if (json_type(v) != JSON_ARRAY && json_type(v) != JSON_OBJECT)
        return n;
    while (n < VALUES_MOST && json_next(&w)) {
        out[n++] = w.value;
        n = values_of(w.value, out, n);
    }
    return n;
}

static const char *const objects[] = {
    "{'kind':'SandboxClaim'," META("c") ",'spec':{'warmPoolRef':{'name':'p'},'lifecycle':{'shutdownTime':" AT("00:30")
        "}},'status':{'sandbox':{'name':'c'},'conditions':["
    CONDITION("Ready", "False", "ReconcilerError", "Error seen: pods is forbidden: exceeded quota: small, requested: pods=1, used: pods=5",
              "00:01") "]}}",
    "{'kind':'Sandbox','metadata':{'name':'c','namespace':'n','annotations':{'agents.x-k8s.io/pod-name':'c'},"
    "'labels':{'agents.x-k8s.io/launch-type':'warm'},'ownerReferences':[{'kind':"
    "'SandboxClaim','name':'c','uid':'1','controller':true}]},'spec':{'operatingMode':'Running'},'status':{'conditions':["
    CONDITION("Ready", "False", "DependenciesNotReady", "Pod exists with phase: Pending", "00:01") "],'podIPs':['10.0.0.1']}}",
    "{'kind':'Pod','metadata':{'name':'c','namespace':'n','ownerReferences':[{'kind':'Sandbox','name':'c','uid':'2','controller':true}]},"
    "'spec':{'nodeName':'node-1','volumes':[{'name':'d',"
    "'persistentVolumeClaim':{'claimName':'d'}}],'initContainers':[{'name':'i','image':'x'}],'containers':[{'name':'main',"
    "'image':'registry/app:2','ports':[{'containerPort':80}]}]},'status':{"
    "'phase':'Pending','conditions':[" SCHEDULED "," CONDITION("Ready", "False", "ContainersNotReady", "",
                                                               "00:01") "],'containerStatuses':[{'name':'main','restartCount':3,"
                                                                        "'ready':false,"
    "'state':{'waiting':{'reason':'ErrImagePull','message':'not found'}},'lastState':" TERMINATED("Error", "1", "00:02", "00:03") "}]}}",
    "{'kind':'Event'," META("e") ",'involvedObject':{'kind':'Pod','namespace':'n','name':'c'},'type':'Warning','reason':'Failed',"
                                 "'message':'Failed to pull image','count':3}",
    "{'kind':'SandboxWarmPool'," META("p") ",'spec':{'replicas':2,'sandboxTemplateRef':{'name':'t'}},'status':{'readyReplicas':1}}",
    "{'kind':'Node','metadata':{'name':'node-1'},'spec':{'taints':[{'key':'a','effect':'NoSchedule'}]},"
    "'status':{'conditions':[{'type':'Ready','status':'True'}],'allocatable':{'cpu':'2'}}}",
    "{'kind':'NetworkPolicy'," META("np") ",'spec':{'podSelector':{'matchLabels':{'a':'b'}},'policyTypes':['Ingress'],"
                                          "'ingress':[{'from':[{'ipBlock':{'cidr':'10.0.0.0/8'}}]}]}}",
    "{'kind':'EndpointSlice','metadata':{'name':'s','namespace':'n','labels':{'kubernetes.io/service-name':'x'}},"
    "'endpoints':[{'conditions':{'ready':true}}]}",
    "{'kind':'LimitRange'," META("l") ",'spec':{'limits':[{'type':'Container','max':{'cpu':'1'}}]}}",
    "{'kind':'CustomResourceDefinition','metadata':{'name':'sandboxclaims.extensions.agents.x-k8s.io'},"
    "'spec':{'conversion':{'strategy':'Webhook','webhook':{'clientConfig':{'caBundle':'x','service':"
    "{'name':'s','namespace':'n'}}}},'versions':[{'name':'v1alpha1','served':true}]}}",
    "{'kind':'Lease','metadata':{'name':'a3317529.agent-sandbox.x-k8s.io','namespace':'agent-sandbox-system'},"
    "'spec':{'holderIdentity':'x','leaseDurationSeconds':15,'renewTime':" AT("00:01") "}}",
    CONTROLLER("1", "'readyReplicas':1,", WELL_ARGS),
};

static void apply_raw(struct world *w, const char *kind_of, const char *text)
{
    char *base = json_of(kind_of);
    struct buf scratch = {0};
    enum kind kind = kind_by_name(json_str(json_get(json_whole(slice_of(base)), "kind"), &scratch));
    store_apply(w->store, kind, 0, json_whole(slice_of(text))); /* may well refuse it */
    buf_free(&scratch);
    free(base);
}

static void wrong_types(void **state)
{
    static const char *const nonsense[] = {"null", "5", "\"x\"", "[]", "{}", "true", "-1e99", "[[[[]]]]", "\"\\u0000\\ud800\"",
        "{\"a\":[1,{\"b\":null}]}", "\"\"", "9223372036854775808"};
    enum { ROUNDS = 3000, OBJECTS = sizeof objects / sizeof *objects };
    (void)state;
    struct world w = world_new();
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned which = dice(OBJECTS);
        char *text = json_of(objects[which]);
        struct slice values[VALUES_MOST];
        for (unsigned times = 1 + dice(3); times; times--) {
            size_t n = values_of(json_whole(slice_of(text)), values, 0);
            if (!n)
                break;
            struct slice v = values[dice((unsigned)n)];
            char *fresh = mem_printf("%.*s%s%s", (int)(v.p - text), text, nonsense[dice(sizeof nonsense / sizeof *nonsense)], v.p + v.n);
            free(text);
            text = fresh;
        }
        apply_raw(&w, objects[which], text);
        if (round % 8 == 0)
            for (unsigned i = 0; i < OBJECTS; i++)
                world_apply(&w, objects[i]);
        free(text);
        if (round % 4 == 0)
            look_at_all(&w, START_MS + (int64_t)dice(600) * 1000);
    }
    world_free(&w);
}

/* --- circles -------------------------------------------------------------------------------------------------------------------------- */
#define OWNED(kind, name, owner_kind, owner) \
    "{'kind':'" kind "','metadata':{'name':'" name "','namespace':'n','creationTimestamp':" AT("00:00") \
    ",'annotations':{'agents.x-k8s.io/pod-name':'" owner "'}," \
    "'ownerReferences':[{'kind':'" owner_kind "','name':'" owner "','uid':'1','controller':true}]},'spec':{'warmPoolRef':{'name':'" \
    owner "'}},'status':{'sandbox':{'name':'" owner "'}," \
    "'conditions':[" CONDITION("Ready", "False", "DependenciesNotReady", "", "00:01") "]}}"

static void owners_in_circles(void **state)
{
    static const char *const circle[] = {
        OWNED("SandboxClaim", "a", "Sandbox", "b"), OWNED("Sandbox", "b", "SandboxClaim", "a"), OWNED("Sandbox", "a", "Sandbox", "a"),
            OWNED("Pod", "a", "Sandbox", "a"),
        OWNED("Pod", "b", "Sandbox", "a"), OWNED("SandboxWarmPool", "a", "SandboxWarmPool", "b"),
            OWNED("SandboxWarmPool", "b", "SandboxWarmPool", "a"),
        OWNED("SandboxClaim", "b", "SandboxClaim", "b"), OWNED("Sandbox", "c", "SandboxWarmPool", "b"),
            OWNED("SandboxClaim", "c", "Pod", "c"), OWNED("Pod", "c", "Pod", "c"),
    };
    (void)state;
    for (unsigned round = 0; round < 50; round++) {
        struct world w = world_new();
        for (unsigned i = 0; i < 3 * sizeof circle / sizeof *circle; i++)
            world_apply(&w, circle[dice(sizeof circle / sizeof *circle)]);
        look_at_all(&w, START_MS + 200000);
        world_free(&w);
    }
}

/* --- sizes ---------------------------------------------------------------------------------------------------------------------------- */
static char *with(const char *text, const char *part, const char *instead)
{
    struct buf b = {0};
    for (const char *at; (at = strstr(text, part)); text = at + strlen(part)) {
        buf_add(&b, text, (size_t)(at - text));
        buf_add_text(&b, instead);
    }
    buf_add_text(&b, text);
    return buf_take(&b);
}

static void names_at_their_limit(void **state)
{
    char name[254];
    (void)state;
    memset(name, 'n', 253);
    name[253] = '\0';
    struct world w = world_new();
    for (unsigned i = 0; i < sizeof objects / sizeof *objects; i++) {
        char *one = with(objects[i], "'name':'c'", "'name':'@'"), *two = with(one, "'namespace':'n'", "'namespace':'@'"),
            *three = with(two, "@", name);
        world_apply(&w, three);
        free(one), free(two), free(three);
    }
    look_at_all(&w, START_MS + 60000);
    const struct object *claim = world_claim(&w, name, name);
    struct report r;
    report_make(w.diagnosis, claim, START_MS + 60000, &r);
    assert_true(r.findings.n > 0);
    assert_string_equal(r.findings.v[0].subject_name, name);
    assert_non_null(strstr(r.findings.v[0].command, name));
    report_free(&r);
    world_free(&w);
}

static void five_megabytes(void **state)
{
    enum { SIZE = 5 * 1024 * 1024 };
    (void)state;
    struct buf big = {0};
    while (big.n < SIZE)
        buf_add_text(&big, "exceeded quota: x pods is forbidden: \\\\\" not found ");
    struct world w = world_new();
    for (unsigned i = 0; i < sizeof objects / sizeof *objects; i++) {
        char *one = with(objects[i], "'metadata':{", "'metadata':{'annotations':{'big':'@'},"),
            *two = with(one, "Error seen: ", "Error seen: @"), *three = with(two, "@", big.p);
        world_apply(&w, three);
        free(one), free(two), free(three);
    }
    look_at_all(&w, START_MS + 60000);
    assert_true(store_bytes(w.store) < 1024 * 1024);       /* what is kept is bounded */
    world_free(&w);
    buf_free(&big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_types), cmocka_unit_test(owners_in_circles), cmocka_unit_test(names_at_their_limit),
            cmocka_unit_test(five_megabytes),
    };
    return TESTS_MAIN(tests);
}

/* The picture as a whole: links in any order of arrival, what a change touches, sources, lists, sweeps, and a long random life. */
#include "tests/unit/test.h"
#include "tests/unit/store_help.h"

#define UID_A "65fb346b-36bd-47bd-9d52-1fadae81db50"
#define UID_B "65fb346b-36bd-47bd-9d52-1fadae81db51"

static const char claim_c[] = "{'metadata':{'name':'c','namespace':'n','uid':'" UID_A "'},'spec':{'warmPoolRef':{'name':'pool'}},"
    "'status':{'sandbox':{'name':'b'},'conditions':[{'type':'Ready','status':'False'}]}}";
static const char claim_ready[] = "{'metadata':{'name':'c','namespace':'n','uid':'" UID_A "'},'spec':{'warmPoolRef':{'name':'pool'}},"
    "'status':{'sandbox':{'name':'b'},'conditions':[{'type':'Ready','status':'True'}]}}";
static const char sandbox_b[] = "{'metadata':{'name':'b','namespace':'n','annotations':{'agents.x-k8s.io/pod-name':'p'},"
    "'ownerReferences':[{'controller':true,'kind':'SandboxClaim','name':'c','uid':'" UID_A "'}]}}";
static const char pod_p[] = "{'metadata':{'name':'p','namespace':'n','ownerReferences':[{'kind':'ReplicaSet','name':'x'},"
    "{'controller':true,'kind':'Sandbox','name':'b'}]},"
    "'spec':{'nodeName':'w','volumes':[{'name':'x'},{'persistentVolumeClaim':{'claimName':'v'}}]}}";
static const char pool_pool[] = "{'metadata':{'name':'pool','namespace':'n'},'spec':{'replicas':2,'sandboxTemplateRef':{'name':'t'}}}";
static const char template_t[] = "{'metadata':{'name':'t','namespace':'n'}}";
static const char node_w[] = "{'metadata':{'name':'w'},'status':{'conditions':[{'type':'Ready','status':'True'}]}}";
static const char pvc_v[] = "{'metadata':{'name':'v','namespace':'n'},'status':{'phase':'Pending'}}";
static const char event_e[] = "{'metadata':{'name':'e','namespace':'n'},'involvedObject':{'kind':'Pod','name':'p','namespace':'n'},"
    "'reason':'Failed'}";

static const struct {
    enum kind kind;
    const char *text;
} chain[] = {
    {KIND_CLAIM, claim_c}, {KIND_SANDBOX, sandbox_b}, {KIND_POD, pod_p}, {KIND_POOL, pool_pool}, {KIND_TEMPLATE, template_t}, {KIND_NODE,
        node_w},
    {KIND_PVC, pvc_v}, {KIND_EVENT, event_e},
};
enum { CHAIN = sizeof chain / sizeof chain[0] };

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

static struct store *whole_chain(void **state)
{
    for (unsigned i = 0; i < CHAIN; i++)
        assert_true(put(*state, chain[i].kind, 0, chain[i].text));
    store_sweep(*state);
    return *state;
}

static bool touches(struct store *s, const char *claim)
{
    bool found = false;
    for (size_t i = 0; i < store_touched_claims(s)->n; i++)
        found = found || strcmp(((const struct object *)store_touched_claims(s)->v[i])->name, claim) == 0;
    return found;
}

static void assert_chain(const struct store *s)
{
    const struct object *c = get(s, KIND_CLAIM, "n", "c"), *b = get(s, KIND_SANDBOX, "n", "b"), *p = get(s, KIND_POD, "n", "p"),
        *t = get(s, KIND_TEMPLATE, "n", "t");
    const struct object *e = get(s, KIND_EVENT, "n", "e");
    const struct object *all[] = {c, b, p};
    assert_true(c && b && p && t && e);
    for (unsigned i = 0; i < 3; i++) {
        assert_ptr_equal(chain_claim(all[i]), c);
        assert_ptr_equal(chain_sandbox(all[i]), b);
        assert_ptr_equal(chain_pod(all[i]), p);
        assert_ptr_equal(chain_template(all[i]), t);
    }
    assert_ptr_equal(chain_claim(e), c);
    assert_ptr_equal(link_to(p, LINK_POD_NODE), get(s, KIND_NODE, "", "w"));
    assert_ptr_equal(link_to(p, LINK_POD_PVC), get(s, KIND_PVC, "n", "v"));
    assert_ptr_equal(link_in(p, LINK_EVENT_ABOUT, NULL)->from, e);
    assert_null(link_in(p, LINK_EVENT_ABOUT, link_in(p, LINK_EVENT_ABOUT, NULL)));
    assert_ptr_equal(link_in(link_to(c, LINK_CLAIM_POOL), LINK_CLAIM_POOL, NULL)->from, c);
}

/* Any order of arrival gives one picture, and any order of leaving leaves nothing behind. */
static void permute(unsigned *order, unsigned n, unsigned *count)
{
    if (n == 1) {
        struct store *s = store_new();
        (*count)++;
        for (unsigned i = 0; i < CHAIN; i++)
            put(s, chain[order[i]].kind, 0, chain[order[i]].text);
        assert_chain(s);
        if (*count % 16 == 0)
            assert_null(store_fault(s));
        for (unsigned i = 0; i < CHAIN; i++) {
            take_away(s, chain[order[i]].kind, 0, chain[order[i]].text);
            if (*count % 3)
                store_sweep(s);
        }
        store_sweep(s);
        assert_int_equal(s->by_name.n, 0);
        assert_int_equal(s->n_links, 0);
        assert_int_equal(s->object_bytes, 0);
        assert_int_equal(strpool_count(s->strings), 0);
        store_free(s);
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        permute(order, n - 1, count);
        unsigned other = n % 2 ? 0 : i, keep = order[other];
        order[other] = order[n - 1];
        order[n - 1] = keep;
    }
}

static void any_order_of_arrival(void **state)
{
    (void)state;
    unsigned order[CHAIN], count = 0;
    for (unsigned i = 0; i < CHAIN; i++)
        order[i] = i;
    permute(order, CHAIN - 1, &count);                      /* the event always comes last: its own order is of no weight to the rest */
    assert_int_equal(count, 5040);
}

static void placeholders_come_and_go(void **state)
{
    struct store *s = *state;
    put(s, KIND_CLAIM, 0, claim_c);
    const struct object *c = get(s, KIND_CLAIM, "n", "c"), *b = chain_sandbox(c);
    assert_true(b && !b->present);
    assert_string_equal(b->name, "b");
    assert_null(get(s, KIND_SANDBOX, "n", "b"));
    assert_null(chain_pod(c));
    assert_int_equal(s->by_name.n, 3);
    put(s, KIND_CLAIM, 0, "{'metadata':{'name':'c','namespace':'n','uid':'" UID_A "'}}");
    assert_null(chain_sandbox(c));
    assert_int_equal(s->by_name.n, 1);
    store_sweep(s);
    put(s, KIND_CLAIM, 0, claim_c);
    put(s, KIND_SANDBOX, 0, sandbox_b);
    store_sweep(s);
    take_away(s, KIND_SANDBOX, 0, sandbox_b);
    const struct object *gone = chain_sandbox(c);
    assert_true(!gone->present && in_list(store_changes(s), gone));
    assert_string_equal(AS(sandbox, gone)->pod_name, "p");
    assert_string_equal(link_to(gone, LINK_SANDBOX_POD)->name, "p");
    assert_true(touches(s, "c"));
    store_sweep(s);
    assert_ptr_equal(chain_sandbox(c), gone);
    assert_string_equal(AS(sandbox, gone)->pod_name, "");
    assert_null(link_to(gone, LINK_SANDBOX_POD));
}

static void an_update_that_changes_nothing_is_no_change(void **state)
{
    struct store *s = whole_chain(state);
    uint64_t generation = store_generation(s);
    for (unsigned i = 0; i < CHAIN; i++)
        put(s, chain[i].kind, 0, chain[i].text);
    put(s, KIND_CLAIM, 0, "{'metadata':{'name':'c','namespace':'n','uid':'" UID_A "','resourceVersion':'99',"
        "'managedFields':[{'manager':'x'}],'annotations':{'a':'b'}},"
        "'spec':{'warmPoolRef':{'name':'pool'}},'status':{'sandbox':{'name':'b','podIPs':['1']},'conditions':[{'type':'Ready',"
        "'status':'False','observedGeneration':2}]}}");
    put(s, KIND_NODE, 0, "{'metadata':{'name':'w'},'status':{'conditions':[{'type':'Ready','status':'True',"
        "'lastHeartbeatTime':'2026-01-01T00:00:00Z'}]}}");
    assert_int_equal(store_changes(s)->n, 0);
    assert_int_equal(store_touched_claims(s)->n, 0);
    assert_true(store_generation(s) == generation);
}

static void a_change_touches_its_chain_only(void **state)
{
    struct store *s = whole_chain(state);
    put(s, KIND_CLAIM, 0, "{'metadata':{'name':'other','namespace':'n'},'spec':{'warmPoolRef':{'name':'pool'}},"
        "'status':{'sandbox':{'name':'b2'}}}");
    put(s, KIND_POD, 0, "{'metadata':{'name':'b2','namespace':'n','ownerReferences':[{'controller':true,'kind':'Sandbox','name':'b2'}]},"
        "'spec':{'nodeName':'w2'}}");
    put(s, KIND_NODE, 0, "{'metadata':{'name':'w2'}}");
    store_sweep(s);
    static const struct {
        enum kind kind;
        const char *text;
        bool touch;
    } rows[] = {
        {KIND_POD, "{'metadata':{'name':'p','namespace':'n','ownerReferences':[{'controller':true,'kind':'Sandbox','name':'b'}]},"
                   "'spec':{'nodeName':'w','volumes':[{'persistentVolumeClaim':{'claimName':'v'}}]},'status':{'phase':'Failed'}}", true},
        {KIND_PVC, "{'metadata':{'name':'v','namespace':'n'},'status':{'phase':'Bound'}}", true},
        {KIND_PVC, "{'metadata':{'name':'v9','namespace':'n'},'status':{'phase':'Bound'}}", false},
        {KIND_NODE, "{'metadata':{'name':'w'},'spec':{'unschedulable':true},'status':{'allocatable':{'cpu':'4'},"
            "'conditions':[{'type':'Ready','status':'True'}]}}", false},
        {KIND_NODE, "{'metadata':{'name':'w'},'status':{'conditions':[{'type':'Ready','status':'Unknown'}]}}", true},
        {KIND_EVENT, "{'metadata':{'name':'e','namespace':'n'},'involvedObject':{'kind':'Pod','name':'p','namespace':'n'},"
            "'reason':'Failed','count':9}", true},
        {KIND_EVENT, "{'metadata':{'name':'e2','namespace':'n'},'involvedObject':{'kind':'PersistentVolumeClaim','name':'v',"
            "'namespace':'n'}}", true},
        {KIND_EVENT, "{'metadata':{'name':'e3','namespace':'n'},'involvedObject':{'kind':'Pod','name':'stranger','namespace':'n'}}", false},
        {KIND_SANDBOX, "{'metadata':{'name':'b','namespace':'n','annotations':{'agents.x-k8s.io/pod-name':'p'}},"
            "'spec':{'operatingMode':'Suspended'}}", true},
        {KIND_LEASE, "{'metadata':{'name':'l','namespace':'n'},'spec':{'holderIdentity':'h'}}", false},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        put(s, rows[i].kind, 0, rows[i].text);
        if (store_changes(s)->n != 1 || touches(s, "c") != rows[i].touch || (i < 9 && touches(s, "other")))
            fail_msg("%s: %zu changes, touched %zu", rows[i].text, store_changes(s)->n, store_touched_claims(s)->n);
        store_sweep(s);
    }
}

static void put_pool(struct store *s, unsigned replicas, unsigned ready)
{
    char text[256];
    snprintf(text, sizeof text, "{'metadata':{'name':'pool','namespace':'n'},'spec':{'replicas':2,'sandboxTemplateRef':{'name':'t'}},"
             "'status':{'replicas':%u,'readyReplicas':%u}}", replicas, ready);
    put(s, KIND_POOL, 0, text);
}

static void counters_of_a_pool_touch_only_who_waits(void **state)
{
    struct store *s = whole_chain(state);
    put(s, KIND_CLAIM, 0, "{'metadata':{'name':'elsewhere','namespace':'m'},'spec':{'warmPoolRef':{'name':'pool'}}}");
    put_pool(s, 2, 2);
    assert_true(touches(s, "c"));
    store_sweep(s);
    put_pool(s, 1, 1);
    assert_int_equal(store_changes(s)->n, 1);
    assert_int_equal(store_touched_claims(s)->n, 0);
    put_pool(s, 1, 0);
    assert_true(touches(s, "c") && !touches(s, "elsewhere"));
    put(s, KIND_CLAIM, 0, claim_ready);
    store_sweep(s);
    put_pool(s, 1, 1);
    take_away(s, KIND_POOL, 0, pool_pool);
    assert_int_equal(store_touched_claims(s)->n, 0);
    put(s, KIND_CLAIM, 0, claim_c);
    store_sweep(s);
    put_pool(s, 1, 1);
    assert_true(touches(s, "c"));
    store_sweep(s);
    put(s, KIND_TEMPLATE, 0, "{'metadata':{'name':'t','namespace':'n'},'spec':{'podTemplate':{'spec':{'runtimeClassName':'g'}}}}");
    assert_true(touches(s, "c"));
}

static void the_controller_touches_who_waits(void **state)
{
    struct store *s = whole_chain(state);
    put(s, KIND_DEPLOYMENT, 0, "{'metadata':{'name':'sandbox-router','namespace':'d'}}");
    assert_int_equal(store_touched_claims(s)->n, 0);
    put(s, KIND_DEPLOYMENT, 0, "{'metadata':{'name':'agent-sandbox-controller','namespace':'d'}}");
    assert_true(touches(s, "c"));
    put(s, KIND_CLAIM, 0, claim_ready);
    store_sweep(s);
    put(s, KIND_DEPLOYMENT, 0, "{'metadata':{'name':'agent-sandbox-controller','namespace':'d'},'spec':{'replicas':0}}");
    assert_int_equal(store_touched_claims(s)->n, 0);
}

static void a_link_that_moves_touches_both_ends(void **state)
{
    struct store *s = whole_chain(state);
    put(s, KIND_CLAIM, 0, "{'metadata':{'name':'d','namespace':'n'}}");
    store_sweep(s);
    put(s, KIND_SANDBOX, 0, "{'metadata':{'name':'b','namespace':'n','ownerReferences':[{'controller':true,'kind':'SandboxClaim',"
        "'name':'d'}]}}");
    assert_true(touches(s, "c") && touches(s, "d"));
    assert_ptr_equal(chain_claim(get(s, KIND_SANDBOX, "n", "b")), get(s, KIND_CLAIM, "n", "d"));
    assert_int_equal(store_touched_claims(s)->n, 2);
}

static void a_namesake_touches_a_claim_that_waits(void **state)
{
    struct store *s = whole_chain(state);
    static const char foreign[] = "{'metadata':{'name':'c','namespace':'n'}}";
    put(s, KIND_SANDBOX, 0, foreign);
    assert_true(touches(s, "c"));
    put(s, KIND_CLAIM, 0, claim_ready);
    store_sweep(s);
    take_away(s, KIND_SANDBOX, 0, foreign);
    assert_false(touches(s, "c"));
}

/* Chains hold by the upper object's word alone too: v0.3 pods have no owner that is a sandbox. */
static void a_chain_by_names_alone(void **state)
{
    struct store *s = *state;
    static const char bare_pod[] = "{'metadata':{'name':'p','namespace':'n'},'status':{'phase':'Pending'}}";
    put(s, KIND_CLAIM, 0, claim_c);
    put(s, KIND_SANDBOX, 0, "{'metadata':{'name':'b','namespace':'n','annotations':{'agents.x-k8s.io/pod-name':'p'}}}");
    store_sweep(s);
    put(s, KIND_POD, 0, bare_pod);
    assert_true(touches(s, "c"));
    assert_ptr_equal(chain_claim(get(s, KIND_POD, "n", "p")), get(s, KIND_CLAIM, "n", "c"));
    take_away(s, KIND_CLAIM, 0, claim_c);
    assert_null(link_in(get(s, KIND_SANDBOX, "n", "b"), LINK_CLAIM_SANDBOX, NULL));
    assert_null(chain_claim(get(s, KIND_POD, "n", "p")));
}

static void deletion_of_a_pool_touches_who_waits(void **state)
{
    struct store *s = whole_chain(state);
    put(s, KIND_POOL, 0, "{'metadata':{'name':'pool','namespace':'n','deletionTimestamp':'2026-01-01T00:00:00Z'},"
        "'spec':{'replicas':2,'sandboxTemplateRef':{'name':'t'}}}");
    assert_true(touches(s, "c"));
}

static void a_claim_that_goes_is_touched(void **state)
{
    struct store *s = whole_chain(state);
    const struct object *c = get(s, KIND_CLAIM, "n", "c");
    take_away(s, KIND_CLAIM, 0, claim_c);
    assert_true(in_list(store_touched_claims(s), c) && in_list(store_changes(s), c) && !c->present);
    assert_string_equal(AS(claim, c)->pool, "pool");
    assert_string_equal(link_to(c, LINK_CLAIM_POOL)->name, "pool");
    assert_null(store_by_uid(s, uid_parse(SLICE(UID_A))));
}

static void a_recreated_object_is_another_one(void **state)
{
    struct store *s = *state;
    put(s, KIND_POD, 0, "{'metadata':{'name':'p','namespace':'n','uid':'" UID_A "'},'status':{'phase':'Failed'}}");
    put(s, KIND_EVENT, 0, "{'metadata':{'name':'old','namespace':'n'},'regarding':{'kind':'Pod','name':'p','uid':'" UID_A "'}}");
    put(s, KIND_EVENT, 0, "{'metadata':{'name':'new','namespace':'n'},'regarding':{'kind':'Pod','name':'p','uid':'" UID_B "'}}");
    put(s, KIND_EVENT, 0, "{'metadata':{'name':'any','namespace':'n'},'regarding':{'kind':'Pod','name':'p'}}");
    store_sweep(s);
    const struct object *old = get(s, KIND_POD, "n", "p"), *e = get(s, KIND_EVENT, "n", "old");
    unsigned about = 0;
    for (const struct link *l = link_in(old, LINK_EVENT_ABOUT, NULL); l; l = link_in(old, LINK_EVENT_ABOUT, l))
        about++;
    assert_int_equal(about, 2);
    assert_ptr_equal(chain_pod(e), old);
    assert_null(chain_pod(get(s, KIND_EVENT, "n", "new")));
    put(s, KIND_POD, 0, "{'metadata':{'name':'p','namespace':'n','uid':'" UID_B "'}}");
    const struct object *fresh = get(s, KIND_POD, "n", "p");
    assert_true(fresh != old && fresh->slot != old->slot && !old->present && in_list(store_changes(s), old) && in_list(store_changes(s),
        fresh));
    assert_string_equal(AS(pod, old)->phase, "Failed");
    assert_string_equal(AS(pod, fresh)->phase, "");
    assert_ptr_equal(store_by_uid(s, uid_parse(SLICE(UID_B))), fresh);
    assert_null(store_by_uid(s, uid_parse(SLICE(UID_A))));
    assert_null(chain_pod(e));
    assert_ptr_equal(chain_pod(get(s, KIND_EVENT, "n", "new")), fresh);
    assert_int_equal(store_count(s, KIND_POD), 1);
    take_away(s, KIND_POD, 0, "{'metadata':{'name':'p','namespace':'n','uid':'" UID_A "'}}");
    assert_true(fresh->present);
    store_sweep(s);
    take_away(s, KIND_POD, 0, "{'metadata':{'name':'p','namespace':'n','uid':'" UID_B "'}}");
    put(s, KIND_POD, 0, "{'metadata':{'name':'p','namespace':'n','uid':'" UID_A "'}}");
    assert_true(get(s, KIND_POD, "n", "p") != fresh && in_list(store_changes(s), fresh));
    assert_null(store_fault(s));
    store_sweep(s);
}

static void a_sandbox_of_an_earlier_claim_is_not_its(void **state)
{
    struct store *s = *state;
    put(s, KIND_SANDBOX, 0, sandbox_b);
    put(s, KIND_CLAIM, 0, "{'metadata':{'name':'c','namespace':'n','uid':'" UID_B "'}}");
    assert_null(chain_sandbox(get(s, KIND_CLAIM, "n", "c")));
    assert_null(chain_claim(get(s, KIND_SANDBOX, "n", "b")));
    put(s, KIND_CLAIM, 0, "{'metadata':{'name':'c','namespace':'n','uid':'" UID_A "'}}");
    assert_ptr_equal(chain_sandbox(get(s, KIND_CLAIM, "n", "c")), get(s, KIND_SANDBOX, "n", "b"));
}

static void a_source_that_lags_does_not_bring_back_the_dead(void **state)
{
    struct store *s = *state;
    static const char old[] = "{'metadata':{'name':'p','namespace':'n','uid':'" UID_A "','creationTimestamp':'2026-01-01T00:00:00Z'}}";
    static const char fresh[] = "{'metadata':{'name':'p','namespace':'n','uid':'" UID_B "','creationTimestamp':'2026-01-01T00:01:00Z'}}";
    put(s, KIND_POD, 0, old);
    put(s, KIND_POD, 1, old);
    put(s, KIND_POD, 0, fresh);
    put(s, KIND_POD, 1, old);
    assert_true(uid_eq(get(s, KIND_POD, "n", "p")->uid, uid_parse(SLICE(UID_B))));
    take_away(s, KIND_POD, 1, old);
    assert_non_null(get(s, KIND_POD, "n", "p"));
}

static void gone_and_back_in_one_turn(void **state)
{
    struct store *s = whole_chain(state);
    const struct object *c = get(s, KIND_CLAIM, "n", "c");
    take_away(s, KIND_CLAIM, 0, claim_c);
    put(s, KIND_CLAIM, 0, claim_c);
    assert_ptr_equal(get(s, KIND_CLAIM, "n", "c"), c);
    assert_int_equal(store_changes(s)->n, 1);
    assert_int_equal(store_touched_claims(s)->n, 1);
    store_sweep(s);
    assert_chain(s);
}

static void sources_hold_what_they_named(void **state)
{
    struct store *s = *state;
    put(s, KIND_POD, 1, pod_p);
    put(s, KIND_POD, 2, pod_p);
    put(s, KIND_POD, 2, "{'metadata':{'name':'q','namespace':'n'}}");
    store_list_begin(s, KIND_POD, 2);
    store_list_end(s, KIND_POD, 2);
    assert_non_null(get(s, KIND_POD, "n", "p"));
    assert_null(get(s, KIND_POD, "n", "q"));
    take_away(s, KIND_POD, 3, pod_p);
    assert_non_null(get(s, KIND_POD, "n", "p"));
    store_list_begin(s, KIND_POD, 1);
    put(s, KIND_POD, 1, "{'metadata':{'name':'r','namespace':'n'}}");
    assert_non_null(get(s, KIND_POD, "n", "p"));
    store_list_end(s, KIND_POD, 1);
    assert_null(get(s, KIND_POD, "n", "p"));
    assert_non_null(get(s, KIND_POD, "n", "r"));
    store_drop_source(s, KIND_POD, 1);
    assert_int_equal(store_count(s, KIND_POD), 0);
    store_sweep(s);
    assert_int_equal(s->by_name.n, 0);
}

static void a_deployment_that_is_no_component_any_more_goes(void **state)
{
    struct store *s = *state;
    put(s, KIND_DEPLOYMENT, 0, "{'metadata':{'name':'x','labels':{'app':'sandbox-router'}}}");
    assert_int_equal(store_count(s, KIND_DEPLOYMENT), 1);
    put(s, KIND_DEPLOYMENT, 0, "{'metadata':{'name':'x'}}");
    assert_int_equal(store_count(s, KIND_DEPLOYMENT), 0);
}

static void put_event(struct store *s, unsigned number, unsigned second)
{
    char text[256];
    snprintf(text, sizeof text, "{'metadata':{'name':'e%u','namespace':'n'},'regarding':{'kind':'Pod','name':'p%u'},"
        "'lastTimestamp':'2026-01-01T00:%02u:%02uZ'}",
             number, number, second / 60, second % 60);
    put(s, KIND_EVENT, 0, text);
}

static void events_are_bounded(void **state)
{
    struct store *s = *state;
    store_limit_events(s, 64);
    for (unsigned round = 0; round < 3; round++) {
        store_list_begin(s, KIND_EVENT, 0);
        for (unsigned i = 0; i < 500; i++)
            put_event(s, i, i * 7 % 500);
        store_list_end(s, KIND_EVENT, 0);
        assert_in_range(store_count(s, KIND_EVENT), 60, 64);
        for (size_t i = 0; i < store_count(s, KIND_EVENT); i++)
            assert_true(AS(event, store_all(s, KIND_EVENT)->v[i])->last_ms % 3600000 >= 430000);
        if (round)
            assert_int_equal(store_changes(s)->n, 0);
        store_sweep(s);
    }
    store_limit_events(s, 5);
    assert_in_range(store_count(s, KIND_EVENT), 1, 5);
    store_limit_events(s, 0);
    assert_int_equal(store_count(s, KIND_EVENT), 0);
    put_event(s, 1, 1);
    assert_int_equal(store_count(s, KIND_EVENT), 0);
    store_sweep(s);
    assert_int_equal(s->by_name.n, 0);
    assert_int_equal(strpool_count(s->strings), 0);
}

static void cycles_end(void **state)
{
    struct store *s = *state;
    put(s, KIND_SANDBOX, 0, "{'metadata':{'name':'x','namespace':'n','ownerReferences':[{'controller':true,'kind':'Sandbox',"
        "'name':'x'}]}}");
    put(s, KIND_POD, 0, "{'metadata':{'name':'x','namespace':'n','ownerReferences':[{'controller':true,'kind':'Pod','name':'x'}]}}");
    put(s, KIND_POOL, 0, "{'metadata':{'name':'x','namespace':'n','ownerReferences':[{'controller':true,'kind':'SandboxClaim',"
        "'name':'x'}]}}");
    put(s, KIND_CLAIM, 0, "{'metadata':{'name':'x','namespace':'n','ownerReferences':[{'controller':true,'kind':'SandboxWarmPool',"
        "'name':'x'}]},"
        "'spec':{'warmPoolRef':{'name':'x'}},'status':{'sandbox':{'name':'x'}}}");
    put(s, KIND_EVENT, 0, "{'metadata':{'name':'x','namespace':'n'},'regarding':{'kind':'Event','name':'x'}}");
    for (unsigned kind = 0; kind < KIND_EVENT; kind++) {
        const struct object *o = get(s, (enum kind)kind, "n", "x");
        chain_claim(o);
        chain_sandbox(o);
        chain_pod(o);
        chain_template(o);
    }
    assert_ptr_equal(chain_claim(get(s, KIND_POD, "n", "x")), get(s, KIND_CLAIM, "n", "x"));
}

/* A sandbox whose pod bears another name than the annotation says is still found by its owner. */
static void a_pod_is_found_by_its_owner(void **state)
{
    struct store *s = *state;
    put(s, KIND_SANDBOX, 0, "{'metadata':{'name':'b','namespace':'n'}}");
    put(s, KIND_POD, 0, "{'metadata':{'name':'odd','namespace':'n','ownerReferences':[{'controller':true,'kind':'Sandbox','name':'b'}]}}");
    assert_ptr_equal(chain_pod(get(s, KIND_SANDBOX, "n", "b")), get(s, KIND_POD, "n", "odd"));
    put(s, KIND_POD, 0, "{'metadata':{'name':'b','namespace':'n'}}");
    assert_ptr_equal(chain_pod(get(s, KIND_SANDBOX, "n", "b")), get(s, KIND_POD, "n", "b"));
}

/* --- a long random life --------------------------------------------------------------------------------------------------------------- */
static uint64_t seed;

static unsigned dice(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static void random_object(struct buf *b, enum kind kind, unsigned name)
{
    static const char *const owners[] = {"Sandbox", "SandboxClaim", "SandboxWarmPool", "Pod"};
    buf_clear(b);
    buf_printf(b, "{'metadata':{'name':'o%u','namespace':'n%u','uid':'65fb346b-36bd-47bd-9d52-%012u'", name, dice(2),
        (unsigned)kind * 1000 + name * 10 + dice(3) / 2);
    buf_printf(b, ",'annotations':{'agents.x-k8s.io/pod-name':'o%u','agents.x-k8s.io/sandbox-template-ref':'o%u'}", dice(5), dice(5));
    if (dice(2))
        buf_printf(b, ",'ownerReferences':[{'controller':true,'kind':'%s','name':'o%u'}]", owners[dice(4)], dice(5));
    buf_printf(b, "},'regarding':{'kind':'%s','name':'o%u'},'count':%u", kind_info((enum kind)dice(KIND_COUNT))->name, dice(5), dice(3));
    buf_printf(b, ",'spec':{'nodeName':'o%u','warmPoolRef':{'name':'o%u'},'sandboxTemplateRef':{'name':'o%u'},'replicas':%u,'volumes':[",
        dice(5), dice(5), dice(5), dice(3));
    for (unsigned i = dice(4); i > 0; i--)
        buf_printf(b, "{'persistentVolumeClaim':{'claimName':'o%u'}}%s", dice(5), i > 1 ? "," : "");
    buf_printf(b, "],'containers':[{'name':'a'}%s]}", dice(2) ? ",{'name':'b'}" : "");
    buf_printf(b, ",'status':{'sandbox':{'name':'o%u'},'conditions':[{'type':'Ready','status':'%s'}]}}", dice(5),
        dice(2) ? "True" : "False");
}

static void a_random_life(void **state)
{
    struct store *s = *state;
    struct buf text = {0};
    seed = 7;
    store_limit_events(s, 7);
    for (unsigned i = 0; i < 30000; i++) {
        enum kind kind = (enum kind)dice(KIND_COUNT);
        unsigned source = dice(3), what = dice(40);
        random_object(&text, kind, dice(5));
        if (what < 24)
            put(s, kind, source, text.p);
        else if (what < 32)
            take_away(s, kind, source, text.p);
        else if (what < 34)
            store_list_begin(s, kind, source);
        else if (what < 36)
            store_list_end(s, kind, source);
        else if (what < 37)
            store_drop_source(s, kind, source);
        else
            store_sweep(s);
        const char *fault = store_fault(s);
        if (fault)
            fail_msg("step %u: %s", i, fault);
    }
    buf_free(&text);
    for (unsigned kind = 0; kind < KIND_COUNT; kind++)
        for (unsigned source = 0; source < 3; source++)
            store_drop_source(s, (enum kind)kind, source);
    store_sweep(s);
    assert_int_equal(s->by_name.n, 0);
    assert_int_equal(s->n_links, 0);
    assert_int_equal(s->object_bytes, 0);
    assert_int_equal(strpool_count(s->strings), 0);
    assert_true(store_slots(s) < 16 * KIND_COUNT);
}

/* The budget: 10,000 claims with all that belongs to them in well under 30 MB. */
static void memory_of_many(void **state)
{
    struct store *s = *state;
    struct buf text = {0};
    enum { MANY = 2000 };
    for (unsigned i = 0; i < MANY; i++) {
        buf_clear(&text);
        buf_printf(&text, "{'metadata':{'name':'c%u','namespace':'n'},'spec':{'warmPoolRef':{'name':'p'}},"
            "'status':{'sandbox':{'name':'c%u'},"
                   "'conditions':[{'type':'Ready','status':'True','reason':'R','message':'Pod is Ready'}]}}", i, i);
        put(s, KIND_CLAIM, 0, text.p);
        buf_clear(&text);
        buf_printf(&text, "{'metadata':{'name':'c%u','namespace':'n','ownerReferences':[{'controller':true,'kind':'SandboxClaim',"
            "'name':'c%u'}]}}", i, i);
        put(s, KIND_SANDBOX, 1, text.p);
    }
    buf_free(&text);
    store_sweep(s);
    assert_in_range(store_bytes(s), MANY * 500, MANY * 1700);
    assert_int_equal(store_slots(s), 3 * MANY + 1);        /* each sandbox's pod is a placeholder; the pool too */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_of_arrival), TEST(placeholders_come_and_go), TEST(an_update_that_changes_nothing_is_no_change),
        TEST(a_change_touches_its_chain_only), TEST(counters_of_a_pool_touch_only_who_waits), TEST(the_controller_touches_who_waits),
        TEST(a_link_that_moves_touches_both_ends), TEST(a_namesake_touches_a_claim_that_waits), TEST(a_chain_by_names_alone),
        TEST(deletion_of_a_pool_touches_who_waits), TEST(a_claim_that_goes_is_touched), TEST(a_recreated_object_is_another_one),
        TEST(a_sandbox_of_an_earlier_claim_is_not_its), TEST(a_source_that_lags_does_not_bring_back_the_dead),
        TEST(gone_and_back_in_one_turn), TEST(sources_hold_what_they_named), TEST(a_deployment_that_is_no_component_any_more_goes),
        TEST(events_are_bounded), TEST(cycles_end), TEST(a_pod_is_found_by_its_owner), TEST(a_random_life), TEST(memory_of_many),
    };
    return TESTS_MAIN(tests);
}

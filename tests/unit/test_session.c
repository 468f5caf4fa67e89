/* A session over the simulated cluster on a virtual clock: it takes in, follows, survives. */
#include "core/session/session.h"
#include "core/sim/sim.h"
#include "tests/unit/test.h"

struct world {
    struct clock_virtual clock;
    struct sim *sim;
    struct session *session;
};

static void put(struct world *w, const char *object)
{
    struct err err = {0};

    if (!sim_put(w->sim, slice_of(object), &err))
        fail_msg("%s", err.text);
}

static void open_world(struct world *w, const char *ns)
{
    clock_virtual_init(&w->clock, INT64_C(1795423489000));
    w->sim = sim_new(&w->clock.clock, 1);
    put(w, "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxTemplate\",\"metadata\":{\"name\":\"t\",\"namespace\":\"a\"},\"spec\":{\"podTemplate\":"
           "{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:1\"}]}}}}");
    put(w, "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\"metadata\":{\"name\":\"stuck\",\"namespace\":\"a\"},\"spec\":{\"warmPoolRef\":"
           "{\"name\":\"none\"}},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"WarmPoolNotFound\",\"message\":\"SandboxWarmPool \\\"none\\\" "
           "not found\",\"lastTransitionTime\":\"2026-11-23T08:40:00Z\"}]}}");
    put(w, "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\"metadata\":{\"name\":\"fine\",\"namespace\":\"b\"},\"spec\":{\"warmPoolRef\":"
           "{\"name\":\"p\"}},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"reason\":\"DependenciesReady\",\"message\":\"Pod is Ready\","
           "\"lastTransitionTime\":\"2026-11-23T08:40:00Z\"}]}}");
    struct session_config config = {.clock = &w->clock.clock, .transport = sim_transport(w->sim), .ns = ns, .context = "test", .server = "sim", .simulated = true};
    w->session = session_new(&config);
}

static void run(struct world *w, int64_t ms)
{
    for (int64_t t = 0; t < ms; t += 20) {
        session_turn(w->session);
        session_sweep(w->session);
        clock_virtual_advance(&w->clock, 20);
    }
}

static void close_world(struct world *w)
{
    session_free(w->session);
    sim_free(w->sim);
}

static const struct object *find(struct world *w, const char *ns, const char *name)
{
    return store_find(session_store(w->session), KIND_CLAIM, slice_of(ns), slice_of(name));
}

static void takes_in_and_judges(void **state)
{
    struct world w;

    (void)state;
    open_world(&w, NULL);
    run(&w, 4000);
    const struct session_info *info = session_info(w.session);
    assert_int_equal(info->health, SESSION_LIVE);
    assert_string_equal(info->api_version, "v1beta1");
    assert_true(info->first_list);
    assert_int_equal(store_count(session_store(w.session), KIND_CLAIM), 2);
    const struct verdict *verdict = diagnosis_verdict(session_diagnosis(w.session), find(&w, "a", "stuck"));
    assert_non_null(verdict);
    assert_int_equal(verdict->state, CLAIM_STUCK);
    assert_non_null(strstr(verdict->brief, "none"));
    assert_int_equal(diagnosis_count(session_diagnosis(w.session), CLAIM_READY), 1);
    close_world(&w);
}

static void follows_changes_and_deletes(void **state)
{
    struct world w;

    (void)state;
    open_world(&w, NULL);
    run(&w, 3000);
    put(&w, "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\"metadata\":{\"name\":\"new\",\"namespace\":\"a\"},\"spec\":{\"warmPoolRef\":"
            "{\"name\":\"none\"}}}");
    assert_true(sim_delete(w.sim, "sandboxclaims", "b", "fine"));
    run(&w, 1000);
    assert_non_null(find(&w, "a", "new"));
    assert_null(find(&w, "b", "fine"));
    close_world(&w);
}

static void keeps_to_a_namespace_and_changes_it(void **state)
{
    struct world w;

    (void)state;
    open_world(&w, "a");
    run(&w, 3000);
    assert_non_null(find(&w, "a", "stuck"));
    assert_null(find(&w, "b", "fine"));
    session_set_ns(w.session, "b");
    run(&w, 3000);
    assert_null(find(&w, "a", "stuck"));
    assert_non_null(find(&w, "b", "fine"));
    session_set_ns(w.session, NULL);
    run(&w, 3000);
    assert_int_equal(store_count(session_store(w.session), KIND_CLAIM), 2);
    close_world(&w);
}

static void an_outage_keeps_the_picture(void **state)
{
    struct world w;

    (void)state;
    open_world(&w, NULL);
    run(&w, 3000);
    sim_hang(w.sim, true);
    run(&w, 30000);
    assert_int_equal(session_info(w.session)->health, SESSION_STALE);
    assert_true(session_info(w.session)->stale_ms >= 18000);
    assert_int_equal(store_count(session_store(w.session), KIND_CLAIM), 2);
    put(&w, "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\"metadata\":{\"name\":\"meanwhile\",\"namespace\":\"a\"},\"spec\":{\"warmPoolRef\":"
            "{\"name\":\"none\"}}}");
    sim_hang(w.sim, false);
    run(&w, 1500);
    assert_int_equal(session_info(w.session)->health, SESSION_LIVE);
    assert_non_null(find(&w, "a", "meanwhile"));
    close_world(&w);
}

/* 410 lists anew behind what is shown: the store is never empty meanwhile. */
static void expiry_never_blanks(void **state)
{
    struct world w;

    (void)state;
    open_world(&w, NULL);
    run(&w, 3000);
    sim_expire(w.sim);
    sim_cut_watches(w.sim);
    for (int i = 0; i < 200; i++) {
        run(&w, 20);
        assert_int_equal(store_count(session_store(w.session), KIND_CLAIM), 2);
    }
    assert_int_equal(session_info(w.session)->health, SESSION_LIVE);
    close_world(&w);
}

static void refusals_are_named(void **state)
{
    struct world w;
    size_t n;
    bool named = false;

    (void)state;
    open_world(&w, NULL);
    sim_fault(w.sim, "/pods?", 403, 1000, 0, "{\"kind\":\"Status\",\"message\":\"pods is forbidden: User \\\"u\\\" cannot list resource \\\"pods\\\"\",\"code\":403}");
    run(&w, 4000);
    const struct source_status *sources = session_sources(w.session, &n);
    for (size_t i = 0; i < n; i++)
        if (sources[i].kind == KIND_POD && sources[i].health == SOURCE_FORBIDDEN)
            named |= strstr(sources[i].message, "403") && strstr(sources[i].message, "list pods");
    assert_true(named);
    assert_int_equal(store_count(session_store(w.session), KIND_CLAIM), 2);
    assert_true(session_facts(w.session)->forbidden[KIND_POD]);
    close_world(&w);
}

static void missing_crds_are_a_finding(void **state)
{
    struct world w;
    struct findings findings = {0};

    (void)state;
    open_world(&w, NULL);
    sim_version(w.sim, NULL);
    run(&w, 3000);
    assert_true(session_facts(w.session)->crds_missing[KIND_CLAIM]);
    diagnose_cluster(session_diagnosis(w.session), session_now(w.session), &findings);
    assert_true(findings.n > 0);
    assert_non_null(strstr(findings.v[0].cause, "not installed"));
    findings_free(&findings);
    sim_version(w.sim, "v1beta1");
    run(&w, 13000);
    assert_int_equal(store_count(session_store(w.session), KIND_CLAIM), 2);
    close_world(&w);
}

/* The installation is upgraded under the dashboard: it goes on with the version that is served then. */
static void another_version_is_followed(void **state)
{
    struct world w;

    (void)state;
    open_world(&w, NULL);
    run(&w, 3000);
    assert_string_equal(session_info(w.session)->api_version, "v1beta1");
    sim_version(w.sim, "v1alpha1");
    sim_cut_watches(w.sim);
    run(&w, 80000);
    assert_string_equal(session_info(w.session)->api_version, "v1alpha1");
    assert_int_equal(session_info(w.session)->health, SESSION_LIVE);
    assert_int_equal(store_count(session_store(w.session), KIND_CLAIM), 2);
    size_t asked = sim_requests(w.sim, "/v1beta1/");
    run(&w, 70000);
    assert_int_equal(sim_requests(w.sim, "/v1beta1/"), asked);
    close_world(&w);
}

/* Who may not list the cluster sees the namespace it falls back to; asking for all again changes nothing and blanks nothing. */
static void asking_again_keeps_the_picture(void **state)
{
    struct world w;

    (void)state;
    open_world(&w, NULL);
    sim_fault(w.sim, "v1beta1/sandboxclaims", 403, 1000, 0, "{\"kind\":\"Status\",\"message\":\"forbidden\",\"code\":403}");
    run(&w, 4000);
    assert_string_equal(session_info(w.session)->ns, "default");
    size_t templates = store_count(session_store(w.session), KIND_TEMPLATE), asked = sim_requests(w.sim, "/sandboxclaims");
    assert_int_equal(templates, 1);
    session_set_ns(w.session, NULL);
    assert_int_equal(store_count(session_store(w.session), KIND_TEMPLATE), templates);
    run(&w, 1000);
    assert_int_equal(sim_requests(w.sim, "/sandboxclaims"), asked);
    close_world(&w);
}

/* A screen asks for the rows several times in a turn: what it borrowed before stays good. */
static void messages_hold_for_a_turn(void **state)
{
    struct world w;
    size_t n;

    (void)state;
    open_world(&w, NULL);
    sim_fault(w.sim, "/pods?", 403, 1000, 0, "{\"kind\":\"Status\",\"message\":\"forbidden\",\"code\":403}");
    run(&w, 4000);
    const struct source_status *sources = session_sources(w.session, &n);
    const char *before[32] = {NULL};
    bool any = false;
    for (size_t i = 0; i < n && i < 32; i++)
        before[i] = sources[i].message;
    sources = session_sources(w.session, &n);
    for (size_t i = 0; i < n && i < 32; i++) {
        assert_ptr_equal(before[i], sources[i].message);
        any |= *before[i] != '\0';
    }
    assert_true(any);
    close_world(&w);
}

struct fetched {
    char text[4096];
    int calls;
    bool error;
};

static void on_fetched(void *ctx, struct slice body, const char *error)
{
    struct fetched *f = ctx;

    f->calls++;
    f->error = error != NULL;
    snprintf(f->text, sizeof f->text, "%.*s", error ? (int)strlen(error) : (int)body.n, error ? error : body.p);
}

static void fetches_one_object(void **state)
{
    struct world w;
    struct fetched f = {0};

    (void)state;
    open_world(&w, NULL);
    run(&w, 3000);
    session_fetch(w.session, find(&w, "a", "stuck"), on_fetched, &f);
    run(&w, 500);
    assert_int_equal(f.calls, 1);
    assert_false(f.error);
    assert_non_null(strstr(f.text, "\"stuck\""));
    sim_fault(w.sim, "sandboxclaims/stuck", 500, 1, 0, "{\"message\":\"etcd is slow\"}");
    session_fetch(w.session, find(&w, "a", "stuck"), on_fetched, &f);
    run(&w, 500);
    assert_int_equal(f.calls, 2);
    assert_true(f.error);
    assert_non_null(strstr(f.text, "etcd is slow"));
    session_fetch(w.session, find(&w, "a", "stuck"), on_fetched, &f);
    session_fetch_cancel(w.session, &f);
    run(&w, 500);
    assert_int_equal(f.calls, 2);
    close_world(&w);
}

/* The demo's story plays for ten minutes, with faults strewn in: the session stays well and the picture lively. */
static void the_demo_plays(void **state)
{
    struct clock_virtual clock;
    struct world w;

    (void)state;
    clock_virtual_init(&clock, INT64_C(1795423489000));
    w.clock = clock;
    w.sim = sim_new(&w.clock.clock, 7);
    sim_story_demo(w.sim);
    struct session_config config = {.clock = &w.clock.clock, .transport = sim_transport(w.sim), .context = "demo", .server = "sim", .simulated = true};
    w.session = session_new(&config);
    for (int minute = 0; minute < 10; minute++) {
        run(&w, 60000);
        if (minute == 3)
            sim_cut_watches(w.sim);
        if (minute == 5)
            sim_expire(w.sim);
    }
    assert_int_equal(session_info(w.session)->health, SESSION_LIVE);
    assert_true(diagnosis_count(session_diagnosis(w.session), CLAIM_STUCK) >= 3);
    assert_true(diagnosis_count(session_diagnosis(w.session), CLAIM_READY) >= 10);
    assert_true(log_buffer_end(session_log_buffer(w.session, LOGS_SYSTEM)) > 10);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_in_and_judges), cmocka_unit_test(follows_changes_and_deletes), cmocka_unit_test(keeps_to_a_namespace_and_changes_it),
        cmocka_unit_test(an_outage_keeps_the_picture), cmocka_unit_test(expiry_never_blanks), cmocka_unit_test(refusals_are_named),
        cmocka_unit_test(missing_crds_are_a_finding), cmocka_unit_test(another_version_is_followed), cmocka_unit_test(messages_hold_for_a_turn), cmocka_unit_test(asking_again_keeps_the_picture),
        cmocka_unit_test(fetches_one_object), cmocka_unit_test(the_demo_plays),
    };

    return TESTS_MAIN(tests);
}

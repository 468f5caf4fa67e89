/* What doctor says of many at once: a few causes with all who wait under them, the gravest first; and what it says where no rule fits. */
#include <stdio.h>

#include "tests/unit/diagnose_cases.h"
#include "tui/doctor_causes.h"

/* # is the number. */
static void numbered(struct world *w, const char *text, int i)
{
    struct buf b = {0};
    for (; *text; text++)
        if (*text == '#')
            buf_printf(&b, "%d", i);
        else
            buf_add_byte(&b, *text);
    world_apply(w, b.p);
    buf_free(&b);
}

#define MANY(name) "'metadata':{'name':'" name "','namespace':'n','creationTimestamp':" AT("00:00") "}"
#define CLAIM_OF(reason, message) \
    "{'kind':'SandboxClaim'," MANY("c#") ",'spec':{'warmPoolRef':{'name':'p'}},'status':{'sandbox':{'name':'c#'},'conditions':[" \
    CONDITION("Ready", "False", reason, message, "00:01") "]}}"
#define BOX_OF(reason, message) \
    "{'kind':'Sandbox','metadata':{'name':'c#','namespace':'n','creationTimestamp':" AT("00:01") \
    ",'annotations':{'agents.x-k8s.io/sandbox-template-ref':'t'}," \
    "'ownerReferences':[{'kind':'SandboxClaim','name':'c#','uid':'1','controller':true}]},'spec':{},'status':{'conditions':[" \
    CONDITION("Ready", "False", reason, message, "00:01") "]}}"
#define POD_OF(container) \
    "{'kind':'Pod'," MANY("c#") ",'spec':{" ON_NODE "'containers':[{'name':'main','image':'registry/app:2'}]}," \
                                                    "'status':{'phase':'Pending','conditions':[" UNREADY "]," \
    "'containerStatuses':[{'name':'main','image':'registry/app:2','restartCount':0,'state':" container "}]}}"

static struct look look_at(struct world *w, int seconds)
{
    return (struct look){.diagnosis = w->diagnosis, .store = w->store, .now_ms = START_MS + seconds * INT64_C(1000)};
}

static void a_thousand_stuck_claims(void **state)
{
    struct world w = world_new();
    (void)state;
    world_apply(&w, CONTROLLER("1", "'readyReplicas':1,", WELL_ARGS));
    world_apply(&w, POOL);
    world_apply(&w, TEMPLATE);
    for (int i = 0; i < 1000; i++) {
        bool image = i % 4 < 2, quota = i % 4 == 2;
        const char *said = quota ? CLAIM_OF("ReconcilerError",
                            "Error seen: pods is forbidden: exceeded quota: small, requested: pods=1, used: pods=5, "
                                            "limited: pods=5") :
                           CLAIM_OF("DependenciesNotReady", "Pod exists with phase: Pending");
        numbered(&w, said, i);
        numbered(&w, quota ? BOX_OF("ReconcilerError",
                    "Error seen: pods is forbidden: exceeded quota: small, requested: pods=1, used: pods=5, limited: pods=5") :
                 BOX_OF("DependenciesNotReady", "Pod exists with phase: Pending"), i);
        if (!quota)
            numbered(&w, image ? POD_OF("{'waiting':{'reason':'ErrImagePull','message':'not found'}}") :
                     POD_OF("{'waiting':{'reason':'CreateContainerConfigError','message':'secret \\\"key\\\" not found'}}"), i);
    }
    world_judge(&w, START_MS + 60000);
    struct look look = look_at(&w, 60);
    struct causes all;
    causes_gather(&look, &all);
    assert_int_equal(all.n, 3);
    assert_true(all.stuck);
    assert_string_equal(all.v[0].finding->rule, "image-pull");
    assert_int_equal(all.v[0].claims.n, 500);
    assert_int_equal(all.v[1].claims.n, 250);
    assert_int_equal(all.v[2].claims.n, 250);
    uint64_t print = causes_print(&all);
    causes_free(&all);
    look.now_ms += 5000;             /* the clock is no news */
    causes_gather(&look, &all);
    assert_true(causes_print(&all) == print);
    causes_free(&all);
    struct buf text = {0};
    assert_true(doctor_text(&look, false, &text));
    assert_non_null(strstr(text.p, "500 claims wait: image registry/app:2 not found (template t)\n"));
    assert_non_null(strstr(text.p, "and 490 more claims for the same cause"));
    buf_free(&text);
    assert_true(doctor_json(&look, &text));
    json findings = json_get(json_whole(buf_slice(&text)), "findings");
    assert_int_equal(json_count(findings), 3);
    struct json_walk walk = json_items(findings);
    assert_true(json_next(&walk));
    assert_int_equal(json_count(json_get(walk.value, "claims")), 500);
    assert_true(json_is(json_path(walk.value, "at.link"), "container") && json_is(json_path(walk.value, "at.container"), "main"));
    assert_true(json_is(json_path(walk.value, "subject.kind"), "SandboxClaim") && json_is(json_path(walk.value, "at.kind"), "Pod"));
    static const char *const members[] = {"rule", "severity", "confidence", "cause", "evidence", "next", "command", "also"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        assert_true(json_get(walk.value, members[i]).n > 0);
    buf_free(&text);
    world_free(&w);
}

/* The installation's fault that claims wait for is one finding with them, not one beside them. */
static void claims_of_a_dead_controller(void **state)
{
    struct world w = world_new();
    struct causes all;
    (void)state;
    world_apply(&w, CONTROLLER("0", "", WELL_ARGS));
    for (int i = 0; i < 30; i++)
        numbered(&w, "{'kind':'SandboxClaim'," MANY("c#") ",'spec':{'warmPoolRef':{'name':'p'}}}", i);
    world_judge(&w, START_MS + 60000);
    struct look look = look_at(&w, 60);
    causes_gather(&look, &all);
    assert_int_equal(all.n, 1);
    assert_string_equal(all.v[0].finding->rule, "controller-down");
    assert_int_equal(all.v[0].claims.n, 30);
    assert_int_equal(all.v[0].finding->subject_kind, KIND_CLAIM);
    assert_int_equal(all.v[0].finding->at_kind, KIND_DEPLOYMENT);
    causes_free(&all);
    world_free(&w);
}

static void unexplained(void **state)
{
    struct world w = world_new();
    struct causes all;
    (void)state;
    world_apply(&w, CONTROLLER("1", "'readyReplicas':1,", WELL_ARGS));
    world_apply(&w, POOL);
    world_apply(&w, TEMPLATE);
    for (int i = 0; i < 5; i++)
        numbered(&w, CLAIM_OF("SandboxMissing", "Sandbox does not exist"), i);
    world_judge(&w, START_MS + 400000);
    struct look look = look_at(&w, 400);
    causes_gather(&look, &all);
    assert_int_equal(all.n, 1);
    assert_int_equal(all.v[0].claims.n, 5);
    assert_string_equal(all.v[0].finding->rule, "unexplained");
    assert_int_equal(all.v[0].finding->confidence, CONFIDENCE_POSSIBLE);
    assert_int_equal(all.v[0].finding->at_kind, KIND_SANDBOX);
    assert_non_null(strstr(all.v[0].finding->cause, "nearest unhealthy link: sandbox c0"));
    causes_free(&all);
    struct buf text = {0};
    assert_true(doctor_json(&look, &text));
    assert_non_null(strstr(text.p, "no rule fits; looked at claim"));
    buf_free(&text);
    world_free(&w);
}

static void nothing_is_stuck(void **state)
{
    struct world w = world_new();
    struct buf text = {0};
    (void)state;
    world_apply(&w, CONTROLLER("1", "'readyReplicas':1,", WELL_ARGS));
    world_apply(&w, POOL);
    world_apply(&w, CLAIM_READY_AT("00:03"));
    world_judge(&w, START_MS + 60000);
    struct look look = look_at(&w, 60);
    assert_false(doctor_text(&look, false, &text));
    assert_string_equal(text.p, "nothing is stuck: 1 claims ready, 0 waiting, 0 deleting\n");
    buf_free(&text);
    assert_false(doctor_json(&look, &text));
    assert_non_null(strstr(text.p, "\"findings\":[]"));
    buf_free(&text);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_stuck_claims), cmocka_unit_test(claims_of_a_dead_controller), cmocka_unit_test(unexplained),
            cmocka_unit_test(nothing_is_stuck),
    };
    return TESTS_MAIN(tests);
}

/* Discovery with scripted answers: what is served, and the sentences where nothing is. */
#include "tests/unit/test.h"

#include "core/kube/discovery.h"
#include "tests/unit/fake_transport.h"

static const char *const versions[] = {"v1beta1", "v1alpha1", NULL};
static const struct discovery_wish wishes[] = {
    {"ext.x-k8s.io", "claims", versions},
    {"ext.x-k8s.io", "pools", versions},
    {"agents.x-k8s.io", "sandboxes", versions},
};
enum { N_WISHES = sizeof wishes / sizeof *wishes };

#define VERSION_BODY "{\"major\":\"1\",\"gitVersion\":\"v1.36.3\"}"
#define LIST(names) "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"x\",\"resources\":[" names "]}"
#define NAME(name) "{\"name\":\"" name "\",\"kind\":\"K\",\"verbs\":[\"get\"]}"
#define NOT_FOUND "404 page not found\n"

struct world {
    struct clock_virtual clock;
    struct fake *fake;
    struct discovery *discovery;
};

static void start(struct world *w)
{
    *w = (struct world){0};
    clock_virtual_init(&w->clock, 1700000000000);
    w->fake = fake_new(&w->clock);
    w->discovery = discovery_new(fake_transport(w->fake), &w->clock.clock, wishes, N_WISHES, 5000);
}

static void stop(struct world *w)
{
    discovery_free(w->discovery);
    transport_free(fake_transport(w->fake));
}

static void answer(struct world *w, const char *path, int status, const char *body)
{
    struct exchange *x = fake_find(w->fake, path);

    if (!x)
        fail_msg("%s was not asked", path);
    fake_answer(x, status, body);
}

static void answer_groups(struct world *w, int status, const char *body)
{
    answer(w, "GET /apis/ext.x-k8s.io/v1beta1", status, body);
    answer(w, "GET /apis/ext.x-k8s.io/v1alpha1", status, body);
    answer(w, "GET /apis/agents.x-k8s.io/v1beta1", status, body);
    answer(w, "GET /apis/agents.x-k8s.io/v1alpha1", status, body);
}

static void picks_per_resource(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    assert_int_equal(fake_open(w.fake), 5);
    assert_int_equal(fake_deadline(fake_find(w.fake, "/version")), 5000);
    answer(&w, "GET /apis/ext.x-k8s.io/v1beta1", 200, LIST(NAME("claims") "," NAME("claims/status")));
    answer(&w, "GET /apis/ext.x-k8s.io/v1alpha1", 200, LIST(NAME("claims") "," NAME("pools")));
    answer(&w, "GET /apis/agents.x-k8s.io/v1beta1", 404, NOT_FOUND);
    answer(&w, "GET /apis/agents.x-k8s.io/v1alpha1", 404, NOT_FOUND);
    fake_step(w.fake);
    assert_int_equal(discovery_state(w.discovery), DISCOVERY_RUNNING);
    answer(&w, "GET /version", 200, VERSION_BODY);
    fake_step(w.fake);
    assert_int_equal(discovery_state(w.discovery), DISCOVERY_DONE);
    const struct discovery_answer *answers = discovery_answers(w.discovery);
    assert_string_equal(answers[0].version, "v1beta1");
    assert_string_equal(answers[1].version, "v1alpha1");
    assert_null(answers[2].version);
    assert_false(answers[0].group_missing);
    assert_true(answers[2].group_missing);
    assert_string_equal(discovery_server_version(w.discovery), "v1.36.3");
    stop(&w);
}

static void no_version_is_no_failure(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    answer_groups(&w, 200, LIST(NAME("claims") "," NAME("pools") "," NAME("sandboxes")));
    answer(&w, "GET /version", 403, "{\"kind\":\"Status\"}");
    fake_step(w.fake);
    assert_int_equal(discovery_state(w.discovery), DISCOVERY_DONE);
    assert_string_equal(discovery_server_version(w.discovery), "");
    stop(&w);
}

static void the_round_trip_is_measured_without_the_handshakes(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    clock_virtual_advance(&w.clock, 80);
    answer_groups(&w, 404, NOT_FOUND);
    answer(&w, "GET /version", 200, VERSION_BODY);
    fake_step(w.fake);
    assert_int_equal(discovery_state(w.discovery), DISCOVERY_RUNNING);
    clock_virtual_advance(&w.clock, 3);
    answer(&w, "GET /version", 200, VERSION_BODY);
    fake_step(w.fake);
    assert_int_equal(discovery_state(w.discovery), DISCOVERY_DONE);
    assert_int_equal(discovery_round_trip_ms(w.discovery), 3);
    stop(&w);
}

static void quick_answers_need_no_measure(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    clock_virtual_advance(&w.clock, 8);
    answer_groups(&w, 404, NOT_FOUND);
    answer(&w, "GET /version", 200, VERSION_BODY);
    fake_step(w.fake);
    assert_int_equal(discovery_state(w.discovery), DISCOVERY_DONE);
    assert_int_equal(discovery_round_trip_ms(w.discovery), 8);
    stop(&w);
}

static void fails(const char *version_body, int version_status, const char *group_body, int group_status, int status, const char *words)
{
    struct world w;

    start(&w);
    answer_groups(&w, group_status, group_body);
    answer(&w, "GET /version", version_status, version_body);
    fake_step(w.fake);
    assert_int_equal(discovery_state(w.discovery), DISCOVERY_FAILED);
    assert_int_equal(discovery_end(w.discovery), END_DONE);
    assert_int_equal(discovery_status(w.discovery), status);
    if (!strstr(discovery_error(w.discovery), words))
        fail_msg("\"%s\" does not say \"%s\"", discovery_error(w.discovery), words);
    stop(&w);
}

static void what_is_not_kubernetes(void **state)
{
    (void)state;
    fails("<html>Welcome to nginx</html>", 200, "<html>not found</html>", 404, 200, "not as a Kubernetes API server");
    fails("not found", 404, "not found", 404, 404, "not as a Kubernetes API server");
    fails("<html>", 200, "<html>", 200, 200, "not as a Kubernetes API server");
    fails(VERSION_BODY, 200, "{\"hello\":1}", 200, 200, "not as a Kubernetes API server");
    fails("", 302, "", 302, 302, "redirect");
}

static void refusals_say_why(void **state)
{
    (void)state;
    fails("", 401, "{\"kind\":\"Status\",\"message\":\"Unauthorized\"}", 401, 401, "does not accept the credential (Unauthorized)");
    fails("", 403, "{\"kind\":\"Status\",\"message\":\"User \\\"system:anonymous\\\" cannot get path\"}", 403, 403, "system:anonymous");
    fails(VERSION_BODY, 200, "apiserver is shutting down", 503, 503, "HTTP 503: apiserver is shutting down");
}

static void a_broken_connection_ends_all(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    fake_end(fake_find(w.fake, "v1alpha1"), END_TLS, "the certificate of the server is for another name");
    fake_step(w.fake);
    assert_int_equal(discovery_state(w.discovery), DISCOVERY_FAILED);
    assert_int_equal(discovery_end(w.discovery), END_TLS);
    assert_string_equal(discovery_error(w.discovery), "the certificate of the server is for another name");
    assert_int_equal(fake_open(w.fake), 0);
    stop(&w);
}

static void freed_while_running(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    answer(&w, "GET /version", 200, VERSION_BODY);
    discovery_free(w.discovery);
    fake_step(w.fake);
    assert_int_equal(fake_open(w.fake), 0);
    transport_free(fake_transport(w.fake));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picks_per_resource),
        cmocka_unit_test(no_version_is_no_failure),
        cmocka_unit_test(the_round_trip_is_measured_without_the_handshakes),
        cmocka_unit_test(quick_answers_need_no_measure),
        cmocka_unit_test(what_is_not_kubernetes),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(a_broken_connection_ends_all),
        cmocka_unit_test(freed_while_running),
    };

    return TESTS_MAIN(tests);
}

/* The simulated server answers as the captured one does: shapes, key order, refusals, streams, time. */
#include "tests/unit/sim_help.h"

#include <unistd.h>

static void same_as_fixture(struct world *w, const char *path, const char *name)
{
    size_t n;
    char *want = fixture(name, &n);
    struct got got;

    get(w, &got, path);
    while (n && want[n - 1] == '\n')
        want[--n] = 0;
    while (got.body.n && got.body.p[got.body.n - 1] == '\n')
        got.body.p[--got.body.n] = 0;
    assert_string_equal(got.body.p, want);
    drop(&got);
    free(want);
}

static void test_discovery(void **state)
{
    struct world *w = *state;

    same_as_fixture(w, "/apis/agents.x-k8s.io", "wire/discovery-agents-group.json");
    same_as_fixture(w, "/apis/extensions.agents.x-k8s.io", "wire/discovery-extensions-group.json");
    expect(w, "GET", "/version", NULL, 200, "\"gitVersion\": \"v1.36.3\"");
    expect(w, "GET", "/readyz", NULL, 200, "ok");
    expect(w, "GET", "/apis/agents.x-k8s.io/v1beta1", NULL, 200, "\"name\":\"sandboxes\"");
    expect(w, "GET", "/apis/nogroup", NULL, 404, "404 page not found");
    sim_version(w->sim, "v1alpha1");
    expect(w, "GET", "/apis/agents.x-k8s.io", NULL, 200, "\"preferredVersion\":{\"groupVersion\":\"agents.x-k8s.io/v1alpha1\"");
    expect(w, "GET", CLAIMS, NULL, 404, "404 page not found");
    sim_version(w->sim, NULL);
    expect(w, "GET", "/apis/agents.x-k8s.io", NULL, 404, "404 page not found");
}

static void test_lists(void **state)
{
    struct world *w = *state;
    struct got got;

    put_claim(w, "b", "two", "x");
    put_claim(w, "a", "one", "y");
    put(w, "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"namespace\":\"a\",\"name\":\"p\"},\"spec\":{\"nodeName\":\"n\"}}");
    get(w, &got, CLAIMS);
    json list = body_of(&got);
    assert_true(json_is(json_get(list, "kind"), "SandboxClaimList"));
    assert_int_equal(json_count(json_get(list, "items")), 2);
    assert_true(json_is(json_path(list, "metadata.resourceVersion"), "1003"));
    assert_true(holds(&got, "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"items\":[{\"apiVersion\""));
    struct json_walk items = json_items(json_get(list, "items"));
    assert_true(json_next(&items));
    json first = items.value;
    assert_true(json_is(json_path(first, "metadata.name"), "one"));
    assert_true(json_is(json_path(first, "metadata.creationTimestamp"), "2026-11-23T09:00:00Z"));
    assert_true(json_path(first, "metadata.uid").n == 38);
    drop(&got);
    get(w, &got, "/api/v1/namespaces/a/pods");
    assert_true(holds(&got, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1003\"},"
                      "\"items\":[{\"metadata\":{\"name\":\"p\",\"namespace\":\"a\""));
    drop(&got);
    expect(w, "GET", CLAIMS_IN("b"), NULL, 200, "\"two\"");
    expect(w, "GET", CLAIMS_IN("b") "/two", NULL, 200, "\"kind\":\"SandboxClaim\",\"metadata\"");
    expect(w, "GET", CLAIMS_IN("b") "/none", NULL, 404, "sandboxclaims.extensions.agents.x-k8s.io \\\"none\\\" not found");
    expect(w, "GET", "/api/v1/pods?resourceVersion=abc", NULL, 500, "invalid syntax");
}


static void test_pages(void **state)
{
    struct world *w = *state;
    struct got got;
    char *token, *path;

    put_claim(w, "a", "one", "x");
    put_claim(w, "a", "two", "x");
    put_claim(w, "b", "three", "x");
    get(w, &got, CLAIMS "?limit=2");
    assert_int_equal(json_count(json_get(body_of(&got), "items")), 2);
    assert_true(holds(&got, "\"remainingItemCount\":1,\"resourceVersion\":\"1003\""));
    token = json_dup(json_path(body_of(&got), "metadata.continue"));
    assert_true(strlen(token) > 20);
    drop(&got);

    put_claim(w, "b", "four", "x");                      /* the page after it shows the first page's resourceVersion */
    path = mem_printf(CLAIMS "?limit=2&continue=%s", token);
    get(w, &got, path);
    assert_int_equal(json_count(json_get(body_of(&got), "items")), 2);
    assert_true(json_is(json_path(body_of(&got), "metadata.continue"), ""));
    assert_true(json_is(json_path(body_of(&got), "metadata.resourceVersion"), "1003"));
    drop(&got);

    sim_expire(w->sim);
    get(w, &got, path);
    assert_int_equal(got.status, 410);
    assert_true(json_is(json_get(body_of(&got), "reason"), "Expired"));
    free(token);
    free(path);
    token = json_dup(json_path(body_of(&got), "metadata.continue"));
    drop(&got);
    path = mem_printf(CLAIMS "?continue=%s", token);     /* the rest, whatever it is now */
    get(w, &got, path);
    assert_int_equal(got.status, 200);
    assert_int_equal(json_count(json_get(body_of(&got), "items")), 2);
    drop(&got);
    free(token);
    free(path);
    get(w, &got, CLAIMS "?limit=1&resourceVersion=0");   /* ignores limit */
    assert_int_equal(json_count(json_get(body_of(&got), "items")), 4);
    drop(&got);
    expect(w, "GET", CLAIMS "?limit=x", NULL, 400, "invalid syntax");
    expect(w, "GET", CLAIMS "?continue=!!", NULL, 400, "continue key is not valid");
    expect(w, "GET", CLAIMS "?resourceVersion=5&resourceVersionMatch=Exact", NULL, 410, "too old");
}

static void test_future_version(void **state)
{
    struct world *w = *state;
    struct got got;

    get(w, &got, CLAIMS "?resourceVersion=99999");
    assert_int_equal(got.status, 0);
    pass(w, 3000);
    assert_int_equal(got.status, 504);
    assert_true(holds(&got, "Too large resource version: 99999, current: 1000"));
    drop(&got);
}

static void put_event(struct world *w, const char *name, const char *type, const char *uid)
{
    char *text = mem_printf("{\"kind\":\"Event\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"a\"},"
                            "\"involvedObject\":{\"kind\":\"Pod\","
                            "\"name\":\"p\",\"uid\":\"%s\"},\"type\":\"%s\"}", name, uid, type);
    put(w, text);
    free(text);
}

static void test_selectors(void **state)
{
    struct world *w = *state;

    put_claim(w, "a", "one", "gold");
    put_claim(w, "a", "two", "tin");
    put_claim(w, "b", "three", "gold");
    put_event(w, "e1", "Normal", "u1");
    put_event(w, "e2", "Warning", "u1");
    put_event(w, "e3", "Warning", "u2");
    assert_int_equal(count_of(w, CLAIMS "?labelSelector=tier%3Dgold"), 2);
    assert_int_equal(count_of(w, CLAIMS "?labelSelector=tier==tin"), 1);
    assert_int_equal(count_of(w, CLAIMS "?labelSelector=tier%20in%20%28gold%2Ctin%29"), 3);
    assert_int_equal(count_of(w, CLAIMS "?labelSelector=tier%20notin%20(gold)"), 1);
    assert_int_equal(count_of(w, CLAIMS "?labelSelector=tier"), 3);
    assert_int_equal(count_of(w, CLAIMS "?labelSelector=!tier"), 0);
    assert_int_equal(count_of(w, CLAIMS "?labelSelector=tier,tier!=tin"), 2);
    assert_int_equal(count_of(w, CLAIMS "?fieldSelector=metadata.namespace%21%3Da"), 1);
    assert_int_equal(count_of(w, CLAIMS_IN("a") "?fieldSelector=metadata.name%3Dtwo"), 1);
    assert_int_equal(count_of(w, "/api/v1/events?fieldSelector=type%21%3DNormal"), 2);
    assert_int_equal(count_of(w, "/api/v1/events?fieldSelector=type!=Normal,involvedObject.uid=u1"), 1);
    assert_int_equal(count_of(w, "/api/v1/namespaces/a/events?fieldSelector=involvedObject.kind=Pod,involvedObject.name=p"), 3);
    expect(w, "GET", CLAIMS "?fieldSelector=foo%3Dbar", NULL, 400, "field label not supported: foo");
    expect(w, "GET", CLAIMS "?labelSelector=a%20in%20b", NULL, 400, "unable to parse requirement: found 'b' expected: '('");
}

static void test_watch(void **state)
{
    struct world *w = *state;
    struct got got, gold, other;

    put_claim(w, "a", "one", "gold");
    get(w, &got, CLAIMS "?watch=true&resourceVersion=1001&allowWatchBookmarks=true");
    get(w, &gold, CLAIMS_IN("a") "?watch=1&resourceVersion=1001&labelSelector=tier%3Dgold");
    get(w, &other, CLAIMS_IN("b") "?watch=1&resourceVersion=1001");
    assert_int_equal(got.status, 200);
    assert_int_equal(got.body.n, 0);
    put_claim(w, "a", "two", "tin");
    put_claim(w, "a", "one", "tin");
    assert_true(sim_delete(w->sim, "sandboxclaims", "a", "two"));
    assert_false(sim_delete(w->sim, "sandboxclaims", "a", "two"));
    step(w);
    assert_int_equal(lines_of(&got), 3);
    assert_true(holds(&got, "{\"type\":\"ADDED\",\"object\":{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\","
                      "\"kind\":\"SandboxClaim\",\"metadata\""));
    assert_true(holds(&got, "{\"type\":\"MODIFIED\""));
    assert_true(holds(&got, "{\"type\":\"DELETED\""));
    assert_true(holds(&got, "\"resourceVersion\":\"1004\""));   /* of the deletion */
    assert_int_equal(lines_of(&gold), 1);                      /* it fits no longer */
    assert_true(holds(&gold, "{\"type\":\"DELETED\""));
    assert_int_equal(other.body.n, 0);
    pass(w, 60000);
    assert_int_equal(lines_of(&got), 4);
    assert_true(holds(&got, "{\"type\":\"BOOKMARK\",\"object\":{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\","
                      "\"kind\":\"SandboxClaim\","
                            "\"metadata\":{\"resourceVersion\":\"1004\"}}}"));
    assert_int_equal(lines_of(&gold), 1);
    sim_cut_watches(w->sim);
    step(w);
    assert_int_equal(got.ends + gold.ends + other.ends, 3);
    assert_int_equal(got.reason, END_CUT);
    drop(&got);
    drop(&gold);
    drop(&other);
}

static void test_watch_resumes(void **state)
{
    struct world *w = *state;
    struct got got;

    put_claim(w, "a", "one", "x");
    put_claim(w, "a", "two", "x");
    put_claim(w, "a", "one", "y");
    get(w, &got, CLAIMS "?watch=true&resourceVersion=1001&timeoutSeconds=5");
    assert_int_equal(lines_of(&got), 2);
    pass(w, 4999);
    assert_int_equal(got.ends, 0);
    pass(w, 1);
    assert_int_equal(got.ends, 1);
    assert_int_equal(got.reason, END_DONE);
    drop(&got);
    get(w, &got, CLAIMS "?watch=true&resourceVersion=5");
    assert_int_equal(got.status, 200);
    assert_int_equal(got.ends, 1);
    assert_true(holds(&got, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
                      "\"status\":\"Failure\",\"message\":\"too old "
                            "resource version: 5 (686)\",\"reason\":\"Expired\",\"code\":410}}"));
    drop(&got);
    expect(w, "GET", CLAIMS "?watch=true&resourceVersion=x", NULL, 500, "invalid syntax");
}

static void test_watch_list(void **state)
{
    struct world *w = *state;
    struct got got;

    put_claim(w, "a", "one", "x");
    put_claim(w, "a", "two", "x");
    expect(w, "GET", CLAIMS "?watch=true&sendInitialEvents=true&allowWatchBookmarks=true", NULL, 422,
           "requires setting resourceVersionMatch to NotOlderThan");
    get(w, &got, CLAIMS "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
    assert_int_equal(lines_of(&got), 3);
    assert_true(holds(&got, "\"metadata\":{\"annotations\":{\"k8s.io/initial-events-end\":\"true\"},\"resourceVersion\":\"1002\"}}}\n"));
    put_claim(w, "a", "three", "x");
    step(w);
    assert_int_equal(lines_of(&got), 4);
    transport_cancel(w->transport, got.exchange);
    put_claim(w, "a", "four", "x");
    step(w);
    assert_int_equal(lines_of(&got), 4);
    assert_int_equal(got.ends, 0);
    drop(&got);
    get(w, &got, "/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
    assert_true(holds(&got, "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\","
                      "\"metadata\":{\"resourceVersion\":\"1004\","
                            "\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}"));
    drop(&got);
}

static void test_history_is_five_minutes(void **state)
{
    struct world *w = *state;
    struct got got;

    put_claim(w, "a", "one", "x");
    pass(w, 6 * 60 * 1000);
    put_claim(w, "a", "two", "x");
    get(w, &got, CLAIMS "?watch=true&resourceVersion=1000");
    assert_true(holds(&got, "\"reason\":\"Expired\""));
    drop(&got);
    get(w, &got, CLAIMS "?watch=true&resourceVersion=1001");
    assert_int_equal(lines_of(&got), 1);
    assert_true(holds(&got, "ADDED"));
    drop(&got);
}

static void test_writes(void **state)
{
    struct world *w = *state;
    struct got got;

    expect(w, "POST", CLAIMS_IN("a") "?dryRun=All", ONE_CLAIM("\"name\":\"one\""), 201, "\"name\":\"one\"");
    assert_int_equal(count_of(w, CLAIMS), 0);
    expect(w, "POST", CLAIMS_IN("a"), ONE_CLAIM("\"name\":\"one\""), 201, "\"namespace\":\"a\"");
    expect(w, "POST", CLAIMS_IN("a"), ONE_CLAIM("\"name\":\"one\""), 409, "\"reason\":\"AlreadyExists\"");
    expect(w, "POST", CLAIMS_IN("a"), ONE_CLAIM("\"generateName\":\"diag-\""), 201, "\"name\":\"diag-");
    expect(w, "POST", CLAIMS_IN("a"), ONE_CLAIM("\"name\":\"Not Good\""), 422, "RFC 1123");
    expect(w, "POST", CLAIMS_IN("a"), ONE_CLAIM("\"x\":1"), 422, "name or generateName is required");
    expect(w, "POST", CLAIMS_IN("a"), ONE_CLAIM("\"name\":\"z\",\"namespace\":\"b\""), 400, "does not match the namespace");
    expect(w, "POST", CLAIMS_IN("a"), "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\","
           "\"metadata\":{\"name\":\"y\"},\"spec\":{}}", 422,
           "\"field\":\"spec.warmPoolRef\"");
    expect(w, "POST", CLAIMS_IN("a"), "nonsense", 400, "BadRequest");
    assert_int_equal(count_of(w, CLAIMS_IN("a")), 2);

    put(w, "{\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\",\"metadata\":{\"name\":\"d\",\"namespace\":\"a\"},"
        "\"spec\":{\"replicas\":1,\"paused\":true}}");
    ask(w, &got, "PATCH", "/apis/apps/v1/namespaces/a/deployments/d", "{\"spec\":{\"replicas\":0,\"paused\":null},"
        "\"metadata\":{\"annotations\":{\"k\":\"v\"}}}");
    assert_int_equal(got.status, 200);
    assert_true(holds(&got, "\"spec\":{\"replicas\":0}"));
    assert_true(holds(&got, "\"annotations\":{\"k\":\"v\"}"));
    assert_true(holds(&got, "\"generation\":2"));
    drop(&got);
    expect(w, "PATCH", "/apis/apps/v1/namespaces/a/deployments/none", "{}", 404, "NotFound");

    expect(w, "DELETE", CLAIMS_IN("a") "/one", "{\"preconditions\":{\"uid\":\"other\"}}", 409, "Conflict");
    expect(w, "DELETE", CLAIMS_IN("a") "/one", NULL, 200, "\"status\":\"Success\"");
    expect(w, "DELETE", CLAIMS_IN("a") "/one", NULL, 404, "NotFound");
    assert_int_equal(sim_requests(w->sim, "DELETE /apis"), 3);
    expect(w, "PUT", CLAIMS_IN("a") "/one", "{}", 405, "MethodNotAllowed");
    expect(w, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "{\"spec\":{}}", 201, "\"allowed\":true");
}

static void test_finalizers(void **state)
{
    struct world *w = *state;

    expect(w, "POST", CLAIMS_IN("a"), ONE_CLAIM("\"name\":\"one\",\"finalizers\":[\"x/y\"]"), 201, "finalizers");
    expect(w, "DELETE", CLAIMS_IN("a") "/one", NULL, 200, "\"deletionTimestamp\":\"2026-11-23T09:00:00Z\"");
    assert_int_equal(count_of(w, CLAIMS), 1);
    expect(w, "PATCH", CLAIMS_IN("a") "/one", "{\"metadata\":{\"finalizers\":null}}", 200, "SandboxClaim");
    assert_int_equal(count_of(w, CLAIMS), 0);
}

static void test_old_version(void **state)
{
    struct world *w = *state;
    struct got got;
    const char *old = "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1alpha1\",\"kind\":\"SandboxClaim\",\"metadata\":{\"name\":\"o\"},"
                      "\"spec\":{\"sandboxTemplateRef\":{\"name\":\"t\"}}}";

    put_claim(w, "a", "one", "x");
    get(w, &got, "/apis/extensions.agents.x-k8s.io/v1alpha1/sandboxclaims");
    assert_true(holds(&got, "\"spec\":{\"sandboxTemplateRef\":{\"name\":\"pool\"},\"warmpool\":\"pool\"}"));
    assert_true(holds(&got, "\"apiVersion\":\"extensions.agents.x-k8s.io/v1alpha1\""));
    assert_string_equal(got.warning, "299 - \"extensions.agents.x-k8s.io/v1alpha1 SandboxClaim is deprecated; use "
                        "extensions.agents.x-k8s.io/v1beta1 SandboxClaim\"");
    drop(&got);
    expect(w, "POST", "/apis/extensions.agents.x-k8s.io/v1alpha1/namespaces/a/sandboxclaims", old, 201, "sandboxTemplateRef");
    expect(w, "GET", CLAIMS_IN("a") "/o", NULL, 200, "\"spec\":{\"warmPoolRef\":{\"name\":\"shadow-pool-t\"}}");
    sim_version(w->sim, "v1alpha1");
    expect(w, "POST", "/apis/extensions.agents.x-k8s.io/v1alpha1/namespaces/b/sandboxclaims", old, 201,
           "\"spec\":{\"sandboxTemplateRef\":{\"name\":\"t\"}}");
    expect(w, "GET", CLAIMS, NULL, 404, "404 page not found");
    put(w, "{\"apiVersion\":\"agents.x-k8s.io/v1beta1\",\"kind\":\"Sandbox\",\"metadata\":{\"name\":\"s\",\"namespace\":\"a\"},"
        "\"spec\":{\"operatingMode\":\"Suspended\"}}");
    expect(w, "GET", "/apis/agents.x-k8s.io/v1alpha1/sandboxes", NULL, 200, "\"spec\":{\"replicas\":0}");
}

static void put_pod(struct world *w, const char *status)
{
    char *text = mem_printf("{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"p\",\"namespace\":\"a\"},"
                            "\"spec\":{\"containers\":[{\"name\":\"c\"}],"
                            "\"nodeName\":\"n\"},\"status\":{\"containerStatuses\":[{\"name\":\"c\",%s}]}}", status);
    put(w, text);
    free(text);
}

#define LOG "/api/v1/namespaces/a/pods/p/log"

static void test_logs(void **state)
{
    struct world *w = *state;
    struct got got;

    expect(w, "GET", LOG, NULL, 404, "pods \\\"p\\\" not found");
    put(w, "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"p\",\"namespace\":\"a\"},"
        "\"spec\":{\"containers\":[{\"name\":\"c\"}]}}");
    expect(w, "GET", LOG, NULL, 204, "");
    put_pod(w, "\"state\":{\"waiting\":{\"reason\":\"ImagePullBackOff\"}}");
    expect(w, "GET", LOG, NULL, 400, "container \\\"c\\\" in pod \\\"p\\\" is waiting to start: image can't be pulled");
    put_pod(w, "\"state\":{\"running\":{}}");
    expect(w, "GET", LOG "?previous=true", NULL, 400, "previous terminated container \\\"c\\\" in pod \\\"p\\\" not found");
    expect(w, "GET", LOG "?container=d", NULL, 400, "container d is not valid for pod p");
    sim_log(w->sim, "a", "p", "c", "first");
    pass(w, 1500);
    sim_log(w->sim, "a", "p", "c", "second");
    sim_log(w->sim, "a", "p", "c", "third");
    expect(w, "GET", LOG, NULL, 200, "first\nsecond\nthird\n");
    expect(w, "GET", LOG "?limitBytes=8", NULL, 200, "first\nse");
    get(w, &got, LOG "?timestamps=true&tailLines=2");
    assert_int_equal(lines_of(&got), 2);
    assert_true(holds(&got, "2026-11-23T09:00:01.500091083Z second\n2026-11-23T09:00:01.500"));
    assert_string_equal(got.type, "text/plain");
    drop(&got);
    get(w, &got, LOG "?sinceTime=2026-11-23T09%3A00%3A01.900Z");   /* floored to the second */
    assert_int_equal(lines_of(&got), 2);
    drop(&got);
    get(w, &got, LOG "?follow=true&tailLines=1");
    assert_int_equal(got.ends, 0);
    sim_log(w->sim, "a", "p", "c", "fourth");
    step(w);
    assert_string_equal(got.body.p, "third\nfourth\n");
    sim_delete(w->sim, "pods", "a", "p");
    step(w);
    assert_int_equal(got.ends, 1);
    assert_int_equal(got.reason, END_DONE);
    drop(&got);
    put(w, "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"p\",\"namespace\":\"a\"},"
        "\"spec\":{\"containers\":[{\"name\":\"a\"},{\"name\":\"b\"}]}}");
    expect(w, "GET", LOG, NULL, 400, "a container name must be specified for pod p, choose one of: [a b]");
}

static void test_faults(void **state)
{
    struct world *w = *state;
    struct got got;
    struct request timed = {.method = "GET", .path = CLAIMS, .deadline_ms = 10000};
    size_t n;
    char *want = fixture("wire/403-claims.json", &n);

    put_claim(w, "a", "one", "x");
    sim_fault(w->sim, "sandboxclaims", 403, 1, 0, NULL);
    get(w, &got, CLAIMS);
    assert_int_equal(got.status, 403);
    want[strcspn(want, "\n")] = 0;
    assert_true(holds(&got, want));
    free(want);
    drop(&got);
    assert_int_equal(count_of(w, CLAIMS), 1);            /* one time only */
    sim_fault(w->sim, "claims", 401, 2, 0, NULL);
    expect(w, "GET", CLAIMS, NULL, 401, "Unauthorized");
    expect(w, "GET", "/version", NULL, 200, "v1.36.3");
    expect(w, "GET", CLAIMS, NULL, 401, "Unauthorized");
    sim_fault(w->sim, "claims", 429, 1, 0, NULL);
    get(w, &got, CLAIMS);
    assert_int_equal(got.status, 429);
    assert_int_equal(got.retry_after_ms, 1000);
    assert_true(holds(&got, "Too many requests, please try again later."));
    drop(&got);
    sim_fault(w->sim, "claims", 500, 1, 0, "{\"kind\":\"Status\",\"message\":\"webhook\"}");
    expect(w, "GET", CLAIMS, NULL, 500, "webhook");
    sim_fault(w->sim, "claims", 404, 1, 0, NULL);
    expect(w, "GET", CLAIMS, NULL, 404, "404 page not found");
    sim_fault(w->sim, "claims", 0, 1, 0, NULL);
    get(w, &got, CLAIMS);
    assert_int_equal(got.reason, END_UNREACHABLE);
    assert_int_equal(got.ends, 1);
    assert_int_equal(got.status, 0);
    drop(&got);
    sim_fault(w->sim, "claims", -2, 1, 100, NULL);
    get(w, &got, CLAIMS);
    assert_int_equal(got.reason, END_CUT);
    assert_int_equal(got.body.n, 100);
    drop(&got);
    sim_fault(w->sim, "claims", -1, 1, 0, NULL);
    got = (struct got){0};
    transport_request(w->transport, &timed, &ops, &got);
    step(w);
    assert_int_equal(w->transport->ops->due(w->transport), 10000);
    pass(w, 10000);
    assert_int_equal(got.reason, END_TIMEOUT);
    assert_int_equal(got.ends, 1);
    drop(&got);
}

/* Whatever is asked, there is an answer. */
static void test_odd_requests(void **state)
{
    struct world *w = *state;
    static const char *const paths[] = {
        "/", "//", "/api", "/api/", "/api/v1", "/api/v1/", "/api/v2", "/apis/", "/apis/%00", "/apis/a/b/c/d/e/f/g/h/i/j/k", "/%", "/%zz",
        "/?", "/?&&=&%",
        "/api/v1/namespaces", "/api/v1/namespaces/", "/api/v1/namespaces//pods", "/api/v1/namespaces/a/nodes", "/api/v1/pods/x/log",
        "/api/v1/pods//log",
        "/api/v1/namespaces/a/pods/p/exec", "/api/v1/namespaces/a/services/s/proxy", "/api/v1/namespaces/a/services/:/proxy/execute",
        "/api/v1/pods?limit=-1", "/api/v1/pods?continue=e30", "/api/v1/pods?labelSelector=%28%29", "/api/v1/pods?labelSelector=,,,",
        "/api/v1/pods?fieldSelector=x",
        "/api/v1/pods?labelSelector=a%20in%20%28", "/api/v1/pods?resourceVersion=99999999999999999999", "/api/v1/pods/%22%5C",
        "/apis/apps/v1/pods",
    };
    static const char *const methods[] = {"GET", "POST", "PATCH", "DELETE", "PUT", ""};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        for (size_t k = 0; k < 6; k++) {
            struct got got;
            ask(w, &got, methods[k], paths[i], k == 2 ? "{\"metadata\":[]}" : "[{\"x\":");
            assert_int_equal(got.ends, 1);
            assert_in_range(got.status, 200, 599);
            if (strcmp(got.type, "application/json") == 0)
                assert_true(json_type(body_of(&got)) == JSON_OBJECT);
            drop(&got);
        }
}

static void test_hang_and_reset(void **state)
{
    struct world *w = *state;
    struct got watch, got, dead;

    get(w, &watch, CLAIMS "?watch=true&resourceVersion=1000");
    sim_hang(w->sim, true);
    put_claim(w, "a", "one", "x");
    get(w, &got, "/version");
    assert_int_equal(watch.body.n, 0);
    assert_int_equal(got.status, 0);
    sim_hang(w->sim, false);
    step(w);
    assert_int_equal(lines_of(&watch), 1);
    assert_int_equal(got.status, 200);
    drop(&got);
    sim_hang(w->sim, true);
    get(w, &dead, "/version");
    w->transport->ops->reset(w->transport);
    assert_int_equal(watch.ends + dead.ends, 0);         /* callbacks come in step() only */
    assert_int_equal(w->transport->ops->due(w->transport), 0);
    step(w);
    assert_int_equal(watch.reason, END_CUT);
    assert_int_equal(dead.reason, END_CUT);
    assert_int_equal(w->transport->ops->due(w->transport), -1);
    assert_true(w->transport->ops->received(w->transport) > 0);
    drop(&watch);
    drop(&dead);
}

static void test_pieces(void **state)
{
    struct world *w = *state;
    struct got got;

    for (int i = 0; i < 400; i++) {
        char name[16];
        snprintf(name, sizeof name, "c-%03d", i);
        put_claim(w, "a", name, "x");
    }
    get(w, &got, CLAIMS);
    assert_true(got.pieces > 5);
    assert_int_equal(json_count(json_get(body_of(&got), "items")), 400);
    drop(&got);
}

static void test_fixture_lists(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    static const char *const names[] = {"lists/crash-loop.claims.json", "lists/crash-loop.pods.json", "lists/crash-loop.events.json"};

    for (size_t i = 0; i < 3; i++) {
        size_t n;
        char *text = fixture(names[i], &n);
        if (!sim_load_list(w->sim, (struct slice){text, n}, &err))
            fail_msg("%s: %s", names[i], err.text);
        free(text);
    }
    expect(w, "GET", CLAIMS, NULL, 200, "\"creationTimestamp\":\"2026-11-23T08:20:21Z\"");
    expect(w, "GET", CLAIMS, NULL, 200, "\"uid\":\"65fb346b-36bd-47bd-9d52-1fadae81db50\"");
    assert_int_equal(count_of(w, "/api/v1/pods"), 1);
    assert_int_equal(count_of(w, "/api/v1/events?fieldSelector=involvedObject.uid%3Df31b478a-f973-4c03-9a26-a4261b47f659"), 5);
    assert_false(sim_load_list(w->sim, SLICE("[]"), &err));
    assert_false(sim_put(w->sim, SLICE("{\"kind\":\"Nothing\"}"), &err));
    assert_false(sim_put(w->sim, SLICE("{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"x\"}}"), &err));
    err_clear(&err);
}

/* On the system clock wait() does sleep, but not past a descriptor that is ready. */
static void test_wait(void **state)
{
    struct world *w = *state;
    struct sim *sim = sim_new(clock_system(), 1);
    struct transport *t = sim_transport(sim);
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    struct pollfd fd = {.fd = ends[0], .events = POLLIN};
    t->ops->wait(t, &fd, 1, -1);
    assert_int_equal(fd.revents, POLLIN);
    fd.revents = 0;
    w->transport->ops->wait(w->transport, &fd, 1, -1);
    assert_int_equal(fd.revents, POLLIN);
    w->transport->ops->wait(w->transport, NULL, 0, -1); /* a virtual clock: at once */
    transport_free(t);
    sim_free(sim);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_discovery), TEST(test_lists), TEST(test_pages), TEST(test_future_version), TEST(test_selectors), TEST(test_watch),
        TEST(test_watch_resumes), TEST(test_watch_list), TEST(test_history_is_five_minutes), TEST(test_writes), TEST(test_finalizers),
        TEST(test_old_version), TEST(test_logs), TEST(test_faults), TEST(test_odd_requests), TEST(test_hang_and_reset), TEST(test_pieces),
        TEST(test_fixture_lists), TEST(test_wait),
    };

    return TESTS_MAIN(tests);
}

/* The reflector on a virtual clock with scripted answers: lists, watches, and every way in which they break. */
#include "tests/unit/test.h"

#include "core/base/buf.h"
#include "core/kube/reflector.h"
#include "tests/unit/fake_transport.h"

#define CLAIMS "/apis/x/v1/claims"
#define EVENT(type, name, rv) "{\"type\":\"" type "\",\"object\":{\"kind\":\"C\",\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" rv "\"}}}\n"
#define BOOKMARK(rv) "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"C\",\"metadata\":{\"resourceVersion\":\"" rv "\"}}}\n"
#define LIST_END(rv) \
    "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"C\",\"metadata\":{\"resourceVersion\":\"" rv \
    "\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n"
#define EXPIRED "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"message\":\"too old resource version\",\"reason\":\"Expired\",\"code\":410}}\n"

struct world {
    struct clock_virtual clock;
    struct fake *fake;
    struct reflector *reflector;
    struct buf story;                /* "+a -b [ ]" */
    int statuses;
};

static void tell(struct world *w, const char *sign, json object)
{
    struct buf scratch = {0};

    buf_add_text(&w->story, sign);
    buf_add_slice(&w->story, json_str(json_path(object, "metadata.name"), &scratch));
    buf_add_text(&w->story, " ");
    buf_free(&scratch);
}

static void on_upsert(void *ctx, json object)
{
    tell(ctx, "+", object);
}

static void on_delete(void *ctx, json object)
{
    tell(ctx, "-", object);
}

static void on_list_begin(void *ctx)
{
    buf_add_text(&((struct world *)ctx)->story, "[ ");
}

static void on_list_end(void *ctx)
{
    buf_add_text(&((struct world *)ctx)->story, "] ");
}

static void on_status(void *ctx, const struct reflector_status *status)
{
    assert_non_null(status->message);
    ((struct world *)ctx)->statuses++;
}

static void start_with(struct world *w, bool stream, const char *selector)
{
    static const struct reflector_sink sink = {
        .on_upsert = on_upsert, .on_delete = on_delete, .on_list_begin = on_list_begin, .on_list_end = on_list_end, .on_status = on_status,
    };
    struct reflector_config config = {.path = CLAIMS, .selector = selector, .stream_list = stream, .page_size = 2, .seed = 7};

    *w = (struct world){0};
    clock_virtual_init(&w->clock, 1700000000000);
    w->fake = fake_new(&w->clock);
    w->reflector = reflector_new(fake_transport(w->fake), &w->clock.clock, &config, &sink, w);
    reflector_start(w->reflector);
}

static void start(struct world *w, bool stream)
{
    start_with(w, stream, NULL);
}

static void stop(struct world *w)
{
    reflector_free(w->reflector);
    transport_free(fake_transport(w->fake));
    buf_free(&w->story);
}

static void turn(struct world *w, int64_t ms)
{
    clock_virtual_advance(&w->clock, ms);
    fake_step(w->fake);
    if (reflector_due(w->reflector) == 0)
        reflector_step(w->reflector);
}

static struct exchange *asked(struct world *w, const char *part)
{
    struct exchange *x = fake_find(w->fake, part);

    if (!x)
        fail_msg("%s was not asked; open is %s", part, fake_find(w->fake, "") ? fake_line(fake_find(w->fake, "")) : "nothing");
    return x;
}

static const struct reflector_status *status(struct world *w)
{
    return reflector_status(w->reflector);
}

static void expect(struct world *w, const char *story)
{
    struct slice told = buf_slice(&w->story);

    if (!slice_is(told, story))
        fail_msg("told \"%.*s\" instead of \"%s\"", (int)told.n, told.p, story);
    buf_clear(&w->story);
}

/* A live watch at resourceVersion 10, by a streamed list of a and b. */
static struct exchange *live(struct world *w)
{
    start(w, true);
    struct exchange *x = asked(w, "sendInitialEvents=true");
    fake_head(x, 200);
    fake_bytes(x, EVENT("ADDED", "b", "9") EVENT("ADDED", "a", "3") LIST_END("10"));
    turn(w, 10);
    expect(w, "[ +b +a ] ");
    assert_int_equal(status(w)->state, REFLECTOR_WATCHING);
    assert_true(status(w)->synced);
    return x;
}

static void a_streamed_list_becomes_the_watch(void **state)
{
    struct world w;

    (void)state;
    struct exchange *x = live(&w);
    assert_non_null(strstr(fake_line(x), "GET " CLAIMS "?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds="));
    assert_false(fake_compressed(x));
    assert_int_equal(fake_deadline(x), 0);
    fake_bytes(x, EVENT("MODIFIED", "a", "11") EVENT("DELETED", "b", "12"));
    turn(&w, 10);
    expect(&w, "+a -b ");
    assert_int_equal(fake_asked(w.fake), 1);
    stop(&w);
}

static void rows_come_before_the_list_is_whole_at_any_cut(void **state)
{
    static const char text[] = EVENT("ADDED", "a", "3") EVENT("ADDED", "b", "4") LIST_END("10") EVENT("DELETED", "a", "11");

    (void)state;
    for (size_t chunk = 1; chunk < 40; chunk++) {
        struct world w;
        start(&w, true);
        struct exchange *x = asked(&w, "watch=1");
        fake_head(x, 200);
        fake_bytes_n(x, text, sizeof text - 1, chunk);
        turn(&w, 10);
        expect(&w, "[ +a +b ] -a ");
        stop(&w);
    }
    struct world w;
    start(&w, true);
    struct exchange *x = asked(&w, "watch=1");
    fake_head(x, 200);
    fake_bytes(x, EVENT("ADDED", "a", "3"));
    turn(&w, 10);
    expect(&w, "[ +a ");
    assert_false(status(&w)->synced);
    stop(&w);
}

static void pages_where_wished(void **state)
{
    struct world w;

    (void)state;
    start_with(&w, false, "labelSelector=a%3Db");
    struct exchange *x = asked(&w, "GET " CLAIMS "?labelSelector=a%3Db&limit=2");
    assert_null(strstr(fake_line(x), "continue"));
    assert_true(fake_compressed(x));
    /* a CRD's list has its metadata after the items, a core list before them */
    fake_answer(x, 200, "{\"apiVersion\":\"x/v1\",\"items\":[{\"metadata\":{\"name\":\"a\"}},{\"metadata\":{\"name\":\"b\"}}],\"kind\":\"CList\","
                        "\"metadata\":{\"continue\":\"to/ken=\",\"resourceVersion\":\"20\"}}");
    turn(&w, 10);
    expect(&w, "[ +a +b ");
    x = asked(&w, "limit=2&continue=to%2Fken%3D");
    fake_answer(x, 200, "{\"kind\":\"CList\",\"metadata\":{\"resourceVersion\":\"20\",\"continue\":\"\"},\"items\":[{\"metadata\":{\"name\":\"c\"}}]}");
    turn(&w, 10);
    expect(&w, "+c ] ");
    assert_true(status(&w)->synced);
    x = asked(&w, "labelSelector=a%3Db&watch=1&allowWatchBookmarks=true&resourceVersion=20&timeoutSeconds=");
    assert_false(fake_compressed(x));
    fake_head(x, 200);
    turn(&w, 10);
    assert_int_equal(status(&w)->state, REFLECTOR_WATCHING);
    stop(&w);
}

static void a_refused_stream_falls_back_to_pages(void **state)
{
    static const int statuses[] = {400, 422, 403};

    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct world w;
        start(&w, true);
        fake_answer(asked(&w, "sendInitialEvents"), statuses[i], "{\"kind\":\"Status\",\"message\":\"forbidden\"}");
        turn(&w, 10);
        fake_answer(asked(&w, "limit=2"), 200, "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[{\"metadata\":{\"name\":\"a\"}}]}");
        turn(&w, 10);
        expect(&w, "[ +a ] ");
        asked(&w, "resourceVersion=5");
        stop(&w);
    }
}

static void a_watch_cache_that_is_behind(void **state)
{
    struct world w;

    (void)state;
    start(&w, true);
    struct exchange *x = asked(&w, "sendInitialEvents");
    fake_head(x, 200);
    fake_bytes(x, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"message\":\"Timeout: Too large resource version\",\"code\":504}}\n");
    fake_end(x, END_DONE, "");
    turn(&w, 0);
    fake_end(asked(&w, "limit=2"), END_CUT, "cut");
    turn(&w, 0);
    turn(&w, 1000);
    asked(&w, "sendInitialEvents");  /* for this once */
    stop(&w);
}

static void a_stream_that_never_ends_its_list(void **state)
{
    struct world w;

    (void)state;
    start(&w, true);
    for (int i = 0; i < 2; i++) {
        struct exchange *x = asked(&w, "sendInitialEvents");
        fake_head(x, 200);
        fake_bytes(x, EVENT("ADDED", "a", "3"));
        turn(&w, 10);
        assert_int_equal(reflector_due(w.reflector), 10000);
        turn(&w, 9999);
        asked(&w, "sendInitialEvents");
        turn(&w, 1);
        fake_end(asked(&w, "limit=2"), END_CUT, "cut");
        turn(&w, 0);
        turn(&w, 1000);
    }
    asked(&w, "limit=2");            /* the second time it is a server that does not know how */
    expect(&w, "[ +a [ +a ");
    stop(&w);
}

static void a_clean_end_resumes_at_once(void **state)
{
    struct world w;

    (void)state;
    struct exchange *x = live(&w);
    fake_bytes(x, EVENT("MODIFIED", "a", "11") BOOKMARK("15"));
    turn(&w, 1000);
    fake_end(x, END_DONE, "");
    turn(&w, 1);
    fake_head(asked(&w, "resourceVersion=15"), 200);
    turn(&w, 1);
    assert_int_equal(status(&w)->state, REFLECTOR_WATCHING);
    assert_int_equal(status(&w)->failures, 0);
    expect(&w, "+a ");
    stop(&w);
}

static void a_cut_resumes_at_once_but_not_in_a_busy_loop(void **state)
{
    struct world w;
    size_t before;

    (void)state;
    struct exchange *x = live(&w);
    turn(&w, 5000);
    fake_end(x, END_CUT, "reset by peer");
    turn(&w, 0);
    before = fake_asked(w.fake);
    assert_int_equal(before, 2);
    for (int i = 0; i < 1000; i++) { /* 10 s of a server that ends each watch at once */
        if ((x = fake_find(w.fake, "resourceVersion=10"))) {
            fake_head(x, 200);
            fake_end(x, END_DONE, "");
        }
        turn(&w, 10);
    }
    assert_in_range(fake_asked(w.fake) - before, 4, 12);
    assert_int_equal(status(&w)->state, REFLECTOR_WAITING);
    assert_string_equal(status(&w)->message, "the server ends each watch at once");
    expect(&w, "");
    stop(&w);
}

static void gone_versions_relist_behind_the_rows(void **state)
{
    struct world w;

    (void)state;
    struct exchange *x = live(&w);
    turn(&w, 5000);
    fake_bytes(x, EXPIRED);
    fake_end(x, END_DONE, "");
    turn(&w, 0);
    expect(&w, "");
    assert_int_equal(status(&w)->state, REFLECTOR_LISTING);
    assert_true(status(&w)->synced);
    x = asked(&w, "sendInitialEvents");
    fake_head(x, 200);
    fake_bytes(x, EVENT("ADDED", "c", "30") LIST_END("31"));
    turn(&w, 0);
    expect(&w, "[ +c ] ");
    /* the same as an HTTP status, to a resumed watch */
    turn(&w, 5000);
    fake_end(x, END_DONE, "");
    turn(&w, 0);
    fake_answer(asked(&w, "resourceVersion=31"), 410, "{\"kind\":\"Status\",\"code\":410}");
    turn(&w, 0);
    turn(&w, 300);
    asked(&w, "sendInitialEvents");
    expect(&w, "");
    stop(&w);
}

static void versions_gone_for_ever_back_off(void **state)
{
    struct world w;

    (void)state;
    start(&w, true);
    for (int i = 0; i < 1000; i++) {
        struct exchange *x = fake_find(w.fake, "");
        if (x) {
            fake_head(x, 200);
            fake_bytes(x, EVENT("ADDED", "a", "1") LIST_END("2") EXPIRED);
        }
        turn(&w, 10);
    }
    assert_in_range(fake_asked(w.fake), 4, 12);
    stop(&w);
}

static void a_page_token_that_expired_begins_anew(void **state)
{
    struct world w;

    (void)state;
    start(&w, false);
    fake_answer(asked(&w, "limit=2"), 200, "{\"items\":[{\"metadata\":{\"name\":\"a\"}}],\"metadata\":{\"continue\":\"t\",\"resourceVersion\":\"20\"}}");
    turn(&w, 0);
    fake_answer(asked(&w, "continue=t"), 410, "{\"kind\":\"Status\",\"code\":410,\"metadata\":{\"continue\":\"fresh\"}}");
    turn(&w, 0);
    assert_null(strstr(fake_line(asked(&w, "limit=2")), "continue"));
    fake_answer(asked(&w, "limit=2"), 200, "{\"items\":[{\"metadata\":{\"name\":\"b\"}}],\"metadata\":{\"resourceVersion\":\"21\"}}");
    turn(&w, 0);
    expect(&w, "[ +a [ +b ] ");
    stop(&w);
}

static void a_list_that_breaks_midway_begins_anew(void **state)
{
    struct world w;

    (void)state;
    start(&w, false);
    struct exchange *x = asked(&w, "limit=2");
    fake_head(x, 200);
    fake_bytes(x, "{\"items\":[{\"metadata\":{\"name\":\"a\"}},{\"meta");
    fake_end(x, END_CUT, "reset by peer");
    turn(&w, 0);
    assert_int_equal(status(&w)->state, REFLECTOR_WAITING);
    assert_string_equal(status(&w)->message, "reset by peer");
    turn(&w, 1000);
    fake_answer(asked(&w, "limit=2"), 200, "{\"items\":[],\"metadata\":{\"resourceVersion\":\"20\"}}");
    turn(&w, 0);
    expect(&w, "[ +a [ ] ");
    stop(&w);
}

static void what_is_no_list_is_an_error(void **state)
{
    static const char *const bodies[] = {"<html>hello</html>", "{\"kind\":\"Nothing\"}", "{\"items\":[{}", "", "[]", "{\"items\":[],\"metadata\":7}"};

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct world w;
        start(&w, false);
        fake_answer(asked(&w, "limit=2"), 200, bodies[i]);
        turn(&w, 0);
        assert_int_equal(status(&w)->state, REFLECTOR_WAITING);
        assert_non_null(strstr(status(&w)->message, "list is malformed"));
        assert_false(status(&w)->synced);
        stop(&w);
    }
}

static void a_malformed_watch_resumes_where_it_was(void **state)
{
    struct world w;

    (void)state;
    struct exchange *x = live(&w);
    turn(&w, 2000);
    fake_bytes(x, EVENT("MODIFIED", "a", "11") "}garbage");
    turn(&w, 0);
    expect(&w, "+a ");
    assert_int_equal(status(&w)->state, REFLECTOR_WAITING);
    assert_non_null(strstr(status(&w)->message, "watch is malformed"));
    turn(&w, 250);
    asked(&w, "resourceVersion=11");
    stop(&w);
}

static void an_event_cut_in_the_middle_is_given_again(void **state)
{
    struct world w;

    (void)state;
    struct exchange *x = live(&w);
    turn(&w, 2000);
    fake_bytes(x, EVENT("MODIFIED", "a", "11") "{\"type\":\"MODIFIED\",\"obj");
    fake_end(x, END_CUT, "reset by peer");
    turn(&w, 0);
    expect(&w, "+a ");
    asked(&w, "resourceVersion=11");
    stop(&w);
}

static void retry_after_is_honoured(void **state)
{
    static const int statuses[] = {429, 503};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct world w;
        start(&w, false);
        struct exchange *x = asked(&w, "limit=2");
        fake_head_full(x, statuses[i], 7000, "text/plain");
        fake_bytes(x, "Too many requests, please try again later.\n");
        fake_end(x, END_DONE, "");
        turn(&w, 0);
        assert_int_equal(status(&w)->state, REFLECTOR_WAITING);
        assert_int_equal(status(&w)->status, statuses[i]);
        assert_non_null(strstr(status(&w)->message, ": Too many requests, please try again later."));
        assert_in_range(reflector_due(w.reflector), 7000, 7700);
        assert_int_equal(status(&w)->retry_at_ms, w.clock.mono_ms + reflector_due(w.reflector));
        turn(&w, 6999);
        assert_int_equal(fake_open(w.fake), 0);
        turn(&w, 701);
        asked(&w, "limit=2");
        stop(&w);
    }
}

static void the_back_off_doubles_up_to_ten_seconds(void **state)
{
    struct world w;
    int64_t least = 150;

    (void)state;
    start(&w, false);
    for (int i = 0; i < 10; i++) {
        fake_answer(asked(&w, "limit=2"), 500, "{\"kind\":\"Status\",\"message\":\"conversion webhook failed\"}");
        turn(&w, 0);
        int64_t due = reflector_due(w.reflector);
        assert_in_range(due, least, least * 4 / 3 + 1);
        assert_int_equal(status(&w)->failures, i + 1);
        assert_string_equal(status(&w)->message, "conversion webhook failed");
        turn(&w, due);
        least = least * 2 > 7500 ? 7500 : least * 2;
    }
    /* the server is back: no need to wait it out */
    fake_answer(asked(&w, "limit=2"), 500, "x");
    turn(&w, 0);
    assert_true(reflector_due(w.reflector) > 0);
    reflector_retry_now(w.reflector);
    assert_int_equal(reflector_due(w.reflector), 0);
    turn(&w, 0);
    asked(&w, "limit=2");
    stop(&w);
}

static void denied(enum reflector_state expected, int code, const char *body, const char *message)
{
    struct world w;

    start(&w, false);
    fake_answer(asked(&w, "limit=2"), code, body);
    turn(&w, 0);
    assert_int_equal(status(&w)->state, expected);
    assert_int_equal(status(&w)->status, code);
    assert_string_equal(status(&w)->verb, "list");
    assert_string_equal(status(&w)->message, message);
    assert_in_range(reflector_due(w.reflector), 60000, 63000);
    turn(&w, 63000);
    fake_answer(asked(&w, "limit=2"), 200, "{\"items\":[],\"metadata\":{\"resourceVersion\":\"20\"}}");
    turn(&w, 0);
    fake_head(asked(&w, "watch=1"), 200);
    turn(&w, 0);
    assert_int_equal(status(&w)->state, REFLECTOR_WATCHING);
    assert_string_equal(status(&w)->message, "");
    assert_int_equal(status(&w)->status, 0);
    stop(&w);
}

static void forbidden_and_absent_are_asked_each_minute(void **state)
{
    (void)state;
    denied(REFLECTOR_FORBIDDEN, 403, "{\"kind\":\"Status\",\"message\":\"claims is forbidden: User \\\"u\\\" cannot list\"}",
           "claims is forbidden: User \"u\" cannot list");
    denied(REFLECTOR_GONE, 404, "404 page not found\n", "HTTP 404: 404 page not found");
    denied(REFLECTOR_GONE, 404, "", "HTTP 404 Not Found");
}

static void who_may_list_but_not_watch_sees_rows(void **state)
{
    struct world w;

    (void)state;
    start(&w, true);
    for (int i = 0; i < 2; i++) {
        fake_answer(asked(&w, "sendInitialEvents"), 403, "{\"message\":\"cannot watch\"}");
        turn(&w, 0);
        fake_answer(asked(&w, "limit=2"), 200, "{\"items\":[{\"metadata\":{\"name\":\"a\"}}],\"metadata\":{\"resourceVersion\":\"20\"}}");
        turn(&w, 0);
        fake_answer(asked(&w, "resourceVersion=20"), 403, "{\"message\":\"cannot watch\"}");
        turn(&w, 0);
        assert_int_equal(status(&w)->state, REFLECTOR_FORBIDDEN);
        assert_string_equal(status(&w)->verb, "watch");
        assert_true(status(&w)->synced);
        expect(&w, "[ +a ] ");
        turn(&w, 63000);
    }
    stop(&w);
}

static void unauthorized_says_so(void **state)
{
    struct world w;

    (void)state;
    start(&w, true);
    fake_answer(asked(&w, "sendInitialEvents"), 401, "{\"kind\":\"Status\",\"message\":\"Unauthorized\"}");
    turn(&w, 0);
    assert_int_equal(status(&w)->state, REFLECTOR_WAITING);
    assert_int_equal(status(&w)->status, 401);
    assert_string_equal(status(&w)->message, "Unauthorized");
    stop(&w);
}

static void errors_of_the_connection_keep_the_place(void **state)
{
    struct world w;

    (void)state;
    struct exchange *x = live(&w);
    turn(&w, 2000);
    fake_end(x, END_CUT, "cut");
    turn(&w, 0);
    fake_end(asked(&w, "resourceVersion=10"), END_UNREACHABLE, "refused");
    turn(&w, 0);
    assert_int_equal(status(&w)->state, REFLECTOR_WAITING);
    assert_string_equal(status(&w)->message, "refused");
    assert_int_equal(status(&w)->status, 0);
    assert_true(status(&w)->synced);
    turn(&w, 1000);
    fake_head(asked(&w, "resourceVersion=10"), 200);
    turn(&w, 0);
    assert_int_equal(status(&w)->state, REFLECTOR_WATCHING);
    expect(&w, "");
    stop(&w);
}

static void a_watch_without_a_head_is_given_up(void **state)
{
    struct world w;

    (void)state;
    start(&w, true);
    turn(&w, 29999);
    assert_int_equal(status(&w)->state, REFLECTOR_LISTING);
    turn(&w, 1);
    assert_int_equal(status(&w)->state, REFLECTOR_WAITING);
    assert_int_equal(fake_open(w.fake), 0);
    stop(&w);
}

static void contact_is_every_byte(void **state)
{
    struct world w;

    (void)state;
    struct exchange *x = live(&w);
    turn(&w, 1000);
    int64_t before = status(&w)->contact_ms;
    fake_bytes(x, "{");
    turn(&w, 500);
    assert_int_equal(status(&w)->contact_ms, before + 1500);
    stop(&w);
}

static void nothing_after_free(void **state)
{
    struct world w;

    (void)state;
    struct exchange *x = live(&w);
    fake_bytes(x, EVENT("MODIFIED", "a", "11"));
    reflector_free(w.reflector);
    fake_step(w.fake);
    expect(&w, "");
    transport_free(fake_transport(w.fake));
    buf_free(&w.story);
}

static void fixtures_pass_whole(void **state)
{
    size_t n;
    char *text = fixture("watch/crash-loop.pods.ndjson", &n);
    struct world w;

    (void)state;
    start(&w, true);
    struct exchange *x = asked(&w, "watch=1");
    fake_head(x, 200);
    fake_bytes_n(x, text, n, 997);
    turn(&w, 0);
    assert_true(w.story.n > 20);
    assert_string_equal(status(&w)->message, "");
    stop(&w);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_streamed_list_becomes_the_watch),
        cmocka_unit_test(rows_come_before_the_list_is_whole_at_any_cut),
        cmocka_unit_test(pages_where_wished),
        cmocka_unit_test(a_refused_stream_falls_back_to_pages),
        cmocka_unit_test(a_watch_cache_that_is_behind),
        cmocka_unit_test(a_stream_that_never_ends_its_list),
        cmocka_unit_test(a_clean_end_resumes_at_once),
        cmocka_unit_test(a_cut_resumes_at_once_but_not_in_a_busy_loop),
        cmocka_unit_test(gone_versions_relist_behind_the_rows),
        cmocka_unit_test(versions_gone_for_ever_back_off),
        cmocka_unit_test(a_page_token_that_expired_begins_anew),
        cmocka_unit_test(a_list_that_breaks_midway_begins_anew),
        cmocka_unit_test(what_is_no_list_is_an_error),
        cmocka_unit_test(a_malformed_watch_resumes_where_it_was),
        cmocka_unit_test(an_event_cut_in_the_middle_is_given_again),
        cmocka_unit_test(retry_after_is_honoured),
        cmocka_unit_test(the_back_off_doubles_up_to_ten_seconds),
        cmocka_unit_test(forbidden_and_absent_are_asked_each_minute),
        cmocka_unit_test(who_may_list_but_not_watch_sees_rows),
        cmocka_unit_test(unauthorized_says_so),
        cmocka_unit_test(errors_of_the_connection_keep_the_place),
        cmocka_unit_test(a_watch_without_a_head_is_given_up),
        cmocka_unit_test(contact_is_every_byte),
        cmocka_unit_test(nothing_after_free),
        cmocka_unit_test(fixtures_pass_whole),
    };

    return TESTS_MAIN(tests);
}

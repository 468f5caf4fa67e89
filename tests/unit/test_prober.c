/* The prober on a virtual clock: what counts as alive, when it asks, and what it does while the server is away. */
#include "tests/unit/test.h"

#include "core/kube/prober.h"
#include "tests/unit/fake_transport.h"

struct world {
    struct clock_virtual clock;
    struct fake *fake;
    struct prober *prober;
    int backs;
};

static void on_back(void *ctx)
{
    ((struct world *)ctx)->backs++;
}

static void start(struct world *w)
{
    *w = (struct world){0};
    clock_virtual_init(&w->clock, 1700000000000);
    w->fake = fake_new(&w->clock);
    w->prober = prober_new(fake_transport(w->fake), &w->clock.clock, on_back, w);
}

static void stop(struct world *w)
{
    prober_free(w->prober);
    transport_free(fake_transport(w->fake));
}

static void turn(struct world *w, int64_t ms)
{
    clock_virtual_advance(&w->clock, ms);
    fake_step(w->fake);
    prober_step(w->prober);
}

static struct exchange *question(struct world *w)
{
    return fake_find(w->fake, "GET /version");
}

static void go_down(struct world *w)
{
    turn(w, 10000);
    turn(w, 8000);
    assert_true(prober_status(w->prober)->down);
}

static void it_asks_after_silence_only(void **state)
{
    struct exchange *other;
    static const struct response_ops ops = {0};
    struct request request = {.method = "GET", .path = "/watch"};
    struct world w;

    (void)state;
    start(&w);
    assert_int_equal(prober_due(w.prober), 10000);
    turn(&w, 9999);
    assert_null(question(&w));
    other = transport_request(fake_transport(w.fake), &request, &ops, NULL);
    fake_head(other, 200);
    fake_bytes(other, "x");
    turn(&w, 0);
    assert_int_equal(prober_status(w.prober)->contact_ms, w.clock.mono_ms);
    turn(&w, 9999);
    assert_null(question(&w));
    turn(&w, 1);
    assert_non_null(question(&w));
    assert_int_equal(fake_deadline(question(&w)), 8000);
    assert_int_equal(prober_due(w.prober), -1);
    stop(&w);
}

static void a_refusal_is_an_answer(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    turn(&w, 10000);
    fake_answer(question(&w), 403, "no");
    turn(&w, 100);
    assert_false(prober_status(w.prober)->down);
    assert_int_equal(prober_status(w.prober)->contact_ms, w.clock.mono_ms);
    assert_int_equal(prober_due(w.prober), 10000);
    assert_int_equal(w.backs, 0);
    stop(&w);
}

static void a_hang_is_found_and_its_end(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    turn(&w, 10000);
    int64_t asked = w.clock.mono_ms;
    turn(&w, 7999);
    assert_false(prober_status(w.prober)->down);
    turn(&w, 1);
    assert_true(prober_status(w.prober)->down);
    assert_int_equal(prober_status(w.prober)->down_since_ms, asked);
    assert_string_equal(prober_status(w.prober)->message, "the server did not answer in time");
    assert_int_equal(fake_resets(w.fake), 1);
    /* the next question is there at once and stays for 5 s */
    assert_non_null(question(&w));
    assert_int_equal(fake_deadline(question(&w)), 5000);
    turn(&w, 4000);
    fake_answer(question(&w), 200, "{}");
    turn(&w, 0);
    assert_false(prober_status(w.prober)->down);
    assert_string_equal(prober_status(w.prober)->message, "");
    assert_int_equal(w.backs, 1);
    turn(&w, 0);
    assert_int_equal(w.backs, 1);
    stop(&w);
}

static void a_refused_connection_is_asked_each_half_second(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    go_down(&w);
    size_t asked = fake_asked(w.fake);
    fake_end(question(&w), END_UNREACHABLE, "refused");
    turn(&w, 10);
    assert_null(question(&w));
    assert_int_equal(prober_due(w.prober), 490);
    turn(&w, 489);
    assert_null(question(&w));
    turn(&w, 1);
    assert_non_null(question(&w));
    assert_int_equal(fake_asked(w.fake), asked + 1);
    assert_string_equal(prober_status(w.prober)->message, "refused");
    assert_int_equal(w.backs, 0);
    stop(&w);
}

static void other_bytes_mean_alive(void **state)
{
    static const struct response_ops ops = {0};
    struct request request = {.method = "GET", .path = "/watch"};
    struct world w;

    (void)state;
    start(&w);
    turn(&w, 10000);
    struct exchange *other = transport_request(fake_transport(w.fake), &request, &ops, NULL);
    fake_head(other, 200);
    fake_bytes(other, "x");
    turn(&w, 8000);                  /* the question's end and the bytes come in one step */
    assert_false(prober_status(w.prober)->down);
    assert_int_equal(fake_resets(w.fake), 0);
    go_down(&w);
    other = transport_request(fake_transport(w.fake), &request, &ops, NULL);
    fake_head(other, 200);
    fake_bytes(other, "y");
    turn(&w, 100);
    assert_false(prober_status(w.prober)->down);
    assert_int_equal(w.backs, 1);
    stop(&w);
}

static void asked_for(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    turn(&w, 3000);
    prober_ask(w.prober);
    assert_int_equal(prober_due(w.prober), 0);
    turn(&w, 0);
    fake_answer(question(&w), 200, "{}");
    turn(&w, 10);
    prober_ask(w.prober);
    prober_ask(w.prober);
    turn(&w, 0);
    assert_null(question(&w));       /* however often something fails: twice a second at most */
    turn(&w, 490);
    assert_non_null(question(&w));
    stop(&w);
}

static void a_missing_credential_drops_no_connection(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    turn(&w, 10000);
    fake_end(question(&w), END_CREDENTIAL, "the plugin failed");
    turn(&w, 10);
    assert_true(prober_status(w.prober)->down);
    assert_int_equal(fake_resets(w.fake), 0);
    assert_int_equal(prober_due(w.prober), 4990);
    stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_asks_after_silence_only),
        cmocka_unit_test(a_refusal_is_an_answer),
        cmocka_unit_test(a_hang_is_found_and_its_end),
        cmocka_unit_test(a_refused_connection_is_asked_each_half_second),
        cmocka_unit_test(other_bytes_mean_alive),
        cmocka_unit_test(asked_for),
        cmocka_unit_test(a_missing_credential_drops_no_connection),
    };

    return TESTS_MAIN(tests);
}

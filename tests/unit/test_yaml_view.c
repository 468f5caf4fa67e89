/* The YAML overlay over a session over the simulated cluster: what it shows, how it is searched and scrolled, and what it says when there
 * is nothing. */
#include "tests/unit/test.h"
#include "core/sim/sim.h"
#include "tui/views/view.h"

enum { START_S = 1795423489, HEIGHT = 12, WIDTH = 60 }; /* 2026-11-23T08:44:49Z */

struct world {
    struct clock_virtual clock;
    struct sim *sim;
    struct session *session;
    struct model model;
    struct view *view;
    struct canvas *canvas;
};

static void on_fetched(void *ctx, struct slice bytes, const char *error)
{
    struct world *w = ctx;
    w->view->ops->fetched(w->view, &w->model, bytes, error);
}

/* What the app does for a view. */
static void fetch(struct world *w)
{
    for (; w->view->n_orders; w->view->n_orders--)
        if (w->view->orders[w->view->n_orders - 1].kind == ORDER_FETCH)
            session_fetch(w->session, w->model.selected, on_fetched, w);
}

static void turn(struct world *w, int64_t ms)
{
    for (int64_t t = 0; t < ms; t += 50) {
        session_turn(w->session);
        session_sweep(w->session);
        clock_virtual_advance(&w->clock, 50);
    }
    model_make(&w->model, w->session, true);
    w->model.selected = store_find(w->model.store, KIND_CLAIM, SLICE("team-a"), SLICE("one"));
    if (w->view) {
        w->view->ops->update(w->view, &w->model);
        fetch(w);
    }
}

static int open_world(void **state)
{
    static const char claim[] =
        "{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\"metadata\":{\"name\":\"one\",\"namespace\":\"team-a\","
        "\"managedFields\":[{\"manager\":\"a\"},{\"manager\":\"b\"}],\"annotations\":{\"script\":\"first: line\\nsecond line\\n\",\"esc\":\"a\\u001b[31mb\","
        "\"wide\":\"0123456789 0123456789 0123456789 0123456789 0123456789 far-right\"}},"
        "\"spec\":{\"warmPoolRef\":{\"name\":\"pool\"},\"list\":[\"p\",\"q\",\"r\",\"s\",\"t\",\"u\",\"v\"],\"none\":{}}}";
    struct world *w = calloc(1, sizeof *w);
    struct err err = {0};
    clock_virtual_init(&w->clock, INT64_C(1000) * START_S);
    w->sim = sim_new(&w->clock.clock, 7);
    if (!sim_put(w->sim, SLICE(claim), &err))
        fail_msg("%s", err.text);
    struct session_config config = {.clock = &w->clock.clock, .transport = sim_transport(w->sim), .context = "demo", .server = "simulated",
                                    .simulated = true};
    w->session = session_new(&config);
    w->canvas = canvas_new(HEIGHT, WIDTH, false);
    turn(w, 3000);
    *state = w;
    return w->model.selected ? 0 : -1;
}

static int close_world(void **state)
{
    struct world *w = *state;
    if (w->view)
        w->view->ops->free(w->view);
    canvas_free(w->canvas);
    session_fetch_cancel(w->session, w);
    session_free(w->session);
    sim_free(w->sim);
    free(w);
    return 0;
}

static void show(struct world *w)
{
    w->view = yaml_view.create();
    w->view->ops->update(w->view, &w->model);
    fetch(w);
    turn(w, 1000);
}

/* The drawn rows, then the title's two sides. */
static char *screen(struct world *w, bool roles)
{
    struct buf out = {0}, right = {0};
    canvas_erase(w->canvas);
    w->view->ops->draw(w->view, &w->model, w->canvas, (struct rect){0, 0, HEIGHT, WIDTH}, true);
    canvas_dump(w->canvas, roles, &out);
    w->view->ops->title(w->view, &w->model, &out, &right);
    buf_printf(&out, " | %s\n", buf_slice(&right).p);
    buf_free(&right);
    return buf_take(&out);
}

static void expect(struct world *w, const char *text, bool there)
{
    char *have = screen(w, false);
    if (!strstr(have, text) == there)
        fail_msg("\"%s\" is %s on:\n%s", text, there ? "not" : "still", have);
    free(have);
}

static unsigned act(struct world *w, enum action action, int key)
{
    return w->view->ops->act(w->view, &w->model, action, key);
}

static bool search(struct world *w, const char *pattern)
{
    struct err err = {0};
    w->view->ops->filter(w->view, &w->model, slice_of(pattern), &err);
    bool good = !err.text;
    err_clear(&err);
    return good;
}

static void test_shows(void **state)
{
    struct world *w = *state;
    show(w);
    expect(w, " apiVersion: extensions.agents.x-k8s.io/v1beta1\n kind: SandboxClaim\n metadata:\n   annotations:\n", true);
    expect(w, "     script: |\n       first: line\n       second line\n", true);
    expect(w, "SandboxClaim team-a/one · as of 08:44:", true);
    expect(w, " lines | ", true);
    expect(w, "\x1b", false);
    expect(w, "a\\e[31mb", true);
    act(w, ACTION_BOTTOM, 0);
    expect(w, "   - v\n   none: {}\n   warmPoolRef:\n     name: pool\n", true);
    expect(w, "100%", true);
    act(w, ACTION_TOP, 0);
    act(w, ACTION_PAGE_DOWN, 0);
    expect(w, "managedFields: […2 folded]", true);
    expect(w, "manager:", false);
}

static void test_colours(void **state)
{
    struct world *w = *state;
    show(w);
    canvas_erase(w->canvas);
    w->view->ops->draw(w->view, &w->model, w->canvas, (struct rect){0, 0, HEIGHT, WIDTH}, true);
    assert_int_equal(canvas_cell(w->canvas, 0, 1)->role, ROLE_KEY);
    assert_int_equal(canvas_cell(w->canvas, 0, 13)->role, ROLE_NORMAL);
    int row = 0;
    while (row < HEIGHT && strcmp(canvas_cell(w->canvas, row, 5)->text, "s"))
        row++;
    assert_int_equal(canvas_cell(w->canvas, row, 5)->role, ROLE_KEY);       /* script: | */
    assert_int_equal(canvas_cell(w->canvas, row + 1, 7)->role, ROLE_QUOTE); /* "first: line" is text, no key */
}

static void test_search(void **state)
{
    struct world *w = *state;
    show(w);
    assert_true(search(w, "name"));
    expect(w, "3 with /name: n N", true);
    assert_true(search(w, "name: pool"));
    expect(w, "     name: pool\n", true);
    expect(w, "1 with /name: pool", true);
    assert_false(search(w, "name(")); /* broken: the last stays */
    expect(w, "1 with /name: pool", true);
    assert_true(search(w, "^  name"));
    assert_int_equal(act(w, ACTION_NAMESPACE, 'n'), REACT_DONE);
    expect(w, "namespace: team-a", true);
    assert_true(search(w, "no such thing"));
    expect(w, "none with /no such thing", true);
    assert_true(act(w, ACTION_NONE, 'N') & REACT_SAY);
    assert_true(search(w, ""));
    expect(w, "with /", false);
    assert_int_equal(act(w, ACTION_NAMESPACE, 'n'), REACT_NONE); /* nothing is searched: the key is the app's */
}

static void test_search_goes_around(void **state)
{
    struct world *w = *state;
    show(w);
    assert_true(search(w, "- [pv]$"));
    expect(w, "- p\n", true);
    act(w, ACTION_NAMESPACE, 'n');
    expect(w, "- v\n", true);
    act(w, ACTION_NAMESPACE, 'n');
    expect(w, "- p\n", true);
    act(w, ACTION_TOP, 0);
    act(w, ACTION_NONE, 'N');
    expect(w, "- v\n", true);
}

static void test_sideways(void **state)
{
    struct world *w = *state;
    show(w);
    expect(w, "far-right", false);
    for (int i = 0; i < 20; i++)
        act(w, ACTION_RIGHT, 0);
    expect(w, "far-right", true);
    for (int i = 0; i < 20; i++)
        act(w, ACTION_LEFT, 0);
    expect(w, " kind: SandboxClaim\n", true);
    assert_true(search(w, "far")); /* what is found is brought into sight */
    expect(w, "far-right", true);
}

static void test_refused(void **state)
{
    struct world *w = *state;
    sim_fault(w->sim, "/sandboxclaims/one", 403, 1, 0,
              "{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\",\"message\":\"sandboxclaims one is forbidden: bob cannot get it\"}");
    show(w);
    expect(w, "orbidden", true);
    expect(w, "SandboxClaim team-a/one", true);
    assert_int_equal(act(w, ACTION_DOWN, 0), REACT_NONE);
    assert_true(search(w, "x"));
    act(w, ACTION_NAMESPACE, 'n');
}

static void test_closed_before_the_answer(void **state)
{
    struct world *w = *state;
    sim_hang(w->sim, true);
    show(w);
    expect(w, "asking the server …", true);
    session_fetch_cancel(w->session, w);  /* as the app does before it frees a view */
    w->view->ops->free(w->view);
    w->view = NULL;
    sim_hang(w->sim, false);
    turn(w, 1000);
}

static void test_one_answer_stays(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    show(w);
    assert_true(sim_put(w->sim, SLICE("{\"apiVersion\":\"extensions.agents.x-k8s.io/v1beta1\",\"kind\":\"SandboxClaim\",\"metadata\":{\"name\":\"one\","
                                      "\"namespace\":\"team-a\"},\"spec\":{\"warmPoolRef\":{\"name\":\"other\"}}}"), &err));
    turn(w, 1000);
    expect(w, "script: |", true);
    assert_true(sim_delete(w->sim, "sandboxclaims", "team-a", "one"));
    turn(w, 1000);
    expect(w, "SandboxClaim team-a/one", true);
    struct buf command = {0};
    w->view->ops->command(w->view, &w->model, &command);
    assert_string_equal(command.p, "kubectl get sandboxclaims.extensions.agents.x-k8s.io one -n team-a -o yaml");
    buf_free(&command);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)
    const struct CMUnitTest tests[] = {
        T(test_shows), T(test_colours), T(test_search), T(test_search_goes_around), T(test_sideways), T(test_refused),
        T(test_closed_before_the_answer), T(test_one_answer_stays),
    };
    return TESTS_MAIN(tests);
}

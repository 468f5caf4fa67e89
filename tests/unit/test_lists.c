/* The lists: rows in step with any life of a store, the cursor on its object, columns, drilling, and what the title says. */
#include "tests/unit/test.h"

#include "core/base/clock.h"
#include "tui/views/list.h"

enum { NOW_S = 1795425889 };         /* 2026-11-23T09:24:49Z */

struct world {
    struct store *store;
    struct cluster_facts facts;
    struct diagnosis *diagnosis;
    struct session_info info;
    struct model model;
    struct view *view;
};

static const struct view_ops *const all_views[] = {&claims_view, &sandboxes_view, &pools_view, &templates_view, &pods_view, &nodes_view};
enum { VIEWS = sizeof all_views / sizeof *all_views };

static void open_world(struct world *w, const struct view_ops *ops)
{
    *w = (struct world){.store = store_new()};
    memset(w->facts.synced, 1, sizeof w->facts.synced);
    w->facts.discovered = true;
    w->diagnosis = diagnosis_new(w->store, &w->facts);
    w->info.first_list = true;
    w->model = (struct model){.store = w->store, .diagnosis = w->diagnosis, .info = &w->info, .now_ms = INT64_C(1000) * NOW_S, .utc = true};
    w->view = ops ? ops->create() : NULL;
}

static void close_world(struct world *w)
{
    if (w->view)
        w->view->ops->free(w->view);
    diagnosis_free(w->diagnosis);
    store_free(w->store);
}

static void turn(struct world *w)
{
    diagnosis_update(w->diagnosis, w->model.now_ms);
    w->view->ops->update(w->view, &w->model);
    store_sweep(w->store);
}

static void apply(struct world *w, enum kind kind, bool remove, const char *format, ...) __attribute__((format(printf, 4, 5)));
static void apply(struct world *w, enum kind kind, bool remove, const char *format, ...)
{
    struct buf text = {0};
    va_list ap;
    va_start(ap, format);
    buf_vprintf(&text, format, ap);
    va_end(ap);
    for (size_t i = 0; i < text.n; i++)
        text.p[i] = text.p[i] == '\'' ? '"' : text.p[i];
    if (remove)
        store_remove(w->store, kind, kind, buf_slice(&text));
    else
        assert_true(store_apply(w->store, kind, kind, buf_slice(&text)));
    buf_free(&text);
}

/* A claim that has been ready, or waiting, for that long. */
static void put_claim(struct world *w, const char *ns, const char *name, const char *pool, bool ready, int ago_s, bool remove)
{
    char stamp[32];
    time_rfc3339(w->model.now_ms - INT64_C(1000) * ago_s, stamp);
    apply(w, KIND_CLAIM, remove,
          "{'metadata':{'namespace':'%s','name':'%s','creationTimestamp':'%s'},'spec':{'warmPoolRef':{'name':'%s'}},"
          "'status':{'sandbox':{'name':'%s'},'conditions':[{'type':'Ready','status':'%s','reason':'R','message':'m','lastTransitionTime':'%s'}]}}",
          ns, name, stamp, pool, name, ready ? "True" : "False", stamp);
}

static void put_pool(struct world *w, const char *ns, const char *name, const char *template, int ready, int desired)
{
    apply(w, KIND_POOL, false,
          "{'metadata':{'namespace':'%s','name':'%s'},'spec':{'replicas':%d,'sandboxTemplateRef':{'name':'%s'}},'status':{'replicas':%d,'readyReplicas':%d}}", ns,
          name, desired, template, desired, ready);
}

static void put_template(struct world *w, const char *ns, const char *name)
{
    apply(w, KIND_TEMPLATE, false,
          "{'metadata':{'namespace':'%s','name':'%s'},'spec':{'podTemplate':{'spec':{'containers':[{'name':'c','image':'registry/x:1'}]}}}}", ns, name);
}

static void put_sandbox(struct world *w, const char *ns, const char *name, bool ready, bool remove)
{
    apply(w, KIND_SANDBOX, remove,
          "{'metadata':{'namespace':'%s','name':'%s','ownerReferences':[{'kind':'SandboxClaim','name':'%s','controller':true}]},'spec':{},"
          "'status':{'conditions':[{'type':'Ready','status':'%s','reason':'DependenciesNotReady','message':'m','lastTransitionTime':'2026-11-23T09:00:00Z'}]}}",
          ns, name, name, ready ? "True" : "False");
}

static void put_pod(struct world *w, const char *ns, const char *name, const char *node, const char *waiting, bool remove)
{
    apply(w, KIND_POD, remove,
          "{'metadata':{'namespace':'%s','name':'%s','ownerReferences':[{'kind':'Sandbox','name':'%s','controller':true}]},"
          "'spec':{'nodeName':'%s','containers':[{'name':'c','image':'i'}]},'status':{'phase':'%s','conditions':[{'type':'Ready','status':'%s',"
          "'lastTransitionTime':'2026-11-23T09:10:00Z'}],'containerStatuses':[{'name':'c','ready':%s,'restartCount':0,'image':'i','state':{%s%s%s}}]}}",
          ns, name, name, node, *waiting ? "Pending" : "Running", *waiting ? "False" : "True", *waiting ? "false" : "true",
          *waiting ? "'waiting':{'reason':'" : "'running':{", *waiting ? waiting : "", *waiting ? "'}" : "}");
}

static void put_node(struct world *w, const char *name, bool ready)
{
    apply(w, KIND_NODE, false, "{'metadata':{'name':'%s'},'status':{'conditions':[{'type':'Ready','status':'%s','reason':'KubeletReady'}]}}", name,
          ready ? "True" : "False");
}

static char *draw(struct world *w, int h, int width)
{
    struct canvas *canvas = canvas_new(h, width, false);
    struct buf out = {0};
    w->view->ops->draw(w->view, &w->model, canvas, (struct rect){0, 0, h, width}, true);
    canvas_dump(canvas, false, &out);
    canvas_free(canvas);
    return buf_take(&out);
}

static void expect(struct world *w, int h, int width, const char *want)
{
    char *have = draw(w, h, width);
    if (strcmp(have, want) != 0)
        fail_msg("have:\n%s\nwant:\n%s", have, want);
    free(have);
}

static void expect_title(struct world *w, const char *left, const char *right)
{
    struct buf l = {0}, r = {0};
    w->view->ops->title(w->view, &w->model, &l, &r);
    buf_add_text(&l, "");
    buf_add_text(&r, "");
    assert_string_equal(l.p, left);
    assert_string_equal(r.p, right);
    buf_free(&l);
    buf_free(&r);
}

static const char *selected(struct world *w)
{
    const struct object *o = w->view->ops->selected(w->view, &w->model);
    return o ? o->name : "";
}

static unsigned act(struct world *w, enum action action)
{
    return w->view->ops->act(w->view, &w->model, action, 0);
}

static void stuck_first_longest_first(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, &claims_view);
    w.info.ns = "n";
    put_template(&w, "n", "t");
    put_pool(&w, "n", "p", "t", 1, 1);
    put_claim(&w, "n", "ready-old", "p", true, 7200, false);
    put_claim(&w, "n", "ready-new", "p", true, 60, false);
    put_claim(&w, "n", "young", "p", false, 5, false);
    put_claim(&w, "n", "less-young", "p", false, 9, false);
    put_claim(&w, "n", "stuck-1h", "p", false, 3600, false);
    put_claim(&w, "n", "stuck-2h", "p", false, 7200, false);
    apply(&w, KIND_CLAIM, false, "{'metadata':{'namespace':'n','name':'leaving','deletionTimestamp':'2026-11-23T09:24:40Z','finalizers':['x']},'spec':{}}");
    turn(&w);
    const struct list *l = (const struct list *)w.view;
    static const char *const want[] = {"stuck-2h", "stuck-1h", "less-young", "young", "leaving", "ready-new", "ready-old"};
    assert_int_equal(l->rows.n, 7);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(((const struct list_seat *)l->rows.v[i])->o->name, want[i]);
    char *screen = draw(&w, 8, 80);
    assert_non_null(strstr(screen, " ✖ stuck-2h    p  2h00m  "));
    assert_non_null(strstr(screen, " ◌ young       p     5s  "));
    assert_non_null(strstr(screen, " ✔ ready-new   p  1m00s\n"));
    free(screen);
    expect_title(&w, "Claims", "1–7 of 7");
    assert_string_equal(selected(&w), "stuck-2h");
    close_world(&w);
}

static void columns_line_up_and_names_are_cut_in_the_middle(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, &nodes_view);
    put_node(&w, "a", true);
    put_node(&w, "a-node-whose-name-is-much-too-long-for-any-column", false);
    turn(&w);
    expect(&w, 2, 60,
           " ✖ a-node-who…any-column  0 pods  0 CPU  0 GiB  KubeletReady\n"
           " ✔ a                      0 pods  0 CPU  0 GiB\n");
    close_world(&w);
}

static void namespaces_only_where_all_are_shown(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, &claims_view);
    put_claim(&w, "agents", "one", "p", true, 60, false);
    turn(&w);
    expect(&w, 1, 80, " ✔ one  agents  p  1m00s\n");
    w.info.ns = "agents";
    expect(&w, 1, 81, " ✔ one  p  1m00s\n");
    close_world(&w);
}

/* On a wide screen a claim's namespace and pool stand whole while the cause has half of what they leave. */
static void wide_screens_show_pools_whole(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, &claims_view);
    put_claim(&w, "a-namespace-of-thirty-columns", "short", "a-pool-with-a-name-of-32-columns", false, 3600, false);
    put_claim(&w, "a-namespace-of-thirty-columns", "a-claim-whose-name-is-rather-long-too", "a-pool-with-a-name-of-32-columns", true, 60, false);
    turn(&w);
    char *screen = draw(&w, 2, 160);
    assert_non_null(strstr(screen, "  a-namespace-of-thirty-columns  a-pool-with-a-name-of-32-columns  "));
    free(screen);
    screen = draw(&w, 2, 159);       /* a narrower one cuts them all alike */
    assert_null(strstr(screen, "a-namespace-of-thirty-columns"));
    const struct list *l = (const struct list *)w.view;
    free(screen);
    for (int width = 160; width < 260; width++) {
        free(draw(&w, 2, width));
        int cause = width - 3, names = 0;
        for (unsigned i = 0; l->kind->columns[i + 1].text; i++) {
            cause -= l->widths[i] ? l->widths[i] + 2 : 0;
            names += l->kind->columns[i].least && !l->kind->columns[i].whole ? l->widths[i] : 0;
        }
        int need = 0;
        for (unsigned i = 0; l->kind->columns[i].text; i++)
            need = l->needs[i];      /* the last is the cause's */
        assert_true(cause >= need || cause >= (cause + names) / 2);
    }
    close_world(&w);
}

static void the_cursor_follows_its_object(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, &claims_view);
    char name[16];
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "c%02d", i);
        put_claim(&w, "n", name, "p", true, 1000 + i, false);
    }
    turn(&w);
    free(draw(&w, 5, 80));
    assert_string_equal(selected(&w), "c00");
    put_claim(&w, "n", "new0", "p", true, 10, false);      /* no key was pressed: the first row is shown, whatever it is */
    turn(&w);
    assert_string_equal(selected(&w), "new0");
    for (int i = 0; i < 7; i++)
        assert_int_equal(act(&w, ACTION_DOWN), REACT_DONE | REACT_SELECT);
    char *before = draw(&w, 5, 80);
    assert_string_equal(selected(&w), "c06");
    put_claim(&w, "n", "new1", "p", true, 9, false);       /* above: what is on the screen stays */
    put_claim(&w, "n", "new2", "p", true, 8, false);
    turn(&w);
    char *after = draw(&w, 5, 80);
    assert_string_equal(after, before);
    free(before);
    free(after);
    expect_title(&w, "Claims", "6–10 of 23");
    put_claim(&w, "n", "c06", "p", true, 1, false);        /* it moves to the top: the cursor goes along */
    turn(&w);
    assert_string_equal(selected(&w), "c06");
    assert_int_equal(((struct list *)w.view)->at, 0);
    put_claim(&w, "n", "new3", "p", true, 0, false);       /* on the first row: new ones come in above, the cursor stays on its object */
    turn(&w);
    assert_string_equal(selected(&w), "c06");
    assert_int_equal(((struct list *)w.view)->scroll, 0);
    put_claim(&w, "n", "c06", "p", true, 1, true);         /* gone: the row that takes its place */
    turn(&w);
    assert_string_equal(selected(&w), "new2");
    act(&w, ACTION_BOTTOM);
    assert_string_equal(selected(&w), "c19");
    assert_int_equal(act(&w, ACTION_DOWN), REACT_DONE);
    act(&w, ACTION_PAGE_UP);
    assert_string_equal(selected(&w), "c15");
    act(&w, ACTION_TOP);
    assert_string_equal(selected(&w), "new3");
    close_world(&w);
}

static void filters_and_keeps_the_last_good_one(void **state)
{
    (void)state;
    struct world w;
    struct err err = {0};
    open_world(&w, &claims_view);
    put_claim(&w, "n", "apple", "red-pool", true, 60, false);
    put_claim(&w, "n", "berry", "blue-pool", true, 70, false);
    put_claim(&w, "n", "cherry", "red-pool", true, 80, false);
    turn(&w);
    w.view->ops->filter(w.view, &w.model, SLICE("RED.*ready|berry"), &err);
    assert_null(err.text);
    expect_title(&w, "Claims /RED.*ready|berry/", "1–1 of 1 (3)");
    w.view->ops->filter(w.view, &w.model, SLICE("red.*ready"), &err);
    expect_title(&w, "Claims /red.*ready/", "1–2 of 2 (3)");
    w.view->ops->filter(w.view, &w.model, SLICE("red("), &err);
    assert_non_null(err.text);
    expect_title(&w, "Claims /red.*ready/", "1–2 of 2 (3)");
    put_claim(&w, "n", "apple", "blue-pool", true, 60, false);
    turn(&w);
    expect_title(&w, "Claims /red.*ready/", "1–1 of 1 (3)");
    w.view->ops->filter(w.view, &w.model, SLICE("nothing"), &err);
    expect_title(&w, "Claims /nothing/", "none (3)");
    expect(&w, 1, 60, " the filter /nothing/ hides 3 rows; Esc clears it\n");
    assert_string_equal(selected(&w), "");
    assert_true(act(&w, ACTION_ENTER) & REACT_SAY);
    w.view->ops->filter(w.view, &w.model, SLICE(""), &err);
    expect_title(&w, "Claims", "1–1 of 3");
    w.view->faults_only = true;
    expect_title(&w, "Claims · faults only", "none (3)");
    err_clear(&err);
    close_world(&w);
}

static void put_chain(struct world *w)
{
    put_template(w, "n", "t");
    put_pool(w, "n", "p", "t", 2, 3);
    put_node(w, "node-1", true);
    put_claim(w, "n", "a", "p", true, 60, false);
    put_claim(w, "n", "b", "other", true, 60, false);
    put_sandbox(w, "n", "a", true, false);
    put_sandbox(w, "n", "b", true, false);
    put_pod(w, "n", "a", "node-1", "", false);
    put_pod(w, "n", "b", "node-2", "", false);
}

static void goes(const struct view_ops *ops, const char *stand, enum action action, enum kind to, enum kind of, const char *name, const char *focus)
{
    struct world w;
    open_world(&w, ops);
    put_chain(&w);
    snprintf(w.view->scope.focus, sizeof w.view->scope.focus, "%s", stand);
    snprintf(w.view->scope.focus_ns, sizeof w.view->scope.focus_ns, "%s", ops == &nodes_view ? "" : "n");
    turn(&w);
    assert_string_equal(selected(&w), stand);
    assert_string_equal(w.view->scope.focus, "");
    assert_int_equal(act(&w, action), REACT_DONE | REACT_GO);
    assert_int_equal(w.view->go.list, to);
    assert_int_equal(w.view->go.of, of);
    assert_string_equal(w.view->go.name, name);
    assert_string_equal(w.view->go.focus, focus);
    struct destination go = w.view->go;
    ops->free(w.view);
    w.view = list_view_of(to)->create();
    w.view->scope = go;
    turn(&w);
    if (*focus)
        assert_string_equal(selected(&w), focus);
    const struct list *l = (const struct list *)w.view;
    if (of != KIND_NONE)
        assert_int_equal(l->rows.n, 1);
    close_world(&w);
}

static void drills_down_and_up(void **state)
{
    (void)state;
    goes(&claims_view, "a", ACTION_ENTER, KIND_SANDBOX, KIND_CLAIM, "a", "a");
    goes(&sandboxes_view, "a", ACTION_ENTER, KIND_POD, KIND_SANDBOX, "a", "a");
    goes(&pods_view, "a", ACTION_ENTER, KIND_NODE, KIND_POD, "a", "node-1");
    goes(&nodes_view, "node-1", ACTION_ENTER, KIND_POD, KIND_NODE, "node-1", "");
    goes(&pools_view, "p", ACTION_ENTER, KIND_CLAIM, KIND_POOL, "p", "");
    goes(&templates_view, "t", ACTION_ENTER, KIND_POOL, KIND_TEMPLATE, "t", "");
    goes(&claims_view, "a", ACTION_UPWARD, KIND_POOL, KIND_NONE, "", "p");
    goes(&pools_view, "p", ACTION_UPWARD, KIND_TEMPLATE, KIND_NONE, "", "t");
    goes(&sandboxes_view, "b", ACTION_UPWARD, KIND_CLAIM, KIND_NONE, "", "b");
    goes(&pods_view, "b", ACTION_UPWARD, KIND_SANDBOX, KIND_NONE, "", "b");
}

static void says_why_a_key_does_nothing(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, &claims_view);
    put_claim(&w, "n", "b", "other", false, 3, false);
    turn(&w);
    assert_int_equal(act(&w, ACTION_UPWARD), REACT_DONE | REACT_SAY);
    assert_string_equal(w.view->say, "the pool other is not there");
    assert_int_equal(act(&w, ACTION_ENTER), REACT_DONE | REACT_SAY);
    assert_string_equal(w.view->say, "claim b has no sandbox yet");
    assert_int_equal(act(&w, ACTION_QUIT), REACT_NONE);
    close_world(&w);
}

static void commands_are_safe_to_paste(void **state)
{
    (void)state;
    struct world w;
    struct buf out = {0};
    open_world(&w, &claims_view);
    w.view->ops->command(w.view, &w.model, &out);
    assert_string_equal(out.p, "kubectl get sandboxclaims -A");
    put_claim(&w, "agents", "build-7", "p", true, 60, false);
    turn(&w);
    buf_clear(&out);
    w.view->ops->command(w.view, &w.model, &out);
    assert_string_equal(out.p, "kubectl get sandboxclaim build-7 -n agents -o yaml");
    put_claim(&w, "agents", "$(rm -rf ~);x", "p", true, 1, false);
    turn(&w);
    buf_clear(&out);
    w.view->ops->command(w.view, &w.model, &out);
    assert_null(strstr(out.p, " $("));
    assert_non_null(strstr(out.p, "'$(rm -rf ~);x'"));
    buf_free(&out);
    close_world(&w);
}

static void pools_and_templates_count_their_claims(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, &pools_view);
    w.info.ns = "n";
    put_chain(&w);
    put_pool(&w, "n", "empty", "t", 0, 3);
    put_pool(&w, "n", "lost", "nowhere", 1, 1);
    put_claim(&w, "n", "s", "p", false, 9000, false);
    turn(&w);
    expect(&w, 3, 100,
           " ✖ empty  0/3 ready  t        0 claims  no member is ready\n"
           " ✖ lost   1/1 ready  nowhere  0 claims  template nowhere is not there\n"
           " ◌ p      2/3 ready  t        2 claims  1 more to come; 1 claim stuck\n");
    put_claim(&w, "n", "s", "lost", true, 1, false);
    put_template(&w, "n", "nowhere");
    turn(&w);
    expect(&w, 3, 99,
           " ✖ empty  0/3 ready  t        0 claims  no member is ready\n"
           " ◌ p      2/3 ready  t         1 claim  1 more to come\n"
           " ✔ lost   1/1 ready  nowhere   1 claim\n");
    close_world(&w);
    open_world(&w, &templates_view);
    w.info.ns = "n";
    put_chain(&w);
    put_claim(&w, "n", "s", "p", false, 9000, false);
    turn(&w);
    expect(&w, 1, 80, " ✖ t  1 pool  2 claims  1 stuck  registry/x:1\n");
    put_claim(&w, "n", "s", "p", false, 9000, true);
    turn(&w);
    expect(&w, 1, 80, " ✔ t  1 pool   1 claim           registry/x:1\n");
    close_world(&w);
}

static void pods_say_what_ails_them(void **state)
{
    (void)state;
    struct world w;
    open_world(&w, &pods_view);
    w.info.ns = "n";
    put_pod(&w, "n", "a", "node-1", "", false);
    put_pod(&w, "n", "b", "node-1", "ImagePullBackOff", false);
    put_pod(&w, "n", "c", "node-1", "ContainerCreating", false);
    turn(&w);
    expect(&w, 3, 90,
           " ✖ b  0/1  14m49s  node-1  c: ImagePullBackOff\n"
           " ◌ c  0/1  14m49s  node-1  c: ContainerCreating\n"
           " ✔ a  1/1  14m49s  node-1\n");
    close_world(&w);
}

/* --- any life at all --------------------------------------------------------------------------------------------------------------- */

static uint64_t seed;

static unsigned dice(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static void live(struct world *w, unsigned changes)
{
    static const char *const pools[] = {"p0", "p1", "p2"}, *const templates[] = {"t0", "t1"}, *const nodes[] = {"n0", "n1"},
                      *const reasons[] = {"", "ImagePullBackOff", "ContainerCreating"};
    for (unsigned i = 0; i < changes; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%u", dice(60));
        const char *ns = dice(4) ? "a" : "b";
        switch (dice(9)) {
        case 0:
            put_pool(w, ns, pools[dice(3)], templates[dice(2)], (int)dice(3), 2);
            break;
        case 1:
            put_template(w, ns, templates[dice(2)]);
            break;
        case 2:
            put_node(w, nodes[dice(2)], dice(2));
            break;
        case 3:
        case 4:
            put_sandbox(w, ns, name, dice(2), dice(4) == 0);
            break;
        case 5:
            put_pod(w, ns, name, nodes[dice(2)], reasons[dice(3)], dice(4) == 0);
            break;
        default:
            put_claim(w, ns, name, pools[dice(3)], dice(2), (int)dice(20000), dice(4) == 0);
        }
    }
}

/* A list kept in step must be the list made anew. */
static void compare(struct world *w, struct view *kept)
{
    struct view *anew = kept->ops->create();
    anew->scope = kept->scope;
    anew->faults_only = kept->faults_only;
    struct list *a = (struct list *)kept, *b = (struct list *)anew;
    kept->ops->update(kept, &w->model);
    if (a->filter)
        anew->ops->filter(anew, &w->model, pattern_text(a->filter), NULL);
    anew->ops->update(anew, &w->model);
    if (a->rows.n != b->rows.n)
        fail_msg("%s (scope %d): %zu rows, not %zu", kept->ops->name, (int)kept->scope.of, a->rows.n, b->rows.n);
    for (size_t i = 0; i < a->rows.n; i++) {
        const struct object *x = ((struct list_seat *)a->rows.v[i])->o, *y = ((struct list_seat *)b->rows.v[i])->o;
        if (x != y)
            fail_msg("%s: row %zu is %s, not %s", kept->ops->name, i, x->name, y->name);
        struct usage_count used = usage_of(&a->usage, x), want = usage_of(&b->usage, y);
        assert_int_equal(used.claims, want.claims);
        assert_int_equal(used.stuck, want.stuck);
    }
    assert_true(a->rows.n == 0 || a->cursor == a->rows.v[a->at]);
    anew->ops->free(anew);
}

static void any_life_keeps_all_lists_in_step(void **state)
{
    (void)state;
    struct world w;
    seed = 7;
    open_world(&w, NULL);
    struct view *plain[VIEWS], *narrow[VIEWS];
    for (size_t i = 0; i < VIEWS; i++) {
        plain[i] = all_views[i]->create();
        narrow[i] = all_views[i]->create();
    }
    narrow[0]->scope = (struct destination){.list = KIND_CLAIM, .of = KIND_TEMPLATE, .ns = "a", .name = "t0"};
    narrow[1]->scope = (struct destination){.list = KIND_SANDBOX, .of = KIND_POOL, .ns = "a", .name = "p1"};
    narrow[2]->faults_only = narrow[3]->faults_only = true;
    narrow[4]->scope = (struct destination){.list = KIND_POD, .of = KIND_NODE, .name = "n1"};
    narrow[5]->scope = (struct destination){.list = KIND_NODE, .of = KIND_POD, .ns = "a", .name = "x1"};
    for (unsigned round = 0; round < 400; round++) {
        live(&w, round % 50 == 49 ? 900 : 1 + dice(8));
        w.model.now_ms += 1000;
        diagnosis_update(w.diagnosis, w.model.now_ms);
        if (round == 200)
            plain[0]->ops->filter(plain[0], &w.model, SLICE("p1|stuck"), NULL);
        for (size_t i = 0; i < VIEWS; i++) {
            compare(&w, plain[i]);
            compare(&w, narrow[i]);
            w.view = plain[i];
            if (dice(3) == 0)
                act(&w, (enum action)(ACTION_UP + dice(6)));
            free(draw(&w, 1 + (int)dice(30), 5 + (int)dice(200)));
        }
        store_sweep(w.store);
    }
    for (size_t i = 0; i < VIEWS; i++) {
        plain[i]->ops->free(plain[i]);
        narrow[i]->ops->free(narrow[i]);
    }
    w.view = NULL;
    close_world(&w);
}

static void fixtures_fill_every_list(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        enum kind kind;
    } files[] = {
        {"claims", KIND_CLAIM}, {"sandboxes", KIND_SANDBOX}, {"pools", KIND_POOL}, {"templates", KIND_TEMPLATE}, {"pods", KIND_POD}, {"events", KIND_EVENT},
    };
    struct world w;
    open_world(&w, &claims_view);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[64];
        size_t n;
        snprintf(path, sizeof path, "lists/image-missing.%s.json", files[i].file);
        char *text = fixture(path, &n);
        struct json_walk items = json_items(json_get(json_whole((struct slice){text, n}), "items"));
        while (json_next(&items))
            assert_true(store_apply(w.store, files[i].kind, (unsigned)files[i].kind, items.value));
        free(text);
    }
    turn(&w);
    char *claims = draw(&w, 10, 160);
    assert_non_null(strstr(claims, "✖"));
    assert_non_null(strstr(claims, "image"));
    free(claims);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stuck_first_longest_first),
        cmocka_unit_test(columns_line_up_and_names_are_cut_in_the_middle),
        cmocka_unit_test(namespaces_only_where_all_are_shown),
        cmocka_unit_test(wide_screens_show_pools_whole),
        cmocka_unit_test(the_cursor_follows_its_object),
        cmocka_unit_test(filters_and_keeps_the_last_good_one),
        cmocka_unit_test(drills_down_and_up),
        cmocka_unit_test(says_why_a_key_does_nothing),
        cmocka_unit_test(commands_are_safe_to_paste),
        cmocka_unit_test(pools_and_templates_count_their_claims),
        cmocka_unit_test(pods_say_what_ails_them),
        cmocka_unit_test(any_life_keeps_all_lists_in_step),
        cmocka_unit_test(fixtures_fill_every_list),
    };
    return TESTS_MAIN(tests);
}

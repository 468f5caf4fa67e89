/* What the tests of the Logs pane share: a model over buffers filled by hand, and what the app does for a view: orders carried out, prompts answered.
 * Goldens are tests/screens/log-*.txt; UPDATE_GOLDENS=1 writes them anew. */
#ifndef TESTS_LOGS_HELP_H
#define TESTS_LOGS_HELP_H
#include "core/base/mem.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"
#include "tui/layout.h"
#include "tui/views/logs.h"

#define START_MS INT64_C(1795423489000) /* 2026-11-23T08:44:49Z */
enum { MOST_DONE = 8 };

struct world {
    struct clock_virtual clock;
    struct store *store;
    struct session_info info;
    struct log_buffer *buffers[LOG_PANES];
    struct log_stream_row rows[LOG_PANES][4];
    struct model model;
    struct view *view;
    struct canvas *canvas;
    int h, w;
    int64_t at_ms;                   /* of the next line */
    char say[512], copied[16384], label[512];
    struct buf paged;
    struct ask ask;                  /* the question that stands; id 0: none */
    char asked[512];                 /* what its prompt begins with */
    struct object_ref gone_to;
    const struct view_ops *opened;
    int64_t done[MOST_DONE];         /* numbers of what the session was asked to do */
    size_t n_done;
};

static inline void model(struct world *w)
{
    w->model.epoch = 1;
    w->model.store = w->store;
    w->model.info = &w->info;
    w->model.clock = &w->clock.clock;
    w->model.now_ms = w->clock.clock.wall(&w->clock.clock);
    w->model.utc = true;
    for (enum log_pane id = 0; id < LOG_PANES; id++) {
        struct model_logs *logs = &w->model.logs[id];
        logs->buffer = w->buffers[id];
        logs->epoch = logs->epoch ? logs->epoch : 1;
        logs->rows = w->rows[id];
        logs->found = true;
    }
}

static inline void carry_out(struct world *w, struct order *o)
{
    const char *text = o->text.p ? o->text.p : "";

    switch (o->kind) {
    case ORDER_SAY: snprintf(w->say, sizeof w->say, "%s", text); break;
    case ORDER_COPY: snprintf(w->copied, sizeof w->copied, "%s", text); break;
    case ORDER_PAGER:
        buf_clear(&w->paged);
        buf_add_slice(&w->paged, buf_slice(&o->text));
        break;
    case ORDER_ASK:
        w->ask = o->ask;
        snprintf(w->label, sizeof w->label, "%s", o->ask.label ? o->ask.label : "");
        snprintf(w->asked, sizeof w->asked, "%s", text);
        break;
    case ORDER_SELECT: w->gone_to = o->ref; break;
    case ORDER_OPEN: w->opened = o->view; break;
    case ORDER_DO:
        if (w->n_done < MOST_DONE)
            w->done[w->n_done++] = o->number;
        break;
    default: break;
    }
    order_drop(o);
}

static inline void turn(struct world *w)
{
    for (int i = 0; i < 1000; i++) {
        model(w);
        w->view->ops->update(w->view, &w->model);
        for (size_t k = 0; k < w->view->n_orders; k++)
            carry_out(w, &w->view->orders[k]);
        w->view->n_orders = 0;
        if (w->view->ops->due(w->view, &w->model) < 0)
            return;
    }
    fail_msg("it is busy for ever");
}

static inline void draw(struct world *w, struct buf *out)
{
    struct rect frame = {0, 0, w->h, w->w};
    struct buf left = {0}, right = {0};

    model(w);
    canvas_erase(w->canvas);
    canvas_clip(w->canvas, layout_inside(frame));
    w->view->ops->draw(w->view, &w->model, w->canvas, layout_inside(frame), true);
    canvas_clip(w->canvas, frame);
    w->view->ops->title(w->view, &w->model, &left, &right);
    frame_draw(w->canvas, frame, buf_slice(&left), buf_slice(&right), true);
    buf_free(&left);
    buf_free(&right);
    if (out)
        canvas_dump(w->canvas, true, out);
}

static inline unsigned press(struct world *w, int key)
{
    draw(w, NULL);                   /* keys are about what is on the screen */
    unsigned did = w->view->ops->act(w->view, &w->model, keymap_action(key, w->view->ops->keys), key);
    turn(w);
    return did;
}

static inline void keys(struct world *w, const char *text)
{
    for (; *text; text++)
        press(w, *text == '\n' ? K_ENTER : *text == '\033' ? K_ESC : *text);
}

/* What is typed into the prompt, key by key where it is live, then Enter; NULL: Esc. Returns whether it closed. */
static inline bool answer(struct world *w, const char *text)
{
    struct err err = {0};
    struct ask ask = w->ask;

    assert_int_not_equal(ask.id, 0);
    w->ask.id = 0;
    for (size_t n = 1; text && ask.live && n <= strlen(text); n++) {
        char *so_far = slice_dup((struct slice){text, n});
        w->view->ops->answered(w->view, &w->model, ask.id, so_far, false, &err);
        err_clear(&err);
        free(so_far);
        turn(w);
    }
    w->view->ops->answered(w->view, &w->model, ask.id, text, true, &err);
    bool closed = !err.text;
    if (!closed) {
        snprintf(w->say, sizeof w->say, "%s", err.text);
        w->ask = ask;
    }
    err_clear(&err);
    turn(w);
    return closed;
}

static inline bool shows(struct world *w, const char *text)
{
    struct buf out = {0};
    draw(w, &out);
    bool found = strstr(out.p, text) != NULL;
    buf_free(&out);
    return found;
}

static inline void expect(struct world *w, const char *text)
{
    struct buf out = {0};
    draw(w, &out);
    if (!strstr(out.p, text))
        fail_msg("\"%s\" is not on the screen:\n%s", text, out.p);
    buf_free(&out);
}

static inline void expect_not(struct world *w, const char *text)
{
    struct buf out = {0};
    draw(w, &out);
    if (strstr(out.p, text))
        fail_msg("\"%s\" is on the screen:\n%s", text, out.p);
    buf_free(&out);
}

static inline void golden(struct world *w, const char *name)
{
    char path[512], fixture_name[128];
    const char *top = getenv("TOP_SRCDIR");
    struct buf have = {0};

    draw(w, &have);
    snprintf(path, sizeof path, "%s/tests/screens/log-%s.txt", top ? top : ".", name);
    if (getenv("UPDATE_GOLDENS")) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fputs(have.p, file);
        fclose(file);
    }
    size_t n;
    snprintf(fixture_name, sizeof fixture_name, "../screens/log-%s.txt", name);
    char *want = fixture(fixture_name, &n);
    if (strcmp(want, have.p) != 0)
        fail_msg("the screen is not tests/screens/log-%s.txt; UPDATE_GOLDENS=1 takes it as it is now:\n%s", name, have.p);
    free(want);
    buf_free(&have);
}

/* --- filling ------------------------------------------------------------------------------------------------------------------- */

static inline void add_to(struct world *w, enum log_pane id, unsigned stream, unsigned type, const char *text)
{
    log_buffer_add(w->buffers[id], stream, type, w->at_ms * 1000000, slice_of(text));
    w->at_ms += 250;
}

static inline void add(struct world *w, unsigned stream, const char *text)
{
    add_to(w, LOGS_SYSTEM, stream, LOG_LINE_TEXT, text);
}

/* A captured log, line by line. */
static inline void add_file(struct world *w, unsigned stream, const char *name, size_t most)
{
    size_t n;
    char *path = mem_printf("logs/%s", name), *all = fixture(path, &n);

    for (char *line = all, *end; *line && most; line = end + 1, most--) {
        end = strchr(line, '\n');
        if (!end)
            break;
        *end = '\0';
        add(w, stream, line);
    }
    free(all);
    free(path);
}

static inline void resize(struct world *w, int h, int width)
{
    w->h = h;
    w->w = width;
    canvas_resize(w->canvas, h, width);
}

static inline void open_with(struct world *w, int h, int width, size_t bytes, bool ascii)
{
    static const char *const titles[] = {"controller and router", "claim team-a/one, pod one-pod", ""};
    static const char *const labels[LOG_PANES][2] = {{"ctl", "rtr"}, {"main", "init:setup"}, {"", ""}};

    *w = (struct world){.h = h, .w = width, .at_ms = START_MS - 60000};
    clock_virtual_init(&w->clock, START_MS);
    w->store = store_new();
    for (enum log_pane id = 0; id < LOG_PANES; id++) {
        w->buffers[id] = log_buffer_new(bytes);
        w->model.logs[id].title = titles[id];
        for (unsigned i = 0; i < 2 && *labels[id][i]; i++) {
            unsigned stream = log_buffer_stream(w->buffers[id], labels[id][i]);
            log_buffer_name(w->buffers[id], stream, id ? "team-a" : "agent-sandbox-system", id ? "one-pod" : i ? "router-1" : "controller-1", labels[id][i]);
            w->rows[id][i] = (struct log_stream_row){.label = labels[id][i], .ns = id ? "team-a" : "agent-sandbox-system", .pod = id ? "one-pod" : i ? "router-1" : "controller-1",
                                                      .container = labels[id][i], .state = LOG_STREAM_FOLLOWING, .message = "", .stream = stream};
            w->model.logs[id].n_rows++;
        }
    }
    w->canvas = canvas_new(h, width, ascii);
    w->view = logs_view.create();
    w->view->ops = &logs_view;
}

static inline void open_world(struct world *w, int h, int width)
{
    open_with(w, h, width, 1 << 20, false);
}

static inline void open_numbered(struct world *w, int h, int n)
{
    char text[64];

    open_world(w, h, 80);
    for (int i = 0; i < n; i++) {
        snprintf(text, sizeof text, "%sline %04d", i % 50 == 49 ? "ERROR " : "", i);
        add(w, (unsigned)i % 2, text);
    }
    turn(w);
}

static inline void close_world(struct world *w)
{
    for (size_t i = 0; i < w->view->n_orders; i++)
        order_drop(&w->view->orders[i]);
    w->view->n_orders = 0;
    w->view->ops->free(w->view);
    for (enum log_pane id = 0; id < LOG_PANES; id++)
        log_buffer_free(w->buffers[id]);
    canvas_free(w->canvas);
    store_free(w->store);
    buf_free(&w->paged);
}

static inline void put_chain(struct world *w)
{
    assert_true(put(w->store, KIND_CLAIM, 0,
        "{'apiVersion':'extensions.agents.x-k8s.io/v1beta1','kind':'SandboxClaim','metadata':{'name':'one','namespace':'team-a','uid':'11111111-1111-1111-1111-111111111111'},"
        "'status':{'sandbox':{'name':'one-box'}}}"));
    assert_true(put(w->store, KIND_SANDBOX, 0,
        "{'apiVersion':'agents.x-k8s.io/v1beta1','kind':'Sandbox','metadata':{'name':'one-box','namespace':'team-a','uid':'22222222-2222-2222-2222-222222222222',"
        "'ownerReferences':[{'kind':'SandboxClaim','name':'one','uid':'11111111-1111-1111-1111-111111111111','controller':true}]}}"));
    assert_true(put(w->store, KIND_POD, 0,
        "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'one-pod','namespace':'team-a','uid':'33333333-3333-3333-3333-333333333333',"
        "'ownerReferences':[{'kind':'Sandbox','name':'one-box','uid':'22222222-2222-2222-2222-222222222222','controller':true}]},'spec':{'containers':[{'name':'main'}]}}"));
    store_sweep(w->store);
    w->model.selected = get(w->store, KIND_CLAIM, "team-a", "one");
    assert_non_null(w->model.selected);
}
#endif

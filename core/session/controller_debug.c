/* The states and what leads from one to the next. An answer is only taken note of in its callback; what follows from it happens in step(), so that
 * no request is made from within another's end. */
#include "core/session/controller_inside.h"

#include "core/base/mem.h"
#include "core/kube/refusal.h"

#include <stdlib.h>

enum { ANSWER_MOST = 8 * 1024 * 1024, DEADLINE_MS = 15000 };

int64_t debug_mono(const struct controller_debug *c)
{
    return c->config.clock->mono(c->config.clock);
}

void debug_say(struct controller_debug *c, char *sentence)
{
    free(c->sentence);
    c->sentence = sentence;
    c->status.sentence = sentence;
    c->status.revision++;
}

void debug_enter(struct controller_debug *c, enum debug_state state, char *sentence)
{
    c->status.state = state;
    debug_say(c, sentence);
}

void debug_tell_memory(struct controller_debug *c)
{
    struct buf out = {0};
    char stamp[32];
    struct debug_facts before;
    if (c->remembered) {
        debug_facts_of(NULL, &c->memory.before, &before);
        buf_printf(&out, "changed %s; before: ", time_rfc3339(c->memory.changed_ms, stamp));
        debug_facts_text(&out, &before);
    }
    free(c->restore_text);
    c->restore_text = buf_take(&out);
    c->status.restore = c->restore_text;
    c->status.can_restore = c->remembered;
}

struct controller_debug *controller_debug_new(const struct controller_debug_config *config)
{
    struct controller_debug *c = NEW(struct controller_debug);
    c->config = *config;
    c->server = mem_text(config->server ? config->server : "");
    c->state_dir = mem_text(config->state_dir);
    c->status = (struct controller_debug_status){.ns = "", .name = "", .container = "", .diff = "", .sentence = "", .restore = ""};
    c->remembered = memory_load(c->state_dir, c->server, NULL, NULL, &c->memory);
    debug_tell_memory(c);
    return c;
}

static void forget_plan(struct controller_debug *c)
{
    free(c->ns);
    free(c->name);
    free(c->container);
    free(c->level);
    c->ns = c->name = c->container = c->level = NULL;
    c->wish = (struct debug_wish){.level = NULL, .pprof = -1, .pprof_debug = -1, .tracing = -1};
    controller_object_clear(&c->planned);
    args_free(&c->target);
    buf_free(&c->diff);
    c->status.ns = c->status.name = c->status.container = c->status.diff = "";
    c->status.restoring = false;
    c->target_absent = false;
}

static void drop_request(struct controller_debug *c)
{
    transport_cancel(c->config.transport, c->exchange);
    c->exchange = NULL;
    c->ended = false;
    c->ask = ASK_NOTHING;
    free(c->end_text);
    c->end_text = NULL;
    buf_free(&c->body);
}

void controller_debug_free(struct controller_debug *c)
{
    if (!c)
        return;
    drop_request(c);
    forget_plan(c);
    memory_clear(&c->memory);
    memory_clear(&c->previous);
    free(c->trouble);
    free(c->sentence);
    free(c->restore_text);
    free(c->server);
    free(c->state_dir);
    free(c);
}

/* ---- requests --------------------------------------------------------------------------------------------------------------------- */

static void on_head(void *ctx, const struct response_head *head)
{
    ((struct controller_debug *)ctx)->http = head->status;
}

static void on_bytes(void *ctx, const char *bytes, size_t n)
{
    struct controller_debug *c = ctx;
    if (c->body.n + n <= ANSWER_MOST)
        buf_add(&c->body, bytes, n);
}

static void on_end(void *ctx, enum end_reason reason, const char *text)
{
    struct controller_debug *c = ctx;
    c->exchange = NULL;
    c->ended = true;
    c->reason = reason;
    free(c->end_text);
    c->end_text = mem_text(text);
}

void debug_ask(struct controller_debug *c, enum ask what, struct slice patch)
{
    static const struct response_ops ops = {.on_head = on_head, .on_bytes = on_bytes, .on_end = on_end};
    char *path = kube_path(what == ASK_PATCH ? "/apis/apps/v1/namespaces/%s/deployments/%s?fieldManager=sandtop" :
                                               "/apis/apps/v1/namespaces/%s/deployments/%s", c->ns, c->name);
    struct request request = {
        .method = what == ASK_PATCH ? "PATCH" : "GET", .path = path, .body = patch, .deadline_ms = DEADLINE_MS,
        .content_type = what == ASK_PATCH ? "application/json-patch+json" : NULL,
    };
    drop_request(c);
    c->ask = what;
    c->http = 0;
    c->exchange = transport_request(c->config.transport, &request, &ops, c);
    free(path);
}

/* Why an answer is none: what the user lacks, or the server's own words. The caller frees it. */
char *debug_refusal(const struct controller_debug *c)
{
    const char *verb = c->ask == ASK_PATCH ? "patch" : "get";
    if (c->reason != END_DONE)
        return mem_text(c->end_text && *c->end_text ? c->end_text : "the server did not answer");
    char *words = refusal_text(c->http, buf_slice(&c->body)), *text;
    if (c->http == 403)
        text = mem_printf("may not %s deployments.apps in namespace %s: ask for that permission (a Role with the verb %s on deployments): %s", verb, c->ns,
                          verb, words);
    else if (c->http == 404)
        text = mem_printf("there is no Deployment %s/%s any more", c->ns, c->name);
    else
        text = mem_printf("the server answered %d: %s", c->http, words);
    free(words);
    return text;
}

static void fail(struct controller_debug *c, char *text)
{
    debug_enter(c, DEBUG_FAILED, text);
}

bool debug_answered(const struct controller_debug *c)
{
    return c->reason == END_DONE && c->http == 200;
}

/* ---- the plan --------------------------------------------------------------------------------------------------------------------- */

static bool busy(const struct controller_debug *c)
{
    return c->status.state == DEBUG_CHANGING || c->status.state == DEBUG_ROLLING;
}

static void start_plan(struct controller_debug *c, const char *ns, const char *name, const char *container, const struct debug_wish *wish, bool restoring)
{
    char *copies[] = {mem_text(ns), mem_text(name), mem_text(container ? container : "")};
    drop_request(c);
    forget_plan(c);
    c->ns = copies[0];
    c->name = copies[1];
    c->container = copies[2];
    c->status.ns = c->ns;
    c->status.name = c->name;
    c->status.container = c->container;
    c->status.restoring = restoring;
    if (wish) {
        c->wish = *wish;
        c->wish.level = c->level = mem_text(wish->level);
    }
    if (c->config.read_only) {
        fail(c, mem_text("sandtop runs with --read-only: it changes nothing"));
        return;
    }
    debug_enter(c, DEBUG_READING, mem_printf("reading Deployment %s/%s", ns, name));
    debug_ask(c, ASK_PLAN, (struct slice){"", 0});
}

void controller_debug_plan(struct controller_debug *c, const char *ns, const char *name, const char *container, const struct debug_wish *wish)
{
    if (!busy(c))
        start_plan(c, ns, name, container, wish, false);
}

void controller_debug_restore(struct controller_debug *c)
{
    if (busy(c))
        return;
    if (c->remembered) {
        start_plan(c, c->memory.ns, c->memory.name, c->memory.container, NULL, true);
    } else {
        drop_request(c);
        forget_plan(c);
        fail(c, mem_text("there is nothing to put back"));
    }
}

void controller_debug_cancel(struct controller_debug *c)
{
    if (c->status.state == DEBUG_CHANGING)
        return;                      /* it was sent: how it ends must be known */
    drop_request(c);
    forget_plan(c);
    debug_enter(c, DEBUG_IDLE, mem_text(""));
}

/* What putting back means now. Where nobody has touched the arguments since: exactly what was there. Else only the four flags, as they were. */
static bool plan_restore(struct controller_debug *c, struct err *err, bool *exact)
{
    const struct controller_object *o = &c->planned;
    *exact = strcmp(o->uid, c->memory.uid) == 0 && args_equal(&o->args, &c->memory.after);
    if (*exact) {
        args_copy(&c->target, &c->memory.before);
        c->target_absent = !c->memory.had_args;
        return true;
    }
    struct debug_facts then;
    debug_facts_of(&o->command, &c->memory.before, &then);
    struct debug_wish back = debug_wish_back(&then);
    return args_plan(&o->command, &o->args, &back, &c->target, err);
}

void debug_forget_memory(struct controller_debug *c)
{
    if (!c->remembered)
        return;
    memory_forget(c->state_dir, &c->memory, NULL);
    memory_clear(&c->memory);
    c->remembered = memory_load(c->state_dir, c->server, NULL, NULL, &c->memory); /* of another installation on that server */
    debug_tell_memory(c);
}

static void show_plan(struct controller_debug *c, bool exact)
{
    struct buf out = {0};
    args_diff(&c->diff, &c->planned.args, &c->target);
    debug_facts_of(&c->planned.command, &c->target, &c->status.after);
    c->status.diff = c->diff.p ? c->diff.p : "";
    c->status.container = c->planned.container;
    if (args_equal(&c->planned.args, &c->target) && !(c->target_absent && c->planned.has_args)) {
        buf_add_text(&out, c->status.restoring ? "it is as it was before: " : "nothing is to be changed: ");
        debug_facts_text(&out, &c->status.after);
        if (c->status.restoring)
            debug_forget_memory(c);
        debug_enter(c, DEBUG_DONE, buf_take(&out));
        return;
    }
    buf_printf(&out, "the arguments of container %s in Deployment %s/%s will be changed as shown; the controller restarts, and claims wait meanwhile",
               c->planned.container, c->ns, c->name);
    if (c->status.restoring && !exact)
        buf_add_text(&out, ". They were changed by someone else since: only the debug flags are put back");
    else if (!c->status.restoring && !c->state_dir)
        buf_add_text(&out, ". What was there is remembered only until sandtop ends");
    debug_enter(c, DEBUG_PLANNED, buf_take(&out));
}

static void make_plan(struct controller_debug *c)
{
    struct err err = {0};
    bool exact = false;
    if (!debug_answered(c)) {
        char *why = debug_refusal(c);
        if (c->reason == END_DONE && c->http == 404 && c->status.restoring)
            debug_forget_memory(c);        /* taken away, and with it what was to be put back */
        fail(c, why);
        return;
    }
    bool good = controller_object_read(&c->planned, json_whole(buf_slice(&c->body)), c->container, &err) &&
                (c->status.restoring ? plan_restore(c, &err, &exact) : args_plan(&c->planned.command, &c->planned.args, &c->wish, &c->target, &err));
    if (good)
        show_plan(c, exact);
    else
        fail(c, mem_text(err.text));
    err_clear(&err);
}

void controller_debug_step(struct controller_debug *c)
{
    if (c->status.state == DEBUG_ROLLING && c->ask == ASK_NOTHING && debug_mono(c) >= c->poll_at_ms)
        debug_ask(c, ASK_ROLL, (struct slice){"", 0});
    if (!c->ended)
        return;
    c->ended = false;
    enum ask was = c->ask;
    switch (was) {
    case ASK_PLAN:
        make_plan(c);
        break;
    case ASK_BEFORE:
        change_send(c);
        break;
    case ASK_PATCH:
        change_taken(c);
        break;
    case ASK_AFTER:
        change_looked_after(c);
        break;
    case ASK_ROLL:
        change_follow(c);
        break;
    case ASK_NOTHING:
        break;
    }
    if (!c->exchange)
        drop_request(c);
}

int64_t controller_debug_due(const struct controller_debug *c)
{
    if (c->ended)
        return 0;
    if (c->status.state != DEBUG_ROLLING || c->ask != ASK_NOTHING)
        return -1;
    int64_t left = c->poll_at_ms - debug_mono(c);
    return left > 0 ? left : 0;
}

void controller_debug_seen(struct controller_debug *c, const char *args, const char *trouble)
{
    c->status.known = args != NULL;
    if (args)
        debug_facts_of_text(args, &c->status.now);
    if ((trouble == NULL) != (c->trouble == NULL) || (trouble && strcmp(trouble, c->trouble) != 0)) {
        free(c->trouble);
        c->trouble = mem_text(trouble);
    }
    /* put back by someone else: there is nothing left to do, though the entry stays until one looks */
    struct debug_facts before;
    if (c->remembered && args && !busy(c)) {
        debug_facts_of(NULL, &c->memory.before, &before);
        c->status.can_restore = !debug_facts_equal(&before, &c->status.now);
    }
}

const struct controller_debug_status *controller_debug_status(const struct controller_debug *c)
{
    return &c->status;
}

int64_t controller_debug_changed_ms(const struct controller_debug *c)
{
    return c->changed_ms;
}

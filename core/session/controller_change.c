/* The change itself: remembered, sent with tests, followed until the new controller runs. Invariant: what is remembered is written before the change is
 * sent, and is as it was before once it is known that the change was not made. */
#include "core/session/controller_inside.h"

#include "core/base/mem.h"

#include <stdlib.h>

enum {
    POLL_MS = 1000,                  /* between two looks at the roll-out */
    ROLL_MOST_MS = 600000,           /* the progress deadline of a Deployment, 600 s unless it is set */
    TRIES = 4,                       /* a Deployment's status changes while one reads: how often the change is tried anew */
};

bool controller_debug_apply(struct controller_debug *c)
{
    if (c->status.state != DEBUG_PLANNED)
        return false;
    debug_enter(c, DEBUG_CHANGING, mem_printf("changing the arguments of container %s", c->planned.container));
    c->tries = 0;
    debug_ask(c, ASK_BEFORE, (struct slice){"", 0});
    return true;
}

/* What there was before us. An earlier change of ours counts from before that one; where someone else changed the arguments in between, theirs
 * are kept and only the flags are taken back. */
static void remember_before(struct controller_debug *c, const struct debug_memory *earlier)
{
    struct debug_memory *m = &c->memory;
    *m = (struct debug_memory){
        .server = mem_text(c->server), .ns = mem_text(c->ns), .name = mem_text(c->name), .container = mem_text(c->planned.container),
        .uid = mem_text(c->planned.uid), .had_args = c->planned.has_args,
    };
    if (earlier && strcmp(earlier->uid, m->uid) == 0) {
        struct debug_facts then;
        debug_facts_of(&c->planned.command, &earlier->before, &then);
        struct debug_wish back = debug_wish_back(&then);
        if (args_equal(&earlier->after, &c->planned.args)) {
            m->had_args = earlier->had_args;
            args_copy(&m->before, &earlier->before);
            return;
        }
        if (args_plan(&c->planned.command, &c->planned.args, &back, &m->before, NULL))
            return;
    }
    args_copy(&m->before, &c->planned.args);
}

/* Before the change is sent: a sandtop that dies in between must not forget. */
static void remember(struct controller_debug *c)
{
    struct err err = {0};
    if (c->status.restoring)
        return;
    if (c->remembered && (strcmp(c->memory.ns, c->ns) != 0 || strcmp(c->memory.name, c->name) != 0)) {
        memory_clear(&c->memory);    /* another Deployment's: its entry stays in the file */
        c->remembered = memory_load(c->state_dir, c->server, c->ns, c->name, &c->memory);
    }
    memory_clear(&c->previous);
    c->had_previous = c->remembered;
    c->previous = c->memory;
    c->memory = (struct debug_memory){0};
    c->pending = true;
    remember_before(c, c->had_previous ? &c->previous : NULL);
    args_copy(&c->memory.after, &c->target);
    c->memory.changed_ms = c->config.clock->wall(c->config.clock);
    c->remembered = true;
    debug_tell_memory(c);
    if (c->state_dir && !memory_save(c->state_dir, &c->memory, &err))
        debug_say(c, mem_printf("changing the arguments; what was there is remembered only until sandtop ends: %s", err.text));
    err_clear(&err);
}

/* The change did not come to be: what is remembered is what was before it. */
static void undone(struct controller_debug *c, char *why)
{
    if (c->pending && c->had_previous) {
        memory_clear(&c->memory);
        c->memory = c->previous;
        c->previous = (struct debug_memory){0};
        if (c->state_dir)
            memory_save(c->state_dir, &c->memory, NULL);
        debug_tell_memory(c);
    } else if (c->pending) {
        debug_forget_memory(c);
    }
    c->pending = false;
    debug_enter(c, DEBUG_FAILED, why);
}

void change_send(struct controller_debug *c)
{
    struct controller_object now = {0};
    struct err err = {0};
    if (!debug_answered(c)) {
        undone(c, debug_refusal(c));
        return;
    }
    if (!controller_object_read(&now, json_whole(buf_slice(&c->body)), c->planned.container, &err)) {
        undone(c, mem_text(err.text));
    } else if (strcmp(now.uid, c->planned.uid) != 0 || now.has_args != c->planned.has_args || !args_equal(&now.args, &c->planned.args)) {
        undone(c, mem_text("someone changed the controller's arguments meanwhile: nothing was done; look at the change anew"));
    } else {
        struct buf patch = {0};
        controller_object_patch(&patch, &now, c->target_absent ? NULL : &c->target);
        if (c->tries++ == 0)
            remember(c);
        debug_ask(c, ASK_PATCH, buf_slice(&patch));
        buf_free(&patch);
    }
    controller_object_clear(&now);
    err_clear(&err);
}

static void start_rolling(struct controller_debug *c, int64_t generation)
{
    c->generation = generation;
    c->roll_from_ms = debug_mono(c);
    c->changed_ms = c->config.clock->wall(c->config.clock);
    c->poll_at_ms = debug_mono(c);
    c->pending = false;
    debug_enter(c, DEBUG_ROLLING, mem_text("changed; the new controller is coming up"));
}

void change_taken(struct controller_debug *c)
{
    struct controller_object now = {0};
    if (debug_answered(c) && controller_object_read(&now, json_whole(buf_slice(&c->body)), c->planned.container, NULL)) {
        start_rolling(c, now.generation);
    } else if (c->reason == END_DONE && (c->http == 409 || c->http == 422) && c->tries < TRIES) {
        debug_ask(c, ASK_BEFORE, (struct slice){"", 0}); /* its version was another one: a status was written meanwhile, or more than that */
    } else if (c->reason != END_DONE || c->http >= 500) {
        debug_say(c, mem_text("no answer to the change: looking whether it was made"));
        c->tries = 0;
        debug_ask(c, ASK_AFTER, (struct slice){"", 0});
    } else {
        undone(c, debug_refusal(c));
    }
    controller_object_clear(&now);
}

/* The change was sent and not answered: only the object knows. */
void change_looked_after(struct controller_debug *c)
{
    struct controller_object now = {0};
    bool read = debug_answered(c) && controller_object_read(&now, json_whole(buf_slice(&c->body)), c->planned.container, NULL);
    if (read && args_equal(&now.args, &c->target)) {
        start_rolling(c, now.generation);
    } else if (read) {
        undone(c, mem_text("the server did not answer to the change, and it was not made"));
    } else if (++c->tries < TRIES) {
        debug_ask(c, ASK_AFTER, (struct slice){"", 0});
    } else {
        char *why = debug_refusal(c);
        c->pending = false;          /* what is remembered stays: it may have been made */
        debug_enter(c, DEBUG_FAILED, mem_printf("it is not known whether the change was made: %s", why));
        free(why);
    }
    controller_object_clear(&now);
}

/* ---- the roll-out ----------------------------------------------------------------------------------------------------------------- */

static void finish(struct controller_debug *c)
{
    struct buf out = {0};
    char took[16];
    buf_printf(&out, "%s after %s: ", c->status.restoring ? "put back" : "the controller runs with its new arguments",
               time_stage(debug_mono(c) - c->roll_from_ms, took));
    debug_facts_text(&out, &c->status.after);
    if (c->status.restoring)
        debug_forget_memory(c);
    debug_enter(c, DEBUG_DONE, buf_take(&out));
}

void change_follow(struct controller_debug *c)
{
    struct controller_object now = {0};
    char *progress = NULL;
    enum rollout rollout = ROLLOUT_RUNNING;
    bool replaced = false;
    c->poll_at_ms = debug_mono(c) + POLL_MS;
    if (!debug_answered(c)) {
        char *why = debug_refusal(c);
        progress = mem_printf("changed; looking at the roll-out again: %s", why);
        free(why);
    } else if (controller_object_read(&now, json_whole(buf_slice(&c->body)), c->planned.container, NULL)) {
        rollout = controller_object_rollout(&now, c->generation, &progress);
        replaced = !args_equal(&now.args, &c->target);
    }
    if (replaced) {
        debug_enter(c, DEBUG_FAILED, mem_text("someone changed the controller's arguments again: this roll-out has ended"));
    } else if (rollout == ROLLOUT_DONE) {
        finish(c);
    } else if (rollout == ROLLOUT_STUCK || debug_mono(c) - c->roll_from_ms > ROLL_MOST_MS) {
        debug_enter(c, DEBUG_FAILED, mem_printf("the new controller does not come up%s%s; the old one runs on: put back what was there", c->trouble ? ": " : "", c->trouble ? c->trouble : ""));
    } else if (progress) {
        debug_say(c, c->trouble ? mem_printf("%s; the new controller does not come up: %s", progress, c->trouble) : mem_text(progress));
    }
    free(progress);
    controller_object_clear(&now);
}

/* What a user does with the controller's debug flags, without a screen: debug_flags on|off|restore|plan [FLAG…]. Flags are sandtop's own. Prints the plan and
 * each sentence. Exit status 0: done; 1: failed. */
#include "tui/connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void turn(struct session *s)
{
    session_wait(s, NULL, 0, 500);
    session_turn(s);
    session_sweep(s);
}

/* Turns until the state is no longer one in which something is under way, and tells what goes on. */
static enum debug_state await(struct session *s)
{
    unsigned told = 0;
    for (;;) {
        const struct controller_debug_status *now = session_controller_debug(s);
        if (now->revision != told) {
            printf("%s\n", now->sentence);
            fflush(stdout);
        }
        told = now->revision;
        if (now->state != DEBUG_READING && now->state != DEBUG_CHANGING && now->state != DEBUG_ROLLING)
            return now->state;
        turn(s);
    }
}

static int carry_out(struct session *s, const char *what)
{
    while (!session_controller_debug(s)->known || !session_info(s)->first_list)
        turn(s);
    const struct controller_debug_status *now = session_controller_debug(s);
    printf("now: log level %s, pprof %d, pprof-debug %d, tracing %d; %s\n", now->now.level, now->now.pprof, now->now.pprof_debug, now->now.tracing,
           now->can_restore ? now->restore : "nothing to put back");
    if (strcmp(what, "restore") == 0)
        session_controller_debug_restore(s);
    else
        session_controller_debug_plan(s, strcmp(what, "off") == 0 ? &debug_none : &debug_all);
    enum debug_state state = await(s);
    printf("%s", now->diff);
    if (state == DEBUG_PLANNED && strcmp(what, "plan") != 0 && session_controller_debug_apply(s))
        state = await(s);
    return state == DEBUG_FAILED;
}

int main(int argc, char **argv)
{
    struct options o;
    struct err err = {0};
    int status = 1;
    if (argc < 2) {
        fprintf(stderr, "usage: debug_flags on|off|restore|plan [FLAG…]\n");
        return 2;
    }
    const char *what = argv[1];
    argv[1] = argv[0];
    if (options_parse(argc - 1, argv + 1, &o, &err)) {
        struct connection *c = o.demo ? connection_demo(&o) : connection_open(&o, NULL, &err);
        if (c && connection_await(c, 30000, &err))
            status = carry_out(connection_session(c), what);
        connection_close(c);
        options_free(&o);
    }
    if (err.text)
        fprintf(stderr, "%s\n", err.text);
    err_clear(&err);
    return status;
}

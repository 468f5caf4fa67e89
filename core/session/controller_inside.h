/* The state machine from within, for its two files: controller_debug.c (requests, plans, steps) and controller_change.c (the change and its roll-out). */
#ifndef SESSION_CONTROLLER_INSIDE_H
#define SESSION_CONTROLLER_INSIDE_H
#include "core/session/controller_debug.h"
#include "core/session/controller_memory.h"
#include "core/session/controller_object.h"

/* What the request under way is for. */
enum ask { ASK_NOTHING, ASK_PLAN, ASK_BEFORE, ASK_PATCH, ASK_AFTER, ASK_ROLL };

struct controller_debug {
    struct controller_debug_config config;
    char *server, *state_dir;
    struct controller_debug_status status;
    char *ns, *name, *container;     /* of the plan */
    char *sentence, *restore_text;
    struct buf diff;
    struct debug_wish wish;
    char *level;                     /* behind wish.level */
    struct controller_object planned;/* as it was read for the plan */
    struct ptrs target;
    bool target_absent;              /* the list of arguments is to be taken away altogether */
    /* the request */
    enum ask ask;
    struct exchange *exchange;
    bool ended;
    enum end_reason reason;
    char *end_text;
    int http;
    struct buf body;
    unsigned tries;
    /* the roll-out */
    int64_t generation, poll_at_ms, roll_from_ms, changed_ms;
    char *trouble;
    /* what is to be put back */
    struct debug_memory memory, previous;
    bool remembered, had_previous;
    bool pending;                    /* memory is that of a change under way, which may yet fail: then it is to be as `previous` */
};

/* controller_debug.c. Sentences are taken over. */
int64_t debug_mono(const struct controller_debug *);
void debug_say(struct controller_debug *, char *sentence);
void debug_enter(struct controller_debug *, enum debug_state, char *sentence);
void debug_tell_memory(struct controller_debug *);        /* the status after a change of `memory` */
void debug_forget_memory(struct controller_debug *);
void debug_ask(struct controller_debug *, enum ask, struct slice patch);
bool debug_answered(const struct controller_debug *);
char *debug_refusal(const struct controller_debug *);     /* why the answer is none; the caller frees it */

/* controller_change.c: what follows from the answers. */
void change_send(struct controller_debug *);              /* to ASK_BEFORE */
void change_taken(struct controller_debug *);             /* to ASK_PATCH */
void change_looked_after(struct controller_debug *);      /* to ASK_AFTER */
void change_follow(struct controller_debug *);            /* to ASK_ROLL */
#endif

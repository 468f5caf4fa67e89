/* The controller's command line: which of its debug flags are on, and how to turn them without touching anything else. Pure.
 * The controller reads its flags with Go's package flag: -x and --x are one, a bool takes its value only behind '=', the last of several
 * counts, and "--" ends them. Defaults and meanings: github.com/kubernetes-sigs/agent-sandbox, cmd/agent-sandbox-controller/main.go. */
#ifndef SESSION_CONTROLLER_ARGS_H
#define SESSION_CONTROLLER_ARGS_H
#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/base/ptrs.h"

enum debug_flag { DEBUG_LEVEL, DEBUG_PPROF, DEBUG_PPROF_DEBUG, DEBUG_TRACING, DEBUG_FLAGS };
const char *debug_flag_name(enum debug_flag);             /* "zap-log-level": static */

struct debug_facts {
    char level[32];                  /* --zap-log-level: "info" where it is not given */
    bool level_given;
    bool pprof;                      /* the CPU profile; --enable-pprof-debug implies it */
    bool pprof_debug;                /* all of pprof, the goroutine dump too */
    bool tracing;
    bool shell;                      /* a shell runs it: what stands in the script is not known */
};
/* What is wanted; -1 leaves a flag as it is, 0 turns it off, 1 on. */
struct debug_wish {
    const char *level;               /* "debug", "info" …; NULL leaves it */
    int pprof, pprof_debug, tracing;
};
/* What the project's guide for operators tells to add, and its opposite. */
extern const struct debug_wish debug_all, debug_none;

/* Arguments as a list of owned texts. */
void args_free(struct ptrs *);
bool args_equal(const struct ptrs *, const struct ptrs *);
void args_copy(struct ptrs *to, const struct ptrs *from); /* to is empty before */
/* From a JSON array of strings; false where it is anything else, or larger than a command line may be. An absent or null one is empty. */
bool args_read(struct ptrs *, json array);
void args_json(struct buf *out, const struct ptrs *);

/* Either list may be NULL: none. */
void debug_facts_of(const struct ptrs *command, const struct ptrs *args, struct debug_facts *);
/* The same of a store's Deployment: its command and args joined by newlines. */
void debug_facts_of_text(const char *joined, struct debug_facts *);
bool debug_facts_equal(const struct debug_facts *, const struct debug_facts *);
/* "log level debug, pprof on, tracing on" */
void debug_facts_text(struct buf *out, const struct debug_facts *);
/* The wish that would make `now` be as `then` in the four flags. Borrows then->level. */
struct debug_wish debug_wish_back(const struct debug_facts *then);

/* out (empty before): args with the wish carried out and every other argument as and where it was. False with a sentence where that cannot be
 * done safely. */
bool args_plan(const struct ptrs *command, const struct ptrs *args, const struct debug_wish *, struct ptrs *out, struct err *);
/* A line each: "  " what stays, "- " what goes, "+ " what comes. Raw texts of the cluster: sanitize before showing. */
void args_diff(struct buf *out, const struct ptrs *before, const struct ptrs *after);
#endif

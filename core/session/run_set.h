/* The session's test sandboxes: any number at once, each with its machine (core/run) and, where it failed, the evidence as it was before
 * anything was removed. Names, not objects: a run outlives what it speaks of. */
#ifndef SESSION_RUN_SET_H
#define SESSION_RUN_SET_H
#include "core/run/leftovers.h"
#include "core/run/run.h"
#include "core/session/session.h"

enum { RUNS_KEPT = 64 };             /* each holds files open */
struct run_wish {                    /* texts are copied */
    enum kind kind;                  /* of what is pointed at: KIND_TEMPLATE, KIND_POOL, KIND_CLAIM, KIND_SANDBOX */
    const char *ns, *name;
    bool inside;                     /* a claim or sandbox: in its own sandbox (x); else a claim of its pool or template (t) */
    const char *command;             /* NULL: RUN_COMMAND_FIRST */
    bool shell, keep, hold;
    int64_t deadline_ms;             /* 0: run.h's */
    enum run_way way;
    const char *router_url, *token;  /* NULL: none; the token is copied into memory that is wiped */
};
/* Harmless, and tells about the environment: user, working directory, Python's version. */
#define RUN_COMMAND_FIRST "sh -c 'id; pwd; python3 --version'"

struct run_evidence {                /* text as it stood before the removal; from the cluster raw: sanitize before showing */
    char *headline;                  /* the finding's cause, else how far the claim had come */
    char *brief, *next, *command;    /* of the finding; NULL: none */
    enum confidence confidence;
    struct run_chain_link {
        const char *label;           /* static */
        char *name, *note;           /* note NULL: none */
        enum mark mark;
    } *chain;
    size_t n_chain;
    struct run_line {
        int64_t time_ms;
        char *source, *text;         /* "Pod python-pool-x", "ctl"; what it said */
    } *proofs, *events, *logs;       /* of the finding; Events of the chain; lines of controller and router that name it */
    size_t n_proofs, n_events, n_logs;
};

/* The run's id, from 1; 0 with a sentence where it is refused (read-only, nothing to make a claim of). Of runs that are over the newest
 * RUNS_KEPT stay. */
unsigned session_run_start(struct session *, const struct run_wish *, struct err *);
/* The ids of all runs, oldest first; borrowed until the next start or forget. */
const unsigned *session_runs(const struct session *, size_t *n);
const struct run_view *session_run(struct session *, unsigned id);       /* NULL: no such run; borrowed until the next turn */
const struct run_evidence *session_run_evidence(const struct session *, unsigned id); /* NULL: none was taken */
void session_run_cancel(struct session *, unsigned id);
void session_runs_end(struct session *);                 /* cancels all but those that are being removed already */
bool session_run_again(struct session *, unsigned id, const char *command, bool shell);
/* A new run of another command at the same place, by the same way, with the same token. The new run's id; 0 with a sentence. */
unsigned session_run_repeat(struct session *, unsigned id, const char *command, bool shell, struct err *);
void session_run_forget(struct session *, unsigned id);  /* frees it; one that is not over is cancelled first and freed when it is */
size_t session_runs_active(const struct session *);      /* not over yet */
/* Claims that earlier runs of sandtop left (in the session's namespace), without those of runs under way. NULL until asked for. */
void session_leftovers_look(struct session *);
const struct run_leftover *session_leftovers(const struct session *, size_t *n, const char **error);
void session_leftovers_remove(struct session *);
/* For a command that drives a run itself, without the picture: no turn of the session need be taken. Borrowed. */
struct transport *session_transport(const struct session *);
#endif

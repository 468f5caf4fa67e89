/* The test sandbox: a claim, a command in its sandbox, the output apart, and everything away again. A state machine fed by the transport
 * and the clock; it never blocks. Invariants: a command goes out once (nothing is asked again that may have been received); what it made it
 * removes, at whatever stage it ends, or view->left says what stayed; a token is in memory only, and wiped. Knows nothing of the store. */
#ifndef RUN_RUN_H
#define RUN_RUN_H
#include "core/base/clock.h"
#include "core/kube/transport.h"
#include "core/run/output.h"

/* Marks what sandtop made: the label of the claim (and of a pool made for one run). */
#define RUN_LABEL "app.kubernetes.io/created-by"
#define RUN_LABEL_VALUE "sandtop"

enum run_target {
    RUN_TEMPLATE,                    /* a claim of a pool of that template; a pool is made for the run where there is none */
    RUN_POOL,                        /* a claim of that pool */
    RUN_CLAIM,                       /* in the sandbox of a claim that is there: nothing is made, nothing removed */
    RUN_SANDBOX,                     /* the same, by the sandbox's own name */
};

/* How the command gets to the sandbox, in the order in which they are tried. */
enum run_way {
    RUN_WAY_ANY,                     /* not known yet; in the config: as it fits */
    RUN_WAY_URL,                     /* POST /execute to router_url, outside of the API server; if the config names one */
    RUN_WAY_SERVICE,                 /* the API server's proxy to the router's Service; it strips a token */
    RUN_WAY_FORWARD,                 /* a port-forward to a pod of the router: for a token */
    RUN_WAY_EXEC,                    /* pods/exec: no router, or a runtime without /execute; output comes live */
};
const char *run_way_name(enum run_way); /* "service proxy", "port-forward", … */

struct run_config {                  /* every text is copied */
    struct transport *transport;     /* borrowed for the run's life */
    const struct clock *clock;
    const char *ns;                  /* never NULL */
    enum run_target target;
    const char *name;                /* of the target */
    const char *api_version;         /* "v1beta1", "v1alpha1"; NULL: found out with the first request, which costs none */
    const char *command;             /* as a person writes it; split into words as shlex does, by the runtime or (exec) by us */
    const char *const *argv;         /* instead of command: words, quoted as needed; NULL-terminated */
    bool shell;                      /* the command is a shell's line: goes out as sh -c LINE */
    int64_t deadline_ms;             /* from the start to the result; 0: 180 s */
    int64_t spare_ms;                /* the claim's shutdownTime lies that far beyond the deadline; 0: 120 s */
    int64_t removal_ms;              /* how long to wait for what was deleted to be gone; 0: 60 s */
    bool keep;                       /* leave the claim (and its sandbox) there; it has no shutdownTime then */
    bool hold;                       /* after the command be RUN_IDLE: run_again, then run_cancel */
    bool cold;                       /* a template: a start of its own, no member of a pool */
    bool evidence;                   /* a failed run waits with the removal until run_evidence_taken (at most 10 s) */
    bool hasty_end;                  /* removed means: claim and sandbox are gone, the pod at least terminating */
    enum run_way way;                /* this one only; RUN_WAY_ANY: in order */
    const char *router_url;          /* http(s)://host[:port]; NULL: none */
    const char *router_ns, *router_service; /* NULL: the service sandbox-router-svc is looked for */
    const char *token;               /* for the router; NULL: none */
    int port;                        /* of the runtime; 0: 8888 */
    const char *claim_name;          /* NULL: sandtop- and five random characters */
};

enum run_stage_id {
    RUN_STAGE_PLAN,                  /* which pool, warm or cold, dry run */
    RUN_STAGE_CLAIM,                 /* creating the claim */
    RUN_STAGE_SANDBOX,               /* resolving the sandbox's name */
    RUN_STAGE_READY,                 /* waiting for ready; detail: what for, right now */
    RUN_STAGE_ROUTER,                /* reaching the router; detail: which way */
    RUN_STAGE_COMMAND,
    RUN_STAGE_REMOVED,               /* terminated: claim, sandbox and pod are gone */
    RUN_STAGES,
};
enum run_stage_state { RUN_STAGE_PENDING, RUN_STAGE_ACTIVE, RUN_STAGE_DONE, RUN_STAGE_FAILED, RUN_STAGE_SKIPPED };
struct run_stage {
    enum run_stage_state state;
    const char *name;                /* "creating claim": static */
    const char *word;                /* "claim": static, for narrow places */
    int64_t wall_ms;                 /* when it began; 0: not yet */
    int64_t took_ms;                 /* until now while ACTIVE (as of run_view) */
    const char *detail;              /* "python-pool, 1 ready", "pod: ImagePullBackOff …"; "" */
};

enum run_state {
    RUN_WORKING,
    RUN_IDLE,                        /* hold: the sandbox waits for another command */
    RUN_EVIDENCE,                    /* failed, nothing removed yet: take the evidence, then run_evidence_taken */
    RUN_REMOVING,
    RUN_OVER,                        /* nothing more happens */
};
enum run_outcome {
    RUN_OPEN,                        /* not decided yet */
    RUN_EXITED,                      /* the last command came to an end: results[n - 1] tells how */
    RUN_FAILED,                      /* sandtop could not run it, or lost it: failure */
    RUN_DEADLINE,
    RUN_CANCELLED,
};

struct run_result {                  /* one command */
    const char *command;             /* as it was given */
    const char *sent;                /* as it went out: sh -c '…' where a shell was wanted */
    bool shell;
    bool needs_shell;                /* has a shell's syntax, but the runtime splits words itself: offer sh -c */
    enum run_way way;
    int64_t wall_ms, took_ms;        /* took_ms until now while it runs */
    bool sent_once;                  /* the request may have been received: it is never sent again */
    bool exited;
    int exit_code;                   /* 0 … 255 as a shell tells it (128 + signal); -1 while unknown */
    const char *exit_name;           /* "0", "2", "126: not executable", "127: not found", "137: killed, SIGKILL"; "" while unknown */
    bool not_started;                /* the runtime could not launch it: its stderr says why */
    const struct run_output *out, *err;
    const char *hint;                /* what the image or template lacks; "" */
    const char *failure;             /* why there is no exit code; "" */
};

struct run_view {
    enum run_state state;
    enum run_outcome outcome;
    enum run_target target;
    const char *target_name, *ns;
    const char *pool, *template_name, *claim, *sandbox, *pod, *image; /* "" while unknown */
    bool made_claim, made_pool, warm; /* warm: the pool had a ready member when the claim was made */
    struct run_stage stages[RUN_STAGES];
    enum run_stage_id stage;         /* the one that is active, or was last; of a failure: the one that failed */
    const struct run_result *results; /* oldest first */
    size_t n_results;
    int64_t started_wall_ms;
    int64_t total_ms;                /* from the start to the first command's result (until now while it is open) */
    int64_t deadline_ms;             /* left of it; 0: over or not running */
    const char *failure;             /* of FAILED, DEADLINE: a sentence; "" */
    const char *permission;          /* of a 403: "create services/proxy in namespace default"; "" */
    const char *note;                /* what a person ought to know though it went well: "may not watch pods: …"; "" */
    const char *left;                /* what stayed behind, why, and until when; "" */
    const char *claim_json, *sandbox_json, *pod_json; /* as last seen, kept when they are gone; "" */
};

struct run;
struct run *run_new(const struct run_config *);           /* the first request is asked for at once */
/* What it was made with, its token too, for another one like it; borrowed until run_free. Without command and claim_name. */
void run_config_get(const struct run *, struct run_config *out);
void run_free(struct run *);          /* no callback follows. What is not removed by then stays until its shutdownTime */
void run_step(struct run *);                              /* due timers; beside the transport's step */
int64_t run_due(const struct run *);                      /* ms until run_step has something to do; -1: nothing */
/* Ends it at any stage and removes what it made. While removing: gives that up, so that the run is OVER at the next step. */
void run_cancel(struct run *);
/* Another command in the same sandbox; only while RUN_IDLE (else false). Has a deadline of its own. */
bool run_again(struct run *, const char *command, bool shell);
void run_evidence_taken(struct run *);
const struct run_view *run_view(struct run *);            /* borrowed until the next step or change of the run */
/* The Roles that a run needs and their RoleBindings (whose subjects are left to fill in), as YAML. */
void run_role_yaml(const char *ns, const char *router_ns, struct buf *out);
#endif

/* The machine's parts and what they share. Internal to core/run. */
#ifndef RUN_INTERNAL_H
#define RUN_INTERNAL_H
#include "core/base/json.h"
#include "core/base/ptrs.h"
#include "core/kube/exec_stream.h"
#include "core/kube/port_forward.h"
#include "core/run/answer.h"
#include "core/run/run.h"
#include "core/run/words.h"

enum {
    RUN_DEADLINE_MS = 180000,        /* as the Python client's until ready */
    RUN_SPARE_MS = 120000,
    RUN_HOLD_SPARE_MS = 600000,      /* a prompt waits for a person */
    RUN_REMOVAL_MS = 60000,          /* a pod's grace period is 30 s */
    RUN_EVIDENCE_MS = 10000,
    RUN_HOPELESS_MS = 12000,         /* a failure that mends itself mostly has by then */
    RUN_SHORT_MS = 10000,            /* of a short request */
    RUN_PORT = 8888,
    RUN_BODY_MOST = 4 * 1024 * 1024,
};

struct run;

/* ---- ask.c: one request with its whole answer. GET and DELETE are asked again after a cut or a 429/5xx (three times); a POST never is. */
struct ask {
    struct run *run;
    struct exchange *exchange;
    char *method, *path, *body;
    const char *type;                /* of body; static */
    void (*done)(struct run *, struct ask *); /* the ask is freed after it */
    struct buf answer;
    int status;                      /* 0: none came */
    enum end_reason reason;
    char *text;                      /* the transport's sentence */
    unsigned failures;
    int64_t retry_at_ms;             /* mono; 0: none */
    bool repeats, over;
};
/* Takes path and body (which may be NULL). */
struct ask *ask_new(struct run *, const char *method, char *path, char *body, void (*done)(struct run *, struct ask *));
void ask_drop(struct ask *);         /* done is not called */
void asks_step(struct run *);
int64_t asks_due(const struct run *);
void asks_free(struct run *);
/* The refusal in a sentence (the server's words, or the transport's); the caller frees it. */
char *ask_words(const struct ask *);
bool ask_is_page(const struct ask *); /* a 404 that is no Status: the group or version is not served */

/* ---- eye.c: one object, read and watched until it is gone */
enum eye_id { EYE_CLAIM, EYE_SANDBOX, EYE_POD, EYES };
enum eye_state {
    EYE_OFF,
    EYE_LOOKING,                     /* nothing known yet */
    EYE_PRESENT,
    EYE_GONE,                        /* 404, deleted, or another object has the name */
    EYE_BLIND,                       /* refused: words */
};
struct eye {
    struct run *run;
    enum eye_id id;
    enum eye_state state;
    char *name, *uid, *words;
    struct exchange *exchange;
    bool watching;                   /* else reading */
    struct json_cutter *cutter;
    struct buf body, object;         /* object: as last seen */
    char *rv;
    int status;
    unsigned failures;
    int64_t retry_at_ms;
    bool read_first;                 /* what is known may be old: the next request reads */
    bool deleting, finalizers;
};
/* rv not NULL: watch from there, object (may be empty) being what is known; else read first. uid NULL: whichever is met first. */
void eye_open(struct run *, enum eye_id, const char *name, const char *uid, const char *rv, json object);
void eye_close(struct eye *);
void eyes_step(struct run *);
int64_t eyes_due(const struct run *);
json eye_object(const struct eye *);

/* ---- the machine */
enum phase {
    PHASE_PLAN, PHASE_CLAIM, PHASE_WAIT, PHASE_ROUTER, PHASE_COMMAND, PHASE_AFTERMATH, PHASE_IDLE, PHASE_EVIDENCE, PHASE_REMOVE, PHASE_OVER,
};

struct stage {
    enum run_stage_state state;
    int64_t wall_ms, began_ms, ended_ms; /* began, ended: mono */
    char *detail;
};

struct result {                      /* what struct run_result shows */
    char *command, *sent, *exit_name, *hint, *failure;
    bool shell, needs_shell, sent_once, exited, not_started, done;
    enum run_way way;
    int64_t wall_ms, began_ms, ended_ms;
    int exit_code;
    struct run_output *out, *err;
};

struct router {                      /* a Service that may be the router's */
    char *ns, *service, *port, *selector;
};

struct run {
    struct run_config config;        /* its texts are the run's own */
    char *token;                     /* wiped */
    enum phase phase;
    enum run_outcome outcome;
    enum run_stage_id stage;
    struct stage stages[RUN_STAGES];
    struct ptrs asks;                /* struct ask */
    struct eye eyes[EYES];
    const char *version;             /* static; "v1beta1" until the server says otherwise */
    bool version_sure;
    int64_t began_ms, began_wall_ms, deadline_at_ms /* mono; INT64_MAX none */, total_ms;
    char *pool, *template_name, *claim, *claim_uid, *sandbox, *pod, *pod_ip, *image;
    bool made_claim, made_pool, warm;
    bool claim_again;                /* asked a second time: the first one's connection broke */
    bool claim_asked;                /* the POST may have reached the server */
    struct ask *claim_post, *pool_post; /* open */
    /* plan.c */
    unsigned dry_open;               /* dry runs and what they wait for */
    bool pool_linked;
    /* wait.c */
    int64_t hopeless_at_ms;          /* mono; INT64_MAX */
    char *hopeless;
    bool oom_killed;
    int64_t aftermath_until_ms;
    /* router.c */
    struct ptrs routers;             /* struct router, the best first */
    size_t router_at;
    unsigned routers_open;           /* answers that are awaited */
    bool routers_known, service_seen;
    unsigned ways_tried;             /* bit per enum run_way */
    bool router_asked;               /* for that pod */
    char *router_pod;
    /* send.c */
    struct exchange *command;
    struct exec_stream *exec;
    struct forward_http *forward;
    struct run_answer *answer;
    struct buf refusal;              /* the body of what is no 200 */
    int status;
    bool doubt;                      /* a 502: perhaps nothing listens there at all */
    /* remove.c */
    int64_t removal_until_ms, evidence_until_ms;
    bool delete_done, pool_deleted, searched;
    bool pool_open;
    /* results */
    struct result **results;
    size_t n_results;
    struct run_result *shown;
    size_t n_shown;
    struct run_view view;
    char *failure, *permission, *note, *left;
    bool cancelled;
};

static inline int64_t run_mono(const struct run *r)
{
    return r->config.clock->mono(r->config.clock);
}
static inline int64_t run_wall(const struct run *r)
{
    return r->config.clock->wall(r->config.clock);
}
static inline int64_t sooner_of(int64_t a, int64_t b)     /* of two due times in ms, -1: never */
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}
static inline bool run_is_ours(const struct run *r)       /* it makes the claim, and removes it */
{
    return r->config.target == RUN_TEMPLATE || r->config.target == RUN_POOL;
}

/* run.c */
void set_text(char **slot, char *text);                   /* takes text over */
void stage_begin(struct run *, enum run_stage_id);
void stage_end(struct run *, enum run_stage_id, enum run_stage_state);
void stage_say(struct run *, enum run_stage_id, char *detail /* taken */);
void run_note(struct run *, char *text /* taken */);
/* The run cannot come to a result: keeps the sentence (taken), what permission is missing, and begins to clean up. */
void run_fail(struct run *, char *sentence);
void run_fail_ask(struct run *, const struct ask *, const char *what /* "the claim could not be made" */);
void run_decide(struct run *, enum run_outcome);          /* evidence, then removal, or idle */
struct result *run_now(const struct run *);               /* the last result */

/* plan.c */
void plan_begin(struct run *);
char *agents_path(const struct run *, const char *plural, const char *name, const char *query); /* the caller frees it */
/* claim.c */
void claim_create(struct run *);
void claim_prolong(struct run *);                         /* the shutdownTime, for another command */
/* wait.c */
void wait_begin(struct run *);
void wait_saw(struct run *, struct eye *);                /* an eye has news */
void wait_step(struct run *);
int64_t wait_due(const struct run *);
void watch_box(struct run *);                             /* eyes on sandbox and pod, as far as their names are known */
void aftermath_begin(struct run *);
/* router.c */
void routers_look(struct run *);
void routers_free(struct run *);
void router_begin(struct run *);                          /* the next way; sends, or fails */
void router_known(struct run *);                          /* news from the search */
char *router_tell(const struct run *, enum run_way);
bool other_runtime(const struct run *);                   /* the sandbox's ports are known, and that of /execute is not among them */
/* send.c */
void send_by(struct run *, enum run_way);
void send_stop(struct run *);                             /* lets go of what is under way */
void send_ended(struct run *);
/* remove.c */
void remove_begin(struct run *);
void remove_saw(struct run *);
void remove_step(struct run *);
int64_t remove_due(const struct run *);
void delete_pool(struct run *);                           /* the one that was made for the run */
void remove_claim_answered(struct run *);                 /* the POST that was open when the removal began */

/* refusals.c */
/* "create services/proxy in namespace default" out of an RBAC refusal's words; NULL: it is another refusal. */
char *run_permission(const char *message);
#endif

/* The simulated cluster's parts and what they share. Internal to core/sim.
 * The world (sim_world.c) holds objects as JSON text and tells each change to the streams that watch; the server (sim_server.c) is the
 * transport: it hands each request to the routes (sim_http.c) and delivers what they wrote. Only the server runs callbacks. The story
 * (sim_story*.c) is one more user of the world, as a controller is. */
#ifndef SIM_SIM_INTERNAL_H
#define SIM_SIM_INTERNAL_H
#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/base/ptrs.h"
#include "core/record/recording.h"
#include "core/sim/sim.h"

/* ---- sim_resources.c: what is served. The sim stands for a server, so it has its own table, not the client's. */
struct resource {
    const char *group, *version;     /* "" is core; of the Agent Sandbox groups the version is "v1beta1", v1alpha1 is a view of it */
    const char *plural, *singular, *kind;
    bool namespaced;
    bool crd;                        /* lists and metadata are in alphabetical order, and two versions may be served */
    bool generation;                 /* metadata.generation counts changes of spec */
    const char *short_name;          /* NULL: none */
};
extern const struct resource sim_resources[];
size_t sim_resource_count(void);
size_t sim_resource_index(const struct resource *);
const struct resource *sim_resource(const char *plural);                     /* NULL if unknown */
const struct resource *sim_resource_of(struct slice group, struct slice plural);
const struct resource *sim_resource_of_kind(json object);                    /* by apiVersion's group and kind */
bool sim_serves(const struct sim *, const struct resource *, struct slice version);
/* Discovery documents; false: there is no such group or version. */
bool sim_discover_groups(const struct sim *, struct buf *out);
bool sim_discover_group(const struct sim *, struct slice group, struct buf *out);
bool sim_discover_version(const struct sim *, struct slice group, struct slice version, struct buf *out);

/* ---- sim_world.c */
/* One state of one object; never changed once made. text is the object without apiVersion and kind: {"metadata":…,"spec":…}. */
struct version {
    unsigned refs;
    bool old_shape;                  /* spec is in v1alpha1's shape */
    const struct resource *resource;
    uint64_t rv;
    const char *ns, *name;
    struct slice text;
};
enum change_type { CHANGE_ADDED, CHANGE_MODIFIED, CHANGE_DELETED };
struct change {
    enum change_type type;
    int64_t at_ms;
    struct version *before, *after;  /* before NULL when ADDED; after of DELETED is the last state with the deletion's resourceVersion */
};
void version_hold(struct version *);
void version_drop(struct version *);
struct version *world_get(const struct sim *, const struct resource *, const char *ns, const char *name); /* NULL: none; borrowed */
/* The first index at or after ns/name in the resource's sorted objects; world_objects(...)->v holds struct version *. */
size_t world_lower_bound(const struct sim *, const struct resource *, const char *ns, const char *name);
const struct ptrs *world_objects(const struct sim *, const struct resource *);
/* Creates or replaces; metadata is completed. The result is borrowed; NULL with err where it is no object. */
struct version *world_put(struct sim *, const struct resource *, json object, bool old_shape, struct err *);
bool world_delete(struct sim *, const struct resource *, const char *ns, const char *name);
void world_new_uid(struct sim *, char out[37]);
uint64_t sim_random(uint64_t *state);                                        /* splitmix64 */
void sim_suffix(uint64_t *state, char out[6]);                               /* five characters, as generateName adds */
/* Appends the object as the API shows it in `version`; bare: without kind and apiVersion, as items of core lists stand. */
void world_render(const struct sim *, const struct version *, struct slice version, bool bare, struct buf *out);
void world_free(struct sim *);

/* ---- sim_convert.c: the two shapes of a claim's and a sandbox's spec */
void convert_down(const struct sim *, const struct version *, struct buf *out); /* v1beta1 text → v1alpha1 text */
void convert_up(const struct resource *, json old_text, struct buf *out);       /* and back, as the conversion webhook does it */
/* Appends "key":value, with a comma where it is not the first; key is raw. */
void json_add_member(struct buf *out, bool *first, struct slice key, struct slice value);
/* RFC 6902: add, remove, replace and test. False where an operation cannot be done or a test fails: out is worth nothing then. */
bool json_patch(json target, json operations, struct buf *out);
/* RFC 7386. */
void json_merge(json target, json patch, struct buf *out);
/* Appends object with member set to value (an empty value: left out). */
void json_with(json object, const char *member, struct slice value, struct buf *out);

/* ---- sim_select.c */
enum need_op { NEED_IN, NEED_NOT_IN, NEED_EXISTS, NEED_ABSENT };
struct need {
    char *key;
    enum need_op op;
    struct ptrs values;              /* char * */
};
struct selector {
    struct ptrs labels, fields;      /* struct need * */
};
/* NULL texts select all. False with the server's words. */
bool selector_parse(struct selector *, const struct resource *, const char *labels, const char *fields, struct err *);
bool selector_match(const struct selector *, const struct version *);
void selector_free(struct selector *);

/* ---- sim_server.c */
enum stream_kind { STREAM_NONE, STREAM_WATCH, STREAM_LOG };
struct watch {
    const struct resource *resource;
    char *version, *ns;              /* ns NULL: all */
    struct selector selector;
    bool bookmarks;
    uint64_t after_rv;               /* older changes are not told */
    int64_t bookmark_at, ends_at;    /* mono */
};
struct follow {
    char *key;                       /* of the log */
    bool stamps;
};
struct exchange {
    struct sim *sim;
    struct transport *transport;
    struct response_ops ops;
    void *ctx;
    char *method, *path, *content_type;
    bool origin;                     /* to a router at an address of its own */
    bool stripped;                   /* the API server took Authorization away */
    struct ptrs headers;             /* name, value, name, value … */
    struct buf body;
    int64_t deadline_at;             /* mono; INT64_MAX none */
    int64_t ready_at;                /* mono: the answer is held back until then */
    bool routed, head_sent, dead, finished; /* finished: nothing more will be written */
    enum end_reason reason;          /* once finished */
    const char *end_text;
    bool silent;                     /* a fault: never answers */
    size_t cut_after, sent;          /* cut_after: SIZE_MAX none */
    int status;
    int64_t retry_after_ms;
    const char *answer_type;
    char *warning;
    struct buf out;
    enum stream_kind stream;
    struct watch watch;
    struct follow follow;
};
const char *exchange_header(const struct exchange *, const char *name);      /* caseless; NULL if not sent */
void exchange_finish(struct exchange *, enum end_reason, const char *text);

/* ---- sim_http.c */
struct query {
    struct ptrs pairs;               /* name, value, … decoded */
};
const char *query_get(const struct query *, const char *name);               /* NULL if absent */
bool query_true(const struct query *, const char *name);
void query_parse(struct query *, const char *path);                          /* what follows '?' */
void query_free(struct query *);
struct route {                       /* what a path names */
    const struct resource *resource;
    char *version, *ns, *name, *sub, *rest; /* NULL where the path has none; rest: after the subresource */
    struct query query;
};
void http_answer(struct exchange *);                                         /* fills status, headers, out */
void http_status(struct exchange *, int code, const char *reason, const char *message, const char *details_json);
void http_not_found(struct exchange *, const struct resource *, const char *name);
void http_text(struct exchange *, int code, const char *text);
void http_fault(struct exchange *, int code, const char *body);
/* False: the path is no resource that is served. Free it in both cases. */
bool http_find_route(const struct sim *, const char *path, struct route *);
void http_free_route(struct route *);
bool path_decode(struct slice in, struct buf *out);

/* ---- sim_list.c, sim_watch.c, sim_write.c, sim_logs.c, sim_proxy.c: the verbs */
void list_answer(struct exchange *, const struct route *);
void watch_answer(struct exchange *, const struct route *);
void watch_tell(struct sim *, const struct change *);
void watch_step(struct exchange *, int64_t mono);
void create_answer(struct exchange *, const struct route *);
void delete_answer(struct exchange *, const struct route *);
void patch_answer(struct exchange *, const struct route *);
void log_answer(struct exchange *, const struct route *);
void proxy_answer(struct exchange *, const struct route *);
void get_answer(struct exchange *, const struct route *);
/* sim_quota.c: whether the namespace's quotas admit the object; false: refused with 403 */
bool quota_check(struct exchange *, const struct route *, json object, const char *name);
void router_answer(struct exchange *, const char *path);                     /* the sandbox router */
void runtime_answer(struct exchange *, const char *sandbox);                 /* the runtime in a sandbox */
/* A request that came by another way than a transport's: it has no callbacks. */
struct exchange *exchange_new(struct sim *, const char *method, const char *path);
void exchange_free(struct exchange *);
struct fault *fault_take(struct sim *, const char *path);                    /* the oldest that fits, once; NULL: none. fault_free it */
void fault_free(struct fault *);

/* ---- sim_tunnel.c: tunnels as the transport has them; sim_pod_streams.c: what is at their other end */
struct pod_stream;
struct tunnel {
    struct sim *sim;
    struct transport *transport;
    struct tunnel_ops ops;
    void *ctx;
    char *path;
    struct ptrs protocols;           /* char * */
    int64_t answer_at, open_by, end_by; /* mono; INT64_MAX none */
    bool open, dead, paused, silent, closing; /* closing: the server has said its last word */
    size_t cut_after, given;         /* cut_after: SIZE_MAX none */
    struct fault *fault;             /* that it meets when it opens; NULL none */
    struct buf in, out;
    struct pod_stream *stream;       /* once open */
};
struct tunnel *tunnel_new(struct sim *, struct transport *, const struct upgrade *, const struct tunnel_ops *, void *ctx);
void tunnel_free(struct tunnel *);
void tunnel_step(struct tunnel *, int64_t mono);
int64_t tunnel_due(const struct tunnel *, int64_t mono);                     /* mono; INT64_MAX none */
/* NULL with the refusal in x (status, out). *protocol: the one chosen. */
struct pod_stream *pod_stream_new(struct tunnel *, struct exchange *x, const char **protocol);
void pod_stream_free(struct pod_stream *);
void pod_stream_feed(struct pod_stream *, const char *bytes, size_t n);      /* the client's frames */
/* Writes what is due to the tunnel's out. True: that was all, the connection ends. */
bool pod_stream_step(struct pod_stream *, int64_t mono);
int64_t pod_stream_due(const struct pod_stream *);                           /* mono; INT64_MAX: only on input */

/* One container's log. Lines are struct log_row *. */
struct log_row {
    int64_t stamp_ns;
    char text[];
};
struct log_file {
    char *key;
    struct ptrs lines, previous;
    bool has_previous, ended;
    int64_t last_ns;
};
char *log_key(const char *ns, const char *pod, const char *container);
struct log_file *log_file_get(struct sim *, const char *ns, const char *pod, const char *container, bool create);
void log_file_line(struct sim *, struct log_file *, const char *line);               /* stamped now; followers get it */
void log_file_row(struct sim *, struct log_file *, int64_t stamp_ns, struct slice line);
void log_file_previous(struct log_file *, int64_t stamp_ns, struct slice line);      /* of the container before */
void log_file_restart(struct sim *, const char *ns, const char *pod, const char *container); /* what there was is the previous one's */
void log_file_end(struct sim *, const char *ns, const char *pod, const char *container);     /* its container stopped */
void log_files_forget(struct sim *, const char *ns, const char *pod);
void log_files_free(struct sim *);
void log_files_clear(struct sim *);                                                  /* as if none had ever been; who follows one is cut off */

/* ---- sim_story.c … */
struct story;
void story_free(struct story *);
int64_t story_due(const struct story *);                                     /* world ms of its next act; INT64_MAX none */
void story_act(struct story *);                                              /* the next act; sim->now_ms is its time */
/* Someone else changed an object through the API: the story's controllers look at it. */
void story_changed(struct story *, enum change_type, const struct version *);
/* Whether something hangs on it that has to go first when it is deleted in the foreground. */
bool story_holds(const struct story *, const struct version *);
/* The router has answered a POST /execute: its log says so. */
void story_executed(struct story *, const char *sandbox, const char *ns, int status, int duration_ms, int bytes, const char *agent);

/* ---- sim_replay.c: a world that is not lived but told */
void replay_line(struct sim *, const struct recording_event *);              /* a log's line */
struct sim_feed {
    void (*advance)(void *ctx);                                              /* lets the world be as it is now */
    int64_t (*due)(void *ctx);                                               /* ms until it is to be called; -1: never */
    bool (*answer)(void *ctx, struct exchange *);                            /* false: the world is to answer */
    bool real_time;                                                          /* its clock's mono moves by itself */
};

struct fault {
    char *part, *body;
    int status;
    unsigned left;
    size_t bytes;
};
struct sim {
    const struct clock *clock;
    int64_t start_wall, start_mono;  /* the world's time is the wall at the start plus what mono has moved */
    int64_t now_ms;                  /* the world's: stamps of what happens now */
    uint64_t seed, random, rv, oldest_rv; /* changes up to oldest_rv are forgotten */
    struct ptrs *objects;            /* per resource, sorted by ns, name: struct version * */
    struct ptrs history;             /* struct change *, oldest first */
    size_t history_start;            /* those before are freed */
    struct ptrs exchanges;           /* struct exchange * */
    struct ptrs tunnels;             /* struct tunnel * */
    struct ptrs requests;            /* char *: "GET /path" of all there were */
    struct ptrs commands;            /* char *: all that ran */
    char *router_token;              /* NULL: anyone may call it */
    struct ptrs faults;
    struct ptrs logs;                /* struct log_file *, sorted by key */
    const char *agents_version;
    bool hung, stepping;
    uint64_t received;
    struct story *story;
    const struct sim_feed *feed;     /* NULL: none */
    void *feed_ctx;
    bool verbatim;                   /* objects keep the metadata they bear */
};
int64_t sim_world_time(const struct sim *);                                  /* what now_ms ought to be */
void sim_advance(struct sim *);                                              /* lets the world catch up with the clock */
int64_t sim_mono(const struct sim *);
#endif

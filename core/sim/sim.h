/* A simulated cluster behind the transport's interface, in process, on a virtual clock. It answers as the API server of the fixtures does:
 * discovery, lists with limit/continue, WatchList, watches with bookmarks, 410, creates, deletes, logs, events, Status errors. */
#ifndef SIM_SIM_H
#define SIM_SIM_H
#include "core/base/clock.h"
#include "core/kube/transport.h"

struct sim;
/* clock is borrowed; the world moves whenever step() runs at a later time. seed makes it the same each time. */
struct sim *sim_new(const struct clock *, uint64_t seed);
void sim_free(struct sim *);
struct transport *sim_transport(struct sim *);          /* owned by the caller: transport_free before sim_free */
/* The demo's story: a small lively installation in which claims come and go and a few get stuck in different ways. */
void sim_story_demo(struct sim *);
/* The same of a scenario file: a story by hand (core/record/recording.h) whose header has a cast. It is taken over. False: err says which row is
 * wrong, and nothing has changed. */
struct recording;
bool sim_story_tell(struct sim *, struct recording *, struct err *);
/* Building blocks for tests. JSON is one object with apiVersion, kind, metadata; uid, creationTimestamp and resourceVersion are
 * filled in. */
bool sim_put(struct sim *, struct slice json_object, struct err *);   /* create or replace: watchers see ADDED or MODIFIED */
bool sim_delete(struct sim *, const char *plural, const char *ns, const char *name);
bool sim_load_list(struct sim *, struct slice list_json, struct err *); /* all items of a captured list, stamps kept */
void sim_log(struct sim *, const char *ns, const char *pod, const char *container, const char *line);
void sim_version(struct sim *, const char *agents_version);           /* "v1beta1" (default), "v1alpha1", or NULL: no CRDs */
/* Faults: the next n requests whose path holds `part` answer so. status 0: the connection is refused; -1: never answers; -2: cut after
 * `bytes` bytes. Of tunnels (pods/exec, pods/portforward) the bytes count from when it is open, frames and all. */
void sim_fault(struct sim *, const char *part, int status, unsigned n, size_t bytes, const char *body);
void sim_hang(struct sim *, bool hung);                                /* true: nothing is answered or sent until false */
void sim_cut_watches(struct sim *);
void sim_expire(struct sim *);                                         /* older resourceVersions are gone: 410 */
/* The router wants this bearer token from now on; NULL: none. */
void sim_router_token(struct sim *, const char *token);
/* How many commands ran, by any way, whose line holds part: "once" is 1. */
size_t sim_commands(const struct sim *, const char *part);
/* How many requests there were whose "METHOD /path?query" holds part. */
size_t sim_requests(const struct sim *, const char *part);
#endif

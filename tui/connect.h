/* From options and a kubeconfig to a session that lives: the real cluster's, the simulated one's, or a recording's. */
#ifndef TUI_CONNECT_H
#define TUI_CONNECT_H
#include "core/session/session.h"
#include "tui/options.h"

struct connection;                   /* owns the session and all under it */
/* context: NULL for the flag's or the current one. Connects in connection_await. With --replay it is the recording's cluster: the
 * dashboard begins at its start, a command looks at its end. --record writes what comes, but for a context that is named here: one file
 * is of one cluster. */
struct connection *connection_open(const struct options *, const char *context, struct err *);
struct connection *connection_demo(const struct options *);
/* Turns until the server has answered (true), or it is known that it cannot, or wait_ms is over: false with a sentence. */
bool connection_await(struct connection *, int64_t wait_ms, struct err *);
void connection_close(struct connection *);
struct session *connection_session(const struct connection *);
/* The recording that is shown, or NULL: see replay_seek, replay_pause, replay_speed (core/sim/sim_replay.h). */
struct replay;
struct replay *connection_replay(const struct connection *);
/* After replay_seek went back: another session, as what the one before has heard had not happened yet. Its session is freed: whoever
 * holds it lets go of it first. */
void connection_rewind(struct connection *);
/* Why --record writes no more (the disk is full …); NULL while all is well. */
const char *connection_record_trouble(const struct connection *);
/* Names of the kubeconfig's contexts; NULL-terminated, borrowed; NULL for the demo. */
const char *const *connection_contexts(const struct connection *);
#endif

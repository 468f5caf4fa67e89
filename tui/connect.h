/* From options and a kubeconfig to a session that lives: the real cluster's or the simulated one's. */
#ifndef TUI_CONNECT_H
#define TUI_CONNECT_H
#include "core/session/session.h"
#include "tui/options.h"

struct connection;                   /* owns the session and all under it */
/* context: NULL for the flag's or the current one. Connects in connection_await. */
struct connection *connection_open(const struct options *, const char *context, struct err *);
struct connection *connection_demo(const struct options *);
/* Turns until the server has answered (true), or it is known that it cannot, or wait_ms is over: false with a sentence. */
bool connection_await(struct connection *, int64_t wait_ms, struct err *);
void connection_close(struct connection *);
struct session *connection_session(const struct connection *);
/* Names of the kubeconfig's contexts; NULL-terminated, borrowed; NULL for the demo. */
const char *const *connection_contexts(const struct connection *);
#endif

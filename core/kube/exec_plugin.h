/* One run of an exec credential plugin: what it is told, what its answer means. As client-go's plugin/pkg/client/auth/exec has it.
 * Source: kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins. */
#ifndef KUBE_EXEC_PLUGIN_H
#define KUBE_EXEC_PLUGIN_H
#include "core/base/clock.h"
#include "core/kube/kubeconfig.h"
#include <poll.h>

struct exec_answer {
    char *token, *cert_pem, *key_pem;    /* at least a token or a pair; secret */
    int64_t expires_ms;                  /* wall; INT64_MAX: the answer names no end */
};
void exec_answer_free(struct exec_answer *);     /* what it holds, not itself */

enum exec_state { EXEC_RUNNING, EXEC_DONE, EXEC_FAILED };
struct exec_plugin;
/* Starts the target's plugin. NULL with a sentence where it cannot be run. target and clock are borrowed. */
struct exec_plugin *exec_plugin_start(const struct target *, const struct clock *, int64_t deadline_ms, struct err *);
void exec_plugin_free(struct exec_plugin *);     /* kills it and what it started */
/* DONE fills *answer (the caller frees it), FAILED sets err; both once. */
enum exec_state exec_plugin_step(struct exec_plugin *, struct exec_answer *answer, struct err *);
unsigned exec_plugin_fds(const struct exec_plugin *, struct pollfd fds[2]);
int64_t exec_plugin_due(const struct exec_plugin *);   /* ms until step has something to do at the latest */
#endif

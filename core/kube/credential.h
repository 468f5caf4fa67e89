/* Who we are to the API server: static, from a token file, or from an exec plugin that runs as a child process while the screen goes on.
 * Source: kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins. */
#ifndef KUBE_CREDENTIAL_H
#define KUBE_CREDENTIAL_H
#include "core/base/clock.h"
#include "core/kube/kubeconfig.h"
#include <poll.h>

enum credential_state { CREDENTIAL_READY, CREDENTIAL_PENDING, CREDENTIAL_FAILED };

struct credential;
/* target and clock are borrowed for its life. */
struct credential *credential_new(const struct target *, const struct clock *, int64_t plugin_deadline_ms);
void credential_free(struct credential *);            /* kills a plugin that still runs */
/* Where things stand; starts the plugin, re-reads the token file or drops what has expired as needed. */
enum credential_state credential_check(struct credential *);
/* The server refused what we sent (401): fetch anew at the next check, once per refused value. False: there is nothing to renew. */
bool credential_refused(struct credential *);
/* While READY, borrowed until the next check: the Authorization header's value, or NULL; a client certificate and key as PEM, or NULL. */
const char *credential_authorization(const struct credential *);
const char *credential_cert(const struct credential *);
const char *credential_key(const struct credential *);
uint64_t credential_generation(const struct credential *); /* changes with the value */
/* While FAILED: a sentence with the plugin's name, its stderr's last lines and the install hint. */
const char *credential_error(const struct credential *);
/* Descriptors to wait on while PENDING (at most 2); then call credential_check. */
unsigned credential_fds(const struct credential *, struct pollfd fds[2]);
/* ms until credential_check has something to do at the latest (a plugin's deadline and end, the next try after a failure); -1: never. */
int64_t credential_due(const struct credential *);
#endif

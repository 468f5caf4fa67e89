/* The demo's cast: what there is, how it fares, and why. A person who wants another story changes the rows here.
 * Words of failures are as seen on a real cluster (Agent Sandbox v0.5.6, Kubernetes 1.36). */
#include "core/sim/sim_story.h"

/* How pods fare: each step with the time it takes after the one before. */
const struct step fine_steps[] = {
    {ACT_POD, 35, 0, 0}, {ACT_SCHEDULE, 30, 0, 0}, {ACT_PULL, 60, 0, 0}, {ACT_START, 420, 0, 0}, {ACT_READY, 950, 0, 0},
    {ACT_REST, 0, 0, 0},
};
static const struct step no_image_steps[] = {
    {ACT_POD, 35, 0, 0}, {ACT_SCHEDULE, 30, 0, 0}, {ACT_PULL, 60, 0, 0}, {ACT_PULL_FAILED, 1400, 0, 0}, {ACT_PULL_LATER, 900, 0, 0},
    {ACT_AGAIN, 10000, 2, 300000},
};
static const struct step no_node_steps[] = {
    {ACT_POD, 35, 0, 0}, {ACT_NO_NODE, 25, 0, 0}, {ACT_AGAIN, 276000, 1, 276000},
};
static const struct step denied_steps[] = {
    {ACT_DENIED, 40, 0, 0}, {ACT_AGAIN, 640, 0, 328000},
};
static const struct step crash_steps[] = {
    {ACT_POD, 35, 0, 0}, {ACT_SCHEDULE, 30, 0, 0}, {ACT_PULL, 60, 0, 0}, {ACT_START, 420, 0, 0}, {ACT_READY, 300, 0, 0},
    {ACT_CRASH, 500, 0, 0}, {ACT_AGAIN, 10000, 3, 300000},
};

static const struct node_row nodes[] = {
    {"worker-1", "16", "65536000Ki", NULL},
    {"worker-2", "16", "65536000Ki", NULL},
    {"worker-3", "8", "32768000Ki", NULL},
    {"gpu-1", "32", "131072000Ki", "nvidia.com/gpu:NoSchedule"},
    {NULL, NULL, NULL, NULL},
};

static const char *const namespaces[] = {"agents", "ml-team", "agent-sandbox-system", "default", "kube-system", NULL};

static const struct template_row templates[] = {
    {"agents", "python-sandbox-template", "registry.example/python-runtime-sandbox:v0.5.6", "python-runtime", "250m", "512Mi",
     fine_steps, 0, NULL, NULL},
    {"agents", "browser-template", "registry.example/browser-sandbox:1.9", "browser", "1", "2Gi", fine_steps, 22000, NULL, NULL},
    {"agents", "nightly-template", "registry.example/agent-nightly:2026-11-22", "python-runtime", "250m", "512Mi", crash_steps, 0,
     "ModuleNotFoundError: No module named 'agent_tools'", "[\"python3\",\"-m\",\"agent_tools.serve\"]"},
    {"ml-team", "py-ml", "registry.example/py-ml:2", "python-runtime", "2", "8Gi", no_image_steps, 1000,
     "failed to pull and unpack image \"registry.example/py-ml:2\": failed to resolve image: registry.example/py-ml:2: not found", NULL},
    {"ml-team", "big-mem-template", "registry.example/py-ml:1", "python-runtime", "4", "256Gi", no_node_steps, 0,
     "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 Insufficient memory. no new claims to deallocate, preemption: 0/4 "
     "nodes are available: 4 Preemption is not helpful for scheduling.", NULL},
    {"ml-team", "batch-template", "registry.example/py-ml:1", "python-runtime", "4", "8Gi", denied_steps, 0,
     "exceeded quota: team-quota, requested: requests.cpu=4, used: requests.cpu=8, limited: requests.cpu=8", NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL},
};

static const struct pool_row pools[] = {
    {"agents", "python-pool", "python-sandbox-template", 4},
    {"agents", "browser-pool", "browser-template", 0},
    {"agents", "nightly-pool", "nightly-template", 0},
    {"ml-team", "py-ml-pool", "py-ml", 0},
    {"ml-team", "big-mem", "big-mem-template", 2},
    {"ml-team", "batch-pool", "batch-template", 0},
    {NULL, NULL, NULL, 0},
};

static const struct cast_row claims[] = {
    {"agents", "chat-", 14, "python-pool", 15 * 60, 3 * 3600 - 60},
    {"agents", "code-review-", 9, "python-pool", 4 * 60, 2 * 3600},
    {"agents", "research-", 8, "python-pool", 2 * 60, 95 * 60},
    {"agents", "planner-", 5, "python-pool", 60, 40 * 60},
    {"agents", "browse-", 4, "browser-pool", 10 * 60, 110 * 60},
    {"ml-team", "notebook-7", 1, "py-ml-pool", 6 * 60 + 12, 6 * 60 + 12},
    {"ml-team", "train-eval-3", 1, "py-ml-pool", 5 * 60 + 48, 5 * 60 + 48},
    {"ml-team", "embed-all", 1, "big-mem", 21 * 60 + 30, 21 * 60 + 30},
    {"ml-team", "batch-0412", 1, "batch-pool", 200, 200},
    {"agents", "nightly-smoke", 1, "nightly-pool", 31 * 60, 31 * 60},
    {"agents", "browse-checkout", 1, "browser-pool", 9, 9},
    {NULL, NULL, 0, NULL, 0, 0},
};

static const struct churn_row churn[] = {
    {"agents", "sandbox-claim-", "python-pool", 5000, 40000, 5},
    {"agents", "browse-", "browser-pool", 100000, 150000, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};

static const struct quota_row quotas[] = {
    {"ml-team", "team-quota", "8", "8", "20", "3"},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

const struct cast demo_cast = {
    .nodes = nodes, .namespaces = namespaces, .templates = templates, .pools = pools, .claims = claims, .churn = churn, .quotas = quotas,
};

/* One table of flags: the parser and --help read it. */
#include "tui/options.h"

#include "core/base/buf.h"
#include "core/base/mem.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

enum {
    O_KUBECONFIG = 256, O_CONTEXT, O_TIMEOUT, O_AS, O_AS_GROUP, O_DEMO, O_OR_DEMO, O_THEME, O_READ_ONLY, O_UTC, O_KEYS, O_VERSION, O_FILTER,
    O_LOG_BUFFER, O_WATCH, O_LOOK,
};

static const struct option long_options[] = {
    {"kubeconfig", required_argument, NULL, O_KUBECONFIG},
    {"context", required_argument, NULL, O_CONTEXT},
    {"namespace", required_argument, NULL, 'n'},
    {"all-namespaces", no_argument, NULL, 'A'},
    {"request-timeout", required_argument, NULL, O_TIMEOUT},
    {"as", required_argument, NULL, O_AS},
    {"as-group", required_argument, NULL, O_AS_GROUP},
    {"demo", no_argument, NULL, O_DEMO},
    {"or-demo", no_argument, NULL, O_OR_DEMO},
    {"theme", required_argument, NULL, O_THEME},
    {"read-only", no_argument, NULL, O_READ_ONLY},
    {"filter", required_argument, NULL, O_FILTER},
    {"log-buffer", required_argument, NULL, O_LOG_BUFFER},
    {"utc", no_argument, NULL, O_UTC},
    {"keys", no_argument, NULL, O_KEYS},
    {"version", no_argument, NULL, O_VERSION},
    {"output", required_argument, NULL, 'o'},
    {"watch", no_argument, NULL, O_WATCH},
    {"timeout", required_argument, NULL, O_LOOK},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

const char *options_help(void)
{
    return "usage: sandtop [FLAGS]                     the dashboard (also as kubectl sandtop)\n"
           "       sandtop doctor [CLAIM...] [FLAGS]   the same findings as text, JSON or YAML\n"
           "       sandtop why CLAIM [FLAGS]           one claim's story\n"
           "\n"
           "Shows which Agent Sandbox claims are stuck, why, and what to do next.\n"
           "\n"
           "Where to look (as kubectl):\n"
           "      --kubeconfig FILE        this kubeconfig only (else $KUBECONFIG, ~/.kube/config, the pod's service account)\n"
           "      --context NAME           this context of it\n"
           "  -n, --namespace NAME         this namespace (else the context's; all where it names none)\n"
           "  -A, --all-namespaces         all namespaces (wins over -n)\n"
           "      --request-timeout TIME   give a short request up after TIME: 10s, 500ms, 1m (default 10s)\n"
           "      --as USER                act as USER\n"
           "      --as-group GROUP         act as member of GROUP; may be given several times\n"
           "\n"
           "How to look:\n"
           "      --filter PATTERN         start with this filter (a regular expression)\n"
           "      --theme NAME             dark, light, high-contrast, colour-blind, or a file (default $SANDTOP_THEME, dark)\n"
           "      --log-buffer SIZE        memory for log lines: 64M, 1G (default 64M)\n"
           "      --utc                    stamps in UTC instead of local time\n"
           "      --read-only              refuse whatever would change the cluster\n"
           "      --demo                   a simulated cluster; nothing is contacted\n"
           "      --or-demo                the simulated cluster if no real one answers within two seconds\n"
           "\n"
           "Without a screen (doctor, why):\n"
           "  -o, --output FORMAT          text, json or yaml (default text)\n"
           "      --watch                  doctor: print again whenever the findings change\n"
           "      --timeout TIME           give up looking after TIME (default 30s)\n"
           "\n"
           "      --keys                   print the keys and exit\n"
           "      --version                print the version and exit\n"
           "  -h, --help                   print this and exit\n"
           "\n"
           "Exit status: 0 quit, 1 it could not start (stderr says why), 2 wrong usage.\n"
           "doctor, why: 0 nothing is stuck, 1 something is stuck, 2 it could not look.\n"
           "Press ? in the dashboard for its keys. More: man sandtop.\n";
}

bool duration_parse(const char *text, int64_t *ms)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    char *end;

    errno = 0;
    double value = strtod(text, &end);
    if (end == text || errno || !(value >= 0) || value > 1e9)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i].unit) == 0) {
            *ms = (int64_t)(value * units[i].ms);
            return true;
        }
    }
    return false;
}

static bool size_parse(const char *text, size_t *bytes)
{
    char *end;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    unsigned shift = strcmp(end, "K") == 0 ? 10 : strcmp(end, "M") == 0 || strcmp(end, "MiB") == 0 ? 20 : strcmp(end, "G") == 0 ? 30 : 0;
    if (end == text || errno || (*end && !shift) || value > (SIZE_MAX >> shift) || text[0] == '-')
        return false;
    *bytes = (size_t)value << shift;
    return *bytes >= 1 << 20;
}

static void add_group(struct options *o, const char *group)
{
    size_t n = 0;

    while (o->as_groups && o->as_groups[n])
        n++;
    o->as_groups = mem_grow(o->as_groups, n + 2, sizeof *o->as_groups);
    o->as_groups[n] = group;
    o->as_groups[n + 1] = NULL;
    o->kube.as_groups = o->as_groups;
}

static bool take(struct options *o, int option, struct err *err)
{
    switch (option) {
    case O_KUBECONFIG: o->kube.kubeconfig = optarg; break;
    case O_CONTEXT: o->kube.context = optarg; break;
    case 'n': o->ns = optarg; break;
    case 'A': o->all_namespaces = true; break;
    case O_AS: o->kube.as = optarg; break;
    case O_AS_GROUP: add_group(o, optarg); break;
    case O_DEMO: o->demo = true; break;
    case O_OR_DEMO: o->or_demo = true; break;
    case O_THEME: o->theme = optarg; break;
    case O_READ_ONLY: o->read_only = true; break;
    case O_FILTER: o->filter = optarg; break;
    case O_UTC: o->utc = true; break;
    case O_KEYS: o->keys = true; break;
    case O_VERSION: o->version = true; break;
    case 'h': o->help = true; break;
    case O_WATCH: o->watch = true; break;
    case 'o':
        o->output = optarg;
        if (strcmp(optarg, "text") && strcmp(optarg, "json") && strcmp(optarg, "yaml"))
            return err_set(err, "-o: \"%s\" is no format: write text, json or yaml", optarg);
        break;
    case O_LOOK:
        if (!duration_parse(optarg, &o->timeout_ms))
            return err_set(err, "--timeout: \"%s\" is not a duration: write 10s, 500ms or 1m", optarg);
        break;
    case O_TIMEOUT:
        if (!duration_parse(optarg, &o->request_timeout_ms))
            return err_set(err, "--request-timeout: \"%s\" is not a duration: write 10s, 500ms or 1m", optarg);
        break;
    case O_LOG_BUFFER:
        if (!size_parse(optarg, &o->log_buffer_bytes))
            return err_set(err, "--log-buffer: \"%s\" is not a size of at least 1M: write 64M or 1G", optarg);
        break;
    default:
        return false;
    }
    return true;
}

/* getopt has moved the words behind the flags. */
static bool take_command(struct options *o, char **words, struct err *err)
{
    static const struct {
        const char *name;
        enum command command;
    } commands[] = {{"doctor", COMMAND_DOCTOR}, {"why", COMMAND_WHY}};

    o->names = words;
    if (!*words)
        return true;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(*words, commands[i].name) == 0)
            o->command = commands[i].command;
    if (o->command == COMMAND_DASHBOARD)
        return err_set(err, "there is no command %s: see sandtop --help", *words);
    o->names = words + 1;
    if (o->command == COMMAND_WHY && (!words[1] || words[2]))
        return err_set(err, "why wants the name of one claim: sandtop why CLAIM -n NAMESPACE");
    return true;
}

bool options_parse(int argc, char **argv, struct options *o, struct err *err)
{
    *o = (struct options){.theme = getenv("SANDTOP_THEME")};
    opterr = 0;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, ":n:Aho:", long_options, NULL)) != -1;) {
        const char *given = argv[optind - 1];
        if (option == ':')
            return err_set(err, "%s wants a value: see sandtop --help", given);
        if (option == '?')
            return err_set(err, "there is no flag %s: see sandtop --help", given);
        if (!take(o, option, err))
            return false;
    }
    if (!take_command(o, argv + optind, err))
        return false;
    if (o->ns && !*o->ns)
        o->ns = NULL;
    if (o->ns && o->all_namespaces)
        o->ns = NULL;                /* kubectl: -A wins */
    if (o->demo && o->or_demo)
        return err_set(err, "--demo and --or-demo exclude each other: give one");
    return true;
}

void options_free(struct options *o)
{
    free(o->as_groups);
    *o = (struct options){0};
}

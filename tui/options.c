/* One table of commands and one of flags. Invariant: what is parsed, what --help says and what a completion offers come from the same rows. */
#include "tui/options.h"

#include "core/base/mem.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#define OF(command) (1u << (command))
enum { EVERY = (1 << (COMMAND_COMPLETE + 1)) - 1, CONNECTS = EVERY & ~OF(COMMAND_COMPLETION), TELLS = OF(COMMAND_DOCTOR) | OF(COMMAND_WHY), RUNS = OF(COMMAND_RUN) | OF(COMMAND_CHECK) };

static const struct command_row {
    const char *name;
    enum program command;
    unsigned least, most;            /* words after it; most 0: any number */
    const char *usage, *help, *wants;
} commands[] = {
    {"doctor", COMMAND_DOCTOR, 0, 0, "doctor [CLAIM...]", "the same findings as text, JSON or YAML", NULL},
    {"logs", COMMAND_LOGS, 0, 0, "logs [controller|router|claim NAME|pod NAME]", "their lines on a pipe, merged by time", NULL},
    {"why", COMMAND_WHY, 1, 1, "why CLAIM", "one claim's story", "the name of one claim: sandtop why CLAIM -n NAMESPACE"},
    {"bundle", COMMAND_BUNDLE, 0, 0, "bundle [CLAIM...] [-o FILE]", "all that explains them in a .tar.gz, without secrets", NULL},
    {"run", COMMAND_RUN, 1, 0, "run -- COMMAND...", "a command in a test sandbox, its output and exit status",
     "a command: sandtop run --template T -n NAMESPACE -- python3 -c 'print(1)'"},
    {"check", COMMAND_CHECK, 1, 1, "check TEMPLATE", "whether a template's image starts, answers, and has what is named", "one template: sandtop check TEMPLATE -n NAMESPACE"},
    {"completion", COMMAND_COMPLETION, 1, 1, "completion SHELL", "a script for bash, zsh or fish: source <(sandtop completion bash)", "a shell: bash, zsh or fish"},
    {"__complete", COMMAND_COMPLETE, 1, 0, "__complete -- WORD...", NULL, "the words of the command line"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

enum value { FLAG, TEXT, WORDS, DURATION, SIZE, COUNT, FACTOR };
enum group { WHERE, HOW, NO_SCREEN, LOGS, RUN, OTHER, GROUPS };
static const char *const group_titles[GROUPS] = {
    [WHERE] = "Where to look (as kubectl)", [HOW] = "How to look", [NO_SCREEN] = "Without a screen", [LOGS] = "logs", [RUN] = "run, check", [OTHER] = "",
};

static const struct flag {
    const char *name;
    char letter;                     /* 0: none */
    enum value value;
    size_t at;                       /* offset in struct options */
    unsigned commands;               /* OF() of those that take it */
    enum group group;
    const char *argument, *help;
} flags[] = {
#define AT(member) offsetof(struct options, member)
    {"kubeconfig", 0, TEXT, AT(kube.kubeconfig), CONNECTS, WHERE, "FILE", "this kubeconfig only (else $KUBECONFIG, ~/.kube/config, the pod's service account)"},
    {"context", 0, TEXT, AT(kube.context), CONNECTS, WHERE, "NAME", "this context of it"},
    {"namespace", 'n', TEXT, AT(ns), CONNECTS, WHERE, "NAME", "this namespace (else the context's; all where it names none)"},
    {"all-namespaces", 'A', FLAG, AT(all_namespaces), CONNECTS, WHERE, NULL, "all namespaces (wins over -n)"},
    {"request-timeout", 0, DURATION, AT(request_timeout_ms), CONNECTS, WHERE, "TIME", "give a short request up after TIME: 10s, 500ms, 1m (default 10s)"},
    {"as", 0, TEXT, AT(kube.as), CONNECTS, WHERE, "USER", "act as USER"},
    {"as-group", 0, WORDS, AT(as_groups), CONNECTS, WHERE, "GROUP", "act as member of GROUP; may be given several times"},

    {"filter", 0, TEXT, AT(filter), OF(COMMAND_DASHBOARD), HOW, "PATTERN", "start with this filter (a regular expression)"},
    {"theme", 0, TEXT, AT(theme), OF(COMMAND_DASHBOARD), HOW, "NAME", "dark, light, high-contrast, colour-blind, or a file (default $SANDTOP_THEME, dark)"},
    {"log-buffer", 0, SIZE, AT(log_buffer_bytes), CONNECTS, HOW, "SIZE", "memory for log lines: 64M, 1G (default 64M)"},
    {"utc", 0, FLAG, AT(utc), CONNECTS, HOW, NULL, "stamps in UTC instead of local time"},
    {"read-only", 0, FLAG, AT(read_only), CONNECTS, HOW, NULL, "refuse whatever would change the cluster"},
    {"demo", 0, FLAG, AT(demo), CONNECTS, HOW, NULL, "a simulated cluster; nothing is contacted"},
    {"or-demo", 0, FLAG, AT(or_demo), CONNECTS, HOW, NULL, "the simulated cluster if no real one answers within two seconds"},

    {"record", 0, TEXT, AT(record), CONNECTS, HOW, "FILE", "write what is seen to FILE, without secrets, for --replay"},
    {"replay", 0, TEXT, AT(replay), CONNECTS, HOW, "FILE", "show a recording or a bundle instead of a cluster"},
    {"speed", 0, FACTOR, AT(speed), OF(COMMAND_DASHBOARD), HOW, "FACTOR", "of the replay: 0.5, 1, 10 (default 1)"},

    {"output", 'o', TEXT, AT(output), EVERY & ~OF(COMMAND_DASHBOARD), NO_SCREEN, "FORMAT", "text, json or yaml (default text); bundle: the file"},
    {"watch", 0, FLAG, AT(watch), OF(COMMAND_DOCTOR), NO_SCREEN, NULL, "doctor: print again whenever the findings change"},
    {"timeout", 0, DURATION, AT(timeout_ms), EVERY & ~OF(COMMAND_DASHBOARD), NO_SCREEN, "TIME", "give up after TIME (default 30s; run, check: 3m)"},

    {"template", 0, TEXT, AT(run.template_name), OF(COMMAND_RUN), RUN, "NAME", "run: in a new sandbox of this template"},
    {"pool", 0, TEXT, AT(run.pool), OF(COMMAND_RUN), RUN, "NAME", "run: in a new sandbox of this pool"},
    {"claim", 0, TEXT, AT(run.claim), OF(COMMAND_RUN), RUN, "NAME", "run: in this claim's sandbox, which stays"},
    {"sandbox", 0, TEXT, AT(run.sandbox), OF(COMMAND_RUN), RUN, "NAME", "run: in this sandbox, which stays"},
    {"shell", 0, FLAG, AT(run.shell), OF(COMMAND_RUN), RUN, NULL, "run: as sh -c 'COMMAND'; else words go out without a shell"},
    {"way", 0, TEXT, AT(run.way), OF(COMMAND_RUN), RUN, "WAY", "run: only so: service (proxy to the router), forward (to its pod), url, exec (pods/exec)"},
    {"keep", 0, FLAG, AT(run.keep), OF(COMMAND_RUN), RUN, NULL, "run: leave the claim there"},
    {"wait", 0, FLAG, AT(run.wait), OF(COMMAND_RUN), RUN, NULL, "run: end only when the pod is gone, not when it is terminating"},
    {"verbose", 'v', FLAG, AT(run.verbose), RUNS, RUN, NULL, "tell the stages on stderr"},
    {"import", 0, WORDS, AT(run.imports), OF(COMMAND_CHECK), RUN, "MODULE", "check: this Python module can be imported; may be given several times"},
    {"which", 0, WORDS, AT(run.programs), OF(COMMAND_CHECK), RUN, "PROGRAM", "check: this program is there; may be given several times"},
    {"router-url", 0, TEXT, AT(run.router_url), RUNS, RUN, "URL", "the router's own address (else $SANDTOP_ROUTER_URL; else through the API server)"},
    {"router-ns", 0, TEXT, AT(run.router_ns), RUNS, RUN, "NAME", "the router's namespace, where there are several"},
    {"token-file", 0, TEXT, AT(run.token_file), RUNS, RUN, "FILE", "the router's token (- asks for it; else $SANDTOP_ROUTER_TOKEN)"},

    {"follow", 'f', FLAG, AT(logs.follow), OF(COMMAND_LOGS), LOGS, NULL, "go on as lines come, for ever"},
    {"since", 0, DURATION, AT(logs.since_ms), OF(COMMAND_LOGS), LOGS, "TIME", "only what is not older: 10s, 5m, 1h"},
    {"tail", 0, COUNT, AT(logs.tail), OF(COMMAND_LOGS), LOGS, "N", "begin with the last N lines of each container (default all)"},
    {"grep", 0, TEXT, AT(logs.grep), OF(COMMAND_LOGS), LOGS, "PATTERN", "only lines that match (a regular expression)"},
    {"level", 0, TEXT, AT(logs.level), OF(COMMAND_LOGS), LOGS, "LEVEL", "only from this level on: debug, info, warn, error"},
    {"previous", 0, FLAG, AT(logs.previous), OF(COMMAND_LOGS), LOGS, NULL, "of the container before the last restart"},

    {"keys", 0, FLAG, AT(keys), EVERY, OTHER, NULL, "print the keys and exit"},
    {"version", 0, FLAG, AT(version), EVERY, OTHER, NULL, "print the version and exit"},
    {"help", 'h', FLAG, AT(help), EVERY, OTHER, NULL, "print this and exit"},
#undef AT
};
enum { FLAGS = sizeof flags / sizeof *flags, FLAG_COLUMN = 31 };

/* ---- values ------------------------------------------------------------------------------------------------------------------------ */

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

static bool count_parse(const char *text, int64_t *count)
{
    char *end;

    errno = 0;
    long long value = strtoll(text, &end, 10);
    *count = value;
    return end != text && !*end && !errno && value >= 0;
}

static bool factor_parse(const char *text, double *factor)
{
    char *end;

    errno = 0;
    *factor = strtod(text, &end);
    return end != text && !*end && !errno && isfinite(*factor) && *factor > 0 && *factor <= 1e6;
}

static void add_word(struct words *words, const char *word)
{
    words->v = mem_grow(words->v, words->n + 2, sizeof *words->v);
    words->v[words->n++] = word;
    words->v[words->n] = NULL;
}

static bool take(struct options *o, const struct flag *flag, const char *given, struct err *err)
{
    void *at = (char *)o + flag->at;

    switch (flag->value) {
    case FLAG: *(bool *)at = true; return true;
    case TEXT: *(const char **)at = given; return true;
    case WORDS: add_word(at, given); return true;
    case DURATION: return duration_parse(given, at) || err_set(err, "--%s: \"%s\" is not a duration: write 10s, 500ms or 1m", flag->name, given);
    case SIZE: return size_parse(given, at) || err_set(err, "--%s: \"%s\" is not a size of at least 1M: write 64M or 1G", flag->name, given);
    case COUNT: return count_parse(given, at) || err_set(err, "--%s: \"%s\" is not a number from 0 on", flag->name, given);
    case FACTOR: return factor_parse(given, at) || err_set(err, "--%s: \"%s\" is not a factor above 0: write 1, 0.5 or 10", flag->name, given);
    }
    return false;
}

/* ---- parsing ------------------------------------------------------------------------------------------------------------------------ */

static const struct command_row *row_of(enum program command)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (commands[i].command == command)
            return &commands[i];
    return NULL;
}

/* getopt has moved the words behind the flags. */
static bool take_command(struct options *o, char **words, struct err *err)
{
    const struct command_row *row = NULL;
    unsigned n = 0;

    o->names = words;
    if (!*words)
        return true;
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(*words, commands[i].name) == 0)
            row = &commands[i];
    if (!row)
        return err_set(err, "there is no command %s: see sandtop --help", *words);
    o->command = row->command;
    o->names = words + 1;
    while (o->names[n])
        n++;
    if (!o->help && (n < row->least || (row->most && n > row->most)))
        return err_set(err, "%s wants %s", row->name, row->wants);
    return true;
}

/* A flag of another command is a mistake that is better told than ignored. */
static bool fits(const struct options *o, const bool *given, struct err *err)
{
    const struct command_row *row = row_of(o->command);

    for (size_t i = 0; i < FLAGS; i++)
        if (given[i] && !(flags[i].commands & OF(o->command)))
            return err_set(err, "--%s is not for %s: see sandtop --help", flags[i].name, row ? row->name : "the dashboard");
    if (o->output && TELLS & OF(o->command) && strcmp(o->output, "text") && strcmp(o->output, "json") && strcmp(o->output, "yaml"))
        return err_set(err, "-o: \"%s\" is no format: write text, json or yaml", o->output);
    if (o->output && OF(o->command) & (OF(COMMAND_LOGS) | RUNS) && strcmp(o->output, "text") && strcmp(o->output, "json"))
        return err_set(err, "-o: \"%s\" is no format of %s: write text or json", o->output, row->name);
    return true;
}

static bool parse(int argc, char **argv, struct options *o, bool *given, struct err *err)
{
    struct option longs[FLAGS + 1] = {0};
    char letters[2 * FLAGS + 2] = ":";

    for (size_t i = 0, n = 1; i < FLAGS; i++) {
        longs[i] = (struct option){flags[i].name, flags[i].value == FLAG ? no_argument : required_argument, NULL, 256 + (int)i};
        if (flags[i].letter)
            letters[n++] = flags[i].letter;
        if (flags[i].letter && flags[i].value != FLAG)
            letters[n++] = ':';
    }
    opterr = 0;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
        const char *word = argv[optind - 1];
        size_t which = option >= 256 ? (size_t)option - 256 : 0;
        if (option == ':')
            return err_set(err, "%s wants a value: see sandtop --help", word);
        if (option == '?')
            return err_set(err, "there is no flag %s: see sandtop --help", word);
        while (option < 256 && flags[which].letter != option)
            which++;
        given[which] = true;
        if (!take(o, &flags[which], optarg, err))
            return false;
    }
    return take_command(o, argv + optind, err) && fits(o, given, err);
}

bool options_parse(int argc, char **argv, struct options *o, struct err *err)
{
    bool given[FLAGS] = {0};

    *o = (struct options){.theme = getenv("SANDTOP_THEME"), .logs = {.tail = -1}};
    if (!parse(argc, argv, o, given, err))
        return false;
    o->kube.as_groups = o->as_groups.v;
    if (o->ns && !*o->ns)
        o->ns = NULL;
    if (o->ns && o->all_namespaces)
        o->ns = NULL;                /* kubectl: -A wins */
    if (o->demo && o->or_demo)
        return err_set(err, "--demo and --or-demo exclude each other: give one");
    if (o->replay && (o->demo || o->or_demo || o->record))
        return err_set(err, "--replay goes with none of --record, --demo and --or-demo: it is a cluster of its own");
    if (o->speed > 0 && !o->replay)
        return err_set(err, "--speed is of a replay: give --replay FILE with it");
    return true;
}

void options_free(struct options *o)
{
    free(o->as_groups.v);
    free(o->run.imports.v);
    free(o->run.programs.v);
    *o = (struct options){0};
}

/* ---- what can be said --------------------------------------------------------------------------------------------------------------- */

static void help_flag(const struct flag *flag, struct buf *out)
{
    struct buf head = {0};

    if (flag->letter)
        buf_printf(&head, "  -%c, ", flag->letter);
    else
        buf_add_text(&head, "      ");
    buf_printf(&head, "--%s%s%s", flag->name, flag->argument ? " " : "", flag->argument ? flag->argument : "");
    buf_printf(out, "%-*s%s%s\n", FLAG_COLUMN - 1, head.p, head.n >= FLAG_COLUMN - 1 ? " " : "", flag->help);
    buf_free(&head);
}

void options_help(enum program command, struct buf *out)
{
    const struct command_row *row = row_of(command);

    if (row) {
        buf_printf(out, "usage: sandtop %s [FLAGS]: %s\n\n", row->usage, row->help);
    } else {
        buf_printf(out, "usage: %-37s the dashboard (also as kubectl sandtop)\n", "sandtop [FLAGS]");
        for (size_t i = 0; i < COMMANDS; i++) {
            struct buf usage = {0};
            if (!commands[i].help)
                continue;            /* not for a person */
            buf_printf(&usage, "sandtop %s [FLAGS]", commands[i].usage);
            buf_printf(out, "       %-37s %s\n", usage.p, commands[i].help);
            buf_free(&usage);
        }
        buf_add_text(out, "\nShows which Agent Sandbox claims are stuck, why, and what to do next.\n\n");
    }
    for (enum group group = 0; group < GROUPS; group++) {
        bool titled = !*group_titles[group];
        for (size_t i = 0; i < FLAGS; i++) {
            if (flags[i].group != group || (row && !(flags[i].commands & OF(command))))
                continue;
            if (!titled)
                buf_printf(out, "%s:\n", group_titles[group]);
            titled = true;
            help_flag(&flags[i], out);
        }
        if (titled && group + 1 < GROUPS)
            buf_add_text(out, "\n");
    }
    buf_add_text(out, "\n"
                      "Exit status: 0 quit, 1 it could not start (stderr says why), 2 wrong usage.\n"
                      "logs: 0 written, 1 there is nothing to read.\n"
                      "doctor, why: 0 nothing is stuck, 1 something is stuck, 2 it could not look.\n"
                      "run: the command's own; 124 the deadline passed, 125 it could not be run.\n"
                      "check: 0 all is there, 1 something is missing, 125 it could not be tried.\n"
                      "Press ? in the dashboard for its keys. More: man sandtop.\n");
}

void options_list_commands(struct buf *out)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (commands[i].help)
            buf_printf(out, "%s\n", commands[i].name);
}

void options_list_flags(enum program command, struct buf *out)
{
    for (size_t i = 0; i < FLAGS; i++) {
        if (!(flags[i].commands & OF(command)))
            continue;
        buf_printf(out, "--%s\n", flags[i].name);
        if (flags[i].letter)
            buf_printf(out, "-%c\n", flags[i].letter);
    }
}

bool options_takes_value(const char *name)
{
    for (size_t i = 0; i < FLAGS; i++)
        if (strcmp(name, flags[i].name) == 0 || (name[0] && !name[1] && name[0] == flags[i].letter))
            return flags[i].value != FLAG;
    return false;
}

enum program options_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].command;
    return COMMAND_DASHBOARD;
}

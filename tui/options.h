/* The command line: one table of commands and one of flags (options.c), read by the parser, --help and the shell completions. Flag names are
 * kubectl's where kubectl has them. */
#ifndef TUI_OPTIONS_H
#define TUI_OPTIONS_H
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/kube/kubeconfig.h"

enum program {
    COMMAND_DASHBOARD, COMMAND_DOCTOR, COMMAND_WHY, COMMAND_LOGS, COMMAND_RUN, COMMAND_CHECK, COMMAND_BUNDLE, COMMAND_COMPLETION,
    COMMAND_COMPLETE,                /* what the completion scripts ask: __complete */
};

struct words {                       /* of a flag that may be given several times */
    const char **v;                  /* NULL-terminated, the texts borrowed; NULL: none given */
    size_t n;
};
struct options {
    enum program command;
    char **names;                    /* what stands after the command; NULL-terminated, borrowed from argv */
    struct kubeconfig_flags kube;
    struct words as_groups;          /* kube.as_groups points to it */
    const char *ns;                  /* -n; NULL: the context's, else all */
    bool all_namespaces, demo, or_demo, read_only, utc, keys, version, help;
    const char *theme;               /* --theme, else $SANDTOP_THEME; NULL: dark */
    const char *filter;
    const char *record, *replay;     /* files; NULL: none */
    double speed;                    /* of a replay: 1 as it was; 0: not given */
    int64_t request_timeout_ms;      /* 0: the default */
    size_t log_buffer_bytes;         /* 0: the default */
    const char *output;              /* -o; NULL: the command's default. A format (text, json, yaml), for bundle a file */
    int64_t timeout_ms;              /* --timeout; 0: the command's default */
    bool watch;                      /* doctor */
    struct {
        bool follow, previous;
        int64_t since_ms, tail;      /* 0: all; -1: not given */
        const char *grep, *level;    /* NULL: not given */
    } logs;
    struct {
        const char *template_name, *pool, *claim, *sandbox, *router_url, *token_file, *way, *router_ns;   /* NULL: not given */
        bool keep, verbose, shell, wait;   /* shell: the command goes to sh -c; wait: until the pod is gone, too */
        struct words imports, programs;
    } run;
};
/* argv's strings are borrowed. False: err says which flag and what to do. */
bool options_parse(int argc, char **argv, struct options *, struct err *);
void options_free(struct options *);
/* "10s", "500ms", "2m", "1h", "10" (seconds), "0": ms. */
bool duration_parse(const char *text, int64_t *ms);
/* What --help prints: all of it, or (command not COMMAND_DASHBOARD) what concerns that command. */
void options_help(enum program, struct buf *out);
/* For the completions: the commands' names, and the flags that a command takes ("--context", "-n"), one a line. */
void options_list_commands(struct buf *out);
void options_list_flags(enum program, struct buf *out);
bool options_takes_value(const char *name);           /* of a flag, without its dashes: "context", "n" */
enum program options_command(const char *name);       /* COMMAND_DASHBOARD where there is none of that name */
#endif

/* The command line. Flag names are kubectl's where kubectl has them. */
#ifndef TUI_OPTIONS_H
#define TUI_OPTIONS_H
#include "core/base/err.h"
#include "core/kube/kubeconfig.h"

enum command { COMMAND_DASHBOARD, COMMAND_DOCTOR, COMMAND_WHY };

struct options {
    enum command command;
    char **names;                    /* what stands after the command; NULL-terminated, borrowed from argv */
    const char *output;              /* -o: "text" (default), "json", "yaml" */
    bool watch;                      /* doctor --watch */
    int64_t timeout_ms;              /* doctor: give up looking; 0: 30 s */
    struct kubeconfig_flags kube;
    const char **as_groups;          /* owned: kube.as_groups points to it */
    const char *ns;                  /* -n; NULL: the context's, else all */
    bool all_namespaces, demo, or_demo, read_only, utc, keys, version, help;
    const char *theme;               /* --theme, else $SANDTOP_THEME; NULL: dark */
    const char *filter;
    int64_t request_timeout_ms;      /* 0: the default */
    size_t log_buffer_bytes;         /* 0: the default */
};
/* argv's strings are borrowed. False: err says which flag and what to do. */
bool options_parse(int argc, char **argv, struct options *, struct err *);
void options_free(struct options *);
/* "10s", "500ms", "2m", "1h", "10" (seconds), "0": ms. */
bool duration_parse(const char *text, int64_t *ms);
/* What --help prints. */
const char *options_help(void);
#endif

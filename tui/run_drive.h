/* A run without a screen: what `sandtop run` and `sandtop check` share. Only the run's own requests go out; the picture of the cluster is
 * loaded when, and only when, a run has failed and the finding is wanted. A first Ctrl-C, SIGTERM or SIGHUP cleans up, a second one ends at
 * once. */
#ifndef TUI_RUN_DRIVE_H
#define TUI_RUN_DRIVE_H
#include "core/run/run.h"
#include "tui/connect.h"

enum { EXIT_DEADLINE = 124, EXIT_CANNOT = 125 };     /* as timeout(1) and docker run have them */

struct run_drive {
    const struct options *options;
    struct connection *connection;
    struct session *session;
    struct transport *transport;
    struct run *run;
    char *ns, *token;
    int signal_fd;
    int signalled;                   /* the first signal's number; 0: none */
    enum run_stage_state told[RUN_STAGES];
    struct buf finding_text;         /* the diagnosis of a failed run's claim, as doctor prints it; empty: none */
    struct buf finding_json;
};

/* Connects and starts. config's transport, clock, ns, token and evidence are filled in. False with a sentence. */
bool run_drive_open(struct run_drive *, const struct options *, struct run_config *, struct err *);
/* Waits for the next thing and lets it happen; with -v new stages are told on stderr. False once the run is over. */
bool run_drive_turn(struct run_drive *);
void run_drive_close(struct run_drive *);
/* Ends it as that signal would, and cleans up. */
void run_drive_cancel(struct run_drive *, int signo);
/* Waits until the command that was given last has come to its end, or the run to its. */
void run_drive_finish_command(struct run_drive *);
/* "sandtop: " and the text as one safe line on stderr. */
void run_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The failure, the finding, the missing permission, and what stayed: on stderr. */
void run_drive_tell_failure(struct run_drive *);
#endif

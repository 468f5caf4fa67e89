/* The commands that run in the simulated cluster's sandboxes, for /execute and pods/exec alike. Internal to core/sim. */
#ifndef SIM_COMMAND_H
#define SIM_COMMAND_H
#include "core/base/buf.h"
#include "core/base/ptrs.h"

struct burst {                       /* what a command writes at one moment */
    int64_t at_ms;                   /* after its start */
    int fd;                          /* 1 or 2 */
    struct buf bytes;
};
enum command_trouble { COMMAND_STARTED, COMMAND_NOT_FOUND, COMMAND_NOT_PERMITTED }; /* what the system says to exec */
struct command_run {
    const char *host;                /* to be set by the caller */
    struct ptrs bursts;              /* struct burst *, in order */
    int64_t ms;                      /* how long it took */
    int code;                        /* 128 + n where a signal ended it, as a shell tells it */
    int signal;                      /* that ended the program itself; 0: none */
    enum command_trouble trouble;
    int fd;                          /* where stdout goes; 0 is 1 */
};
void command_run(struct command_run *, char *const *words, int n);
/* Appends all that went to fd. */
void command_output(const struct command_run *, int fd, struct buf *out);
void command_free(struct command_run *);

enum { COMMAND_WORDS_MOST = 64 };
/* Splits as shlex does: quotes and backslashes, no expansion. Returns the number of words, to be freed; -1 where a quote stays open. */
int command_split(const char *line, char *words[COMMAND_WORDS_MOST]);
#endif

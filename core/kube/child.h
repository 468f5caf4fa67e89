/* A program run beside us without ever blocking: its output is gathered by child_step, its end is asked for, not signalled. It is a session
 * of its own, so it cannot reach our terminal, and everything it started ends with it when it is killed. */
#ifndef KUBE_CHILD_H
#define KUBE_CHILD_H
#include "core/base/buf.h"
#include "core/base/err.h"
#include <poll.h>

struct child;
/* argv and envp are NULL-terminated; stdin is /dev/null. NULL with the system's words for why it cannot be started. */
struct child *child_start(const char *path, char *const argv[], char *const envp[], struct err *);
/* Takes in what is there. True once it has ended (then *status is waitpid's). */
bool child_step(struct child *, int *status);
/* Kills it and all it started, if it still runs. */
void child_free(struct child *);
struct slice child_output(const struct child *);          /* stdout so far; borrowed until the next step */
struct slice child_complaint(const struct child *);       /* the last 8 KiB of stderr */
bool child_overflowed(const struct child *);              /* stdout passed 1 MiB: what is beyond is dropped */
unsigned child_fds(const struct child *, struct pollfd fds[2]);
/* The executable a command names: with a slash itself, else the first in $PATH (relative directories in it are passed over, as Go does).
 * NULL where there is none. The caller frees it. */
char *child_find(const char *command);
#endif

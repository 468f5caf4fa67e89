/* Invariant: the handlers touch only what stands in `guard`, which is complete before the first of them is installed, and call only what POSIX
 * lets a handler call. Requests to end are left to the loop, which can do it in order; only a second one before it has listened ends at once. */
#include "tui/terminal_guard.h"
#include "core/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const struct {
    int number;
    enum guard_event event;
} asked[] = {
    {SIGWINCH, GUARD_RESIZED}, {SIGCONT, GUARD_CONTINUED}, {SIGTSTP, GUARD_STOP}, {SIGTERM, GUARD_QUIT}, {SIGHUP, GUARD_QUIT}, {SIGINT, GUARD_QUIT},
};
static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGSYS};
enum { ASKED = sizeof asked / sizeof *asked, CRASHES = sizeof crashes / sizeof *crashes };

static struct {
    volatile sig_atomic_t on, pending[ASKED];
    int fd, pipe[2];
    struct termios modes;
    bool has_modes;
    char restoring[1024];
    volatile size_t restoring_n;
    struct sigaction old_asked[ASKED], old_crashes[CRASHES];
    char *stack;
} guard;

static void restore_now(void)
{
    if (!guard.on)
        return;
    guard.on = 0;
    ssize_t ignored = write(guard.fd, guard.restoring, guard.restoring_n);
    (void)ignored;
    if (guard.has_modes)
        tcsetattr(guard.fd, TCSANOW, &guard.modes);
}

static void end_as(int number, const struct sigaction *old)
{
    restore_now();
    sigaction(number, old, NULL);
    raise(number);                   /* it is blocked here, and comes when the handler returns */
}

static void on_asked(int number)
{
    int saved = errno;

    for (int i = 0; i < ASKED; i++) {
        if (asked[i].number != number)
            continue;
        if (asked[i].event == GUARD_QUIT && guard.pending[i])
            end_as(number, &(struct sigaction){.sa_handler = SIG_DFL});
        guard.pending[i] = 1;
    }
    ssize_t ignored = write(guard.pipe[1], "", 1);
    (void)ignored;
    errno = saved;
}

static void on_crash(int number)
{
    for (int i = 0; i < CRASHES; i++)
        if (crashes[i] == number)
            end_as(number, &guard.old_crashes[i]);
}

static void at_exit(void)
{
    restore_now();
}

/* A crash by a stack that is full needs another one to stand on. */
static void give_stack(void)
{
    enum { STACK = 65536 };
    stack_t now;

    if (sigaltstack(NULL, &now) != 0 || !(now.ss_flags & SS_DISABLE))
        return;
    guard.stack = mem_new(STACK);
    sigaltstack(&(stack_t){.ss_sp = guard.stack, .ss_size = STACK}, NULL);
}

static void install(void)
{
    for (int i = 0; i < ASKED; i++) {
        struct sigaction action = {.sa_handler = on_asked, .sa_flags = SA_RESTART};
        guard.pending[i] = 0;
        sigemptyset(&action.sa_mask);
        sigaction(asked[i].number, &action, &guard.old_asked[i]);
        bool spared = asked[i].event == GUARD_QUIT || asked[i].event == GUARD_STOP;
        if (spared && guard.old_asked[i].sa_handler == SIG_IGN)   /* who started us with nohup meant it */
            sigaction(asked[i].number, &guard.old_asked[i], NULL);
    }
    for (int i = 0; i < CRASHES; i++) {
        struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
        sigemptyset(&action.sa_mask);
        sigaction(crashes[i], &action, &guard.old_crashes[i]);
    }
}

int guard_start(int fd, struct slice restoring)
{
    static bool registered;

    if (pipe(guard.pipe) != 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        fcntl(guard.pipe[i], F_SETFD, FD_CLOEXEC);
        fcntl(guard.pipe[i], F_SETFL, O_NONBLOCK);
    }
    guard.fd = fd;
    guard.has_modes = tcgetattr(fd, &guard.modes) == 0;
    guard_restoring(restoring);
    give_stack();
    install();
    guard.on = 1;
    mem_on_exhausted(restore_now);
    if (!registered)
        atexit(at_exit);
    registered = true;
    return guard.pipe[0];
}

void guard_restoring(struct slice restoring)
{
    size_t n = restoring.n < sizeof guard.restoring ? restoring.n : sizeof guard.restoring;

    guard.restoring_n = 0;
    memcpy(guard.restoring, restoring.p, n);
    guard.restoring_n = n;
}

void guard_stop(void)
{
    guard.on = 0;
    mem_on_exhausted(NULL);
    for (int i = 0; i < ASKED; i++)
        sigaction(asked[i].number, &guard.old_asked[i], NULL);
    for (int i = 0; i < CRASHES; i++)
        sigaction(crashes[i], &guard.old_crashes[i], NULL);
    close(guard.pipe[0]);
    close(guard.pipe[1]);
    if (guard.stack) {
        sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
        free(guard.stack);
        guard.stack = NULL;
    }
}

unsigned guard_take(void)
{
    char bytes[64];
    unsigned events = 0;

    while (read(guard.pipe[0], bytes, sizeof bytes) > 0)
        ;
    for (int i = 0; i < ASKED; i++)
        if (guard.pending[i]) {
            guard.pending[i] = 0;
            events |= asked[i].event;
        }
    return events;
}

void guard_stop_job(void)
{
    struct sigaction stop = {.sa_handler = SIG_DFL}, ours;

    guard.on = 0;                    /* the screen is the shell's until we go on */
    sigemptyset(&stop.sa_mask);
    sigaction(SIGTSTP, &stop, &ours);
    kill(0, SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
    guard.on = 1;
}

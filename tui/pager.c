/* See pager.h. The text goes through a file without a name, so that a pager that reads slowly or not at all holds no one up. */
#include "tui/pager.h"

#include "core/base/file.h"
#include "core/base/mem.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct pager {
    struct terminal *terminal;
    pid_t pid;
    int fd;                          /* a pidfd, or -1 */
    bool ended;
    int status;                      /* of waitpid, once it has ended; -1: not known */
};
enum { END_MS = 500, LOOK_MS = 20 }; /* how long one that is told to end may take */

static _Noreturn void be_pager(int file)
{
    const char *command = getenv("PAGER");
    sigset_t none;

    setpgid(0, 0);
    tcsetpgrp(STDOUT_FILENO, getpid());  /* its Ctrl-C is its own; SIGTTOU is still ignored here */
    static const int own[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTOU, SIGTTIN, SIGPIPE, SIGWINCH, SIGCONT};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        signal(own[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(file, STDIN_FILENO) < 0)
        _exit(127);
    execl("/bin/sh", "sh", "-c", command && *command ? command : "less", (char *)NULL);
    _exit(127);
}

struct pager *pager_start(struct terminal *terminal, struct slice text, struct err *err)
{
    int file = memfd_create("sandtop", MFD_CLOEXEC);

    if (file < 0 || !file_write_all(file, text) || lseek(file, 0, SEEK_SET) != 0) {
        err_set(err, "no memory for the pager's text: %s", strerror(errno));
        if (file >= 0)
            close(file);
        return NULL;
    }
    terminal_lend(terminal);
    pid_t pid = fork();
    if (pid == 0)
        be_pager(file);
    close(file);
    if (pid < 0) {
        err_set(err, "the pager cannot be started: %s", strerror(errno));
        terminal_regain(terminal);
        return NULL;
    }
    setpgid(pid, pid);               /* whichever of the two comes first */
    struct pager *p = NEW(struct pager);
    *p = (struct pager){.terminal = terminal, .pid = pid, .fd = -1, .status = -1};
#ifdef SYS_pidfd_open
    p->fd = (int)syscall(SYS_pidfd_open, pid, 0);
#endif
    return p;
}

int pager_fd(const struct pager *p)
{
    return p->fd;
}

bool pager_done(struct pager *p)
{
    int status = -1;
    pid_t got = p->ended ? p->pid : waitpid(p->pid, &status, WNOHANG | WUNTRACED);

    if (got == p->pid && !p->ended && WIFSTOPPED(status)) {
        kill(-p->pid, SIGCONT);      /* there is no shell that could wake it: Ctrl-Z does nothing */
        got = 0;
    }
    if (!p->ended && got != 0) {
        p->ended = true;
        p->status = got == p->pid ? status : -1;
    }
    return p->ended;
}

const char *pager_failure(const struct pager *p)
{
    int code = p->ended && p->status != -1 && WIFEXITED(p->status) ? WEXITSTATUS(p->status) : 0;

    return code == 127 ? "the pager was not found: set PAGER to one that is installed" : code == 126 ? "the pager cannot be run: set PAGER to another one" : NULL;
}

/* One that does not heed SIGTERM must not keep sandtop from its own end. */
static void end(struct pager *p)
{
    kill(-p->pid, SIGTERM);
    kill(-p->pid, SIGCONT);          /* a stopped one could not end */
    for (int ms = 0; ms < END_MS && !pager_done(p); ms += LOOK_MS)
        poll(NULL, 0, LOOK_MS);
    if (pager_done(p))
        return;
    kill(-p->pid, SIGKILL);
    while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

void pager_free(struct pager *p)
{
    if (!p)
        return;
    if (!p->ended)
        end(p);
    if (p->fd >= 0)
        close(p->fd);
    terminal_regain(p->terminal);
    free(p);
}

/* The end of the process decides, not the end of its output: a plugin may leave a helper behind that holds the pipes open. */
#include "core/kube/child.h"
#include "core/base/mem.h"
#include "core/kube/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_OUTPUT = 1024 * 1024, MAX_COMPLAINT = 8192, STEP_BYTES = 256 * 1024, REAP_TRIES = 200 };

struct child {
    pid_t pid;                       /* 0: reaped */
    int out, err;                    /* -1: at their end */
    int status;
    struct buf output, complaint;
    bool overflowed;
};

/* Both ends close-on-exec and above stderr, so that spawn's dup2 never meets its own target. */
static bool make_pipe(int ends[2])
{
    int raw[2];
    if (pipe(raw) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, 3);
        close(raw[i]);
    }
    if (ends[0] >= 0 && ends[1] >= 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        return true;
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    return false;
}

/* Returns errno's kind of number, 0 if all is well. */
static int spawn(pid_t *pid, const char *path, char *const argv[], char *const envp[], int out, int err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    posix_spawn_file_actions_adddup2(&files, err, 2);
    int failed = posix_spawn(pid, path, &files, &attributes, argv, envp);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

struct child *child_start(const char *path, char *const argv[], char *const envp[], struct err *err)
{
    int out[2], complaint[2];
    pid_t pid;
    if (!make_pipe(out)) {
        err_set(err, "%s", strerror(errno));
        return NULL;
    }
    if (!make_pipe(complaint)) {
        err_set(err, "%s", strerror(errno));
        close(out[0]);
        close(out[1]);
        return NULL;
    }
    int failed = spawn(&pid, path, argv, envp, out[1], complaint[1]);
    close(out[1]);
    close(complaint[1]);
    if (failed) {
        err_set(err, "%s", strerror(failed));
        close(out[0]);
        close(complaint[0]);
        return NULL;
    }
    struct child *c = NEW(struct child);
    c->pid = pid;
    c->out = out[0];
    c->err = complaint[0];
    return c;
}

static void take_output(struct child *c, const char *bytes, size_t n)
{
    size_t room = MAX_OUTPUT - c->output.n;
    c->overflowed |= n > room;
    secret_buf_add(&c->output, bytes, n < room ? n : room);
}

static void take_complaint(struct child *c, const char *bytes, size_t n)
{
    secret_buf_add(&c->complaint, bytes, n);
    if (c->complaint.n > MAX_COMPLAINT)
        buf_drop_front(&c->complaint, c->complaint.n - MAX_COMPLAINT);
}

static void drain(struct child *c, int *fd, void (*take)(struct child *, const char *, size_t))
{
    char chunk[8192];
    for (size_t total = 0; *fd >= 0 && total < STEP_BYTES;) {
        ssize_t n = read(*fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0) {
            close(*fd);
            *fd = -1;
            break;
        }
        take(c, chunk, (size_t)n);
        total += (size_t)n;
    }
    explicit_bzero(chunk, sizeof chunk);
}

static void reap(struct child *c)
{
    pid_t got;
    if (!c->pid)
        return;
    do
        got = waitpid(c->pid, &c->status, WNOHANG);
    while (got < 0 && errno == EINTR);
    if (got == c->pid || (got < 0 && errno == ECHILD)) {
        if (got < 0)
            c->status = 0;           /* SIGCHLD is ignored around us: its output has to speak for it */
        c->pid = 0;
    }
}

bool child_step(struct child *c, int *status)
{
    reap(c);
    drain(c, &c->out, take_output);
    drain(c, &c->err, take_complaint);
    *status = c->status;
    return !c->pid;
}

/* SIGKILL ends all but a process in an uninterruptible read, which is not waited for: the screen goes on. */
void child_free(struct child *c)
{
    if (!c)
        return;
    if (c->pid) {
        kill(-c->pid, SIGKILL);
        kill(c->pid, SIGKILL);
    }
    for (int i = 0; c->pid && i < REAP_TRIES; i++) {
        reap(c);
        if (c->pid)
            poll(NULL, 0, 1);
    }
    if (c->out >= 0)
        close(c->out);
    if (c->err >= 0)
        close(c->err);
    secret_buf_free(&c->output);
    secret_buf_free(&c->complaint);
    free(c);
}

struct slice child_output(const struct child *c)
{
    return buf_slice(&c->output);
}

struct slice child_complaint(const struct child *c)
{
    return buf_slice(&c->complaint);
}

bool child_overflowed(const struct child *c)
{
    return c->overflowed;
}

unsigned child_fds(const struct child *c, struct pollfd fds[2])
{
    unsigned n = 0;
    if (c->out >= 0)
        fds[n++] = (struct pollfd){.fd = c->out, .events = POLLIN};
    if (c->err >= 0)
        fds[n++] = (struct pollfd){.fd = c->err, .events = POLLIN};
    return n;
}

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *child_find(const char *command)
{
    if (strchr(command, '/'))
        return access(command, F_OK) == 0 ? mem_text(command) : NULL;
    const char *path = getenv("PATH");
    while (path && *path) {
        size_t n = strcspn(path, ":");
        char *full = mem_printf("%.*s/%s", (int)n, path, command);
        if (path[0] == '/' && is_program(full))
            return full;
        free(full);
        path += n + (path[n] == ':');
    }
    return NULL;
}

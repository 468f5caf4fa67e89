/* Invariant: the run is stepped after every step of the transport, whoever stepped it. */
#include "tui/run_drive.h"

#include "core/base/mem.h"
#include "core/kube/secret.h"
#include "core/session/run_set.h"
#include "tui/doctor.h"
#include "tui/plain_text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

enum { TOKEN_MOST = 64 * 1024, DIAGNOSE_MS = 4000, SETTLE_MS = 300 };

void run_tell(const char *format, ...)
{
    struct buf text = {0}, line = {0};
    va_list ap;

    va_start(ap, format);
    buf_vprintf(&text, format, ap);
    va_end(ap);
    buf_add_text(&line, "sandtop: ");
    plain_line(buf_slice(&text).p, &line);
    fprintf(stderr, "%s\n", line.p);
    buf_free(&text);
    buf_free(&line);
}

/* ---- opening ----------------------------------------------------------------------------------------------------------------------- */

/* A line from the terminal without echo, or from what stdin is. */
static bool ask_token(struct buf *out, struct err *err)
{
    struct termios before, silent;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
    char c;

    if (terminal) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
        fputs("The router's token: ", stderr);
    }
    while (out->n < TOKEN_MOST && read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
        secret_buf_add(out, &c, 1);
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    return out->n > 0 || err_set(err, "no token was given on stdin");
}

/* From --token-file, else the environment; never into a message. */
static bool read_token(struct run_drive *d, struct err *err)
{
    const char *file = d->options->run.token_file, *value = getenv("SANDTOP_ROUTER_TOKEN");
    struct buf text = {0};

    bool read_it = !file || (strcmp(file, "-") == 0 ? ask_token(&text, err) : secret_read(file, TOKEN_MOST, false, &text, err));
    if (!read_it) {
        secret_buf_free(&text);
        return err_prefix(err, "--token-file");
    }
    struct slice token = slice_trim(file ? buf_slice(&text) : slice_of(value ? value : ""));
    bool good = is_header_text(token) || err_set(err, "the router's token holds characters that cannot stand in a header");
    if (good && token.n)
        d->token = slice_dup(token);
    secret_buf_free(&text);
    unsetenv("SANDTOP_ROUTER_TOKEN"); /* a credential plugin that we start need not know it */
    return good;
}

static void watch_signals(struct run_drive *d)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    d->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

bool run_drive_open(struct run_drive *d, const struct options *o, struct run_config *config, struct err *err)
{
    *d = (struct run_drive){.options = o, .signal_fd = -1};
    if (o->read_only || o->replay)
        return err_set(err, "%s: no command is run", o->replay ? "a recording" : "read-only");
    if (!read_token(d, err))
        return false;
    d->connection = o->demo ? connection_demo(o) : connection_open(o, NULL, err);
    if (!d->connection)
        return false;
    d->session = connection_session(d->connection);
    d->transport = session_transport(d->session);
    const char *ns = session_info(d->session)->ns;
    d->ns = mem_text(o->ns ? o->ns : ns && *ns ? ns : "default");
    watch_signals(d);
    config->transport = d->transport;
    config->clock = clock_system();
    config->ns = d->ns;
    config->token = d->token;
    config->evidence = true;
    config->deadline_ms = o->timeout_ms;
    config->router_ns = o->run.router_ns;
    const char *url = getenv("SANDTOP_ROUTER_URL");
    config->router_url = o->run.router_url ? o->run.router_url : url && *url ? url : NULL;
    d->run = run_new(config);
    return true;
}

void run_drive_close(struct run_drive *d)
{
    run_free(d->run);
    connection_close(d->connection);
    free(d->ns);
    secret_free(d->token);
    if (d->signal_fd >= 0)
        close(d->signal_fd);
    buf_free(&d->finding_text);
    buf_free(&d->finding_json);
}

/* ---- turning ----------------------------------------------------------------------------------------------------------------------- */

static void tell_stages(struct run_drive *d)
{
    static const char *const words[] = {[RUN_STAGE_ACTIVE] = "…", [RUN_STAGE_DONE] = "done", [RUN_STAGE_FAILED] = "FAILED",
        [RUN_STAGE_SKIPPED] = "skipped"};
    const struct run_view *view = run_view(d->run);
    char clock[16], took[16];

    for (int i = 0; i < RUN_STAGES; i++) {
        const struct run_stage *s = &view->stages[i];
        bool over = s->state > RUN_STAGE_ACTIVE;
        if (s->state == d->told[i] || !over)
            continue;
        d->told[i] = s->state;
        if (s->state == RUN_STAGE_SKIPPED && !*s->detail)
            continue;
        run_tell("%s %s%s%s: %s, %s", time_hms(s->wall_ms ? s->wall_ms : view->started_wall_ms, !d->options->utc, clock), s->name,
                 *s->detail ? " " : "", s->detail,
                 words[s->state], time_stage(s->took_ms, took));
    }
}

void run_drive_cancel(struct run_drive *d, int signo)
{
    d->signalled = signo;
    run_cancel(d->run);
}

static void take_signals(struct run_drive *d)
{
    struct signalfd_siginfo info;

    while (d->signal_fd >= 0 && read(d->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (d->signalled) {
            run_tell("ended at once; the claim goes by itself when its time is over");
            _exit(128 + (int)info.ssi_signo);
        }
        run_drive_cancel(d, (int)info.ssi_signo);
    }
}

/* The picture of the run's namespace, until the claim's cause is known. The session steps the same transport, so the run goes on meanwhile.
 * */
static void diagnose(struct run_drive *d)
{
    const struct clock *clock = clock_system();
    int64_t start = clock->mono(clock), told = 0;
    char *claim = mem_text(run_view(d->run)->claim), *names[] = {claim, NULL};
    const struct object *found = NULL;

    session_set_ns(d->session, d->ns);
    for (int64_t now = start; now - start < DIAGNOSE_MS; now = clock->mono(clock)) {
        struct pollfd fd = {.fd = d->signal_fd, .events = POLLIN};
        session_wait(d->session, &fd, d->signal_fd >= 0, 50);
        session_turn(d->session);
        run_step(d->run);
        take_signals(d);
        found = store_find(session_store(d->session), KIND_CLAIM, slice_of(d->ns), slice_of(claim));
        const struct verdict *verdict = found ? diagnosis_verdict(session_diagnosis(d->session), found) : NULL;
        if (!told && verdict && *verdict->rule && session_info(d->session)->first_list)
            told = now;
        bool enough = (told && now - told >= SETTLE_MS) || run_view(d->run)->state != RUN_EVIDENCE;
        if (found && (enough || now - start > DIAGNOSE_MS - 100)) {
            struct look look = {.diagnosis = session_diagnosis(d->session), .store = session_store(d->session),
                .now_ms = session_now(d->session), .names = names};
            doctor_text(&look, true, &d->finding_text);
            if (verdict && verdict->state == CLAIM_READY && slice_starts(buf_slice(&d->finding_text), slice_of("✔")))
                buf_clear(&d->finding_text); /* all is well with the claim: that is no reason */
            doctor_json(&look, &d->finding_json);
            enough = true;
        } else if (found) {
            session_select(d->session, found);
        }
        session_sweep(d->session);
        if (enough)
            break;
    }
    free(claim);
}

bool run_drive_turn(struct run_drive *d)
{
    struct pollfd fd = {.fd = d->signal_fd, .events = POLLIN};
    int64_t due = run_due(d->run), own = d->transport->ops->due(d->transport);

    due = due < 0 || (own >= 0 && own < due) ? own : due;
    if (run_view(d->run)->state == RUN_EVIDENCE || run_view(d->run)->state == RUN_OVER)
        due = 0;                     /* decided since the last turn, by run_drive_cancel: nothing else would wake us */
    d->transport->ops->wait(d->transport, &fd, d->signal_fd >= 0, due > 60000 ? 60000 : (int)due);
    d->transport->ops->step(d->transport);
    run_step(d->run);
    take_signals(d);
    if (d->options->run.verbose)
        tell_stages(d);
    enum run_state state = run_view(d->run)->state;
    if (state == RUN_EVIDENCE) {
        const struct run_view *view = run_view(d->run);
        if (!d->signalled && !(view->outcome == RUN_DEADLINE && view->stage == RUN_STAGE_COMMAND))
            diagnose(d);             /* a command that takes too long says nothing about its claim */
        run_evidence_taken(d->run);
    }
    return state != RUN_OVER;
}

void run_drive_finish_command(struct run_drive *d)
{
    while (run_view(d->run)->state == RUN_WORKING && run_drive_turn(d))
        ;
}

void run_drive_tell_failure(struct run_drive *d)
{
    const struct run_view *view = run_view(d->run);

    if (*view->failure)
        run_tell("%s", view->failure);
    if (*view->permission)
        run_tell("missing permission: %s", view->permission);
    if (d->finding_text.n)
        fputs(d->finding_text.p, stderr);
    if (*view->left)
        run_tell("left behind: %s", view->left);
}

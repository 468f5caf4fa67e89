/* `sandtop bundle`: looks as doctor does, then has the bundle written. A signal leaves nothing behind. */
#include "tui/bundle_command.h"

#include "core/base/mem.h"
#include "core/base/ptrs.h"
#include "core/session/bundle.h"
#include "tui/connect.h"
#include "tui/doctor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOOK_MS = 30000, BUNDLE_MS = 120000 };

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    interrupted = number;
}

static void heed_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
}

static void named_claims(const struct options *o, const struct store *store, struct ptrs *out)
{
    const struct ptrs *claims = store_all(store, KIND_CLAIM);

    for (char *const *name = o->names; name && *name; name++)
        for (size_t i = 0; i < claims->n; i++)
            if (strcmp(((const struct object *)claims->v[i])->name, *name) == 0)
                ptrs_add(out, claims->v[i]);
}

static struct bundle *start(const struct options *o, struct session *session, const char *file, struct err *err)
{
    struct look look = {
        .diagnosis = session_diagnosis(session), .store = session_store(session), .now_ms = session_now(session), .names = o->names,
        .metrics = session_facts(session)->metrics,
    };
    struct buf text = {0}, found = {0};
    struct ptrs claims = {0};

    doctor_text(&look, true, &text);
    doctor_json(&look, &found);
    named_claims(o, look.store, &claims);
    struct bundle_wish wish = {
        .file = file, .claims = (const struct object *const *)(void *)claims.v, .n_claims = claims.n, .findings_text = buf_slice(&text),
        .findings_json = buf_slice(&found), .program = "sandtop " VERSION,
    };
    struct bundle *bundle = bundle_start(session, &wish, err);
    ptrs_free(&claims);
    buf_free(&text);
    buf_free(&found);
    return bundle;
}

static bool finish(struct session *session, struct bundle *bundle, int64_t timeout_ms, struct err *err)
{
    const struct clock *clock = clock_system();
    int64_t start_ms = clock->mono(clock);
    const struct bundle_status *status = bundle_status(bundle);

    while (status->state == BUNDLE_READING || status->state == BUNDLE_WRITING) {
        int64_t due = bundle_due(bundle);
        session_wait(session, NULL, 0, due < 0 || due > 200 ? 200 : (int)due);
        session_turn(session);
        bundle_step(bundle);
        session_sweep(session);
        if (interrupted)
            return err_set(err, "interrupted: nothing was written");
        if (clock->mono(clock) - start_ms > timeout_ms)
            return err_set(err, "not all was read within %lld s: give more time with --timeout", (long long)(timeout_ms / 1000));
    }
    return status->state == BUNDLE_DONE || err_set(err, "%s", status->message);
}

static void tell(const struct bundle_status *s)
{
    printf("%s\n", s->file);
    fflush(stdout);
    fprintf(stderr, "sandtop: %s: %zu claim%s, %zu objects, %zu places redacted; show it with: sandtop --replay %s\n", s->file, s->claims,
            s->claims == 1 ? "" : "s", s->objects, s->redacted, s->file);
    fputs(s->message, stderr);
}

int bundle_run(const struct options *o)
{
    struct err err = {0};
    int64_t timeout = o->timeout_ms ? o->timeout_ms : LOOK_MS;
    struct connection *connection = o->demo ? connection_demo(o) : connection_open(o, NULL, &err);
    struct session *session = connection ? connection_session(connection) : NULL;
    struct bundle *bundle = NULL;
    char *file = o->output ? mem_text(o->output) : bundle_file_name(clock_system()->wall(clock_system()));

    heed_signals();
    bool good = connection && connection_await(connection, timeout, &err);
    if (good)
        session_ask_metrics(session);
    good = good && doctor_settle(session, timeout, &err) && doctor_names_known(o, session_store(session), &err);
    if (good)
        bundle = start(o, session, file, &err);
    good = bundle && finish(session, bundle, o->timeout_ms ? o->timeout_ms : BUNDLE_MS, &err);
    if (good)
        tell(bundle_status(bundle));
    else
        fprintf(stderr, "sandtop: %s\n", err.text ? err.text : "no bundle could be made");
    bundle_free(bundle);
    connection_close(connection);
    err_clear(&err);
    free(file);
    return good ? 0 : 2;
}

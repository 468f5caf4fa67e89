/* Anything at all as a recording: it is refused with a word, or shown at any time of it by a session that stays in order. What is
 * written of it again is a recording too. */
#include "core/base/mem.h"
#include "core/record/recording.h"
#include "core/record/redact.h"
#include "core/session/session.h"
#include "core/sim/sim.h"
#include "core/sim/sim_replay.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool good)
{
    if (!good)
        abort();
}

static void look(struct session *s, struct clock_virtual *base)
{
    for (int i = 0; i < 12; i++) {
        session_turn(s);
        session_sweep(s);
        clock_virtual_advance(base, 400);
    }
}

/* A cast: its world lives a while, or is refused with its row. */
static void live(struct recording *rec)
{
    struct clock_virtual clock;
    struct err err = {0};

    clock_virtual_init(&clock, INT64_C(1795423489000));
    struct sim *sim = sim_new(&clock.clock, 1);
    if (sim_story_tell(sim, rec, &err)) {
        struct session_config config = {.clock = &clock.clock, .transport = sim_transport(sim), .log_buffer_bytes = 1 << 20,
            .simulated = true};
        struct session *s = session_new(&config);
        look(s, &clock);
        session_free(s);
    } else {
        must(err.text);
    }
    err_clear(&err);
    sim_free(sim);
}

static void play(struct recording *rec)
{
    struct clock_virtual base;
    static const int64_t places[] = {0, 1000, INT64_MAX, 500, -7};

    clock_virtual_init(&base, 0);
    struct replay *r = replay_new(rec, &base.clock);
    struct session_config config = {.clock = replay_clock(r), .transport = replay_transport(r), .log_buffer_bytes = 1 << 20,
        .simulated = true};
    struct session *s = session_new(&config);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        look(s, &base);
        replay_seek(r, places[i]);
        must(replay_position(r) >= 0 && replay_position(r) <= replay_length(r));
    }
    session_free(s);
    replay_free(r);
}

/* What was written reads as what it was written from. */
static void write_again(const struct recording *rec)
{
    struct buf out = {0};
    struct err err = {0};
    struct recording_about about = {0};
    struct recording_writer w = {.out = &out, .start_ms = recording_start(rec)};
    size_t written = 0;

    recording_begin(&w, &about);
    for (size_t i = 0; i < recording_count(rec); i++) {
        const struct recording_event *e = recording_event(rec, i);
        if (e->what == RECORDING_PUT)
            written += recording_put(&w, w.start_ms + e->at_ms, "v1", "Pod", e->value);
    }
    recording_end(&w, w.start_ms);
    struct recording *again = recording_read(buf_slice(&out), "again", 0, &err);
    must(again && recording_count(again) == written);
    recording_free(again);
    err_clear(&err);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice text = {(const char *)data, n};
    struct err err = {0};
    struct buf out = {0};
    struct recording *rec = recording_read(text, "fuzz", INT64_C(1795423489000), &err);

    must(rec || err.text);
    err_clear(&err);
    redact_text(text, &out);
    redact_line(text, &out);
    buf_free(&out);
    if (rec && recording_cast(rec).n) {
        live(rec);
    } else if (rec && recording_count(rec) < 2000) {
        write_again(rec);
        play(rec);
    } else {
        recording_free(rec);
    }
    return 0;
}

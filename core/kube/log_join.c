/* Invariant: a line goes out as new once. It rests on how the kubelet reads: one file, in order, so that a resumed answer (sinceTime
 * floored to the second before the newest line) repeats the newest lines and then goes on, unless that file was rotated away; and on
 * stamps that grow but for the jitter of the container's two pipes. What was seen on a real kubelet: a follower that stood still for 22 s
 * while the log was rotated lost 103,700 lines and was then sent 55,700 others twice, in one answer. */
#include "core/kube/log_join.h"

#include "core/base/clock.h"

#include <stdio.h>

static const int64_t second_ns = 1000000000;

enum {
    JITTER_S = 1,                    /* stamps of one live log may go back so far */
    CAUGHT_UP_S = 2, BEHIND_S = 5,   /* more than the clocks' difference */
    LIVE_S = 60,                     /* older lines are a log that is read from its file: where it pauses nothing is missing */
    PAST_KEPT_S = 3,
    BUCKET_S = 30,
    JUMP_LINES_LEAST = 50,           /* what a jump must hide at the former rate to be called a gap */
    GAP_EPISODE_S = 60,              /* a log that is sent again so soon after a gap belongs to it */
    REPEATING_MOST_S = 30,           /* a log that is sent again for longer than this is taken for one whose clock was set */
};

void log_join_init(struct log_join *j)
{
    *j = (struct log_join){.line_ns = INT64_MIN, .least_ns = INT64_MAX, .least_before_ns = INT64_MAX};
    log_window_init(&j->window);
    log_window_init(&j->past);
}

void log_join_begin(struct log_join *j, enum log_answer answer)
{
    j->resumed = answer != LOG_ANSWER_FIRST && j->window.newest_ns != INT64_MIN;
    j->other = j->overlapped = answer == LOG_ANSWER_OTHER;
    j->repeating = j->caught_up = j->behind = j->newest_met = false;
    j->line_ns = INT64_MIN;
    j->line_repeated = false;
    j->gap = LOG_GAP_NONE;
    log_window_round(&j->window);
    log_window_round(&j->past);
}

void log_join_arrived(struct log_join *j, int64_t wall_ms)
{
    j->now_ns = wall_ms * 1000000;
    if (j->now_ns - j->bucket_ns < BUCKET_S * second_ns && j->now_ns >= j->bucket_ns)
        return;
    j->bucket_ns = j->now_ns;
    j->least_before_ns = j->least_ns;
    j->least_ns = INT64_MAX;
}

static void found_gap(struct log_join *j, enum log_gap gap, int64_t to_ns)
{
    int64_t quiet;

    j->gap = gap;
    j->gap_said_ns = j->now_ns;
    j->gap_from_ns = j->window.newest_ns;
    j->gap_to_ns = to_ns;
    j->gap_rate = log_window_rate(&j->window, &quiet);
}

/* Of a new line: does it come late, and did the stamps jump meanwhile? */
static void measure(struct log_join *j, int64_t stamp_ns)
{
    int64_t lag = j->now_ns - stamp_ns, least = j->least_before_ns < j->least_ns ? j->least_before_ns : j->least_ns, quiet;
    int64_t over = least == INT64_MAX ? 0 : lag - least;
    int64_t jump = j->window.newest_ns == INT64_MIN ? 0 : stamp_ns - j->window.newest_ns;

    if (lag < j->least_ns)
        j->least_ns = lag;
    if (over < CAUGHT_UP_S * second_ns && !j->behind && lag < LIVE_S * second_ns)
        j->caught_up = true;
    if (j->caught_up && over > BEHIND_S * second_ns)
        j->behind = true;
    /* the line at which the lag vanishes may be the one behind the hole */
    if (j->behind && jump > JITTER_S * second_ns) {
        double rate = log_window_rate(&j->window, &quiet);
        if (rate * (double)jump / 1e9 >= JUMP_LINES_LEAST && jump > 2 * quiet)
            found_gap(j, LOG_GAP_JUMP, stamp_ns);
    }
    if (j->behind && over < CAUGHT_UP_S * second_ns)
        j->behind = false;
}

static enum log_verdict take(struct log_join *j, int64_t stamp_ns, struct slice text)
{
    j->line_repeated = false;
    log_window_add(&j->window, stamp_ns, text);
    return LOG_NEW;
}

static enum log_verdict repeat(struct log_join *j)
{
    j->line_repeated = true;
    j->newest_met |= j->line_ns == j->window.newest_ns;
    return LOG_REPEAT;
}

/* Belongs to the dated line before it: the rest of one that was sent in pieces, or the other pipe's words in the middle of it. */
static enum log_verdict undated(struct log_join *j, struct slice text)
{
    if (j->line_ns == INT64_MIN)     /* a resumed answer that begins in the middle of a line: it was handed out whole */
        return j->resumed ? LOG_REPEAT : LOG_NEW;
    if (j->line_repeated && (log_window_had(&j->window, j->line_ns, text) || j->line_ns < j->window.newest_ns))
        return LOG_REPEAT;
    if (j->window.newest_ns != INT64_MIN)
        log_window_add(&j->window, j->line_ns, text);
    return LOG_NEW;
}

/* A live answer has gone back by more than the newest line's own stamp. */
static enum log_verdict gone_back(struct log_join *j, int64_t stamp_ns, struct slice text)
{
    bool far = j->window.newest_ns - stamp_ns > JITTER_S * second_ns;

    if (!j->repeating) {
        log_window_round(&j->window);
        j->repeating_since_ns = j->now_ns;
    }
    bool had = far ? log_window_had(&j->window, stamp_ns, text) : log_window_kept(&j->window, stamp_ns, text);
    if (had && j->now_ns - j->repeating_since_ns < REPEATING_MOST_S * second_ns) {
        if (!j->repeating && far && j->now_ns - j->gap_said_ns > GAP_EPISODE_S * second_ns)
            found_gap(j, LOG_GAP_REPEAT, stamp_ns);
        j->repeating = true;
        return repeat(j);
    }
    if (!far || (j->repeating && !had))
        return take(j, stamp_ns, text);
    found_gap(j, LOG_GAP_CLOCK, stamp_ns);
    log_window_free(&j->past);
    j->past = j->window;
    log_window_init(&j->window);
    j->repeating = false;
    j->least_ns = j->least_before_ns = INT64_MAX;
    return take(j, stamp_ns, text);
}

enum log_verdict log_join_line(struct log_join *j, int64_t stamp_ns, struct slice text)
{
    j->gap = LOG_GAP_NONE;
    if (stamp_ns == INT64_MIN)
        return undated(j, text);
    j->line_ns = stamp_ns;
    if (j->past.n && log_window_kept(&j->past, stamp_ns, text)) {
        j->overlapped = true;
        return repeat(j);
    }
    if (j->resumed && stamp_ns <= j->window.newest_ns) {
        bool had = j->other ? log_window_kept(&j->window, stamp_ns, text) : log_window_had(&j->window, stamp_ns, text);
        j->overlapped = true;
        return had ? repeat(j) : take(j, stamp_ns, text);
    }
    if (j->resumed && !j->overlapped)
        return LOG_UNJOINED;
    j->resumed = false;
    if (stamp_ns < j->window.newest_ns || (j->repeating && stamp_ns == j->window.newest_ns))
        return gone_back(j, stamp_ns, text);
    j->repeating = false;
    if (j->past.n && stamp_ns - PAST_KEPT_S * second_ns > j->past.newest_ns)
        log_window_free(&j->past);   /* no resumed answer reaches back to it any more */
    measure(j, stamp_ns);
    return take(j, stamp_ns, text);
}

void log_join_accept(struct log_join *j, int64_t stamp_ns)
{
    j->overlapped = true;
    found_gap(j, LOG_GAP_RESUME, stamp_ns);
}

/* 1,234,567, three digits of it true */
static void add_number(struct buf *out, double value)
{
    uint64_t n = value < 1e15 ? (uint64_t)(value + 0.5) : (uint64_t)1e15, unit = 1;
    char digits[32];

    while (n / unit >= 1000)
        unit *= 10;
    n = (n + unit / 2) / unit * unit;
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            buf_add_byte(out, ',');
        buf_add_byte(out, digits[i]);
    }
}

void log_join_gap_text(const struct log_join *j, struct buf *out)
{
    int64_t apart = j->gap_to_ns > j->gap_from_ns ? j->gap_to_ns - j->gap_from_ns : 0;
    double missing = j->gap_rate * (double)apart / 1e9;
    char time[16];

    if (j->gap == LOG_GAP_CLOCK) {
        buf_printf(out, "the node's clock went back by %s", time_stage((j->gap_from_ns - j->gap_to_ns) / 1000000, time));
        return;
    }
    if (j->gap == LOG_GAP_REPEAT) {
        buf_add_text(out, "the log was rotated while it was read: lines may be missing here");
        return;
    }
    if (missing < 1) {
        buf_add_text(out, "lines may be missing here: what follows does not join what was read");
        return;
    }
    buf_add_text(out, "about ");
    add_number(out, missing);
    buf_printf(out, " lines may be missing: %s without a line at ", time_stage(apart / 1000000, time));
    add_number(out, j->gap_rate);
    buf_add_text(out, "/s");
}

void log_join_free(struct log_join *j)
{
    log_window_free(&j->window);
    log_window_free(&j->past);
}

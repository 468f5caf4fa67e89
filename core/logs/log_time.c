/* Stamps as they are shown. */
#include "core/base/clock.h"
#include "core/logs/log_text.h"

#include <stdio.h>

static int64_t floor_by(int64_t a, int64_t by)
{
    return a / by - (a % by < 0);
}

char *log_time_text(int64_t stamp_ns, enum log_time how, int64_t now_ms, char out[LOG_TIME_BYTES])
{
    char text[32];

    out[0] = '\0';
    if (stamp_ns == INT64_MIN || how == LOG_TIME_NONE)
        return out;
    int64_t ms = floor_by(stamp_ns, 1000000), seconds = floor_by(stamp_ns, 1000000000);
    int nanos = (int)(stamp_ns - seconds * 1000000000);
    if (how == LOG_TIME_STAMP) {
        snprintf(out, LOG_TIME_BYTES, "%.19s.%09dZ", time_rfc3339(ms, text), nanos);
    } else if (how == LOG_TIME_RELATIVE) {
        char since[16];
        int64_t ago = now_ms - ms;
        snprintf(out, LOG_TIME_BYTES, "%s%s", ago < 0 ? "+" : "", time_short(ago < 0 ? -ago : ago, since));
    } else {
        char hms[16];
        snprintf(out, LOG_TIME_BYTES, "%s.%03d", time_hms(ms, how == LOG_TIME_LOCAL, hms), nanos / 1000000);
    }
    return out;
}

unsigned log_time_columns(enum log_time how)
{
    switch (how) {
    case LOG_TIME_STAMP: return 30;
    case LOG_TIME_UTC: case LOG_TIME_LOCAL: return 12;
    case LOG_TIME_RELATIVE: return 7;
    default: return 0;
    }
}

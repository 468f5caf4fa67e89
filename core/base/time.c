/* Stamps and durations as text, both ways. The calendar is the proleptic Gregorian one, by Howard Hinnant's days_from_civil. */
#include "core/base/clock.h"

#include <stdio.h>
#include <time.h>

static bool digits(struct slice s, size_t at, size_t n, int *value)
{
    int v = 0;

    if (at + n > s.n)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = s.p[at + i];
        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (c - '0');
    }
    *value = v;
    return true;
}

static bool sign_at(struct slice s, size_t at, char c)
{
    return at < s.n && s.p[at] == c;
}

static int64_t days_from_civil(int64_t y, int m, int d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

/* Reads ".123456789" at *at; nanoseconds. */
static bool fraction(struct slice s, size_t *at, int32_t *nanos)
{
    int32_t v = 0, scale = 100000000;
    size_t i = *at;

    *nanos = 0;
    if (!sign_at(s, i, '.') && !sign_at(s, i, ','))
        return true;
    size_t first = ++i;
    for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
        if (i - first >= 9)
            return false;
        v += (s.p[i] - '0') * scale;
        scale /= 10;
    }
    *nanos = v;
    *at = i;
    return i > first;
}

static bool offset(struct slice s, size_t at, int64_t *seconds)
{
    int h, m;

    *seconds = 0;
    if (at + 1 == s.n && (s.p[at] == 'Z' || s.p[at] == 'z'))
        return true;
    if (at + 6 != s.n || (s.p[at] != '+' && s.p[at] != '-') || s.p[at + 3] != ':' || !digits(s, at + 1, 2, &h) || !digits(s, at + 4, 2, &m) ||
        h > 23 || m > 59)
        return false;
    *seconds = (h * 3600 + m * 60) * (s.p[at] == '-' ? -1 : 1);
    return true;
}

bool time_parse(struct slice s, int64_t *ms, int32_t *nanos)
{
    int year, month, day, hour, minute, second;
    int32_t ns;
    int64_t east;
    size_t at = 19;

    if (!digits(s, 0, 4, &year) || !digits(s, 5, 2, &month) || !digits(s, 8, 2, &day) || !digits(s, 11, 2, &hour) || !digits(s, 14, 2, &minute) ||
        !digits(s, 17, 2, &second))
        return false;
    if (s.p[4] != '-' || s.p[7] != '-' || (s.p[10] != 'T' && s.p[10] != 't' && s.p[10] != ' ') || s.p[13] != ':' || s.p[16] != ':')
        return false;
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
        return false;
    if (!fraction(s, &at, &ns) || !offset(s, at, &east))
        return false;
    int64_t seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - east;
    *ms = seconds * 1000 + ns / 1000000;
    if (nanos)
        *nanos = ns;
    return true;
}

static void broken_down(int64_t wall_ms, bool local, struct tm *tm)
{
    time_t seconds = (time_t)(wall_ms >= 0 ? wall_ms / 1000 : (wall_ms - 999) / 1000);

    if (!(local ? localtime_r(&seconds, tm) : gmtime_r(&seconds, tm)))
        *tm = (struct tm){.tm_mday = 1, .tm_year = 70};
}

char *time_rfc3339(int64_t wall_ms, char out[32])
{
    struct tm tm;

    broken_down(wall_ms, false, &tm);
    if (!strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
        out[0] = '\0';
    return out;
}

char *time_hms(int64_t wall_ms, bool local, char out[16])
{
    struct tm tm;

    broken_down(wall_ms, local, &tm);
    if (!strftime(out, 16, "%H:%M:%S", &tm))
        out[0] = '\0';
    return out;
}

char *time_short(int64_t ms, char out[16])
{
    long long s = ms > 0 ? (long long)(ms / 1000) : 0;

    if (s < 60)
        snprintf(out, 16, "%llds", s);
    else if (s < 3600)
        snprintf(out, 16, "%lldm%02llds", s / 60, s % 60);
    else if (s < 86400)
        snprintf(out, 16, "%lldh%02lldm", s / 3600, s / 60 % 60);
    else if (s < 86400 * 365LL)
        snprintf(out, 16, "%lldd%02lldh", s / 86400, s / 3600 % 24);
    else
        snprintf(out, 16, "%lldy%03lldd", s / 86400 / 365 % 1000000, s / 86400 % 365);
    return out;
}

char *time_stage(int64_t ms, char out[16])
{
    if (ms < 0)
        ms = 0;
    if (ms < 995)
        snprintf(out, 16, "%.2f s", (double)ms / 1000);
    else if (ms < 9950)
        snprintf(out, 16, "%.1f s", (double)ms / 1000);
    else if (ms < 60000)
        snprintf(out, 16, "%d s", (int)((ms + 500) / 1000));
    else
        return time_short(ms, out);
    return out;
}

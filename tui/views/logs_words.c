/* The Logs pane's words: numbers, bars, what narrows it, times as they are typed, names of files. Pure. */
#include "tui/views/logs.h"
#include <stdio.h>
#include <time.h>

void logs_count(struct buf *out, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            buf_add_byte(out, ',');
        buf_add_byte(out, digits[i]);
    }
}

void logs_spark(struct buf *out, const uint32_t *counts, unsigned n, uint32_t most)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

    for (unsigned i = 0; i < n; i++)
        buf_add_text(out, bars[counts[i] && most ? 1 + (uint64_t)counts[i] * 6 / most : 0]);
}

static const char *level_words[] = {
    [LEVEL_NONE] = "all",      [LEVEL_TRACE] = "trace",  [LEVEL_DEBUG] = "≥ DEBUG", [LEVEL_INFO] = "≥ INFO",
    [LEVEL_WARN] = "≥ WARN",   [LEVEL_ERROR] = "errors", [LEVEL_FATAL] = "fatal",
};

/* A name in the title: short, its end tells the most. */
static void add_pattern(struct buf *out, char sign, const char *text)
{
    struct slice s = slice_of(text);
    size_t most = 24;

    buf_printf(out, "%s%c", out->n ? " · " : "", sign);
    if (s.n > most) {
        while (most && ((unsigned char)s.p[most] & 0xc0) == 0x80)
            most--;
        buf_add(out, s.p, most);
        buf_add_text(out, "…");
    } else {
        buf_add_slice(out, s);
    }
}

void logs_narrowing(const struct logs *l, const struct sheet *s, struct buf *out)
{
    if (s->about && s->about_ref.kind != KIND_NONE)
        buf_printf(out, "about %s", s->about_ref.name);
    if (s->level > LEVEL_NONE)
        buf_printf(out, "%s%s", out->n ? " · " : "", level_words[s->level]);
    for (size_t i = 0; i < s->n_filters; i++)
        add_pattern(out, s->filters[i].out ? '!' : '&', s->filters[i].text);
    if (l->typing && *l->typing)
        add_pattern(out, l->typing_out ? '!' : '&', l->typing);
    if (s->context)
        buf_printf(out, "%s±%u", out->n ? " · " : "", s->context);
}

/* "5m", "1h30m", "90s", "2d": false where it is none, or has no unit. */
static bool span_of(struct slice s, int64_t *ms)
{
    *ms = 0;
    while (s.n) {
        int64_t n = 0, unit;
        size_t digits = 0;
        while (digits < s.n && digits < 9 && s.p[digits] >= '0' && s.p[digits] <= '9')
            n = n * 10 + (s.p[digits++] - '0');
        if (!digits || digits == s.n)
            return false;
        switch (s.p[digits]) {
        case 's': unit = 1000; break;
        case 'm': unit = 60000; break;
        case 'h': unit = 3600000; break;
        case 'd': unit = 86400000; break;
        default: return false;
        }
        if (n > INT64_C(100000) * 86400000 / unit)
            return false;
        *ms += n * unit;
        s = (struct slice){s.p + digits + 1, s.n - digits - 1};
    }
    return true;
}

/* "14:05" or "14:05:30" on the day of now, or the day before where that is yet to come. */
static bool time_of_day(struct slice s, int64_t now_ms, bool utc, int64_t *ms)
{
    char text[16];
    int h, m, sec = 0, end = 0;

    if (s.n >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", (int)s.n, s.p);
    bool minutes = sscanf(text, "%2d:%2d%n", &h, &m, &end) == 2 && (size_t)end == s.n;
    if (!minutes && (sscanf(text, "%2d:%2d:%2d%n", &h, &m, &sec, &end) != 3 || (size_t)end != s.n))
        return false;
    if (h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60)
        return false;
    time_t now = (time_t)(now_ms / 1000);
    struct tm tm;
    if (!(utc ? gmtime_r(&now, &tm) : localtime_r(&now, &tm)))
        return false;
    tm.tm_hour = h;
    tm.tm_min = m;
    tm.tm_sec = sec;
    tm.tm_isdst = -1;
    struct tm day_before = tm;
    day_before.tm_mday--;
    time_t at = utc ? timegm(&tm) : mktime(&tm);
    if (at > now)
        at = utc ? timegm(&day_before) : mktime(&day_before);
    *ms = (int64_t)at * 1000;
    return true;
}

bool logs_time(struct slice text, int64_t now_ms, bool utc, int64_t *stamp_ns)
{
    int64_t ms, span;
    int32_t nanos = 0;

    while (text.n && text.p[0] == ' ')
        text = (struct slice){text.p + 1, text.n - 1};
    while (text.n && text.p[text.n - 1] == ' ')
        text.n--;
    if (!text.n)
        return false;
    if (text.n > 1 && (text.p[0] == '-' || text.p[0] == '+') && span_of((struct slice){text.p + 1, text.n - 1}, &span))
        ms = text.p[0] == '-' ? now_ms - span : now_ms + span;
    else if (time_parse(text, &ms, &nanos))
        ms -= ms % 1000;
    else if (!time_of_day(text, now_ms, utc, &ms))
        return false;
    if (ms > INT64_MAX / 1000000 - 1000 || ms < INT64_MIN / 1000000 + 1000)
        return false;
    *stamp_ns = ms * 1000000 + nanos;
    return true;
}

void logs_file_name(const struct model *m, enum log_pane id, struct buf *out)
{
    char stamp[32];
    const char *of = id == LOGS_SYSTEM ? "system" : id == LOGS_PICKED ? "pods" : m->selected ? m->selected->name : "pod";

    time_rfc3339(m->now_ms, stamp);
    buf_add_text(out, "sandtop-");
    for (size_t i = 0; of[i] && i < 80; i++) /* names have nothing else, where the API server made them */
        buf_add_byte(out, strchr("/\\ \n\t:", of[i]) || (unsigned char)of[i] < ' ' ? '-' : of[i]);
    buf_add_byte(out, '-');
    for (const char *p = stamp; *p && *p != 'Z'; p++)
        if (*p != ':' && *p != '-')
            buf_add_byte(out, *p);
    buf_add_text(out, ".log");
}

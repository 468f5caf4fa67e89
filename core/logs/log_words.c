/* The formats that are not JSON: klog, uvicorn, zap's console, plain words with or without a stamp. No line is read beyond what its form
 * needs; the level of plain words is looked for in the first WORDS_MOST bytes. */
#include "core/base/clock.h"
#include "core/logs/log_inside.h"

enum { WORDS_MOST = 200 };

/* "E1123 08:20:23.123456       1 reflector.go:147] text": klog; it has no year, so its time is left to the stream. */
static bool parse_klog(struct slice line, struct log_line *out)
{
    static const char letters[] = "IWEF";
    static const enum log_level levels[] = {LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR, LEVEL_FATAL};

    if (line.n < 21 || !memchr(letters, line.p[0], 4) || !is_digit(line.p[1]) || !is_digit(line.p[4]))
        return false;
    if (line.p[5] != ' ' || line.p[8] != ':')
        return false;
    const char *bracket = memmem(line.p, line.n < 120 ? line.n : 120, "] ", 2);
    if (!bracket)
        return false;
    out->format = FORMAT_KLOG;
    out->level = levels[(const char *)memchr(letters, line.p[0], 4) - letters];
    out->message = slice_from(line, (size_t)(bracket - line.p) + 2);
    return true;
}

/* The place after a quoted string whose first quote is at s.p[0]; 0 where it does not end. */
static size_t quoted_end(struct slice s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            return i + 1;
    }
    return 0;
}

struct slice klog_pairs(struct slice line)
{
    const char *bracket = line.n ? memmem(line.p, line.n < 120 ? line.n : 120, "] \"", 3) : NULL;
    struct slice message = bracket ? slice_from(line, (size_t)(bracket - line.p) + 2) : (struct slice){line.p, 0};
    size_t end = message.n ? quoted_end(message) : 0;

    return end ? slice_from(message, end) : (struct slice){line.p, 0};
}

bool klog_pair(struct slice *rest, struct slice *key, struct slice *value)
{
    struct slice s = slice_bare(*rest);
    size_t equals = 0;

    while (equals < s.n && s.p[equals] != '=' && s.p[equals] != ' ')
        equals++;
    if (equals == 0 || equals >= s.n || s.p[equals] != '=')
        return false;
    *key = slice_upto(s, equals);
    s = slice_from(s, equals + 1);
    size_t end = s.n && s.p[0] == '"' ? quoted_end(s) : 0;
    if (end) {
        *value = (struct slice){s.p + 1, end - 2};
    } else {
        while (end < s.n && s.p[end] != ' ')
            end++;
        *value = slice_upto(s, end);
    }
    *rest = slice_from(s, end);
    return true;
}

/* klog's structured form: `"text" err="…" key=value`. */
static void klog_members(struct slice line, struct log_line *out)
{
    struct slice rest = klog_pairs(line), key, value;

    if (!rest.p || rest.p == line.p)
        return;
    out->message = (struct slice){out->message.p + 1, (size_t)(rest.p - out->message.p) - 2};
    out->escaped = true;
    while (klog_pair(&rest, &key, &value)) {
        if (slice_is(key, "err") || slice_is(key, "error"))
            out->error = value;
        else if (slice_is(key, "reconcileID"))
            out->reconcile_id = value;
    }
}

/* `INFO:     10.0.0.1:33212 - "POST /execute HTTP/1.1" 200 OK`: what stands after the colon. */
static void parse_access(struct log_line *out)
{
    ptrdiff_t quote = slice_find(slice_upto(out->message, 120), SLICE(" - \""));

    if (quote < 0)
        return;
    struct slice request = slice_from(out->message, (size_t)quote + 4);
    const char *space = request.n ? memchr(request.p, ' ', request.n) : NULL, *end = request.n ? memchr(request.p, '"', request.n) : NULL;
    if (!space || !end || space > end)
        return;
    out->format = FORMAT_UVICORN_ACCESS;
    out->method = (struct slice){request.p, (size_t)(space - request.p)};
    struct slice path = {space + 1, (size_t)(end - space - 1)};
    const char *stop = path.n ? memchr(path.p, ' ', path.n) : NULL;
    out->path = stop ? (struct slice){path.p, (size_t)(stop - path.p)} : path;
    struct slice code = slice_bare(slice_from(request, (size_t)(end - request.p) + 1));
    int64_t status;
    if (code.n >= 3 && slice_int((struct slice){code.p, 3}, &status) && status >= 100) {
        out->status = (int)status;
        if (status >= 500)
            out->level = LEVEL_ERROR;
    }
}

/* `ERROR:    text`, and the access lines. */
static bool parse_uvicorn(struct slice line, struct log_line *out)
{
    size_t colon = 0;

    while (colon < line.n && colon < 9 && line.p[colon] >= 'A' && line.p[colon] <= 'Z')
        colon++;
    if (colon < 4 || colon >= line.n || line.p[colon] != ':' || !log_level_by_name((struct slice){line.p, colon}, &out->level))
        return false;
    out->format = FORMAT_UVICORN;
    out->message = slice_bare(slice_from(line, colon + 1));
    parse_access(out);
    return true;
}

static struct slice upto_tab(struct slice s)
{
    const char *tab = s.n ? memchr(s.p, '\t', s.n < 64 ? s.n : 64) : NULL;

    return tab ? (struct slice){s.p, (size_t)(tab - s.p)} : s;
}

/* "2026-11-23T08:20:23Z\tINFO\tsetup\ttext\t{json}": zap's console encoder. */
static bool parse_console(struct slice line, bool objects, struct log_line *out)
{
    struct slice stamp = upto_tab(line), level = upto_tab(slice_from(line, stamp.n + 1));
    enum log_level found;
    int64_t ms;

    if (stamp.n < 20 || stamp.n > 36 || !log_level_by_name(level, &found) || !time_parse(stamp, &ms, NULL))
        return false;
    out->format = FORMAT_ZAP_CONSOLE;
    out->time_ms = ms;
    out->level = found;
    out->message = slice_from(line, stamp.n + 1 + level.n + 1);
    ptrdiff_t brace = objects ? slice_find(out->message, SLICE("\t{")) : -1;
    if (brace > 0) {
        struct log_line inner = *out;
        if (log_json_parse(slice_from(out->message, (size_t)brace + 1), &inner)) {
            inner.format = FORMAT_ZAP_CONSOLE;
            inner.level = found;
            inner.time_ms = ms;
            inner.message = (struct slice){out->message.p, (size_t)brace};
            *out = inner;
        }
    }
    return true;
}

/* "RuntimeError: text": the last line of a Python traceback. */
static bool names_exception(struct slice line)
{
    const char *colon = line.n ? memchr(line.p, ':', line.n < 80 ? line.n : 80) : NULL;
    struct slice name = {line.p, colon ? (size_t)(colon - line.p) : 0};

    if (name.n < 6 || memchr(name.p, ' ', name.n))
        return false;
    struct slice end = slice_from(name, name.n > 9 ? name.n - 9 : 0);
    return slice_find(end, SLICE("Error")) >= 0 || slice_find(end, SLICE("Exception")) >= 0;
}

#define WORD(text) {text, sizeof(text) - 1}
static const struct word {
    struct slice text;
    const char *after;               /* what has to follow; "": no letter or digit */
    enum log_level level;
    bool tag_only;                   /* counts as a level in capitals or after "level=" only: it is an ordinary word too */
} words[] = {                        /* by their first letters */
    {WORD("critical"), "", LEVEL_FATAL, false},
    {WORD("debug"), "", LEVEL_DEBUG, true},
    {WORD("error"), "", LEVEL_ERROR, false}, {WORD("err"), "", LEVEL_ERROR, true}, {WORD("exception"), "", LEVEL_ERROR, false},
    {WORD("fatal"), "", LEVEL_FATAL, false},
    {WORD("info"), "", LEVEL_INFO, true},
    {WORD("panic"), ":", LEVEL_FATAL, false},
    {WORD("traceback"), " (most", LEVEL_ERROR, false}, {WORD("trace"), "", LEVEL_TRACE, true},
    {WORD("warning"), "", LEVEL_WARN, false}, {WORD("warn"), "", LEVEL_WARN, false},
};
/* For each letter: one more than the place of the first word that begins with it. */
static const unsigned char words_at[256] = {
    ['c'] = 1, ['d'] = 2, ['e'] = 3, ['f'] = 6, ['i'] = 7, ['p'] = 8, ['t'] = 9, ['w'] = 11,
    ['C'] = 1, ['D'] = 2, ['E'] = 3, ['F'] = 6, ['I'] = 7, ['P'] = 8, ['T'] = 9, ['W'] = 11,
};

static bool same_letters(const char *p, const char *word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((p[i] | 0x20) != word[i])
            return false;
    return true;
}

static bool wholly_upper(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] < 'A' || p[i] > 'Z')
            return false;
    return true;
}

/* Whether what stands before says that a level follows: level=error, "level":"error". */
static bool is_tagged(struct slice head, size_t at)
{
    static const char *const tags[] = {"level=", "level=\"", "level\":\"", "lvl=", "severity=", "levelname=", "level: "};

    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        size_t n = strlen(tags[i]);
        if (at >= n && memcmp(head.p + at - n, tags[i], n) == 0)
            return true;
    }
    return false;
}

/* The level word that begins at head.p[at]. */
static const struct word *word_at(struct slice head, size_t at)
{
    char first = head.p[at] | 0x20;

    for (size_t i = words_at[(unsigned char)head.p[at]] - 1u; i < sizeof words / sizeof *words && words[i].text.p[0] == first; i++) {
        const struct word *w = &words[i];
        size_t n = w->text.n;
        if (head.n - at < n || !same_letters(head.p + at, w->text.p, n))
            continue;
        size_t more = strlen(w->after);
        if (head.n - at < n + more)
            continue;
        bool ends = head.n - at == n || (!is_letter(head.p[at + n]) && !is_digit(head.p[at + n]));
        if (more ? memcmp(head.p + at + n, w->after, more) == 0 : ends)
            return w;
    }
    return NULL;
}

/* One in capitals or behind "level=" is the level, the first of them; else the gravest word there is. */
static enum log_level level_of_words(struct slice head)
{
    enum log_level gravest = LEVEL_NONE;

    for (size_t i = 0; i < head.n; i++) {
        if (!words_at[(unsigned char)head.p[i]] || (i && (is_letter(head.p[i - 1]) || is_digit(head.p[i - 1]))))
            continue;
        const struct word *w = word_at(head, i);
        if (!w)
            continue;
        if (wholly_upper(head.p + i, w->text.n) || is_tagged(head, i))
            return w->level;
        if (!w->tag_only && w->level > gravest)
            gravest = w->level;
    }
    return gravest;
}

/* A plain line may begin with a stamp of its own. */
static void own_stamp(struct slice line, struct log_line *out)
{
    size_t n = 20;

    if (line.n < 20 || !is_digit(line.p[0]) || line.p[4] != '-' || line.p[7] != '-' || line.p[13] != ':')
        return;
    while (n < line.n && n < 37 && line.p[n] != ' ' && line.p[n] != '\t')
        n++;
    if (time_parse(slice_upto(line, n), &out->time_ms, NULL))
        out->message = slice_bare(slice_from(line, n));
    else
        out->time_ms = INT64_MIN;
}

static void parse_plain(struct slice line, struct log_line *out)
{
    bool indented = line.n && (line.p[0] == ' ' || line.p[0] == '\t');

    out->message = line;
    if (indented || slice_starts(line, SLICE("goroutine ")) || slice_starts(line, SLICE("created by "))) {
        out->format = FORMAT_CONTINUATION;
        out->folded = true;
        return;
    }
    own_stamp(line, out);
    out->level = names_exception(line) ? LEVEL_ERROR : level_of_words(slice_upto(line, WORDS_MOST));
}

void log_words_parse(struct slice line, bool objects, struct log_line *out)
{
    if (parse_klog(line, out)) {
        if (objects)
            klog_members(line, out);
    } else if (!parse_uvicorn(line, out) && !parse_console(line, objects, out)) {
        parse_plain(line, out);
    }
}

/* A line as it is shown: the message, then the fields that matter. What comes out is UTF-8 in which no control byte, no escape sequence
 * and no direction override is left, whatever came in: JSON escapes are decoded, tabs become a blank, control bytes are written visibly
 * (\n, ^G), bytes that are no UTF-8 become U+FFFD; of the terminal's escapes colours are turned into spans, the rest is dropped. */
#ifndef LOGS_LOG_TEXT_H
#define LOGS_LOG_TEXT_H
#include "core/base/buf.h"
#include "core/logs/log_buffer.h"

/* What a part of the text is; a view maps these to its roles. */
enum log_style {
    LOG_STYLE_NONE,
    LOG_STYLE_MUTED,                 /* "… +12", separators */
    LOG_STYLE_OBJECT,                /* "claim ns/name" */
    LOG_STYLE_ERROR,                 /* the error's text, an HTTP status from 500 */
    LOG_STYLE_WARNING,               /* an HTTP status from 400 */
    LOG_STYLE_GOOD,                  /* an HTTP status below 400 */
    LOG_STYLE_KEY, LOG_STYLE_VALUE,  /* key=value */
    LOG_STYLE_STRONG,                /* bold, without a colour */
    LOG_STYLE_COLOUR_0,              /* black, red, green, yellow, blue, magenta, cyan, white: as the line asked for */
    LOG_STYLE_COLOUR_7 = LOG_STYLE_COLOUR_0 + 7,
};
struct log_span {
    uint32_t from, to;               /* bytes of text */
    enum log_style style;
};
struct log_text {                    /* {0} at first; reused from line to line */
    struct buf text;
    struct log_span *spans;          /* in order, not overlapping; between them the style is NONE */
    size_t n_spans, cap_spans;
};
void log_text_free(struct log_text *);
enum log_text_flags {
    LOG_TEXT_RAW = 1,                /* the line as it came (but safe) */
    LOG_TEXT_COLOURS = 2,            /* keep colours as spans; else they are stripped */
    LOG_TEXT_STACK = 4,              /* a stack trace of its own follows, one frame a line: the only way a newline gets into text */
    LOG_TEXT_MESSAGE = 8,            /* no other fields than object, error, and of a request what it was */
};
/* Replaces *out. Text that passes `most` bytes is cut there (0: nothing is cut), and no more of the line than that costs is read. */
void log_text_line(const struct log_entry *, unsigned flags, size_t most, struct log_text *out);
/* The same for a closed group: its first line, then how many are folded into it and what the last of them says. */
void log_text_group(const struct log_buffer *, const struct log_entry *head, unsigned flags, size_t most, struct log_text *out);
/* Appends bytes made safe as above, without spans (colours stripped). newlines: keep \n as it is. */
void log_text_safe(struct buf *out, struct slice bytes, bool newlines);
/* The word before the text: "ERROR"; "" where the text itself says it (an HTTP status) or there is none. */
const char *log_text_level(const struct log_entry *);
/* How the line as a whole is to be taken: its level, raised by an HTTP status (500: ERROR, 400: WARN). */
enum log_level log_text_weight(const struct log_entry *);

/* Stamps. */
enum log_time {
    LOG_TIME_NONE,                   /* "" */
    LOG_TIME_STAMP,                  /* "2026-11-23T08:20:23.641472415Z", as the API gave it, in UTC */
    LOG_TIME_UTC, LOG_TIME_LOCAL,    /* "08:20:23.641" */
    LOG_TIME_RELATIVE,               /* "4m12s" before now; "+2s" after it */
};
enum { LOG_TIME_BYTES = 40 };
char *log_time_text(int64_t stamp_ns, enum log_time, int64_t now_ms, char out[LOG_TIME_BYTES]);   /* "" for INT64_MIN */
unsigned log_time_columns(enum log_time);                  /* the widest it gets */
#endif

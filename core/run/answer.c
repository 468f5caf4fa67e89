/* A byte-wise machine. Invariant: what was decoded has been handed out by the end of each feed, so memory is bounded by a chunk and a
 * member's name. Members of other names, and values of other types, are passed over by their brackets and quotes. */
#include "core/run/answer.h"

#include "core/base/mem.h"

#include <stdlib.h>

enum { KEY_MOST = 64, DEPTH_MOST = 64, NUMBER_MOST = 24 };

enum place {
    AT_START, AT_KEY_OR_END, AT_KEY, IN_KEY, AT_COLON, AT_VALUE, IN_STRING, IN_NUMBER, IN_SKIPPED, IN_SKIPPED_STRING, AFTER_VALUE, AT_END,
        BROKEN,
};

struct run_answer {
    struct run_answer_ops ops;
    void *ctx;
    enum place place;
    struct buf key;
    int fd;                          /* of the string: 1, 2; 0: it is passed over */
    struct buf text;                 /* decoded in this feed */
    enum { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_HEX } escape;
    unsigned hex, hex_digits;
    unsigned high;                   /* a high surrogate that waits for its low one */
    unsigned depth;                  /* of a value that is passed over */
    char number[NUMBER_MOST];
    size_t n_number;
    bool has_code;
    int64_t code;
};

struct run_answer *run_answer_new(const struct run_answer_ops *ops, void *ctx)
{
    struct run_answer *a = NEW(struct run_answer);

    a->ops = *ops;
    a->ctx = ctx;
    return a;
}

void run_answer_free(struct run_answer *a)
{
    if (!a)
        return;
    buf_free(&a->key);
    buf_free(&a->text);
    free(a);
}

static void hand_out(struct run_answer *a)
{
    if (a->text.n && a->fd)
        a->ops.on_output(a->ctx, a->fd, a->text.p, a->text.n);
    buf_clear(&a->text);
}

static void put(struct run_answer *a, char c)
{
    if (a->place == IN_KEY) {
        if (a->key.n < KEY_MOST)
            buf_add_byte(&a->key, c);
    } else if (a->fd) {
        buf_add_byte(&a->text, c);
    }
}

static void put_code_point(struct run_answer *a, unsigned c)
{
    if (c < 0x80) {
        put(a, (char)c);
    } else if (c < 0x800) {
        put(a, (char)(0xC0 | c >> 6));
        put(a, (char)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        put(a, (char)(0xE0 | c >> 12));
        put(a, (char)(0x80 | (c >> 6 & 0x3F)));
        put(a, (char)(0x80 | (c & 0x3F)));
    } else {
        put(a, (char)(0xF0 | c >> 18));
        put(a, (char)(0x80 | (c >> 12 & 0x3F)));
        put(a, (char)(0x80 | (c >> 6 & 0x3F)));
        put(a, (char)(0x80 | (c & 0x3F)));
    }
}

static void end_high(struct run_answer *a)
{
    if (a->high)
        put_code_point(a, 0xFFFD);
    a->high = 0;
}

static void put_unit(struct run_answer *a, unsigned unit)
{
    if (unit >= 0xDC00 && unit <= 0xDFFF && a->high) {
        put_code_point(a, 0x10000 + ((a->high - 0xD800) << 10) + (unit - 0xDC00));
        a->high = 0;
        return;
    }
    end_high(a);
    if (unit >= 0xD800 && unit <= 0xDBFF)
        a->high = unit;
    else if (unit >= 0xDC80 && unit <= 0xDCFF)
        put(a, (char)(unit - 0xDC00));
    else
        put_code_point(a, unit >= 0xDC00 && unit <= 0xDFFF ? 0xFFFD : unit);
}

static enum place escape_char(struct run_answer *a, char c)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

    if (a->escape == ESCAPE_BEGUN) {
        const char *at = c ? strchr(from, c) : NULL;
        if (c == 'u') {
            a->escape = ESCAPE_HEX;
            a->hex = a->hex_digits = 0;
            return a->place;
        }
        if (!at)
            return BROKEN;
        end_high(a);
        put(a, to[at - from]);
        a->escape = ESCAPE_NONE;
        return a->place;
    }
    unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) :
                     c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10) : 16;
    if (digit > 15)
        return BROKEN;
    a->hex = a->hex << 4 | digit;
    if (++a->hex_digits == 4) {
        a->escape = ESCAPE_NONE;
        put_unit(a, a->hex);
    }
    return a->place;
}

/* One byte of a string that is decoded: a key, stdout, stderr, or a string to be passed over. */
static enum place string_char(struct run_answer *a, char c, enum place after)
{
    if (a->escape != ESCAPE_NONE)
        return escape_char(a, c);
    if (c == '\\') {
        a->escape = ESCAPE_BEGUN;
        return a->place;
    }
    end_high(a);
    if (c == '"') {
        hand_out(a);
        return after;
    }
    if ((unsigned char)c < 0x20)
        return BROKEN;
    put(a, c);
    return a->place;
}

/* Whole runs of plain bytes at once: 64 MB come here. */
static size_t plain_run(struct run_answer *a, const char *bytes, size_t n)
{
    size_t i = 0;

    if (a->escape != ESCAPE_NONE || a->high)
        return 0;
    while (i < n && bytes[i] != '"' && bytes[i] != '\\' && (unsigned char)bytes[i] >= 0x20)
        i++;
    if (a->fd)
        buf_add(&a->text, bytes, i);
    return i;
}

static bool key_is(const struct run_answer *a, const char *name)
{
    return slice_is(buf_slice(&a->key), name);
}

static enum place value_begin(struct run_answer *a, char c)
{
    if (c == '"') {
        a->fd = key_is(a, "stdout") ? 1 : key_is(a, "stderr") ? 2 : 0;
        return IN_STRING;
    }
    if (c == '{' || c == '[') {
        a->depth = 1;
        return IN_SKIPPED;
    }
    a->n_number = 0;
    a->number[a->n_number++] = c;
    return c == '-' || (c >= '0' && c <= '9') || c == 't' || c == 'f' || c == 'n' ? IN_NUMBER : BROKEN;
}

static bool ends_word(char c)
{
    return c == ',' || c == '}' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void take_number(struct run_answer *a)
{
    int64_t value;

    if (key_is(a, "exit_code") && slice_int((struct slice){a->number, a->n_number}, &value)) {
        a->has_code = true;
        a->code = value;
    }
}

static enum place skipped_char(struct run_answer *a, char c)
{
    if (c == '"')
        return IN_SKIPPED_STRING;
    if (c == '{' || c == '[')
        return ++a->depth > DEPTH_MOST ? BROKEN : IN_SKIPPED;
    if (c == '}' || c == ']')
        return --a->depth == 0 ? AFTER_VALUE : IN_SKIPPED;
    return IN_SKIPPED;
}

static enum place next(struct run_answer *a, char c)
{
    bool space = c == ' ' || c == '\n' || c == '\r' || c == '\t';

    if (a->place == IN_NUMBER && ends_word(c)) {
        take_number(a);
        a->place = AFTER_VALUE;
    }
    switch (a->place) {
    case AT_START: return space ? AT_START : c == '{' ? AT_KEY_OR_END : BROKEN;
    case AT_KEY_OR_END:
    case AT_KEY:
        if (c == '}' && a->place == AT_KEY_OR_END)
            return AT_END;
        buf_clear(&a->key);
        return space ? a->place : c == '"' ? IN_KEY : BROKEN;
    case IN_KEY: return string_char(a, c, AT_COLON);
    case AT_COLON: return space ? AT_COLON : c == ':' ? AT_VALUE : BROKEN;
    case AT_VALUE: return space ? AT_VALUE : value_begin(a, c);
    case IN_STRING: return string_char(a, c, AFTER_VALUE);
    case IN_NUMBER:
        if (a->n_number == NUMBER_MOST)
            return BROKEN;
        a->number[a->n_number++] = c;
        return IN_NUMBER;
    case IN_SKIPPED: return skipped_char(a, c);
    case IN_SKIPPED_STRING: return string_char(a, c, IN_SKIPPED);
    case AFTER_VALUE: return space ? AFTER_VALUE : c == ',' ? AT_KEY : c == '}' ? AT_END : BROKEN;
    case AT_END: return space ? AT_END : BROKEN;
    case BROKEN: break;
    }
    return BROKEN;
}

bool run_answer_feed(struct run_answer *a, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n && a->place != BROKEN;) {
        size_t run = a->place == IN_STRING ? plain_run(a, bytes + i, n - i) : 0;
        i += run;
        if (run == 0) {
            enum place place = next(a, bytes[i++]);
            if (place == IN_SKIPPED_STRING && a->place != IN_SKIPPED_STRING)
                a->fd = 0;
            a->place = place;
        }
    }
    hand_out(a);
    return a->place != BROKEN;
}

bool run_answer_complete(const struct run_answer *a, int64_t *exit_code)
{
    *exit_code = a->code;
    return a->place == AT_END && a->has_code;
}

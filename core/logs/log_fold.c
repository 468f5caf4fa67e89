/* Which lines belong together. Invariant: a line of a known format that begins a record is never folded. */
#include "core/logs/log_fold.h"

#include "core/logs/log_inside.h"

enum {
    FREE,
    TRACEBACK,                       /* Python's, before the line that names the exception */
    TRACEBACK_END,                   /* after it: another may follow by chaining */
    PANIC,                           /* Go's, with its goroutines */
    STACK,                           /* after an error on zap's console: function and place by turns */
    UVICORN_ERROR,                   /* "ERROR:    Exception in ASGI application": the traceback that follows is its own */
};

static bool is_traceback(struct slice text)
{
    return slice_starts(text, SLICE("Traceback (most recent call last)"));
}

/* "main.(*T).run(0xc000, {0x1, 0x2})", "panic({…})": a frame of a Go stack, as the runtime writes it; zap leaves the arguments out. */
static bool is_go_frame(struct slice text, bool arguments)
{
    size_t n = 0, dots = 0;

    for (; n < text.n && text.p[n] != ' '; n++) {
        if (arguments && text.p[n] == '(' && (n + 1 == text.n || text.p[n + 1] != '*'))
            break;
        dots += text.p[n] == '.';
    }
    if (!arguments)
        return n == text.n && n > 2 && dots > 0;
    return n < text.n && text.p[text.n - 1] == ')' && text.p[n] == '(' && (dots > 0 || slice_is(slice_upto(text, n), "panic"));
}

static bool is_panic(struct slice text)
{
    return slice_starts(text, SLICE("panic: ")) || slice_starts(text, SLICE("fatal error: ")) ||
           slice_starts(text, SLICE("http: panic serving"));
}

static bool is_panic_part(struct slice text)
{
    return text.n == 0 || is_panic(text) || slice_starts(text, SLICE("[signal ")) || slice_starts(text, SLICE("exit status ")) ||
           slice_starts(text, SLICE("runtime: ")) || slice_starts(text, SLICE("runtime stack:")) || is_go_frame(text, true);
}

static bool is_chain(struct slice text)
{
    return text.n == 0 || slice_starts(text, SLICE("During handling of the above exception")) ||
           slice_starts(text, SLICE("The above exception was the direct cause"));
}

/* What may follow a line that stands for itself. */
static uint8_t after(const struct log_line *line, struct slice text)
{
    if (is_traceback(text))
        return TRACEBACK;
    if (is_panic(text))
        return PANIC;
    if (line->format == FORMAT_ZAP_CONSOLE && line->level >= LEVEL_ERROR)
        return STACK;
    return line->format == FORMAT_UVICORN && line->level >= LEVEL_ERROR ? UVICORN_ERROR : FREE;
}

/* Whether a line without any form of its own goes on with what stands before it. */
static bool goes_on(struct log_fold *f, struct slice text)
{
    switch (f->state) {
    case TRACEBACK:
        if (text.n)
            f->state = TRACEBACK_END;
        return true;
    case TRACEBACK_END:
        if (is_traceback(text))
            f->state = TRACEBACK;
        return f->state == TRACEBACK || is_chain(text);
    case UVICORN_ERROR:
        if (is_traceback(text))
            f->state = TRACEBACK;
        return f->state == TRACEBACK;
    case PANIC:
        return is_panic_part(text);
    case STACK:
        return is_go_frame(text, false);
    default:
        return false;
    }
}

bool log_fold_next(struct log_fold *f, const struct log_line *line, struct slice text)
{
    if (text.n && text.p[text.n - 1] == '\r')
        text.n--;
    if (line->format == FORMAT_CONTINUATION) {
        if (slice_starts(text, SLICE("goroutine ")))
            f->state = PANIC;
        return true;
    }
    if (line->format == FORMAT_PLAIN && goes_on(f, text))
        return true;
    f->state = after(line, text);
    return false;
}

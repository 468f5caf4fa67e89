/* Invariant: text gets into a sequence only as base64, or grapheme by grapheme with control bytes replaced: it cannot end the sequence early. */
#include "tui/terminal_escape.h"
#include "tui/grapheme.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

bool escape_has_titles(const char *term)
{
    static const char *const families[] = {"xterm", "tmux", "screen", "rxvt", "alacritty", "kitty", "foot", "st-", "wezterm", "ghostty", "konsole", "vte",
                                           "gnome", "iterm", "contour", "mintty", NULL};

    for (int i = 0; families[i]; i++)
        if (strncmp(term, families[i], strlen(families[i])) == 0)
            return true;
    return false;
}

struct slice escape_title_push(void)
{
    return SLICE("\033[22;2t");
}

struct slice escape_title_pop(void)
{
    return SLICE("\033[23;2t");
}

void escape_title(struct slice text, bool utf8, struct buf *out)
{
    struct grapheme g;

    buf_add_text(out, "\033]2;");
    for (int columns = 0; columns < 100 && grapheme_next(&text, &g); columns += g.columns)
        buf_add_text(out, utf8 || !(g.text[0] & 0x80) ? g.text : "?");
    buf_add_text(out, "\a");
}

static void base64(struct slice s, struct buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)s.p;

    for (size_t i = 0; i < s.n; i += 3) {
        size_t have = s.n - i < 3 ? s.n - i : 3;
        unsigned long v = (unsigned long)p[i] << 16 | (have > 1 ? (unsigned long)p[i + 1] << 8 : 0) | (have > 2 ? p[i + 2] : 0);
        buf_add_byte(out, digits[v >> 18 & 63]);
        buf_add_byte(out, digits[v >> 12 & 63]);
        buf_add_byte(out, have > 1 ? digits[v >> 6 & 63] : '=');
        buf_add_byte(out, have > 2 ? digits[v & 63] : '=');
    }
}

/* tmux hears OSC 52 itself where set-clipboard is "on", and hands it through in its own wrapper where allow-passthrough is "on" (always before
 * 3.3): which of them it is cannot be asked, and doing both does no harm. */
static void wrap_for_tmux(struct slice sequence, struct buf *out)
{
    buf_add_slice(out, sequence);
    buf_add_text(out, "\033Ptmux;");
    for (size_t i = 0; i < sequence.n; i++) {
        if (sequence.p[i] == '\033')
            buf_add_byte(out, '\033');
        buf_add_byte(out, sequence.p[i]);
    }
    buf_add_text(out, "\033\\");
}

/* screen hands a DCS string through as it is, but takes no more than 768 bytes in one. */
static void wrap_for_screen(struct slice sequence, struct buf *out)
{
    enum { PART = 512 };

    for (size_t i = 0; i < sequence.n; i += PART) {
        buf_add_text(out, "\033P");
        buf_add(out, sequence.p + i, sequence.n - i < PART ? sequence.n - i : PART);
        buf_add_text(out, "\033\\");
    }
}

void escape_copy(struct slice text, const char *term, const char *tmux, struct buf *out)
{
    struct buf sequence = {0};

    if (text.n > 56250)
        return;
    buf_add_text(&sequence, "\033]52;c;");
    base64(text, &sequence);
    buf_add_text(&sequence, "\a");
    if (tmux && *tmux)
        wrap_for_tmux(buf_slice(&sequence), out);
    else if (term && strncmp(term, "screen", 6) == 0)
        wrap_for_screen(buf_slice(&sequence), out);
    else
        buf_add_slice(out, buf_slice(&sequence));
    buf_free(&sequence);
}

void escape_write(int fd, struct slice bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (errno == EAGAIN && poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, 1000) <= 0)
                return;
            continue;
        }
        if (n <= 0)
            return;
        bytes.p += n;
        bytes.n -= (size_t)n;
    }
}

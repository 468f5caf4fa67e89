/* Invariant: from paste_begin to K_PASTE_END only printable characters are handed out, and K_PASTE_END is handed out once. */
#include "tui/terminal_paste.h"
#include "tui/keymap.h"

static const char closing[] = "\033[201~";

struct slice paste_on(void)
{
    return SLICE("\033[?2004h");
}

struct slice paste_off(void)
{
    return SLICE("\033[?2004l");
}

void paste_begin(struct paste *p)
{
    *p = (struct paste){.on = true};
}

int paste_abandon(struct paste *p)
{
    int key = p->on && !p->told ? K_PASTE_END : 0;

    *p = (struct paste){0};
    return key;
}

int paste_character(struct paste *p, uint32_t c)
{
    p->quiet = false;
    if (c == (unsigned char)closing[p->matched]) {
        p->matched++;
        return closing[p->matched] ? 0 : paste_abandon(p);
    }
    p->matched = c == (unsigned char)closing[0];
    if (p->n++ >= PASTE_MOST) {
        int key = p->told ? 0 : K_PASTE_END;
        p->told = true;
        return key;
    }
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c > 0x10ffff ? 0 : (int)c;
}

int paste_quiet(struct paste *p, int64_t now_ms)
{
    if (!p->on)
        return 0;
    if (p->quiet && now_ms - p->quiet_ms >= PASTE_PAUSE_MS)
        return paste_abandon(p);
    if (!p->quiet)
        p->quiet_ms = now_ms;
    p->quiet = true;
    return 0;
}

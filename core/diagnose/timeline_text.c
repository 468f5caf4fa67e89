/* The timeline as text for a terminal or a file. Invariant: no byte of the cluster's reaches it that is not printable: control characters, those that
 * turn the writing direction and what is no UTF-8 become U+FFFD. */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/diagnose/timeline.h"

enum { TEXT_MOST = 400, NAME_MOST = 60 };

static bool printable(uint32_t c)
{
    return c >= 0x20 && (c < 0x7F || c > 0x9F) && c != 0x2028 && c != 0x2029 && !(c >= 0x200B && c <= 0x200F) && !(c >= 0x202A && c <= 0x202E) &&
           !(c >= 0x2066 && c <= 0x2069) && c != 0xFEFF;
}

static void add_plain(struct buf *out, const char *text, size_t most)
{
    struct slice s = slice_of(text);
    for (size_t i = 0, shown = 0; i < s.n; shown++) {
        uint32_t c = 0;
        size_t length = slice_utf8(s, i, &c);
        if (shown == most) {
            buf_add_text(out, "…");
            return;
        }
        if (length && printable(c))
            buf_add(out, text + i, length);
        else if (c == '\n' || c == '\t')
            buf_add_byte(out, ' ');
        else
            buf_add_text(out, "\xEF\xBF\xBD");
        i += length ? length : 1;
    }
}

static void blanks(struct buf *out, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        buf_add_byte(out, ' ');
}

static void add_phases(struct buf *out, const struct timeline *t, unsigned indent)
{
    char took[16];
    if (!t->n_phases || !t->total_ms)
        return;
    for (size_t i = 0; i < t->n_phases; i++) {
        const struct timeline_phase *p = &t->phases[i];
        blanks(out, indent + 2);
        buf_printf(out, "%-26s %8s  %3d %%%s\n", phase_name(p->phase), time_stage(p->ms, took), p->share, p->open ? "  still going on" : "");
    }
}

/* Another day than the row before it (or now) is said once. */
static void add_day(struct buf *out, int64_t ms, int64_t before_ms, unsigned indent)
{
    char day[32], day_before[32];
    time_rfc3339(ms, day);
    if (before_ms && strncmp(day, time_rfc3339(before_ms, day_before), 10) == 0)
        return;
    blanks(out, indent);
    buf_printf(out, "%.10s\n", day);
}

static void add_row(struct buf *out, const struct timeline_row *row, unsigned indent, bool local)
{
    char clock[16], took[16];
    buf_add_byte(out, row->bad ? '!' : ' ');
    blanks(out, indent ? indent - 1 : 0);
    buf_printf(out, "%s  ", time_hms(row->time_ms, local, clock));
    if (row->gap_ms >= 10)
        buf_printf(out, "+%-7s ", time_stage(row->gap_ms, took));
    else
        blanks(out, 9);
    if (row->object_kind < KIND_COUNT) {
        buf_printf(out, "%s ", kind_info(row->object_kind)->name);
        add_plain(out, row->name, NAME_MOST);
        buf_add_text(out, " · ");
    }
    add_plain(out, row->what, TEXT_MOST);
    if (row->count > 1)
        buf_printf(out, " ×%d until %s", (int)row->count, time_hms(row->last_ms, local, clock));
    if (row->text) {
        buf_add_text(out, ": ");
        add_plain(out, row->text, TEXT_MOST);
    }
    if (row->ahead)
        buf_add_text(out, " (later than now)");
    buf_add_byte(out, '\n');
}

void timeline_text(const struct timeline *t, unsigned indent, bool local, struct buf *out)
{
    blanks(out, indent);
    add_plain(out, t->summary, TEXT_MOST);
    buf_add_byte(out, '\n');
    add_phases(out, t, indent);
    for (size_t i = 0; i < t->n_rows; i++) {
        if (!local)
            add_day(out, t->rows[i].time_ms, i ? t->rows[i - 1].time_ms : 0, indent);
        add_row(out, &t->rows[i], indent, local);
    }
    if (t->left_out) {
        blanks(out, indent);
        buf_printf(out, "%zu more rows were left out\n", t->left_out);
    }
}

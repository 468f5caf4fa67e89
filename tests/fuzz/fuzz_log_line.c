/* Anything at all as lines of a log: readers answer with slices of the line, what is shown is safe and within its bound, and a buffer, a
 * view and a search of the same bytes end and agree. clang -fsanitize=fuzzer,address builds it as a fuzzer; `make check` replays the
 * fixtures through it. */
#include "core/base/mem.h"
#include "core/logs/log_save.h"
#include "core/logs/log_search.h"
#include "core/logs/log_text.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool good)
{
    if (!good)
        abort();
}

static void within(struct slice part, struct slice line)
{
    must(part.n == 0 || (part.p >= line.p && part.p + part.n <= line.p + line.n));
}

static void readers(struct slice line)
{
    struct log_line whole, glance;
    struct log_fields fields;

    log_line_parse(line, &whole);
    within(whole.message, line);
    within(whole.error, line);
    within(whole.ns, line);
    within(whole.name, line);
    within(whole.reconcile_id, line);
    within(whole.method, line);
    within(whole.path, line);
    within(whole.stacktrace, line);
    log_line_glance(line, true, &glance);
    must(glance.level <= LEVEL_FATAL && glance.format <= FORMAT_CONTINUATION);
    must(whole.format == FORMAT_ZAP_JSON || whole.format == FORMAT_ROUTER_JSON || glance.format == FORMAT_ZAP_JSON || glance.format == FORMAT_ROUTER_JSON ||
         (glance.format == whole.format && glance.level == whole.level));
    log_line_fields(line, &fields);
    must(fields.n <= LOG_OBJECTS_MOST);
    within(fields.reconcile_id, line);
    for (size_t i = 0; i < fields.n; i++) {
        within(fields.objects[i].ns, line);
        within(fields.objects[i].name, line);
        must(fields.objects[i].name.n > 0);
    }
}

static void is_safe(struct slice s, bool newlines)
{
    for (size_t i = 0; i < s.n; i++)
        must(((unsigned char)s.p[i] >= 0x20 && s.p[i] != 0x7f) || (newlines && s.p[i] == '\n'));
    struct buf again = {0};                                /* valid UTF-8 without what is harmful: it passes unchanged */
    log_text_safe(&again, s, newlines);
    must(slice_eq(buf_slice(&again), s));
    buf_free(&again);
}

static void render(const struct log_buffer *b, const struct log_entry *e, unsigned pick)
{
    struct log_text out = {.n_spans = 0};
    size_t most = pick % 3 ? pick % 300 + 1 : 0;

    log_text_line(e, pick & 15, most, &out);
    must(!most || out.text.n <= most);
    is_safe(buf_slice(&out.text), pick & LOG_TEXT_STACK);
    for (size_t i = 0; i < out.n_spans; i++)
        must(out.spans[i].from < out.spans[i].to && out.spans[i].to <= out.text.n && (i == 0 || out.spans[i - 1].to <= out.spans[i].from));
    log_text_group(b, e, pick & 15, most, &out);
    must(!most || out.text.n <= most);
    log_text_level(e);
    log_text_weight(e);
    log_text_free(&out);
}

static bool drop(void *ctx, struct slice s)
{
    *(size_t *)ctx += s.n;
    return true;
}

static void view(struct log_buffer *b, struct slice pattern, unsigned pick)
{
    struct log_view *v = log_view_new(b);
    struct log_query *q = log_query_new();
    struct log_row row;
    uint64_t wanted = 0, number, found;
    size_t bytes = 0;

    if (log_query_pattern(q, pattern, PATTERN_LITERAL, pick & 1, NULL))
        log_query_context(q, pick % 4);
    struct log_term term = {.name = pattern};
    if (pick & 2)
        log_query_select(q, &term, 1);
    log_view_query(v, q);
    while (log_view_step(v, NULL, 0))
        ;
    log_view_open_all(v, pick & 4);
    while (log_view_step(v, NULL, 0))
        ;
    must(log_view_done(v));
    for (uint64_t i = 0; i < log_view_count(v); i++) {
        must(log_view_at(v, i, &row) && log_view_find(v, row.line.number, &found) && found == i);
        wanted += !row.context;
    }
    must(wanted == log_view_wanted(v));
    struct pattern *p = pattern_new(pattern, PATTERN_LITERAL, NULL);
    struct log_search s;
    log_search_pattern(&s, p, -1, UINT64_MAX);
    for (uint64_t before = UINT64_MAX; p && log_search_step(&s, v, NULL, 0, &number) == LOG_SEARCH_FOUND; before = number)
        must(number != before);
    pattern_free(p);
    struct log_save *save = log_save_new((enum log_save_format)(pick % 3), b, pick & 8 ? v : NULL, drop, &bytes);
    must(log_save_step(save, NULL, 0) == LOG_SAVE_DONE && (bytes > 0) == (log_save_lines(save) > 0));
    log_save_free(save);
    log_view_free(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct log_buffer *b = log_buffer_new(0);
    struct log_entry e;
    unsigned pick = n ? data[0] : 0, lines = 0;

    log_buffer_stream(b, "a");
    log_buffer_stream(b, "b");
    for (const char *p = (const char *)data, *end = p + n; p < end && lines < 300; lines++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        struct slice line = {p, (size_t)((stop ? stop : end) - p)};
        readers(line);
        log_buffer_add(b, lines % 7 == 3, lines % 31 == 30 ? LOG_LINE_GAP : LOG_LINE_TEXT, lines % 5 ? (int64_t)(lines ^ pick) : INT64_MIN, line);
        p = stop ? stop + 1 : end;
    }
    for (uint64_t number = log_buffer_first(b); log_buffer_get(b, number, &e) && number < 40; number++)
        render(b, &e, pick + (unsigned)number);
    if (n > 8)
        view(b, (struct slice){(const char *)data + n / 2, n % 4 + 1}, pick);
    log_buffer_free(b);
    return 0;
}

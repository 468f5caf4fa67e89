/* Figures in Prometheus' text form: at any chunk border, whatever stands in them. */
#include <math.h>

#include "core/base/mem.h"
#include "core/base/prom.h"
#include "tests/unit/test.h"

struct seen {
    struct buf text;
    struct prom_histogram histogram;
};

static void take(void *ctx, const struct prom_sample *s)
{
    struct seen *seen = ctx;
    char label[32];

    buf_printf(&seen->text, "%.*s", (int)s->name.n, s->name.p);
    if (prom_label(s, "name", label, sizeof label))
        buf_printf(&seen->text, "[%s]", label);
    buf_printf(&seen->text, "=%g;", s->value);
    prom_bucket(&seen->histogram, s);
}

static void feed(struct seen *seen, const char *text, size_t chunk)
{
    struct prom reader = {0};
    size_t n = strlen(text);

    *seen = (struct seen){0};
    for (size_t i = 0; i < n; i += chunk)
        prom_feed(&reader, text + i, n - i < chunk ? n - i : chunk, take, seen);
    prom_end(&reader, take, seen);
}

static void samples(void **state)
{
    static const char text[] = "# HELP a b\n# TYPE a gauge\na 1\nb{name=\"x\"} 2.5\r\nc{other=\"}\\\"\",name=\"a\\\\b\\nc\"} -3e2 "
                               "1700000000\n\n  d{} +Inf\nbroken{name=\"x\" 1\n"
                               "e\nf x\n9g 4\nh{name=\"last\"} 7";
    static const char want[] = "a=1;b[x]=2.5;c[a\\b\nc]=-300;d=inf;9g=4;h[last]=7;";
    (void)state;
    for (size_t chunk = 1; chunk < sizeof text; chunk++) {
        struct seen seen;
        feed(&seen, text, chunk);
        assert_string_equal(seen.text.p, want);
        buf_free(&seen.text);
    }
}

static void long_lines_are_passed_over(void **state)
{
    struct buf text = {0};
    struct seen seen;
    (void)state;
    buf_add_text(&text, "a 1\nb{name=\"");
    for (int i = 0; i < PROM_LINE_MOST; i++)
        buf_add_byte(&text, 'x');
    buf_add_text(&text, "\"} 2\nc 3\n");
    feed(&seen, text.p, 1000);
    assert_string_equal(seen.text.p, "a=1;c=3;");
    buf_free(&seen.text);
    buf_free(&text);
}

static void quantiles(void **state)
{
    struct seen seen;
    (void)state;
    feed(&seen, "l_bucket{t=\"a\",le=\"100\"} 1\nl_bucket{t=\"a\",le=\"200\"} 3\nl_bucket{t=\"a\",le=\"+Inf\"} 4\n"
                "l_bucket{t=\"b\",le=\"+Inf\"} 4\nl_bucket{t=\"b\",le=\"200\"} 4\nl_bucket{t=\"b\",le=\"100\"} 3\n", 7);
    assert_int_equal(seen.histogram.n, 3);
    assert_true(prom_quantile(&seen.histogram, 0.5) == 100);      /* 4 of 8 lie below 100 */
    assert_true(prom_quantile(&seen.histogram, 0.75) > 166 && prom_quantile(&seen.histogram, 0.75) < 167);
    assert_true(prom_quantile(&seen.histogram, 0.99) == 200);     /* beyond the last bound */
    buf_free(&seen.text);
    struct prom_histogram none = {0};
    assert_true(isnan(prom_quantile(&none, 0.5)));
    feed(&seen, "l_bucket{le=\"1\"} 0\nl_bucket{le=\"+Inf\"} 0\nl_bucket{le=\"x\"} 3\nl_bucket{le=\"NaN\"} 3\n", 5);
    assert_true(isnan(prom_quantile(&seen.histogram, 0.5)));
    buf_free(&seen.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(samples), cmocka_unit_test(long_lines_are_passed_over),
        cmocka_unit_test(quantiles)};
    return TESTS_MAIN(tests);
}

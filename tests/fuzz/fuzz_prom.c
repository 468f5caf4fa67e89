/* Any bytes as a controller's figures: read whole and byte by byte, the same samples. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/prom.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct sum {
    size_t samples, bytes;
    struct prom_histogram histogram;
};

static void take(void *ctx, const struct prom_sample *s)
{
    struct sum *sum = ctx;
    char label[16];
    sum->samples++;
    sum->bytes += s->name.n + s->labels.n + prom_label(s, "le", label, sizeof label) + prom_label(s, "name", label, sizeof label);
    prom_bucket(&sum->histogram, s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sum whole = {0}, bytewise = {0};
    struct prom reader = {0};
    prom_feed(&reader, (const char *)data, n, take, &whole);
    prom_end(&reader, take, &whole);
    for (size_t i = 0; i < n; i++)
        prom_feed(&reader, (const char *)data + i, 1, take, &bytewise);
    prom_end(&reader, take, &bytewise);
    if (whole.samples != bytewise.samples || whole.bytes != bytewise.bytes || whole.histogram.n != bytewise.histogram.n ||
        whole.histogram.n > PROM_BUCKETS)
        abort();
    double q = prom_quantile(&whole.histogram, 0.99);
    return isnan(q) ? 0 : 0;
}

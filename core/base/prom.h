/* Figures in Prometheus' text form, read as they come: nothing but the line under way is kept, and a line that is too long is passed over.
 * prometheus.io/docs/instrumenting/exposition_formats: name{label="value",…} value [timestamp], # comments. */
#ifndef BASE_PROM_H
#define BASE_PROM_H
#include "core/base/buf.h"

struct prom_sample {
    struct slice name, labels;       /* labels: what stands between the braces, raw; borrowed during the call */
    double value;                    /* may be NaN or infinite */
};
typedef void prom_take(void *ctx, const struct prom_sample *);

enum { PROM_LINE_MOST = 16384 };
struct prom {
    struct buf line;
    bool too_long;
};
void prom_feed(struct prom *, const char *bytes, size_t n, prom_take *, void *ctx);
void prom_end(struct prom *, prom_take *, void *ctx);     /* takes a last line without newline, and lets go of the memory */
/* The label's value, decoded and cut at size - 1 bytes. False where there is none of that name. */
bool prom_label(const struct prom_sample *, const char *name, char *out, size_t size);

/* A histogram's buckets, summed over all label sets that are given to it. */
enum { PROM_BUCKETS = 64 };
struct prom_histogram {
    double bound[PROM_BUCKETS], count[PROM_BUCKETS]; /* in rising order of the bounds; counts are cumulative */
    unsigned n;
};
void prom_bucket(struct prom_histogram *, const struct prom_sample *); /* a sample of …_bucket, by its label le */
/* As Prometheus' histogram_quantile: linear within a bucket, the last finite bound beyond. NaN where nothing was counted. */
double prom_quantile(const struct prom_histogram *, double q);
#endif

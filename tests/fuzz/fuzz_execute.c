/* Anything at all as the answer to POST /execute: wherever its chunks end, the same bytes come out, and none are made up: what is decoded is no
 * longer than what came. */
#include "core/run/answer.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct outputs {
    struct buf text[2];
};

static void on_output(void *ctx, int fd, const char *bytes, size_t n)
{
    struct outputs *o = ctx;
    if ((fd != 1 && fd != 2) || n == 0)
        abort();
    buf_add(&o->text[fd - 1], bytes, n);
}

static bool decode(const char *bytes, size_t n, size_t step, struct outputs *o, int64_t *code)
{
    static const struct run_answer_ops ops = {.on_output = on_output};
    struct run_answer *a = run_answer_new(&ops, o);
    for (size_t i = 0; i < n; i += step)
        run_answer_feed(a, bytes + i, n - i < step ? n - i : step);
    bool complete = run_answer_complete(a, code);
    run_answer_free(a);
    return complete;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct outputs whole = {0}, parts = {0};
    int64_t code = 0, again = 0;
    if (!n)
        return 0;
    bool complete = decode((const char *)data, n, n, &whole, &code);
    if (decode((const char *)data, n, data[0] % 7 + 1, &parts, &again) != complete || code != again)
        abort();
    for (int i = 0; i < 2; i++) {
        if (!slice_eq(buf_slice(&whole.text[i]), buf_slice(&parts.text[i])) || whole.text[i].n > n)
            abort();
        buf_free(&whole.text[i]);
        buf_free(&parts.text[i]);
    }
    return 0;
}

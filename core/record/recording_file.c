/* A recording's bytes: from a file of its own, or out of a bundle. */
#include "core/record/archive.h"
#include "core/record/recording.h"

#include <errno.h>
#include <stdio.h>

enum { FILE_MOST = 1 << 30 };

static bool read_file(const char *file, struct buf *out, struct err *err)
{
    FILE *f = fopen(file, "rbe");
    char piece[64 * 1024];
    size_t n;

    if (!f)
        return err_set(err, "%s cannot be read: %s", file, strerror(errno));
    while (out->n <= FILE_MOST && (n = fread(piece, 1, sizeof piece, f)) > 0)
        buf_add(out, piece, n);
    bool failed = ferror(f);
    int error = errno;
    fclose(f);
    if (failed)
        return err_set(err, "%s cannot be read: %s", file, strerror(error));
    return out->n <= FILE_MOST || err_set(err, "%s is larger than is taken (1 GiB)", file);
}

struct search {
    struct buf *out;
    bool found;
};

static bool on_entry(void *ctx, const char *name, struct slice bytes)
{
    struct search *s = ctx;
    const char *slash = strrchr(name, '/');

    if (strcmp(slash ? slash + 1 : name, RECORDING_ENTRY) != 0)
        return true;
    buf_add_slice(s->out, bytes);
    s->found = true;
    return false;
}

struct recording *recording_open(const char *file, int64_t now_ms, struct err *err)
{
    struct buf text = {0};
    struct search search = {.out = &text};
    struct recording *rec = NULL;

    bool good = archive_looks_like(file) ? archive_read(file, NULL, on_entry, &search, err) && (search.found ||
                err_set(err, "%s holds no " RECORDING_ENTRY ": it is no bundle of sandtop's", file)) : read_file(file, &text, err);
    if (good)
        rec = recording_read(buf_slice(&text), file, now_ms, err);
    buf_free(&text);
    return rec;
}

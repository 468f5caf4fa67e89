/* Invariant: the temporary file is gone when the writer is; the name is linked to it, which fails where the name is there already, so
 * nothing is ever overwritten, not even by a race. */
#include "core/record/archive.h"

#include "core/base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRIES_MOST = 10000, ENTRY_MOST = 256 << 20, BYTES_MOST = 1 << 30, PIECE = 64 * 1024, NAME_MOST = 1024 };

struct archive_writer {
    char *file, *temp;
    struct archive *archive;
    int fd;
    bool failed;
};

static const char *words_of(struct archive *a)
{
    const char *text = archive_error_string(a);

    return text ? text : "no reason given";
}

/* ---- writing ----------------------------------------------------------------------------------------------------------------------- */

void archive_writer_drop(struct archive_writer *w)
{
    if (!w)
        return;
    if (w->archive)
        archive_write_free(w->archive);
    if (w->fd >= 0)
        close(w->fd);
    if (w->temp)
        unlink(w->temp);
    free(w->temp);
    free(w->file);
    free(w);
}

/* "/a/b/x.tar.gz" → "/a/b/.x.tar.gz.XXXXXX" */
static char *temp_name(const char *file)
{
    const char *slash = strrchr(file, '/');
    int folder = slash ? (int)(slash - file) + 1 : 0;

    return mem_printf("%.*s.%s.XXXXXX", folder, file, file + folder);
}

static bool open_temp(struct archive_writer *w, struct err *err)
{
    struct stat there;

    if (!*w->file)
        return err_set(err, "the name of the file is empty");
    if (lstat(w->file, &there) == 0)
        return err_set(err, "%s is there already: give another name, or take it away first", w->file);
    w->temp = temp_name(w->file);
    w->fd = mkostemp(w->temp, O_CLOEXEC);          /* mode 0600 */
    if (w->fd >= 0)
        return true;
    int error = errno;
    free(w->temp);
    w->temp = NULL;
    return err_set(err, "%s cannot be written: %s", w->file, strerror(error));
}

struct archive_writer *archive_writer_new(const char *file, struct err *err)
{
    struct archive_writer *w = NEW(struct archive_writer);

    w->fd = -1;
    w->file = mem_text(file);
    if (!open_temp(w, err)) {
        archive_writer_drop(w);
        return NULL;
    }
    w->archive = archive_write_new();
    if (!w->archive || archive_write_add_filter_gzip(w->archive) != ARCHIVE_OK ||
        archive_write_set_format_pax_restricted(w->archive) != ARCHIVE_OK ||
        archive_write_open_fd(w->archive, w->fd) != ARCHIVE_OK) {
        err_set(err, "%s cannot be written: %s", file, w->archive ? words_of(w->archive) : "no memory for the archive");
        archive_writer_drop(w);
        return NULL;
    }
    return w;
}

/* Once anything has failed, all that follows does. */
static bool check(struct archive_writer *w, bool good, struct err *err)
{
    if (!w->failed && good)
        return true;
    err_set(err, "%s cannot be written%s%s", w->file, w->failed ? " any further" : ": ", w->failed ? "" : words_of(w->archive));
    w->failed = true;
    return false;
}

bool archive_writer_begin(struct archive_writer *w, const char *name, size_t n, int64_t mtime_ms, struct err *err)
{
    struct archive_entry *entry = archive_entry_new();
    bool good = entry && !w->failed;

    if (good) {
        archive_entry_set_pathname(entry, name);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0600);
        archive_entry_set_size(entry, (la_int64_t)n);
        archive_entry_set_mtime(entry, (time_t)(mtime_ms / 1000), (long)(mtime_ms % 1000 * 1000000));
        good = archive_write_header(w->archive, entry) == ARCHIVE_OK;
    }
    archive_entry_free(entry);
    return check(w, good, err);
}

bool archive_writer_bytes(struct archive_writer *w, struct slice piece, struct err *err)
{
    for (size_t at = 0; at < piece.n && !w->failed;) {
        la_ssize_t n = archive_write_data(w->archive, piece.p + at, piece.n - at);
        if (n <= 0)
            return check(w, false, err);
        at += (size_t)n;
    }
    return check(w, true, err);
}

bool archive_writer_end(struct archive_writer *w, struct err *err)
{
    return check(w, !w->failed && archive_write_finish_entry(w->archive) == ARCHIVE_OK, err);
}

bool archive_writer_add(struct archive_writer *w, const char *name, struct slice bytes, int64_t mtime_ms, struct err *err)
{
    return archive_writer_begin(w, name, bytes.n, mtime_ms, err) && archive_writer_bytes(w, bytes, err) && archive_writer_end(w, err);
}

/* link() fails where the name is there; file systems without links take a rename that does the same. */
static bool put_in_place(struct archive_writer *w, struct err *err)
{
    if (link(w->temp, w->file) == 0)
        return true;
    if (errno != EEXIST && renameat2(AT_FDCWD, w->temp, AT_FDCWD, w->file, RENAME_NOREPLACE) == 0)
        return true;
    if (errno == EEXIST)
        return err_set(err, "%s is there already: give another name, or take it away first", w->file);
    return err_set(err, "%s cannot be written: %s", w->file, strerror(errno));
}

bool archive_writer_finish(struct archive_writer *w, struct err *err)
{
    bool good = !w->failed || err_set(err, "%s cannot be written any further", w->file);

    if (good && archive_write_close(w->archive) != ARCHIVE_OK)
        good = err_set(err, "%s cannot be written: %s", w->file, words_of(w->archive));
    if (good && fsync(w->fd) != 0 && errno != EINVAL)
        good = err_set(err, "%s cannot be written: %s", w->file, strerror(errno));
    good = good && put_in_place(w, err);
    archive_writer_drop(w);
    return good;
}

/* ---- reading ----------------------------------------------------------------------------------------------------------------------- */

static bool name_good(const char *name)
{
    size_t n = name ? strlen(name) : 0;

    if (!n || n > NAME_MOST || *name == '/')
        return false;
    for (const char *p = name; *p;) {
        size_t part = strcspn(p, "/");
        if (part == 2 && p[0] == '.' && p[1] == '.')
            return false;
        p += part + (p[part] == '/');
    }
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7f || name[i] == '\\')
            return false;
    return true;
}

/* A size that an entry only claims is not believed: bytes are counted as they come. */
static bool read_entry(struct archive *a, const char *file, const char *name, size_t most, struct buf *out, struct err *err)
{
    char piece[PIECE];

    buf_clear(out);
    for (;;) {
        la_ssize_t n = archive_read_data(a, piece, sizeof piece);
        if (n == 0)
            return true;
        if (n < 0)
            return err_set(err, "%s is damaged at its entry %s: %s", file, name, words_of(a));
        if ((size_t)n > most - out->n)
            return err_set(err, "%s: its entry %s is larger than is taken (%zu MiB)", file, name, most >> 20);
        buf_add(out, piece, (size_t)n);
    }
}

static bool read_entries(struct archive *a, const char *file, const struct archive_limits *limits,
                         bool (*on_file)(void *, const char *, struct slice), void *ctx, struct err *err)
{
    struct buf bytes = {0};
    size_t total = 0;
    bool good = true;

    for (size_t n = 0; good; n++) {
        struct archive_entry *entry;
        int result = archive_read_next_header(a, &entry);
        if (result == ARCHIVE_EOF && n > 0)
            break;
        if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
            good = err_set(err, "%s is no .tar.gz, or is damaged: %s", file, result == ARCHIVE_EOF ? "it is empty" : words_of(a));
            break;
        }
        if (n >= limits->entries) {
            good = err_set(err, "%s has more than %zu entries", file, limits->entries);
            break;
        }
        const char *name = archive_entry_pathname(entry);
        if (!name_good(name)) {
            good = err_set(err, "%s: entry %zu has a name that leads out of the archive or is none", file, n + 1);
            break;
        }
        if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
            continue;
        char *kept = mem_text(name);             /* the next read may reuse it */
        size_t left = limits->bytes - total;
        good = read_entry(a, file, kept, left < limits->entry_bytes ? left : limits->entry_bytes, &bytes, err);
        total += bytes.n;
        bool more = good && on_file(ctx, kept, buf_slice(&bytes));
        free(kept);
        if (!more)
            break;
    }
    buf_free(&bytes);
    return good;
}

bool archive_read(const char *file, const struct archive_limits *given,
                  bool (*on_file)(void *ctx, const char *name, struct slice bytes), void *ctx, struct err *err)
{
    struct archive_limits limits = {
        .entries = given && given->entries ? given->entries : ENTRIES_MOST,
        .entry_bytes = given && given->entry_bytes ? given->entry_bytes : ENTRY_MOST,
        .bytes = given && given->bytes ? given->bytes : BYTES_MOST,
    };
    struct archive *a = archive_read_new();

    if (!a)
        return err_set(err, "%s cannot be read: no memory for the archive", file);
    archive_read_support_filter_gzip(a);
    archive_read_support_format_tar(a);
    bool good = archive_read_open_filename(a, file, PIECE) == ARCHIVE_OK ? read_entries(a, file, &limits, on_file, ctx, err)
                                                                        : err_set(err, "%s cannot be read: %s", file, words_of(a));
    archive_read_free(a);
    return good;
}

bool archive_looks_like(const char *file)
{
    unsigned char head[2] = {0};
    FILE *f = fopen(file, "rbe");
    size_t n = f ? fread(head, 1, 2, f) : 0;

    if (f)
        fclose(f);
    return n == 2 && head[0] == 0x1f && head[1] == 0x8b;
}

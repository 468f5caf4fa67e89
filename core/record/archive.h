/* The one door to libarchive: a .tar.gz written entry by entry, and read back within bounds.
 * A file that is there already is never overwritten; a name appears only with all of its bytes; what we write only its owner may read. */
#ifndef RECORD_ARCHIVE_H
#define RECORD_ARCHIVE_H
#include "core/base/buf.h"
#include "core/base/err.h"

struct archive_writer;
/* NULL where the file is there already or its folder cannot be written. */
struct archive_writer *archive_writer_new(const char *file, struct err *);
/* name: "claims/team-a/x.yaml", relative. mtime_ms: wall. False once anything has failed; err then says it. */
bool archive_writer_add(struct archive_writer *, const char *name, struct slice bytes, int64_t mtime_ms, struct err *);
/* The same in pieces, for what is large: n bytes in all are promised, and given by then. */
bool archive_writer_begin(struct archive_writer *, const char *name, size_t n, int64_t mtime_ms, struct err *);
bool archive_writer_bytes(struct archive_writer *, struct slice piece, struct err *);
bool archive_writer_end(struct archive_writer *, struct err *);
/* Puts the file in its place and frees the writer; false: nothing was left behind. */
bool archive_writer_finish(struct archive_writer *, struct err *);
void archive_writer_drop(struct archive_writer *);           /* nothing is left behind; NULL is ignored */

struct archive_limits {
    size_t entries, entry_bytes, bytes; /* of all entries; 0: 10,000, 256 MiB, 1 GiB */
};
/* Hands over each file of the archive; on_file says false to stop (that is no error). Refused with a sentence: no archive, a truncated
 * one, more than the limits allow, names that lead out of it (absolute, "..") or hold control bytes. Links and devices are stepped over. */
bool archive_read(const char *file, const struct archive_limits *,
                  bool (*on_file)(void *ctx, const char *name, struct slice bytes), void *ctx, struct err *);
/* Whether the file begins as a gzip file does; false where it cannot be read. */
bool archive_looks_like(const char *file);
#endif

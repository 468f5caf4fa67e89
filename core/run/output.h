/* One command's output: bytes, complete in a file that has no name, with an index of its lines that is bounded in memory. What a pane shows
 * is read back from the file, so 64 MB cost no memory. */
#ifndef RUN_OUTPUT_H
#define RUN_OUTPUT_H
#include "core/base/buf.h"
#include "core/base/err.h"

struct run_output;
struct run_output *run_output_new(void);
void run_output_free(struct run_output *);
void run_output_add(struct run_output *, const char *bytes, size_t n);

uint64_t run_output_bytes(const struct run_output *);     /* all that came */
uint64_t run_output_lines(const struct run_output *);     /* an unfinished last one counts */
bool run_output_ends_in_newline(const struct run_output *);
bool run_output_binary(const struct run_output *);        /* holds NUL, or bytes that are not UTF-8, or escape sequences */
/* "" or why the file does not hold all (disk full, more than 1 GiB): a sentence. What came is counted all the same. */
const char *run_output_trouble(const struct run_output *);
/* Up to most bytes of line number `line` (from 0), from byte `from` of it, without the newline, replacing *out. False: no such line. */
bool run_output_line(const struct run_output *, uint64_t line, size_t from, size_t most, struct buf *out);
/* Up to n bytes at an offset; how many were there. */
size_t run_output_read(const struct run_output *, uint64_t offset, char *bytes, size_t n);
/* All of it into a new file (0600); false with a sentence where it exists or cannot be written. */
bool run_output_save(const struct run_output *, const char *path, struct err *);
#endif

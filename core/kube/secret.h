/* Texts that must not stay behind in memory: tokens, keys, passwords. What is held here is zeroed before it is given back; nothing of it is
 * ever put into an error text. */
#ifndef KUBE_SECRET_H
#define KUBE_SECRET_H
#include "core/base/buf.h"
#include "core/base/err.h"

void secret_free(char *text);                     /* zeroes up to the NUL, then frees; NULL is fine */
void secret_list_free(char **list);               /* a NULL-terminated list and its texts */
void secret_buf_add(struct buf *, const void *bytes, size_t n); /* as buf_add, but what it grows out of is zeroed */
void secret_buf_free(struct buf *);
/* Appends a whole file. False with "cannot read PATH: …", also where it is larger than max. regular: nothing but a regular file will do, so
 * that a pipe cannot hold the caller up. */
bool secret_read(const char *path, size_t max, bool regular, struct buf *out, struct err *);
/* Standard alphabet, line breaks ignored, padding required, as Go's encoding/base64. False: not base64. */
bool base64_decode(struct slice text, struct buf *out);
void base64_encode(struct slice bytes, struct buf *out);
/* Without the white space around it. */
struct slice slice_trim(struct slice);
/* Whether a text can stand in an HTTP header: no control bytes, so no line break that would start another one. */
bool is_header_text(struct slice);
#endif

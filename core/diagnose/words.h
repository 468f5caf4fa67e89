/* Reading the cluster's sentences: what a condition or an event says, cut into the names that stand in it. Everything borrows from the
 * text. */
#ifndef DIAGNOSE_WORDS_H
#define DIAGNOSE_WORDS_H
#include "core/base/buf.h"

/* For "%.*s". What is absurdly long for a name is cut. */
#define SHOW(slice) (int)((slice).n < 500 ? (slice).n : 500), ((slice).n ? (slice).p : "")

bool is(const char *a, const char *b);                               /* equal; NULL equals nothing */
bool says(const char *text, const char *part);                       /* byte-exact occurrence */
bool says_any(const char *text, const char *const *parts);           /* parts end with NULL */
/* The text in double quotes that follows `before` at once (escaped quotes of Go's %q are left escaped); empty where there is none. */
struct slice quoted_after(const char *text, const char *before);
/* The word that follows `before`, in quotes, quotes escaped for JSON, or none. */
struct slice quoted_plain(const char *text, const char *before);
/* The run after `before` up to the first of the bytes `ends`, or to the end. */
struct slice run_after(const char *text, const char *before, const char *ends);
/* Whether a member of the comma-joined list is neither NULL-terminated `known`; the first such one, else empty. */
struct slice foreign_item(const char *list, const char *const *known);
/* Appends a word that a POSIX shell reads as exactly this text. */
void shell_word(struct buf *out, const char *text);
/* Appends text on one line, at most `most` bytes, cut at a UTF-8 border with an ellipsis. */
void one_line(struct buf *out, const char *text, size_t most);
#endif

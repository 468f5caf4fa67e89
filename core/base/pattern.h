/* Regular expressions: PCRE2 with JIT and match limits, so that a hostile pattern ends instead of holding the screen. */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H
#include "core/base/err.h"
#include "core/base/slice.h"

struct pattern;
enum pattern_flags { PATTERN_SMARTCASE = 1, PATTERN_CASELESS = 2, PATTERN_LITERAL = 4 };
/* NULL with "at column N: …" where text is not a pattern. SMARTCASE: caseless unless text has an upper-case letter. */
struct pattern *pattern_new(struct slice text, unsigned flags, struct err *);
void pattern_free(struct pattern *);
/* Whether it occurs in s; from and to (may be NULL) get its bounds. A match that passes the limits counts as no match and is counted. */
bool pattern_find(struct pattern *, struct slice s, size_t *from, size_t *to);
/* Whether it occurs in a piece of a longer text. begins, ends: the text begins and ends there too, so that ^ and $ may hold. */
bool pattern_find_piece(struct pattern *, struct slice piece, bool begins, bool ends);
/* How many searches ended at a limit since the pattern was made. */
uint64_t pattern_limited(const struct pattern *);
struct slice pattern_text(const struct pattern *);
#endif

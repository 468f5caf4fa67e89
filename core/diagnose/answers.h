/* What came of the reads on demand: "not there" is a fact only once the server has said so. Filled by the session, read by the rules. */
#ifndef DIAGNOSE_ANSWERS_H
#define DIAGNOSE_ANSWERS_H
#include "core/store/kinds.h"

enum answer { ANSWER_NONE /* not asked, or no answer yet */, ANSWER_THERE, ANSWER_MISSING, ANSWER_REFUSED /* 403: nothing is known */ };

struct answers;
struct answers *answers_new(void);
void answers_free(struct answers *);
/* name NULL or "": that kind's list in ns (cluster-wide with ns ""). True if it was another answer before. at_ms: wall, when it came. */
bool answers_set(struct answers *, enum kind, const char *ns, const char *name, enum answer, int64_t at_ms);
void answers_forget(struct answers *, enum kind, const char *ns, const char *name);
/* Of no answers at all (NULL) too. at_ms may be NULL; 0 where there is no answer. */
enum answer answers_get(const struct answers *, enum kind, const char *ns, const char *name, int64_t *at_ms);
#endif

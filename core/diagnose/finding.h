/* Where a rule puts its finding. A rule opens one with find() and then fills it; the calls below speak of the one opened last. In the light
 * mode, which is what a verdict needs, only severity, confidence, brief and group are kept: no text is made that nobody reads. */
#ifndef DIAGNOSE_FINDING_H
#define DIAGNOSE_FINDING_H
#include "core/diagnose/due.h"
#include "core/diagnose/rules.h"
#include "core/diagnose/words.h"

struct found {
    struct finding finding;
    int depth;
    int64_t since_ms;                /* the rule knows better since when; 0: it does not */
};
enum { FINDER_WANTS = RECORD_WANTS };
struct finder {
    const struct chain *chain;
    const struct rule *rule;         /* the one that is asked now */
    bool full;
    struct found *v;
    size_t n, cap;
    int64_t recheck_ms;              /* the earliest time that may change what was said */
    struct want wants[FINDER_WANTS]; /* their texts are borrowed from the chain's objects, or owned in want_names */
    char *want_names[FINDER_WANTS];
    size_t n_wants;
};

/* Asks every rule that applies, sorted: v[0] leads. A finder may be used again after finder_clear. */
void finder_run(struct finder *, const struct chain *);
void finder_sort(struct finder *);                  /* the deepest proved first */
void finder_clear(struct finder *);
void finder_free(struct finder *);
/* Hands the findings over to out (appended), leaving none. */
void finder_take(struct finder *, struct findings *out);
void finder_take_one(struct finder *, size_t i, struct findings *out); /* its place stays, empty */
void finding_clear(struct finding *);
void findings_copy(const struct findings *, struct findings *out); /* appended to out */
const char *link_word(enum kind);                   /* "volume claim": what a chain calls a link of that kind; static */

bool find(struct finder *, enum severity, enum confidence, const struct object *at); /* at NULL: the subject. Always true. */
void find_at(struct finder *, enum kind, const char *ns, const char *name);
void find_link(struct finder *, const char *word);   /* static; where the kind alone does not tell: "webhook" */
void find_subject(struct finder *, enum kind, const char *ns, const char *name);
void find_row(struct finder *, int row);            /* where one rule speaks for several rows */
void find_brief(struct finder *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void find_cause(struct finder *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void find_next(struct finder *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Only %s, each written as one word for a shell. */
void find_command(struct finder *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void find_group(struct finder *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void find_since(struct finder *, int64_t ms);
void find_recheck(struct finder *, int64_t ms);     /* also without an open finding */
/* Says that an object is to be read, and what is known of it by now. name empty: the list. */
enum answer find_want(struct finder *, enum kind, const char *ns, struct slice name);
void find_evidence(struct finder *, const struct object *on, int64_t time_ms, const char *text, const char *what, ...)
    __attribute__((format(printf, 5, 6)));
void find_condition(struct finder *, const struct object *on, const char *type, const struct condition *);
void find_container(struct finder *, const struct pod *, const struct container *);
void find_event(struct finder *, const struct event *);  /* NULL is ignored */
/* What the chain's ends say of themselves: the claim's and the sandbox's Ready, for every finding below them. */
void find_ready(struct finder *);

/* The severity of a cause that may pass by itself: waiting until WAITING_STUCK_MS, stuck from then on. */
enum severity find_passing(struct finder *);
/* "template T" and the command that edits it, else the sandbox that carries the pod's spec. */
void find_edit_template(struct finder *, const char *what);
#endif

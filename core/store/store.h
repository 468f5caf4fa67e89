/* The one picture of the cluster. store_apply and its kin are the only writers; everyone else holds it const. Each turn: apply what came,
 * read the list of changes, then store_sweep. */
#ifndef STORE_STORE_H
#define STORE_STORE_H
#include "core/base/json.h"
#include "core/base/ptrs.h"
#include "core/store/objects.h"

struct store;
struct store *store_new(void);
void store_free(struct store *);

/* --- writers. source: 0 … 15, the number of the reflector that brings it ------------------------------------------------------- */
/* Decodes and takes in one object of that kind. False where it is not one (no metadata.name): nothing is changed. */
bool store_apply(struct store *, enum kind, unsigned source, json object);
void store_remove(struct store *, enum kind, unsigned source, json object);
/* A whole list: what the source had named before and does not name between begin and end is removed. Only in the namespace and kind that
 * the source speaks of, which it alone knows: so by its bit. */
void store_list_begin(struct store *, enum kind, unsigned source);
void store_list_end(struct store *, enum kind, unsigned source);
/* All that a source brought is forgotten (its reflector is taken away). */
void store_drop_source(struct store *, enum kind, unsigned source);
/* At the end of a turn: empties the list of changes and frees what is gone. */
void store_sweep(struct store *);
/* Bounds the events kept: the oldest go first. Default 20,000. */
void store_limit_events(struct store *, size_t most);

/* --- readers --------------------------------------------------------------------------------------------------------------------- */
uint64_t store_generation(const struct store *);       /* grows with each change */
/* Objects changed since the last sweep, each once; those that are gone have present == false and live until the sweep (their strings and
 * links too). */
const struct ptrs *store_changes(const struct store *);
/* Claims whose chain (links, conditions, pods, events …) was touched since the last sweep, each once, gone ones too. */
const struct ptrs *store_touched_claims(const struct store *);
/* Present ones only; ns is empty for cluster-wide kinds. */
const struct object *store_find(const struct store *, enum kind, struct slice ns, struct slice name);
const struct object *store_by_uid(const struct store *, struct uid);  /* claims, sandboxes and pods; present ones only */
/* All present objects of a kind, in no order. Borrowed until the next write. */
const struct ptrs *store_all(const struct store *, enum kind);
size_t store_count(const struct store *, enum kind);
uint32_t store_slots(const struct store *);            /* one more than the highest slot in use */
size_t store_bytes(const struct store *);              /* roughly what it holds in memory */

/* Walks. link_to: the first object that o's link of that role points to (a placeholder has present == false), NULL if it has none. */
const struct object *link_to(const struct object *o, enum link_role);
/* Objects that point to o with that role: `for (l = link_in(o, role, NULL); l; l = link_in(o, role, l)) l->from`. */
const struct link *link_in(const struct object *o, enum link_role, const struct link *after);
/* The chain's ends: the claim that a sandbox, pod or event belongs to; NULL if none. */
const struct object *chain_claim(const struct object *);
/* The sandbox and pod of a claim, sandbox or pod (itself if it is one); placeholders are returned too; NULL if none. */
const struct object *chain_sandbox(const struct object *);
const struct object *chain_pod(const struct object *);
/* The template a claim, pool or sandbox leads to. */
const struct object *chain_template(const struct object *);

bool uid_eq(struct uid a, struct uid b);
bool uid_none(struct uid);
struct uid uid_parse(struct slice);                    /* "65b5be8b-…"; none if it is not one */
char *uid_text(struct uid, char out[40]);
#endif

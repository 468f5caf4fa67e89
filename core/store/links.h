/* Links as decoders set them. Internal to core/store. */
#ifndef STORE_LINKS_H
#define STORE_LINKS_H
#include "core/store/decode.h"

/* Makes o's nth link of that role (0 for the first) point to the object of that kind and name in o's own namespace (or cluster-wide where
 * the kind is); an empty name takes the link away. Names are str of the store's pool. What changes is noted in the decoding, and the
 * claims of the chains before and after are touched. */
void store_link(struct decoding *, struct object *o, enum link_role, unsigned nth, enum kind, str name);
/* The same with another namespace. */
void store_link_in(struct decoding *, struct object *o, enum link_role, unsigned nth, enum kind, str ns, str name);
/* Takes away o's links of that role from the nth on. */
void store_unlink_from(struct decoding *, struct object *o, enum link_role, unsigned nth);
#endif

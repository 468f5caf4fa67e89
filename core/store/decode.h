/* From one object's bytes to its struct, by scanning: managedFields is never looked into. Internal to core/store. */
#ifndef STORE_DECODE_H
#define STORE_DECODE_H
#include "core/base/json.h"
#include "core/store/objects.h"

struct decoding {
    struct strpool *pool;
    struct buf scratch;              /* for strings with escapes */
    json metadata, labels, annotations, spec, status, root;
    bool chain_changed;              /* out: something that a claim's diagnosis may depend on is different now */
    void *store;                     /* for links; see store_link in links.h */
};
#endif

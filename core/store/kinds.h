/* The kind table: one row a resource. The reflectors, the store, the list views, the `:` command line and the simulated cluster all read
 * that row. A new resource is one decoder, one row, one fixture. */
#ifndef STORE_KINDS_H
#define STORE_KINDS_H
#include "core/base/slice.h"

enum kind {
    KIND_CLAIM, KIND_SANDBOX, KIND_POOL, KIND_TEMPLATE, KIND_POD, KIND_NODE, KIND_DEPLOYMENT, KIND_EVENT,
    /* read on demand for the chain of a stuck claim */
    KIND_PVC, KIND_QUOTA, KIND_RUNTIMECLASS, KIND_STORAGECLASS, KIND_LEASE,
    KIND_LIMITRANGE, KIND_SERVICEACCOUNT, KIND_SECRET, KIND_CONFIGMAP, KIND_PRIORITYCLASS, KIND_NAMESPACE, KIND_SERVICE, KIND_ENDPOINTSLICE,
    KIND_NETWORKPOLICY, KIND_CRD,
    KIND_COUNT,
    KIND_NONE = KIND_COUNT,
};

enum { KIND_AGENT = 1, KIND_NAMESPACED = 2, KIND_WATCHED = 4, KIND_LISTED = 8 /* has a list view */,
       KIND_METADATA = 16 /* only its metadata is ever asked for: what is in it is nobody's business */ };

struct object;
struct decoding;
struct kind_info {
    enum kind kind;
    const char *name;                /* "SandboxClaim" */
    const char *group;               /* "extensions.agents.x-k8s.io"; "" is core */
    const char *plural;              /* "sandboxclaims" */
    const char *versions[3];         /* in order of preference, NULL-terminated */
    const char *title;               /* "Claims": what the screen calls many of them */
    const char *words[5];            /* what `:` accepts besides plural: "claims", "claim", "sc"; NULL-terminated */
    unsigned flags;
    size_t size;                     /* of the struct that holds one */
    void (*decode)(struct decoding *, struct object *);   /* fills the kind's own members; see decode.h */
    void (*clear)(struct decoding *, struct object *);    /* lets go of the arrays that decode made; NULL: it makes none */
    bool (*wanted)(struct decoding *);                    /* whether this one is to be kept at all; NULL: each is */
    const uint16_t *strs;            /* offsets of the kind's own `str` members, as many as n_strs */
    unsigned n_strs;
};
const struct kind_info *kind_info(enum kind);
enum kind kind_by_name(struct slice kind_name);           /* "SandboxClaim"; KIND_NONE if unknown */
enum kind kind_by_word(struct slice word);                /* plural, title, kind name or a word, caseless; KIND_NONE if unknown */
#endif

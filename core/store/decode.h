/* From one object's bytes to its struct, by scanning: managedFields is never looked into. Internal to core/store.
 * Every decoder sets every member of its struct each time, so what is absent now is reset, and notes in `changed` whether any differs: an
 * update that changes nothing we keep is no change. Wrong types read as absent; texts are cut at MAX_TEXT. */
#ifndef STORE_DECODE_H
#define STORE_DECODE_H
#include "core/base/json.h"
#include "core/store/objects.h"

enum {
    MAX_NAME = 253,                  /* of names and namespaces: the API's own limit (DNS subdomain) */
    MAX_TEXT = 4096,                 /* bytes kept of any other text */
    MAX_CONTAINERS = 64,             /* kept of one pod or template */
    MAX_CLAIM_VOLUMES = 64,          /* PersistentVolumeClaims of one pod that are linked */
    MAX_JOINED = 64,                 /* items of a list that is kept as one joined text */
    MAX_QUOTA_ITEMS = 128,
    MAX_PEERS = 64,                  /* kept of one NetworkPolicy */
    EVENT_METADATA = 18,             /* its place among an event's members */
    EVENT_MEMBERS,
};

struct store;
struct decoding {
    struct strpool *pool;
    struct buf scratch;              /* for strings with escapes */
    struct buf joined;               /* for lists that become one text */
    struct buf name_text, ns_text;   /* behind name and ns where they have escapes */
    json metadata, labels, annotations, spec, status, root;
    json owners, finalizers, deleted, api_version;
    struct slice name, ns;           /* ns is empty for cluster-wide kinds */
    struct uid uid;
    int64_t created_ms;
    json event[EVENT_MEMBERS];       /* an event's members, by event_names */
    bool chain_changed;              /* out: something that a claim's diagnosis may depend on is different now */
    bool changed;                    /* out: something is different now */
    bool picky;                      /* set by decoders that set chain_changed themselves; for others each change is one of the chain */
    void *store;                     /* for links; see store_link in links.h */
};

/* Reads the outer members and the metadata. False where there is no usable name. */
bool decode_head(struct decoding *, enum kind, json object);
/* The members that every object has. */
void decode_meta(struct decoding *, struct object *);

/* One pass over an object: out[i] gets the member names[i], empty where absent. */
void pick(json object, const struct slice *names, unsigned n, json *out);
#define PICK(object, names, out) pick((object), (names), sizeof(names) / sizeof((names)[0]), (out))

void put_slice(struct decoding *, str *slot, struct slice text);
void put_text(struct decoding *, str *slot, json string);
/* A name that something may be linked by: what is longer than MAX_NAME counts as none. */
void put_name(struct decoding *, str *slot, json string);
void put_time(struct decoding *, int64_t *slot, json stamp);
void put_ms(struct decoding *, int64_t *slot, int64_t ms);
void put_int(struct decoding *, int32_t *slot, json number, int32_t absent);
void put_bool(struct decoding *, bool *slot, bool value);
void put_uid(struct decoding *, struct uid *slot, json string);
/* The strings of an array (or of two, one after the other) joined by `between`. */
void put_joined(struct decoding *, str *slot, json array, json array_after, char between);
/* The members of an object of strings as "k=v,k=v". */
void put_pairs(struct decoding *, str *slot, json object);

/* A kind's conditions: each of `want` gets the one of its type, or is reset. Returns how many conditions of any type there are. */
struct condition_want {
    struct slice type;
    struct condition *into;
};
unsigned decode_conditions(struct decoding *, json array, const struct condition_want *want, unsigned n);
#define CONDITIONS(d, array, want) decode_conditions((d), (array), (want), sizeof(want) / sizeof((want)[0]))

/* "1500m", "2", "16373188Ki" in thousandths of the unit; 0 where it is no quantity.
 * kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity */
int64_t quantity_milli(struct slice text);

/* Decoders, one a kind. */
void decode_claim(struct decoding *, struct object *);
void decode_sandbox(struct decoding *, struct object *);
void decode_pool(struct decoding *, struct object *);
void decode_template(struct decoding *, struct object *);
void clear_template(struct decoding *, struct object *);
void decode_pod(struct decoding *, struct object *);
void clear_pod(struct decoding *, struct object *);
void decode_node(struct decoding *, struct object *);
void decode_deployment(struct decoding *, struct object *);
bool wanted_deployment(struct decoding *);
void decode_event(struct decoding *, struct object *);
extern const struct slice event_names[EVENT_MEMBERS];
bool wanted_event(struct decoding *);
int64_t event_last_ms(struct decoding *);                  /* when it was last seen */
void decode_pvc(struct decoding *, struct object *);
void decode_quota(struct decoding *, struct object *);
void clear_quota(struct decoding *, struct object *);
void decode_runtimeclass(struct decoding *, struct object *);
void decode_storageclass(struct decoding *, struct object *);
void decode_lease(struct decoding *, struct object *);
void decode_limitrange(struct decoding *, struct object *);
void decode_existence(struct decoding *, struct object *);
void decode_namespace(struct decoding *, struct object *);
void decode_service(struct decoding *, struct object *);
void decode_endpointslice(struct decoding *, struct object *);
void decode_networkpolicy(struct decoding *, struct object *);
void clear_networkpolicy(struct decoding *, struct object *);
void decode_crd(struct decoding *, struct object *);
#endif

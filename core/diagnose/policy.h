/* Whom a NetworkPolicy lets in. kubernetes.io/docs/concepts/services-networking/network-policies: a pod that no policy of its namespace
 * selects takes
 * all; else only what one of those that select it admits. */
#ifndef DIAGNOSE_POLICY_H
#define DIAGNOSE_POLICY_H
#include "core/base/buf.h"
#include "core/store/store.h"

/* The policy that selects `pod` where none of those that do admits `from`; NULL where it may come in. *sure: nothing was left out that
 * could
 * admit it (expressions, labels of a namespace that is not read). Ports are not looked at. */
const struct networkpolicy *policy_against(const struct store *, const struct pod *pod, const struct pod *from, bool *sure);
/* "pods app=x in namespaces kubernetes.io/metadata.name=y; 10.0.0.0/8", for a reader. */
void policy_peers(const struct networkpolicy *, struct buf *out);
/* Whether labels "k=v,k=v" have all that a selector of that form asks for. */
bool labels_match(const char *selector, const char *labels);
#endif

#include "core/diagnose/policy.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

bool labels_match(const char *selector, const char *labels)
{
    for (const char *s = selector; *s;) {
        size_t n = strcspn(s, ",");
        bool found = false;
        for (const char *l = labels; *l && !found;) {
            size_t m = strcspn(l, ",");
            found = m == n && memcmp(l, s, n) == 0;
            l += m;
            l += *l == ',';
        }
        if (!found)
            return false;
        s += n;
        s += *s == ',';
    }
    return true;
}

enum admits { ADMITS_NOT, ADMITS_PERHAPS, ADMITS };

/* Of IPv4; of others it is not known. */
static enum admits block_holds(const char *cidr, const char *ip)
{
    char net[64];
    const char *slash = strchr(cidr, '/');
    struct in_addr a, b;
    if (!slash || (size_t)(slash - cidr) >= sizeof net)
        return ADMITS_PERHAPS;
    memcpy(net, cidr, (size_t)(slash - cidr));
    net[slash - cidr] = '\0';
    long bits = strtol(slash + 1, NULL, 10);
    if (inet_pton(AF_INET, net, &a) != 1 || inet_pton(AF_INET, ip, &b) != 1 || bits < 0 || bits > 32)
        return ADMITS_PERHAPS;
    uint32_t mask = bits ? ~UINT32_C(0) << (32 - bits) : 0;
    /* an `except` is not kept, so what a block holds may still be kept out */
    return (ntohl(a.s_addr) & mask) == (ntohl(b.s_addr) & mask) ? ADMITS_PERHAPS : ADMITS_NOT;
}

static enum admits namespaces_match(const struct store *s, const char *selector, const char *ns)
{
    char own[400];
    const struct object *o = store_find(s, KIND_NAMESPACE, SLICE(""), slice_of(ns));
    snprintf(own, sizeof own, "kubernetes.io/metadata.name=%s", ns);
    if (labels_match(selector, o ? AS(kube_namespace, o)->labels : own))
        return ADMITS;
    if (o)
        return ADMITS_NOT;
    /* What asks for one thing that is known to differ is answered without the namespace's other labels. */
    const char *name = strstr(selector, "kubernetes.io/metadata.name=");
    return name && strncmp(name, own, strlen(own)) != 0 ? ADMITS_NOT : ADMITS_PERHAPS;
}

static enum admits peer_admits(const struct store *s, const struct networkpolicy *p, const struct policy_peer *peer, const struct pod *from)
{
    if (peer->block[0])
        return block_holds(peer->block, from->ip);
    enum admits in = ADMITS;
    if (peer->has_namespaces)
        in = namespaces_match(s, peer->namespaces, from->o.ns);
    else if (strcmp(from->o.ns, p->o.ns) != 0)
        in = ADMITS_NOT;
    if (in == ADMITS_NOT || (peer->has_pods && !labels_match(peer->pods, from->labels)))
        return ADMITS_NOT;
    return peer->expressions ? ADMITS_PERHAPS : in;
}

static enum admits policy_admits(const struct store *s, const struct networkpolicy *p, const struct pod *from)
{
    enum admits best = p->open ? ADMITS : ADMITS_NOT;
    for (uint32_t i = 0; i < p->n_peers && best != ADMITS; i++) {
        enum admits one = peer_admits(s, p, &p->peers[i], from);
        best = one > best ? one : best;
    }
    return best;
}

const struct networkpolicy *policy_against(const struct store *s, const struct pod *pod, const struct pod *from, bool *sure)
{
    const struct ptrs *all = store_all(s, KIND_NETWORKPOLICY);
    const struct networkpolicy *against = NULL;
    *sure = true;
    for (size_t i = 0; i < all->n; i++) {
        const struct networkpolicy *p = all->v[i];
        if (p->o.ns != pod->o.ns || !p->ingress || !labels_match(p->selector, pod->labels))
            continue;
        if (p->expressions)
            *sure = false;
        enum admits admits = policy_admits(s, p, from);
        if (admits == ADMITS)
            return NULL;
        if (admits == ADMITS_PERHAPS)
            *sure = false;
        if (!against || strcmp(p->o.name, against->o.name) < 0)
            against = p;
    }
    return against;
}

void policy_peers(const struct networkpolicy *p, struct buf *out)
{
    for (uint32_t i = 0; i < p->n_peers; i++) {
        const struct policy_peer *peer = &p->peers[i];
        buf_add_text(out, i ? "; " : "");
        if (peer->block[0]) {
            buf_add_text(out, peer->block);
            continue;
        }
        buf_printf(out, "pods %s", peer->has_pods && peer->pods[0] ? peer->pods : "(all)");
        if (peer->has_namespaces)
            buf_printf(out, " in namespaces %s", peer->namespaces[0] ? peer->namespaces : "(all)");
        else
            buf_printf(out, " in namespace %s", p->o.ns);
    }
    if (!p->n_peers)
        buf_add_text(out, p->open ? "(all)" : "(none)");
}

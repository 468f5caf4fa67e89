/* One tunnel of the curl transport, as tunnel_curl.c (its life) and tunnels.c (all of them) see it. */
#ifndef KUBE_TUNNEL_INSIDE_H
#define KUBE_TUNNEL_INSIDE_H
#include "core/kube/handshake.h"
#include "core/kube/tunnel_curl.h"

enum stage {
    STAGE_WAITING,                   /* for a credential */
    STAGE_READY,
    STAGE_CONNECTING,
    STAGE_OPENING,                   /* the upgrade is on its way, or a refusal's body */
    STAGE_OPEN,
    STAGE_DEAD,
};

struct tunnel {
    struct tunnels *owner;
    struct tunnel *next, **link;     /* link: what points to this one */
    enum stage stage;
    void *easy, *multi;              /* curl's, from CONNECTING on */
    int fd;
    struct outgoing request;
    char **protocols;
    struct tunnel_ops ops;
    void *ctx;
    int64_t open_by_ms, end_by_ms;   /* mono; 0: none */
    int64_t idle_ms, heard_at_ms;    /* idle_ms: of the upgrade; heard_at_ms: mono, of the last byte that came */
    bool asked;                      /* on_idle was called in this silence */
    uint64_t generation;             /* of the credential it was sent with */
    bool renewed;                    /* the second sending */
    bool paused, more;               /* more: reading stopped before all was read */
    struct handshake handshake;
    struct http1 answer;
    struct buf refusal, head, queued; /* head: of the upgrade */
    size_t head_sent, queued_sent;
    char error[SITE_ERROR_SIZE];
};

struct tunnel *tunnel_curl_new(struct tunnels *, const struct upgrade *, const struct tunnel_ops *, void *ctx);
void tunnel_curl_free(struct tunnel *);
void tunnel_curl_step(struct tunnel *, int64_t now);
void tunnel_curl_finish(struct tunnel *, enum end_reason, int status, const char *text);
void tunnel_curl_stage(struct tunnel *, enum stage);
void tunnel_curl_fds(const struct tunnel *, struct pollfd **fds, unsigned *n); /* adds what poll has to wait for */
int64_t tunnel_curl_due(const struct tunnel *, int64_t now);                  /* ms; -1: only on a descriptor */
#endif

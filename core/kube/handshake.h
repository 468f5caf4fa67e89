/* The opening of a WebSocket (RFC 6455, 4): the request that asks for it, and whether an answer grants it. */
#ifndef KUBE_HANDSHAKE_H
#define KUBE_HANDSHAKE_H
#include "core/base/ptrs.h"
#include "core/kube/http1.h"

struct handshake {
    char key[25], accept[29];        /* base64 of 16 random bytes, and what the server makes of it */
};

void handshake_new(struct handshake *);
void handshake_accept(const char *key, char accept[29]);
/* Appends the whole request. url: scheme://host[:port]/path; lines: "Name: value" (struct ptrs of char *), a Host among them wins. */
void handshake_request(const struct handshake *, const char *url, const struct ptrs *lines, const char *const *protocols, struct buf *out);
/* Whether a 101 is the answer to it. *protocol: the one chosen, out of protocols. False with a sentence. */
bool handshake_granted(const struct handshake *, const struct http1 *answer, const char *const *protocols, const char **protocol,
                       struct err *);
#endif

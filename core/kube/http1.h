/* One HTTP/1.1 message read from a stream of bytes (RFC 9112): the answer to an upgrade, the answer that comes through a forwarded port,
 * and a request as a server sees it. Strict: what two readers could take for different things is refused. */
#ifndef KUBE_HTTP1_H
#define KUBE_HTTP1_H
#include "core/kube/answer_head.h"

enum http1_kind { HTTP1_ANSWER, HTTP1_ANSWER_TO_HEAD, HTTP1_REQUEST };
enum http1_state {
    HTTP1_IN_HEAD,
    HTTP1_IN_BODY,
    HTTP1_DONE,                      /* whole; what follows does not belong to it */
    HTTP1_SWITCHED,                  /* a 101: what follows is another protocol */
    HTTP1_BROKEN,                    /* no HTTP; http1_trouble says why */
};
enum { HTTP1_HEAD_MOST = 64 * 1024 };

struct http1_ops {
    void (*on_head)(void *ctx);      /* once, for a final answer or a 101; 100 to 199 else are skipped. May be NULL */
    void (*on_body)(void *ctx, const char *bytes, size_t n); /* chunks undone; may be NULL */
};

/* What of these is not named to be read belongs to http1.c. */
struct http1 {
    enum http1_kind kind;
    enum http1_state state;          /* to be read */
    struct answer_head head;         /* to be read: of an answer */
    struct slice method, target;     /* to be read: of a request, until http1_free */
    const struct http1_ops *ops;
    void *ctx;
    struct buf lines;                /* the head */
    size_t line_at;                  /* where its next line begins */
    struct buf line;                 /* of a chunk's size or a trailer */
    const char *trouble;
    enum { FRAME_LENGTH, FRAME_CHUNK_SIZE, FRAME_CHUNK, FRAME_CHUNK_END, FRAME_TRAILER, FRAME_UNTIL_END } frame;
    uint64_t left;
    size_t trailers;
};

void http1_init(struct http1 *, enum http1_kind, const struct http1_ops *, void *ctx);
void http1_free(struct http1 *);
/* Takes from bytes what belongs to the message; returns how many that are: n, unless it is DONE, SWITCHED or BROKEN. */
size_t http1_feed(struct http1 *, const char *bytes, size_t n);
/* The stream is at its end: DONE where that ends the body, else BROKEN. */
enum http1_state http1_end(struct http1 *);
/* The value of the nth (0…) header of that name, caseless; false where there are not so many. Borrowed until http1_free. */
bool http1_header(const struct http1 *, const char *name, size_t nth, struct slice *value);
const char *http1_trouble(const struct http1 *); /* "" unless BROKEN */
#endif

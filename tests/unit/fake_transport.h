/* A transport whose answers the test gives, on a clock that the test moves. What the test scripts is queued and delivered by fake_step alone, as a real
 * transport does. */
#ifndef TESTS_FAKE_TRANSPORT_H
#define TESTS_FAKE_TRANSPORT_H
#include "core/base/clock.h"
#include "core/kube/transport.h"

struct fake;
struct fake *fake_new(struct clock_virtual *);
struct transport *fake_transport(struct fake *);       /* free it with transport_free, which frees the fake */
void fake_step(struct fake *);                         /* deliver what was scripted; end what is over its deadline */

/* The newest request that is still open and whose "METHOD path" contains part; NULL where there is none. */
struct exchange *fake_find(struct fake *, const char *part);
size_t fake_open(const struct fake *);                 /* requests under way */
size_t fake_asked(const struct fake *);                /* requests since the start */
unsigned fake_resets(const struct fake *);
const char *fake_line(const struct exchange *);        /* "GET /path" */
bool fake_compressed(const struct exchange *);
int64_t fake_deadline(const struct exchange *);

void fake_head(struct exchange *, int status);
void fake_head_full(struct exchange *, int status, int64_t retry_after_ms, const char *content_type);
void fake_bytes(struct exchange *, const char *text);
void fake_bytes_n(struct exchange *, const char *bytes, size_t n, size_t chunk); /* in pieces of chunk bytes; 0: in one */
void fake_end(struct exchange *, enum end_reason, const char *text);
void fake_answer(struct exchange *, int status, const char *body); /* head, body and END_DONE */
#endif

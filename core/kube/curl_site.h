/* A server as the curl transport sees it: where, by which way, with whose certificate. Requests and tunnels share it. Handles of curl are
 * void * here, so that no header brings curl's. */
#ifndef KUBE_CURL_SITE_H
#define KUBE_CURL_SITE_H
#include "core/kube/outgoing.h"
#include "core/kube/renewal.h"
#include "core/kube/route.h"
#include "core/kube/trouble.h"

enum { SITE_ERROR_SIZE = 256 };      /* what curl wants of an error buffer */

struct curl_site {
    const struct target *target;
    struct target own;               /* of an origin; else empty */
    struct renewal *renewal;         /* NULL: nothing is said of who we are */
    struct route route;
    void *connect_to;                /* route.connect_to as curl wants it */
};

/* target and renewal are borrowed. False with a sentence where there is no way; free it in both cases. */
bool curl_site_find(struct curl_site *, const struct target *, struct renewal *, struct err *);
/* Another server than the target's, as nobody; ca_pem may be NULL. */
bool curl_site_origin(struct curl_site *, const char *origin, const char *ca_pem, struct err *);
void curl_site_free(struct curl_site *);

/* Proxy, address, TLS, time to connect and the error buffer (SITE_ERROR_SIZE bytes, emptied) of a handle. */
void curl_site_set(const struct curl_site *, void *easy, char *error);
/* What went wrong with it: code is a CURLcode, timed_out what a time-out came to. */
enum trouble curl_site_trouble(const struct curl_site *, void *easy, int code, const char *detail, enum trouble timed_out);
/* The library's words for a code, where its error buffer is empty. */
const char *curl_site_words(const char *error, int code);
#endif

/* The transport over libcurl's multi interface: HTTP/2, every stream on one connection; a tunnel has one of
 * its own. transport_curl.c, tunnel_curl.c and curl_site.c alone include curl. */
#ifndef KUBE_TRANSPORT_CURL_H
#define KUBE_TRANSPORT_CURL_H
#include "core/kube/credential.h"
#include "core/kube/transport.h"

/* target and credential (may be NULL) are borrowed for its life. Every request gets the credential's header and certificate and the
 * target's impersonation headers; while the credential is pending requests wait; a 401 renews it once and sends the request again. */
struct transport *transport_curl_new(const struct target *, struct credential *, struct err *);
#endif

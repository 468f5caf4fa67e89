/* What can go wrong between us and a server, said so that a person can act on it. */
#ifndef KUBE_TROUBLE_H
#define KUBE_TROUBLE_H
#include "core/kube/kubeconfig.h"
#include "core/kube/transport.h"

enum trouble {
    TROUBLE_NAME,            /* the server's name is not known */
    TROUBLE_PROXY_NAME,
    TROUBLE_REFUSED,
    TROUBLE_ROUTE,
    TROUBLE_NO_CONNECTION,   /* any other failure to connect */
    TROUBLE_CONNECT_TIME,    /* no TCP connection in time */
    TROUBLE_HANDSHAKE_TIME,  /* TCP, but no TLS in time */
    TROUBLE_PROXY,           /* the proxy did not connect us */
    TROUBLE_CA,              /* signed by an authority that we do not know */
    TROUBLE_EXPIRED,
    TROUBLE_NOT_YET,
    TROUBLE_CERT_NAME,       /* valid, but for another name */
    TROUBLE_OUR_CERT,        /* the server does not accept our certificate */
    TROUBLE_OUR_FILES,       /* our certificate, key or CA cannot be used */
    TROUBLE_NOT_TLS,
    TROUBLE_TLS,
    TROUBLE_DEADLINE,
    TROUBLE_CUT,
    TROUBLE_NOT_HTTP,
    TROUBLE_OTHER,
};

enum end_reason trouble_end(enum trouble);
/* Of a connection that failed with this errno (0: not known); proxy_host may be NULL. */
enum trouble trouble_of_connect(int error, const char *detail, const char *proxy_host);
/* TROUBLE_PROXY and TLS ones told apart by the words of the TLS library (OpenSSL's and GnuTLS'); fallback where none is known. */
enum trouble trouble_of_tls(const char *detail, enum trouble fallback);
/* One sentence: what, where, what to do. proxy may be NULL; detail (the library's words) may be "". The caller frees it. */
char *trouble_sentence(enum trouble, const struct target *, const char *proxy, const char *detail);
#endif

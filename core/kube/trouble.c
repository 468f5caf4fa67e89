/* One row a trouble: how the exchange ended and the advice. Invariant: every sentence names the server. */
#include "core/kube/trouble.h"

#include "core/base/buf.h"

#include <errno.h>

/* %s of what: the server. */
static const struct row {
    enum end_reason end;
    const char *what, *advice;
    bool detail;                     /* the library's words say more than ours */
} rows[] = {
    [TROUBLE_NAME] = {END_UNREACHABLE, "the name of the server %s cannot be resolved",
                      "is it spelled right in the kubeconfig, is the network or the VPN up?", false},
    [TROUBLE_PROXY_NAME] = {END_UNREACHABLE, "the name of the proxy to the server %s cannot be resolved",
                            "check proxy-url in the kubeconfig, or HTTPS_PROXY", false},
    [TROUBLE_REFUSED] = {END_UNREACHABLE, "the server %s refused the connection", "is the API server running, is the port right?", false},
    [TROUBLE_ROUTE] = {END_UNREACHABLE, "there is no route to the server %s", "is the network or the VPN up, is the address right?", false},
    [TROUBLE_NO_CONNECTION] = {END_UNREACHABLE, "no connection to the server %s", "is it running, is the network up?", true},
    [TROUBLE_CONNECT_TIME] = {END_UNREACHABLE, "the server %s did not take the connection in time",
                              "is the address right, is the network or the VPN up, does a firewall drop it?", false},
    [TROUBLE_HANDSHAKE_TIME] = {END_TIMEOUT, "the server %s took the connection but did not answer", "is the API server overloaded or stopped?", false},
    [TROUBLE_PROXY] = {END_UNREACHABLE, "the proxy did not connect to the server %s", "check proxy-url in the kubeconfig, or HTTPS_PROXY", true},
    [TROUBLE_CA] = {END_TLS, "the certificate of the server %s is signed by an unknown authority",
                    "does certificate-authority in the kubeconfig belong to this cluster? (fetch the kubeconfig anew if the cluster was rebuilt)", false},
    [TROUBLE_EXPIRED] = {END_TLS, "the certificate of the server %s has expired", "renew it on the server, and check this machine's clock", false},
    [TROUBLE_NOT_YET] = {END_TLS, "the certificate of the server %s is not valid yet", "check this machine's clock and the server's", false},
    [TROUBLE_CERT_NAME] = {END_TLS, "the certificate of the server %s is for another name",
                           "use a name that it holds as server, or set tls-server-name in the kubeconfig", true},
    [TROUBLE_OUR_CERT] = {END_TLS, "the server %s does not accept our client certificate",
                          "has it expired, is it from this cluster? fetch the kubeconfig anew", true},
    [TROUBLE_OUR_FILES] = {END_TLS, "the certificate or key for the server %s cannot be used",
                           "check certificate-authority, client-certificate and client-key of this context", true},
    [TROUBLE_NOT_TLS] = {END_TLS, "the server %s does not speak TLS on that port", "is the port right, or is it http://?", false},
    [TROUBLE_TLS] = {END_TLS, "no secure connection to the server %s", "does it speak TLS 1.2 or later?", true},
    [TROUBLE_DEADLINE] = {END_TIMEOUT, "the server %s did not answer in time", "is it overloaded or stopped, or is --request-timeout too short?", false},
    [TROUBLE_CUT] = {END_CUT, "the connection to the server %s broke", "it is tried anew", true},
    [TROUBLE_NOT_HTTP] = {END_PROTOCOL, "what the server %s answered is not HTTP", "is the address that of a Kubernetes API server?", true},
    [TROUBLE_OTHER] = {END_PROTOCOL, "the request to the server %s failed", "check the server's address in the kubeconfig", true},
};

enum end_reason trouble_end(enum trouble trouble)
{
    return rows[trouble].end;
}

enum trouble trouble_of_tls(const char *detail, enum trouble fallback)
{
    static const struct {
        const char *word;
        enum trouble trouble;
    } words[] = {
        {"from proxy after CONNECT", TROUBLE_PROXY},
        {"CONNECT tunnel failed", TROUBLE_PROXY},
        {"certificate has expired", TROUBLE_EXPIRED},
        {"has expired", TROUBLE_EXPIRED},
        {"not yet valid", TROUBLE_NOT_YET},
        {"no alternative certificate subject name", TROUBLE_CERT_NAME},
        {"does not match target host name", TROUBLE_CERT_NAME},
        {"certificate subject name", TROUBLE_CERT_NAME},
        {"unable to get local issuer", TROUBLE_CA},
        {"unable to get issuer", TROUBLE_CA},
        {"self-signed certificate", TROUBLE_CA},
        {"self signed certificate", TROUBLE_CA},
        {"certificate signature failure", TROUBLE_CA},
        {"unable to verify the first certificate", TROUBLE_CA},
        {"server certificate verification failed", TROUBLE_CA},
        {"wrong version number", TROUBLE_NOT_TLS},
        {"packet length too long", TROUBLE_NOT_TLS},
        {"alert unknown ca", TROUBLE_OUR_CERT},
        {"alert bad certificate", TROUBLE_OUR_CERT},
        {"alert certificate", TROUBLE_OUR_CERT},
        {"certificate required", TROUBLE_OUR_CERT},
        {"sslv3 alert", TROUBLE_OUR_CERT},
        /* in the middle of the handshake: a server that stops or starts, not one that refuses */
        {"SYSCALL", TROUBLE_CUT},
        {"unexpected eof", TROUBLE_CUT},
        {"reset by peer", TROUBLE_CUT},
        {"Broken pipe", TROUBLE_CUT},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(detail, words[i].word))
            return words[i].trouble;
    return fallback;
}

enum trouble trouble_of_connect(int error, const char *detail, const char *proxy_host)
{
    if (proxy_host && strstr(detail, proxy_host))
        return TROUBLE_PROXY;
    if (error == ECONNREFUSED || strstr(detail, "refused"))
        return TROUBLE_REFUSED;
    if (error == EHOSTUNREACH || error == ENETUNREACH || strstr(detail, "route to host"))
        return TROUBLE_ROUTE;
    return error == ETIMEDOUT ? TROUBLE_CONNECT_TIME : TROUBLE_NO_CONNECTION;
}

char *trouble_sentence(enum trouble trouble, const struct target *target, const char *proxy, const char *detail)
{
    const struct row *row = &rows[trouble];
    const char *mark = strstr(row->what, "%s");
    struct buf b = {0};

    buf_add(&b, row->what, (size_t)(mark - row->what));
    buf_add_text(&b, target->server);
    buf_add_text(&b, mark + 2);
    if (row->detail && *detail)
        buf_printf(&b, " (%s)", detail);
    if (proxy && (trouble == TROUBLE_PROXY || trouble == TROUBLE_PROXY_NAME))
        buf_printf(&b, " (the proxy is %s)", proxy);
    if (trouble == TROUBLE_CA && target->ca_file)
        buf_printf(&b, " (not by %s)", target->ca_file);
    if (trouble == TROUBLE_CA && !target->ca_pem && target->context)
        buf_add_text(&b, ": the kubeconfig names no certificate-authority, so only this system's count; add the cluster's");
    else if (target->context)        /* the advice is about a kubeconfig's server */
        buf_printf(&b, ": %s", row->advice);
    return buf_take(&b);
}

/* Invariant: of a site that is not the API server no setting brings a credential, a certificate or a proxy of the kubeconfig. */
#include "core/kube/curl_site.h"

#include "core/base/mem.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_TIMEOUT_MS = 10000, RECEIVE_BUFFER = 512 * 1024 };
_Static_assert(SITE_ERROR_SIZE >= CURL_ERROR_SIZE, "curl writes that much");

static bool find(struct curl_site *s, struct err *err)
{
    if (!identity_good(s->target, err) || !route_find(&s->route, s->target, err))
        return false;
    if (s->route.connect_to)
        s->connect_to = curl_slist_append(NULL, s->route.connect_to);
    return true;
}

bool curl_site_find(struct curl_site *s, const struct target *target, struct renewal *renewal, struct err *err)
{
    *s = (struct curl_site){.target = target, .renewal = renewal};
    return find(s, err);
}

bool curl_site_origin(struct curl_site *s, const char *origin, const char *ca_pem, struct err *err)
{
    *s = (struct curl_site){.own = {.server = mem_text(origin), .ca_pem = mem_text(ca_pem)}};
    s->target = &s->own;
    if (find(s, err))
        return true;
    return s->route.base ? false : err_set(err, "the address \"%s\" is no http://host:port or https://host:port", origin);
}

void curl_site_free(struct curl_site *s)
{
    curl_slist_free_all(s->connect_to);
    route_free(&s->route);
    free(s->own.server);
    free(s->own.ca_pem);
    *s = (struct curl_site){0};
}

static void set_blob(CURL *easy, CURLoption option, const char *pem)
{
    struct curl_blob blob = {.data = (void *)(uintptr_t)pem, .len = strlen(pem), .flags = CURL_BLOB_COPY};

    curl_easy_setopt(easy, option, &blob);
}

static void set_tls(const struct curl_site *s, CURL *easy)
{
    const struct credential *credential = s->renewal ? s->renewal->credential : NULL;
    const char *cert = credential ? credential_cert(credential) : s->target->cert_pem;
    const char *key = credential ? credential_key(credential) : s->target->key_pem;

    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, s->target->insecure ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, s->target->insecure ? 0L : 2L);
    if (s->target->ca_pem) {
        set_blob(easy, CURLOPT_CAINFO_BLOB, s->target->ca_pem);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* else the system's directory is trusted beside it */
    }
    if (cert && key) {
        set_blob(easy, CURLOPT_SSLCERT_BLOB, cert);
        set_blob(easy, CURLOPT_SSLKEY_BLOB, key);
    }
}

void curl_site_set(const struct curl_site *s, void *easy, char *error)
{
    *error = '\0';
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(easy, CURLOPT_PROXY, s->route.proxy ? s->route.proxy : "");
    if (s->route.proxy_configured)
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    if (s->connect_to)
        curl_easy_setopt(easy, CURLOPT_CONNECT_TO, s->connect_to);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
    set_tls(s, easy);
}

const char *curl_site_words(const char *error, int code)
{
    return *error ? error : curl_easy_strerror((CURLcode)code);
}

enum trouble curl_site_trouble(const struct curl_site *s, void *easy, int code, const char *detail, enum trouble timed_out)
{
    static const struct {
        CURLcode code;
        bool words;                  /* the library's words may say more */
        enum trouble trouble;
    } rows[] = {
        {CURLE_COULDNT_RESOLVE_HOST, false, TROUBLE_NAME},
        {CURLE_COULDNT_RESOLVE_PROXY, false, TROUBLE_PROXY_NAME},
        {CURLE_PROXY, false, TROUBLE_PROXY},
        {CURLE_PEER_FAILED_VERIFICATION, true, TROUBLE_TLS},
        {CURLE_SSL_CERTPROBLEM, true, TROUBLE_OUR_FILES},
        {CURLE_SSL_CACERT_BADFILE, true, TROUBLE_OUR_FILES},
        {CURLE_SSL_CONNECT_ERROR, true, TROUBLE_TLS},
        {CURLE_GOT_NOTHING, false, TROUBLE_CUT},
        {CURLE_RECV_ERROR, true, TROUBLE_CUT}, /* TLS 1.3 tells of our certificate with the first bytes read */
        {CURLE_SEND_ERROR, true, TROUBLE_CUT},
        {CURLE_SEND_FAIL_REWIND, false, TROUBLE_CUT}, /* a POST that curl would have repeated */
        {CURLE_PARTIAL_FILE, false, TROUBLE_CUT},
        {CURLE_HTTP2, false, TROUBLE_CUT},
        {CURLE_HTTP2_STREAM, false, TROUBLE_CUT},
        {CURLE_UNSUPPORTED_PROTOCOL, false, TROUBLE_NOT_HTTP},
        {CURLE_WEIRD_SERVER_REPLY, false, TROUBLE_NOT_HTTP},
        {CURLE_BAD_CONTENT_ENCODING, false, TROUBLE_NOT_HTTP},
    };
    long error = 0;

    if (code == CURLE_OPERATION_TIMEDOUT)
        return timed_out;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
    if (code == CURLE_COULDNT_CONNECT)
        return trouble_of_connect((int)error, detail, s->route.proxy_host);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if ((int)rows[i].code == code)
            return rows[i].words ? trouble_of_tls(detail, rows[i].trouble) : rows[i].trouble;
    return TROUBLE_OTHER;
}

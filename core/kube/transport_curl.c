/* The transport over libcurl's multi interface. Invariants:
 * - curl is entered in step() alone (and cancel, reset and free outside of it), so a callback may ask, cancel and reset at will: what it asks
 *   is queued, what it cancels is marked dead and taken out of curl when curl has returned;
 * - after on_end or cancel no callback of that exchange follows;
 * - an exchange is sent a second time only after a 401, and only when nothing of the answer was handed out. */
#include "core/kube/transport_curl.h"

#include "core/base/mem.h"
#include "core/kube/answer_head.h"
#include "core/kube/outgoing.h"
#include "core/kube/renewal.h"
#include "core/kube/route.h"
#include "core/kube/trouble.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdlib.h>

enum {
    CONNECT_TIMEOUT_MS = 10000,
    RECEIVE_BUFFER = 512 * 1024,
    CREDENTIAL_POLL_MS = 200,        /* a plugin's deadline has no descriptor */
    LONGEST_WAIT_MS = 3600000,
    MAX_EXTRA = 16,                  /* descriptors of the caller that one wait takes, with those of the plugin */
};

enum place {
    PLACE_QUEUED,                    /* not given to curl yet */
    PLACE_FLYING,
    PLACE_DEAD,                      /* ended or cancelled: freed when curl has returned */
};

struct exchange {
    struct curl_transport *owner;
    struct exchange *next, **link;   /* link: what points to this one */
    enum place place;
    CURL *easy;                      /* while FLYING, and DEAD until it is swept */
    CURLM *multi;
    struct curl_slist *headers;      /* out.headers as curl wants them */
    struct outgoing out;
    bool compress;
    int64_t deadline_ms;             /* of the request; counts from when curl gets it: a plugin that is waited for has its own */
    int64_t end_by_ms;               /* mono; 0: no deadline */
    struct response_ops ops;
    void *ctx;
    uint64_t generation;             /* of the credential it was sent with */
    bool renewed;                    /* the second sending */
    bool again;                      /* this answer is a 401 that nobody gets to see: send anew */
    bool cut;                        /* reset() dropped its connection */
    bool head_given;
    struct answer_head head;
    char error[CURL_ERROR_SIZE];
};

struct curl_transport {
    struct transport transport;      /* first */
    const struct target *target;
    struct renewal renewal;
    const struct clock *clock;
    CURLM *multi;
    CURLM **retired;                 /* of before a reset */
    size_t n_retired;
    struct exchange *first, **end;   /* end: where the next one is hung */
    size_t n_queued, n_dead, n_cut;
    bool stepping;
    uint64_t received;
    struct route route;
    struct curl_slist *connect_to;   /* route.connect_to as curl wants it */
};

static struct curl_transport *of(struct transport *t)
{
    return (struct curl_transport *)(void *)t;
}

static int64_t now_ms(const struct curl_transport *t)
{
    return t->clock->mono(t->clock);
}

/* ---- exchanges ---- */

static struct exchange *add_exchange(struct curl_transport *t)
{
    struct exchange *x = NEW(struct exchange);

    x->owner = t;
    x->link = t->end;
    *t->end = x;
    t->end = &x->next;
    t->n_queued++;
    return x;
}

static void land(struct exchange *x)
{
    if (x->easy) {
        curl_multi_remove_handle(x->multi, x->easy);
        curl_easy_cleanup(x->easy);
    }
    curl_slist_free_all(x->headers);
    x->easy = NULL;
    x->headers = NULL;
}

static void free_exchange(struct exchange *x)
{
    struct curl_transport *t = x->owner;

    land(x);
    *x->link = x->next;
    if (x->next)
        x->next->link = x->link;
    else
        t->end = x->link;
    answer_head_free(&x->head);
    outgoing_free(&x->out);
    free(x);
}

static void mark_dead(struct exchange *x)
{
    if (x->place == PLACE_DEAD)
        return;
    if (x->place == PLACE_QUEUED)
        x->owner->n_queued--;
    if (x->cut)
        x->owner->n_cut--;
    x->cut = false;
    x->place = PLACE_DEAD;
    x->owner->n_dead++;
}

static void sweep(struct curl_transport *t)
{
    for (struct exchange *x = t->first, *next; t->n_dead > 0 && x; x = next) {
        next = x->next;
        if (x->place == PLACE_DEAD) {
            t->n_dead--;
            free_exchange(x);
        }
    }
}

static void finish(struct exchange *x, enum end_reason reason, const char *text)
{
    mark_dead(x);
    if (x->ops.on_end)
        x->ops.on_end(x->ctx, reason, text);
}

static void finish_trouble(struct exchange *x, enum trouble trouble, const char *detail)
{
    struct curl_transport *t = x->owner;
    char *text = trouble_sentence(trouble, t->target, t->route.proxy_shown, detail);

    finish(x, trouble_end(trouble), text);
    free(text);
}

/* ---- the answer ---- */

static void give_head(struct exchange *x)
{
    if (x->head_given || x->again)
        return;
    x->again = x->head.status == 401 && !x->renewed && renewal_worth_it(&x->owner->renewal, x->generation);
    if (x->again)
        return;
    x->head_given = true;
    struct response_head head = answer_head_get(&x->head);
    if (x->ops.on_head)
        x->ops.on_head(x->ctx, &head);
}

static size_t on_header(char *bytes, size_t size, size_t n, void *ctx)
{
    struct exchange *x = ctx;

    if (x->place == PLACE_DEAD || x->cut)
        return 0;
    enum head_line line = answer_head_line(&x->head, (struct slice){bytes, size * n});
    if (line == HEAD_LINE_STATUS && (x->head_given || x->again))
        return 0;
    if (line == HEAD_LINE_END && x->head.status >= 200)
        give_head(x);
    return x->place == PLACE_DEAD || x->cut ? 0 : size * n;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
    struct exchange *x = ctx;

    if (x->place == PLACE_DEAD || x->cut)
        return 0;
    x->owner->received += size * n;
    give_head(x);
    if (!x->again && x->place != PLACE_DEAD && x->ops.on_bytes)
        x->ops.on_bytes(x->ctx, bytes, size * n);
    return x->place == PLACE_DEAD || x->cut ? 0 : size * n;
}

/* Exchanges wait for the first one's handshake, so how far the connecting came is seen on any of them. */
static enum trouble trouble_of_time(const struct exchange *x)
{
    for (const struct exchange *other = x->owner->first; other; other = other->next) {
        long local_port = 0;         /* known as soon as TCP is connected, unlike the times */
        if (other->easy && other->multi == x->multi)
            curl_easy_getinfo(other->easy, CURLINFO_LOCAL_PORT, &local_port);
        if (local_port > 0 && !other->head_given)
            return TROUBLE_HANDSHAKE_TIME;
    }
    return TROUBLE_CONNECT_TIME;
}

static enum trouble trouble_of(struct exchange *x, CURLcode code, const char *detail)
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
        {CURLE_PARTIAL_FILE, false, TROUBLE_CUT},
        {CURLE_HTTP2, false, TROUBLE_CUT},
        {CURLE_HTTP2_STREAM, false, TROUBLE_CUT},
        {CURLE_UNSUPPORTED_PROTOCOL, false, TROUBLE_NOT_HTTP},
        {CURLE_WEIRD_SERVER_REPLY, false, TROUBLE_NOT_HTTP},
        {CURLE_BAD_CONTENT_ENCODING, false, TROUBLE_NOT_HTTP},
    };
    long error = 0;

    if (code == CURLE_OPERATION_TIMEDOUT)
        return trouble_of_time(x);
    curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &error);
    if (code == CURLE_COULDNT_CONNECT)
        return trouble_of_connect((int)error, detail, x->owner->route.proxy_host);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == code)
            return rows[i].words ? trouble_of_tls(detail, rows[i].trouble) : rows[i].trouble;
    return TROUBLE_OTHER;
}

static void end_of(struct exchange *x, CURLcode code)
{
    char detail[CURL_ERROR_SIZE];

    snprintf(detail, sizeof detail, "%s", *x->error ? x->error : curl_easy_strerror(code));
    if (x->again && code == CURLE_OK) {
        land(x);
        x->again = false;
        x->renewed = true;
        x->place = PLACE_QUEUED;
        x->owner->n_queued++;
        return;
    }
    if (code == CURLE_OK && x->head_given)
        finish(x, END_DONE, "");
    else
        finish_trouble(x, code == CURLE_OK ? TROUBLE_NOT_HTTP : trouble_of(x, code, detail), detail);
}

/* ---- sending ---- */

static struct curl_slist *headers_of(const struct exchange *x)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no waiting for a 100 */

    for (size_t i = 0; list && i < x->out.headers.n; i++)
        list = curl_slist_append(list, x->out.headers.v[i]);
    return list;
}

static void set_blob(CURL *easy, CURLoption option, const char *pem)
{
    struct curl_blob blob = {.data = (void *)(uintptr_t)pem, .len = strlen(pem), .flags = CURL_BLOB_COPY};

    curl_easy_setopt(easy, option, &blob);
}

static void set_tls(const struct curl_transport *t, CURL *easy)
{
    const struct credential *credential = t->renewal.credential;
    const char *cert = credential ? credential_cert(credential) : t->target->cert_pem;
    const char *key = credential ? credential_key(credential) : t->target->key_pem;

    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, t->target->insecure ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, t->target->insecure ? 0L : 2L);
    if (t->target->ca_pem) {
        set_blob(easy, CURLOPT_CAINFO_BLOB, t->target->ca_pem);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* else the system's directory is trusted beside it */
    }
    if (cert && key) {
        set_blob(easy, CURLOPT_SSLCERT_BLOB, cert);
        set_blob(easy, CURLOPT_SSLKEY_BLOB, key);
    }
}

static void set_route(const struct curl_transport *t, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_PROXY, t->route.proxy ? t->route.proxy : "");
    if (t->route.proxy_configured)
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    if (t->connect_to)
        curl_easy_setopt(easy, CURLOPT_CONNECT_TO, t->connect_to);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    /* all wait for the first handshake and share what it says; without TLS they would wait for the first answer's head */
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, strncmp(t->route.base, "https:", 6) == 0 ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
}

static void set_method(const struct outgoing *out, CURL *easy)
{
    bool post = strcmp(out->method, "POST") == 0;

    if (post || out->body_n) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)out->body_n);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, out->body ? out->body : "");
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, out->method);
    if (post) {
        /* curl silently repeats a request whose kept-alive connection turns out to be dead: a command must never go out twice */
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    }
}

static void fly(struct exchange *x)
{
    struct curl_transport *t = x->owner;
    CURL *easy = curl_easy_init();

    t->n_queued--;
    x->place = PLACE_FLYING;
    x->easy = easy;
    x->multi = t->multi;
    x->generation = renewal_generation(&t->renewal);
    outgoing_identify(&x->out, t->target, renewal_authorization(&t->renewal));
    x->headers = headers_of(x);
    *x->error = '\0';
    if (!easy) {
        finish_trouble(x, TROUBLE_OTHER, "no handle could be made");
        return;
    }
    set_route(t, easy);
    set_tls(t, easy);
    set_method(&x->out, easy);
    if (x->deadline_ms > 0 && x->end_by_ms == 0)
        x->end_by_ms = now_ms(t) + x->deadline_ms;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, x);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->error);
    curl_easy_setopt(easy, CURLOPT_URL, x->out.url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "sandtop/" VERSION);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x->headers);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
    if (x->compress)
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    CURLMcode code = curl_multi_add_handle(t->multi, easy);
    if (code != CURLM_OK)
        finish_trouble(x, TROUBLE_OTHER, curl_multi_strerror(code));
}

static void fail_queued(struct curl_transport *t, const char *text)
{
    struct exchange **end = t->end;
    char *copy = mem_text(text && *text ? text : "no credential could be had"); /* what a callback does may change it */

    for (struct exchange *x = t->first; x; x = &x->next == end ? NULL : x->next)
        if (x->place == PLACE_QUEUED)
            finish(x, END_CREDENTIAL, copy);
    free(copy);
}

/* Gives curl what waits, once it is known who we are. Whether curl got anything. */
static bool start_queued(struct curl_transport *t)
{
    const char *trouble = NULL;
    bool any = false;
    enum credential_state state = t->n_queued || t->renewal.pending ? renewal_check(&t->renewal, &trouble) : CREDENTIAL_READY;

    if (state == CREDENTIAL_FAILED)
        fail_queued(t, trouble);
    if (state != CREDENTIAL_READY)
        return false;
    for (struct exchange *x = t->first; x && t->n_queued > 0; x = x->next) {
        if (x->place == PLACE_QUEUED) {
            fly(x);
            any = true;
        }
    }
    return any;
}

/* ---- the interface ---- */

static struct exchange *curl_request(struct transport *transport, const struct request *r, const struct response_ops *ops, void *ctx)
{
    struct curl_transport *t = of(transport);
    struct exchange *x = add_exchange(t);

    outgoing_set(&x->out, r, &t->route);
    x->ops = *ops;
    x->ctx = ctx;
    x->compress = r->compress && !t->target->disable_compression;
    x->deadline_ms = r->deadline_ms;
    return x;
}

static void curl_cancel(struct transport *transport, struct exchange *x)
{
    mark_dead(x);
    if (!of(transport)->stepping)
        sweep(of(transport));
}

static void drop_retired(struct curl_transport *t)
{
    while (t->n_retired > 0)
        curl_multi_cleanup(t->retired[--t->n_retired]);
}

/* What a reset cut, and what is over its deadline. */
static void end_lost(struct curl_transport *t)
{
    int64_t now = now_ms(t);

    for (struct exchange *x = t->first; x; x = x->next) {
        if (x->cut)
            finish_trouble(x, TROUBLE_CUT, "dropped, as nothing came on it");
        else if (x->place != PLACE_DEAD && x->end_by_ms && now >= x->end_by_ms)
            finish_trouble(x, TROUBLE_DEADLINE, "");
    }
    sweep(t);
    if (t->n_cut == 0)               /* a callback may have reset once more: then those before it in the list are still to end */
        drop_retired(t);
}

static void perform(struct curl_transport *t)
{
    CURLM *multi = t->multi;         /* reset() in a callback replaces it */
    CURLMsg *message;
    int running, left;

    curl_multi_perform(multi, &running);
    while (multi == t->multi && (message = curl_multi_info_read(multi, &left))) {
        void *private = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        struct exchange *x = private;
        if (message->msg == CURLMSG_DONE && x->place == PLACE_FLYING && !x->cut)
            end_of(x, message->data.result);
    }
}

static void curl_step(struct transport *transport)
{
    struct curl_transport *t = of(transport);

    t->stepping = true;
    end_lost(t);
    start_queued(t);
    perform(t);
    sweep(t);
    if (start_queued(t))             /* what the callbacks asked for goes out in the same turn */
        perform(t);
    sweep(t);
    t->stepping = false;
}

static int64_t curl_due(struct transport *transport)
{
    struct curl_transport *t = of(transport);
    int64_t due, now = now_ms(t);
    long timeout = -1;               /* curl's word for: no clock runs */

    if (t->n_cut || t->n_dead || (t->n_queued && !t->renewal.pending))
        return 0;
    curl_multi_timeout(t->multi, &timeout);
    due = timeout;
    if (t->renewal.pending && (due < 0 || due > CREDENTIAL_POLL_MS))
        due = CREDENTIAL_POLL_MS;
    for (const struct exchange *x = t->first; x; x = x->next) {
        int64_t left = x->end_by_ms > now ? x->end_by_ms - now : 0;
        if (x->end_by_ms && (due < 0 || left < due))
            due = left;
    }
    return due;
}

static void curl_wait(struct transport *transport, struct pollfd *extra, unsigned n, int timeout_ms)
{
    struct curl_transport *t = of(transport);
    struct curl_waitfd fds[MAX_EXTRA + 2];
    struct pollfd plugin[2];
    int64_t due = curl_due(transport);
    unsigned count = 0;

    if (timeout_ms < 0 || timeout_ms > LONGEST_WAIT_MS)
        timeout_ms = LONGEST_WAIT_MS;
    if (due >= 0 && due < timeout_ms)
        timeout_ms = (int)due;
    for (unsigned i = 0; i < n && count < MAX_EXTRA; i++)
        fds[count++] = (struct curl_waitfd){.fd = extra[i].fd, .events = (short)((extra[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
                                                                                (extra[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0))};
    for (unsigned i = 0, plugins = t->renewal.pending ? credential_fds(t->renewal.credential, plugin) : 0; i < plugins; i++)
        fds[count++] = (struct curl_waitfd){.fd = plugin[i].fd, .events = CURL_WAIT_POLLIN};
    curl_multi_poll(t->multi, fds, count, timeout_ms, NULL);
    if (n > 0)
        poll(extra, n, 0);           /* curl tells of less than poll does: a hang-up is lost */
}

static CURLM *new_multi(void)
{
    CURLM *multi = curl_multi_init();

    if (multi)
        curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    return multi;
}

static void curl_reset(struct transport *transport)
{
    struct curl_transport *t = of(transport);

    for (struct exchange *x = t->first; x; x = x->next) {
        if (x->place != PLACE_FLYING || x->cut)
            continue;
        x->cut = true;
        t->n_cut++;
    }
    CURLM *fresh = new_multi();
    if (!fresh)
        return;
    t->retired = mem_grow(t->retired, t->n_retired + 1, sizeof *t->retired);
    t->retired[t->n_retired++] = t->multi;
    t->multi = fresh;
}

static uint64_t curl_received(const struct transport *transport)
{
    return ((const struct curl_transport *)(const void *)transport)->received;
}

static void curl_free_transport(struct transport *transport)
{
    struct curl_transport *t = of(transport);

    while (t->first)
        free_exchange(t->first);
    drop_retired(t);
    curl_multi_cleanup(t->multi);
    curl_slist_free_all(t->connect_to);
    free(t->retired);
    route_free(&t->route);
    free(t);
    curl_global_cleanup();
}

struct transport *transport_curl_new(const struct target *target, struct credential *credential, struct err *err)
{
    static const struct transport_ops ops = {
        .request = curl_request, .cancel = curl_cancel, .step = curl_step, .due = curl_due, .wait = curl_wait, .reset = curl_reset,
        .free = curl_free_transport, .received = curl_received,
    };
    struct curl_transport *t = NEW(struct curl_transport);

    t->transport.ops = &ops;
    t->end = &t->first;
    t->target = target;
    t->renewal.credential = credential;
    t->clock = clock_system();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    t->multi = new_multi();
    if (!t->multi || !identity_good(target, err) || !route_find(&t->route, target, err)) {
        if (!t->multi)
            err_set(err, "libcurl cannot be started");
        curl_free_transport(&t->transport);
        return NULL;
    }
    if (t->route.connect_to)
        t->connect_to = curl_slist_append(NULL, t->route.connect_to);
    return &t->transport;
}

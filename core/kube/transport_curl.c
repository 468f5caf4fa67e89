/* The transport over libcurl's multi interface. Invariants:
 * - curl is entered in step() alone (and cancel, reset and free outside of it), so a callback may ask, cancel and reset at will: what it asks
 *   is queued, what it cancels is marked dead and taken out of curl when curl has returned;
 * - a request to another origin waits for no credential and is sent as nobody;
 * - after on_end or cancel no callback of that exchange follows;
 * - an exchange is sent a second time only after a 401, and only when nothing of the answer was handed out. */
#include "core/kube/transport_curl.h"

#include "core/base/mem.h"
#include "core/kube/answer_head.h"
#include "core/kube/curl_site.h"
#include "core/kube/tunnel_curl.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdlib.h>

enum {
    CREDENTIAL_POLL_MS = 200,        /* a plugin's deadline has no descriptor */
    LONGEST_WAIT_MS = 3600000,
};

enum place {
    PLACE_QUEUED,                    /* not given to curl yet */
    PLACE_FLYING,
    PLACE_DEAD,                      /* ended or cancelled: freed when curl has returned */
};

struct exchange {
    struct curl_transport *owner;
    struct curl_site *origin;        /* of its own; NULL: the transport's site */
    struct err no_way;               /* why there is none to the origin */
    struct exchange *next, **link;   /* link: what points to this one */
    enum place place;
    CURL *easy;                      /* while FLYING, and DEAD until it is swept */
    CURLM *multi;
    struct curl_slist *headers;      /* out.headers as curl wants them */
    struct outgoing out;
    size_t body_at;                  /* of a POST: what was handed to curl */
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
    char error[SITE_ERROR_SIZE];
};

struct curl_transport {
    struct transport transport;      /* first */
    struct renewal renewal;
    struct curl_site site;
    struct tunnels tunnels;
    const struct clock *clock;
    CURLM *multi;
    CURLM **retired;                 /* of before a reset */
    size_t n_retired;
    struct exchange *first, **end;   /* end: where the next one is hung */
    size_t n_queued, n_dead, n_cut;
    bool stepping;
    uint64_t received;
};

static struct curl_transport *of(struct transport *t)
{
    return (struct curl_transport *)(void *)t;
}

static const struct curl_site *site_of(const struct exchange *x)
{
    return x->origin ? x->origin : &x->owner->site;
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
    if (x->origin)
        curl_site_free(x->origin);
    free(x->origin);
    err_clear(&x->no_way);
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
    const struct curl_site *site = site_of(x);
    char *text = trouble_sentence(trouble, site->target, site->route.proxy_shown, detail);

    finish(x, trouble_end(trouble), text);
    free(text);
}

/* ---- the answer ---- */

static void give_head(struct exchange *x)
{
    if (x->head_given || x->again)
        return;
    x->again = x->head.status == 401 && !x->origin && !x->renewed && renewal_worth_it(&x->owner->renewal, x->generation);
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

static void end_of(struct exchange *x, CURLcode code)
{
    const char *detail = curl_site_words(x->error, (int)code);

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
        finish_trouble(x, code == CURLE_OK ? TROUBLE_NOT_HTTP :
                       curl_site_trouble(site_of(x), x->easy, (int)code, detail, trouble_of_time(x)), detail);
}

/* ---- sending ---- */

static struct curl_slist *headers_of(const struct exchange *x)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no waiting for a 100 */

    for (size_t i = 0; list && i < x->out.headers.n; i++)
        list = curl_slist_append(list, x->out.headers.v[i]);
    return list;
}

static void set_version(const struct curl_site *site, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    /* all wait for the first handshake and share what it says; without TLS they would wait for the first answer's head */
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, strncmp(site->route.base, "https:", 6) == 0 ? 1L : 0L);
}

/* curl silently repeats a request whose kept-alive connection turns out to be dead. A POST it cannot: each byte of the body is handed out once, and
 * without a rewind; so a command never arrives twice. */
static size_t on_read(char *to, size_t size, size_t n, void *ctx)
{
    struct exchange *x = ctx;
    size_t left = x->out.body_n - x->body_at, part = left < size * n ? left : size * n;

    if (part)
        memcpy(to, x->out.body + x->body_at, part);
    x->body_at += part;
    return part;
}

static void set_method(struct exchange *x, CURL *easy)
{
    bool post = strcmp(x->out.method, "POST") == 0;

    x->body_at = 0;
    curl_easy_setopt(easy, CURLOPT_POST, (long)(post || x->out.body_n));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->out.body_n);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, x);
    if (!post && x->out.body_n)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, x->out.body);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)(post && !x->out.body_n)); /* an empty body holds no second sending back */
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, x->out.method);
}

static void fly(struct exchange *x)
{
    struct curl_transport *t = x->owner;
    CURL *easy = curl_easy_init();

    t->n_queued--;
    x->place = PLACE_FLYING;
    x->easy = easy;
    x->multi = t->multi;
    if (!x->origin) {
        x->generation = renewal_generation(&t->renewal);
        outgoing_identify(&x->out, t->site.target, renewal_authorization(&t->renewal));
    }
    x->headers = headers_of(x);
    if (!easy) {
        finish_trouble(x, TROUBLE_OTHER, "no handle could be made");
        return;
    }
    curl_site_set(site_of(x), easy, x->error);
    set_version(site_of(x), easy);
    set_method(x, easy);
    if (x->deadline_ms > 0 && x->end_by_ms == 0)
        x->end_by_ms = now_ms(t) + x->deadline_ms;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, x);
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
        if (x->place == PLACE_QUEUED && !x->origin)
            finish(x, END_CREDENTIAL, copy);
    tunnels_fail(&t->tunnels, copy);
    free(copy);
}

/* Gives curl what waits, once it is known who we are; an origin gets to know nothing of that. Whether curl got anything. */
static bool start_queued(struct curl_transport *t)
{
    const char *trouble = NULL;
    bool any = false, waits = t->n_queued || t->tunnels.n_waiting || t->renewal.pending;
    enum credential_state state = waits ? renewal_check(&t->renewal, &trouble) : CREDENTIAL_READY;

    if (state == CREDENTIAL_FAILED)
        fail_queued(t, trouble);
    if (state == CREDENTIAL_READY)
        tunnels_start(&t->tunnels);
    for (struct exchange *x = t->first; x && t->n_queued > 0; x = x->next) {
        if (x->place == PLACE_QUEUED && (state == CREDENTIAL_READY || x->origin)) {
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

    if (r->origin) {
        x->origin = NEW(struct curl_site);
        if (!curl_site_origin(x->origin, r->origin, r->origin_ca, &x->no_way))
            x->end_by_ms = 1;        /* it ends at the next step */
    }
    outgoing_set(&x->out, r, &site_of(x)->route);
    x->ops = *ops;
    x->ctx = ctx;
    x->compress = r->compress && !site_of(x)->target->disable_compression;
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
        if (x->place != PLACE_DEAD && x->no_way.text)
            finish(x, END_UNREACHABLE, x->no_way.text);
        else if (x->cut)
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
    tunnels_step(&t->tunnels);
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

    if (t->n_cut || t->n_dead || ((t->n_queued || t->tunnels.n_waiting) && !t->renewal.pending))
        return 0;
    curl_multi_timeout(t->multi, &timeout);
    due = tunnels_due(&t->tunnels);
    if (timeout >= 0 && (due < 0 || timeout < due))
        due = timeout;
    if (t->renewal.pending && (due < 0 || due > CREDENTIAL_POLL_MS))
        due = CREDENTIAL_POLL_MS;
    for (const struct exchange *x = t->first; x; x = x->next) {
        int64_t left = x->end_by_ms > now ? x->end_by_ms - now : 0;
        if (x->place == PLACE_QUEUED && x->origin)
            return 0;
        if (x->end_by_ms && (due < 0 || left < due))
            due = left;
    }
    return due;
}

static struct curl_waitfd as_curl(const struct pollfd *fd)
{
    return (struct curl_waitfd){
        .fd = fd->fd, .events = (short)((fd->events & POLLIN ? CURL_WAIT_POLLIN : 0) | (fd->events & POLLOUT ? CURL_WAIT_POLLOUT : 0)),
    };
}

static void curl_wait(struct transport *transport, struct pollfd *extra, unsigned n, int timeout_ms)
{
    struct curl_transport *t = of(transport);
    struct pollfd plugin[2], *tunnels = NULL;
    int64_t due = curl_due(transport);
    unsigned count = 0, n_tunnels = 0, plugins = t->renewal.pending ? credential_fds(t->renewal.credential, plugin) : 0;

    if (timeout_ms < 0 || timeout_ms > LONGEST_WAIT_MS)
        timeout_ms = LONGEST_WAIT_MS;
    if (due >= 0 && due < timeout_ms)
        timeout_ms = (int)due;
    tunnels_fds(&t->tunnels, &tunnels, &n_tunnels);
    struct curl_waitfd *fds = mem_array(n + plugins + n_tunnels + 1, sizeof *fds);
    for (unsigned i = 0; i < n; i++)
        fds[count++] = as_curl(&extra[i]);
    for (unsigned i = 0; i < plugins; i++)
        fds[count++] = (struct curl_waitfd){.fd = plugin[i].fd, .events = CURL_WAIT_POLLIN};
    for (unsigned i = 0; i < n_tunnels; i++)
        fds[count++] = as_curl(&tunnels[i]);
    curl_multi_poll(t->multi, fds, count, timeout_ms, NULL);
    free(fds);
    free(tunnels);
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
    const struct curl_transport *t = (const void *)transport;

    return t->received + t->tunnels.received;
}

static struct tunnel *curl_tunnel(struct transport *transport, const struct upgrade *upgrade, const struct tunnel_ops *ops, void *ctx)
{
    return tunnels_add(&of(transport)->tunnels, upgrade, ops, ctx);
}

static void curl_tunnel_send(struct transport *transport, struct tunnel *tunnel, const char *bytes, size_t n)
{
    (void)transport;
    tunnel_curl_send(tunnel, bytes, n);
}

static size_t curl_tunnel_pending(const struct transport *transport, const struct tunnel *tunnel)
{
    (void)transport;
    return tunnel_curl_pending(tunnel);
}

static void curl_tunnel_pause(struct transport *transport, struct tunnel *tunnel, bool pause)
{
    (void)transport;
    tunnel_curl_pause(tunnel, pause);
}

static void curl_tunnel_close(struct transport *transport, struct tunnel *tunnel)
{
    (void)transport;
    tunnel_curl_close(tunnel);
}

static void curl_free_transport(struct transport *transport)
{
    struct curl_transport *t = of(transport);

    while (t->first)
        free_exchange(t->first);
    tunnels_free(&t->tunnels);
    drop_retired(t);
    curl_multi_cleanup(t->multi);
    free(t->retired);
    curl_site_free(&t->site);
    free(t);
    curl_global_cleanup();
}

struct transport *transport_curl_new(const struct target *target, struct credential *credential, struct err *err)
{
    static const struct transport_ops ops = {
        .request = curl_request, .cancel = curl_cancel, .step = curl_step, .due = curl_due, .wait = curl_wait, .reset = curl_reset,
        .free = curl_free_transport, .received = curl_received, .tunnel = curl_tunnel, .tunnel_send = curl_tunnel_send,
        .tunnel_pending = curl_tunnel_pending, .tunnel_pause = curl_tunnel_pause, .tunnel_close = curl_tunnel_close,
    };
    struct curl_transport *t = NEW(struct curl_transport);

    t->transport.ops = &ops;
    t->end = &t->first;
    t->renewal.credential = credential;
    t->clock = clock_system();
    tunnels_init(&t->tunnels, &t->site, t->clock);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    t->multi = new_multi();
    if (!t->multi)
        err_set(err, "libcurl cannot be started");
    if (!t->multi || !curl_site_find(&t->site, target, &t->renewal, err)) {
        curl_free_transport(&t->transport);
        return NULL;
    }
    return &t->transport;
}

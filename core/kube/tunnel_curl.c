/* A tunnel's life. Invariants:
 * - a tunnel has a multi handle of its own: among others curl would take its connection, which it counts as idle, for a dead one;
 * - curl connects (CONNECT_ONLY) and then moves bytes; the upgrade's head and all that follows are ours;
 * - reading stops after SLICE_BYTES a step, so that a flood never holds the screen, and while too much is queued for the peer. */
#include "core/kube/tunnel_inside.h"

#include "core/base/mem.h"
#include "core/kube/refusal.h"
#include "core/kube/secret.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <sys/select.h>

enum {
    PIECE = 64 * 1024,
    SLICE_BYTES = 1024 * 1024,
    QUEUED_MOST = 8 * 1024 * 1024,   /* for a peer that sends but does not read */
    REFUSAL_MOST = 16 * 1024,
    SILENCES = 3,                    /* that many times idle_ms without a byte, and the peer is gone */
    RESOLVE_POLL_MS = 20,            /* curl has no descriptor to wait on: it looks up a name */
};

static int64_t now_ms(const struct tunnels *all)
{
    return all->clock->mono(all->clock);
}

/* ---- a tunnel's life ---- */

void tunnel_curl_stage(struct tunnel *t, enum stage stage)
{
    t->owner->n_waiting += (size_t)(stage == STAGE_WAITING) - (size_t)(t->stage == STAGE_WAITING);
    t->stage = stage;
}

static void land(struct tunnel *t)
{
    if (t->easy) {
        curl_multi_remove_handle(t->multi, t->easy);
        curl_easy_cleanup(t->easy);
    }
    if (t->multi)
        curl_multi_cleanup(t->multi);
    t->easy = NULL;
    t->multi = NULL;
    secret_buf_free(&t->head);
    http1_free(&t->answer);
    buf_clear(&t->refusal);
    t->head_sent = 0;
    t->more = false;
}

void tunnel_curl_free(struct tunnel *t)
{
    struct tunnels *all = t->owner;

    land(t);
    *t->link = t->next;
    if (t->next)
        t->next->link = t->link;
    else
        all->end = t->link;
    for (char **p = t->protocols; *p; p++)
        free(*p);
    free(t->protocols);
    outgoing_free(&t->request);
    buf_free(&t->refusal);
    buf_free(&t->queued);
    free(t);
}

void tunnel_curl_finish(struct tunnel *t, enum end_reason reason, int status, const char *text)
{
    tunnel_curl_stage(t, STAGE_DEAD);
    t->ops.on_end(t->ctx, &(struct tunnel_end){reason, status, t->head_sent > 0, text});
}

static int status_of(const struct tunnel *t)
{
    return t->stage == STAGE_OPEN ? 101 : t->answer.head.status;
}

static void finish_trouble(struct tunnel *t, enum trouble trouble, const char *detail)
{
    const struct curl_site *site = t->owner->site;
    char *text = trouble_sentence(trouble, site->target, site->route.proxy_shown, detail);

    tunnel_curl_finish(t, trouble_end(trouble), status_of(t), text);
    free(text);
}

static void finish_code(struct tunnel *t, CURLcode code, enum trouble timed_out)
{
    const char *words = curl_site_words(t->error, (int)code);

    finish_trouble(t, curl_site_trouble(t->owner->site, t->easy, (int)code, words, timed_out), words);
}

static void finish_late(struct tunnel *t)
{
    if (t->stage == STAGE_OPEN)
        tunnel_curl_finish(t, END_TIMEOUT, 101, "the time that was allowed is over");
    else
        finish_trouble(t, t->stage == STAGE_CONNECTING ? TROUBLE_CONNECT_TIME : TROUBLE_DEADLINE, "");
}

/* ---- connecting ---- */

static void connect_tunnel(struct tunnel *t)
{
    struct tunnels *all = t->owner;

    tunnel_curl_stage(t, STAGE_CONNECTING);
    t->multi = curl_multi_init();
    t->easy = curl_easy_init();
    if (!t->multi || !t->easy) {
        finish_trouble(t, TROUBLE_OTHER, "no handle could be made");
        return;
    }
    t->generation = renewal_generation(all->site->renewal);
    outgoing_identify(&t->request, all->site->target, renewal_authorization(all->site->renewal));
    handshake_new(&t->handshake);
    buf_reserve(&t->head, HTTP1_HEAD_MOST); /* so that no copy of the token stays behind as it grows */
    handshake_request(&t->handshake, t->request.url, &t->request.headers, (const char *const *)t->protocols, &t->head);
    curl_site_set(all->site, t->easy, t->error);
    curl_easy_setopt(t->easy, CURLOPT_URL, t->request.url);
    curl_easy_setopt(t->easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(t->easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1); /* in HTTP/2 nothing can be upgraded */
    /* a dead peer is found within a minute and a half, however silent the command is */
    curl_easy_setopt(t->easy, CURLOPT_TCP_KEEPIDLE, 20L);
    curl_easy_setopt(t->easy, CURLOPT_TCP_KEEPINTVL, 8L);
    CURLMcode code = curl_multi_add_handle(t->multi, t->easy);
    if (code != CURLM_OK)
        finish_trouble(t, TROUBLE_OTHER, curl_multi_strerror(code));
}

static void on_refusal(void *ctx, const char *bytes, size_t n)
{
    struct tunnel *t = ctx;

    if (t->refusal.n < REFUSAL_MOST)
        buf_add(&t->refusal, bytes, n < REFUSAL_MOST - t->refusal.n ? n : REFUSAL_MOST - t->refusal.n);
}

static void go_on_connecting(struct tunnel *t)
{
    static const struct http1_ops answer_ops = {.on_body = on_refusal};
    CURLMsg *message;
    int running, left;

    curl_multi_perform(t->multi, &running);
    message = curl_multi_info_read(t->multi, &left);
    if (!message || message->msg != CURLMSG_DONE)
        return;
    CURLcode code = message->data.result;
    if (code == CURLE_OK)
        code = curl_easy_getinfo(t->easy, CURLINFO_ACTIVESOCKET, &t->fd);
    if (code != CURLE_OK) {
        long local_port = 0;         /* known as soon as TCP is connected */
        curl_easy_getinfo(t->easy, CURLINFO_LOCAL_PORT, &local_port);
        finish_code(t, code, local_port > 0 ? TROUBLE_HANDSHAKE_TIME : TROUBLE_CONNECT_TIME);
        return;
    }
    tunnel_curl_stage(t, STAGE_OPENING);
    http1_init(&t->answer, HTTP1_ANSWER, &answer_ops, t);
}

/* ---- bytes out ---- */

/* Sends from *sent on; false where the connection broke. */
static bool send_some(struct tunnel *t, const struct buf *bytes, size_t *sent, CURLcode *code)
{
    *code = CURLE_OK;
    while (*sent < bytes->n && *code == CURLE_OK) {
        size_t n = 0;
        *code = curl_easy_send(t->easy, bytes->p + *sent, bytes->n - *sent, &n);
        *sent += n;
    }
    if (*code == CURLE_AGAIN)
        *code = CURLE_OK;
    return *code == CURLE_OK;
}

static void write_out(struct tunnel *t)
{
    CURLcode code = CURLE_OK;
    bool had = t->queued.n > 0;

    if (t->head_sent < t->head.n && !send_some(t, &t->head, &t->head_sent, &code)) {
        finish_code(t, code, TROUBLE_CUT);
        return;
    }
    if (t->stage != STAGE_OPEN || !had)
        return;
    if (!send_some(t, &t->queued, &t->queued_sent, &code)) {
        finish_code(t, code, TROUBLE_CUT);
        return;
    }
    if (t->queued_sent == t->queued.n || t->queued_sent > QUEUED_MOST) {
        buf_drop_front(&t->queued, t->queued_sent);
        t->queued_sent = 0;
    }
    if (t->queued.n == 0 && t->ops.on_sent)
        t->ops.on_sent(t->ctx);
}

size_t tunnel_curl_pending(const struct tunnel *t)
{
    return t->queued.n - t->queued_sent;
}

static bool wants_write(const struct tunnel *t)
{
    return t->head_sent < t->head.n || (t->stage == STAGE_OPEN && tunnel_curl_pending(t) > 0);
}

static bool wants_read(const struct tunnel *t)
{
    return t->stage == STAGE_OPENING || (t->stage == STAGE_OPEN && !t->paused && tunnel_curl_pending(t) < QUEUED_MOST);
}

/* ---- bytes in ---- */

static void finish_refused(struct tunnel *t)
{
    int status = t->answer.head.status;

    if (status < 300) {
        char *text = mem_printf("the server %s answered %d instead of switching to WebSocket: does a proxy in between not let it through?",
                                t->owner->site->target->server, status);
        tunnel_curl_finish(t, END_DONE, status, text);
        free(text);
        return;
    }
    char *words = refusal_text(status, buf_slice(&t->refusal));
    size_t n = strlen(words);
    if (status == 403 && n > 0 && words[n - 1] == ':') { /* Kubernetes 1.36 where get is granted but create is not: it says no more */
        char *more = mem_printf("%s an upgrade needs the verb create beside get", words);
        free(words);
        words = more;
    }
    tunnel_curl_finish(t, END_DONE, status, words);
    free(words);
}

/* A 401 is worth a second try with another credential: nothing was handed over yet. */
static bool renew(struct tunnel *t)
{
    struct renewal *renewal = t->owner->site->renewal;

    if (t->answer.head.status != 401 || t->renewed || !renewal || !renewal_worth_it(renewal, t->generation))
        return false;
    land(t);
    t->renewed = true;
    tunnel_curl_stage(t, STAGE_WAITING);
    return true;
}

static void give(struct tunnel *t, const char *bytes, size_t n)
{
    if (n > 0)
        t->ops.on_bytes(t->ctx, bytes, n);
}

static void take_answer(struct tunnel *t, const char *bytes, size_t n)
{
    struct err err = {0};
    const char *protocol;
    size_t used = http1_feed(&t->answer, bytes, n);

    switch (t->answer.state) {
    case HTTP1_IN_HEAD:
        return;
    case HTTP1_IN_BODY:
        renew(t);
        return;
    case HTTP1_BROKEN:
        finish_trouble(t, TROUBLE_NOT_HTTP, http1_trouble(&t->answer));
        return;
    case HTTP1_DONE:
        if (!renew(t))
            finish_refused(t);
        return;
    case HTTP1_SWITCHED:
        break;
    }
    if (!handshake_granted(&t->handshake, &t->answer, (const char *const *)t->protocols, &protocol, &err)) {
        tunnel_curl_finish(t, END_PROTOCOL, 101, err.text);
        err_clear(&err);
        return;
    }
    tunnel_curl_stage(t, STAGE_OPEN);
    t->heard_at_ms = now_ms(t->owner);
    if (t->ops.on_open)
        t->ops.on_open(t->ctx, protocol);
    if (t->stage == STAGE_OPEN)
        give(t, bytes + used, n - used);
}

static void end_of_input(struct tunnel *t)
{
    if (t->stage == STAGE_OPEN)
        tunnel_curl_finish(t, END_DONE, 101, "");
    else if (t->answer.state == HTTP1_IN_BODY)
        finish_refused(t);           /* cut words are better than none */
    else
        finish_trouble(t, TROUBLE_CUT, "it ended before the upgrade was answered");
}

static void read_in(struct tunnel *t)
{
    char bytes[PIECE];
    size_t total = 0;

    t->more = false;
    while (wants_read(t)) {
        size_t n = 0;
        if (total >= SLICE_BYTES) {
            t->more = true;
            return;
        }
        CURLcode code = curl_easy_recv(t->easy, bytes, sizeof bytes, &n);
        if (code == CURLE_AGAIN)
            return;
        if (code != CURLE_OK) {
            finish_code(t, code, TROUBLE_CUT);
            return;
        }
        if (n == 0) {
            end_of_input(t);
            return;
        }
        total += n;
        t->owner->received += n;
        t->heard_at_ms = now_ms(t->owner);
        t->asked = false;
        if (t->stage == STAGE_OPEN)
            give(t, bytes, n);
        else
            take_answer(t, bytes, n);
    }
}

/* ---- silence ---- */

/* When the silence is to be looked at next; 0: never. While it is paused the silence is ours. */
static int64_t silence_due(const struct tunnel *t)
{
    if (!t->idle_ms || t->stage != STAGE_OPEN || !wants_read(t))
        return 0;
    return t->heard_at_ms + t->idle_ms * (t->asked ? SILENCES : 1);
}

static void check_silence(struct tunnel *t, int64_t now)
{
    int64_t due = silence_due(t);

    if (!due || now < due)
        return;
    if (t->asked) {
        tunnel_curl_finish(t, END_CUT, 101, "the connection is dead: nothing comes any more, not even an answer to a ping");
        return;
    }
    t->asked = true;
    if (t->ops.on_idle)
        t->ops.on_idle(t->ctx);
}

/* ---- when and on what ---- */

void tunnel_curl_step(struct tunnel *t, int64_t now)
{
    bool late = (t->end_by_ms && now >= t->end_by_ms) || (t->open_by_ms && t->stage != STAGE_OPEN && now >= t->open_by_ms);

    if (t->stage != STAGE_DEAD && late) {
        finish_late(t);
        return;
    }
    if (t->stage == STAGE_READY)
        connect_tunnel(t);
    if (t->stage == STAGE_CONNECTING)
        go_on_connecting(t);
    if (t->stage == STAGE_OPENING || t->stage == STAGE_OPEN)
        write_out(t);
    if (t->stage == STAGE_OPENING || t->stage == STAGE_OPEN)
        read_in(t);
    if (t->stage == STAGE_OPEN)
        check_silence(t, now);
    if (t->stage == STAGE_OPEN)
        write_out(t);                /* what the callbacks had to say */
}

/* As poll wants them; their number. */
static unsigned connecting_fds(const struct tunnel *t, struct pollfd **fds, unsigned *n)
{
    fd_set reads, writes, errors;
    unsigned before = *n;
    int most = -1;

    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_ZERO(&errors);
    curl_multi_fdset(t->multi, &reads, &writes, &errors, &most);
    for (int fd = 0; fd <= most; fd++) {
        short events = (short)((FD_ISSET(fd, &reads) ? POLLIN : 0) | (FD_ISSET(fd, &writes) ? POLLOUT : 0));
        if (!events)
            continue;
        if (fds) {
            *fds = mem_grow(*fds, *n + 1, sizeof **fds);
            (*fds)[*n] = (struct pollfd){.fd = fd, .events = events};
        }
        ++*n;
    }
    return *n - before;
}

void tunnel_curl_fds(const struct tunnel *t, struct pollfd **fds, unsigned *n)
{
    short events = (short)((wants_read(t) ? POLLIN : 0) | (wants_write(t) ? POLLOUT : 0));

    if (t->stage == STAGE_CONNECTING)
        connecting_fds(t, fds, n);
    if ((t->stage != STAGE_OPENING && t->stage != STAGE_OPEN) || !events)
        return;                      /* without events poll would still tell of a hang-up, again and again */
    *fds = mem_grow(*fds, *n + 1, sizeof **fds);
    (*fds)[(*n)++] = (struct pollfd){.fd = t->fd, .events = events};
}

static int64_t own_due(const struct tunnel *t)
{
    long timeout = -1;
    unsigned none = 0;

    if (t->stage == STAGE_READY || t->stage == STAGE_DEAD || t->more)
        return 0;
    if (t->stage != STAGE_CONNECTING)
        return -1;
    curl_multi_timeout(t->multi, &timeout);
    if (connecting_fds(t, NULL, &none) == 0 && (timeout < 0 || timeout > RESOLVE_POLL_MS))
        timeout = RESOLVE_POLL_MS;
    return timeout;
}

static int64_t earlier(int64_t due, int64_t by_ms, int64_t now)
{
    int64_t left = by_ms > now ? by_ms - now : 0;

    return by_ms && (due < 0 || left < due) ? left : due;
}

int64_t tunnel_curl_due(const struct tunnel *t, int64_t now)
{
    int64_t due = earlier(own_due(t), t->end_by_ms, now);

    due = earlier(due, silence_due(t), now);
    return t->stage == STAGE_OPEN ? due : earlier(due, t->open_by_ms, now);
}

/* ---- the interface ---- */

struct tunnel *tunnel_curl_new(struct tunnels *all, const struct upgrade *upgrade, const struct tunnel_ops *ops, void *ctx)
{
    struct tunnel *t = NEW(struct tunnel);
    struct request request = {.method = "GET", .path = upgrade->path, .headers = upgrade->headers};
    size_t n = 0;

    while (upgrade->protocols && upgrade->protocols[n])
        n++;
    t->protocols = mem_array(n + 1, sizeof *t->protocols);
    for (size_t i = 0; i < n; i++)
        t->protocols[i] = mem_text(upgrade->protocols[i]);
    t->owner = all;
    all->n_waiting++;                /* STAGE_WAITING is 0 */
    t->fd = CURL_SOCKET_BAD;
    t->ops = *ops;
    t->ctx = ctx;
    t->open_by_ms = upgrade->open_ms > 0 ? now_ms(all) + upgrade->open_ms : 0;
    t->idle_ms = upgrade->idle_ms;
    t->end_by_ms = upgrade->deadline_ms > 0 ? now_ms(all) + upgrade->deadline_ms : 0;
    outgoing_set(&t->request, &request, &all->site->route);
    return t;
}

void tunnel_curl_send(struct tunnel *t, const char *bytes, size_t n)
{
    if (t->stage != STAGE_DEAD)
        buf_add(&t->queued, bytes, n);
}

void tunnel_curl_pause(struct tunnel *t, bool pause)
{
    t->paused = pause;
    t->asked = false;
    t->heard_at_ms = now_ms(t->owner);
    t->more = t->more || !pause;     /* what TLS has read already shows on no descriptor */
}

void tunnel_curl_close(struct tunnel *t)
{
    CURLcode code;

    if (t->stage == STAGE_OPEN)
        send_some(t, &t->queued, &t->queued_sent, &code);
    tunnel_curl_stage(t, STAGE_DEAD);
    if (!t->owner->stepping)
        tunnel_curl_free(t);
}

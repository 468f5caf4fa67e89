/* SHA-1 stands here because the handshake asks for it (as proof that the peer speaks WebSocket, not as protection). */
#include "core/kube/handshake.h"

#include "core/kube/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>
#if __has_include(<sys/random.h>)
#include <sys/random.h>
#endif

enum { BLOCK = 64, DIGEST = 20 };

static uint32_t roll(uint32_t v, unsigned by)
{
    return v << by | v >> (32 - by);
}

/* FIPS 180-4, 6.1.2 */
static void sha1_block(uint32_t state[5], const unsigned char block[BLOCK])
{
    static const uint32_t constants[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32_t w[80], v[5];

    for (unsigned t = 0; t < 16; t++)
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 | (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
    for (unsigned t = 16; t < 80; t++)
        w[t] = roll(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    memcpy(v, state, sizeof v);
    for (unsigned t = 0; t < 80; t++) {
        uint32_t choose = (v[1] & v[2]) | (~v[1] & v[3]), parity = v[1] ^ v[2] ^ v[3], most = (v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3]);
        uint32_t f = t < 20 ? choose : t >= 40 && t < 60 ? most : parity;
        uint32_t next = roll(v[0], 5) + f + v[4] + constants[t / 20] + w[t];
        v[4] = v[3];
        v[3] = v[2];
        v[2] = roll(v[1], 30);
        v[1] = v[0];
        v[0] = next;
    }
    for (unsigned i = 0; i < 5; i++)
        state[i] += v[i];
}

/* Of at most two blocks' worth of text: a key and the protocol's GUID. */
static void sha1_short(const char *text, size_t n, unsigned char out[DIGEST])
{
    uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    unsigned char padded[2 * BLOCK] = {0};
    size_t blocks = n + 9 > BLOCK ? 2 : 1;

    if (n > sizeof padded - 9)
        n = sizeof padded - 9;
    memcpy(padded, text, n);
    padded[n] = 0x80;
    padded[blocks * BLOCK - 2] = (unsigned char)(n * 8 >> 8);
    padded[blocks * BLOCK - 1] = (unsigned char)(n * 8);
    for (size_t i = 0; i < blocks; i++)
        sha1_block(state, padded + i * BLOCK);
    for (unsigned i = 0; i < DIGEST; i++)
        out[i] = (unsigned char)(state[i / 4] >> (24 - 8 * (i % 4)));
}

void handshake_accept(const char *key, char accept[29])
{
    char text[BLOCK + 32];
    unsigned char digest[DIGEST];
    struct buf out = {0};

    int n = snprintf(text, sizeof text, "%.48s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    sha1_short(text, (size_t)n, digest);
    base64_encode((struct slice){(const char *)digest, sizeof digest}, &out);
    snprintf(accept, 29, "%s", out.p);
    buf_free(&out);
}

void handshake_new(struct handshake *h)
{
    char bytes[16];
    struct buf out = {0};

    if (getentropy(bytes, sizeof bytes) != 0)
        memset(bytes, 'k', sizeof bytes); /* no secret: it only has to differ from what a cache might know */
    base64_encode((struct slice){bytes, sizeof bytes}, &out);
    snprintf(h->key, sizeof h->key, "%s", out.p);
    buf_free(&out);
    handshake_accept(h->key, h->accept);
}

void handshake_request(const struct handshake *h, const char *url, const struct ptrs *lines, const char *const *protocols, struct buf *out)
{
    const char *authority = strstr(url, "://");
    bool host = false;

    authority = authority ? authority + 3 : url;
    size_t n = strcspn(authority, "/");
    buf_printf(out, "GET %s HTTP/1.1\r\n", authority[n] ? authority + n : "/");
    for (size_t i = 0; i < lines->n; i++)
        host |= strncasecmp(lines->v[i], "Host:", 5) == 0;
    if (!host)
        buf_printf(out, "Host: %.*s\r\n", (int)n, authority);
    buf_printf(out, "User-Agent: sandtop/" VERSION "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: %s\r\n", h->key);
    for (size_t i = 0; protocols && protocols[i]; i++)
        buf_printf(out, "%s%s", i ? ", " : "Sec-WebSocket-Protocol: ", protocols[i]);
    if (protocols && protocols[0])
        buf_add_text(out, "\r\n");
    for (size_t i = 0; i < lines->n; i++)
        buf_printf(out, "%s\r\n", (const char *)lines->v[i]);
    buf_add_text(out, "\r\n");
}

static bool caseless_is(struct slice s, const char *text)
{
    return s.n == strlen(text) && strncasecmp(s.p, text, s.n) == 0;
}

bool handshake_granted(const struct handshake *h, const struct http1 *answer, const char *const *protocols, const char **protocol,
                       struct err *err)
{
    struct slice value;

    *protocol = "";
    if (!http1_header(answer, "Upgrade", 0, &value) || !caseless_is(value, "websocket"))
        return err_set(err, "the server switched to another protocol than WebSocket");
    if (!http1_header(answer, "Connection", 0, &value) || slice_find_caseless(value, SLICE("upgrade")) < 0)
        return err_set(err, "the server's answer to the WebSocket upgrade lacks its Connection header");
    if (!http1_header(answer, "Sec-WebSocket-Accept", 0, &value) || !slice_is(value, h->accept))
        return err_set(err, "the server's answer is not to this WebSocket upgrade: does a proxy answer in its place?");
    if (http1_header(answer, "Sec-WebSocket-Extensions", 0, &value) && value.n > 0)
        return err_set(err, "the server uses a WebSocket extension that was not asked for");
    bool chosen = http1_header(answer, "Sec-WebSocket-Protocol", 0, &value);
    for (size_t i = 0; chosen && protocols && protocols[i]; i++)
        if (slice_is(value, protocols[i])) {
            *protocol = protocols[i];
            return true;
        }
    if (chosen)
        return err_set(err, "the server chose a protocol that was not offered");
    return !protocols || !protocols[0] || err_set(err, "the server speaks none of the protocols offered");
}

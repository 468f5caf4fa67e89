/* Errors come as a Status object from the API server's handlers, but as plain text from what stands before them (unknown paths, the rate
 * limiter, proxies). Invariant: the result is one line of bounded length. */
#include "core/kube/refusal.h"

#include "core/base/json.h"

#include <stdlib.h>

enum { LONGEST = 1000 };

static const char *status_name(int status)
{
    switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 422: return "Unprocessable Entity";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return status >= 300 && status < 400 ? "a redirect, which is not followed" : "";
    }
}

static struct slice first_line(struct slice text)
{
    while (text.n > 0 && (unsigned char)*text.p <= ' ') {
        text.p++;
        text.n--;
    }
    const char *end = text.n ? memchr(text.p, '\n', text.n) : NULL;
    if (end)
        text.n = (size_t)(end - text.p);
    if (text.n > LONGEST) {
        text.n = LONGEST;
        while (text.n > 0 && ((unsigned char)text.p[text.n] & 0xC0) == 0x80)
            text.n--;                /* not in the middle of a character */
    }
    while (text.n > 0 && (unsigned char)text.p[text.n - 1] <= ' ')
        text.n--;
    return text;
}

char *refusal_text(int status, struct slice body)
{
    struct buf message = {0}, out = {0};
    json whole = json_whole(body);

    if (json_type(whole) == JSON_OBJECT)
        json_text(json_get(whole, "message"), &message);
    struct slice line = first_line(message.n ? buf_slice(&message) : body);
    bool markup = line.n > 0 && (*line.p == '<' || *line.p == '{');
    if (line.n == 0 || markup)
        buf_printf(&out, "HTTP %d %s", status, status_name(status));
    else if (message.n)
        buf_add_slice(&out, line);
    else
        buf_printf(&out, "HTTP %d: %.*s", status, (int)line.n, line.p);
    while (out.n > 0 && out.p[out.n - 1] == ' ')
        out.p[--out.n] = '\0';
    buf_free(&message);
    return buf_take(&out);
}

/* Invariant: tokens from the server are escaped; path and selector are taken as they are. */
#include "core/kube/list_query.h"

#include "core/base/buf.h"
#include "core/kube/transport.h"

#include <stdarg.h>
#include <stdlib.h>

__attribute__((format(printf, 2, 3))) static void add(struct buf *b, const char *format, ...)
{
    va_list ap;

    buf_add_byte(b, memchr(b->p, '?', b->n) ? '&' : '?');
    va_start(ap, format);
    buf_vprintf(b, format, ap);
    va_end(ap);
}

static struct buf start(const char *path, const char *selector)
{
    struct buf b = {0};

    buf_add_text(&b, path);
    if (*selector)
        add(&b, "%s", selector);
    return b;
}

char *list_query_page(const char *path, const char *selector, unsigned limit, const char *more)
{
    struct buf b = start(path, selector);
    char *token = kube_path("%s", more);

    add(&b, "limit=%u", limit);
    if (*token)
        add(&b, "continue=%s", token);
    free(token);
    return buf_take(&b);
}

char *list_query_stream(const char *path, const char *selector, unsigned timeout_s)
{
    struct buf b = start(path, selector);

    add(&b, "watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=%u", timeout_s);
    return buf_take(&b);
}

char *list_query_watch(const char *path, const char *selector, const char *resource_version, unsigned timeout_s)
{
    struct buf b = start(path, selector);
    char *from = kube_path("%s", resource_version);

    add(&b, "watch=1&allowWatchBookmarks=true&resourceVersion=%s&timeoutSeconds=%u", from, timeout_s);
    free(from);
    return buf_take(&b);
}

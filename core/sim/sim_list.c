/* Lists in pages, and single objects.
 * A later page shows what is there now but bears the first page's resourceVersion: a watch from there replays what changed in between. */
#include "core/base/mem.h"
#include "core/sim/sim_internal.h"

#include <stdio.h>
#include <stdlib.h>

static const char base64_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void base64(struct slice in, struct buf *out)
{
    for (size_t i = 0; i < in.n; i += 3) {
        unsigned v = 0;
        size_t left = in.n - i < 3 ? in.n - i : 3;
        for (size_t k = 0; k < 3; k++)
            v = v << 8 | (k < left ? (unsigned char)in.p[i + k] : 0);
        for (size_t k = 0; k <= left; k++)
            buf_add_byte(out, base64_letters[v >> (18 - 6 * k) & 63]);
    }
}

static bool unbase64(struct slice in, struct buf *out)
{
    unsigned v = 0, bits = 0;

    for (size_t i = 0; i < in.n; i++) {
        const char *at = in.p[i] ? strchr(base64_letters, in.p[i]) : NULL;
        if (!at)
            return false;
        v = (v << 6 | (unsigned)(at - base64_letters)) & 0xffff;
        bits += 6;
        if (bits >= 8)
            buf_add_byte(out, (char)(v >> (bits -= 8)));
    }
    return true;
}

/* As the API server's: the list's resourceVersion (-1: of whatever is there) and the key to go on from. */
static void add_token(struct buf *out, int64_t rv, const char *ns, const char *name)
{
    struct buf text = {0};

    buf_printf(&text, "{\"v\":\"meta.k8s.io/v1\",\"rv\":%lld,\"start\":\"%s%s%s\\u0000\"}", (long long)rv, ns, *ns ? "/" : "", name);
    base64(buf_slice(&text), out);
    buf_free(&text);
}

struct page {
    struct selector selector;
    int64_t limit, rv;               /* limit 0: all */
    char *from_ns, *from_name;       /* the last of the page before; NULL: from the start */
};

static void page_free(struct page *page)
{
    selector_free(&page->selector);
    free(page->from_ns);
    free(page->from_name);
}

static bool read_token(struct page *page, const struct resource *r, const char *token)
{
    struct buf text = {0}, start = {0};
    bool good = unbase64(slice_of(token), &text);
    json value = json_whole(buf_slice(&text));

    good = good && json_int(json_get(value, "rv"), &page->rv) && json_text(json_get(value, "start"), &start) && start.n > 0;
    if (good) {
        /* the NUL at its end has become U+FFFD: three bytes */
        struct slice key = buf_slice(&start);
        if (key.n >= 3 && memcmp(key.p + key.n - 3, "\xef\xbf\xbd", 3) == 0)
            key.n -= 3;
        ptrdiff_t slash = r->namespaced ? slice_find(key, SLICE("/")) : -1;
        page->from_ns = slice_dup((struct slice){key.p, slash < 0 ? 0 : (size_t)slash});
        page->from_name = slice_dup((struct slice){key.p + slash + 1, key.n - (size_t)(slash + 1)});
    }
    buf_free(&text);
    buf_free(&start);
    return good;
}

static void expired_token(struct exchange *x, const struct page *page)
{
    struct buf token = {0};

    add_token(&token, -1, page->from_ns, page->from_name);
    x->status = 410;
    buf_printf(&x->out,
               "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{\"continue\":\"%s\"},\"status\":\"Failure\",\"message\":\"The "
               "provided continue parameter is "
               "too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue "
               "token in this "
               "response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - "
               "objects that were "
               "created, modified, or deleted between the time the first chunk was returned and now may show up in the list.\","
               "\"reason\":\"Expired\","
               "\"code\":410}\n",
               token.p);
    buf_free(&token);
    exchange_finish(x, END_DONE, "");
}

/* resourceVersion: 0 is whatever is cached (and ignores limit), from the future waits and gives up, and an exact old one may be gone. */
static bool check_version(struct exchange *x, const struct route *route, struct page *page)
{
    const char *text = query_get(&route->query, "resourceVersion"), *match = query_get(&route->query, "resourceVersionMatch");
    int64_t rv = 0;

    page->rv = (int64_t)x->sim->rv;
    if (!text || !*text)
        return true;
    if (!slice_int(slice_of(text), &rv) || rv < 0) {
        char *message = mem_printf("resourceVersion: Invalid value: \"%s\": strconv.ParseUint: parsing \"%s\": invalid syntax", text, text);
        http_status(x, 500, NULL, message, NULL);
        free(message);
        return false;
    }
    if (rv == 0)
        page->limit = 0;
    if ((uint64_t)rv > x->sim->rv) {
        char *message = mem_printf("Timeout: Too large resource version: %lld, current: %llu", (long long)rv,
                                   (unsigned long long)x->sim->rv);
        http_status(x, 504, "Timeout", message,
                    "{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\",\"message\":\"Too large resource version\"}],"
                    "\"retryAfterSeconds\":1}");
        x->retry_after_ms = 1000;
        x->ready_at = sim_mono(x->sim) + 3000;
        free(message);
        return false;
    }
    if (match && strcmp(match, "Exact") == 0 && (uint64_t)rv < x->sim->oldest_rv) {
        http_fault(x, 410, NULL);
        return false;
    }
    return true;
}

static bool read_page(struct exchange *x, const struct route *route, struct page *page)
{
    const char *limit = query_get(&route->query, "limit"), *token = query_get(&route->query, "continue");
    struct err err = {0};

    if (limit && *limit && (!slice_int(slice_of(limit), &page->limit) || page->limit < 0)) {
        char *message = mem_printf("strconv.ParseInt: parsing \"%s\": invalid syntax", limit);
        http_status(x, 400, "BadRequest", message, NULL);
        free(message);
        return false;
    }
    const char *labels = query_get(&route->query, "labelSelector"), *fields = query_get(&route->query, "fieldSelector");
    if (!selector_parse(&page->selector, route->resource, labels, fields, &err)) {
        http_status(x, 400, "BadRequest", err.text, NULL);
        err_clear(&err);
        return false;
    }
    if (!check_version(x, route, page))
        return false;
    if (!token || !*token)
        return true;
    if (!read_token(page, route->resource, token)) {
        http_status(x, 400, "BadRequest", "continue key is not valid: illegal base64 data", NULL);
        return false;
    }
    if (page->rv >= 0 && (uint64_t)page->rv < x->sim->oldest_rv) {
        expired_token(x, page);
        return false;
    }
    if (page->rv < 0)
        page->rv = (int64_t)x->sim->rv;
    return true;
}

/* Appends the page's items; next gets the token's text where there are more, and remaining how many. */
static void add_items(struct exchange *x, const struct route *route, const struct page *page, struct buf *next, size_t *remaining)
{
    const struct ptrs *all = world_objects(x->sim, route->resource);
    size_t i = page->from_name ? world_lower_bound(x->sim, route->resource, page->from_ns, page->from_name)
                               : world_lower_bound(x->sim, route->resource, route->ns ? route->ns : "", "");
    int64_t n = 0;
    const struct version *last = NULL;

    *remaining = 0;
    for (; i < all->n; i++) {
        const struct version *v = all->v[i];
        if (route->ns && strcmp(v->ns, route->ns) != 0)
            break;
        if (page->from_name && strcmp(v->ns, page->from_ns) == 0 && strcmp(v->name, page->from_name) == 0)
            continue;
        if (!selector_match(&page->selector, v))
            continue;
        if (page->limit && n == page->limit) {
            ++*remaining;
            continue;
        }
        buf_add_text(&x->out, n++ ? "," : "");
        world_render(x->sim, v, slice_of(route->version), true, &x->out);
        last = v;
    }
    if (*remaining)
        add_token(next, page->rv, last->ns, last->name);
}

void list_answer(struct exchange *x, const struct route *route)
{
    const struct resource *r = route->resource;
    struct page page = {0};
    struct buf items = {0}, next = {0};
    char left[64] = "";
    size_t remaining = 0;

    if (!read_page(x, route, &page)) {
        page_free(&page);
        return;
    }
    if (r->crd) {                    /* resourceVersion and continue come after the items */
        buf_printf(&x->out, "{\"apiVersion\":\"%s/%s\",\"items\":[", r->group, route->version);
        add_items(x, route, &page, &next, &remaining);
        if (remaining && !page.selector.labels.n && !page.selector.fields.n)
            snprintf(left, sizeof left, ",\"remainingItemCount\":%zu", remaining);
        buf_printf(&x->out, "],\"kind\":\"%sList\",\"metadata\":{\"continue\":\"%s\"%s,\"resourceVersion\":\"%lld\"}}\n", r->kind,
                   next.p ? next.p : "", left, (long long)page.rv);
    } else {                         /* here they come before, so the items are made first */
        struct buf out = x->out;
        x->out = (struct buf){0};
        add_items(x, route, &page, &next, &remaining);
        items = x->out;
        x->out = out;
        if (remaining && !page.selector.labels.n && !page.selector.fields.n)
            snprintf(left, sizeof left, ",\"remainingItemCount\":%zu", remaining);
        buf_printf(&x->out, "{\"kind\":\"%sList\",\"apiVersion\":\"%s%s%s\",\"metadata\":{\"resourceVersion\":\"%lld\"", r->kind, r->group,
                   *r->group ? "/" : "", r->version, (long long)page.rv);
        if (remaining)
            buf_printf(&x->out, ",\"continue\":\"%s\"%s", next.p, left);
        buf_add_text(&x->out, "},\"items\":[");
        buf_add_slice(&x->out, buf_slice(&items));
        buf_add_text(&x->out, "]}\n");
    }
    buf_free(&items);
    buf_free(&next);
    page_free(&page);
    exchange_finish(x, END_DONE, "");
}

void get_answer(struct exchange *x, const struct route *route)
{
    const struct version *v = world_get(x->sim, route->resource, route->ns ? route->ns : "", route->name);

    if (!v) {
        http_not_found(x, route->resource, route->name);
        return;
    }
    world_render(x->sim, v, slice_of(route->version), false, &x->out);
    buf_add_text(&x->out, "\n");
    exchange_finish(x, END_DONE, "");
}

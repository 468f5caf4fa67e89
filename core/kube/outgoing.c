/* Invariant: no text from outside can add a line to the head of a request. */
#include "core/kube/outgoing.h"

#include "core/base/mem.h"

#include <stdlib.h>
#include <strings.h>

/* Lines of outgoing_identify begin with one of these, no other line does. */
static const char authorization_name[] = "Authorization", impersonate[] = "Impersonate-";

bool header_text_good(const char *text)
{
    for (; text && *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

bool identity_good(const struct target *target, struct err *err)
{
    bool good = header_text_good(target->as) && header_text_good(target->as_uid);

    for (char **group = target->as_groups; group && *group; group++)
        good &= header_text_good(*group);
    for (char **extra = target->as_extra; extra && *extra; extra++)
        good &= header_text_good(*extra);
    return good || err_set(err, "the user or group to impersonate holds control characters");
}

static void add(struct outgoing *out, const char *name, const char *value)
{
    ptrs_add(&out->headers, mem_printf("%s: %s", name, value));
}

static bool is_identity(const char *name)
{
    return strcasecmp(name, authorization_name) == 0 || strncasecmp(name, impersonate, sizeof impersonate - 1) == 0;
}

void outgoing_set(struct outgoing *out, const struct request *request, const struct route *route)
{
    bool accept = false;

    *out = (struct outgoing){.method = mem_text(request->method), .url = mem_printf("%s%s", route->base ? route->base : "", request->path)};
    if (request->body.n) {
        out->body = slice_dup(request->body);
        out->body_n = request->body.n;
        add(out, "Content-Type", request->content_type ? request->content_type : "application/json");
    }
    for (const struct header *h = request->headers; h && h->name; h++) {
        accept |= strcasecmp(h->name, "Accept") == 0;
        if (header_text_good(h->name) && header_text_good(h->value) && (request->origin || !is_identity(h->name)))
            add(out, h->name, h->value);
    }
    if (!accept)
        add(out, "Accept", "application/json, */*");
    if (route->host_header)
        add(out, "Host", route->host_header);
}

/* Overwritten before it is freed: it may be a token. */
static void forget(char *line)
{
    explicit_bzero(line, strlen(line));
    free(line);
}

/* "key=value": the key stands percent-escaped in the header's name, as the API server reads it. */
static void add_extra(struct outgoing *out, const char *extra)
{
    const char *equals = strchr(extra, '=');

    if (!equals)
        return;
    char *key = slice_dup((struct slice){extra, (size_t)(equals - extra)});
    char *name = kube_path("Impersonate-Extra-%s", key);
    add(out, name, equals + 1);
    free(name);
    free(key);
}

void outgoing_identify(struct outgoing *out, const struct target *target, const char *authorization)
{
    for (size_t i = out->headers.n; i-- > 0;) {
        char *line = out->headers.v[i];
        size_t n = strcspn(line, ":");
        bool ours = false;
        line[n] = '\0';
        ours = is_identity(line);
        line[n] = ':';
        if (!ours)
            continue;
        ptrs_remove(&out->headers, i);
        forget(line);
    }
    if (authorization)
        add(out, authorization_name, authorization);
    if (target->as)
        add(out, "Impersonate-User", target->as);
    if (target->as_uid)
        add(out, "Impersonate-Uid", target->as_uid);
    for (char **group = target->as_groups; group && *group; group++)
        add(out, "Impersonate-Group", *group);
    for (char **extra = target->as_extra; extra && *extra; extra++)
        add_extra(out, *extra);
}

void outgoing_free(struct outgoing *out)
{
    for (size_t i = 0; i < out->headers.n; i++)
        forget(out->headers.v[i]);
    ptrs_free(&out->headers);
    free(out->method);
    free(out->url);
    free(out->body);
    *out = (struct outgoing){0};
}

/* Invariant: the file is replaced whole (a temporary one beside it, then rename), never written in place: a reader finds the old one or the new one. */
#include "core/base/file.h"
#include "core/session/controller_memory.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/session/controller_args.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MOST = 1024 * 1024, ENTRIES_MOST = 64 };
static const char file_name[] = "controller-debug.json", schema[] = "sandtop.controller-debug/v1";

void memory_clear(struct debug_memory *m)
{
    free(m->server);
    free(m->ns);
    free(m->name);
    free(m->container);
    free(m->uid);
    args_free(&m->before);
    args_free(&m->after);
    *m = (struct debug_memory){0};
}

void memory_copy(struct debug_memory *to, const struct debug_memory *from)
{
    *to = (struct debug_memory){
        .server = mem_text(from->server), .ns = mem_text(from->ns), .name = mem_text(from->name), .container = mem_text(from->container),
        .uid = mem_text(from->uid), .had_args = from->had_args, .changed_ms = from->changed_ms,
    };
    args_copy(&to->before, &from->before);
    args_copy(&to->after, &from->after);
}

char *memory_dir(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state && *state == '/')      /* the XDG specification: what is not absolute is to be ignored */
        return mem_printf("%s/sandtop", state);
    return home && *home == '/' ? mem_printf("%s/.local/state/sandtop", home) : NULL;
}

static bool read_file(const char *dir, struct buf *out)
{
    char *path = mem_printf("%s/%s", dir, file_name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    free(path);
    if (fd < 0)
        return false;
    bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_size <= FILE_MOST;
    char part[4096];
    ssize_t n = 0;
    while (good && (n = read(fd, part, sizeof part)) > 0) {
        buf_add(out, part, (size_t)n);
        good = out->n <= FILE_MOST;
    }
    close(fd);
    return good && n == 0;
}

static bool read_entry(json entry, struct debug_memory *m)
{
    json before = json_get(entry, "before"), after = json_get(entry, "after");
    struct buf scratch = {0};
    *m = (struct debug_memory){
        .server = json_dup(json_get(entry, "server")), .ns = json_dup(json_get(entry, "namespace")), .name = json_dup(json_get(entry, "deployment")),
        .container = json_dup(json_get(entry, "container")), .uid = json_dup(json_get(entry, "uid")), .had_args = json_type(before) == JSON_ARRAY,
    };
    bool good = m->server && m->ns && m->name && m->container && m->uid && json_type(after) == JSON_ARRAY && args_read(&m->before, before) &&
                args_read(&m->after, after);
    if (!time_parse(json_str(json_get(entry, "changed"), &scratch), &m->changed_ms, NULL))
        m->changed_ms = 0;
    buf_free(&scratch);
    if (!good)
        memory_clear(m);
    return good;
}

static bool same(const struct debug_memory *m, const char *server, const char *ns, const char *name)
{
    return strcmp(m->server, server) == 0 && (!ns || strcmp(m->ns, ns) == 0) && (!name || strcmp(m->name, name) == 0);
}

bool memory_load(const char *dir, const char *server, const char *ns, const char *name, struct debug_memory *out)
{
    struct buf text = {0};
    bool found = false;
    unsigned n = 0;
    if (dir && read_file(dir, &text)) {
        struct json_walk w = json_items(json_get(json_whole(buf_slice(&text)), "entries"));
        while (!found && n++ < ENTRIES_MOST && json_next(&w)) {
            if (!read_entry(w.value, out))
                continue;
            found = same(out, server, ns, name);
            if (!found)
                memory_clear(out);
        }
    }
    buf_free(&text);
    return found;
}

/* ---- writing ---------------------------------------------------------------------------------------------------------------------- */

static void add_member(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, "\"%s\":", key);
    json_quote(out, slice_of(text ? text : ""));
    buf_add_byte(out, ',');
}

static void add_entry(struct buf *out, const struct debug_memory *m, bool *first)
{
    char stamp[32];
    buf_add_text(out, *first ? "\n  {" : ",\n  {");
    *first = false;
    add_member(out, "server", m->server);
    add_member(out, "namespace", m->ns);
    add_member(out, "deployment", m->name);
    add_member(out, "container", m->container);
    add_member(out, "uid", m->uid);
    add_member(out, "changed", time_rfc3339(m->changed_ms, stamp));
    buf_add_text(out, "\"before\":");
    if (m->had_args)
        args_json(out, &m->before);
    else
        buf_add_text(out, "null");
    buf_add_text(out, ",\"after\":");
    args_json(out, &m->after);
    buf_add_byte(out, '}');
}

static bool make_dirs(const char *dir)
{
    char *path = mem_text(dir);
    bool good = true;
    for (char *p = path + 1; good; p++) {
        if (*p && *p != '/')
            continue;
        char was = *p;
        *p = '\0';
        good = mkdir(path, 0700) == 0 || errno == EEXIST;
        *p = was;
        if (!was)
            break;
    }
    free(path);
    return good;
}

static bool replace_file(const char *dir, struct slice text, struct err *err)
{
    char *path = mem_printf("%s/%s", dir, file_name), *part = mem_printf("%s/.%s.XXXXXX", dir, file_name);
    int fd = make_dirs(dir) ? mkostemp(part, O_CLOEXEC) : -1; /* mode 0600 */
    bool good = fd >= 0 && file_write_all(fd, text) && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0 && close(fd) != 0 && good) {
        good = false;
        error = errno;
    }
    if (good && rename(part, path) != 0) {
        good = false;
        error = errno;
    }
    if (!good) {
        if (fd >= 0)
            unlink(part);
        err_set(err, "%s cannot be written: %s", path, strerror(error));
    }
    free(path);
    free(part);
    return good;
}

/* The entries of the others stay; more than are ever read are let go, the last first. */
static bool rewrite(const char *dir, const struct debug_memory *m, bool keep, struct err *err)
{
    struct buf old = {0}, out = {0};
    bool first = true;
    unsigned n = 0;
    buf_printf(&out, "{\"schema\":\"%s\",\"entries\":[", schema);
    if (keep)
        add_entry(&out, m, &first);
    if (read_file(dir, &old)) {
        struct json_walk w = json_items(json_get(json_whole(buf_slice(&old)), "entries"));
        while (n++ < ENTRIES_MOST - 1 && json_next(&w)) {
            struct debug_memory other;
            if (!read_entry(w.value, &other))
                continue;
            if (!same(&other, m->server, m->ns, m->name))
                add_entry(&out, &other, &first);
            memory_clear(&other);
        }
    }
    buf_add_text(&out, "\n]}\n");
    bool good = replace_file(dir, buf_slice(&out), err);
    buf_free(&old);
    buf_free(&out);
    return good;
}

bool memory_save(const char *dir, const struct debug_memory *m, struct err *err)
{
    return dir ? rewrite(dir, m, true, err) : err_set(err, "neither XDG_STATE_HOME nor HOME is set");
}

bool memory_forget(const char *dir, const struct debug_memory *m, struct err *err)
{
    return !dir || rewrite(dir, m, false, err);
}

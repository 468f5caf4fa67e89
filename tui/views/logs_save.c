/* Lines written to a file, or gathered for the pager, a slice a turn. A new file is made with O_EXCL and taken away again if it cannot be
 * finished; one that is overwritten is replaced in one step, by rename, once all is written. */
#include "core/base/mem.h"
#include "tui/views/logs.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PAGER_MOST = 64 * 1024 * 1024 };

struct logs_saving {
    struct log_save *save;           /* NULL: waits until the view has looked at all lines */
    const struct log_buffer *buffer;
    struct log_view *view;           /* NULL: all of the buffer */
    int fd;                          /* -1: to the pager */
    char *path, *written;            /* written: another name where path is overwritten; else NULL */
    struct buf text;                 /* for the pager */
    bool full;                       /* the pager gets no more */
};

static bool write_out(void *ctx, struct slice bytes)
{
    struct logs_saving *saving = ctx;

    if (saving->fd < 0) {
        saving->full |= saving->text.n + bytes.n > PAGER_MOST;
        if (!saving->full)
            buf_add_slice(&saving->text, bytes);
        return !saving->full;
    }
    while (bytes.n) {
        ssize_t n = write(saving->fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = (struct slice){bytes.p + n, bytes.n - (size_t)n};
    }
    return true;
}

static void saving_free(struct logs *l)
{
    struct logs_saving *saving = l->saving;

    l->saving = NULL;
    if (saving->fd >= 0)
        close(saving->fd);
    if (saving->save)
        log_save_free(saving->save);
    buf_free(&saving->text);
    free(saving->path);
    free(saving->written);
    free(saving);
}

static const char *file_of(const struct logs_saving *saving)
{
    return saving->written ? saving->written : saving->path;
}

/* ~ and ~/x stand for the home directory, as in a shell. */
static char *whole_path(const char *path)
{
    const char *home = getenv("HOME");

    if (path[0] == '~' && (path[1] == '/' || !path[1]) && home)
        return mem_printf("%s%s", home, path + 1);
    return mem_text(path);
}

static enum log_save_format format_of(const char *path)
{
    static const char *const endings[] = {".json", ".jsonl", ".ndjson"};
    size_t n = strlen(path);

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (n > strlen(endings[i]) && !strcmp(path + n - strlen(endings[i]), endings[i]))
            return LOG_SAVE_JSON;
    return LOG_SAVE_TEXT;
}

static bool open_file(struct logs_saving *saving, bool overwrite, bool *there, struct err *err)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;

    saving->fd = open(saving->path, flags, 0600); /* logs may hold what is not everyone's */
    if (saving->fd >= 0)
        return true;
    *there = errno == EEXIST;
    if (*there && overwrite) {
        saving->written = mem_printf("%s.%ld.new", saving->path, (long)getpid());
        saving->fd = open(saving->written, flags, 0600);
        if (saving->fd >= 0)
            return true;
        *there = false;
    }
    return err_set(err, "%s: %s", saving->path, strerror(errno));
}

bool logs_save_begin(struct logs *l, const char *path, bool all, bool overwrite, bool *there, struct err *err)
{
    struct sheet *s = logs_sheet(l);

    *there = false;
    if (l->saving)
        return err_set(err, "still writing %s", l->saving->path ? l->saving->path : "for the pager");
    if (!s->view)
        return err_set(err, "there is nothing to save");
    l->saving = NEW(struct logs_saving);
    *l->saving = (struct logs_saving){.buffer = s->buffer, .view = all ? NULL : s->view, .fd = -1, .path = path ? whole_path(path) : NULL};
    if (path && !open_file(l->saving, overwrite, there, err)) {
        saving_free(l);
        return false;
    }
    return true;
}

static void done(struct logs *l)
{
    struct logs_saving *saving = l->saving;
    struct buf lines = {0};
    uint64_t n = log_save_lines(saving->save), missed = log_save_missed(saving->save);

    logs_count(&lines, n);
    if (saving->fd < 0) {
        view_order(&l->view, ORDER_PAGER)->text = saving->text;
        saving->text = (struct buf){0};
    } else if (close(saving->fd) || (saving->written && rename(saving->written, saving->path))) {
        logs_say(l, "%s: %s", saving->path, strerror(errno));
        saving->fd = -1;
        unlink(file_of(saving));
    } else if (missed) {
        logs_say(l, "saved %s lines to %s; %llu were evicted before their turn", lines.p, saving->path, (unsigned long long)missed);
    } else {
        logs_say(l, "saved %s line%s to %s", lines.p, n == 1 ? "" : "s", saving->path);
    }
    if (saving->path)
        saving->fd = -1;
    buf_free(&lines);
    saving_free(l);
}

static void failed(struct logs *l)
{
    struct logs_saving *saving = l->saving;

    if (saving->fd < 0) {
        logs_say(l, "the pager is given the first 64 MiB: narrow the lines, or save them with s");
        view_order(&l->view, ORDER_PAGER)->text = saving->text;
        saving->text = (struct buf){0};
    } else {
        logs_say(l, "%s: %s", saving->path, strerror(errno));
        unlink(file_of(saving));
    }
    saving_free(l);
}

void logs_save_step(struct logs *l, const struct clock *clock, int64_t until_mono_ms)
{
    struct logs_saving *saving = l->saving;

    if (!saving || (!saving->save && saving->view && !log_view_done(saving->view)))
        return;
    if (!saving->save)
        saving->save = log_save_new(saving->path ? format_of(saving->path) : LOG_SAVE_SAFE, saving->buffer, saving->view, write_out,
                                    saving);
    switch (log_save_step(saving->save, clock, until_mono_ms)) {
    case LOG_SAVE_MORE: break;
    case LOG_SAVE_DONE: done(l); break;
    case LOG_SAVE_FAILED: failed(l); break;
    }
}

void logs_save_stop(struct logs *l, const struct log_buffer *gone)
{
    if (!l->saving || (gone && l->saving->buffer != gone))
        return;
    if (l->saving->fd >= 0) {
        unlink(file_of(l->saving));
        logs_say(l, "%s was not finished: what it was to hold is gone", l->saving->path);
    }
    saving_free(l);
}

void logs_saving_text(const struct logs *l, struct buf *out)
{
    if (!l->saving)
        return;
    buf_add_text(out, l->saving->fd < 0 ? "gathering " : "saving ");
    logs_count(out, l->saving->save ? log_save_lines(l->saving->save) : 0);
}

/* Where themes are found: the user's folder first, then the source tree's (a program not yet installed), then the installed one. */
#include "tui/theme.h"
#include "core/base/buf.h"
#include "core/base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDERS = 3, MAX_FILE = 1 << 16 };

/* Caller frees; NULL where there is none. */
static char *folder(int i)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (i == 1)
        return mem_text(THEMES_DIR);
    if (i == 2)                      /* a program that was built and not installed */
        return mem_text(SOURCE_THEMES_DIR);
    if (config && config[0] == '/')
        return mem_printf("%s/sandtop/themes", config);
    return home && *home ? mem_printf("%s/.config/sandtop/themes", home) : NULL;
}

/* False without an error where there is no such file. */
static bool read_file(const char *path, struct buf *out, bool *missing, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);   /* a FIFO or a device must not hold the program */
    struct stat st;

    *missing = fd < 0 && (errno == ENOENT || errno == ENOTDIR);
    if (fd < 0)
        return err_set(err, "cannot read the theme %s: %s", path, strerror(errno));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_FILE) {
        close(fd);
        return err_set(err, "%s is not a theme: it must be a plain file of at most %d bytes", path, MAX_FILE);
    }
    char chunk[4096];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) > 0 && out->n <= MAX_FILE)
        buf_add(out, chunk, (size_t)n);
    close(fd);
    return n < 0 ? err_set(err, "cannot read the theme %s: %s", path, strerror(errno)) : true;
}

static struct theme *load_path(const char *name, const char *path, bool *missing, struct err *err)
{
    struct buf text = {0};
    struct theme *theme = NULL;

    if (read_file(path, &text, missing, err)) {
        theme = theme_parse(name, text.p ? text.p : "", err);
        if (!theme)
            err_prefix(err, "theme %s", path);
    }
    buf_free(&text);
    return theme;
}

static void add_known(struct buf *out)
{
    struct ptrs names = {0};

    theme_names(&names);
    for (size_t i = 0; i < names.n; i++) {
        buf_printf(out, "%s%s", i ? ", " : "", (char *)names.v[i]);
        free(names.v[i]);
    }
    ptrs_free(&names);
}

struct theme *theme_load(const char *name, struct err *err)
{
    bool missing = false;

    if (strchr(name, '/'))
        return load_path(name, name, &missing, err);
    for (int i = 0; i < FOLDERS; i++) {
        char *dir = folder(i);
        if (!dir)
            continue;
        char *path = mem_printf("%s/%s.theme", dir, name);
        struct theme *theme = load_path(name, path, &missing, err);
        free(path);
        free(dir);
        if (theme || !missing) {
            if (theme)
                err_clear(err);
            return theme;
        }
    }
    struct buf known = {0};
    add_known(&known);
    err_set(err, "there is no theme \"%s\": choose one of %s, or give a path with a \"/\"", name, known.n ? known.p : "(none found)");
    buf_free(&known);
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    const char *left = *(char *const *)a, *right = *(char *const *)b;
    int first = strcmp(right, "dark") == 0, second = strcmp(left, "dark") == 0;

    return first != second ? first - second : strcmp(left, right);
}

static bool holds(const struct ptrs *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->v[i], name) == 0)
            return true;
    return false;
}

void theme_names(struct ptrs *out)
{
    for (int i = 0; i < FOLDERS; i++) {
        char *path = folder(i);
        DIR *dir = path ? opendir(path) : NULL;
        free(path);
        if (!dir)
            continue;
        for (struct dirent *entry; (entry = readdir(dir));) {
            size_t n = strlen(entry->d_name);
            if (n <= 6 || entry->d_name[0] == '.' || strcmp(entry->d_name + n - 6, ".theme") != 0)
                continue;
            char *name = slice_dup((struct slice){entry->d_name, n - 6});
            if (holds(out, name))
                free(name);
            else
                ptrs_add(out, name);
        }
        closedir(dir);
    }
    if (out->n)
        qsort(out->v, out->n, sizeof *out->v, by_name);
}

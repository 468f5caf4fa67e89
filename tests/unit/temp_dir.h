/* Small files in a directory of their own, gone when the test is over. */
#ifndef TESTS_TEMP_DIR_H
#define TESTS_TEMP_DIR_H
#include "tests/unit/test.h"
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static char temp_dir[64];

/* The path of a name in the directory; borrowed until the fourth call after. */
static inline const char *temp_path(const char *name)
{
    static char paths[4][512];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", temp_dir, name);
    return path;
}
static inline const char *temp_file(const char *name, const char *text)
{
    const char *path = temp_path(name);
    FILE *file = fopen(path, "wb");
    if (!file)
        fail_msg("cannot write %s", path);
    fputs(text, file);
    fclose(file);
    return path;
}
static inline const char *temp_script(const char *name, const char *body)
{
    char text[4096];
    snprintf(text, sizeof text, "#!/bin/sh\n%s\n", body);
    const char *path = temp_file(name, text);
    chmod(path, 0755);
    return path;
}
static inline int temp_setup(void **state)
{
    (void)state;
    snprintf(temp_dir, sizeof temp_dir, "/tmp/sandtop-test-XXXXXX");
    return mkdtemp(temp_dir) ? 0 : -1;
}
static inline int temp_remove(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}
static inline int temp_teardown(void **state)
{
    (void)state;
    return nftw(temp_dir, temp_remove, 8, FTW_DEPTH | FTW_PHYS);
}
#endif

/* Invariant: no function here returns NULL; the way out restores the terminal first. */
#include "core/base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void (*restore_screen)(void);

void mem_on_exhausted(void (*restore)(void))
{
    restore_screen = restore;
}

static _Noreturn void exhausted(void)
{
    static const char text[] = "sandtop: out of memory: use a namespace (-n) or a smaller --log-buffer\n";

    if (restore_screen)
        restore_screen();
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
    _exit(1);
}

void *mem_new(size_t size)
{
    void *p = calloc(1, size ? size : 1);

    if (!p)
        exhausted();
    return p;
}

void *mem_array(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);

    if (!p)
        exhausted();
    return p;
}

void *mem_grow(void *old, size_t count, size_t size)
{
    void *p = reallocarray(old, count ? count : 1, size ? size : 1);

    if (!p)
        exhausted();
    return p;
}

char *mem_text(const char *text)
{
    if (!text)
        return NULL;
    size_t n = strlen(text) + 1;
    char *copy = mem_new(n);
    memcpy(copy, text, n);
    return copy;
}

char *mem_printf(const char *format, ...)
{
    va_list ap;
    char *text = NULL;

    va_start(ap, format);
    int n = vasprintf(&text, format, ap);
    va_end(ap);
    if (n < 0)
        exhausted();
    return text;
}

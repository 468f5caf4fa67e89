/* What every unit test includes: cmocka with what it wants before it, and reading fixtures. */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The bytes of tests/fixtures/NAME, NUL-terminated; the test fails where it cannot be read. free() it. */
static inline char *fixture(const char *name, size_t *n)
{
    char path[1024];
    const char *top = getenv("TOP_SRCDIR");
    snprintf(path, sizeof path, "%s/tests/fixtures/%s", top ? top : ".", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot open %s", path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *bytes = calloc(1, (size_t)size + 1);
    size_t got = fread(bytes, 1, (size_t)size, file);
    fclose(file);
    if (n)
        *n = got;
    return bytes;
}
#define TESTS_MAIN(tests) cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL)
#endif

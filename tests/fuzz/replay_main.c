/* Runs a fuzz target over files: those named, else all fixtures. Each goes in as it is, cut short, and with bytes spoilt (the same ones each time). */
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { SPOILT_COPIES = 24, BYTES_MOST = 1 << 20 };

static unsigned files;

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* In memory of exactly its size, so that the sanitizer sees one byte too many. */
static void run(const uint8_t *data, size_t n, uint64_t *seed, unsigned spoil)
{
    uint8_t *exact = malloc(n ? n : 1);
    if (!exact)
        abort();
    memcpy(exact, data, n);
    static const char nasty[] = "\"\\{}[],: u0\n\0\xff";
    for (unsigned i = 0; i < spoil && n; i++)
        exact[next(seed) % n] = (uint8_t)nasty[next(seed) % (sizeof nasty - 1)];
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
}

static int replay(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    FILE *file = type == FTW_F ? fopen(path, "rb") : NULL;
    if (!file)
        return type == FTW_F;
    static uint8_t bytes[BYTES_MOST];
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    uint64_t seed = n;
    run(bytes, n, &seed, 0);
    for (unsigned i = 0; i < SPOILT_COPIES; i++) {
        run(bytes, n, &seed, 1 + i / 4);
        run(bytes, n ? next(&seed) % n : 0, &seed, 0);
    }
    files++;
    return 0;
}

int main(int argc, char **argv)
{
    char fixtures[1024];
    const char *top = getenv("TOP_SRCDIR");
    snprintf(fixtures, sizeof fixtures, "%s/tests/fixtures", top ? top : ".");
    int failed = argc < 2 ? nftw(fixtures, replay, 16, FTW_PHYS) : 0;
    for (int i = 1; i < argc && !failed; i++)
        failed = nftw(argv[i], replay, 16, FTW_PHYS);
    printf("%s 1 - %u files replayed, each whole, cut and spoilt\n1..1\n", failed || !files ? "not ok" : "ok", files);
    return failed || !files;
}

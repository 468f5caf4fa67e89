/* Python's shlex (posix mode) and the POSIX shell agree on quotes and blanks; they differ in everything that run_needs_shell looks for. */
#include "core/run/words.h"

#include "core/base/mem.h"
#include "core/base/ptrs.h"

#include <stdlib.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ---- splitting and quoting ---------------------------------------------------------------------------------------------------------- */

/* One word from *at on; false where a quote stays open or a backslash ends the text. */
static bool take_word(const char **at, struct buf *word)
{
    char quote = 0;
    const char *p = *at;

    for (; *p && (quote || !is_blank(*p)); p++) {
        if (quote && *p == quote) {
            quote = 0;
        } else if (!quote && (*p == '\'' || *p == '"')) {
            quote = *p;
        } else if (*p == '\\' && quote != '\'') {
            if (!p[1])
                return false;
            /* within double quotes a backslash escapes only itself and the quote, as shlex has it */
            if (quote && p[1] != '"' && p[1] != '\\')
                buf_add_byte(word, '\\');
            buf_add_byte(word, *++p);
        } else {
            buf_add_byte(word, *p);
        }
    }
    *at = p;
    return !quote;
}

char **run_words(const char *command)
{
    struct ptrs words = {0};
    bool good = true;

    for (const char *p = command; good;) {
        struct buf word = {0};
        while (is_blank(*p))
            p++;
        if (!*p)
            break;
        good = take_word(&p, &word);
        ptrs_add(&words, buf_take(&word));
    }
    ptrs_add(&words, NULL);
    if (good)
        return (char **)(void *)words.v;
    run_words_free((char **)(void *)words.v);
    return NULL;
}

void run_words_free(char **words)
{
    for (char **word = words; word && *word; word++)
        free(*word);
    free(words);
}

void run_quote(struct slice word, struct buf *out)
{
    bool plain = word.n > 0;

    for (size_t i = 0; i < word.n && plain; i++) {
        char c = word.p[i];
        plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("@%_-+=:,./", c));
    }
    if (plain) {
        buf_add_slice(out, word);
        return;
    }
    buf_add_byte(out, '\'');
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] == '\'')
            buf_add_text(out, "'\"'\"'"); /* as Python's shlex.quote: '\'' reads the same, this one in every splitter */
        else
            buf_add_byte(out, word.p[i]);
    }
    buf_add_byte(out, '\'');
}

char *run_join(const char *const *argv)
{
    struct buf out = {0};

    for (size_t i = 0; argv[i]; i++) {
        if (i)
            buf_add_byte(&out, ' ');
        run_quote(slice_of(argv[i]), &out);
    }
    return buf_take(&out);
}

/* ---- does it need a shell? ---------------------------------------------------------------------------------------------------------- */

static bool is_name(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z') || p[i] == '_' || (i && p[i] >= '0' && p[i] <= '9')))
            return false;
    return n > 0;
}

/* What begins the line may be an assignment, or a word that only a shell knows. */
static bool first_word_needs(const char *p)
{
    static const char *const built_in[] = {
        "cd", "export", "source", ".", "alias", "set", "unset", "ulimit", "umask", "exit", "eval", "exec", "if", "for", "while", "until",
        "case", "function", "type", "read", "trap", "{", "!",
    };

    while (is_blank(*p))
        p++;
    size_t n = strcspn(p, " \t\r\n");
    const char *equals = memchr(p, '=', n);
    if (equals && is_name(p, (size_t)(equals - p)))
        return true;
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
        if (slice_is((struct slice){p, n}, built_in[i]))
            return true;
    return false;
}

bool run_needs_shell(const char *command)
{
    char quote = 0;
    bool word_start = true;

    if (first_word_needs(command))
        return true;
    for (const char *p = command; *p; p++) {
        if (*p == '\\' && quote != '\'') {
            if (!*++p)
                return false;
        } else if (quote) {
            if (*p == quote)
                quote = 0;
            else if (quote == '"' && (*p == '`' || (*p == '$' && p[1] && !is_blank(p[1]) && p[1] != '"')))
                return true;
        } else if (*p == '\'' || *p == '"') {
            quote = *p;
        } else if (strchr("|<>;&`*?()", *p) || (*p == '$' && p[1] && !is_blank(p[1])) || (*p == '[' && strchr(p, ']') && !is_blank(p[1])) ||
                   (word_start && (*p == '~' || *p == '#'))) {
            return true;
        }
        word_start = is_blank(*p);
    }
    return false;
}

/* ---- how it ended ------------------------------------------------------------------------------------------------------------------- */

static const struct {
    int number;
    const char *name, *what;         /* what NULL: "killed" */
} signals[] = {
    {1, "SIGHUP", "hung up"}, {2, "SIGINT", "interrupted"}, {3, "SIGQUIT", "quit"}, {4, "SIGILL", "crashed"}, {5, "SIGTRAP", "crashed"},
    {6, "SIGABRT", "aborted"}, {7, "SIGBUS", "crashed"}, {8, "SIGFPE", "crashed"}, {9, "SIGKILL", "killed"}, {10, "SIGUSR1", "ended"},
    {11, "SIGSEGV", "crashed"}, {12, "SIGUSR2", "ended"}, {13, "SIGPIPE", "nobody read its output"}, {14, "SIGALRM", "ended"},
    {15, "SIGTERM", "ended"},
    {24, "SIGXCPU", "out of CPU time"}, {25, "SIGXFSZ", "file too large"}, {31, "SIGSYS", "forbidden system call"},
};

int run_exit_status(int64_t code)
{
    if (code < 0 && code >= -64)
        return (int)(128 - code);
    return (int)(code & 255);
}

char *run_exit_name(int status)
{
    if (status == 126)
        return mem_text("126: not executable");
    if (status == 127)
        return mem_text("127: not found");
    for (size_t i = 0; status > 128 && i < sizeof signals / sizeof *signals; i++)
        if (signals[i].number == status - 128)
            return mem_printf("%d: %s, %s", status, signals[i].what, signals[i].name);
    if (status > 128 && status <= 128 + 64)
        return mem_printf("%d: signal %d", status, status - 128);
    return mem_printf("%d", status);
}

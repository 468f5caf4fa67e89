/* Programs of a small image, and a shell of one line. Nothing is run: each program is a function that writes what the real one would.
 * Invariant: the same words give the same bytes at the same moments. */
#include "core/sim/sim_command.h"

#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 256 * 1024 * 1024, MOST_SLEEP_MS = 3600 * 1000 };

int command_split(const char *p, char *words[COMMAND_WORDS_MOST])
{
    int n = 0;

    while (n < COMMAND_WORDS_MOST) {
        struct buf word = {0};
        char quote = 0;
        p += strspn(p, " \t\n");
        if (!*p)
            return n;
        for (; *p && (quote || !strchr(" \t\n", *p)); p++) {
            if (quote && *p == quote)
                quote = 0;
            else if (!quote && (*p == '\'' || *p == '"'))
                quote = *p;
            else if (*p == '\\' && quote != '\'' && p[1])
                buf_add_byte(&word, *++p);
            else
                buf_add_byte(&word, *p);
        }
        words[n++] = buf_take(&word);
        if (quote) {
            while (n > 0)
                free(words[--n]);
            return -1;
        }
    }
    return n;
}

/* ---- output */

static struct buf *writer(struct command_run *run, int fd)
{
    struct burst *last = run->bursts.n ? run->bursts.v[run->bursts.n - 1] : NULL;

    if (fd == 1 && run->fd)
        fd = run->fd;
    if (!last || last->fd != fd || last->at_ms != run->ms) {
        last = NEW(struct burst);
        *last = (struct burst){.at_ms = run->ms, .fd = fd};
        ptrs_add(&run->bursts, last);
    }
    return &last->bytes;
}

static void say(struct command_run *run, int fd, const char *text)
{
    buf_add_text(writer(run, fd), text);
}

static void fail(struct command_run *run, int code, char *text)
{
    say(run, 2, text);
    run->code = code;
    free(text);
}

void command_output(const struct command_run *run, int fd, struct buf *out)
{
    for (size_t i = 0; i < run->bursts.n; i++) {
        const struct burst *b = run->bursts.v[i];
        if (b->fd == fd)
            buf_add_slice(out, buf_slice(&b->bytes));
    }
}

void command_free(struct command_run *run)
{
    for (size_t i = 0; i < run->bursts.n; i++) {
        struct burst *b = run->bursts.v[i];
        buf_free(&b->bytes);
        free(b);
    }
    ptrs_free(&run->bursts);
}

/* ---- programs */

static const char *const files[] = {"/etc/passwd", "/etc/os-release", "main.py", "/app/main.py", NULL};

static bool is_in(const char *const *list, const char *word)
{
    for (; *list; list++)
        if (strcmp(*list, word) == 0)
            return true;
    return false;
}

static void do_echo(struct command_run *run, char *const *words, int n)
{
    bool newline = !(n > 1 && strcmp(words[1], "-n") == 0);

    for (int i = newline ? 1 : 2; i < n; i++) {
        say(run, 1, words[i]);
        say(run, 1, i + 1 < n ? " " : "");
    }
    say(run, 1, newline ? "\n" : "");
}

/* head -c N /dev/zero or /dev/urandom: big and binary output. */
static void do_head(struct command_run *run, char *const *words, int n)
{
    long count = n > 2 && strcmp(words[1], "-c") == 0 ? strtol(words[2], NULL, 10) : 0;
    const char *file = n > 3 ? words[3] : "";
    bool random = strcmp(file, "/dev/urandom") == 0;

    if (count < 0 || count > MOST_BYTES || (!random && strcmp(file, "/dev/zero") != 0)) {
        fail(run, 1, mem_printf("head: cannot open '%s' for reading: No such file or directory\n", file));
        return;
    }
    struct buf *out = writer(run, 1);
    buf_reserve(out, (size_t)count);
    for (uint32_t i = 0, v = 1; i < (uint32_t)count; i++) {
        v = v * 1664525u + 1013904223u;
        out->p[out->n++] = random ? (char)(v >> 24) : 0;
    }
    out->p[out->n] = '\0';
}

static void do_seq(struct command_run *run, char *const *words, int n)
{
    long most = n > 1 ? strtol(words[1], NULL, 10) : 0;
    struct buf *out = writer(run, 1);

    for (long i = 1; i <= most && out->n < MOST_BYTES; i++)
        buf_printf(out, "%ld\n", i);
}

static void do_sleep(struct command_run *run, char *const *words, int n)
{
    double seconds = n > 1 ? strtod(words[1], NULL) : 0;

    run->ms += seconds > 0 && seconds * 1000 < MOST_SLEEP_MS ? (int64_t)(seconds * 1000) : 0;
}

static void do_cat(struct command_run *run, char *const *words, int n)
{
    for (int i = 1; i < n; i++) {
        if (strcmp(words[i], "/etc/os-release") == 0)
            say(run, 1, "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n");
        else if (is_in(files, words[i]))
            say(run, 1, "root:x:0:0:root:/root:/bin/bash\n");
        else
            fail(run, 1, mem_printf("cat: %s: No such file or directory\n", words[i]));
    }
}

static void do_ls(struct command_run *run, char *const *words, int n)
{
    if (n > 1 && words[n - 1][0] != '-' && strcmp(words[n - 1], "/app") != 0 && strcmp(words[n - 1], ".") != 0)
        fail(run, 2, mem_printf("ls: cannot access '%s': No such file or directory\n", words[n - 1]));
    else
        say(run, 1, "main.py\nrequirements.txt\n");
}

static void do_touch(struct command_run *run, char *const *words, int n)
{
    for (int i = 1; i < n; i++)
        if (words[i][0] == '/' && strncmp(words[i], "/tmp/", 5) != 0 && strncmp(words[i], "/app/", 5) != 0)
            fail(run, 1, mem_printf("touch: cannot touch '%s': Read-only file system\n", words[i]));
}

static void do_env(struct command_run *run, char *const *words, int n)
{
    (void)words;
    (void)n;
    buf_printf(writer(run, 1), "HOME=/root\nHOSTNAME=%s\nLC_CTYPE=C.UTF-8\nPATH=/usr/local/bin:/usr/bin:/bin\nPWD=/app\n"
               "PYTHONUNBUFFERED=1\n", run->host);
}

static void do_hostname(struct command_run *run, char *const *words, int n)
{
    (void)words;
    (void)n;
    buf_printf(writer(run, 1), "%s\n", run->host);
}

static const char *const modules[] = {
    "sys", "os", "re", "json", "math", "time", "datetime", "random", "pathlib", "subprocess", "typing", "collections", "itertools",
    "functools", "asyncio", "logging", "socket", "ssl", "urllib", "http", "hashlib", "platform", "getpass", "shutil", "fastapi", "uvicorn",
    "pydantic", NULL,
};

static bool known_module(const char *name)
{
    char *top = mem_text(name);

    top[strcspn(top, ".")] = '\0';
    bool known = is_in(modules, top);
    free(top);
    return known;
}

/* One statement of python3 -c: import, print of a text, sys.exit. False: it ends here. */
static bool python_statement(struct command_run *run, char *text)
{
    char *end = strrchr(text, ')');

    if (strncmp(text, "import ", 7) == 0 || strncmp(text, "from ", 5) == 0) {
        char *save = NULL, *name = strtok_r(text + (*text == 'i' ? 7 : 5), *text == 'i' ? ", " : " ", &save);
        for (; name && known_module(name); name = *text == 'i' ? strtok_r(NULL, ", ", &save) : NULL)
            ;
        if (name)
            fail(run, 1, mem_printf("Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\n"
                                    "ModuleNotFoundError: No module named '%s'\n", name));
        return !name;
    }
    if (strncmp(text, "sys.exit(", 9) == 0) {
        run->code = atoi(text + 9) & 255;
        return false;
    }
    if (strncmp(text, "print(", 6) != 0 || !end) {
        fail(run, 1, mem_text("  File \"<string>\", line 1\nSyntaxError: the simulated interpreter knows import, print() and sys.exit() "
                              "only\n"));
        return false;
    }
    text += 6;
    bool quoted = end - text >= 2 && (*text == '\'' || *text == '"') && end[-1] == *text;
    bool error = strstr(text, "file=sys.stderr") != NULL;
    if (error) {
        end = strchr(text, ',');
        quoted = end && end - text >= 2 && (*text == '\'' || *text == '"') && end[-1] == *text;
    }
    if (end)
        buf_printf(writer(run, error ? 2 : 1), "%.*s\n", (int)(end - text - 2 * quoted), text + quoted);
    return true;
}

static void do_python(struct command_run *run, char *const *words, int n)
{
    const char *second = n > 1 ? words[1] : "";

    if (strcmp(second, "--version") == 0 || strcmp(second, "-V") == 0) {
        say(run, 1, "Python 3.12.4\n");
    } else if (strcmp(second, "-c") == 0 && n > 2) {
        char *code = mem_text(words[2]), *save = NULL;
        bool more = true;
        for (char *part = strtok_r(code, ";\n", &save); part && more; part = strtok_r(NULL, ";\n", &save))
            more = python_statement(run, part + strspn(part, " "));
        free(code);
    } else if (*second && !is_in(files, second)) {
        fail(run, 2, mem_printf("%s: can't open file '%s%s': [Errno 2] No such file or directory\n", words[0],
                                *second == '/' ? "" : "/app/", second));
    }
}

static void do_true(struct command_run *run, char *const *words, int n)
{
    (void)run;
    (void)words;
    (void)n;
}

static void do_false(struct command_run *run, char *const *words, int n)
{
    (void)words;
    (void)n;
    run->code = 1;
}

static void do_shell(struct command_run *, char *const *words, int n);
static void do_which(struct command_run *, char *const *words, int n);

static const struct program {
    const char *name;
    void (*run)(struct command_run *, char *const *words, int n);
    const char *output;              /* of those that always say the same */
} programs[] = {
    {"echo", do_echo, NULL}, {"head", do_head, NULL}, {"seq", do_seq, NULL}, {"sleep", do_sleep, NULL}, {"cat", do_cat, NULL},
    {"ls", do_ls, NULL}, {"touch", do_touch, NULL}, {"env", do_env, NULL}, {"hostname", do_hostname, NULL}, {"python3", do_python, NULL},
    {"python", do_python, NULL}, {"true", do_true, NULL}, {"false", do_false, NULL}, {"sh", do_shell, NULL}, {"bash", do_shell, NULL},
    {"which", do_which, NULL}, {"uname", NULL, "Linux\n"}, {"pwd", NULL, "/app\n"}, {"whoami", NULL, "root\n"},
    {"id", NULL, "uid=0(root) gid=0(root) groups=0(root)\n"},
};

static const struct program *find_program(const char *name)
{
    const char *slash = strrchr(name, '/');

    if (slash && strncmp(name, "/bin/", 5) != 0 && strncmp(name, "/usr/bin/", 9) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (strcmp(programs[i].name, slash ? slash + 1 : name) == 0)
            return &programs[i];
    return NULL;
}

static void do_which(struct command_run *run, char *const *words, int n)
{
    for (int i = 1; i < n; i++) {
        if (find_program(words[i]))
            buf_printf(writer(run, 1), "/usr/bin/%s\n", words[i]);
        else
            run->code = 1;
    }
}

void command_run(struct command_run *run, char *const *words, int n)
{
    const struct program *program = n > 0 ? find_program(words[0]) : NULL;

    if (!program)
        run->trouble = n > 0 && is_in(files, words[0]) ? COMMAND_NOT_PERMITTED : COMMAND_NOT_FOUND;
    else if (program->run)
        program->run(run, words, n);
    else
        say(run, 1, program->output);
}

/* ---- the shell */

/* What a shell does itself. False: it ends here. */
static bool builtin(struct command_run *run, char *const *words, int n, bool *done)
{
    *done = true;
    if (strcmp(words[0], "exit") == 0) {
        run->code = n > 1 ? atoi(words[1]) & 255 : run->code;
        return false;
    }
    if (strcmp(words[0], "kill") == 0 && n > 1) {
        run->signal = words[1][0] == '-' && atoi(words[1] + 1) > 0 ? atoi(words[1] + 1) & 63 : 15;
        run->code = 128 + run->signal;
        return false;
    }
    if (strcmp(words[0], "command") == 0 && n > 2 && strcmp(words[1], "-v") == 0) {
        run->code = 0;
        do_which(run, words + 1, n - 1);
        run->code = run->code ? 127 : 0;
        return true;
    }
    *done = strcmp(words[0], "cd") == 0 || strcmp(words[0], "set") == 0 || strcmp(words[0], ":") == 0;
    return true;
}

/* One simple command; ">&2" sends its output to stderr. False: the shell ends. */
static bool run_simple(struct command_run *run, const char *text)
{
    char *words[COMMAND_WORDS_MOST];
    int n = command_split(text, words), kept = 0, fd = run->fd;
    bool more = true, done = true;

    for (int i = 0; i < n; i++) {
        bool redirect = strcmp(words[i], ">&2") == 0 || strcmp(words[i], "1>&2") == 0;
        if (redirect) {
            run->fd = 2;
            free(words[i]);
        } else {
            words[kept++] = words[i];
        }
    }
    if (kept > 0)
        more = builtin(run, words, kept, &done);
    if (!done) {
        run->code = 0;
        command_run(run, words, kept);
        if (run->trouble != COMMAND_STARTED)
            fail(run, run->trouble == COMMAND_NOT_PERMITTED ? 126 : 127,
                 mem_printf("sh: 1: %s: %s\n", words[0], run->trouble == COMMAND_NOT_PERMITTED ? "Permission denied" : "not found"));
        run->trouble = COMMAND_STARTED;
    }
    run->fd = fd;
    while (kept > 0)
        free(words[--kept]);
    return more;
}

/* The end of the command that begins at p, and how many bytes of ";", "&&" or "||" part it from the next. */
static size_t command_end(const char *p, size_t *parting)
{
    char quote = 0;
    size_t i = 0;

    for (*parting = 0; p[i]; i++) {
        if (quote && p[i] == quote)
            quote = 0;
        else if (!quote && (p[i] == '\'' || p[i] == '"'))
            quote = p[i];
        else if (!quote && (p[i] == ';' || p[i] == '\n'))
            *parting = 1;
        else if (!quote && ((p[i] == '&' && p[i + 1] == '&') || (p[i] == '|' && p[i + 1] == '|')))
            *parting = 2;
        if (*parting)
            return i;
    }
    return i;
}

static void do_shell(struct command_run *run, char *const *words, int n)
{
    const char *p = n > 2 && strcmp(words[1], "-c") == 0 ? words[2] : "";
    bool more = true, skip = false;

    while (*p && more) {
        size_t parting, length = command_end(p, &parting);
        char *text = slice_dup((struct slice){p, length});
        if (!skip)
            more = run_simple(run, text);
        free(text);
        char by = parting == 2 ? p[length] : ';';
        skip = by == '&' ? run->code != 0 : by == '|' && run->code == 0;
        p += length + parting;
    }
}

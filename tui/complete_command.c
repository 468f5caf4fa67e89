/* Invariant: whatever is wrong, nothing is printed but candidates: a shell is in the middle of someone's line. */
#include "tui/complete_command.h"

#include "completion/scripts.h"
#include "core/base/mem.h"
#include "core/base/ptrs.h"
#include "tui/connect.h"
#include "tui/theme.h"

#include <stdio.h>
#include <stdlib.h>

enum { ASK_MS = 2000 };

int completion_run(const struct options *o)
{
    static const struct {
        const char *shell, *script;
    } scripts[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};

    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        if (strcmp(o->names[0], scripts[i].shell) == 0) {
            fputs(scripts[i].script, stdout);
            return fflush(stdout) ? 1 : 0;
        }
    }
    fprintf(stderr, "sandtop: completion: there is no script for %s: bash, zsh and fish have one\n", o->names[0]);
    return 2;
}

/* ---- the line so far --------------------------------------------------------------------------------------------------------------- */

enum wanted { NOTHING, COMMANDS, FLAGS, CLAIMS, TEMPLATES, POOLS, SANDBOXES, PODS, NAMESPACES, CONTEXTS, THEMES, FORMATS, SHELLS, FILES };
static const struct {
    const char *flag;
    enum wanted value;
    bool where;                      /* it says which cluster is asked */
} flag_rows[] = {
    {"kubeconfig", FILES, true}, {"context", CONTEXTS, true}, {"namespace", NAMESPACES, true}, {"n", NAMESPACES, true},
    {"all-namespaces", NOTHING, true},
    {"A", NOTHING, true}, {"as", NOTHING, true}, {"as-group", NOTHING, true}, {"demo", NOTHING, true}, {"replay", FILES, true},
    {"record", FILES, false}, {"theme", THEMES, false}, {"output", FORMATS, false}, {"o", FORMATS, false}, {"template", TEMPLATES, false},
    {"pool", POOLS, false}, {"claim", CLAIMS, false}, {"sandbox", SANDBOXES, false}, {"token-file", FILES, false},
};
static const struct {
    enum program command;
    enum wanted words;
} command_rows[] = {
    {COMMAND_DOCTOR, CLAIMS}, {COMMAND_WHY, CLAIMS}, {COMMAND_BUNDLE, CLAIMS}, {COMMAND_LOGS, CLAIMS}, {COMMAND_CHECK, TEMPLATES},
    {COMMAND_COMPLETION, SHELLS},
};

struct line {
    enum program command;
    bool commanded;                  /* a command stands there */
    enum wanted wanted;
    const char *prefix;              /* what is there of the word */
    int head;                        /* of the word: "--flag=" goes before each candidate */
    char *word;
    const char **where;              /* argv for options_parse: which cluster */
    int n_where;
};

/* The flag's name in word: "--context=x" → "context"; n gets its length. NULL: no flag. */
static const char *flag_name(const char *word, size_t *n)
{
    if (word[0] != '-' || !word[1])
        return NULL;
    const char *name = word + (word[1] == '-' ? 2 : 1);
    *n = word[1] == '-' ? strcspn(name, "=") : 1;
    return *n ? name : NULL;
}

static void add_where(struct line *l, const char *word)
{
    l->where = mem_grow(l->where, (size_t)l->n_where + 2, sizeof *l->where);
    l->where[l->n_where++] = word;
    l->where[l->n_where] = NULL;
}

static size_t row_of(const char *name, size_t n)
{
    size_t i = 0;

    while (i < sizeof flag_rows / sizeof *flag_rows && !(strncmp(flag_rows[i].flag, name, n) == 0 && !flag_rows[i].flag[n]))
        i++;
    return i;
}

static enum wanted value_of(const struct line *l, const char *name, size_t n)
{
    size_t row = row_of(name, n);
    enum wanted value = row < sizeof flag_rows / sizeof *flag_rows ? flag_rows[row].value : NOTHING;

    return value == FORMATS && l->command == COMMAND_BUNDLE ? FILES : value;
}

static bool takes_value(const char *name, size_t n)
{
    char *text = slice_dup((struct slice){name, n});
    bool takes = options_takes_value(text);

    free(text);
    return takes;
}

/* What is wanted as the last word, after all those before it. */
static void read_line(struct line *l, char *const *words)
{
    const char *last = "", *name;
    size_t n;

    add_where(l, "sandtop");
    add_where(l, "doctor");
    for (; *words && words[1]; words++) {
        name = flag_name(*words, &n);
        if (!name) {
            l->command = l->commanded ? l->command : options_command(*words);
            l->commanded = true;
            continue;
        }
        bool own_value = name[n] == '=' || (name - *words == 1 && name[1]);
        bool value = takes_value(name, n) && !own_value;
        size_t row = row_of(name, n);
        bool where = row < sizeof flag_rows / sizeof *flag_rows && flag_rows[row].where;
        if (value && !words[2]) {    /* the last word is its value */
            l->wanted = value_of(l, name, n);
            l->prefix = words[1];
            return;
        }
        if (where)
            add_where(l, *words);
        if (where && value)
            add_where(l, words[1]);
        words += value;
    }
    last = *words ? *words : "";
    l->prefix = last;
    name = flag_name(last, &n);
    if (name && last[1] == '-' && name[n] == '=') {
        l->wanted = value_of(l, name, n);
        l->word = mem_text(last);
        l->head = (int)(name + n + 1 - last);
        l->prefix = last + l->head;
    } else if (*last == '-') {
        l->wanted = FLAGS;
    } else if (!l->commanded) {
        l->wanted = COMMANDS;
    } else {
        for (size_t i = 0; i < sizeof command_rows / sizeof *command_rows; i++)
            if (command_rows[i].command == l->command)
                l->wanted = command_rows[i].words;
    }
}

/* ---- candidates -------------------------------------------------------------------------------------------------------------------- */

/* A name goes into a command line: only what needs no quoting is offered. */
static bool plain(const char *text)
{
    for (const char *p = text; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("-_./:@+,", *p)))
            return false;
    return *text;
}

static void offer(const struct line *l, const char *candidate)
{
    if (plain(candidate) && strncmp(candidate, l->prefix, strlen(l->prefix)) == 0)
        printf("%.*s%s\n", l->head, l->word ? l->word : "", candidate);
}

static void offer_lines(const struct line *l, struct buf *lines)
{
    char *save = NULL;

    buf_add_text(lines, "");
    for (char *line = strtok_r(lines->p, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        offer(l, line);
    buf_free(lines);
}

static void offer_words(const struct line *l, const char *words)
{
    struct buf lines = {0};

    for (; *words; words++)
        buf_add_byte(&lines, *words == ' ' ? '\n' : *words);
    offer_lines(l, &lines);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each once, in order. */
static void offer_names(const struct line *l, struct ptrs *names)
{
    if (names->n)
        qsort(names->v, names->n, sizeof *names->v, by_text);
    for (size_t i = 0; i < names->n; i++)
        if (i == 0 || strcmp(names->v[i - 1], names->v[i]) != 0)
            offer(l, names->v[i]);
    ptrs_free(names);
}

static bool listed(struct session *s, enum kind kind)
{
    return session_facts(s)->synced[kind] || session_facts(s)->forbidden[kind];
}

static void offer_kind(const struct line *l, struct session *s, enum kind kind, bool namespaces)
{
    const struct ptrs *all = store_all(session_store(s), kind);
    struct ptrs names = {0};

    for (size_t i = 0; i < all->n; i++) {
        const struct object *o = all->v[i];
        ptrs_add(&names, (void *)(uintptr_t)(namespaces ? o->ns : o->name));
    }
    offer_names(l, &names);
}

/* Turns until the kind is listed or the time is over; what is there by then is offered. */
static void ask_cluster(struct line *l, enum kind kind, bool namespaces)
{
    const struct clock *clock = clock_system();
    int64_t start = clock->mono(clock);
    struct options o;
    struct err err = {0};
    struct connection *c = NULL;

    if (namespaces)
        add_where(l, "-A");
    if (options_parse(l->n_where, (char **)(uintptr_t)l->where, &o, &err)) {
        o.request_timeout_ms = ASK_MS;
        c = o.demo ? connection_demo(&o) : connection_open(&o, NULL, &err);
    }
    if (c && kind != KIND_TEMPLATE && kind != KIND_POOL)
        session_keep(connection_session(c), SESSION_CHAINS);
    if (c && connection_await(c, ASK_MS, &err)) {
        struct session *s = connection_session(c);
        while (!listed(s, kind) && clock->mono(clock) - start < ASK_MS) {
            session_wait(s, NULL, 0, 50);
            session_turn(s);
            session_sweep(s);
        }
        offer_kind(l, s, kind, namespaces);
    }
    connection_close(c);
    options_free(&o);
    err_clear(&err);
}

static void offer_contexts(struct line *l)
{
    struct options o;
    struct err err = {0};
    struct kubeconfig *config = options_parse(l->n_where, (char **)(uintptr_t)l->where, &o, &err) ? kubeconfig_load(&o.kube, &err) : NULL;

    for (const char *const *name = config ? kubeconfig_contexts(config) : NULL; name && *name; name++)
        offer(l, *name);
    if (config)
        kubeconfig_free(config);
    options_free(&o);
    err_clear(&err);
}

static void offer_themes(const struct line *l)
{
    struct ptrs names = {0}, owned = {0};

    theme_names(&names);
    for (size_t i = 0; i < names.n; i++)
        ptrs_add(&owned, names.v[i]);
    offer_names(l, &names);
    for (size_t i = 0; i < owned.n; i++)
        free(owned.v[i]);
    ptrs_free(&owned);
}

static void offer_wanted(struct line *l)
{
    struct buf lines = {0};

    switch (l->wanted) {
    case NOTHING: break;
    case COMMANDS: options_list_commands(&lines); break;
    case FLAGS: options_list_flags(l->command, &lines); break;
    case CLAIMS: ask_cluster(l, KIND_CLAIM, false); break;
    case TEMPLATES: ask_cluster(l, KIND_TEMPLATE, false); break;
    case POOLS: ask_cluster(l, KIND_POOL, false); break;
    case SANDBOXES: ask_cluster(l, KIND_SANDBOX, false); break;
    case PODS: ask_cluster(l, KIND_POD, false); break;
    case NAMESPACES: ask_cluster(l, KIND_CLAIM, true); break;
    case CONTEXTS: offer_contexts(l); break;
    case THEMES: offer_themes(l); break;
    case FORMATS: offer_words(l, "text json yaml"); break;
    case SHELLS: offer_words(l, "bash zsh fish"); break;
    case FILES: puts(":files"); break;
    }
    if (lines.n)
        offer_lines(l, &lines);
}

int complete_run(const struct options *o)
{
    struct line l = {0};

    read_line(&l, o->names);
    if (!freopen("/dev/null", "w", stderr))
        return 0;                    /* nothing may be said on the line that is being written */
    offer_wanted(&l);
    fflush(stdout);
    free(l.word);
    free(l.where);
    return 0;
}

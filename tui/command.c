/* The command line's language: see command.h. */
#include "tui/command.h"
#include "core/base/mem.h"
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const struct verb {
    const char *word;
    enum command_verb verb;
    const char *wants;
} verbs[] = {
    {"ns", COMMAND_NS, "a namespace, or all"}, {"namespace", COMMAND_NS, "a namespace, or all"}, {"ctx", COMMAND_CTX, "a context"},
    {"context", COMMAND_CTX, "a context"},     {"theme", COMMAND_THEME, "a theme"},
};
static const struct alias {
    const char *word;
    enum action action;
} aliases[] = {{"q", ACTION_QUIT}, {"q!", ACTION_QUIT}, {"exit", ACTION_QUIT}, {"h", ACTION_HELP}, {"?", ACTION_HELP}};

static struct slice next_word(struct slice *rest)
{
    while (rest->n && *rest->p == ' ')
        rest->p++, rest->n--;
    struct slice word = {rest->p, 0};
    while (word.n < rest->n && rest->p[word.n] != ' ')
        word.n++;
    rest->p += word.n;
    rest->n -= word.n;
    return word;
}

static bool same(struct slice a, const char *b)
{
    return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

static bool lists(enum kind kind)
{
    return kind != KIND_NONE && (kind_info(kind)->flags & KIND_LISTED);
}

bool command_parse(struct slice text, struct command *out, struct err *err)
{
    struct slice rest = text, word = next_word(&rest), argument = next_word(&rest);
    *out = (struct command){.kind = KIND_NONE};
    if (!word.n)
        return err_set(err, "type a kind, ns NAME, ctx NAME, theme NAME or q; Tab completes");
    if (next_word(&rest).n)
        return err_set(err, "one argument at most: %.*s NAME", (int)word.n, word.p);
    if (argument.n >= sizeof out->argument)
        return err_set(err, "that name is too long");
    snprintf(out->argument, sizeof out->argument, "%.*s", (int)argument.n, argument.p);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (same(word, verbs[i].word)) {
            out->verb = verbs[i].verb;
            return true;             /* without a name: the picker, or the next theme */
        }
    enum kind kind = kind_by_word(word);
    if (lists(kind)) {
        out->verb = COMMAND_LIST;
        out->kind = kind;
        return true;
    }
    out->verb = COMMAND_ACTION;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (same(word, aliases[i].word))
            out->action = aliases[i].action;
    for (int a = ACTION_NONE + 1; a < ACTION_COUNT && !out->action; a++)
        if (same(word, action_name((enum action)a)))
            out->action = (enum action)a;
    if (out->action)
        return true;
    if (kind != KIND_NONE)
        return err_set(err, "%s have no list of their own; try claims, sandboxes, pools, templates or pods", kind_info(kind)->plural);
    return err_set(err, "no command \"%.*s\": a kind, ns NAME, ctx NAME, theme NAME, sources, help or q", (int)(word.n > 40 ? 40 : word.n), word.p);
}

size_t command_word_start(struct slice text)
{
    size_t at = text.n;
    while (at && text.p[at - 1] != ' ')
        at--;
    return at;
}

static void offer(struct ptrs *out, struct slice prefix, const char *word)
{
    if (!word || strlen(word) < prefix.n || strncasecmp(prefix.p, word, prefix.n) != 0)
        return;
    for (size_t i = 0; i < out->n; i++)
        if (!strcmp(out->v[i], word))
            return;
    ptrs_add(out, mem_text(word));
}

static void offer_all(struct ptrs *out, struct slice prefix, const struct ptrs *names)
{
    for (size_t i = 0; names && i < names->n; i++)
        offer(out, prefix, names->v[i]);
}

static void offer_verbs(struct ptrs *out, struct slice prefix)
{
    for (int k = 0; k < KIND_COUNT; k++)
        if (lists((enum kind)k)) {   /* the long name only where it is being typed */
            const struct kind_info *info = kind_info((enum kind)k);
            const char *word = info->plural;
            for (int i = 0; i < 5 && info->words[i]; i++) { /* "claims" rather than "sandboxclaims" */
                size_t n = strlen(info->words[i]);
                if (n > 2 && n < strlen(word) && info->words[i][n - 1] == 's')
                    word = info->words[i];
            }
            offer(out, prefix, word);
            if (prefix.n > 3)
                offer(out, prefix, info->plural);
        }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strlen(verbs[i].word) < 6 || prefix.n)
            offer(out, prefix, verbs[i].word);
    if (prefix.n)
        for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++)
            offer(out, prefix, action_name((enum action)a));
    else {
        offer(out, prefix, "sources");
        offer(out, prefix, "help");
        offer(out, prefix, "quit");
    }
}

void command_complete(struct slice text, const struct command_names *names, struct ptrs *out)
{
    size_t start = command_word_start(text);
    struct slice prefix = {text.p + start, text.n - start}, rest = {text.p, start}, verb = next_word(&rest);
    if (!verb.n) {
        offer_verbs(out, prefix);
        return;
    }
    if (next_word(&rest).n)
        return;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (same(verb, verbs[i].word)) {
            const struct ptrs *of = verbs[i].verb == COMMAND_NS ? names->namespaces : verbs[i].verb == COMMAND_CTX ? names->contexts : names->themes;
            offer_all(out, prefix, of);
            if (verbs[i].verb == COMMAND_NS)
                offer(out, prefix, "all");
            return;
        }
    if (lists(kind_by_word(verb)))
        offer_all(out, prefix, names->namespaces);
}

/* Secrets in running text: found by what stands before them, or by how they look. Invariant: the scan goes forward only, from word to
 * word; what is copied is copied once. Rather too much is taken out than too little. */
#include "core/record/redact.h"

#include <strings.h>

enum { NAME_MOST = 96, QUOTED_MOST = 4096 };

struct scan {
    struct slice text;
    size_t from, at;                 /* text before from is in out; at: what is looked at */
    struct buf *out;
    size_t found;
};

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_run(char c)           /* of a key, a flag, a token */
{
    return is_alnum(c) || c == '_' || c == '-' || c == '.';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

static bool is_space(char c)
{
    return is_blank(c) || c == '\n' || c == '\r';
}

static bool same_word(struct slice s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

static bool any_word(struct slice s, const char *const *words)
{
    for (; *words; words++)
        if (same_word(s, *words))
            return true;
    return false;
}

/* ---- names ------------------------------------------------------------------------------------------------------------------------- */

/* Lower case without '_', '-' and '.', the last NAME_MOST characters of it. */
static size_t plain_name(struct slice name, char out[NAME_MOST + 1])
{
    size_t n = 0;

    for (size_t i = name.n; i-- > 0 && n < NAME_MOST;) {
        char c = name.p[i];
        if (is_alnum(c))
            out[n++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    for (size_t i = 0; i < n / 2; i++) {
        char c = out[i];
        out[i] = out[n - 1 - i];
        out[n - 1 - i] = c;
    }
    out[n] = 0;
    return n;
}

/* "db_pass", "dbPass", "pass": word is the last part of the name. */
static bool last_part(struct slice name, const char *word)
{
    size_t n = strlen(word);

    if (name.n < n || strncasecmp(name.p + name.n - n, word, n))
        return false;
    size_t at = name.n - n;
    return at == 0 || !is_alnum(name.p[at - 1]) || (name.p[at] >= 'A' && name.p[at] <= 'Z' && name.p[at - 1] >= 'a');
}

/* Whether one of the words, which are sorted by their first letter, stands anywhere in the name: one look at each letter. */
static bool holds_word(const char *plain, size_t n)
{
    static const char *const words[] = {
        "accesskey", "accountkey", "apikey", "authorization", "bearer", "connectionstring", "cookie", "credential", "encryptionkey", "jwt",
        "licensekey", "masterkey", "passcode", "passphrase", "passw", "privatekey", "secret", "sessionkey", "sharedkey", "signingkey", "token",
    };
    static const char firsts[] = "abcejlmpst";

    for (size_t i = 0; i < n; i++) {
        if (!strchr(firsts, plain[i]))
            continue;
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            if (words[k][0] == plain[i] && strncmp(plain + i, words[k], strlen(words[k])) == 0)
                return true;
    }
    return false;
}

static bool ends_in_part(struct slice name)
{
    static const char *const parts[] = {"pwd", "pass", "auth", "psk", "pin", "otp", "dsn", "sig", "signature", "creds"};

    while (name.n && !is_alnum(name.p[name.n - 1]))
        name.n--;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (last_part(name, parts[i]))
            return true;
    return false;
}

bool redact_secret_name(struct slice name)
{
    /* what only says where a secret is, or how long it lasts */
    static const char *const about[] = {
        "name", "names", "ref", "refs", "file", "files", "path", "paths", "dir", "namespace", "type", "kind", "url", "uri", "endpoint",
        "host", "enabled", "disabled", "policy", "mode", "review", "seconds", "ttl", "expiry", "expires", "expiresat", "expiration",
        "expirationtimestamp", "count", "limit", "version", "mount", "mounts", "provider", "issuer", "audience", "audiences", "lifetime",
        "duration", "timeout", "required", "manager", "controller", "store", "class", "rotation", "request", "requests", "length",
        "format", "algorithm", "header", "volume", "source", "izer", "ization",
    };
    char plain[NAME_MOST + 1];
    size_t n = plain_name(name, plain);

    if (!holds_word(plain, n) && !ends_in_part(name))
        return false;
    for (size_t i = 0; i < sizeof about / sizeof *about; i++) {
        size_t k = strlen(about[i]);
        if (n >= k && memcmp(plain + n - k, about[i], k) == 0)
            return false;
    }
    return true;
}

/* ---- taking out -------------------------------------------------------------------------------------------------------------------- */

static char at(const struct scan *s, size_t i)
{
    return i < s->text.n ? s->text.p[i] : '\0';
}

static bool take_out(struct scan *s, size_t from, size_t to)
{
    buf_add(s->out, s->text.p + s->from, from - s->from);
    buf_add_text(s->out, REDACTED);
    s->from = s->at = to;
    s->found++;
    return true;
}

static size_t skip_blanks(const struct scan *s, size_t i)
{
    while (is_blank(at(s, i)))
        i++;
    return i;
}

static size_t line_end(const struct scan *s, size_t i)
{
    while (i < s->text.n && s->text.p[i] != '\n')
        i++;
    return i;
}

static struct slice part(const struct scan *s, size_t from, size_t to)
{
    return (struct slice){s->text.p + from, to - from};
}

/* What need not go: nothing, a reference to a variable, a plain yes or no, stars, what was taken out before. */
static bool harmless(struct slice v)
{
    static const char *const words[] = {
        "true", "false", "null", "none", "nil", "yes", "no", "unset", "<none>", "<nil>", "<unset>", REDACTED, NULL,
    };
    size_t stars = 0;

    while (stars < v.n && v.p[stars] == '*')
        stars++;
    if (stars == v.n || any_word(v, words))
        return true;
    if (v.p[0] != '$' || v.n < 2)
        return false;
    size_t i = 1, end = v.n;
    char close = v.p[1] == '(' ? ')' : v.p[1] == '{' ? '}' : 0;
    if (close && v.p[v.n - 1] != close)
        return false;
    if (close)
        i++, end--;
    for (; i < end; i++)
        if (!is_alnum(v.p[i]) && v.p[i] != '_')
            return false;
    return true;
}

/* The end of the text in quotes that begins at i; the quote may itself be escaped. */
static size_t quoted_end(const struct scan *s, size_t i, char quote, bool escaped)
{
    size_t most = i + QUOTED_MOST < s->text.n ? i + QUOTED_MOST : s->text.n;

    for (size_t k = i; k < most; k++) {
        if (s->text.p[k] == '\\' && !escaped)
            k++;
        else if (s->text.p[k] == quote)
            return escaped && k > i && s->text.p[k - 1] == '\\' ? k - 1 : k;
    }
    return line_end(s, i);
}

static size_t bare_end(const struct scan *s, size_t i)
{
    static const char *const schemes[] = {"bearer", "basic", "token", "digest", "negotiate", "apikey", NULL};
    size_t from = i;

    while (i < s->text.n && !is_space(s->text.p[i]) && !is_quote(s->text.p[i]))
        i++;
    if (any_word(part(s, from, i), schemes) && is_blank(at(s, i)))
        for (i = skip_blanks(s, i); i < s->text.n && !is_space(s->text.p[i]) && !is_quote(s->text.p[i]);)
            i++;
    return i;
}

/* The value at i, quoted or not, goes; whole_line: all to the end of the line or the closing quote. */
static bool take_value(struct scan *s, size_t i, bool whole_line)
{
    size_t from = i, to;
    bool escaped = at(s, i) == '\\';

    while (at(s, from) == '\\')
        from++;
    if (is_quote(at(s, from))) {
        char quote = at(s, from++);
        to = quoted_end(s, from, quote, escaped);
    } else if (whole_line) {
        from = to = i;
        while (to < s->text.n && s->text.p[to] != '\n' && !is_quote(s->text.p[to]))
            to++;
    } else {
        from = i;
        to = bare_end(s, i);
    }
    if (to == from || harmless(part(s, from, to))) {
        s->at = to;                  /* and is not looked at again */
        return to > i;
    }
    return take_out(s, from, to);
}

/* ---- what a secret may stand behind ------------------------------------------------------------------------------------------------ */

/* The place after the sign that ties a value to the name that ends at i; 0: there is none. */
static size_t after_sign(const struct scan *s, size_t i)
{
    size_t p = i;
    bool quoted = false;

    while (at(s, p) == '\\' || is_quote(at(s, p))) {
        quoted |= is_quote(at(s, p));
        p++;
    }
    size_t blanks = skip_blanks(s, p) - p;
    p += blanks;
    if (at(s, p) != '=' && at(s, p) != ':')
        return 0;
    bool colon = at(s, p) == ':';
    if (colon && at(s, p + 1) == '/' && at(s, p + 2) == '/')
        return 0;
    while (at(s, p) == '=' || at(s, p) == ':' || at(s, p) == '>')
        p++;
    p = skip_blanks(s, p);
    /* `volume "token" : secret "x" not found` ties nothing to "token" */
    if (colon && quoted && blanks && !is_quote(at(s, p)) && at(s, p) != '\\')
        return 0;
    return p < s->text.n && at(s, p) != '\n' ? p : 0;
}

static bool take_pair(struct scan *s, struct slice run, size_t end)
{
    static const char *const headers[] = {"authorization", "proxy-authorization", "cookie", "set-cookie", NULL};
    static const char *const strict[] = {"password", "passwd", "passphrase", NULL};
    struct slice name = run;
    bool flag = false;

    while (name.n && *name.p == '-')
        name.p++, name.n--, flag = true;
    bool user = flag && (same_word(name, "u") || same_word(name, "user"));
    size_t value = after_sign(s, end), next = skip_blanks(s, end);
    bool tied = value || (next > end && (flag || is_quote(at(s, next))));
    bool header = tied && any_word(name, headers);
    if (!tied || (!header && !user && !redact_secret_name(name)))
        return false;               /* most words end here: nothing is tied to them */
    if (!value && next > end && ((flag && at(s, next) != '-') || (any_word(name, strict) && is_quote(at(s, next)))))
        value = next;
    if (!value || value >= s->text.n || is_space(at(s, value)))
        return false;
    if (user && slice_find(part(s, value, bare_end(s, value)), SLICE(":")) < 0)
        return false;
    if (last_part(name, "tokens")) { /* "max_tokens": 4096 */
        size_t k = value;
        while (at(s, k) >= '0' && at(s, k) <= '9')
            k++;
        if (k > value && !is_run(at(s, k)))
            return false;
    }
    return take_value(s, value, header);
}

/* "Bearer x" and "Basic x" without a header's name before them. */
static bool take_scheme(struct scan *s, struct slice run, size_t end)
{
    static const char *const prose[] = {
        "token", "tokens", "auth", "authentication", "authorization", "realm", "header", "scheme", "with", "from", "and", "is", NULL,
    };
    size_t i = skip_blanks(s, end), to = i, odd = 0;

    if (i == end || (!same_word(run, "bearer") && !same_word(run, "basic")))
        return false;
    for (; to < s->text.n && (is_alnum(s->text.p[to]) || strchr("-._~+/=", s->text.p[to])) && s->text.p[to]; to++)
        odd += !(s->text.p[to] >= 'a' && s->text.p[to] <= 'z');
    if (same_word(run, "basic") ? to - i < 8 || !odd : to - i < 4 || any_word(part(s, i, to), prose))
        return false;
    return take_out(s, i, to);
}

/* scheme://user:password@host: all before the '@'. */
static bool take_userinfo(struct scan *s, size_t end)
{
    size_t i = end + 3, mark = 0;

    if (at(s, end) != ':' || at(s, end + 1) != '/' || at(s, end + 2) != '/')
        return false;
    for (size_t k = i; k < s->text.n && !is_space(s->text.p[k]) && !is_quote(s->text.p[k]) && !strchr("/?#<>\\", s->text.p[k]); k++)
        if (s->text.p[k] == '@')
            mark = k;
    if (!mark || mark == i || harmless(part(s, i, mark)))
        return false;
    return take_out(s, i, mark);
}

/* ---- what looks like one ----------------------------------------------------------------------------------------------------------- */

static bool take_jwt(struct scan *s, struct slice run)
{
    ptrdiff_t at = run.n < 12 ? -1 : slice_find(run, SLICE("eyJ"));

    if (at < 0 || (at > 0 && is_alnum(run.p[at - 1])))
        return false;
    struct slice token = {run.p + at, run.n - (size_t)at};
    const char *dot = memchr(token.p, '.', token.n);
    if (!dot || dot - token.p < 10 || (size_t)(dot - token.p) + 2 > token.n)
        return false;
    size_t from = s->at + (size_t)at;
    return take_out(s, from, s->at + run.n);
}

static bool take_known(struct scan *s, struct slice run)
{
    static const struct {
        const char *prefix;
        size_t least;                /* characters with the prefix */
    } makers[] = {
        {"ghp_", 20}, {"gho_", 20}, {"ghu_", 20}, {"ghs_", 20}, {"ghr_", 20}, {"github_pat_", 30}, {"glpat-", 20}, {"xoxb-", 20},
        {"xoxp-", 20}, {"xoxa-", 20}, {"xapp-", 20}, {"AKIA", 20}, {"ASIA", 20}, {"AIza", 30}, {"ya29.", 20}, {"sk-", 20},
        {"sk_live_", 16}, {"rk_live_", 16},
        {"hf_", 20}, {"npm_", 20}, {"pypi-", 20}, {"dop_v1_", 20}, {"hvs.", 20}, {"SG.", 30}, {"AGE-SECRET-KEY-", 20}, {"k8s-aws-v1.", 20},
    };

    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
        if (run.n >= makers[i].least && slice_starts(run, slice_of(makers[i].prefix)))
            return take_out(s, s->at, s->at + run.n);
    return false;
}

/* From "-----BEGIN … PRIVATE KEY-----" to its end, or to that of the text. */
static bool take_private_key(struct scan *s)
{
    struct slice rest = part(s, s->at, s->text.n);

    if (!slice_starts(rest, SLICE("-----BEGIN ")))
        return false;
    ptrdiff_t key = slice_find((struct slice){rest.p, rest.n < 64 ? rest.n : 64}, SLICE("PRIVATE KEY"));
    if (key < 0)
        return false;
    ptrdiff_t last = slice_find(rest, SLICE("-----END "));
    size_t to = rest.n;
    if (last >= 0) {
        to = (size_t)last + 9;
        while (to < rest.n && rest.p[to] != '\n' && !is_quote(rest.p[to]) && rest.p[to] != '\\')
            to++;
    }
    return take_out(s, s->at, s->at + to);
}

static void look(struct scan *s)
{
    size_t end = s->at;

    while (end < s->text.n && is_run(s->text.p[end]))
        end++;
    struct slice run = part(s, s->at, end);
    if (*run.p == '-' && take_private_key(s))
        return;
    if (take_jwt(s, run) || take_known(s, run))
        return;
    while (run.n && (run.p[run.n - 1] == '.' || run.p[run.n - 1] == '-'))
        run.n--;                     /* a sentence's end */
    size_t name_end = s->at + run.n;
    if (take_userinfo(s, end) || (run.n && (take_pair(s, run, name_end) || take_scheme(s, run, name_end))))
        return;
    s->at = end;
}

size_t redact_text(struct slice text, struct buf *out)
{
    struct scan s = {.text = text, .out = out};

    while (s.at < text.n) {
        if (is_run(text.p[s.at]))
            look(&s);
        else
            s.at++;
    }
    buf_add(out, text.p + s.from, text.n - s.from);
    return s.found;
}

/* One value at a time, and a generation that changes with it. Precedence is client-go's: a token file before a token, either or a password
 * before a plugin, which then is never run. A plugin that failed is tried again by itself, later and later: it may be mended while the
 * screen is up. */
#include "core/kube/credential.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/kube/exec_plugin.h"
#include "core/kube/secret.h"

#include <stdlib.h>
#include <sys/stat.h>

enum {
    TOKEN_CHECK_MS = 1000,
    MAX_TOKEN = 1024 * 1024,
    RETRY_FIRST_MS = 5000,
    RETRY_MOST_MS = 60000,
    MIN_LIFE_MS = 10000,             /* what is given out already expired is used that long, else each request would run the plugin */
    REFUSED_AGAIN_MS = 30000,        /* a plugin that gave the refused value again is asked once more after that */
};

struct credential {
    const struct target *target;
    const struct clock *clock;
    int64_t deadline_ms;
    enum credential_state state;
    char *authorization;             /* secret */
    char *cert, *key;                /* of the plugin; NULL: the target's */
    uint64_t generation;
    struct err error;

    bool file_checked, file_good;    /* the token file: looked at, and a token came of it */
    int64_t file_checked_ms;
    struct stat file_stamp;

    struct exec_plugin *plugin;      /* runs */
    bool answered;                   /* authorization, cert and key are an answer's */
    int64_t expires_ms, started_ms, retry_at_ms;
    unsigned failures;
    uint64_t refused;                /* the generation that was refused; 0: none */
};

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

/* Takes the three over. */
static void set_value(struct credential *c, char *authorization, char *cert, char *key)
{
    if (!same(c->authorization, authorization) || !same(c->cert, cert) || !same(c->key, key) || !c->generation)
        c->generation++;
    secret_free(c->authorization);
    secret_free(c->cert);
    secret_free(c->key);
    c->authorization = authorization;
    c->cert = cert;
    c->key = key;
}

static char *bearer(struct slice token)
{
    struct buf text = {0};
    secret_buf_add(&text, "Bearer ", 7);
    secret_buf_add(&text, token.p, token.n);
    return buf_take(&text);
}

static char *basic(const char *username, const char *password)
{
    struct buf pair = {0}, text = {0};
    secret_buf_add(&pair, username ? username : "", username ? strlen(username) : 0);
    secret_buf_add(&pair, ":", 1);
    secret_buf_add(&pair, password ? password : "", password ? strlen(password) : 0);
    secret_buf_add(&text, "Basic ", 6);
    base64_encode(buf_slice(&pair), &text);
    secret_buf_free(&pair);
    return buf_take(&text);
}

static bool uses_plugin(const struct credential *c)
{
    const struct target *t = c->target;
    return t->exec && !t->token && !t->token_file && !t->username && !t->password;
}

struct credential *credential_new(const struct target *t, const struct clock *clock, int64_t plugin_deadline_ms)
{
    struct credential *c = NEW(struct credential);
    *c = (struct credential){.target = t, .clock = clock, .deadline_ms = plugin_deadline_ms, .state = CREDENTIAL_READY};
    if (t->token)
        set_value(c, bearer(slice_of(t->token)), NULL, NULL);
    else if (t->username || t->password)
        set_value(c, basic(t->username, t->password), NULL, NULL);
    else if (!t->token_file && !uses_plugin(c))
        set_value(c, NULL, NULL, NULL);
    else
        c->state = CREDENTIAL_PENDING;
    return c;
}

void credential_free(struct credential *c)
{
    if (!c)
        return;
    exec_plugin_free(c->plugin);
    secret_free(c->authorization);
    secret_free(c->cert);
    secret_free(c->key);
    err_clear(&c->error);
    free(c);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool read_token(struct credential *c, struct err *err)
{
    struct buf text = {0};
    bool good = secret_read(c->target->token_file, MAX_TOKEN, true, &text, err);
    struct slice token = slice_trim(buf_slice(&text));
    if (good && (!token.n || memchr(token.p, '\0', token.n) || !is_header_text(token)))
        good = err_set(err, "%s %s", c->target->token_file,
                       token.n ? "holds more than one line: it must be a token and nothing else" : "is empty");
    if (good)
        set_value(c, bearer(token), NULL, NULL);
    secret_buf_free(&text);
    return good;
}

/* What could be read last stays in use while the file is away: it is being replaced. */
static void check_token_file(struct credential *c, bool now)
{
    int64_t mono = c->clock->mono(c->clock);
    struct stat stamp = {0};
    if (c->file_checked && !now && mono - c->file_checked_ms < TOKEN_CHECK_MS)
        return;
    bool there = stat(c->target->token_file, &stamp) == 0;
    c->file_checked_ms = mono;
    if (c->file_checked && !now && there && c->file_good && same_file(&stamp, &c->file_stamp))
        return;
    struct err err = {0};
    c->file_checked = true;
    c->file_good = read_token(c, &err);
    c->file_stamp = stamp;
    if (c->authorization) {
        c->state = CREDENTIAL_READY;
    } else {
        c->state = CREDENTIAL_FAILED;
        err_set(&c->error, "no token: %s", err.text ? err.text : "");
    }
    err_clear(&err);
}

/* Takes over the text of err. */
static void plugin_failed(struct credential *c, struct err *err)
{
    int64_t wait = RETRY_FIRST_MS;
    for (unsigned i = 0; i < c->failures && wait < RETRY_MOST_MS; i++)
        wait *= 2;
    c->failures++;
    c->retry_at_ms = c->clock->mono(c->clock) + (wait < RETRY_MOST_MS ? wait : RETRY_MOST_MS);
    exec_plugin_free(c->plugin);
    c->plugin = NULL;
    c->answered = false;
    err_clear(&c->error);
    c->error = *err;
    *err = (struct err){0};
    c->state = CREDENTIAL_FAILED;
}

static void start_plugin(struct credential *c)
{
    struct err err = {0};
    c->started_ms = c->clock->mono(c->clock);
    c->state = CREDENTIAL_PENDING;
    c->plugin = exec_plugin_start(c->target, c->clock, c->deadline_ms, &err);
    if (!c->plugin)
        plugin_failed(c, &err);
}

static void take_answer(struct credential *c, struct exec_answer *answer)
{
    int64_t soonest = c->clock->wall(c->clock) + MIN_LIFE_MS;
    exec_plugin_free(c->plugin);
    c->plugin = NULL;
    c->answered = true;
    c->failures = 0;
    c->expires_ms = answer->expires_ms > soonest ? answer->expires_ms : soonest;
    c->state = CREDENTIAL_READY;
    err_clear(&c->error);
    set_value(c, answer->token ? bearer(slice_of(answer->token)) : NULL, answer->cert_pem, answer->key_pem);
    answer->cert_pem = answer->key_pem = NULL;
    exec_answer_free(answer);
}

static void check_plugin(struct credential *c)
{
    if (c->answered && c->clock->wall(c->clock) >= c->expires_ms)
        c->answered = false;
    if (c->answered)
        return;
    if (!c->plugin) {
        if (c->state == CREDENTIAL_FAILED && c->clock->mono(c->clock) < c->retry_at_ms)
            return;
        start_plugin(c);
        if (!c->plugin)
            return;
    }
    struct exec_answer answer;
    struct err err = {0};
    enum exec_state state = exec_plugin_step(c->plugin, &answer, &err);
    if (state == EXEC_DONE)
        take_answer(c, &answer);
    else if (state == EXEC_FAILED)
        plugin_failed(c, &err);
    err_clear(&err);
}

enum credential_state credential_check(struct credential *c)
{
    if (c->target->token_file)
        check_token_file(c, false);
    else if (uses_plugin(c))
        check_plugin(c);
    return c->state;
}

bool credential_refused(struct credential *c)
{
    if (c->target->token_file) {
        uint64_t before = c->generation;
        check_token_file(c, true);
        return c->generation != before;
    }
    if (!uses_plugin(c))
        return false;
    if (c->plugin)
        return true;
    if (!c->answered || (c->refused == c->generation && c->clock->mono(c->clock) - c->started_ms < REFUSED_AGAIN_MS))
        return false;
    c->refused = c->generation;
    c->answered = false;
    c->state = CREDENTIAL_PENDING;
    return true;
}

const char *credential_authorization(const struct credential *c)
{
    return c->state == CREDENTIAL_READY ? c->authorization : NULL;
}

const char *credential_cert(const struct credential *c)
{
    return c->cert ? c->cert : c->target->cert_pem;
}

const char *credential_key(const struct credential *c)
{
    return c->cert ? c->key : c->target->key_pem;
}

uint64_t credential_generation(const struct credential *c)
{
    return c->generation;
}

const char *credential_error(const struct credential *c)
{
    return c->error.text ? c->error.text : "";
}

unsigned credential_fds(const struct credential *c, struct pollfd fds[2])
{
    return c->plugin ? exec_plugin_fds(c->plugin, fds) : 0;
}

int64_t credential_due(const struct credential *c)
{
    if (c->plugin)
        return exec_plugin_due(c->plugin);
    if (c->state == CREDENTIAL_PENDING)
        return 0;
    if (c->state != CREDENTIAL_FAILED)
        return -1;
    int64_t at = c->target->token_file ? c->file_checked_ms + TOKEN_CHECK_MS : c->retry_at_ms;
    int64_t left = at - c->clock->mono(c->clock);
    return left > 0 ? left : 0;
}

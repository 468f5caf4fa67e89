/* A scenario file's cast: what there is, how it fares, and why. Invariant: what is read may be put into JSON and paths as it is; every
 * fate comes to rest or to a next round that is not at once. */
#include "core/base/mem.h"
#include "core/sim/sim_story.h"

#include <stdlib.h>

enum { ROWS_MOST = 1000, STEPS_MOST = 32, CLAIMS_MOST = 20000, NAME_MOST = 63, TEXT_MOST = 4096, ROUND_MS = 100 };

const struct step fine_steps[] = {
    {ACT_POD, 35, 0, 0}, {ACT_SCHEDULE, 30, 0, 0}, {ACT_PULL, 60, 0, 0}, {ACT_START, 420, 0, 0}, {ACT_READY, 950, 0, 0},
    {ACT_REST, 0, 0, 0},
};

struct fate {
    char *name;
    struct step *steps;
};
struct cast_owned {
    struct cast cast;                /* first: it is cast to this */
    struct ptrs blocks;              /* of mem_new: texts and arrays */
    struct fate *fates;
    size_t n_fates;
};

struct reader {
    struct cast_owned *cast;
    struct err *err;
    const char *list;                /* "templates" */
    size_t row;                      /* from 1 */
    bool failed;
};

static bool wrong(struct reader *r, const char *member, const char *what)
{
    if (!r->failed)
        err_set(r->err, "cast.%s, row %zu%s%s: %s", r->list, r->row, member ? ", " : "", member ? member : "", what);
    r->failed = true;
    return false;
}

static void *own(struct reader *r, void *block)
{
    ptrs_add(&r->cast->blocks, block);
    return block;
}

/* ---- values ------------------------------------------------------------------------------------------------------------------------ */

enum look { NAME, START_OF_NAME, WORD, ANY };

static bool looks(const char *text, enum look look)
{
    size_t n = strlen(text);

    if (n == 0 || n > (look == ANY ? TEXT_MOST : look == WORD ? 256 : NAME_MOST))
        return false;
    for (const char *p = text; *p && look != ANY; p++) {
        bool lower = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-' || *p == '.';
        if (!lower && !(look == WORD && ((*p >= 'A' && *p <= 'Z') || strchr("_:/@+", *p))))
            return false;
    }
    return look == ANY || look == WORD || (text[0] != '-' && text[0] != '.' && (look == START_OF_NAME || text[n - 1] != '-'));
}

/* NULL where it is absent. */
static const char *text_of(struct reader *r, json row, const char *member, enum look look, bool needed)
{
    json v = json_get(row, member);
    char *text = json_dup(v);

    if (!v.n && !needed)
        return NULL;
    if (!text || !looks(text, look)) {
        free(text);
        wrong(r, member, look == ANY || look == WORD ? "a text is wanted" : "a name of lower-case letters, digits and '-' is wanted");
        return NULL;
    }
    return own(r, text);
}

static int64_t duration(struct reader *r, json row, const char *member, int64_t otherwise, int64_t most_ms)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    char *text = json_dup(json_get(row, member)), *end = NULL;
    double value = text ? strtod(text, &end) : 0, ms = -1;

    if (!json_get(row, member).n && otherwise >= 0)
        return otherwise;
    for (size_t i = 0; text && end != text && i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].unit) == 0)
            ms = value * units[i].ms;
    free(text);
    if (!(ms >= 0 && ms <= (double)most_ms)) {
        wrong(r, member, "a time is wanted: 350ms, 1.4s, 5m or 3h, and not too long");
        return 0;
    }
    return (int64_t)(ms + 0.5);
}

static int count(struct reader *r, json row, const char *member, int otherwise, int least, int most)
{
    int64_t value = otherwise;

    if (json_get(row, member).n && (!json_int(json_get(row, member), &value) || value < least || value > most))
        wrong(r, member, "a smaller number is wanted, or a greater one");
    return (int)value;
}

/* ---- rows -------------------------------------------------------------------------------------------------------------------------- */

/* An array of n + 1 rows, the last one zero; take fills one. */
static void *rows_of(struct reader *r, json cast, const char *list, size_t size, void (*take)(struct reader *, json, void *))
{
    json v = json_get(cast, list);
    struct json_walk w = json_items(v);
    size_t n = json_count(v);

    r->list = list;
    r->row = 0;
    if ((v.n && json_type(v) != JSON_ARRAY) || n > ROWS_MOST) {
        wrong(r, NULL, "a list of at most 1000 rows is wanted");
        n = 0;
    }
    char *rows = own(r, mem_array(n + 1, size));
    for (r->row = 1; r->row <= n && json_next(&w) && !r->failed; r->row++)
        take(r, w.value, rows + (r->row - 1) * size);
    return rows;
}

static void take_node(struct reader *r, json v, void *to)
{
    const char *taint = text_of(r, v, "taint", WORD, false);

    if (taint && !strchr(taint, ':'))
        wrong(r, "taint", "KEY:EFFECT is wanted");
    *(struct node_row *)to = (struct node_row){
        .name = text_of(r, v, "name", NAME, true), .cpu = text_of(r, v, "cpu", WORD, true), .memory = text_of(r, v, "memory", WORD, true),
        .taint = taint,
    };
}

static void take_namespace(struct reader *r, json v, void *to)
{
    char *name = json_dup(v);

    if (name && looks(name, NAME)) {
        *(const char **)to = own(r, name);
        return;
    }
    free(name);
    wrong(r, NULL, "a name is wanted");
}

static const struct step *fate_of(struct reader *r, json v)
{
    const char *name = text_of(r, v, "fate", NAME, false);

    if (!name || strcmp(name, "fine") == 0)
        return fine_steps;
    for (size_t i = 0; i < r->cast->n_fates; i++)
        if (strcmp(r->cast->fates[i].name, name) == 0)
            return r->cast->fates[i].steps;
    wrong(r, "fate", "there is no fate of that name");
    return fine_steps;
}

/* Whether a step of the fate needs its template's words. */
static bool speaks(const struct step *steps)
{
    for (; steps->act != ACT_REST && steps->act != ACT_AGAIN; steps++)
        if (steps->act == ACT_NO_NODE || steps->act == ACT_PULL_FAILED || steps->act == ACT_CRASH || steps->act == ACT_DENIED)
            return true;
    return false;
}

static void take_template(struct reader *r, json v, void *to)
{
    json command = json_get(v, "command");
    const struct step *steps = fate_of(r, v);

    if (command.n && json_type(command) != JSON_ARRAY)
        wrong(r, "command", "a list of words is wanted");
    *(struct template_row *)to = (struct template_row){
        .ns = text_of(r, v, "namespace", NAME, true), .name = text_of(r, v, "name", NAME, true),
        .image = text_of(r, v, "image", WORD, true),
        .container = text_of(r, v, "container", NAME, true), .cpu = text_of(r, v, "cpu", WORD, true),
        .memory = text_of(r, v, "memory", WORD, true),
        .steps = steps, .pull_ms = (int)duration(r, v, "pull", 0, 3600000), .text = text_of(r, v, "text", ANY, speaks(steps)),
        .command = command.n ? own(r, slice_dup(command)) : NULL,
    };
}

static void take_pool(struct reader *r, json v, void *to)
{
    *(struct pool_row *)to = (struct pool_row){
        .ns = text_of(r, v, "namespace", NAME, true), .name = text_of(r, v, "name", NAME, true),
        .template_name = text_of(r, v, "template", NAME, true), .replicas = count(r, v, "replicas", 0, 0, 1000),
    };
}

static void take_claim(struct reader *r, json v, void *to)
{
    int64_t youngest = duration(r, v, "youngest", 1000, 86400000);
    int64_t oldest = duration(r, v, "oldest", youngest, 86400000);

    *(struct cast_row *)to = (struct cast_row){
        .ns = text_of(r, v, "namespace", NAME, true), .name = text_of(r, v, "name", START_OF_NAME, true),
        .count = count(r, v, "count", 1, 1, CLAIMS_MOST),
        .pool = text_of(r, v, "pool", NAME, true), .youngest_s = (int)(youngest / 1000),
        .oldest_s = (int)((oldest > youngest ? oldest : youngest) / 1000),
    };
}

static void take_churn(struct reader *r, json v, void *to)
{
    struct churn_row row = {
        .ns = text_of(r, v, "namespace", NAME, true), .name = text_of(r, v, "name", START_OF_NAME, true),
        .pool = text_of(r, v, "pool", NAME, true),
        .every_ms = (int)duration(r, v, "every", -1, 86400000), .life_ms = (int)duration(r, v, "life", -1, 86400000),
        .burst = count(r, v, "burst", 0, 0, 1000),
    };

    if (!r->failed && (row.every_ms < ROUND_MS || row.life_ms < ROUND_MS))
        wrong(r, "every", "every and life are 100ms at least");
    *(struct churn_row *)to = row;
}

static void take_quota(struct reader *r, json v, void *to)
{
    *(struct quota_row *)to = (struct quota_row){
        .ns = text_of(r, v, "namespace", NAME, true), .name = text_of(r, v, "name", NAME, true),
        .cpu_hard = text_of(r, v, "cpu", WORD, true),
        .cpu_used = text_of(r, v, "cpu-used", WORD, true), .pods_hard = text_of(r, v, "pods", WORD, true),
        .pods_used = text_of(r, v, "pods-used", WORD, true),
    };
}

/* ---- fates ------------------------------------------------------------------------------------------------------------------------- */

static const char *const act_names[] = {
    [ACT_POD] = "pod", [ACT_SCHEDULE] = "schedule", [ACT_NO_NODE] = "no-node", [ACT_PULL] = "pull", [ACT_PULL_FAILED] = "pull-failed",
    [ACT_PULL_LATER] = "pull-later", [ACT_START] = "start", [ACT_READY] = "ready", [ACT_CRASH] = "crash", [ACT_DENIED] = "denied",
    [ACT_AGAIN] = "again", [ACT_REST] = "rest",
};

static void take_step(struct reader *r, json v, struct step *to, size_t number)
{
    size_t act = 0;

    while (act < sizeof act_names / sizeof *act_names && !json_is(json_get(v, "step"), act_names[act]))
        act++;
    if (act == sizeof act_names / sizeof *act_names) {
        wrong(r, "step", "there is no step of that name");
        return;
    }
    *to = (struct step){
        .act = (enum act)act, .after_ms = (int)duration(r, v, "after", 0, 86400000), .to = count(r, v, "to", 0, 0, (int)number),
    };
    to->most_ms = (int)duration(r, v, "most", to->after_ms, 86400000);
    if (to->act == ACT_AGAIN && (to->after_ms < ROUND_MS || to->most_ms < to->after_ms || number == 0))
        wrong(r, "again", "a round takes 100ms at least, `most` not less, and something is to be done again");
}

static void take_fate(struct reader *r, json name, json list)
{
    struct json_walk w = json_items(list);
    size_t n = json_count(list);
    struct fate *fate = &r->cast->fates[r->cast->n_fates];

    fate->name = own(r, slice_dup(name));
    fate->steps = own(r, mem_array(STEPS_MOST + 1, sizeof *fate->steps));
    if (json_type(list) != JSON_ARRAY || n == 0 || n > STEPS_MOST) {
        wrong(r, NULL, "a fate is a list of 1 to 32 steps");
        return;
    }
    for (size_t i = 0; i < n && json_next(&w) && !r->failed; i++)
        take_step(r, w.value, &fate->steps[i], i);
    for (size_t i = 0; i < n && !r->failed; i++) {
        bool last = fate->steps[i].act == ACT_REST || fate->steps[i].act == ACT_AGAIN;
        if (last != (i + 1 == n))
            wrong(r, NULL, "a fate ends with rest or again, and nowhere else");
    }
    r->cast->n_fates++;
}

static void take_fates(struct reader *r, json fates)
{
    struct json_walk w = json_members(fates);
    size_t n = json_count(fates);

    r->list = "fates";
    r->row = 0;
    if ((fates.n && json_type(fates) != JSON_OBJECT) || n > ROWS_MOST) {
        wrong(r, NULL, "a map of names and lists of steps is wanted");
        return;
    }
    r->cast->fates = own(r, mem_array(n + 1, sizeof *r->cast->fates));
    for (r->row = 1; r->row <= n && json_next(&w) && !r->failed; r->row++)
        take_fate(r, w.key, w.value);
}

/* ---- the whole --------------------------------------------------------------------------------------------------------------------- */

static void check(struct reader *r)
{
    const struct cast *cast = &r->cast->cast;
    int64_t claims = 0;

    if (r->failed)
        return;
    for (const struct cast_row *row = cast->claims; row->ns; row++)
        claims += row->count;
    for (const struct pool_row *row = cast->pools; row->ns; row++)
        claims += row->replicas;
    r->list = "nodes";
    r->row = 0;
    if (!cast->nodes[0].name)
        wrong(r, NULL, "one node at least is wanted");
    r->list = "claims";
    if (claims > CLAIMS_MOST)
        wrong(r, NULL, "claims and replicas together are 20,000 at most");
}

struct cast *cast_read(json v, struct err *err)
{
    struct cast_owned *cast = NEW(struct cast_owned);
    struct reader r = {.cast = cast, .err = err, .list = ""};

    if (json_type(v) != JSON_OBJECT)
        wrong(&r, NULL, "a map is wanted");
    take_fates(&r, json_get(v, "fates"));
    cast->cast = (struct cast){
        .nodes = rows_of(&r, v, "nodes", sizeof(struct node_row), take_node),
        .namespaces = rows_of(&r, v, "namespaces", sizeof(const char *), take_namespace),
        .templates = rows_of(&r, v, "templates", sizeof(struct template_row), take_template),
        .pools = rows_of(&r, v, "pools", sizeof(struct pool_row), take_pool),
        .claims = rows_of(&r, v, "claims", sizeof(struct cast_row), take_claim),
        .churn = rows_of(&r, v, "churn", sizeof(struct churn_row), take_churn),
        .quotas = rows_of(&r, v, "quotas", sizeof(struct quota_row), take_quota),
    };
    check(&r);
    if (!r.failed)
        return &cast->cast;
    cast_free(&cast->cast);
    return NULL;
}

void cast_free(struct cast *cast)
{
    struct cast_owned *owned = (struct cast_owned *)(void *)cast;

    for (size_t i = 0; owned && i < owned->blocks.n; i++)
        free(owned->blocks.v[i]);
    if (owned)
        ptrs_free(&owned->blocks);
    free(owned);
}

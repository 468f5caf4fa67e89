/* Invariant: only arguments that are one of the four flags (or the value behind one) are ever changed, dropped or added. */
#include "core/session/controller_args.h"

#include "core/base/err.h"
#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { ARGS_MOST = 256, ARG_MOST = 8192 };

const struct debug_wish debug_all = {.level = "debug", .pprof = -1, .pprof_debug = 1, .tracing = 1};
const struct debug_wish debug_none = {.level = "info", .pprof = 0, .pprof_debug = 0, .tracing = 0};

const char *debug_flag_name(enum debug_flag flag)
{
    static const char *const names[] = {
        [DEBUG_LEVEL] = "zap-log-level", [DEBUG_PPROF] = "enable-pprof", [DEBUG_PPROF_DEBUG] = "enable-pprof-debug", [DEBUG_TRACING] = "enable-tracing",
    };
    return (unsigned)flag < DEBUG_FLAGS ? names[flag] : "";
}

/* ---- lists ------------------------------------------------------------------------------------------------------------------------ */

void args_free(struct ptrs *args)
{
    for (size_t i = 0; i < args->n; i++)
        free(args->v[i]);
    ptrs_free(args);
}

bool args_equal(const struct ptrs *a, const struct ptrs *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->v[i], b->v[i]) != 0)
            return false;
    return true;
}

void args_copy(struct ptrs *to, const struct ptrs *from)
{
    for (size_t i = 0; i < from->n; i++)
        ptrs_add(to, mem_text(from->v[i]));
}

bool args_read(struct ptrs *args, json array)
{
    if (!array.n || json_type(array) == JSON_NULL)
        return true;
    struct json_walk w = json_items(array);
    while (json_next(&w)) {
        char *text = json_dup(w.value);
        /* a NUL would be read as U+FFFD, and what is written back would be another argument */
        if (!text || args->n == ARGS_MOST || strlen(text) > ARG_MOST || strstr(text, "\xEF\xBF\xBD")) {
            free(text);
            args_free(args);
            return false;
        }
        ptrs_add(args, text);
    }
    if (w.broken)
        args_free(args);
    return !w.broken;
}

void args_json(struct buf *out, const struct ptrs *args)
{
    buf_add_byte(out, '[');
    for (size_t i = 0; i < args->n; i++) {
        if (i)
            buf_add_byte(out, ',');
        json_quote(out, slice_of(args->v[i]));
    }
    buf_add_byte(out, ']');
}

/* ---- flags ------------------------------------------------------------------------------------------------------------------------ */

struct occurrence {
    size_t at;
    const char *value;               /* behind '=', or the argument that follows; NULL: none */
    bool inline_value;               /* behind '=' */
};

/* Whether the argument at i is that flag. */
static bool flag_at(const struct ptrs *args, size_t i, enum debug_flag flag, struct occurrence *o)
{
    const char *p = args->v[i], *name = debug_flag_name(flag);
    if (*p != '-')
        return false;
    p += p[1] == '-' ? 2 : 1;
    size_t n = strlen(name);
    if (strncmp(p, name, n) != 0 || (p[n] && p[n] != '='))
        return false;
    *o = (struct occurrence){.at = i, .value = p[n] == '=' ? p + n + 1 : NULL, .inline_value = p[n] == '='};
    if (flag == DEBUG_LEVEL && !o->inline_value && i + 1 < args->n)
        o->value = args->v[i + 1];
    return true;
}

static size_t flags_end(const struct ptrs *args)
{
    for (size_t i = 0; i < args->n; i++)
        if (strcmp(args->v[i], "--") == 0)
            return i;
    return args->n;
}

/* The last one, which counts. */
static bool find_flag(const struct ptrs *args, enum debug_flag flag, struct occurrence *found)
{
    bool any = false;
    for (size_t i = 0, end = flags_end(args); i < end; i++) {
        struct occurrence o;
        if (!flag_at(args, i, flag, &o))
            continue;
        *found = o;
        any = true;
        if (flag == DEBUG_LEVEL && !o.inline_value)
            i++;
    }
    return any;
}

/* strconv.ParseBool; what it does not know ends the controller, so such a one is not on. */
static bool bool_value(const struct occurrence *o)
{
    static const char *const truths[] = {"1", "t", "T", "true", "TRUE", "True"};
    if (!o->inline_value)
        return true;
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++)
        if (strcmp(o->value, truths[i]) == 0)
            return true;
    return false;
}

static bool is_shell(const struct ptrs *words)
{
    static const char *const shells[] = {"sh", "bash", "ash", "dash", "busybox"};
    if (!words || !words->n)
        return false;
    const char *slash = strrchr(words->v[0], '/'), *name = slash ? slash + 1 : words->v[0];
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(name, shells[i]) == 0)
            return true;
    return false;
}

static bool flag_on(const struct ptrs *command, const struct ptrs *args, enum debug_flag flag)
{
    struct occurrence o;
    return find_flag(args, flag, &o) ? bool_value(&o) : command && find_flag(command, flag, &o) && bool_value(&o);
}

void debug_facts_of(const struct ptrs *command, const struct ptrs *args, struct debug_facts *out)
{
    static const struct ptrs none;
    struct occurrence o;
    command = command ? command : &none;
    args = args ? args : &none;
    *out = (struct debug_facts){.level = "info", .shell = is_shell(command->n ? command : args)};
    if ((find_flag(args, DEBUG_LEVEL, &o) || find_flag(command, DEBUG_LEVEL, &o)) && o.value) {
        snprintf(out->level, sizeof out->level, "%.31s", o.value);
        out->level_given = true;
    }
    out->pprof_debug = flag_on(command, args, DEBUG_PPROF_DEBUG);
    out->pprof = out->pprof_debug || flag_on(command, args, DEBUG_PPROF);
    out->tracing = flag_on(command, args, DEBUG_TRACING);
}

void debug_facts_of_text(const char *joined, struct debug_facts *out)
{
    struct ptrs args = {0};
    for (const char *p = joined; *p && args.n < ARGS_MOST;) {
        size_t n = strcspn(p, "\n");
        ptrs_add(&args, slice_dup((struct slice){p, n}));
        p += n + (p[n] == '\n');
    }
    debug_facts_of(NULL, &args, out);
    args_free(&args);
}

bool debug_facts_equal(const struct debug_facts *a, const struct debug_facts *b)
{
    return strcasecmp(a->level, b->level) == 0 && a->pprof == b->pprof && a->pprof_debug == b->pprof_debug && a->tracing == b->tracing;
}

void debug_facts_text(struct buf *out, const struct debug_facts *f)
{
    buf_printf(out, "log level %s%s, pprof %s, tracing %s", f->level, f->level_given ? "" : " (the default)",
               f->pprof_debug ? "on, with goroutine dumps" : f->pprof ? "on, CPU profile only" : "off", f->tracing ? "on" : "off");
}

struct debug_wish debug_wish_back(const struct debug_facts *then)
{
    return (struct debug_wish){.level = then->level, .pprof = then->pprof, .pprof_debug = then->pprof_debug, .tracing = then->tracing};
}

/* ---- the plan --------------------------------------------------------------------------------------------------------------------- */

static void drop(struct ptrs *args, size_t at)
{
    free(args->v[at]);
    ptrs_remove(args, at);
}

static void drop_all(struct ptrs *args, enum debug_flag flag)
{
    struct occurrence o;
    while (find_flag(args, flag, &o)) {
        if (flag == DEBUG_LEVEL && !o.inline_value && o.value)
            drop(args, o.at + 1);
        drop(args, o.at);
    }
}

static void append(struct ptrs *args, char *text)
{
    ptrs_insert(args, flags_end(args), text);
}

/* In the form it had: the name as it is spelt, up to its '='. */
static char *with_value(const char *arg, const char *value)
{
    return mem_printf("%.*s=%s", (int)strcspn(arg, "="), arg, value);
}

static void replace(struct ptrs *args, size_t at, char *text)
{
    free(args->v[at]);
    args->v[at] = text;
}

static void set_level(const struct ptrs *command, struct ptrs *args, const char *level)
{
    struct debug_facts now;
    struct occurrence o;
    debug_facts_of(command, args, &now);
    if (strcasecmp(now.level, level) == 0)
        return;
    if (strcasecmp(level, "info") == 0) { /* the default: without the flag, unless the command gives another */
        drop_all(args, DEBUG_LEVEL);
        debug_facts_of(command, args, &now);
        if (strcasecmp(now.level, "info") != 0)
            append(args, mem_text("--zap-log-level=info"));
    } else if (find_flag(args, DEBUG_LEVEL, &o) && o.value) {
        if (o.inline_value)
            replace(args, o.at, with_value(args->v[o.at], level));
        else
            replace(args, o.at + 1, mem_text(level));
    } else {
        append(args, mem_printf("--zap-log-level=%s", level));
    }
}

static void set_bool(const struct ptrs *command, struct ptrs *args, enum debug_flag flag, bool on)
{
    struct occurrence o;
    if (flag_on(command, args, flag) == on)
        return;
    if (on && find_flag(args, flag, &o)) {
        replace(args, o.at, with_value(args->v[o.at], "true"));
    } else if (on) {
        append(args, mem_printf("--%s", debug_flag_name(flag)));
    } else {
        drop_all(args, flag);
        if (flag_on(command, args, flag))
            append(args, mem_printf("--%s=false", debug_flag_name(flag)));
    }
}

/* zap's own words, or a verbosity. sigs.k8s.io/controller-runtime/pkg/log/zap/flags.go */
static bool level_good(const char *level)
{
    static const char *const words[] = {"debug", "info", "error", "panic"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(level, words[i]) == 0)
            return true;
    return *level >= '1' && *level <= '9' && strspn(level, "0123456789") == strlen(level) && strlen(level) <= 3;
}

bool args_plan(const struct ptrs *command, const struct ptrs *args, const struct debug_wish *wish, struct ptrs *out, struct err *err)
{
    struct debug_facts now;
    debug_facts_of(command, args, &now);
    if (now.shell)
        return err_set(err, "the container's command is a shell: its arguments are those of a script, which sandtop does not rewrite");
    if (wish->level && !level_good(wish->level))
        return err_set(err, "\"%.40s\" is no log level: debug, info, error, panic or a number", wish->level);
    args_copy(out, args);
    if (wish->level)
        set_level(command, out, wish->level);
    if (wish->pprof == 0 || (wish->pprof > 0 && wish->pprof_debug <= 0)) /* else the other one implies it, and this one stays as it is */
        set_bool(command, out, DEBUG_PPROF, wish->pprof);
    if (wish->pprof_debug >= 0)
        set_bool(command, out, DEBUG_PPROF_DEBUG, wish->pprof_debug);
    if (wish->tracing >= 0)
        set_bool(command, out, DEBUG_TRACING, wish->tracing);
    if (out->n > ARGS_MOST) {
        args_free(out);
        return err_set(err, "the container has more than %d arguments", ARGS_MOST);
    }
    return true;
}

static void diff_line(struct buf *out, const char *sign, const char *text)
{
    buf_add_text(out, sign);
    for (; *text; text++)
        buf_add_byte(out, *text == '\n' || *text == '\r' ? ' ' : *text); /* one argument, one line */
    buf_add_byte(out, '\n');
}

/* The longest common subsequence, so that only what changes is marked. */
void args_diff(struct buf *out, const struct ptrs *before, const struct ptrs *after)
{
    size_t rows = before->n + 1, columns = after->n + 1, i = 0, k = 0;
    uint16_t *common = mem_array(rows * columns, sizeof *common);
    for (size_t r = before->n; r-- > 0;)
        for (size_t c = after->n; c-- > 0;) {
            uint16_t down = common[(r + 1) * columns + c], right = common[r * columns + c + 1];
            bool same = strcmp(before->v[r], after->v[c]) == 0;
            common[r * columns + c] = same ? (uint16_t)(common[(r + 1) * columns + c + 1] + 1) : down > right ? down : right;
        }
    while (i < before->n || k < after->n) {
        if (i < before->n && k < after->n && strcmp(before->v[i], after->v[k]) == 0) {
            diff_line(out, "  ", before->v[i++]);
            k++;
        } else if (k == after->n || (i < before->n && common[(i + 1) * columns + k] >= common[i * columns + k + 1])) {
            diff_line(out, "- ", before->v[i++]);
        } else {
            diff_line(out, "+ ", after->v[k++]);
        }
    }
    free(common);
}

/* A finding is built by one rule at a time; what the light mode leaves out stays NULL. */
#include "core/diagnose/finding.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"

const char *severity_name(enum severity s)
{
    static const char *const names[] = {"ok", "info", "waiting", "stuck"};
    return (unsigned)s < sizeof names / sizeof *names ? names[s] : "ok";
}

const char *confidence_name(enum confidence c)
{
    static const char *const names[] = {"possible", "likely", "proved"};
    return (unsigned)c < sizeof names / sizeof *names ? names[c] : "possible";
}

const char *link_word(enum kind kind)
{
    static const char *const words[KIND_COUNT] = {
        [KIND_CLAIM] = "claim", [KIND_SANDBOX] = "sandbox", [KIND_POOL] = "pool", [KIND_TEMPLATE] = "template", [KIND_POD] = "pod",
        [KIND_NODE] = "node", [KIND_DEPLOYMENT] = "controller", [KIND_EVENT] = "event", [KIND_PVC] = "volume claim", [KIND_QUOTA] = "quota",
        [KIND_RUNTIMECLASS] = "runtime class", [KIND_STORAGECLASS] = "storage class", [KIND_LEASE] = "lease",
            [KIND_LIMITRANGE] = "limit range",
        [KIND_SERVICEACCOUNT] = "service account", [KIND_SECRET] = "secret", [KIND_CONFIGMAP] = "config map",
        [KIND_PRIORITYCLASS] = "priority class", [KIND_NAMESPACE] = "namespace policy", [KIND_SERVICE] = "service",
        [KIND_ENDPOINTSLICE] = "endpoints", [KIND_NETWORKPOLICY] = "network policy", [KIND_CRD] = "CRD",
    };
    return kind < KIND_COUNT && words[kind] ? words[kind] : "object";
}

void finding_clear(struct finding *f)
{
    free(f->subject_ns), free(f->subject_name), free(f->at_ns), free(f->at_name);
    free(f->brief), free(f->cause), free(f->next), free(f->command), free(f->container);
    for (size_t i = 0; i < f->n_evidence; i++)
        free(f->evidence[i].ns), free(f->evidence[i].name), free(f->evidence[i].what), free(f->evidence[i].text);
    free(f->evidence);
    *f = (struct finding){0};
}

static void finding_copy(const struct finding *f, struct finding *out)
{
    *out = *f;
    char **own[] = {&out->subject_ns, &out->subject_name, &out->at_ns, &out->at_name, &out->brief, &out->cause, &out->next, &out->command,
                    &out->container};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        *own[i] = mem_text(*own[i]);
    out->evidence = f->n_evidence ? mem_array(f->n_evidence, sizeof *out->evidence) : NULL;
    for (size_t i = 0; i < f->n_evidence; i++) {
        const struct evidence *e = &f->evidence[i];
        out->evidence[i] = (struct evidence){.kind = e->kind, .ns = mem_text(e->ns), .name = mem_text(e->name), .what = mem_text(e->what),
                                             .time_ms = e->time_ms, .text = mem_text(e->text)};
    }
}

void findings_copy(const struct findings *from, struct findings *out)
{
    if (!from->n)
        return;
    out->v = mem_grow(out->v, out->n + from->n, sizeof *out->v);
    for (size_t i = 0; i < from->n; i++)
        finding_copy(&from->v[i], &out->v[out->n++]);
}

void findings_free(struct findings *all)
{
    for (size_t i = 0; i < all->n; i++)
        finding_clear(&all->v[i]);
    free(all->v);
    *all = (struct findings){0};
}

/* The order in which findings lead: those that hold the subject up before mere remarks, the proved before the likely, the deep before
 * the shallow. Negative: a leads. */
static int found_compare(const void *pa, const void *pb)
{
    const struct found *a = pa, *b = pb;
    int remark_a = a->finding.severity < SEVERITY_WAITING, remark_b = b->finding.severity < SEVERITY_WAITING;
    if (remark_a != remark_b)
        return remark_a - remark_b;
    if (a->finding.confidence != b->finding.confidence)
        return (int)b->finding.confidence - (int)a->finding.confidence;
    if (a->depth != b->depth)
        return b->depth - a->depth;
    if (a->finding.severity != b->finding.severity)
        return (int)b->finding.severity - (int)a->finding.severity;
    return strcmp(a->finding.rule, b->finding.rule);
}

void finder_sort(struct finder *f)
{
    if (f->n > 1)
        qsort(f->v, f->n, sizeof *f->v, found_compare);
}

void finder_clear(struct finder *f)
{
    for (size_t i = 0; i < f->n; i++)
        finding_clear(&f->v[i].finding);
    for (size_t i = 0; i < f->n_wants; i++)
        free(f->want_names[i]);
    f->n = f->n_wants = 0;
    f->recheck_ms = INT64_MAX;
}

void finder_free(struct finder *f)
{
    finder_clear(f);
    free(f->v);
    *f = (struct finder){0};
}

/* Readers are promised texts, and places by name. */
static void complete(struct finding *f)
{
    char **promised[] = {&f->subject_ns, &f->subject_name, &f->at_ns, &f->at_name, &f->brief, &f->cause, &f->next};
    for (size_t i = 0; i < sizeof promised / sizeof *promised; i++)
        if (!*promised[i])
            *promised[i] = mem_text("");
    if (!f->link)
        f->link = link_word(f->at_kind);
}

void finder_take_one(struct finder *f, size_t i, struct findings *out)
{
    out->v = mem_grow(out->v, out->n + 1, sizeof *out->v);
    out->v[out->n] = f->v[i].finding;
    complete(&out->v[out->n++]);
    f->v[i].finding = (struct finding){0};
}

void finder_take(struct finder *f, struct findings *out)
{
    for (size_t i = 0; i < f->n; i++)
        finder_take_one(f, i, out);
    f->n = 0;
}

void finder_run(struct finder *f, const struct chain *chain)
{
    finder_clear(f);
    f->chain = chain;
    unsigned when = chain->subject->deleting_ms ? WHEN_DELETING : chain->ready ? WHEN_READY : WHEN_NOT_READY;
    for (f->rule = rules; f->rule->name; f->rule++)
        if (f->rule->when & when)
            f->rule->judge(chain, f);
    finder_sort(f);
}

enum { MAX_ASKED = 253 };

static struct found *last(struct finder *f)
{
    return &f->v[f->n - 1];
}

static void set(char **slot, const char *text)
{
    free(*slot);
    *slot = mem_text(text ? text : "");
}

bool find(struct finder *f, enum severity severity, enum confidence confidence, const struct object *at)
{
    if (f->n == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 4;
        f->v = mem_grow(f->v, f->cap, sizeof *f->v);
    }
    const struct object *subject = f->chain->subject;
    f->v[f->n++] = (struct found){
        .depth = f->rule->depth,
        .finding = {.rule = f->rule->name, .row = f->rule->row, .severity = severity, .confidence = confidence,
                    .subject_kind = subject ? subject->kind : KIND_NONE},
    };
    if (!at)
        at = subject;
    find_at(f, at ? at->kind : KIND_NONE, at ? at->ns : "", at ? at->name : "");
    if (f->full && subject) {
        set(&last(f)->finding.subject_ns, subject->ns);
        set(&last(f)->finding.subject_name, subject->name);
    }
    return true;
}

void find_at(struct finder *f, enum kind kind, const char *ns, const char *name)
{
    struct finding *finding = &last(f)->finding;
    finding->at_kind = kind;
    if (f->full) {
        set(&finding->at_ns, ns);
        set(&finding->at_name, name);
    }
}

void find_link(struct finder *f, const char *word)
{
    last(f)->finding.link = word;
}

void find_subject(struct finder *f, enum kind kind, const char *ns, const char *name)
{
    struct finding *finding = &last(f)->finding;
    finding->subject_kind = kind;
    if (f->full) {
        set(&finding->subject_ns, ns);
        set(&finding->subject_name, name);
    }
}

void find_row(struct finder *f, int row)
{
    last(f)->finding.row = row;
}

#define PRINT_INTO(slot)               \
    do {                               \
        struct buf text = {0};         \
        va_list ap;                    \
        va_start(ap, format);          \
        buf_vprintf(&text, format, ap); \
        va_end(ap);                    \
        free(slot);                    \
        (slot) = buf_take(&text);      \
    } while (0)

void find_brief(struct finder *f, const char *format, ...)
{
    PRINT_INTO(last(f)->finding.brief);
}

void find_cause(struct finder *f, const char *format, ...)
{
    if (f->full)
        PRINT_INTO(last(f)->finding.cause);
}

void find_next(struct finder *f, const char *format, ...)
{
    if (f->full)
        PRINT_INTO(last(f)->finding.next);
}

void find_command(struct finder *f, const char *format, ...)
{
    if (!f->full)
        return;
    struct buf text = {0};
    va_list ap;
    va_start(ap, format);
    for (const char *p = format; *p; p++)
        if (p[0] == '%' && p[1] == 's') {
            shell_word(&text, va_arg(ap, const char *));
            p++;
        } else {
            buf_add_byte(&text, *p);
        }
    va_end(ap);
    free(last(f)->finding.command);
    last(f)->finding.command = buf_take(&text);
}

void find_group(struct finder *f, const char *format, ...)
{
    char text[1024];
    size_t n = (size_t)snprintf(text, sizeof text, "%s|", f->rule->name);
    va_list ap;
    va_start(ap, format);
    vsnprintf(text + n, sizeof text - n, format, ap);
    va_end(ap);
    uint64_t hash = slice_hash(slice_of(text));
    last(f)->finding.group = hash ? hash : 1;
}

void find_since(struct finder *f, int64_t ms)
{
    last(f)->since_ms = ms;
}

void find_recheck(struct finder *f, int64_t ms)
{
    if (ms > f->chain->now_ms && ms < f->recheck_ms)
        f->recheck_ms = ms;
}

enum answer find_want(struct finder *f, enum kind kind, const char *ns, struct slice name)
{
    char text[MAX_ASKED + 1];
    if (name.n > MAX_ASKED)          /* no object can have that name, so no answer is wanted */
        return ANSWER_NONE;
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    enum answer known = answers_get(f->chain->facts ? f->chain->facts->answers : NULL, kind, ns, text, NULL);
    for (size_t i = 0; i < f->n_wants; i++)
        if (f->wants[i].kind == kind && is(f->wants[i].ns, ns) && is(text, f->want_names[i] ? f->want_names[i] : ""))
            return known;
    if (f->n_wants == FINDER_WANTS)
        return known;
    char *own = name.n ? mem_text(text) : NULL;
    f->want_names[f->n_wants] = own;
    f->wants[f->n_wants++] = (struct want){kind, ns, own};
    return known;
}

void find_evidence(struct finder *f, const struct object *on, int64_t time_ms, const char *text, const char *what, ...)
{
    if (!f->full)
        return;
    struct finding *finding = &last(f)->finding;
    struct buf words = {0};
    va_list ap;
    va_start(ap, what);
    buf_vprintf(&words, what, ap);
    va_end(ap);
    finding->evidence = mem_grow(finding->evidence, finding->n_evidence + 1, sizeof *finding->evidence);
    finding->evidence[finding->n_evidence++] = (struct evidence){
        .kind = on->kind,
        .ns = mem_text(on->ns),
        .name = mem_text(on->name),
        .what = buf_take(&words),
        .time_ms = time_ms,
        .text = mem_text(text ? text : ""),
    };
}

void find_condition(struct finder *f, const struct object *on, const char *type, const struct condition *condition)
{
    static const char *const truth[] = {"", "False", "True", "Unknown"};
    if (!f->full || condition->status == TRUTH_ABSENT)
        return;
    find_evidence(f, on, condition->since_ms, condition->message, "condition %s=%s %s", type, truth[condition->status & 3],
                  condition->reason);
}

void find_container(struct finder *f, const struct pod *pod, const struct container *c)
{
    if (!f->full)
        return;
    const char *word = c->init ? "init container" : "container";
    struct finding *finding = &last(f)->finding;
    if (finding->at_kind == KIND_POD && !finding->container) {
        finding->container = mem_text(c->name);
        finding->link = word;
    }
    if (c->state == CONTAINER_TERMINATED)
        find_evidence(f, &pod->o, c->finished_ms, c->message, "%s %s: %s, exit code %d, %d restarts", word, c->name, c->reason,
                      c->exit_code,
                      c->restarts);
    else if (c->state == CONTAINER_WAITING)
        find_evidence(f, &pod->o, pod->ready.status == TRUTH_FALSE ? pod->ready.since_ms : 0, c->message, "%s %s: %s", word, c->name,
                      c->reason);
    else
        find_evidence(f, &pod->o, c->started_ms, c->message, "%s %s: running, %s, %d restarts", word, c->name, c->ready ? "ready"
                      : "not ready",
                      c->restarts);
    if (c->has_last)
        find_evidence(f, &pod->o, c->last_finished_ms, c->last_message, "%s %s before: %s, exit code %d", word, c->name, c->last_reason,
                      c->last_exit_code);
}

void find_event(struct finder *f, const struct event *e)
{
    if (!f->full || !e)
        return;
    const struct object *about = link_to(&e->o, LINK_EVENT_ABOUT);
    struct object on = {.kind = e->about_kind, .ns = e->about_ns, .name = e->about_name};
    if (e->count > 1)
        find_evidence(f, about ? about : &on, e->last_ms, e->message, "event %s ×%d", e->reason, e->count);
    else
        find_evidence(f, about ? about : &on, e->last_ms, e->message, "event %s", e->reason);
}

void find_ready(struct finder *f)
{
    const struct chain *c = f->chain;
    if (c->sandbox)
        find_condition(f, &c->sandbox->o, "Ready", &c->sandbox->ready);
    if (c->claim)
        find_condition(f, &c->claim->o, "Ready", &c->claim->ready);
}

enum severity find_passing(struct finder *f)
{
    int64_t due = f->chain->since_ms + WAITING_STUCK_MS;
    if (f->chain->now_ms >= due)
        return SEVERITY_STUCK;
    find_recheck(f, due);
    return SEVERITY_WAITING;
}

void find_edit_template(struct finder *f, const char *what)
{
    const struct chain *c = f->chain;
    const char *again = c->claim ? ", then recreate the claim" : "";
    if (c->template_at) {
        find_next(f, "%s in template %s%s", what, c->template_at->name, again);
        find_command(f, "kubectl edit sandboxtemplate %s -n %s", c->template_at->name, c->template_at->ns);
    } else if (c->sandbox_at) {
        find_next(f, "%s in sandbox %s%s", what, c->sandbox_at->name, again);
        find_command(f, "kubectl edit sandbox %s -n %s", c->sandbox_at->name, c->sandbox_at->ns);
    } else {
        find_next(f, "%s in the pod's template%s", what, again);
    }
}

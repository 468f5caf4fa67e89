/* Anything at all as a cluster: every object of it is judged, at several times, by every rule; what comes out are texts, and the same
 * again. Each input
 * is taken as a list of each kind, and as lines of watch events; so claims, sandboxes, pods and what they name meet under the same names.
 * */
#include <stdint.h>
#include <stdlib.h>

#include "core/diagnose/diagnose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { OBJECTS_MOST = 60 };

static void must(bool good)
{
    if (!good)
        abort();
}

static void check(const struct findings *all)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct finding *f = &all->v[i];
        must(f->rule && *f->rule && f->link && f->subject_ns && f->subject_name && f->at_ns && f->at_name && f->brief && f->cause &&
             f->next);
        must(f->severity <= SEVERITY_STUCK && f->confidence <= CONFIDENCE_PROVED && f->row >= 0 && f->row <= 38);
        must(f->at_kind <= KIND_NONE && f->subject_kind <= KIND_NONE);
        for (size_t k = 0; k < f->n_evidence; k++)
            must(f->evidence[k].what && f->evidence[k].text && f->evidence[k].name && f->evidence[k].ns);
    }
}

static void look(const struct store *s, struct diagnosis *d, int64_t now_ms)
{
    struct findings cluster;
    diagnose_cluster(d, now_ms, &cluster);
    check(&cluster);
    findings_free(&cluster);
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        const struct ptrs *all = store_all(s, (enum kind)kind);
        for (size_t i = 0; i < all->n && i < OBJECTS_MOST; i++) {
            struct report r;
            report_make(d, all->v[i], now_ms, &r);
            must(r.headline && r.nearest < (int)r.n_chain);
            check(&r.findings);
            report_free(&r);
        }
    }
    size_t judged = 0;
    for (int state = 0; state < CLAIM_STATES; state++)
        judged += diagnosis_count(d, (enum claim_state)state);
    must(judged == store_count(s, KIND_CLAIM));
}

/* The facts that a session hands over, about whatever is there. */
static void facts_of(const struct store *s, struct cluster_facts *f, struct router_error *e, struct answers *answers, uint8_t dice)
{
    const struct ptrs *boxes = store_all(s, KIND_SANDBOX);
    const struct object *box = boxes->n ? boxes->v[0] : NULL;
    static char none[] = "";
    *e = (struct router_error){.ns = none, .sandbox = none, .router_ns = none, .router_pod = none, .text = none,
        .trouble = (enum router_trouble)(dice % 5), .count = dice, .port = dice};
    if (box) {
        e->ns = (char *)(uintptr_t)box->ns;
        e->sandbox = (char *)(uintptr_t)box->name;
        e->time_ms = box->created_ms + 1000;
    }
    f->router_errors = e;
    f->n_router_errors = box != NULL;
    f->answers = answers;
    if (box && dice % 2)
        answers_set(answers, KIND_NETWORKPOLICY, box->ns, NULL, ANSWER_THERE, 1);
    f->discovered = true;
    for (int k = 0; k < KIND_COUNT; k++)
        f->synced[k] = dice % 3 != 0;
}

static void take(struct store *s, struct slice text)
{
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        enum kind k = (enum kind)kind;
        unsigned n = 0;
        for (struct json_walk w = json_items(json_get(text, "items")); n++ < OBJECTS_MOST && json_next(&w);)
            store_apply(s, k, 0, w.value);
    }
    unsigned lines = 0;
    for (const char *line = text.p, *end; line < text.p + text.n && lines++ < OBJECTS_MOST; line = end + 1) {
        end = memchr(line, '\n', text.n - (size_t)(line - text.p));
        end = end ? end : text.p + text.n;
        json event = {line, (size_t)(end - line)}, object = json_get(event, "object");
        for (unsigned kind = 0; kind < KIND_COUNT && object.n; kind++)
            store_apply(s, (enum kind)kind, 1, object);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2)
        return 0;
    struct store *s = store_new();
    struct cluster_facts facts = {0};
    struct router_error e;
    struct answers *answers = answers_new();
    struct diagnosis *d = diagnosis_new(s, &facts);
    const struct slice text = {(const char *)data, n};
    static const int64_t times[] = {INT64_C(1795400000000), INT64_C(1795423489000), INT64_C(1795424489000), 0, INT64_MAX / 4};
    take(s, text);
    facts_of(s, &facts, &e, answers, data[n / 2]);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        diagnosis_update(d, times[i]);
        const struct ptrs *wants = diagnosis_wants(d);
        for (size_t k = 0; k < wants->n; k++) {
            const struct want *want = wants->v[k];
            if (answers_set(answers, want->kind, want->ns, want->name, (enum answer)((data[n / 3] + k) % 4), 1))
                diagnosis_answered(d, want->kind, want->ns, want->name);
        }
        diagnosis_update(d, times[i]);
        store_sweep(s);
        look(s, d, times[i]);
        diagnosis_all(d, times[i]);
        look(s, d, times[i]);
    }
    facts.n_router_errors = 0;
    store_drop_source(s, KIND_SANDBOX, 0);
    store_drop_source(s, KIND_POD, 1);
    diagnosis_update(d, times[2]);
    store_sweep(s);
    look(s, d, times[2]);
    store_drop_source(s, KIND_CLAIM, 0);
    store_drop_source(s, KIND_CLAIM, 1);
    diagnosis_update(d, times[2]);
    store_sweep(s);
    look(s, d, times[2]);
    diagnosis_free(d);
    answers_free(answers);
    store_free(s);
    return 0;
}

/* Everything is copied: neither objects nor log lines outlive a turn. */
#include "core/session/run_evidence.h"

#include "core/base/mem.h"

#include <stdlib.h>

enum { EVENTS_MOST = 100, LOGS_MOST = 200, LOGS_LOOKED_AT = 20000, TEXT_MOST = 16384 };

static void add_line(struct run_line **lines, size_t *n, int64_t time_ms, char *source, struct slice text)
{
    if (text.n > TEXT_MOST)
        text.n = TEXT_MOST;
    *lines = mem_grow(*lines, *n + 1, sizeof **lines);
    (*lines)[(*n)++] = (struct run_line){.time_ms = time_ms, .source = source, .text = slice_dup(text)};
}

static void take_finding(struct run_evidence *e, const struct report *report)
{
    const struct finding *f = report->findings.n ? &report->findings.v[0] : NULL;

    e->headline = mem_text(f ? f->cause : report->headline);
    if (!f)
        return;
    e->brief = mem_text(f->brief);
    e->next = mem_text(f->next);
    e->command = mem_text(f->command);
    e->confidence = f->confidence;
    for (size_t i = 0; i < f->n_evidence; i++) {
        const struct evidence *proof = &f->evidence[i];
        const char *kind = proof->kind < KIND_COUNT ? kind_info(proof->kind)->name : "";
        char *source = mem_printf("%s %s · %s", kind, proof->name ? proof->name : "", proof->what ? proof->what : "");
        add_line(&e->proofs, &e->n_proofs, proof->time_ms, source, slice_of(proof->text ? proof->text : ""));
    }
}

static void take_chain(struct run_evidence *e, const struct report *report)
{
    e->chain = mem_array(report->n_chain ? report->n_chain : 1, sizeof *e->chain);
    for (size_t i = 0; i < report->n_chain; i++)
        e->chain[e->n_chain++] = (struct run_chain_link){
            .label = report->chain[i].label, .name = mem_text(report->chain[i].name ? report->chain[i].name : ""),
                .note = mem_text(report->chain[i].note),
            .mark = report->chain[i].mark,
        };
}

static void take_events(struct run_evidence *e, const struct object *about)
{
    for (const struct link *l = about ? link_in(about, LINK_EVENT_ABOUT, NULL) : NULL; l &&
         e->n_events < EVENTS_MOST; l = link_in(about, LINK_EVENT_ABOUT, l)) {
        const struct event *event = AS(event, l->from);
        char *text = event->count > 1 ? mem_printf("%s: %s (%d times)", event->reason, event->message, event->count)
                                      : mem_printf("%s: %s", event->reason, event->message);
        add_line(&e->events, &e->n_events, event->last_ms, mem_printf("%s %s", kind_info(about->kind)->name, about->name), slice_of(text));
        free(text);
    }
}

static int by_time(const void *a, const void *b)
{
    int64_t x = ((const struct run_line *)a)->time_ms, y = ((const struct run_line *)b)->time_ms;

    return x < y ? -1 : x > y;
}

static bool names(struct slice text, const struct object *o)
{
    return o && *o->name && slice_find(text, slice_of(o->name)) >= 0;
}

/* The newest lines that name an object of the chain. */
static void take_logs(struct run_evidence *e, const struct log_buffer *logs, const struct object *claim)
{
    const struct object *sandbox = chain_sandbox(claim), *pod = chain_pod(claim);
    uint64_t end = log_buffer_end(logs), first = log_buffer_first(logs);
    struct log_entry entry;

    for (uint64_t i = end; i-- > first && end - i < LOGS_LOOKED_AT && e->n_logs < LOGS_MOST;) {
        if (!log_buffer_get(logs, i, &entry) || entry.type != LOG_LINE_TEXT)
            continue;
        if (names(entry.text, claim) || names(entry.text, sandbox) || names(entry.text, pod))
            add_line(&e->logs, &e->n_logs, entry.time_ms, mem_text(log_buffer_label(logs, entry.stream)), entry.text);
    }
    for (size_t i = 0; i < e->n_logs / 2; i++) {
        struct run_line swap = e->logs[i];
        e->logs[i] = e->logs[e->n_logs - 1 - i];
        e->logs[e->n_logs - 1 - i] = swap;
    }
}

struct run_evidence *run_evidence_take(const struct diagnosis *diagnosis, const struct log_buffer *logs, const struct object *claim,
                                       int64_t now_ms)
{
    struct run_evidence *e = NEW(struct run_evidence);
    struct report report;

    report_make(diagnosis, claim, now_ms, &report);
    take_finding(e, &report);
    take_chain(e, &report);
    report_free(&report);
    take_events(e, claim);
    take_events(e, chain_sandbox(claim));
    take_events(e, chain_pod(claim));
    if (e->n_events > 1)
        qsort(e->events, e->n_events, sizeof *e->events, by_time);
    take_logs(e, logs, claim);
    return e;
}

static void lines_free(struct run_line *lines, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(lines[i].source);
        free(lines[i].text);
    }
    free(lines);
}

void run_evidence_free(struct run_evidence *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->n_chain; i++) {
        free(e->chain[i].name);
        free(e->chain[i].note);
    }
    free(e->chain);
    lines_free(e->proofs, e->n_proofs);
    lines_free(e->events, e->n_events);
    lines_free(e->logs, e->n_logs);
    free(e->headline);
    free(e->brief);
    free(e->next);
    free(e->command);
    free(e);
}

/* What views see of a session, and what they leave for the app: see view.h and order.h. */
#include "tui/views/view.h"

static void take_runs(struct model *m, struct session *s)
{
    size_t n;
    const unsigned *ids = session_runs(s, &n);

    for (size_t i = n > MOST_RUNS ? n - MOST_RUNS : 0; i < n; i++) {
        const struct run_view *view = session_run(s, ids[i]);
        if (view)
            m->runs[m->n_runs++] = (struct model_run){.id = ids[i], .view = view, .evidence = session_run_evidence(s, ids[i])};
    }
    m->leftovers = session_leftovers(s, &m->n_leftovers, &m->leftovers_error);
}

void model_make(struct model *m, struct session *s, bool utc)
{
    *m = (struct model){
        .store = session_store(s), .diagnosis = session_diagnosis(s), .info = session_info(s), .facts = session_facts(s), .history = session_history(s), .debug = session_controller_debug(s),
        .clock = session_clock(s), .now_ms = session_now(s), .utc = utc,
    };
    m->sources = session_sources(s, &m->n_sources);
    for (enum log_pane id = 0; id < LOG_PANES; id++) {
        struct model_logs *logs = &m->logs[id];
        *logs = (struct model_logs){.buffer = session_log_buffer(s, id), .epoch = session_log_epoch(s, id), .title = session_log_title(s, id),
                                    .found = session_log_found(s, id)};
        logs->rows = session_log_rows(s, id, &logs->n_rows);
    }
    take_runs(m, s);
}

void order_drop(struct order *o)
{
    buf_free(&o->text);
    if (o->data)
        o->free_data(o->data);
    o->data = NULL;
}

struct order *view_order(struct view *v, enum order_kind kind)
{
    if (v->n_orders == MOST_ORDERS)
        order_drop(&v->orders[--v->n_orders]);
    struct order *o = &v->orders[v->n_orders++];
    *o = (struct order){.kind = kind, .ref.kind = KIND_NONE};
    return o;
}

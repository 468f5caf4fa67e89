/* What views see of a session, and what they leave for the app: see view.h and order.h. */
#include "tui/views/view.h"

void model_make(struct model *m, struct session *s, bool utc)
{
    *m = (struct model){
        .store = session_store(s), .diagnosis = session_diagnosis(s), .info = session_info(s), .facts = session_facts(s), .logs = session_logs(s),
        .now_ms = session_now(s), .utc = utc,
    };
    m->sources = session_sources(s, &m->n_sources);
    m->log_sources = session_log_sources(s, &m->n_log_sources);
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

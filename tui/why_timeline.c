#include "tui/why_timeline.h"

#include "core/base/mem.h"
#include "tui/plain_text.h"

#include <stdlib.h>

enum { CLAIMS_MOST = 5, TURN_MS = 50 };

/* Events are watched for what is selected only, and the selection settles before they are: so they are waited for. */
static void read_events(struct session *session, const char *ns, const char *name, int64_t patience_ms)
{
    const struct clock *clock = clock_system();
    int64_t start = clock->mono(clock);

    while (clock->mono(clock) - start < patience_ms) {
        const struct object *claim = store_find(session_store(session), KIND_CLAIM, slice_of(ns), slice_of(name));
        session_select(session, claim);
        session_wait(session, NULL, 0, TURN_MS);
        session_turn(session);
        session_sweep(session);
        if (!claim || session_selection_read(session))
            return;
    }
}

static void add(struct session *session, const char *ns, const char *name, struct buf *out)
{
    const struct object *claim = store_find(session_store(session), KIND_CLAIM, slice_of(ns), slice_of(name));
    struct timeline line;

    if (!claim)
        return;
    buf_add_text(out, out->n ? "\nTimeline of " : "Timeline of ");
    plain_line(ns, out);
    buf_add_byte(out, '/');
    plain_line(name, out);
    buf_add_text(out, " (UTC)\n");
    session_timeline(session, claim, &line);
    timeline_text(&line, 2, false, out);
    timeline_free(&line);
}

static bool named(char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

void why_timelines(struct session *session, char *const *names, int64_t patience_ms, struct buf *out)
{
    const struct ptrs *claims = store_all(session_store(session), KIND_CLAIM);
    char *ns[CLAIMS_MOST], *name[CLAIMS_MOST];
    size_t n = 0;

    for (size_t i = 0; i < claims->n && n < CLAIMS_MOST; i++) {
        const struct object *claim = claims->v[i];
        if (!named(names, claim->name))
            continue;
        ns[n] = mem_text(claim->ns);
        name[n++] = mem_text(claim->name);
    }
    for (size_t i = 0; i < n; i++) {
        read_events(session, ns[i], name[i], patience_ms);
        add(session, ns[i], name[i], out);
        free(ns[i]);
        free(name[i]);
    }
}

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

static void add_text(const struct object *claim, const struct timeline *line, struct buf *out)
{
    buf_add_text(out, "\nTimeline of ");
    plain_line(claim->ns, out);
    buf_add_byte(out, '/');
    plain_line(claim->name, out);
    buf_add_text(out, " (UTC)\n");
    timeline_text(line, 2, false, out);
}

static void add_json(const struct object *claim, const struct timeline *line, struct buf *out)
{
    buf_add_text(out, out->n > 1 ? ",{\"claim\":{\"namespace\":" : "{\"claim\":{\"namespace\":");
    json_quote(out, slice_of(claim->ns));
    buf_add_text(out, ",\"name\":");
    json_quote(out, slice_of(claim->name));
    buf_add_text(out, "},\"timeline\":");
    timeline_json(line, out);
    buf_add_byte(out, '}');
}

static void add(struct session *session, const char *ns, const char *name, bool as_json, struct buf *out)
{
    const struct object *claim = store_find(session_store(session), KIND_CLAIM, slice_of(ns), slice_of(name));
    struct timeline line;

    if (!claim)
        return;
    session_timeline(session, claim, &line);
    if (as_json)
        add_json(claim, &line, out);
    else
        add_text(claim, &line, out);
    timeline_free(&line);
}

static bool named(char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

void why_timelines(struct session *session, char *const *names, int64_t patience_ms, bool as_json, struct buf *out)
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
    buf_add_text(out, as_json ? "[" : "");
    for (size_t i = 0; i < n; i++) {
        read_events(session, ns[i], name[i], patience_ms);
        add(session, ns[i], name[i], as_json, out);
        free(ns[i]);
        free(name[i]);
    }
    buf_add_text(out, as_json ? "]" : "");
}

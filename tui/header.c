/* The header: see header.h. Pieces are gathered with a rank first, and dropped from the highest rank down until the line fits. */
#include "tui/header.h"
#include "tui/views/panes.h"
#include <stdio.h>

enum { MOST_PIECES = 16 };
struct piece {
    char text[300];
    enum role role;
    enum glyph glyph;                /* before it; GLYPH_COUNT: none */
    int rank;                        /* 0: stays */
    bool right, shown;
    int gap;                         /* blanks after it */
};
struct line {
    struct piece pieces[MOST_PIECES];
    size_t n;
};

static void __attribute__((format(printf, 7, 8))) add(struct line *l, int rank, bool right, int gap, enum role role, enum glyph glyph, const char *format, ...)
{
    if (l->n == MOST_PIECES)
        return;
    struct piece *p = &l->pieces[l->n++];
    *p = (struct piece){.role = role, .glyph = glyph, .rank = rank, .right = right, .shown = true, .gap = gap};
    va_list ap;
    va_start(ap, format);
    vsnprintf(p->text, sizeof p->text, format, ap);
    va_end(ap);
}

static int piece_columns(const struct piece *p, bool ascii)
{
    return text_columns(slice_of(p->text)) + (p->glyph < GLYPH_COUNT ? text_columns(slice_of(glyph_text(p->glyph, ascii))) + 1 : 0);
}

static int line_columns(const struct line *l, bool right, bool ascii)
{
    int n = 0, gap = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->pieces[i].shown && l->pieces[i].right == right) {
            n += gap + piece_columns(&l->pieces[i], ascii);
            gap = l->pieces[i].gap;
        }
    return n;
}

static void draw_piece(struct canvas *c, int y, int *x, const struct piece *p, int room)
{
    if (p->glyph < GLYPH_COUNT) {
        int n = canvas_glyph(c, y, *x, p->role, p->glyph) + 1;
        *x += n;
        room -= n;
    }
    if (room > 0)
        *x += canvas_fit(c, y, *x, room, p->role, FIT_MIDDLE, slice_of(p->text));
    *x += p->gap;
}

static void line_draw(struct line *l, struct canvas *c, struct rect r)
{
    bool ascii = canvas_ascii(c);
    int left, right;
    for (;;) {
        left = line_columns(l, false, ascii);
        right = line_columns(l, true, ascii);
        struct piece *drop = NULL;
        for (size_t i = 0; i < l->n; i++)
            if (l->pieces[i].shown && l->pieces[i].rank > 0 && (!drop || l->pieces[i].rank > drop->rank))
                drop = &l->pieces[i];
        if (left + right + (right ? 2 : 0) + 2 <= r.w || !drop)
            break;
        drop->shown = false;
    }
    int x = r.x + 1, end = r.x + r.w - 1, rx = end - right;
    if (rx < r.x + 1)
        rx = r.x + 1;
    int over = left + right + 4 - r.w; /* then the first piece, a name, is cut in its middle */
    for (size_t i = 0; i < l->n; i++) {
        struct piece *p = &l->pieces[i];
        if (!p->shown || p->right)
            continue;
        int want = piece_columns(p, ascii), room = i == 0 && over > 0 ? (want - over > 6 ? want - over : 6) : want;
        int left_room = (right ? rx - 1 : end) - x;
        draw_piece(c, r.y, &x, p, room < left_room ? room : left_room);
    }
    for (size_t i = 0; i < l->n; i++)
        if (l->pieces[i].shown && l->pieces[i].right)
            draw_piece(c, r.y, &rx, &l->pieces[i], end - rx);
}

static void add_component(struct line *l, const struct model *m, enum component component, const char *word, int rank)
{
    int64_t desired = 0, ready = 0;      /* sums of what the cluster says: any numbers */
    int found = 0;
    const struct ptrs *all = store_all(m->store, KIND_DEPLOYMENT);
    const struct cluster_facts *facts = m->facts;
    for (size_t i = 0; i < all->n; i++) {
        const struct deployment *d = all->v[i];
        if (d->component != component)
            continue;
        found++;
        desired += d->desired;
        ready += d->ready;
    }
    bool known = facts->synced[KIND_DEPLOYMENT] && !facts->forbidden[KIND_DEPLOYMENT];
    enum role bad = component == COMPONENT_CONTROLLER ? ROLE_STUCK : ROLE_WARNING;
    if (!found)
        add(l, rank, true, 2, known && component == COMPONENT_CONTROLLER ? ROLE_STUCK : ROLE_MUTED, GLYPH_COUNT, "%s %s", word, known ? "none" : "?");
    else
        add(l, rank, true, 2, ready >= desired && desired > 0 ? ROLE_READY : ready ? ROLE_WAITING : bad, ready >= desired && desired > 0 ? GLYPH_COUNT : GLYPH_STUCK,
            "%s %lld/%lld", word, (long long)ready, (long long)desired);
}

static void add_health(struct line *l, const struct session_info *info)
{
    char age[16];
    switch (info->health) {
    case SESSION_LIVE:               /* not before all is there: a green light over half a picture would be taken for an all-clear */
        if (info->first_list)
            add(l, 0, true, 3, ROLE_READY, GLYPH_LIVE, "live");
        else
            add(l, 0, true, 3, ROLE_WAITING, GLYPH_WAITING, "loading");
        break;
    case SESSION_STALE: add(l, 0, true, 3, ROLE_STUCK, GLYPH_STALE, "stale %s", time_short(info->stale_ms, age)); break;
    case SESSION_CONNECTING: add(l, 0, true, 3, ROLE_WAITING, GLYPH_WAITING, "connecting"); break;
    case SESSION_FAILED: add(l, 0, true, 3, ROLE_STUCK, GLYPH_STUCK, "no answer"); break;
    }
}

/* "v1.36.3+k3s1" → "1.36" */
static void short_version(const char *v, char out[16])
{
    size_t n = 0;
    int dots = 0;
    for (v += *v == 'v'; *v && n < 15; v++) {
        dots += *v == '.';
        if (dots > 1 || !(*v == '.' || (*v >= '0' && *v <= '9')))
            break;
        out[n++] = *v;
    }
    out[n] = 0;
}

static void where_line(struct line *l, const struct model *m)
{
    const struct session_info *info = m->info;
    char version[16];
    add(l, 0, false, 1, ROLE_STRONG, GLYPH_COUNT, "%s", info->context && info->context[0] ? info->context : info->server ? info->server : "");
    if (info->simulated)
        add(l, 0, false, 1, ROLE_SIMULATED, GLYPH_COUNT, "SIMULATED");
    if (m->replay) {
        char at[16], of[16];
        add(l, 0, false, 1, ROLE_SIMULATED, GLYPH_COUNT, "REPLAY %s of %s ×%g%s", time_short(m->replay->position_ms, at), time_short(m->replay->length_ms, of), m->replay->speed,
            m->replay->paused ? " stopped" : m->replay->position_ms >= m->replay->length_ms ? " at its end" : "");
    }
    if (info->insecure)
        add(l, 0, false, 1, ROLE_WARNING, GLYPH_COUNT, "INSECURE");
    if (info->read_only)
        add(l, 1, false, 1, ROLE_ACCENT, GLYPH_COUNT, "READ-ONLY");
    add(l, 2, false, 1, ROLE_NORMAL, GLYPH_DOT, info->ns ? "ns %s" : "%s", info->ns ? info->ns : "all namespaces");
    short_version(info->server_version ? info->server_version : "", version);
    if (version[0])
        add(l, 6, false, 1, ROLE_MUTED, GLYPH_DOT, "k8s %s", version);
    if (info->api_version && info->api_version[0])
        add(l, 5, false, 1, ROLE_MUTED, GLYPH_DOT, "%s", info->api_version);
    add_health(l, info);
    add_component(l, m, COMPONENT_CONTROLLER, "ctl", 3);
    add_component(l, m, COMPONENT_ROUTER, "rtr", 4);
}

static void add_kind(struct line *l, const struct model *m, int rank, bool right, enum kind kind, const char *word, const char *more)
{
    const struct cluster_facts *facts = m->facts;
    if (facts->crds_missing[kind])
        add(l, rank, right, 3, ROLE_STUCK, GLYPH_COUNT, "%s none", word);
    else if (facts->forbidden[kind] && !store_count(m->store, kind))
        add(l, rank, right, 3, ROLE_WARNING, GLYPH_COUNT, "%s refused", word);
    else if (!facts->synced[kind] && !store_count(m->store, kind))
        add(l, rank, right, 3, ROLE_MUTED, GLYPH_COUNT, "%s ?", word);
    else
        add(l, rank, right, 3, *more ? ROLE_MUTED : ROLE_NORMAL, GLYPH_COUNT, "%s %zu%s", word, store_count(m->store, kind), more);
}

/* more: "…" behind a count that may still grow, else "". */
static void add_count(struct line *l, int rank, size_t n, enum role role, enum glyph glyph, const char *word, const char *more)
{
    add(l, rank, false, 3, n && !*more ? role : ROLE_MUTED, glyph, "%zu%s %s", n, more, word);
}

/* How many were stuck over the last quarter of an hour, where any were. */
static void add_history(struct line *l, const struct model *m)
{
    struct history_slot slots[HISTORY_SLOTS];
    struct buf spark = {0};
    size_t known = 0, stuck = 0;
    if (!m->history)
        return;
    history_read(m->history, m->now_ms, slots);
    for (int i = 0; i < HISTORY_SLOTS; i++) {
        known += slots[i].known;
        stuck += slots[i].known && slots[i].count[CLAIM_STUCK];
    }
    if (known < 2 || !stuck)
        return;
    history_spark(slots, 0, 15, &spark);
    add(l, 7, true, 3, ROLE_STUCK, GLYPH_COUNT, "stuck, 15 min %s", spark.p);
    buf_free(&spark);
}

static void counts_line(struct line *l, const struct model *m, bool ascii)
{
    const char *more = m->info->first_list ? "" : glyph_text(GLYPH_ELLIPSIS, ascii);
    size_t stuck = diagnosis_count(m->diagnosis, CLAIM_STUCK), waiting = diagnosis_count(m->diagnosis, CLAIM_WAITING);
    size_t ready = diagnosis_count(m->diagnosis, CLAIM_READY), leaving = diagnosis_count(m->diagnosis, CLAIM_DELETING);
    add_kind(l, m, 0, false, KIND_CLAIM, "claims", more);
    add_count(l, 0, stuck, ROLE_STUCK, GLYPH_STUCK, "stuck", more);
    add_count(l, 0, waiting, ROLE_WAITING, GLYPH_WAITING, "waiting", more);
    add_count(l, 1, ready, ROLE_READY, GLYPH_READY, "ready", more);
    if (leaving)
        add_count(l, 3, leaving, ROLE_LEAVING, GLYPH_LEAVING, "deleting", more);
    add_kind(l, m, 5, true, KIND_SANDBOX, "sandboxes", more);
    int64_t have = 0, want = 0;
    const struct ptrs *pools = store_all(m->store, KIND_POOL);
    for (size_t i = 0; i < pools->n; i++) {
        have += AS(pool, pools->v[i])->ready;
        want += AS(pool, pools->v[i])->desired;
    }
    enum role role = *more ? ROLE_MUTED : have >= want ? ROLE_READY : have ? ROLE_WAITING : ROLE_STUCK;
    if (pools->n)
        add(l, 2, true, 3, role, GLYPH_COUNT, "pools %lld/%lld", (long long)have, (long long)want);
    else
        add_kind(l, m, 2, true, KIND_POOL, "pools", more);
    add_kind(l, m, 4, true, KIND_TEMPLATE, "templates", more);
    add_history(l, m);
}

void header_draw(struct canvas *c, struct rect r, const struct model *m)
{
    struct rect old = canvas_clip_get(c);
    canvas_clip(c, r);
    if (r.h > 0 && !m) {
        struct line none = {0};
        add(&none, 0, false, 1, ROLE_STRONG, GLYPH_COUNT, "sandtop");
        add(&none, 0, true, 1, ROLE_WAITING, GLYPH_WAITING, "connecting");
        line_draw(&none, c, (struct rect){r.y, r.x, 1, r.w});
    } else if (r.h > 0) {
        struct line where = {0}, counts = {0};
        where_line(&where, m);
        counts_line(&counts, m, canvas_ascii(c));
        if (r.h > 1)
            line_draw(&where, c, (struct rect){r.y, r.x, 1, r.w});
        line_draw(&counts, c, (struct rect){r.y + (r.h > 1), r.x, 1, r.w});
    }
    canvas_clip(c, old);
}

/* Draws one hint where it fits before end; returns the columns it wants. */
static int hint_draw(struct canvas *c, int y, int x, int end, const struct hint *h)
{
    struct buf keys = {0};
    keymap_keys(h->action, canvas_ascii(c), &keys);
    struct slice key = buf_slice(&keys);
    for (size_t k = 1; k < key.n; k++)
        if (key.p[k] == ' ')
            key.n = k;               /* the first of an action's keys */
    const char *word = h->word ? h->word : action_footer(h->action);
    int wide = key.n ? text_columns(key) + 1 + text_columns(slice_of(word)) : 0;
    if (key.n && x + wide <= end) {
        int at = canvas_put(c, y, x, ROLE_KEY, key) + 1;
        canvas_text(c, y, x + at, ROLE_MUTED, word);
    }
    buf_free(&keys);
    return wide;
}

void footer_hints(struct canvas *c, struct rect line, const struct hint *hints, size_t n)
{
    static const struct hint always[] = {{ACTION_HELP, NULL}, {ACTION_QUIT, NULL}};
    int x = line.x + 1, end = line.x + line.w - 1;
    for (size_t i = sizeof always / sizeof *always; i-- > 0;) {
        int wide = hint_draw(c, line.y, 0, -1, &always[i]);
        if (end - wide >= line.x)
            hint_draw(c, line.y, end - wide, end, &always[i]);
        end -= wide + 2;
    }
    for (size_t i = 0; i < n; i++) {
        int wide = hint_draw(c, line.y, x, end, &hints[i]);
        if (x + wide > end)
            break;
        x += wide + (wide ? 2 : 0);
    }
}

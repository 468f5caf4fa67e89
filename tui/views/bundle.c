/* The triage bundle of what is selected: asks where to write it, then shows how far it is. It goes on when this is closed. */
#include "tui/views/panes.h"

#include "core/base/mem.h"

#include <stdlib.h>
#include <unistd.h>

enum { ASK_FILE = 1 };
struct bundle_view {
    struct view view;
    struct object_ref about;         /* KIND_NONE: all that are stuck */
    bool asked;
    bool watching;                   /* one was under way when this was opened: it shows that one, and asks for no other */
};

static struct view *bundle_view_new(void)
{
    struct bundle_view *b = NEW(struct bundle_view);
    b->view.ops = &bundle_view;
    b->about.kind = KIND_NONE;
    return &b->view;
}

static void bundle_view_free(struct view *v)
{
    free(v);
}

static void bundle_view_update(struct view *v, const struct model *m)
{
    struct bundle_view *b = (struct bundle_view *)v;
    const struct object *claim = m->selected ? chain_claim(m->selected) : NULL;
    if (b->asked)
        return;
    b->asked = true;
    b->watching = m->bundle && m->bundle->state < BUNDLE_DONE;
    if (b->watching)
        return;
    if (m->selected && m->selected->kind == KIND_CLAIM)
        claim = m->selected;
    ref_set(&b->about, claim);
    char *name = bundle_file_name(m->now_ms);
    struct order *o = view_order(v, ORDER_ASK);
    o->ask = (struct ask){.id = ASK_FILE, .label = "write the bundle to: "};
    buf_add_text(&o->text, name);
    free(name);
}

static void bundle_view_answered(struct view *v, const struct model *m, int id, const char *text, bool done, struct err *err)
{
    struct bundle_view *b = (struct bundle_view *)v;
    (void)m;
    if (id != ASK_FILE || !done)
        return;
    if (!text) {
        view_order(v, ORDER_CLOSE);
    } else if (!text[0]) {
        err_set(err, "write a file's name");
    } else if (access(text, F_OK) == 0) {
        err_set(err, "is there already: choose another name");
    } else {
        struct order *o = view_order(v, ORDER_BUNDLE);
        o->ref = b->about;
        buf_add_text(&o->text, text);
    }
}

static void bundle_view_title(struct view *v, const struct model *m, struct buf *left, struct buf *right)
{
    const struct bundle_view *b = (const struct bundle_view *)v;
    (void)m;
    (void)right;
    buf_add_text(left, b->watching ? "Bundle" : "Bundle · ");
    if (b->watching)
        return;
    if (b->about.kind == KIND_NONE)
        buf_add_text(left, "all that are stuck");
    else
        buf_printf(left, "claim %s/%s", b->about.ns, b->about.name);
}

static void bundle_view_draw(struct view *v, const struct model *m, struct canvas *c, struct rect r, bool focused)
{
    const struct bundle_status *s = m->bundle;
    struct rect old = canvas_clip_get(c);
    int y = r.y;
    (void)v;
    (void)focused;
    canvas_clip(c, r);
    y += canvas_wrap(c, (struct rect){y, r.x + 1, 6, r.w - 2}, ROLE_MUTED,
                     SLICE("In it: the chain's objects as YAML, events, findings, timeline, the controller's and the router's lines, versions, and a recording that sandtop --replay opens. "
                           "Secrets, tokens, environment values and telling annotations are taken out; redacted.txt lists the places.")) + 1;
    if (s) {
        static const char *const words[] = {[BUNDLE_READING] = "reading", [BUNDLE_WRITING] = "writing", [BUNDLE_DONE] = "written", [BUNDLE_FAILED] = "failed"};
        enum role role = s->state == BUNDLE_FAILED ? ROLE_ERROR : s->state == BUNDLE_DONE ? ROLE_READY : ROLE_WAITING;
        canvas_printf(c, y, r.x + 1, role, "%s %s", words[s->state], s->file);
        if (s->state < BUNDLE_DONE)
            canvas_printf(c, y + 1, r.x + 1, ROLE_NORMAL, "%zu of %zu", s->done, s->all);
        else if (s->state == BUNDLE_DONE)
            canvas_printf(c, y + 1, r.x + 1, ROLE_NORMAL, "%zu claim%s, %zu objects; %zu places taken out%s", s->claims, s->claims == 1 ? "" : "s", s->objects, s->redacted,
                          s->left_out ? "; more claims are stuck than it takes" : "");
        if (s->message && s->message[0])
            canvas_wrap(c, (struct rect){y + 2, r.x + 1, r.y + r.h - y - 2, r.w - 2}, role, slice_of(s->message));
    }
    canvas_clip(c, old);
}

static unsigned bundle_view_act(struct view *v, const struct model *m, enum action action, int key)
{
    (void)v;
    (void)m;
    (void)key;
    return action == ACTION_BUNDLE ? REACT_CLOSE : REACT_NONE;
}

const struct view_ops bundle_view = {
    .name = "bundle", .create = bundle_view_new, .free = bundle_view_free, .update = bundle_view_update, .title = bundle_view_title, .draw = bundle_view_draw,
    .act = bundle_view_act, .answered = bundle_view_answered,
};

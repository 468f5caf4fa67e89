/* What keys do in a list. A key that can do nothing here says why. */
#include "tui/views/list.h"
#include "core/diagnose/words.h"
#include <ctype.h>
#include <stdio.h>

unsigned list_say(struct list *l, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(l->view.say, sizeof l->view.say, format, ap);
    va_end(ap);
    return REACT_DONE | REACT_SAY;
}

unsigned list_go(struct list *l, enum kind to, const struct object *of, const struct object *focus)
{
    struct destination *go = &l->view.go;
    *go = (struct destination){.list = to, .of = of ? of->kind : KIND_NONE};
    if (of) {
        snprintf(go->ns, sizeof go->ns, "%s", of->ns);
        snprintf(go->name, sizeof go->name, "%s", of->name);
    }
    if (focus) {
        snprintf(go->focus, sizeof go->focus, "%s", focus->name);
        snprintf(go->focus_ns, sizeof go->focus_ns, "%s", focus->ns);
    }
    return REACT_DONE | REACT_GO;
}

static unsigned move(struct list *l, size_t row)
{
    const struct list_seat *before = l->cursor;
    list_stand(l, row);
    return l->cursor == before ? REACT_DONE : REACT_DONE | REACT_SELECT;
}

static unsigned lead(struct list *l, const struct model *m, unsigned (*where)(struct list *, const struct model *, const struct object *), const char *nowhere)
{
    const struct object *o = list_selected(&l->view, m);
    if (!o)
        return list_say(l, "there is no row here");
    return where ? where(l, m, o) : list_say(l, "%s", nowhere);
}

unsigned list_act(struct view *v, const struct model *m, enum action action, int key)
{
    struct list *l = (struct list *)v;
    (void)key;
    list_fresh(l, m);
    size_t page = l->height > 1 ? (size_t)l->height - 1 : 1, last = l->rows.n ? l->rows.n - 1 : 0;
    switch (action) {
    case ACTION_UP:
        return move(l, l->at ? l->at - 1 : 0);
    case ACTION_DOWN:
        return move(l, l->at + 1);
    case ACTION_PAGE_UP:
        return move(l, l->at > page ? l->at - page : 0);
    case ACTION_PAGE_DOWN:
        return move(l, l->at + page);
    case ACTION_TOP: {
        unsigned did = move(l, 0);
        l->home = true;
        l->scroll = 0;
        return did;
    }
    case ACTION_BOTTOM:
        return move(l, last);
    case ACTION_ENTER:
    case ACTION_RIGHT:
        return lead(l, m, l->kind->enter, "the chain ends here");
    case ACTION_UPWARD:
    case ACTION_LEFT:
        return lead(l, m, l->kind->upward, "nothing stands above this in the chain");
    default:
        return REACT_NONE;
    }
}

void list_command(struct view *v, const struct model *m, struct buf *out)
{
    struct list *l = (struct list *)v;
    const struct object *o = list_selected(v, m);
    const struct kind_info *kind = kind_info(l->kind->kind);
    buf_add_text(out, "kubectl get ");
    if (!o) {
        buf_add_text(out, kind->plural);
    } else {
        for (const char *c = kind->name; *c; c++)
            buf_add_byte(out, (char)tolower((unsigned char)*c));
        buf_add_byte(out, ' ');
        shell_word(out, o->name);
    }
    const char *ns = o ? o->ns : m->info ? m->info->ns : NULL;
    if (kind->flags & KIND_NAMESPACED) {
        buf_add_text(out, ns ? " -n " : " -A");
        if (ns)
            shell_word(out, ns);
    }
    if (o)
        buf_add_text(out, " -o yaml");
}

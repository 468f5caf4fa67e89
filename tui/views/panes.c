/* What the panes beside the lists share: see panes.h. */
#include "tui/views/panes.h"
#include <stdio.h>

const char *kind_short(enum kind kind)
{
    static const char *const words[KIND_COUNT] = {
        [KIND_CLAIM] = "claim",   [KIND_SANDBOX] = "sandbox",       [KIND_POOL] = "pool",   [KIND_TEMPLATE] = "template",
        [KIND_POD] = "pod",       [KIND_NODE] = "node",             [KIND_EVENT] = "event", [KIND_DEPLOYMENT] = "deployment",
        [KIND_PVC] = "pvc",       [KIND_QUOTA] = "quota",           [KIND_LEASE] = "lease", [KIND_RUNTIMECLASS] = "runtimeclass",
        [KIND_STORAGECLASS] = "storageclass",
    };
    return kind >= 0 && kind < KIND_COUNT && words[kind] ? words[kind] : "";
}

enum glyph mark_glyph(enum mark mark)
{
    static const enum glyph glyphs[] = {[MARK_NONE] = GLYPH_UNKNOWN, [MARK_OK] = GLYPH_READY, [MARK_WAITING] = GLYPH_WAITING,
        [MARK_BAD] = GLYPH_STUCK, [MARK_MISSING] = GLYPH_STUCK, [MARK_LEAVING] = GLYPH_LEAVING};
    return glyphs[mark];
}

enum role mark_role(enum mark mark)
{
    static const enum role roles[] = {[MARK_NONE] = ROLE_MUTED, [MARK_OK] = ROLE_READY, [MARK_WAITING] = ROLE_WAITING, [MARK_BAD] = ROLE_STUCK,
        [MARK_MISSING] = ROLE_STUCK, [MARK_LEAVING] = ROLE_LEAVING};
    return roles[mark];
}

enum role severity_role(enum severity s)
{
    return s == SEVERITY_STUCK ? ROLE_STUCK : s == SEVERITY_WAITING ? ROLE_WAITING : s == SEVERITY_OK ? ROLE_READY : ROLE_NORMAL;
}

enum glyph severity_glyph(enum severity s)
{
    return s == SEVERITY_STUCK ? GLYPH_STUCK : s == SEVERITY_WAITING ? GLYPH_WAITING : s == SEVERITY_OK ? GLYPH_READY : GLYPH_DOT;
}

void ref_set(struct object_ref *ref, const struct object *o)
{
    *ref = (struct object_ref){.kind = o ? o->kind : KIND_NONE};
    if (!o)
        return;
    snprintf(ref->ns, sizeof ref->ns, "%s", o->ns);
    snprintf(ref->name, sizeof ref->name, "%s", o->name);
    ref->uid = o->uid;
}

bool ref_is(const struct object_ref *ref, const struct object *o)
{
    if (!o)
        return ref->kind == KIND_NONE;
    return ref->kind == o->kind && !strcmp(ref->name, o->name) && !strcmp(ref->ns, o->ns);
}

bool pane_scroll(int *top, int lines, int rows, enum action action)
{
    int last = lines > rows ? lines - rows : 0, old = *top, page = rows > 2 ? rows - 1 : 1;
    switch (action) {
    case ACTION_UP: *top -= 1; break;
    case ACTION_DOWN: *top += 1; break;
    case ACTION_PAGE_UP: *top -= page; break;
    case ACTION_PAGE_DOWN: *top += page; break;
    case ACTION_TOP: *top = 0; break;
    case ACTION_BOTTOM: *top = last; break;
    default: return false;
    }
    if (*top > last)
        *top = last;
    if (*top < 0)
        *top = 0;
    return *top != old;
}

/* The lists by kind: one row a view. */
#include "tui/views/view.h"

const struct view_ops *list_view_of(enum kind kind)
{
    static const struct view_ops *const lists[KIND_COUNT] = {
        [KIND_CLAIM] = &claims_view, [KIND_SANDBOX] = &sandboxes_view, [KIND_POOL] = &pools_view,
        [KIND_TEMPLATE] = &templates_view, [KIND_POD] = &pods_view, [KIND_NODE] = &nodes_view,
    };
    return kind < KIND_COUNT ? lists[kind] : NULL;
}

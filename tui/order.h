/* What a view wants done that is not drawing: views neither fetch nor write, they leave orders, and the app carries them out after the view has
 * acted or updated (app_order.c). Invariants: an order holds names and bytes, never objects; those that a view leaves together are carried out in their
 * turn up to the first that fails. */
#ifndef TUI_ORDER_H
#define TUI_ORDER_H
#include "core/base/buf.h"
#include "core/session/session.h"

/* An object by name, for what is kept across turns. */
struct object_ref {
    enum kind kind;                  /* KIND_NONE: none */
    char ns[254], name[254];
    struct uid uid;
};
void ref_set(struct object_ref *, const struct object *);          /* NULL: none */
bool ref_is(const struct object_ref *, const struct object *);

enum order_kind {
    ORDER_NONE,                      /* only that the screen be drawn anew */
    ORDER_FETCH,                     /* the bytes of the selected object: the view's ops->fetched gets them */
    ORDER_SELECT,                    /* ref: the list of that kind, standing on that object */
    ORDER_SAY,                       /* text: in the footer */
    ORDER_COPY,                      /* text: to the terminal's clipboard */
    ORDER_PAGER,                     /* text: shown in $PAGER while the dashboard rests */
    ORDER_ASK,                       /* text: what stands in the prompt at first; ask says the rest. The answer goes to ops->answered */
    ORDER_OPEN,                      /* view: an overlay */
    ORDER_BUNDLE,                    /* text: the file; ref: the claim, or KIND_NONE */
    ORDER_CLOSE,                     /* the overlay */
    ORDER_DO,                        /* call: something of the session's, by a function that app_order.c knows no more of */
};
struct ask {
    int id;                          /* the view's own */
    const char *label;               /* before the text; static: "save to: " */
    bool live;                       /* answered is called at each change too, with done false */
    bool secret;                     /* shown as dots, never kept in a history */
    bool remember;                   /* Up and Down bring earlier answers to the same label */
    bool yes_no;                     /* one key: y, or anything else for no; the answer is "y" or NULL */
};
struct view_ops;
struct order {
    enum order_kind kind;
    struct object_ref ref;
    struct buf text;                 /* owned by the order */
    struct ask ask;
    const struct view_ops *view;
    /* Of ORDER_DO; reads ref, text and number. What err says is said in the footer. */
    void (*call)(struct session *, const struct order *, struct err *);
    int64_t number;
    void *data;                      /* what else the call needs; NULL: nothing. Given back by free_data */
    void (*free_data)(void *);
};
/* Gives back what it owns. */
void order_drop(struct order *);
#endif

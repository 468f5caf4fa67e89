/* One list for all kinds: a kind says how a row stands, which columns it has and where its keys lead; the list keeps rows sorted and in step,
 * filters, scrolls and draws. A new list is one file with these tables, one row in views.c. */
#ifndef TUI_LIST_H
#define TUI_LIST_H
#include "core/base/pattern.h"
#include "tui/views/usage.h"
#include "tui/views/view.h"

/* How a row stands, in the order of the list. */
enum row_state { ROW_STUCK, ROW_WAITING, ROW_DELETING, ROW_READY };
struct standing {
    enum row_state state;
    int64_t since_ms;                /* wall: in that state since; 0 unknown */
};

struct list;
struct list_column {
    unsigned char narrow, wide;      /* columns it takes at most in a pane of less than 100, and in a wider one */
    unsigned char from;              /* shown in panes of at least that width */
    unsigned char least;             /* gives way to the cause down to this width; 0: does not */
    bool namespaced;                 /* shown only where the session shows all namespaces */
    bool whole;                      /* on a wide screen shown whole before names and the cause have their fill */
    bool by_state;                   /* in the state's role, else muted; the first column (the name) is never muted */
    enum fit fit;
    void (*text)(const struct list *, const struct model *, const struct object *, struct buf *out);
};

struct list_kind {
    enum kind kind;
    const char *many;                /* "claims" */
    enum kind usage_of;              /* counts claims by this kind; KIND_NONE: does not */
    bool by_name;                    /* within a state sorted by name, not by time */
    struct standing (*judge)(const struct list *, const struct model *, const struct object *);
    const struct list_column *columns; /* the first is the name, the last the cause, which gets the rest; ends with text NULL */
    /* Where ENTER and UPWARD lead: sets list->view.go and returns REACT_GO, or says why not. */
    unsigned (*enter)(struct list *, const struct model *, const struct object *);
    unsigned (*upward)(struct list *, const struct model *, const struct object *);
};

/* One object of the kind. Sorted by state, then order, then names. */
struct list_seat {
    const struct object *o;          /* NULL: gone. Known to be there as long as each turn's changes are read */
    int64_t order;
    unsigned char state;
    bool shown;                      /* is in rows */
};

enum { LIST_COLUMNS = 10 };
struct list {
    struct view view;                /* must be first */
    const struct list_kind *kind;
    struct slots seats;              /* of struct list_seat, by slot */
    struct ptrs rows;                /* of struct list_seat, sorted */
    struct usage usage;
    struct slots leads;              /* uint32_t by slot of a pool or template: where it led when rows were made; see list_scope.c */
    /* what rows were made for; another one of these makes them anew */
    const struct store *store;
    uint64_t epoch;
    uint64_t generation;
    enum kind scope_of;
    char scope_ns[254], scope_name[254];
    bool faults_only;
    struct pattern *filter;          /* NULL: none */
    struct buf scratch;
    /* the cursor stands on a seat; `at` is its row. While `home`, it stays on the first row whatever stands there */
    const struct list_seat *cursor;
    size_t at, scroll;
    bool home;
    int height, width;               /* of the pane when it was last drawn */
    int needs[LIST_COLUMNS];         /* of the columns; they only grow while the pane's width stays, so that nothing trembles */
    int widths[LIST_COLUMNS];        /* as drawn */
};

/* list.c: rows in step */
struct view *list_create(const struct view_ops *, const struct list_kind *);
void list_free(struct view *);
void list_update(struct view *, const struct model *);
void list_fresh(struct list *, const struct model *);     /* makes the rows anew if scope or faults_only changed */
void list_filter(struct view *, const struct model *, struct slice pattern, struct err *);
const struct object *list_selected(struct view *, const struct model *);
void list_stand(struct list *, size_t row);               /* the cursor moves by the user's hand */

/* list_draw.c */
void list_title(struct view *, const struct model *, struct buf *left, struct buf *right);
void list_draw(struct view *, const struct model *, struct canvas *, struct rect, bool focused);
void list_row_text(const struct list *, const struct model *, const struct object *, struct buf *out); /* all columns: what the filter reads */

/* list_act.c */
unsigned list_act(struct view *, const struct model *, enum action, int key);
void list_command(struct view *, const struct model *, struct buf *out);
/* For enter and upward: to that list, standing on `focus` (may be NULL), narrowed to what belongs to `of` (may be NULL). */
unsigned list_go(struct list *, enum kind to, const struct object *of, const struct object *focus);
unsigned list_say(struct list *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* list_scope.c */
/* The object of that kind that o leads to along claim → pool → template and claim → sandbox → pod → node, in either direction where there is only
 * one; may be a placeholder. NULL if none. */
const struct object *leads_to(const struct object *o, enum kind);
bool in_scope(const struct list *, const struct model *, const struct object *);
void leads_note(struct list *, const struct model *);     /* remembers where pools and templates lead now */
/* Whether this change moves more rows into or out of the list than those it leads to: all have to be made anew. */
bool leads_elsewhere(const struct list *, const struct object *changed);

/* list_text.c: what several kinds' columns say */
const struct verdict *verdict_of(const struct model *, const struct object *claim);
void text_name(const struct list *, const struct model *, const struct object *, struct buf *);
void text_ns(const struct list *, const struct model *, const struct object *, struct buf *);
void text_time(const struct list *, const struct model *, const struct object *, struct buf *); /* in the state */
void text_age(const struct list *, const struct model *, const struct object *, struct buf *);
void text_node(const struct list *, const struct model *, const struct object *, struct buf *);
void text_condition(const struct condition *, struct buf *);   /* "Reason: message" */
/* How a pod stands; cause (may be NULL) gets why in a few words. */
struct standing pod_standing(const struct pod *, struct buf *cause);

#define LIST_VIEW(words, maker)                                                                                                           \
    {                                                                                                                                     \
        .name = (words), .create = (maker), .free = list_free, .update = list_update, .title = list_title, .draw = list_draw,             \
        .act = list_act, .selected = list_selected, .filter = list_filter, .command = list_command,                                      \
    }
#endif

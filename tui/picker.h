/* A list over the screen to pick one name from: typing narrows it, Enter takes, Esc leaves. A state machine like the prompt. */
#ifndef TUI_PICKER_H
#define TUI_PICKER_H
#include "core/base/ptrs.h"
#include "tui/prompt.h"

struct picker {
    bool open;
    const char *title;               /* static */
    struct ptrs items;               /* of char *, owned */
    struct ptrs shown;               /* of those, what the typed text leaves; then, if as_typed, typed.text itself: a picker is not moved */
    struct prompt typed;
    size_t at, top;
    bool free_text;                  /* a name that is not in the list may be taken too */
    bool as_typed;                   /* the last of shown is the typed text */
    char current[256];               /* marked */
};
enum picker_result { PICKER_STAYS, PICKER_TAKEN, PICKER_LEFT };
/* items are added with picker_add after picker_open, then picker_start. */
void picker_open(struct picker *, const char *title, const char *current, bool free_text);
void picker_add(struct picker *, const char *name);
void picker_start(struct picker *);
void picker_close(struct picker *);
enum picker_result picker_key(struct picker *, int key);
const char *picker_taken(const struct picker *);   /* borrowed until the picker closes; "" if there is nothing to take */
void picker_draw(struct picker *, struct canvas *, struct rect body);
#endif

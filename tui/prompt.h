/* The one line that a person types into, as a state machine without a loop of its own: fed with keys, it says what came of each. */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H
#include "core/base/err.h"
#include "tui/canvas.h"

enum prompt_mode { PROMPT_NONE, PROMPT_FILTER, PROMPT_COMMAND, PROMPT_ASK };
enum prompt_result { PROMPT_STAYS, PROMPT_CHANGED, PROMPT_ACCEPT, PROMPT_CANCEL, PROMPT_COMPLETE, PROMPT_OLDER, PROMPT_NEWER };

struct prompt {
    enum prompt_mode mode;
    char text[512];                  /* valid UTF-8, NUL-terminated */
    size_t n, at;                    /* bytes; the cursor, always between characters */
    struct err error;                /* why the text is not good as it stands */
    char hint[256];                  /* shown behind the text: what it could become */
    char label[512];                 /* of PROMPT_ASK: before the text */
    bool secret;                     /* the text is shown as dots */
};
void prompt_open(struct prompt *, enum prompt_mode, const char *text);
void prompt_close(struct prompt *);
void prompt_set(struct prompt *, const char *text);
enum prompt_result prompt_key(struct prompt *, int key);
void prompt_draw(const struct prompt *, struct canvas *, struct rect line);
/* A character as UTF-8; 0 for what is no printable character. */
size_t utf8_of_key(int key, char out[4]);
#endif

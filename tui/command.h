/* The command line's language: a kind, ns NAME, ctx NAME, theme NAME, any action by its name, q. Pure: text in, a command or a sentence out. */
#ifndef TUI_COMMAND_H
#define TUI_COMMAND_H
#include "core/base/err.h"
#include "core/base/ptrs.h"
#include "core/store/kinds.h"
#include "tui/keymap.h"

enum command_verb { COMMAND_LIST, COMMAND_NS, COMMAND_CTX, COMMAND_THEME, COMMAND_ACTION };
struct command {
    enum command_verb verb;
    enum kind kind;                  /* of LIST */
    enum action action;              /* of ACTION */
    char argument[256];              /* a namespace, context or theme; "" none */
};
/* False with a sentence where the text is no command. */
bool command_parse(struct slice text, struct command *, struct err *);
/* What may stand at the end of the text: whole words, of char *, each freed by the caller. The names are what the arguments may be. */
struct command_names {
    const struct ptrs *namespaces, *contexts, *themes; /* of char *; NULL: none known */
};
void command_complete(struct slice text, const struct command_names *, struct ptrs *out);
/* Where the word being typed begins in the text. */
size_t command_word_start(struct slice text);
#endif

/* A command's words and an end's names: pure functions and tables. */
#ifndef RUN_WORDS_H
#define RUN_WORDS_H
#include "core/base/buf.h"

/* Whether a shell would do something with it that a splitter of words does not: pipes, redirections, ; && || &, $ ` * ? [ ~ outside of
 * quotes (and $ ` within double ones), assignments before the command, built-ins such as cd and export. */
bool run_needs_shell(const char *command);
/* Splits as Python's shlex (posix) does. NULL-terminated and owned by the caller (run_words_free); NULL where a quote stays open. */
char **run_words(const char *command);
void run_words_free(char **words);
/* One word as shlex and sh read it back. */
void run_quote(struct slice word, struct buf *out);
char *run_join(const char *const *argv);                  /* words, quoted where needed; the caller frees it */
/* The exit code as a shell has it: -9 (Python's word for a signal) is 137. */
int run_exit_status(int64_t code);
/* "0", "2", "126: not executable", "127: not found", "137: killed, SIGKILL", "143: ended, SIGTERM"; the caller frees it. */
char *run_exit_name(int status);

struct run_symptoms {
    int exit_status;
    bool not_started;                /* the runtime could not launch it */
    struct slice err, out;           /* the last few kB */
    const char *image, *template_name; /* "" unknown */
    const char *command;
    bool oom_killed;                 /* the pod's status says so */
};
/* What is missing in the image or template, in a sentence or two; the caller frees it; NULL: nothing known. */
char *run_hint(const struct run_symptoms *);
#endif

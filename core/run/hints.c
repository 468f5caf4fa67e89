/* From what a failed command wrote to what its image or template lacks. One row, one hint; the first that fits counts. */
#include "core/run/words.h"

#include "core/base/mem.h"

#include <stdlib.h>

enum { QUOTED_MOST = 200 };

/* The text between open and close after the last occurrence of lead; empty where there is none. */
static struct slice quoted(struct slice text, const char *lead, const char *open, const char *close)
{
    ptrdiff_t found = -1;
    struct slice rest = text;

    for (ptrdiff_t at; (at = slice_find(rest, slice_of(lead))) >= 0;) {
        rest.p += (size_t)at + strlen(lead);
        rest.n -= (size_t)at + strlen(lead);
        found = rest.p - text.p;
    }
    if (found < 0)
        return (struct slice){0};
    rest = (struct slice){text.p + found, text.n - (size_t)found};
    const char *line_end = rest.n ? memchr(rest.p, '\n', rest.n) : NULL;
    if (line_end)
        rest.n = (size_t)(line_end - rest.p);
    ptrdiff_t from = *open ? slice_find(rest, slice_of(open)) : 0;
    if (from < 0)
        return (struct slice){0};
    rest.p += (size_t)from + strlen(open);
    rest.n -= (size_t)from + strlen(open);
    ptrdiff_t to = *close ? slice_find(rest, slice_of(close)) : (ptrdiff_t)rest.n;
    if (to < 0 || to > QUOTED_MOST)
        return (struct slice){0};
    return (struct slice){rest.p, (size_t)to};
}

/* "sh: 1: nosuch: not found", "bash: line 1: nosuch: command not found": the word before. */
static struct slice word_before(struct slice text, const char *words)
{
    ptrdiff_t end = slice_find(text, slice_of(words));
    size_t from = end > 0 ? (size_t)end : 0;

    while (from > 0 && text.p[from - 1] != '\n' && text.p[from - 1] != ' ')
        from--;
    return end > 0 && (size_t)end - from <= QUOTED_MOST ? (struct slice){text.p + from, (size_t)end - from} : (struct slice){0};
}

static bool says(const struct run_symptoms *s, const char *part)
{
    return slice_find_caseless(s->err, slice_of(part)) >= 0 || slice_find_caseless(s->out, slice_of(part)) >= 0;
}

static char *image_words(const struct run_symptoms *s)
{
    if (*s->image && *s->template_name)
        return mem_printf("the image %s of template %s", s->image, s->template_name);
    if (*s->image)
        return mem_printf("the image %s", s->image);
    return *s->template_name ? mem_printf("the image of template %s", s->template_name) : mem_text("the sandbox's image");
}

static char *template_words(const struct run_symptoms *s)
{
    return *s->template_name ? mem_printf("template %s", s->template_name) : mem_text("the template");
}

static char *hint_oom(const struct run_symptoms *s, const char *image, const char *tmpl)
{
    (void)image;
    if (s->oom_killed)
        return mem_printf("The container ran out of memory (the pod says OOMKilled): raise resources.limits.memory in %s, "
                          "or let the command need less.", tmpl);
    if (s->exit_status != 137)
        return NULL;
    return mem_printf("Killed from outside; mostly for want of memory: look at resources.limits.memory in %s. The pod itself does not say "
                      "OOMKilled.", tmpl);
}

static char *hint_module(const struct run_symptoms *s, const char *image, const char *tmpl)
{
    (void)tmpl;
    struct slice name = quoted(s->err, "No module named ", "", "");
    if (name.n > 1 && (*name.p == '\'' || *name.p == '"')) {
        name.p++;
        name.n -= name.p[name.n - 2] == '\'' || name.p[name.n - 2] == '"' ? 2 : 1;
    }
    if (name.n)
        return mem_printf("%s lacks the Python module %.*s: add it (pip install) where that image is built, or name another image in the "
                          "template.", image, (int)name.n, name.p);
    struct slice part = quoted(s->err, "cannot import name ", "'", "'");
    if (part.n)
        return mem_printf("%s has another version of a Python module than the code wants: it holds no %.*s.", image, (int)part.n, part.p);
    return says(s, "ImportError: ")
        ? mem_printf("%s has a Python module that cannot be loaded: a system library may be missing beside it.", image) : NULL;
}

static char *hint_program(const struct run_symptoms *s, const char *image, const char *tmpl)
{
    (void)tmpl;
    if (s->exit_status != 127 && !s->not_started && !says(s, "command not found") && !says(s, "executable file not found"))
        return NULL;
    struct slice name = quoted(s->err, "No such file or directory: ", "'", "'");
    if (!name.n)
        name = quoted(s->err, "exec: ", "\"", "\"");
    if (!name.n)
        name = word_before(s->err, ": command not found");
    if (!name.n)
        name = word_before(s->err, ": not found");
    if (says(s, "Permission denied"))
        return NULL;
    return name.n ? mem_printf("%s has no program %.*s: install it where that image is built, or give its whole path.", image, (int)name.n,
                               name.p)
                  : mem_printf("%s has no such program: install it where that image is built, or give its whole path.", image);
}

static char *hint_file(const struct run_symptoms *s, const char *image, const char *tmpl)
{
    if (!says(s, "No such file or directory"))
        return NULL;
    struct slice name = quoted(s->err, "can't open file ", "'", "'");
    if (!name.n)
        name = quoted(s->err, "No such file or directory: ", "'", "'");
    if (name.n)
        return mem_printf("%s holds no file %.*s: copy it in where that image is built, or mount it in %s.", image, (int)name.n, name.p,
                          tmpl);
    return mem_printf("A file that the command wants is not there: copy it into %s, or mount it in %s.", image, tmpl);
}

static char *hint_read_only(const struct run_symptoms *s, const char *image, const char *tmpl)
{
    (void)image;
    return says(s, "Read-only file system")
        ? mem_printf("The file system is read-only (readOnlyRootFilesystem): write to a mounted volume, add an emptyDir in %s "
                                                         "for the place that is written to.", tmpl) : NULL;
}

static char *hint_denied(const struct run_symptoms *s, const char *image, const char *tmpl)
{
    if (s->exit_status == 126 || (s->not_started && says(s, "Permission denied")))
        return mem_printf("The file is there but may not be executed: set its mode (chmod +x) where %s is built.", image);
    return says(s, "Permission denied")
        ? mem_printf("The sandbox's user may not do that: look at runAsUser and fsGroup in %s, and at the owner of the files in %s.",
                                                     tmpl, image) : NULL;
}

static char *hint_space(const struct run_symptoms *s, const char *image, const char *tmpl)
{
    (void)image;
    return says(s, "No space left on device") ? mem_printf("A disk is full: raise ephemeral-storage or the emptyDir's sizeLimit in %s.",
                                                           tmpl) : NULL;
}

static char *hint_network(const struct run_symptoms *s, const char *image, const char *tmpl)
{
    (void)image;
    return says(s, "Temporary failure in name resolution") || says(s, "Could not resolve host") || says(s, "Network is unreachable")
               ? mem_printf("The sandbox reaches no network: its NetworkPolicy or DNS forbids it; look at networkPolicy in %s.", tmpl)
                   : NULL;
}

static char *hint_encoding(const struct run_symptoms *s, const char *image, const char *tmpl)
{
    (void)image;
    (void)tmpl;
    return s->not_started && says(s, "codec can't decode")
        ? mem_text("It ran, but this runtime can only hand out text and its output was not UTF-8: choose pods/exec, "
                                                                      "which brings bytes.") : NULL;
}

char *run_hint(const struct run_symptoms *s)
{
    static char *(*const rows[])(const struct run_symptoms *, const char *image, const char *tmpl) = {
        hint_encoding, hint_oom, hint_module, hint_read_only, hint_space, hint_program, hint_denied, hint_file, hint_network,
    };
    char *image = image_words(s), *tmpl = template_words(s), *hint = NULL;

    for (size_t i = 0; !hint && (s->exit_status != 0 || s->not_started) && i < sizeof rows / sizeof *rows; i++)
        hint = rows[i](s, image, tmpl);
    if (hint && *hint >= 'a' && *hint <= 'z')
        *hint -= 'a' - 'A';
    free(image);
    free(tmpl);
    return hint;
}

/* What was changed on a controller and is to be put back, kept in a small file so that it outlives sandtop: one entry for each server, namespace and
 * Deployment. The file is of the user's own, mode 0600; whatever stands in it, reading ends in entries that are well formed or in none. */
#ifndef SESSION_CONTROLLER_MEMORY_H
#define SESSION_CONTROLLER_MEMORY_H
#include "core/base/err.h"
#include "core/base/ptrs.h"

#include <stdbool.h>
#include <stdint.h>

struct debug_memory {
    char *server, *ns, *name, *container, *uid;           /* uid: of the Deployment */
    bool had_args;                                        /* false: there was no list of arguments at all */
    struct ptrs before, after;                            /* of owned texts */
    int64_t changed_ms;                                   /* wall */
};
void memory_clear(struct debug_memory *);
void memory_copy(struct debug_memory *to, const struct debug_memory *from); /* to is empty before */

/* $XDG_STATE_HOME/sandtop, else ~/.local/state/sandtop; NULL where neither is known. The caller frees it. */
char *memory_dir(void);
/* The entry of that server; ns and name NULL: any of the server's. False: none. */
bool memory_load(const char *dir, const char *server, const char *ns, const char *name, struct debug_memory *out);
/* Puts the entry in the place of the one of the same three names. */
bool memory_save(const char *dir, const struct debug_memory *, struct err *);
bool memory_forget(const char *dir, const struct debug_memory *, struct err *);
#endif

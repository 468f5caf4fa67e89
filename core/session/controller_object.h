/* A Deployment as the server sends it, as far as changing one container's arguments goes: reading it, the patch, and how far its roll-out is. Pure. */
#ifndef SESSION_CONTROLLER_OBJECT_H
#define SESSION_CONTROLLER_OBJECT_H
#include "core/session/controller_args.h"

struct controller_object {
    char *uid, *version, *container;                      /* version: metadata.resourceVersion */
    size_t index;                                         /* of the container */
    struct ptrs command, args;
    bool has_args;
    int64_t generation, observed, desired, replicas, updated, available;
    char *progress_reason, *progress_message;             /* of the condition Progressing; NULL if none */
};
/* container: its name; where there is none of that name the one called agent-sandbox-controller, else the only one. False with a sentence. */
bool controller_object_read(struct controller_object *, json deployment, const char *container, struct err *);
void controller_object_clear(struct controller_object *);
/* The JSON patch (RFC 6902) that gives the container those arguments (NULL: none at all), if the object is still as it was read. */
void controller_object_patch(struct buf *out, const struct controller_object *, const struct ptrs *args);

enum rollout { ROLLOUT_RUNNING, ROLLOUT_DONE, ROLLOUT_STUCK };
/* How far it is, as kubectl rollout status tells it; *progress: a sentence, the caller frees it. */
enum rollout controller_object_rollout(const struct controller_object *, int64_t generation, char **progress);
#endif

/* What an earlier sandtop has left in the cluster, said once: test sandboxes, debug flags that are still on. */
#include "tui/app_state.h"
#include <stdio.h>

void app_remind(struct app *app)
{
    const struct model *m = &app->model;
    char text[256] = "";

    if (!app->leftovers_told && m->n_leftovers) {
        app->leftovers_told = true;
        snprintf(text, sizeof text, "%zu test object%s of earlier runs of sandtop %s still there: R shows, D there deletes", m->n_leftovers,
                 m->n_leftovers == 1 ? "" : "s", m->n_leftovers == 1 ? "is" : "are");
    } else if (!app->debug_told && m->debug && m->debug->can_restore && m->debug->known) {
        app->debug_told = true;
        snprintf(text, sizeof text, "the controller's debug flags are still as sandtop has set them: V shows, and puts back what was there");
    }
    if (text[0])
        app_say(app, text);
}

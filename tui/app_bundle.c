/* The triage bundle under way: stepped with the session, told when it is done, whatever is on the screen. */
#include "core/base/mem.h"
#include "tui/app_state.h"
#include "tui/doctor.h"

#include <stdlib.h>

void app_bundle_start(struct app *app, const struct order *o)
{
    const struct model *m = &app->model;
    const struct object *claim = o->ref.kind == KIND_NONE ? NULL : store_find(m->store, o->ref.kind, slice_of(o->ref.ns), slice_of(o->ref.name));
    char *names[] = {o->ref.kind == KIND_NONE ? NULL : (char *)(uintptr_t)o->ref.name, NULL};
    struct look look = {.diagnosis = m->diagnosis, .store = m->store, .now_ms = m->now_ms, .names = names, .metrics = m->facts ? m->facts->metrics : NULL};
    struct buf text = {0}, findings = {0};
    struct err err = {0};

    app_bundle_drop(app);
    doctor_text(&look, true, &text);
    doctor_json(&look, &findings);
    struct bundle_wish wish = {.file = o->text.p, .claims = &claim, .n_claims = claim ? 1 : 0, .findings_text = buf_slice(&text), .findings_json = buf_slice(&findings),
                               .program = "sandtop " VERSION};
    app->bundle = bundle_start(app->session, &wish, &err);
    if (!app->bundle)
        app_say(app, err.text ? err.text : "the bundle cannot be begun");
    app->bundle_told = false;
    err_clear(&err);
    buf_free(&text);
    buf_free(&findings);
}

void app_bundle_step(struct app *app)
{
    if (!app->bundle || app->bundle_told)
        return;
    bundle_step(app->bundle);
    const struct bundle_status *s = bundle_status(app->bundle);
    app->dirty = true;
    if (s->state < BUNDLE_DONE)
        return;
    char *text = s->state == BUNDLE_DONE ? mem_printf("bundle written: %s", s->file) : mem_printf("no bundle: %s", s->message);
    app->bundle_told = true;
    app_say(app, text);
    free(text);
}

void app_bundle_drop(struct app *app)
{
    bundle_free(app->bundle);
    app->bundle = NULL;
    app->model.bundle = NULL;
}

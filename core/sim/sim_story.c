#include "core/sim/sim_internal.h"
void story_free(struct story *s) { (void)s; }
int64_t story_due(const struct story *s) { (void)s; return INT64_MAX; }
void story_act(struct story *s) { (void)s; }
void story_changed(struct story *s, enum change_type t, const struct version *v) { (void)s; (void)t; (void)v; }
void sim_story_demo(struct sim *s) { (void)s; }

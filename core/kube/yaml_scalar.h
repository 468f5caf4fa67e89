/* What a plain YAML scalar means to kubectl's reader (YAML 1.1 as go-yaml v2 resolves it). Reading and writing must agree on it: a text
 * that would be read as something else is written in quotes. */
#ifndef KUBE_YAML_SCALAR_H
#define KUBE_YAML_SCALAR_H
#include "core/base/json.h"
#include "core/kube/yaml_tree.h"

enum yaml_type yaml_scalar_type(struct slice plain);  /* NULL, BOOL, NUMBER or TEXT */
/* Whether other readers than ours may take it for a time or a base-60 number: written in quotes, read as text. */
bool yaml_scalar_is_stamp(struct slice plain);
/* 0x1F, 0o17, 017, 1_000, .5 and the like as a JSON number; .inf and .nan, which JSON lacks, as null. */
void yaml_number_to_json(struct slice number, struct buf *out);
#endif

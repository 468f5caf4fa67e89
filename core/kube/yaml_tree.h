/* The one door to libyaml: a file as a small tree whose nodes know their line, and JSON shown as YAML text. The tree follows kubectl's
 * reader (sigs.k8s.io/yaml over go-yaml v2, YAML 1.1): only the first document counts, of two equal keys the last wins, `<<` merges at the
 * place where it stands, plain yes/no/on/off/y/n are booleans. JSON is YAML here too. */
#ifndef KUBE_YAML_TREE_H
#define KUBE_YAML_TREE_H
#include "core/base/buf.h"
#include "core/base/err.h"

enum yaml_type { YAML_NULL, YAML_BOOL, YAML_NUMBER, YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node;
struct yaml_pair {
    struct slice key;                /* empty in a list */
    int line;                        /* of the key; in a list of the value */
    const struct yaml_node *value;
};
struct yaml_node {
    enum yaml_type type;
    int line;                        /* from 1 */
    struct slice text;               /* of a scalar, NUL-terminated */
    const struct yaml_pair *pairs;   /* of LIST and MAP, in the order of the file; of two equal keys the later one counts */
    size_t n;
};

/* NULL with "NAME:LINE: not YAML: …". An empty text gives a tree whose root is YAML_NULL. text is not needed afterwards. What the tree
 * copied is zeroed when it is freed: it may be secret. */
struct yaml_tree;
struct yaml_tree *yaml_tree_new(struct slice text, const char *name, struct err *);
void yaml_tree_free(struct yaml_tree *);
const struct yaml_node *yaml_tree_root(const struct yaml_tree *);

/* A map's member; NULL where it is absent or null, or map is NULL or no map. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
const struct yaml_pair *yaml_pair(const struct yaml_node *map, const char *key);
bool yaml_is_true(const struct yaml_node *);      /* of a YAML_BOOL */
const char *yaml_type_name(enum yaml_type);       /* "a number" */
/* Appends the node as JSON. False where it is nested too deep or passes max_bytes. */
bool yaml_to_json(const struct yaml_node *, size_t max_bytes, struct buf *out);

enum yaml_flags {
    YAML_FOLD_MANAGED = 1,           /* metadata.managedFields as one line: `managedFields: […3 folded]` */
    YAML_SORT_KEYS = 2,              /* as `kubectl get -o yaml` prints them */
};
/* Appends one JSON value as a YAML document: block style, texts of several lines as literal blocks. False where json is malformed or nested
 * deeper than 200; out then holds what came before. */
bool yaml_from_json(struct slice json, struct buf *out, unsigned flags, struct err *);
#endif

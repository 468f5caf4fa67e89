/* Anything at all as a kubeconfig: it ends in a target or in one sentence; as YAML: what the tree becomes as JSON and again as YAML reads back the
 * same. clang -fsanitize=fuzzer,address builds it as a fuzzer; `make check` replays the fixtures and spoilt copies of them through it. */
#include "core/base/json.h"
#include "core/kube/kubeconfig.h"
#include "core/kube/yaml_tree.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MOST_BYTES = 65536, MOST_JSON = 1 << 20, MOST_CONTEXTS = 8 };

static void must(bool good)
{
    if (!good)
        abort();
}

static void must_say(struct err *err)
{
    must(err->text && err->text[0]);
    err_clear(err);
}

static void as_yaml(struct slice text)
{
    struct err err = {0};
    struct buf first = {0}, yaml = {0}, again = {0};
    struct yaml_tree *tree = yaml_tree_new(text, "f", &err);
    if (!tree) {
        must_say(&err);
        return;
    }
    bool whole = yaml_to_json(yaml_tree_root(tree), MOST_JSON, &first);
    yaml_tree_free(tree);
    if (whole) {
        must(yaml_from_json(buf_slice(&first), &yaml, YAML_FOLD_MANAGED & text.n, &err));
        tree = yaml_tree_new(buf_slice(&yaml), "f", &err);
        must(tree);
        must(yaml_to_json(yaml_tree_root(tree), MOST_JSON * 2, &again));
        bool folded = (YAML_FOLD_MANAGED & text.n) && slice_find(buf_slice(&first), SLICE("managedFields")) >= 0;
        bool nul = slice_find(buf_slice(&first), SLICE("\\u0000")) >= 0; /* becomes U+FFFD, as in all decoded text */
        if (!folded && !nul)
            must(slice_eq(buf_slice(&first), buf_slice(&again)));
        yaml_tree_free(tree);
    }
    buf_free(&first);
    buf_free(&yaml);
    buf_free(&again);
}

static void as_json(struct slice text)
{
    struct err err = {0};
    struct buf yaml = {0};
    if (!yaml_from_json(text, &yaml, YAML_FOLD_MANAGED | YAML_SORT_KEYS, &err))
        must_say(&err);
    buf_free(&yaml);
}

static void as_file(struct slice text)
{
    static char path[] = "/tmp/sandtop-fuzz-XXXXXX";
    static const char *const groups[] = {"g", NULL};
    struct err err = {0};
    int fd = mkstemp(path);
    must(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n);
    close(fd);
    struct kubeconfig *k = kubeconfig_load(&(struct kubeconfig_flags){.kubeconfig = path, .as = "a", .as_groups = groups}, &err);
    unlink(path);
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    if (!k) {
        must_say(&err);
        return;
    }
    const char *const *names = kubeconfig_contexts(k);
    for (int i = 0; i < MOST_CONTEXTS; i++) {
        struct target *t = kubeconfig_target(k, i ? names[i - 1] : NULL, &err);
        if (!t)
            must_say(&err);
        else
            must(t->server && !strchr(t->server, '\n') && t->context);
        target_free(t);
        if (i && !names[i])
            break;
        if (!names[0])
            break;
    }
    kubeconfig_free(k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice text = {(const char *)data, n < MOST_BYTES ? n : MOST_BYTES};
    as_yaml(text);
    as_json(text);
    as_file(text);
    return 0;
}

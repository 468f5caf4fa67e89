/* YAML read as kubectl reads it, and JSON written as YAML that reads back as the same. */
#include "tests/unit/test.h"
#include "core/base/json.h"
#include "core/kube/yaml_scalar.h"
#include "core/kube/yaml_tree.h"

static struct yaml_tree *parse(const char *text)
{
    struct err err = {0};
    struct yaml_tree *tree = yaml_tree_new(slice_of(text), "f", &err);
    if (!tree)
        fail_msg("%s", err.text);
    return tree;
}

static void assert_json(const char *yaml, const char *expected)
{
    struct buf out = {0};
    struct yaml_tree *tree = parse(yaml);
    assert_true(yaml_to_json(yaml_tree_root(tree), 65536, &out));
    assert_string_equal(out.p, expected);
    buf_free(&out);
    yaml_tree_free(tree);
}

static void assert_refused(const char *yaml, const char *sentence)
{
    struct err err = {0};
    assert_null(yaml_tree_new(slice_of(yaml), "f", &err));
    if (!strstr(err.text, sentence))
        fail_msg("\"%s\" is not in \"%s\"", sentence, err.text);
    err_clear(&err);
}

static void test_types(void **state)
{
    (void)state;
    assert_json("a: 1\nb: x\nc: yes\nd: ~\ne:\nf: 'no'\ng: [1, two]\nh: {i: j}\n",
                "{\"a\":1,\"b\":\"x\",\"c\":true,\"d\":null,\"e\":null,\"f\":\"no\",\"g\":[1,\"two\"],\"h\":{\"i\":\"j\"}}");
    assert_json("[0x1F, 017, 0o17, 1_000, .5, 5., +3, 089, -012, -0.50, 1e3, .inf, y, Off, 2020-01-01, 1.2.3, '', -, !!str 7, \"3\"]",
                "[31,15,15,1000,0.5,5,3,89,-10,-0.50,1e3,null,true,false,\"2020-01-01\",\"1.2.3\",\"\",\"-\",\"7\",\"3\"]");
    assert_json("", "null");
    assert_json("# only a comment\n", "null");
    assert_json("a: |\n  one\n  two\nb: >-\n  one\n  two\n", "{\"a\":\"one\\ntwo\\n\",\"b\":\"one two\"}");
}

static void test_documents_and_keys(void **state)
{
    (void)state;
    assert_json("a: 1\n---\na: 2\n", "{\"a\":1}");
    assert_json("a: 1\nb: 2\na: 3\n", "{\"b\":2,\"a\":3}");
    assert_json("{\n\t\"a\": [1, 2],\n\t\"b\\u0041\": \"\\u00e9\"\n}", "{\"a\":[1,2],\"bA\":\"\xc3\xa9\"}");
}

static void test_anchors(void **state)
{
    (void)state;
    assert_json("a: &x {n: 1}\nb: *x\nc: &x [2]\nd: *x\n", "{\"a\":{\"n\":1},\"b\":{\"n\":1},\"c\":[2],\"d\":[2]}");
    assert_json("a: &x {n: 1, m: 2}\nb: {<<: *x, n: 3}\n", "{\"a\":{\"n\":1,\"m\":2},\"b\":{\"m\":2,\"n\":3}}");
    assert_json("a: {n: 3, <<: [{n: 1}, {n: 2, m: 4}]}\n", "{\"a\":{\"m\":4,\"n\":1}}");
    assert_json("&k key: 1\nother: *k\n", "{\"key\":1,\"other\":\"key\"}");
    assert_json("\"<<\": 1\n", "{\"<<\":1}");
    assert_refused("a: &x\n  b: *x\n", "f:2: not YAML: the anchor's value contains itself");
    assert_refused("a: *x\n", "f:1: not YAML: the alias has no anchor");
    assert_refused("a: 1\n<<: 2\n", "f:2: not YAML: a merge key");
}

static void test_bad_text(void **state)
{
    (void)state;
    assert_refused("a: b\nc: d: e\n", "f:2: not YAML: mapping values are not allowed");
    assert_refused("a:\n\tb: c\n", "f:2: not YAML: found character that cannot start any token (a tab?");
    assert_refused("? [a]\n: b\n", "a key must be one word");
    assert_refused("a: [1\n", "f:2: not YAML");
    assert_refused("a: \x01\n", "not YAML: control characters are not allowed");
    char deep[600];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    assert_refused(deep, "nested too deep");
}

/* Each level merges the one before twice: 2^40 entries if they were all copied. */
static void test_bomb(void **state)
{
    (void)state;
    struct buf text = {0}, out = {0};
    buf_add_text(&text, "l0: &l0 {a: b}\n");
    for (int i = 1; i < 40; i++)
        buf_printf(&text, "l%d: &l%d {<<: [*l%d, *l%d]}\n", i, i, i - 1, i - 1);
    assert_refused(text.p, "too many entries");
    buf_clear(&text);
    buf_add_text(&text, "l0: &l0 [x]\n");
    for (int i = 1; i < 60; i++)
        buf_printf(&text, "l%d: &l%d [*l%d, *l%d]\n", i, i, i - 1, i - 1);
    struct yaml_tree *tree = parse(text.p);
    assert_false(yaml_to_json(yaml_tree_root(tree), 4096, &out));
    yaml_tree_free(tree);
    buf_free(&text);
    buf_free(&out);
}

static void test_lines(void **state)
{
    (void)state;
    struct yaml_tree *tree = parse("a: 1\nb:\n  c: x\n  d: null\nlist:\n- p\n- q\n");
    const struct yaml_node *root = yaml_tree_root(tree), *b = yaml_get(root, "b"), *list = yaml_get(root, "list");
    assert_int_equal(yaml_pair(root, "b")->line, 2);
    assert_int_equal(yaml_get(b, "c")->line, 3);
    assert_null(yaml_get(b, "d"));
    assert_non_null(yaml_pair(b, "d"));
    assert_null(yaml_get(NULL, "x"));
    assert_null(yaml_get(list, "x"));
    assert_int_equal(list->pairs[1].line, 7);
    yaml_tree_free(tree);
}

static char *to_yaml(const char *text, unsigned flags)
{
    struct buf out = {0};
    struct err err = {0};
    if (!yaml_from_json(slice_of(text), &out, flags, &err))
        fail_msg("%s", err.text);
    return buf_take(&out);
}

static void assert_yaml(const char *text, unsigned flags, const char *expected)
{
    char *yaml = to_yaml(text, flags);
    assert_string_equal(yaml, expected);
    free(yaml);
}

static void test_emit(void **state)
{
    (void)state;
    assert_yaml("{\"kind\":\"Pod\",\"i\":3,\"b\":true,\"z\":null,\"l\":[\"a\",{\"x\":\"v\",\"q\":[]}],\"e\":{}}", 0,
                "kind: Pod\ni: 3\nb: true\nz: null\nl:\n- a\n- x: v\n  q: []\ne: {}\n");
    assert_yaml("{\"s\":\"true\",\"i\":\"12\",\"y\":\"y\",\"t\":\"2026-11-23T08:14:02Z\",\"e\":\"\",\"c\":\"a: b\",\"m\":\"20:30\",\"d\":\"- x\"}", 0,
                "s: \"true\"\ni: \"12\"\n\"y\": \"y\"\nt: \"2026-11-23T08:14:02Z\"\ne: \"\"\nc: 'a: b'\nm: \"20:30\"\nd: '- x'\n");
    assert_yaml("{\"s\":\"one\\ntwo\\n\",\"t\":\"one\\n  two\"}", 0, "s: |\n  one\n  two\nt: |-\n  one\n    two\n");
    assert_yaml("{\"b\":1,\"a\":{\"d\":1,\"c\":2}}", YAML_SORT_KEYS, "a:\n  c: 2\n  d: 1\nb: 1\n");
    assert_yaml("\"x\"", 0, "x\n");
    assert_yaml("{\"k\\\"ey\":\"\\u001b[31m\\u0007\"}", 0, "k\"ey: \"\\e[31m\\a\"\n");
    assert_yaml("{\"a\":\"\xff\xc0\x80\xe2\x82\",\"b\":\"\xf0\x9f\x98\x80\"}", 0,
                "a: \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\nb: \"\\U0001F600\"\n");
}

static void test_fold(void **state)
{
    (void)state;
    const char *text = "{\"metadata\":{\"managedFields\":[{\"a\":1},{\"b\":[2]},3],\"name\":\"x\"},\"managedFields\":[1]}";
    assert_yaml(text, YAML_FOLD_MANAGED, "metadata:\n  managedFields: [\xe2\x80\xa6" "3 folded]\n  name: x\nmanagedFields:\n- 1\n");
    assert_yaml(text, 0, "metadata:\n  managedFields:\n  - a: 1\n  - b:\n    - 2\n  - 3\n  name: x\nmanagedFields:\n- 1\n");
}

static void test_emit_refuses(void **state)
{
    (void)state;
    static const char *const broken[] = {"", "{", "{\"a\":}", "[1,,2]", "{\"a\":1", "nope"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct buf out = {0};
        struct err err = {0};
        if (yaml_from_json(slice_of(broken[i]), &out, 0, &err))
            fail_msg("taken: %s", broken[i]);
        assert_non_null(strstr(err.text, "cannot be shown as YAML"));
        err_clear(&err);
        buf_free(&out);
    }
}

/* What is written reads back as the same JSON: real objects, item by item. */
static void test_round_trip(void **state)
{
    (void)state;
    static const char *const names[] = {"lists/crash-loop.pods.json", "lists/crash-loop.claims.json", "lists/image-missing.templates.json",
                                        "lists/quota-exceeded.events.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n;
        char *text = fixture(names[i], &n);
        struct buf yaml = {0}, once = {0}, again = {0};
        struct err err = {0};
        assert_true(yaml_from_json((struct slice){text, n}, &yaml, 0, &err));
        struct yaml_tree *tree = parse(yaml.p);
        assert_true(yaml_to_json(yaml_tree_root(tree), 64 << 20, &once));
        yaml_tree_free(tree);
        buf_clear(&yaml);
        assert_true(yaml_from_json(buf_slice(&once), &yaml, 0, &err));
        tree = parse(yaml.p);
        assert_true(yaml_to_json(yaml_tree_root(tree), 64 << 20, &again));
        yaml_tree_free(tree);
        assert_true(once.n > n / 3);
        assert_int_equal(json_count(json_get(buf_slice(&once), "items")), json_count(json_get(json_whole((struct slice){text, n}),
                                                                                              "items")));
        assert_string_equal(once.p, again.p);
        buf_free(&yaml);
        buf_free(&once);
        buf_free(&again);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types), cmocka_unit_test(test_documents_and_keys), cmocka_unit_test(test_anchors),
        cmocka_unit_test(test_bad_text), cmocka_unit_test(test_bomb), cmocka_unit_test(test_lines), cmocka_unit_test(test_emit),
        cmocka_unit_test(test_fold), cmocka_unit_test(test_emit_refuses), cmocka_unit_test(test_round_trip),
    };
    return TESTS_MAIN(tests);
}

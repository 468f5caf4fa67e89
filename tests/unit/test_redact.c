/* What must not leave, and what must stay readable. */
#include "tests/unit/test.h"

#include "core/record/redact.h"

static void check_text(const char *in, const char *out)
{
    struct buf b = {0};

    redact_text(slice_of(in), &b);
    if (strcmp(buf_slice(&b).p, out))
        fail_msg("%s\n     gives %s\n  and not %s", in, b.p, out);
    buf_free(&b);
}

static void test_texts(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"Authorization: Bearer abc.def-123", "Authorization: [redacted]"},
        {"curl -H 'Authorization: Basic dXNlcjpwYXNz' https://x/y", "curl -H 'Authorization: [redacted]' https://x/y"},
        {"map[Authorization:[Bearer s3cret]]", "map[Authorization:[redacted]"},
        {"got bearer s3cr3t-token, refused", "got bearer [redacted], refused"},
        {"Bearer token missing", "Bearer token missing"},
        {"a Basic example of it", "a Basic example of it"},
        {"Basic dXNlcjpwYXNzd29yZA==", "Basic [redacted]"},
        {"x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln y", "x [redacted] y"},
        {"t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln.", "t=[redacted]"},
        {"password=hunter2", "password=[redacted]"},
        {"DB_PASSWORD: hunter2, and so on", "DB_PASSWORD: [redacted] and so on"},
        {"db.password = \"hun\\\"ter 2\" port=5432", "db.password = \"[redacted]\" port=5432"},
        {"{\"token\":\"abc\",\"port\":1}", "{\"token\":\"[redacted]\",\"port\":1}"},
        {"{\\\"token\\\":\\\"abc\\\",\\\"port\\\":1}", "{\\\"token\\\":\\\"[redacted]\\\",\\\"port\\\":1}"},
        {"--token=abc --port=8080", "--token=[redacted] --port=8080"},
        {"run --api-key abc --port 8080", "run --api-key [redacted] --port 8080"},
        {"run --password 'a b c' x", "run --password '[redacted]' x"},
        {"curl -u me:pw https://x", "curl -u [redacted] https://x"},
        {"chown -u root x", "chown -u root x"},
        {"postgres://app:s3cret@db:5432/x", "postgres://[redacted]@db:5432/x"},
        {"https://ghx@github.com/a", "https://[redacted]@github.com/a"},
        {"pull registry.k8s.io/a@sha256:abc", "pull registry.k8s.io/a@sha256:abc"},
        {"GET /x?access_token=abc&user=u HTTP/1.1", "GET /x?access_token=[redacted] HTTP/1.1"},
        {"ghp_0123456789abcdefghijABCDEFGHIJ012345 x", "[redacted] x"},
        {"AKIAIOSFODNN7EXAMPLE", "[redacted]"},
        {"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter", "[redacted]\nafter"},
        {"-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----"},
        {"Set-Cookie: a=b; Path=/", "Set-Cookie: [redacted]"},
        {"token: Bearer abc next", "token: [redacted] next"},
        {"password=", "password="},
        {"password: \nnext", "password: \nnext"},
        {"--token=$(API_TOKEN) --secret ${X}", "--token=$(API_TOKEN) --secret ${X}"},
        {"--token=[redacted]", "--token=[redacted]"},
        {"secret \"x\" not found", "secret \"x\" not found"},
        {"MountVolume.SetUp failed for volume \"token\" : secret \"x\" not found", "MountVolume.SetUp failed for volume \"token\" : secret \"x\" not found"},
        {"--token-file=/var/run/t secretName=x", "--token-file=/var/run/t secretName=x"},
        {"max_tokens=4096", "max_tokens=4096"},
        {"automountServiceAccountToken: true", "automountServiceAccountToken: true"},
        {"Back-off restarting failed container", "Back-off restarting failed container"},
        {"exceeded quota: small, requested: requests.cpu=20m, used: requests.cpu=0", "exceeded quota: small, requested: requests.cpu=20m, used: requests.cpu=0"},
        {"dial tcp 10.0.0.1:8889: connect: connection refused", "dial tcp 10.0.0.1:8889: connect: connection refused"},
        {"bypass=1 compass: north", "bypass=1 compass: north"},
        {"dbPass=abc", "dbPass=[redacted]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_text(rows[i][0], rows[i][1]);
}

static void add_place(void *ctx, const char *place)
{
    buf_printf(ctx, "%s\n", place);
}

static void check_json(const char *in, const char *out, const char *places)
{
    struct buf b = {0}, where = {0};
    struct redact_notes notes = {.on_place = add_place, .ctx = &where};

    if (!redact_json(slice_of(in), &b, &notes))
        fail_msg("refused: %s", in);
    if (strcmp(b.p, out) || strcmp(buf_slice(&where).p, places))
        fail_msg("%s\n     gives %s\n  and not %s\n%s", in, b.p, out, buf_slice(&where).p);
    buf_free(&b);
    buf_free(&where);
}

static void test_documents(void **state)
{
    static const char *const rows[][3] = {
        {"{\"kind\":\"Pod\",\"metadata\":{\"name\":\"x\",\"managedFields\":[1,2]},\"spec\":{\"containers\":[{\"name\":\"c\",\"env\":[{\"name\":\"A\",\"value\":\"b\"},"
         "{\"name\":\"E\",\"value\":\"\"},{\"name\":\"S\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"s\",\"key\":\"password\"}}}],"
         "\"envFrom\":[{\"secretRef\":{\"name\":\"s\"}}]}]}}",
         "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"x\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"env\":[{\"name\":\"A\",\"value\":\"[redacted]\"},"
         "{\"name\":\"E\",\"value\":\"\"},{\"name\":\"S\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"s\",\"key\":\"password\"}}}],"
         "\"envFrom\":[{\"secretRef\":{\"name\":\"s\"}}]}]}}",
         "spec.containers[0].env[0].value\n"},
        {"{\"kind\":\"Secret\",\"data\":{\"a\":\"Yg==\",\"n\":null},\"stringData\":{\"c\":\"d\"}}",
         "{\"kind\":\"Secret\",\"data\":{\"a\":\"[redacted]\",\"n\":null},\"stringData\":{\"c\":\"[redacted]\"}}", "data.a\nstringData.c\n"},
        {"{\"items\":[{\"data\":{\"a\":\"b\"}}]}", "{\"items\":[{\"data\":{\"a\":\"[redacted]\"}}]}", "items[0].data.a\n"},
        {"{\"metadata\":{\"annotations\":{\"kubectl.kubernetes.io/last-applied-configuration\":\"{}\",\"agents.x-k8s.io/pod-name\":\"p-1\","
         "\"example.com/note\":\"some words\",\"example.com/on\":\"true\",\"agents.x-k8s.io/api-token\":\"q\"}}}",
         "{\"metadata\":{\"annotations\":{\"kubectl.kubernetes.io/last-applied-configuration\":\"[redacted]\",\"agents.x-k8s.io/pod-name\":\"p-1\","
         "\"example.com/note\":\"[redacted]\",\"example.com/on\":\"true\",\"agents.x-k8s.io/api-token\":\"[redacted]\"}}}",
         "metadata.annotations[\"kubectl.kubernetes.io/last-applied-configuration\"]\nmetadata.annotations[\"example.com/note\"]\n"
         "metadata.annotations[\"agents.x-k8s.io/api-token\"]\n"},
        {"{\"metadata\":{\"annotations\":{\"api.agents.x-k8s.io/state\":\"{\\\"spec\\\": {\\\"env\\\": [{\\\"name\\\":\\\"A\\\",\\\"value\\\":\\\"b\\\"}]}}\"}}}",
         "{\"metadata\":{\"annotations\":{\"api.agents.x-k8s.io/state\":\"{\\\"spec\\\":{\\\"env\\\":[{\\\"name\\\":\\\"A\\\",\\\"value\\\":\\\"[redacted]\\\"}]}}\"}}}",
         "metadata.annotations[\"api.agents.x-k8s.io/state\"](json).spec.env[0].value\n"},
        {"{\"args\":[\"--extensions\",\"--token\",\"abc\",\"--zap-log-level=debug\",\"-u\",\"a:b\",\"--password=x\"]}",
         "{\"args\":[\"--extensions\",\"--token\",\"[redacted]\",\"--zap-log-level=debug\",\"-u\",\"[redacted]\",\"--password=[redacted]\"]}",
         "args[2]\nargs[5]\nargs[6]\n"},
        {"{\"command\":[\"sh\",\"-c\",\"export API_KEY=abc; run\"]}", "{\"command\":[\"sh\",\"-c\",\"export API_KEY=[redacted] run\"]}", "command[2]\n"},
        {"{\"httpGet\":{\"httpHeaders\":[{\"name\":\"X\",\"value\":\"y\"}]}}", "{\"httpGet\":{\"httpHeaders\":[{\"name\":\"X\",\"value\":\"[redacted]\"}]}}",
         "httpGet.httpHeaders[0].value\n"},
        {"{\"en\\u0076\":[{\"name\":\"A\",\"v\\u0061lue\":\"b\"}]}", "{\"env\":[{\"name\":\"A\",\"value\":\"[redacted]\"}]}", "env[0].value\n"},
        {"{\"env\":{\"A\":\"b\",\"C\":{\"d\":[\"e\",1]}}}", "{\"env\":{\"A\":\"[redacted]\",\"C\":{\"d\":[\"[redacted]\",\"[redacted]\"]}}}",
         "env.A\nenv.C.d[0]\nenv.C.d[1]\n"},
        {"{\"env\":[\"A=b\"]}", "{\"env\":[\"[redacted]\"]}", "env[0]\n"},
        {"{\"env\":[{\"name\":\"A\",\"value\":12345}]}", "{\"env\":[{\"name\":\"A\",\"value\":\"[redacted]\"}]}", "env[0].value\n"},
        {"{\"status\":{\"token\":\"abc\",\"tokenExpirationTimestamp\":\"2026\",\"n\":[1,true,null,-2.5e3]}}",
         "{\"status\":{\"token\":\"[redacted]\",\"tokenExpirationTimestamp\":\"2026\",\"n\":[1,true,null,-2.5e3]}}", "status.token\n"},
        {"{\"message\":\"password=x\"}", "{\"message\":\"password=[redacted]\"}", "message\n"},
        {"{\"imagePullSecrets\":[{\"name\":\"regcred\"}],\"secret\":{\"secretName\":\"s\"}}",
         "{\"imagePullSecrets\":[{\"name\":\"regcred\"}],\"secret\":{\"secretName\":\"s\"}}", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_json(rows[i][0], rows[i][1], rows[i][2]);
}

static void test_hostile(void **state)
{
    static const char *const bad[] = {"", "{", "{\"a\":}", "{\"a\" 1}", "[1,]", "{\"a\":[}]}", "nonsense", "{\"env\":[{\"value\":\"s3cr3t\"}", "{\"a\":{\"b\":[1,}}"};
    struct buf out = {0}, deep = {0};

    (void)state;
    buf_add_text(&out, "before");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (redact_json(slice_of(bad[i]), &out, NULL))
            fail_msg("taken: %s", bad[i]);
        assert_string_equal(out.p, "before");
    }
    for (int i = 0; i < 500; i++)
        buf_add_text(&deep, "{\"a\":");
    buf_add_text(&deep, "1");
    for (int i = 0; i < 500; i++)
        buf_add_byte(&deep, '}');
    assert_false(redact_json(buf_slice(&deep), &out, NULL));
    assert_string_equal(out.p, "before");
    buf_free(&out);
    buf_free(&deep);
}

static void test_lines(void **state)
{
    static const char *const rows[][2] = {
        {"{\"level\":\"info\", \"msg\":\"ok\"}", "{\"level\":\"info\", \"msg\":\"ok\"}"},
        {"{\"level\":\"info\", \"password\":\"ok\"}", "{\"level\":\"info\",\"password\":\"[redacted]\"}"},
        {"{\"broken password=abc", "{\"broken password=[redacted]"},
        {"INFO: token=abc", "INFO: token=[redacted]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = {0};
        redact_line(slice_of(rows[i][0]), &b);
        assert_string_equal(b.p, rows[i][1]);
        buf_free(&b);
    }
}

/* Long texts of nothing but keys or quotes take no longer than their length allows; every prefix of a text is safe to read. */
static void test_long_and_cut(void **state)
{
    static const char *const pieces[] = {"password=\"", "token: ", "\\\"", "Bearer ", "a://", "-----BEGIN PRIVATE KEY", "eyJ", "--token ", "'", "{\"env\":["};
    struct buf in = {0}, out = {0};

    (void)state;
    for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
        buf_clear(&in);
        while (in.n < 200000)
            buf_add_text(&in, pieces[k]);
        buf_clear(&out);
        redact_text(buf_slice(&in), &out);
        buf_clear(&out);
        redact_line(buf_slice(&in), &out);
    }
    const char *text = "x {\"token\":\\\"a\\\"} Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.x --password 'q' https://u:p@h -----BEGIN PRIVATE KEY-----\nx";
    for (size_t n = 0; n <= strlen(text); n++) {
        char *exact = malloc(n ? n : 1);
        memcpy(exact, text, n);
        buf_clear(&out);
        redact_text((struct slice){exact, n}, &out);
        free(exact);
    }
    buf_free(&in);
    buf_free(&out);
}

static void learn(void *ctx, struct slice value)
{
    redact_learn(ctx, value);
}

static void test_known(void **state)
{
    struct redact_known known = {0};
    struct redact_notes notes = {.on_secret = learn, .ctx = &known};
    struct buf out = {0}, text = {0};

    (void)state;
    assert_true(redact_json(SLICE("{\"env\":[{\"value\":\"Secret-1x\",\"name\":\"DB_PASSWORD\"},{\"name\":\"MODE\",\"value\":\"production-1\"},"
                                  "{\"name\":\"TOKEN\",\"value\":\"default\"},{\"name\":\"TOKEN\",\"value\":\"short1\"}],\"args\":[\"--token\",\"Argument-2\"],"
                                  "\"password\":\"Member-33\",\"annotations\":{\"x/token\":\"Note-4444\"}}"), &out, &notes));
    assert_int_equal(known.n, 4);
    buf_add_text(&text, "Secret-1x, production-1, default, short1 Argument-2Argument-2 Member-33;Note-4444");
    assert_int_equal(redact_known(&known, &text), 5);
    assert_string_equal(text.p, "[redacted], production-1, default, short1 [redacted][redacted] [redacted];[redacted]");
    redact_forget(&known);
    assert_int_equal(redact_known(&known, &text), 0);
    buf_free(&out);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts), cmocka_unit_test(test_documents), cmocka_unit_test(test_hostile), cmocka_unit_test(test_lines),
        cmocka_unit_test(test_long_and_cut), cmocka_unit_test(test_known),
    };

    return TESTS_MAIN(tests);
}

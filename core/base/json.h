/* JSON without a tree. A value is a slice of the text it stands in; members are found by scanning, and only a string that has an escape
 * is copied to be decoded. Why not json-c for all: on the lists of 10,000 objects it takes 50 MB/s and 23 times the bytes in
 * memory, the scan takes 1 GB/s and none. Malformed input gives empty values, never a read outside the text. */
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include "core/base/buf.h"

/* A value: the bytes from its first to its last character, without white space around. n == 0: there is none. */
typedef struct slice json;

enum json_type { JSON_NONE, JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

enum json_type json_type(json);
/* The whole text as one value; empty if it is not one complete value (brackets and quotes balance; deep checks are left out). */
json json_whole(struct slice text);
json json_get(json object, const char *member);            /* member by its (unescaped) name; empty where absent */
json json_path(json object, const char *dotted);           /* "status.sandbox.name"; no name holds a dot */
/* One pass over an object's members: `struct json_walk w = json_members(o); while (json_next(&w)) ... w.key, w.value`. For an array
 * json_items, and w.key is empty. w.key is raw (without quotes, escapes left). Nesting deeper than 200 ends the walk. */
struct json_walk {
    struct slice rest;
    struct slice key;
    json value;
    bool broken;                                           /* the text was malformed where the walk ended, or the value is another type */
    bool first;                                            /* these two are json_next's own */
    char close;
};
struct json_walk json_members(json object);
struct json_walk json_items(json array);
bool json_next(struct json_walk *);
size_t json_count(json array_or_object);

/* A string value's text, appended to out decoded (UTF-8; invalid escapes and NUL become U+FFFD). False where v is not a string. */
bool json_text(json v, struct buf *out);
/* A string value as a slice: points into v itself where it has no escape, else into *scratch (which it clears first). Empty for others. */
struct slice json_str(json v, struct buf *scratch);
char *json_dup(json v);                                    /* decoded copy, NULL where v is not a string; free() it */
bool json_int(json v, int64_t *value);                     /* also a string that holds a number ("443") */
bool json_true(json v);                                    /* is the literal true */
bool json_is(json v, const char *text);                    /* is a string equal to text */
/* Appends text as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void json_quote(struct buf *out, struct slice text);
/* The whole text checked by json-c (for files and plugin output a person wrote): false with "line:column what". */
struct err;
bool json_check(struct slice text, struct err *);

/* Cuts a stream of bytes into top-level values, one pass, any chunk borders: watch streams (values with newlines between), and lists,
 * whose `items` are given one by one without the list ever being whole in memory.
 * JSON_CUT_STREAM: on_value for each top-level value. JSON_CUT_LIST: the text is one object; on_value for each element of its member
 * `items`, and on_member(key, value) for each other member (kind, metadata …) whether before or after the items. */
enum json_cut_mode { JSON_CUT_STREAM, JSON_CUT_LIST };
struct json_cut_ops {
    void (*on_value)(void *ctx, json value);
    void (*on_member)(void *ctx, struct slice key, json value); /* LIST only */
};
struct json_cutter;
struct json_cutter *json_cutter_new(enum json_cut_mode, const struct json_cut_ops *, void *ctx, size_t max_value_bytes);
/* Feeds bytes; false once the text is malformed or a value passes max_value_bytes (err says which, and the offset). The callbacks may
 * free nothing of the cutter. */
bool json_cutter_feed(struct json_cutter *, const char *bytes, size_t n, struct err *);
/* Whether the bytes so far end between values (STREAM) or with the object closed (LIST). */
bool json_cutter_complete(const struct json_cutter *);
void json_cutter_free(struct json_cutter *);
#endif

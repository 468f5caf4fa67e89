/* Secrets taken out of what leaves the terminal: objects, answers and log lines, before they are written anywhere. What is taken out
 * reads "[redacted]", and its place is told, never its value. Taken out of a document: values of environment variables (env[].value;
 * what comes from a reference has none), data of Secrets and ConfigMaps, annotations that are not Kubernetes' own
 * (last-applied-configuration too, which holds the whole object), header values of probes, arguments that name a secret, members whose
 * name is a secret's, and in every text what redact_text finds. metadata.managedFields, which hold no values and are half the bytes, are
 * left out. Rather too much than too little: a text that looks like a secret is taken for one. */
#ifndef RECORD_REDACT_H
#define RECORD_REDACT_H
#include "core/base/json.h"

#define REDACTED "[redacted]"

struct redact_notes {                /* may be NULL: nobody wants to know where */
    void (*on_place)(void *ctx, const char *place); /* "spec.containers[0].env[2].value"; borrowed */
    /* What was taken out because its name is a secret's (env API_KEY, --token, a member "password"): for redact_known. May be NULL. */
    void (*on_secret)(void *ctx, struct slice value);
    void *ctx;
};

/* Appends the document, compact, without its secrets. False where it is malformed or nested deeper than 200: out is as it was. */
bool redact_json(json document, struct buf *out, const struct redact_notes *);
/* Appends a text without its secrets: Authorization headers, bearer tokens, JWTs, key=value and "key": "value" pairs whose key is a
 * secret's, flags followed by one, user information in URLs, private keys, tokens of well-known makers. Returns how many were taken out.
 * Pure, linear in the text's length but for texts that are almost only keys. */
size_t redact_text(struct slice text, struct buf *out);
/* One line of a log: JSON by its members, else as text. Returns how many were taken out. */
size_t redact_line(struct slice line, struct buf *out);
/* Secrets that are known by now, so that they can be found where nothing tells that they are some: echoed in a log, in a message. */
struct redact_known {
    char **v;                        /* owned */
    size_t n;
};
/* Remembers it, unless it is too short, or a plain word that may stand anywhere. */
void redact_learn(struct redact_known *, struct slice value);
/* Takes out all that is known; returns how many places there were. */
size_t redact_known(const struct redact_known *, struct buf *text);
void redact_forget(struct redact_known *);
/* Whether what is called so is a secret: "password", "API_KEY", "authToken"; not "tokenFile", "secretName", which only say where one is. */
bool redact_secret_name(struct slice name);
#endif

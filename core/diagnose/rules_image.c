/* Row 21: why an image cannot be pulled. The kubelet's two reasons take turns (ErrImagePull, ImagePullBackOff); what is said here must be
 * the same
 * in both, and the same on kubelets whose back-off message leaves the cause to the event. */
#include "core/diagnose/finding.h"

#include <stdlib.h>

struct image_class {
    const char *name, *brief, *cause, *next;
    bool passing;                    /* the registry's or the node's trouble, which may end by itself */
    const char *words[8];            /* in the error, quoted parts and the image's name taken out */
};
/* Row order is the order of asking: the transport's faults first, since a proxy's or a registry's page may hold any word. */
static const struct image_class classes[] = {
    {"tls", ": registry's certificate is not trusted", "the registry's TLS certificate is not trusted",
        "Give the node the registry's CA, or correct the image",
     false, {"x509:", "certificate signed by", "tls: failed to verify", "certificate is not valid"}},
    {"plain", ": registry speaks no TLS", "the registry answers without TLS",
        "Serve the registry with TLS, or allow it as insecure on the nodes", false,
     {"server gave HTTP response to HTTPS client", "first record does not look like a TLS handshake"}},
    {"dns", ": registry's name cannot be resolved", "the name of its registry cannot be resolved",
        "Correct the image's registry, or the nodes' DNS", false,
     {"no such host", "server misbehaving", "Temporary failure in name resolution"}},
    {"refused", ": nothing answers at its registry", "nothing answers at its registry (connection refused)",
        "Start the registry, or correct the image", false,
     {"connection refused"}},
    {"timeout", ": registry does not answer", "its registry does not answer in time", "Look at the registry and the way to it", false,
     {"i/o timeout", "deadline exceeded", "Client.Timeout", "no route to host", "network is unreachable", "TLS handshake timeout",
         "connection reset"}},
    {"rate", ": registry limits pulls", "the registry limits how often one may pull", "Pull with an account, or through a mirror", true,
     {"toomanyrequests", "429 Too Many Requests", "pull QPS exceeded", "rate limit"}},
    {"denied", ": registry denies access", "the registry denies access (or hides that it is not there)",
     "Give the pod an imagePullSecret that may read it, or correct the image", false,
     {"unauthorized", "authentication required", "authorization failed", "403 Forbidden", "401 Unauthorized", "denied",
         "no basic auth credentials"}},
    {"platform", " does not fit the node's platform", "it has no variant for the node's platform",
        "Push the image for that platform, or choose other nodes", false,
     {"no match for platform", "no matching manifest", "no child with platform"}},
    {"disk", ": node's disk is full", "the node's disk is full", "Free disk space on the node", true,
        {"no space left on device", "disk quota exceeded"}},
    {"missing", " not found", "not found", "Correct the image", false,
     {"not found", "manifest unknown", "name unknown", "NotFound", "404 Not Found", "does not exist"}},
};
static const struct image_class bad_name = {"name", ": not a valid image name", "this is not a valid image name", "Correct the image",
    false, {NULL}};
static const struct image_class never = {"never", " is not on the node",
    "it is not on the node, and imagePullPolicy Never forbids to pull it",
                                         "Put the image on the nodes, or change imagePullPolicy", false, {NULL}};
static const struct image_class damaged = {"damaged", " cannot be used", "the node cannot read or verify it",
    "Look at the verbatim error; push the image again",
                                           false, {NULL}};
static const struct image_class unavailable = {"unavailable", ": its registry is unavailable", "its registry is unavailable",
    "Look at the registry and the way to it",
                                               false, {NULL}};
static const struct image_class unknown = {"unknown", " cannot be pulled", "the node does not say why",
    "Correct the image, or give the pod an imagePullSecret",
                                           false, {NULL}};

/* The error without what is quoted and without the image's name, so that an image called "denied" does not decide. */
static char *bare(const char *text, const char *image)
{
    struct buf out = {0};
    size_t n = strlen(image);
    bool quoted = false;
    for (; *text; text++) {
        if (*text == '"') {
            quoted = !quoted;
        } else if (!quoted && n && strncmp(text, image, n) == 0) {
            text += n - 1;
        } else if (!quoted) {
            buf_add_byte(&out, *text);
        }
    }
    return buf_take(&out);
}

static const struct image_class *classify(const char *text, const char *image)
{
    const struct image_class *found = NULL;
    char *words = bare(text, image);
    for (size_t i = 0; !found && i < sizeof classes / sizeof *classes; i++)
        for (size_t j = 0; !found && j < 8 && classes[i].words[j]; j++)
            if (says(words, classes[i].words[j]))
                found = &classes[i];
    free(words);
    return found;
}

static bool image_reason(const char *reason)
{
    static const char *const reasons[] = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError",
                                          "RegistryUnavailable", "SignatureValidationFailed"};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (is(reason, reasons[i]))
            return true;
    return false;
}

static const struct image_class *class_of(const struct container *k, const struct event *failed)
{
    if (is(k->reason, "InvalidImageName"))
        return &bad_name;
    if (is(k->reason, "ErrImageNeverPull"))
        return &never;
    if (is(k->reason, "ImageInspectError") || is(k->reason, "SignatureValidationFailed"))
        return &damaged;
    const struct image_class *class = classify(k->message, k->image);
    if (!class && failed)
        class = classify(failed->message, k->image);
    if (!class && is(k->reason, "RegistryUnavailable"))
        class = &unavailable;
    return class ? class : &unknown;
}

/* In a list a long image would push out what ails it: then its last part must do. */
static const char *brief_image(const char *image)
{
    enum { LONG = 28 };
    const char *slash = strrchr(image, '/');

    return slash && slash[1] && strlen(image) > LONG ? slash + 1 : image;
}

static void judge(const struct chain *c, struct finder *f, const struct container *k)
{
    const struct event *failed = event_about(&c->pod->o, "Failed", "Failed to pull image");
    const struct image_class *class = class_of(k, failed);
    bool local = is(class->name, "disk");        /* the node's own trouble */
    find(f, class->passing ? find_passing(f) : SEVERITY_STUCK, CONFIDENCE_PROVED, &c->pod->o);
    find_brief(f, "image %s%s", brief_image(k->image), class->brief);
    find_cause(f, "The image %s cannot be pulled%s: %s.", k->image, k->init ? " for an init container" : "", class->cause);
    const struct event *secret = event_about(&c->pod->o, "FailedToRetrieveImagePullSecret", NULL);
    if (secret && is(class->name, "denied")) {
        struct slice names = run_after(secret->message, "pull secrets (", ")");
        find_brief(f, "image %s: pull secret %.*s not found", brief_image(k->image), SHOW(names));
        find_cause(f, "The image %s cannot be pulled: the registry denies access, and the pod's imagePullSecret %.*s does not exist.",
                   k->image, SHOW(names));
        find_next(f, "Create secret %.*s in namespace %s, or name another in the template", SHOW(names), c->pod->o.ns);
        find_command(f, "kubectl get secrets -n %s", c->pod->o.ns);
    } else if (class->passing)
        find_next(f, "%s", class->next);
    else
        find_edit_template(f, class->next);
    if (class->passing)
        find_command(f, "kubectl describe pod %s -n %s", c->pod->o.name, c->pod->o.ns);
    /* What a namespace may read is its own matter; that an image is not there is the same for all. */
    find_group(f, "%s|%s|%s", class->name, k->image, local ? c->pod->node : says(class->name, "denied") ? c->pod->o.ns : "");
    find_container(f, c->pod, k);
    find_event(f, failed);
    /* "Unable to retrieve some image pull secrets (x); …": then the registry was asked without it. */
    find_event(f, event_about(&c->pod->o, "FailedToRetrieveImagePullSecret", NULL));
    find_ready(f);
}

bool rule_image(const struct chain *c, struct finder *f)
{
    if (!c->pod || c->pod->o.deleting_ms)
        return false;
    bool any = false;
    for (uint32_t i = 0; i < c->pod->n_containers; i++) {
        const struct container *k = &c->pod->containers[i];
        bool same = false;
        for (uint32_t j = 0; j < i && !same; j++)
            same = image_reason(c->pod->containers[j].reason) && c->pod->containers[j].image == k->image;
        if (k->state == CONTAINER_WAITING && image_reason(k->reason) && !same) {
            judge(c, f, k);
            any = true;
        }
    }
    return any;
}

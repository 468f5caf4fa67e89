/* The words of an answer that refuses. */
#ifndef KUBE_REFUSAL_H
#define KUBE_REFUSAL_H
#include "core/base/slice.h"

/* One sentence out of the body of an HTTP error: a Kubernetes Status' message, else the first line of the text, else the status' number
 * and name. Never empty; the caller frees it. */
char *refusal_text(int status, struct slice body);
#endif

/* The three requests that keep a list in step. selector is a query without '?' and may be ""; the caller frees what they return.
 * Source: kubernetes.io/docs/reference/using-api/api-concepts. */
#ifndef KUBE_LIST_QUERY_H
#define KUBE_LIST_QUERY_H

/* One page; more: the token of the page before it, "" for the first. */
char *list_query_page(const char *path, const char *selector, unsigned limit, const char *more);
/* A watch that begins with the whole list (WatchList). */
char *list_query_stream(const char *path, const char *selector, unsigned timeout_s);
char *list_query_watch(const char *path, const char *selector, const char *resource_version, unsigned timeout_s);
#endif

/* Invariant: text is NULL or one whole sentence that its owner frees; the old one lives until the new one is made, as it may be part of it. */
#include "core/base/err.h"

#include "core/base/buf.h"

#include <stdarg.h>
#include <stdlib.h>

bool err_set(struct err *err, const char *format, ...)
{
    struct buf b = {0};
    va_list ap;

    if (!err)
        return false;
    va_start(ap, format);
    buf_vprintf(&b, format, ap);     /* before the old text goes: it may be an argument */
    va_end(ap);
    free(err->text);
    err->text = buf_take(&b);
    return false;
}

bool err_prefix(struct err *err, const char *format, ...)
{
    struct buf b = {0};
    va_list ap;

    if (!err)
        return false;
    va_start(ap, format);
    buf_vprintf(&b, format, ap);
    va_end(ap);
    if (err->text)
        buf_printf(&b, ": %s", err->text);
    free(err->text);
    err->text = buf_take(&b);
    return false;
}

void err_clear(struct err *err)
{
    free(err->text);
    err->text = NULL;
}

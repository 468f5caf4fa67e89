/* What every transport shares: escaped paths. */
#include "core/kube/transport.h"

#include "core/base/buf.h"

#include <stdarg.h>

/* RFC 3986: unreserved characters stand for themselves everywhere in a path or query. */
static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

static void add_escaped(struct buf *b, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (is_unreserved(*p))
            buf_add_byte(b, (char)*p);
        else
            buf_printf(b, "%%%02X", *p);
    }
}

char *kube_path(const char *format, ...)
{
    struct buf b = {0};
    va_list ap;

    va_start(ap, format);
    for (const char *p = format; *p; p++) {
        if (p[0] != '%') {
            buf_add_byte(&b, *p);
        } else if (p[1] == 's') {
            const char *part = va_arg(ap, const char *);
            add_escaped(&b, part ? part : "");
            p++;
        } else {
            buf_add_byte(&b, '%');
            if (p[1] == '%')
                p++;
        }
    }
    va_end(ap);
    return buf_take(&b);
}

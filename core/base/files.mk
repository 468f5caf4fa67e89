noinst_LIBRARIES += libbase.a
libbase_a_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS) $(PCRE_CFLAGS)
libbase_a_SOURCES = \
	core/base/buf.c core/base/buf.h core/base/clock.c core/base/clock.h core/base/err.c core/base/err.h core/base/file.c core/base/file.h core/base/json.c core/base/json.h \
	core/base/json_cut.c core/base/json_check.c core/base/json_scan.c core/base/json_scan.h core/base/map.c core/base/map.h core/base/mem.c core/base/mem.h core/base/pattern.c core/base/pattern.h core/base/prom.c core/base/prom.h \
	core/base/ptrs.c core/base/ptrs.h core/base/slice.c core/base/slice.h core/base/strpool.c core/base/strpool.h core/base/time.c

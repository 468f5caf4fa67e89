noinst_LIBRARIES += liblogs.a
liblogs_a_SOURCES = core/logs/log_buffer.c core/logs/log_buffer.h core/logs/log_fields.c core/logs/log_fold.c core/logs/log_fold.h \
	core/logs/log_inside.h core/logs/log_line.c core/logs/log_line.h core/logs/log_order.c core/logs/log_order.h core/logs/log_words.c

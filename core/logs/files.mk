noinst_LIBRARIES += liblogs.a
liblogs_a_SOURCES = core/logs/log_buffer.c core/logs/log_buffer.h core/logs/log_fields.c core/logs/log_fold.c core/logs/log_fold.h \
	core/logs/log_inside.h core/logs/log_line.c core/logs/log_line.h core/logs/log_match.h core/logs/log_order.c core/logs/log_order.h \
	core/logs/log_query.c core/logs/log_query.h core/logs/log_rate.c core/logs/log_rate.h core/logs/log_save.c core/logs/log_save.h \
	core/logs/log_search.c core/logs/log_search.h core/logs/log_text.c core/logs/log_text.h core/logs/log_time.c core/logs/log_view.c \
	core/logs/log_view.h core/logs/log_view_inside.h core/logs/log_view_read.c core/logs/log_view_rows.c core/logs/log_words.c core/logs/log_write.c \
	core/logs/log_write.h

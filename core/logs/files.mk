noinst_LIBRARIES += liblogs.a
liblogs_a_SOURCES = core/logs/log_buffer.c core/logs/log_buffer.h core/logs/log_line.c core/logs/log_line.h

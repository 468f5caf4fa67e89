check_PROGRAMS += tests/unit/test_log_line tests/unit/test_log_buffer tests/unit/test_log_stream
tests_unit_test_log_line_SOURCES = tests/unit/test_log_line.c tests/unit/test.h
tests_unit_test_log_line_LDADD = $(LOGS_LIBS) $(CMOCKA_LIBS)
tests_unit_test_log_buffer_SOURCES = tests/unit/test_log_buffer.c tests/unit/test.h
tests_unit_test_log_buffer_LDADD = $(LOGS_LIBS) $(CMOCKA_LIBS)
tests_unit_test_log_stream_SOURCES = tests/unit/test_log_stream.c tests/unit/test.h
tests_unit_test_log_stream_LDADD = $(KUBE_LIBS) $(CMOCKA_LIBS)

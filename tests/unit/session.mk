check_PROGRAMS += tests/unit/test_options tests/unit/test_session
tests_unit_test_options_SOURCES = tests/unit/test_options.c tests/unit/test.h
tests_unit_test_options_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_session_SOURCES = tests/unit/test_session.c tests/unit/test.h
tests_unit_test_session_LDADD = libsim.a $(SESSION_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_session_logs
tests_unit_test_session_logs_SOURCES = tests/unit/test_session_logs.c tests/unit/test.h
tests_unit_test_session_logs_LDADD = libsim.a $(SESSION_LIBS) $(CMOCKA_LIBS)

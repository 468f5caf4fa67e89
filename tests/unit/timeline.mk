check_PROGRAMS += tests/unit/test_history
tests_unit_test_history_SOURCES = tests/unit/test_history.c tests/unit/diagnose_cases.h tests/unit/test.h
tests_unit_test_history_LDADD = libsim.a $(SESSION_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_timeline
tests_unit_test_timeline_SOURCES = tests/unit/test_timeline.c tests/unit/diagnose_cases.h tests/unit/test.h
tests_unit_test_timeline_LDADD = libsim.a $(SESSION_LIBS) $(CMOCKA_LIBS)

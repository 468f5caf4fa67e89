check_PROGRAMS += tests/unit/test_redact
tests_unit_test_redact_SOURCES = tests/unit/test_redact.c tests/unit/test.h
tests_unit_test_redact_LDADD = $(RECORD_LIBS) $(CMOCKA_LIBS)

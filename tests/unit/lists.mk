check_PROGRAMS += tests/unit/test_lists
tests_unit_test_lists_SOURCES = tests/unit/test_lists.c tests/unit/test.h
tests_unit_test_lists_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)

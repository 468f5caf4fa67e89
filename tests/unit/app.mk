check_PROGRAMS += tests/unit/test_app
tests_unit_test_app_SOURCES = tests/unit/test_app.c tests/unit/test.h
tests_unit_test_app_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += tests/screens

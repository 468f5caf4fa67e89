check_PROGRAMS += tests/unit/test_app tests/unit/test_prompt
tests_unit_test_app_SOURCES = tests/unit/test_app.c tests/unit/test.h
tests_unit_test_app_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_prompt_SOURCES = tests/unit/test_prompt.c tests/unit/test.h
tests_unit_test_prompt_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += tests/screens

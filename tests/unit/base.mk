check_PROGRAMS += tests/unit/test_base
tests_unit_test_base_SOURCES = tests/unit/test_base.c tests/unit/test.h
tests_unit_test_base_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)

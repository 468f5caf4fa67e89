check_PROGRAMS += tests/unit/test_rules tests/unit/test_diagnosis
tests_unit_test_rules_SOURCES = tests/unit/test_rules.c tests/unit/diagnose_cases.h tests/unit/test.h
tests_unit_test_rules_LDADD = $(DIAGNOSE_LIBS) $(CMOCKA_LIBS)
tests_unit_test_diagnosis_SOURCES = tests/unit/test_diagnosis.c tests/unit/diagnose_cases.h tests/unit/test.h
tests_unit_test_diagnosis_LDADD = $(DIAGNOSE_LIBS) $(CMOCKA_LIBS)

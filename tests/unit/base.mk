check_PROGRAMS += tests/unit/test_base
tests_unit_test_base_SOURCES = tests/unit/test_base.c tests/unit/test.h
tests_unit_test_base_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_json tests/unit/test_pattern tests/fuzz/replay_json
tests_unit_test_json_SOURCES = tests/unit/test_json.c tests/unit/test.h
tests_unit_test_json_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
tests_unit_test_pattern_SOURCES = tests/unit/test_pattern.c tests/unit/test.h
tests_unit_test_pattern_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
tests_fuzz_replay_json_SOURCES = tests/fuzz/fuzz_json.c tests/fuzz/replay_main.c
tests_fuzz_replay_json_LDADD = $(BASE_LIBS)

check_PROGRAMS += tests/unit/test_store tests/unit/test_decode tests/fuzz/replay_decode
tests_unit_test_store_SOURCES = tests/unit/test_store.c tests/unit/test.h tests/unit/store_help.h
tests_unit_test_store_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)
tests_unit_test_decode_SOURCES = tests/unit/test_decode.c tests/unit/test.h tests/unit/store_help.h
tests_unit_test_decode_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)
tests_fuzz_replay_decode_SOURCES = tests/fuzz/fuzz_decode.c tests/fuzz/replay_main.c tests/unit/store_help.h
tests_fuzz_replay_decode_LDADD = $(STORE_LIBS)

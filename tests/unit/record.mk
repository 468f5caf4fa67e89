check_PROGRAMS += tests/unit/test_redact tests/unit/test_record
tests_unit_test_redact_SOURCES = tests/unit/test_redact.c tests/unit/test.h
tests_unit_test_redact_LDADD = $(RECORD_LIBS) $(CMOCKA_LIBS)
tests_unit_test_record_SOURCES = tests/unit/test_record.c tests/unit/temp_dir.h tests/unit/test.h
tests_unit_test_record_LDADD = libsim.a $(SESSION_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/fuzz/replay_replay
tests_fuzz_replay_replay_SOURCES = tests/fuzz/fuzz_replay.c tests/fuzz/replay_main.c
tests_fuzz_replay_replay_LDADD = libsim.a $(SESSION_LIBS)

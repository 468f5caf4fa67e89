check_PROGRAMS += tests/unit/test_sim
tests_unit_test_sim_SOURCES = tests/unit/test_sim.c tests/unit/test.h
tests_unit_test_sim_LDADD = libsim.a $(BASE_LIBS) $(CMOCKA_LIBS)

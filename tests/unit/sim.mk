check_PROGRAMS += tests/unit/test_sim tests/unit/test_sim_story
tests_unit_test_sim_SOURCES = tests/unit/test_sim.c tests/unit/sim_help.h tests/unit/test.h
tests_unit_test_sim_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
tests_unit_test_sim_story_SOURCES = tests/unit/test_sim_story.c tests/unit/sim_help.h tests/unit/test.h
tests_unit_test_sim_story_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_sim_run
tests_unit_test_sim_run_SOURCES = tests/unit/test_sim_run.c tests/unit/sim_help.h tests/unit/test.h
tests_unit_test_sim_run_LDADD = $(SIM_LIBS) $(CMOCKA_LIBS)

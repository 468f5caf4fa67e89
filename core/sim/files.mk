noinst_LIBRARIES += libsim.a
libsim_a_SOURCES = core/sim/sim.c core/sim/sim.h core/sim/sim_story.c core/sim/sim_internal.h

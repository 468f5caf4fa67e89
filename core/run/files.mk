noinst_LIBRARIES += librun.a
librun_a_SOURCES = core/run/answer.c core/run/answer.h core/run/ask.c core/run/claim.c core/run/eye.c core/run/hints.c core/run/leftovers.c core/run/leftovers.h \
	core/run/output.c core/run/output.h core/run/plan.c core/run/refusals.c core/run/remove.c core/run/router.c core/run/run.c core/run/run.h \
	core/run/run_internal.h core/run/send.c core/run/wait.c core/run/words.c core/run/words.h

noinst_LIBRARIES += libdiagnose.a
libdiagnose_a_SOURCES = \
	core/diagnose/chain.c core/diagnose/cluster_rules.c core/diagnose/diagnose.c core/diagnose/diagnose.h core/diagnose/finding.c core/diagnose/finding.h \
	core/diagnose/report.c core/diagnose/rules.c core/diagnose/rules.h

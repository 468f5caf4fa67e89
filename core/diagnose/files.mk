noinst_LIBRARIES += libdiagnose.a
libdiagnose_a_SOURCES = \
	core/diagnose/answers.c core/diagnose/answers.h core/diagnose/chain.c core/diagnose/cluster_pools.c core/diagnose/cluster_rules.c core/diagnose/cluster_way.c core/diagnose/diagnose.c core/diagnose/diagnose.h core/diagnose/due.c core/diagnose/due.h \
	core/diagnose/finding.c core/diagnose/finding.h core/diagnose/gather.c core/diagnose/history.c core/diagnose/history.h core/diagnose/inside.h core/diagnose/policy.c core/diagnose/policy.h core/diagnose/report.c core/diagnose/rules.c core/diagnose/rules.h \
	core/diagnose/rules_admission.c core/diagnose/rules_claim.c core/diagnose/rules_container.c core/diagnose/rules_controller.c \
	core/diagnose/rules_image.c core/diagnose/rules_leave.c core/diagnose/rules_pod.c core/diagnose/rules_pool.c core/diagnose/rules_router.c core/diagnose/rules_volume.c \
	core/diagnose/timeline.c core/diagnose/timeline.h core/diagnose/timeline_json.c core/diagnose/timeline_parts.h core/diagnose/timeline_phases.c \
	core/diagnose/timeline_rows.c core/diagnose/timeline_text.c core/diagnose/words.c core/diagnose/words.h

noinst_LIBRARIES += libsession.a
libsession_a_SOURCES = \
	core/session/bundle.c core/session/bundle.h core/session/bundle_inside.h core/session/bundle_write.c \
	core/session/conversion.c core/session/demand.c core/session/ctl_log.c core/session/metrics.c core/session/router_log.c core/session/log_pods.c core/session/log_set.c core/session/log_set.h core/session/run_evidence.c core/session/run_evidence.h core/session/run_set.c core/session/run_set.h core/session/session.c core/session/session.h core/session/session_internal.h core/session/session_logs.h core/session/sources.c core/session/timeline_session.c \
	core/session/controller_args.c core/session/controller_args.h core/session/controller_change.c core/session/controller_inside.h core/session/controller_debug.c core/session/controller_debug.h \
	core/session/controller_memory.c core/session/controller_memory.h core/session/controller_object.c core/session/controller_object.h \
	core/session/controller_session.c

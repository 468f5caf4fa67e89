noinst_LIBRARIES += libsim.a
libsim_a_SOURCES = \
	core/sim/sim.c core/sim/sim.h core/sim/sim_boxes.c core/sim/sim_cast.c core/sim/sim_claims.c core/sim/sim_convert.c core/sim/sim_demo.c core/sim/sim_events.c \
	core/sim/sim_http.c core/sim/sim_internal.h core/sim/sim_list.c core/sim/sim_logs.c core/sim/sim_patch.c core/sim/sim_proxy.c core/sim/sim_replay.c core/sim/sim_replay.h core/sim/sim_resources.c \
	core/sim/sim_select.c core/sim/sim_server.c core/sim/sim_shapes.c core/sim/sim_stage.c core/sim/sim_story.c core/sim/sim_story.h \
	core/sim/sim_watch.c core/sim/sim_world.c core/sim/sim_write.c core/sim/sim_command.c core/sim/sim_command.h \
	core/sim/sim_pod_streams.c core/sim/sim_quota.c core/sim/sim_tunnel.c

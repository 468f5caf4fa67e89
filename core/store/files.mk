noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	core/store/decode.c core/store/decode.h core/store/decode_core.c core/store/decode_agent.c core/store/decode_event.c core/store/kinds.c core/store/kinds.h \
	core/store/links.c core/store/links.h core/store/objects.h core/store/store.c core/store/store.h

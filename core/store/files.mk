noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	core/store/chain.c core/store/decode.c core/store/decode.h core/store/decode_agent.c core/store/decode_core.c core/store/decode_demand.c core/store/decode_event.c \
	core/store/inside.h core/store/kinds.c core/store/kinds.h core/store/links.c core/store/links.h core/store/object.c core/store/objects.h \
	core/store/slab.c core/store/slab.h \
	core/store/store.c core/store/store.h core/store/table.c core/store/uid.c

libtui_a_SOURCES += \
	tui/views/claims.c tui/views/list.c tui/views/list.h tui/views/list_act.c tui/views/list_draw.c tui/views/list_scope.c \
	tui/views/list_text.c tui/views/nodes.c tui/views/pods.c tui/views/pools.c tui/views/sandboxes.c tui/views/slots.c tui/views/slots.h \
	tui/views/templates.c tui/views/usage.c tui/views/usage.h tui/views/views.c

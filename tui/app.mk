libtui_a_SOURCES += \
	tui/app_act.c tui/app_ask.c tui/app_order.c tui/app_state.h tui/order.h tui/command.c tui/command.h tui/header.c tui/header.h tui/layout.c tui/layout.h \
	tui/picker.c tui/picker.h tui/place.c tui/prompt.c tui/prompt.h \
	tui/views/events.c tui/views/logs.c tui/views/panes.c tui/views/panes.h tui/views/stock.c tui/views/why.c

libtui_a_SOURCES += \
	tui/app_act.c tui/app_ask.c tui/app_bundle.c tui/app_order.c tui/app_remind.c tui/app_run.c tui/app_state.h tui/order.h tui/command.c tui/command.h tui/header.c tui/header.h tui/layout.c tui/layout.h \
	tui/picker.c tui/picker.h tui/place.c tui/prompt.c tui/prompt.h \
	tui/views/events.c tui/views/logs.c tui/views/logs.h tui/views/logs_act.c tui/views/logs_ask.c tui/views/logs_claim.c tui/views/logs_draw.c \
	tui/views/logs_head.c tui/views/logs_pick.c tui/views/logs_row.c tui/views/logs_save.c tui/views/logs_sheet.c tui/views/logs_words.c \
	tui/views/panes.c tui/views/panes.h tui/views/stock.c tui/views/why.c

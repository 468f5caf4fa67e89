libtui_a_SOURCES += tui/views/help.c tui/views/model.c tui/views/sources.c

libtui_a_SOURCES += tui/views/yaml.c

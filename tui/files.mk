noinst_LIBRARIES += libtui.a
libtui_a_CFLAGS = $(AM_CFLAGS) $(CURSES_CFLAGS) $(UTF8PROC_CFLAGS) $(YAML_CFLAGS)
libtui_a_SOURCES = \
	tui/app.c tui/app.h tui/canvas.c tui/canvas.h tui/canvas_fit.c tui/grapheme.c tui/grapheme.h tui/keymap.c tui/keymap.h tui/role.c tui/role.h \
	tui/terminal.c tui/terminal.h tui/terminal_escape.c tui/terminal_escape.h tui/terminal_guard.c tui/terminal_guard.h \
	tui/terminal_paste.c tui/terminal_paste.h tui/theme.c tui/theme.h tui/theme_files.c \
	tui/replay_state.h tui/connect.c tui/connect.h tui/doctor.c tui/doctor.h tui/doctor_causes.c tui/doctor_causes.h tui/doctor_print.c tui/options.c tui/options.h tui/pager.c tui/pager.h tui/views/view.h
libtui_a_SOURCES += tui/log_pipe.c tui/log_pipe.h tui/logs_command.c tui/logs_command.h
libtui_a_SOURCES += tui/check_command.c tui/plain_text.c tui/plain_text.h tui/run_command.c tui/run_command.h tui/run_drive.c tui/run_drive.h
libtui_a_SOURCES += tui/bundle_command.c tui/bundle_command.h tui/complete_command.c tui/complete_command.h tui/why_timeline.c tui/why_timeline.h

bin_PROGRAMS += sandtop
sandtop_SOURCES = tui/main.c
sandtop_LDADD = $(TUI_LIBS)

install-exec-hook:
	cd '$(DESTDIR)$(bindir)' && rm -f kubectl-sandtop$(EXEEXT) && $(LN_S) sandtop$(EXEEXT) kubectl-sandtop$(EXEEXT)
uninstall-hook:
	rm -f '$(DESTDIR)$(bindir)/kubectl-sandtop$(EXEEXT)'
include tui/app.mk
include tui/views/overlays_yaml.mk
include tui/views/lists.mk
include tui/views/overlays.mk
include completion/files.mk
include scenarios/files.mk

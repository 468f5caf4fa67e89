# The demo's story is data, and in the program too, so that --demo needs no file.
EXTRA_DIST += scenarios/demo.yaml
scenariosdir = $(pkgdatadir)/scenarios
scenarios_DATA = scenarios/demo.yaml
scenarios/demo.h: $(srcdir)/scenarios/demo.yaml
	$(AM_V_GEN)$(MKDIR_P) scenarios && { echo 'static const char demo_yaml[] ='; \
		$(SED) 's/[\\"]/\\&/g; s/^/"/; s/$$/\\n"/' '$(srcdir)'/scenarios/demo.yaml; echo ';'; } >$@-t && mv $@-t $@
core/sim/sim_demo.$(OBJEXT): scenarios/demo.h
CLEANFILES += scenarios/demo.h

# The scripts are installed where the shells look for them, and are in the program too, for `sandtop completion SHELL`.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = completion/sandtop
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = completion/_sandtop
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_fishcompletion_DATA = completion/sandtop.fish

completion_texts = $(srcdir)/completion/sandtop $(srcdir)/completion/_sandtop $(srcdir)/completion/sandtop.fish
completion/scripts.h: $(completion_texts)
	$(AM_V_GEN)$(MKDIR_P) completion && for pair in bash:sandtop zsh:_sandtop fish:sandtop.fish; do \
		echo "static const char $${pair%%:*}_script[] ="; \
		$(SED) 's/[\\"]/\\&/g; s/^/"/; s/$$/\\n"/' '$(srcdir)'/completion/$${pair#*:}; echo ';'; done >$@-t && mv $@-t $@
tui/libtui_a-complete_command.$(OBJEXT): completion/scripts.h
CLEANFILES += completion/scripts.h

# Not built by default: `make tests/cluster/debug_flags`; the checks on a real cluster use it where it is there.
EXTRA_PROGRAMS += tests/cluster/debug_flags
tests_cluster_debug_flags_SOURCES = tests/cluster/debug_flags.c
tests_cluster_debug_flags_LDADD = $(TUI_LIBS)
CLEANFILES += tests/cluster/debug_flags

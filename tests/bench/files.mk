EXTRA_PROGRAMS += tests/bench/bench_session
tests_bench_bench_session_SOURCES = tests/bench/bench_session.c
tests_bench_bench_session_LDADD = $(SESSION_LIBS)
EXTRA_PROGRAMS += tests/bench/bench_rules
tests_bench_bench_rules_SOURCES = tests/bench/bench_rules.c
tests_bench_bench_rules_LDADD = $(DIAGNOSE_LIBS)
CLEANFILES += tests/bench/bench_session tests/bench/bench_rules
EXTRA_DIST += tests/bench/run tests/bench/latency.py tests/bench/until.py

.PHONY: bench
bench: sandtop tests/bench/bench_session tests/bench/bench_rules
	$(top_srcdir)/tests/bench/run .

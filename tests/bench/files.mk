EXTRA_PROGRAMS += tests/bench/bench_session
tests_bench_bench_session_SOURCES = tests/bench/bench_session.c
tests_bench_bench_session_LDADD = $(SESSION_LIBS)
EXTRA_PROGRAMS += tests/bench/bench_rules
tests_bench_bench_rules_SOURCES = tests/bench/bench_rules.c
tests_bench_bench_rules_LDADD = $(DIAGNOSE_LIBS)
EXTRA_PROGRAMS += tests/bench/bench_logs
tests_bench_bench_logs_SOURCES = tests/bench/bench_logs.c
tests_bench_bench_logs_LDADD = $(LOGS_LIBS)
CLEANFILES += tests/bench/bench_session tests/bench/bench_rules tests/bench/bench_logs
EXTRA_DIST += tests/bench/run tests/bench/latency.py tests/bench/until.py tests/bench/soak_logs.py

.PHONY: bench
bench: sandtop tests/bench/bench_session tests/bench/bench_rules tests/bench/bench_logs
	$(top_srcdir)/tests/bench/run .
	tests/bench/bench_rules
	tests/bench/bench_logs

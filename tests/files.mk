if HAVE_CMOCKA
include tests/unit/base.mk
include tests/unit/kube.mk
include tests/unit/record.mk
include tests/unit/store.mk
include tests/unit/diagnose.mk
include tests/unit/timeline.mk
include tests/unit/logs.mk
include tests/unit/run.mk
include tests/unit/sim.mk
include tests/unit/session.mk
include tests/unit/tui.mk
include tests/unit/app.mk
include tests/unit/lists.mk
endif
EXTRA_DIST += tests/fixtures
TESTS += $(check_PROGRAMS)
dist_check_SCRIPTS += tests/layers.sh
TESTS += tests/layers.sh
dist_check_SCRIPTS += tests/completion.sh
TESTS += tests/completion.sh
include tests/bench/files.mk
include tests/cluster/files.mk
EXTRA_DIST += tests/cluster setup README.md ARCHITECTURE.md BENCH.md LICENSE

dist_man1_MANS = doc/sandtop.1
EXTRA_DIST += doc/causes.md

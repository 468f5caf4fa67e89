dist_man1_MANS = doc/sandtop.1

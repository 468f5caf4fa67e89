noinst_LIBRARIES += libsession.a
libsession_a_SOURCES = core/session/session.c core/session/session.h

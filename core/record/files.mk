noinst_LIBRARIES += librecord.a
librecord_a_CFLAGS = $(AM_CFLAGS) $(ARCHIVE_CFLAGS)
librecord_a_SOURCES = \
	core/record/archive.c core/record/archive.h core/record/recorder.c core/record/recorder.h core/record/recording.h \
	core/record/recording_file.c core/record/recording_read.c core/record/recording_write.c core/record/redact.c core/record/redact.h \
	core/record/redact_known.c core/record/redact_text.c core/record/sources.c core/record/sources.h

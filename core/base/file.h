/* Bytes to a descriptor. */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include "core/base/slice.h"

/* Writes all of it to a descriptor that blocks. False with errno where the system takes no more. */
bool file_write_all(int fd, struct slice bytes);
#endif

#ifndef CMONGOSHIM_INTERNAL_H
#define CMONGOSHIM_INTERNAL_H

#include <mongoc/mongoc.h>
#include <string.h>

#include "CMongoShim.h"

/// False, with the reason, for JSON that libbson's reader would take with a loss.
bool shim_json_check(const char *json, size_t length, char *message, size_t size);

#endif

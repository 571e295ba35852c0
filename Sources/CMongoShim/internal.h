#ifndef CMONGOSHIM_INTERNAL_H
#define CMONGOSHIM_INTERNAL_H

#include <mongoc/mongoc.h>
#include <string.h>

#include "CMongoShim.h"

/// The root document of a builder, for the files that hand it to libmongoc or fill it.
bson_t *shim_builder_root(shim_builder *builder);

#endif

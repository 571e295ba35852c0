#ifndef CMONGOSHIM_INTERNAL_H
#define CMONGOSHIM_INTERNAL_H

#include <mongoc/mongoc.h>
#include <string.h>

#include "CMongoShim.h"

#endif

#pragma once
/* Between parcel_row.c, which writes rows, and parcel_row_read.c. The bytes are parcel_format.h's. */
#include "pseudonymise/encoding_check.h"
#include "pseudonymise/parcel_format.h"

enum {
    ROW_HAS_SUBJECT = 1,
    ROW_IS_NEW = 2,
    ROW_HAS_KEY = 4,
    ROW_FLAGS = 7,
    PARCEL_NULL = 0x80,
    PARCEL_ENCODING_VERSION = 1,
};

/* 0: of no type that a parcel has. */
int parcel_type_number(ValueType type);

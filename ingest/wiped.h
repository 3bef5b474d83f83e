#pragma once
/* Memory for libraries that copy what they parse: wiped before it is freed. Private to ingest. */
#include <stddef.h>

void *wiped_alloc(size_t bytes);
void *wiped_resize(void *old, size_t bytes);
void wiped_free(void *pointer); /* also of what memory_alloc or the C library gave */

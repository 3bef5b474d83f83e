#pragma once
/* What days of what groups a bulk replacement's delivery replaces, each once. Private to ingest. */
#include "ingest/rule.h"

enum { WINDOWS_MAX = 1000 };

typedef struct Windows Windows;

Windows *windows_create(void);
/* Nothing for a row that names none. Errors: ERROR_LIMIT past WINDOWS_MAX, with path. */
Result windows_add(Windows *windows, const RuleRow *row, const char *path, Error *error) CHECKED;
size_t windows_count(const Windows *windows);
/* By group; from and to of each in turn: room for twice the count. */
void windows_list(const Windows *windows, Text *groups, int64_t *days);
void windows_close(Windows **windows);

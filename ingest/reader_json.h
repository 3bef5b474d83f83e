#pragma once
/* One line of JSON lines as the fields of its columns. Private to reader.c. */
#include "ingest/names.h"

typedef struct JsonLines JsonLines;

/* names must live as long. Sets jansson's memory functions for the whole process: they wipe what they free.
 */
JsonLines *json_lines_open(Names *names);
/*
 * fields: one a column, valid until the next call; null and absent are empty. True and false are those words,
 * but false is empty where a column tells presence. Numbers keep their text. *fault_field: a column, or -1
 */
ReaderFault json_lines_split(JsonLines *lines, Text line, Text *fields, int *fault_field);
void json_lines_close(JsonLines **lines); /* wipes */

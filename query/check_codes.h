#pragma once
/* Private to query: what code lists say of themselves: terminology, its release, which concepts are inactive.
 */
#include "query/tree.h"

size_t code_list_codes(const CodeList *list);    /* each once, whatever its categories */
size_t code_list_inactive(const CodeList *list); /* of them */
/* "diabetes: 2 codes of SNOMED CT, release 2026-04-01, 1 inactive" */
void code_list_say(Text name, size_t codes, Text terminology, Text release, size_t inactive,
                   TextBuilder *out);
/* Warnings: lists with inactive concepts, and of another terminology than the column they are looked for in.
 */
void check_codes(const Tree *tree, TextBuilder *out);

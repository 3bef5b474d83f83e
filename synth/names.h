#pragma once
/* Private to synth: lists of names written for this project, all within Windows-1252. UTF-8. */
#include <stddef.h>
#include <stdint.h>

#include "synth/random.h"

enum { NAME_BYTES = 40 };

/* Indices into the lists; group is one of the five ethnic groups of geography.h. */
uint16_t names_draw_family(Stream *stream, int group);
uint16_t names_draw_given(Stream *stream, int group, int sex, int birth_year); /* sex 1 male, 2 female */
const char *names_family(uint16_t index);
const char *names_given(uint16_t index);
const char *names_street(uint16_t index); /* any index: the list is gone round */

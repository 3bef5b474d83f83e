#pragma once
/*
 * Memory for expat, wiped before it is freed. expat keeps each distinct name for as long as it reads: what a
 * parser holds is counted, and past a limit it gets none. Private to reader_xml.c.
 */
#include <stdbool.h>
#include <stddef.h>

#include <expat.h>

typedef struct XmlMemory {
    size_t held, held_max;
    bool is_exhausted; /* has asked for more */
} XmlMemory;

extern const XML_Memory_Handling_Suite XML_MEMORY;

/* Whose memory it is: before each call of expat. */
void xml_memory_use(XmlMemory *memory);

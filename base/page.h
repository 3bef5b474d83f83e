#pragma once
/*
 * A report as one HTML file that needs nothing else: no script, no font, no
 * other address. What is printed into it in between is the module's own.
 */
#include <stdio.h>

#include "base/text.h"

/* The head, the style that all reports share, and the title as its heading. */
void page_begin(Text title, FILE *out);
void page_text(Text text, FILE *out); /* with what HTML would take for its own escaped */
void page_end(FILE *out);

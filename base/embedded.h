#pragma once
/* A text file compiled into the program. */
typedef struct EmbeddedFile {
    const char *name; /* without folder and extension */
    const char *text;
} EmbeddedFile;

#pragma once
/*
 * Private to reader.c, between Input and its buffer: UTF-16 becomes UTF-8, all else passes as it is. A byte
 * order mark of UTF-16 decides, whatever is declared; it is passed over. Without one it is what is declared,
 * unless a mark of UTF-8 says otherwise.
 */
#include "base/input.h"

typedef enum TranscodeFrom { TRANSCODE_NOTHING, TRANSCODE_UTF16_LE, TRANSCODE_UTF16_BE } TranscodeFrom;

typedef struct Transcoder Transcoder;

/* input and path, which is for messages, must live as long as the transcoder. */
Transcoder *transcode_open(Input *input, const char *path, TranscodeFrom declared);
/*
 * As input_read. Half a surrogate pair becomes three bytes that are no UTF-8 (ED A0 80 to ED BF BF), so that
 * it is found where it stands; nothing else does. Errors  ERROR_INPUT for an odd byte at the end; as
 * input_read
 */
Result transcode_read(Transcoder *transcoder, void *buffer, size_t capacity, size_t *length, Error *error)
    CHECKED;
/* Known once something has been read. */
bool transcode_is_utf16(const Transcoder *transcoder);
/* A byte order mark says what the file is. As above. */
bool transcode_is_marked(const Transcoder *transcoder);
void transcode_close(Transcoder **transcoder); /* wipes what was read; accepts NULL */

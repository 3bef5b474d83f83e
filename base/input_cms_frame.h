#pragma once
/*
 * Private to base/input_cms*.c: where in a CMS message (RFC 5652, RFC 5083; DER or BER) the content stands,
 * so that it can be read as a stream. What is in front of it and behind it is small, and goes to OpenSSL as a
 * message without content.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
    CMS_DEPTH_MAX = 6,         /* containers around the content */
    CMS_LENGTH_BYTES_MAX = 10, /* a tag and its length */
    CMS_HEAD_BYTES_MAX = 64 * 1024,
    CMS_TAIL_BYTES_MAX = 64 * 1024,
};

typedef enum CmsKind { CMS_ENVELOPED, CMS_AUTH_ENVELOPED, CMS_SIGNED, CMS_KIND_COUNT } CmsKind;

typedef enum CmsOutcome {
    CMS_GOOD,
    CMS_NEEDS_MORE,
    CMS_DAMAGED,
    CMS_WITHOUT_CONTENT,
    CMS_UNSUPPORTED, /* authenticated attributes, which come too late to be used in a stream */
    CMS_FOLLOWED,    /* by other bytes */
} CmsOutcome;

typedef struct CmsFrame {
    CmsKind kind;
    size_t head_bytes; /* in front of the content */
    Text head, inner;  /* of the message's bytes: elements in front of, and in, what holds the content */
    uint64_t ends[CMS_DEPTH_MAX]; /* where each open container ends; CMS_ENDLESS: with a mark */
    size_t depth;
    uint64_t position;                        /* bytes of the message taken */
    uint64_t left;                            /* of the piece of content at hand */
    bool is_in_pieces;                        /* the last of ends is the content's own */
    bool is_over;                             /* the content is */
    unsigned char next[CMS_LENGTH_BYTES_MAX]; /* the length of the next piece, as far as it was read */
    size_t next_length;
} CmsFrame;

/* Does a message of any kind start here? */
bool cms_frame_starts(const unsigned char *bytes, size_t length, CmsKind *kind);
/* bytes: the message from its beginning. CMS_NEEDS_MORE: with more of them, again. */
CmsOutcome cms_frame_open(const unsigned char *bytes, size_t length, CmsFrame *frame);
/* Of the bytes that come next, *used are taken; the last *content of these are content. frame->is_over at its
 * end. */
CmsOutcome cms_frame_content(CmsFrame *frame, const unsigned char *bytes, size_t length, size_t *used,
                             size_t *content);
/* All that is left of the file. *tail: the code of an auth-enveloped message; of a signed one, what stands
 * behind its content. */
CmsOutcome cms_frame_close(const CmsFrame *frame, const unsigned char *bytes, size_t length, Text *tail);
/* The message without content, as DER. tail: of a signed one as above, else a code. */
void cms_frame_rebuild(const CmsFrame *frame, Text tail, TextBuilder *out);

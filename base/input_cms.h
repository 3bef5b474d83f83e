#pragma once
/* Private to base/input_cms*.c: a CMS message being read. */
#include <openssl/cms.h>

#include "base/input_cms_frame.h"
#include "base/input_layer.h"

enum { CMS_PIECE_BYTES = 16 * 1024 };

typedef struct Cms {
    CmsFrame frame;
    TextBuilder tail; /* of the message: what stands behind its content */
    unsigned char
        *kept; /* content that was made and not given yet: CMS_PIECE_BYTES and a block of the cipher */
    size_t kept_length, kept_at;
    bool has_ended;           /* and was found good */
    CMS_ContentInfo *message; /* without content */
    BIO *chain;               /* OpenSSL's own way of the content */
    EVP_CIPHER_CTX *cipher;   /* of chain */
    char *head;               /* a copy of that of the frame, for which a signed message still has a use */
} Cms;

/* What a kind of message does with its content. */
Result cms_enveloped_begin(InputLayer *layer, Error *error) CHECKED;
Result cms_enveloped_take(InputLayer *layer, const unsigned char *bytes, size_t length, Error *error) CHECKED;
Result cms_enveloped_end(InputLayer *layer, Text code, Error *error) CHECKED;
Result cms_signed_begin(InputLayer *layer, Error *error) CHECKED;
Result cms_signed_take(InputLayer *layer, const unsigned char *bytes, size_t length, Error *error) CHECKED;
Result cms_signed_end(InputLayer *layer, Text tail, Error *error) CHECKED;

/* The frame's message without its content. */
Result cms_parse(const InputLayer *layer, Text tail, CMS_ContentInfo **message, Error *error) CHECKED;
/* ERROR_INPUT but for CMS_GOOD */
Result cms_tell(const InputLayer *layer, CmsOutcome outcome, Error *error) CHECKED;

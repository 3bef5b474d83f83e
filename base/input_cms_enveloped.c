/* Enveloped (RFC 5652, 6) and auth-enveloped (RFC 5083) messages: who has one of our keys reads the content.
 */
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/input_cms.h"
#include "base/input_cms_keys.h"

enum { CODE_BYTES = 16 };

static Result try_key(const char *path, CMS_ContentInfo *message, bool *opened, Error *error)
{
    SCOPED(cms_key_close) EVP_PKEY *key = NULL;
    SCOPED(cms_certificate_close) X509 *certificate = NULL;

    TRY(cms_key_check(path, error));
    TRY(cms_key_read(path, &key, &certificate, error));
    *opened = CMS_decrypt_set1_pkey(message, key, certificate) == 1;
    ERR_clear_error();
    return RESULT_OK;
}

static Result find_key(const InputLayer *layer, Error *error)
{
    const Cms *cms = layer->decoder;
    char path[CMS_PATH_BYTES];
    const InputKeys *keys;
    bool opened = false;

    TRY(input_layer_keys(layer, &keys, error));
    for (int number = 1; number <= CMS_KEYS_MAX && !opened; number++) {
        TRY(cms_key_path(keys->folder, number, path, error));
        if (access(path, F_OK) != 0)
            continue;
        TRY(try_key(path, cms->message, &opened, error));
    }
    if (!opened)
        return fail(error, ERROR_CONFIG, "%s: no key for deliveries opens it", layer->file->path);
    return RESULT_OK;
}

static bool is_aes(EVP_CIPHER_CTX *cipher)
{
    return strncmp(EVP_CIPHER_get0_name(EVP_CIPHER_CTX_get0_cipher(cipher)), "AES-", 4) == 0;
}

Result cms_enveloped_begin(InputLayer *layer, Error *error)
{
    /* The code comes behind the content; until then OpenSSL is given another one. */
    static const char no_code[CODE_BYTES] = {0};
    Cms *cms = layer->decoder;
    size_t code_length = cms->frame.kind == CMS_AUTH_ENVELOPED ? CODE_BYTES : 0;

    TRY(cms_parse(layer, (Text){.data = no_code, .length = code_length}, &cms->message, error));
    TRY(find_key(layer, error));
    BIO *nothing = BIO_new(BIO_s_null());
    cms->chain = CMS_dataInit(cms->message, nothing);
    if (cms->chain == NULL)
        BIO_free(nothing);
    if (cms->chain == NULL || BIO_get_cipher_ctx(cms->chain, &cms->cipher) <= 0 || !is_aes(cms->cipher)) {
        ERR_clear_error();
        return fail(error, ERROR_INPUT, "%s: CMS message whose cipher is not read: only AES is",
                    layer->file->path);
    }
    layer->is_malleable = cms->frame.kind == CMS_ENVELOPED;
    return RESULT_OK;
}

Result cms_enveloped_take(InputLayer *layer, const unsigned char *bytes, size_t length, Error *error)
{
    Cms *cms = layer->decoder;
    int made = 0;

    if (length > 0 && EVP_DecryptUpdate(cms->cipher, cms->kept, &made, bytes, (int)length) != 1)
        return cms_tell(layer, CMS_DAMAGED, error);
    cms->kept_length = (size_t)made;
    return RESULT_OK;
}

Result cms_enveloped_end(InputLayer *layer, Text code, Error *error)
{
    Cms *cms = layer->decoder;
    bool is_authenticated = cms->frame.kind == CMS_AUTH_ENVELOPED;
    int made = 0;

    /* RFC 5084, 3.2: 12 to 16 bytes. A short one could be guessed. */
    if (is_authenticated &&
        (code.length != CODE_BYTES || EVP_CIPHER_CTX_ctrl(cms->cipher, EVP_CTRL_AEAD_SET_TAG, CODE_BYTES,
                                                          (void *)(uintptr_t)code.data) != 1))
        return cms_tell(layer, CMS_DAMAGED, error);
    bool is_good = EVP_DecryptFinal_ex(cms->cipher, cms->kept, &made) == 1;
    ERR_clear_error();
    if (!is_good)
        return cms_tell(layer, CMS_DAMAGED, error);
    cms->kept_length = (size_t)made;
    return RESULT_OK;
}

/* Signed messages (RFC 5652, 5). Whose certificate counts is told by its fingerprint, never by who issued it.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/input_cms.h"
#include "base/input_cms_keys.h"

static void message_close(CMS_ContentInfo **message)
{
    CMS_ContentInfo_free(*message);
}

Result cms_signed_begin(InputLayer *layer, Error *error)
{
    static const Text no_signers = {"\x31\x00", 2};
    Cms *cms = layer->decoder;

    TRY(cms_parse(layer, no_signers, &cms->message, error));
    BIO *nothing = BIO_new(BIO_s_null());
    cms->chain = CMS_dataInit(cms->message, nothing);
    ERR_clear_error();
    if (cms->chain == NULL) {
        BIO_free(nothing);
        return cms_tell(layer, CMS_DAMAGED, error);
    }
    layer->checks_signature = true;
    layer->checks_signer = layer->limits->keys->signer != NULL;
    return RESULT_OK;
}

Result cms_signed_take(InputLayer *layer, const unsigned char *bytes, size_t length, Error *error)
{
    Cms *cms = layer->decoder;

    if (length > 0 && BIO_write(cms->chain, bytes, (int)length) != (int)length)
        return fail(error, ERROR_SYSTEM, "%s: content cannot be hashed", layer->file->path);
    memcpy(cms->kept, bytes, length);
    cms->kept_length = length;
    return RESULT_OK;
}

static bool is_certificate(X509 *certificate, const char *fingerprint)
{
    char text[INPUT_FINGERPRINT_BYTES];

    return cms_fingerprint(certificate, text) && strcmp(text, fingerprint) == 0;
}

static bool is_good(CMS_SignerInfo *info, BIO *chain)
{
    if (CMS_signed_get_attr_count(info) >= 0 && CMS_SignerInfo_verify(info) != 1)
        return false;
    return CMS_SignerInfo_verify_content(info, chain) == 1;
}

/* Every signature must be good, and one the signer's. */
static Result check(const InputLayer *layer, CMS_ContentInfo *message, Error *error)
{
    const Cms *cms = layer->decoder;
    const char *signer = layer->limits->keys->signer;
    STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(message);
    bool is_by_signer = false;

    (void)CMS_set1_signers_certs(message, NULL, 0);
    for (int i = 0; i < sk_CMS_SignerInfo_num(infos); i++) {
        CMS_SignerInfo *info = sk_CMS_SignerInfo_value(infos, i);
        X509 *certificate = NULL;
        CMS_SignerInfo_get0_algs(info, NULL, &certificate, NULL, NULL);
        if (certificate == NULL || !is_good(info, cms->chain))
            return fail(error, ERROR_INPUT,
                        "%s: CMS message whose signature is not good, or lacks its certificate",
                        layer->file->path);
        is_by_signer |= signer != NULL && is_certificate(certificate, signer);
    }
    if (sk_CMS_SignerInfo_num(infos) <= 0)
        return fail(error, ERROR_INPUT, "%s: CMS message that nobody signed", layer->file->path);
    if (signer != NULL && !is_by_signer)
        return fail(error, ERROR_INPUT, "%s: not signed by key %s, as is demanded", layer->file->path,
                    signer);
    return RESULT_OK;
}

Result cms_signed_end(InputLayer *layer, Text tail, Error *error)
{
    SCOPED(message_close) CMS_ContentInfo *message = NULL;

    TRY(cms_parse(layer, tail, &message, error));
    Result checked = check(layer, message, error);
    ERR_clear_error();
    return checked;
}

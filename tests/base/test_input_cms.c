#include "tests/base/enveloped.h"

static EVP_PKEY *key;
static X509 *certificate;

static void make_pair(void)
{
    make_folder("keys");
    key = EVP_EC_gen("P-256");
    certificate = make_certificate(key);
    put_pair(1, key, certificate);
}

static void clear(void)
{
    EVP_PKEY_free(key);
    X509_free(certificate);
    enveloped_clear();
}

TestSuite(input_cms, .init = make_pair, .fini = clear, .timeout = 120);

#define HELLO "hello hello hello"
static const Text hello = {HELLO, sizeof HELLO - 1};
static const char damaged[] = "CMS message is damaged";
static const char malleable[] =
    "a CMS message that could have been changed unnoticed; ask for an auth-enveloped "
    "one (AES-GCM), or one signed inside";

static void seal(Form form, Text content, TextBuilder *message)
{
    message->length = 0;
    cms_encrypt(certificate, EVP_aes_256_gcm(), form, content, message);
}

static void expect_text(const TextBuilder *message, Text content)
{
    expect_content(put_message(message), content.data, content.length);
}

Test(input_cms, comes_decrypted_whether_der_ber_or_text)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    static unsigned char sample[SAMPLE_BYTES];
    const Text contents[] = {hello, {(char *)sample, sizeof sample}, {"x", 1}};
    fill_sample(sample, sizeof sample);

    for (size_t i = 0; i < 3; i++)
        for (Form form = FORM_DER; form <= FORM_PEM; form++) {
            seal(form, contents[i], &message);
            expect_text(&message, contents[i]);
        }
}

Test(input_cms, its_digest_is_of_what_was_delivered)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    SCOPED(text_builder_close) TextBuilder content = text_builder(SAMPLE_BYTES);
    Error error = {0};
    Hash digest;
    seal(FORM_PEM, hello, &message);

    cr_assert(read_whole(put_message(&message), NULL, 5, &content, &digest, &error).ok, "%s", error.message);

    Hash expected = hash_of(message.data, message.length);
    cr_expect_eq(memcmp(&digest, &expected, sizeof digest), 0);
}

Test(input_cms, is_opened_by_any_of_our_keys)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    X509 *of_rsa = make_certificate(rsa);
    put_pair(3, rsa, of_rsa);

    seal(FORM_DER, hello, &message);
    expect_text(&message, hello);
    message.length = 0;
    cms_encrypt(of_rsa, EVP_aes_128_gcm(), FORM_DER, hello, &message);
    expect_text(&message, hello);

    char path[CMS_PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/cms-3.pem", keys_path);
    cr_assert_eq(unlink(path), 0);
    expect_failure(packed_path, NULL, ERROR_CONFIG, "no key for deliveries opens it");
    input_use_keys(NULL);
    expect_failure(packed_path, NULL, ERROR_CONFIG, "encrypted, and there is no key for deliveries");
    EVP_PKEY_free(rsa);
    X509_free(of_rsa);
}

Test(input_cms, a_key_file_that_is_none_is_an_error)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    char path[CMS_PATH_BYTES];
    Input *input = NULL;
    Error error = {0};
    (void)snprintf(path, sizeof path, "%s/cms-1.pem", keys_path);
    cr_assert_eq(truncate(path, 100), 0);
    seal(FORM_DER, hello, &message);

    cr_expect_not(input_open(put_message(&message), NULL, &input, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_not_null(
        strstr(error.message, "cms-1.pem: no private key without passphrase and its certificate"));
}

Test(input_cms, may_hold_a_packed_file_and_be_packed)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    unsigned char packed[2000];
    size_t length = gzip(hello.data, hello.length, packed, sizeof packed);

    seal(FORM_BER, (Text){(char *)packed, length}, &message);
    expect_text(&message, hello);
    seal(FORM_BER, hello, &message);
    length = gzip(message.data, message.length, packed, sizeof packed);
    expect_content(put(packed, length), hello.data, hello.length);
}

/* ---- damage ---- */

/* The switches: is_over in make, and the code in cms_enveloped_end. */
Test(input_cms, a_cut_anywhere_is_an_error)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);

    for (Form form = FORM_DER; form <= FORM_PEM; form++) {
        seal(form, hello, &message);
        expect_every_cut_found(message.data, message.length - (form == FORM_PEM), form == FORM_PEM ? 20 : 24);
    }
}

static void expect_every_other_flip_found(TextBuilder *message, size_t from, size_t step)
{
    for (size_t bit = from * 8; bit < message->length * 8; bit += step) {
        SCOPED(text_builder_close) TextBuilder content = text_builder(SAMPLE_BYTES);
        Error error = {0};
        Hash digest;
        message->data[bit / 8] ^= (char)(1 << bit % 8);
        Result result = read_whole(put_message(message), NULL, 4096, &content, &digest, &error);
        cr_expect(!result.ok || text_equal(text_built(&content), hello), "bit %zu passed", bit);
        cr_expect(result.ok || error.code == ERROR_INPUT || error.code == ERROR_CONFIG, "bit %zu: %s", bit,
                  error.message);
        message->data[bit / 8] ^= (char)(1 << bit % 8);
    }
}

Test(input_cms, a_damaged_bit_is_found_or_does_not_matter)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);

    for (Form form = FORM_DER; form <= FORM_BER; form++) {
        seal(form, hello, &message);
        expect_every_other_flip_found(&message, 24, 11);
    }
}

/* The switch: CMS_FOLLOWED. */
Test(input_cms, bytes_behind_the_message_are_an_error)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);

    for (Form form = FORM_DER; form <= FORM_BER; form++) {
        seal(form, hello, &message);
        text_add_string(&message, "\n");
        expect_failure(put_message(&message), NULL, ERROR_INPUT, "CMS message is followed by other bytes");
    }
    static char many[100000];
    text_add(&message, (Text){many, sizeof many});
    expect_failure(put_message(&message), NULL, ERROR_INPUT, "CMS message is followed by other bytes");
}

Test(input_cms, only_aes_is_read)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    cms_encrypt(certificate, EVP_des_ede3_cbc(), FORM_DER, hello, &message);

    expect_failure(put_message(&message), NULL, ERROR_INPUT,
                   "CMS message whose cipher is not read: only AES is");
}

/* ---- what is not authenticated ---- */

/* The switch: is_malleable in check_trust. */
Test(input_cms, without_authentication_is_refused_unless_its_hash_was_signed)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    cms_encrypt(certificate, EVP_aes_256_cbc(), FORM_BER, hello, &message);

    expect_failure(put_message(&message), NULL, ERROR_INPUT, malleable);
    keys_used.is_vouched = true;
    input_use_keys(&keys_used);
    expect_text(&message, hello);
}

static void sign_inside(EVP_PKEY *by, X509 *of, Form form, TextBuilder *message)
{
    SCOPED(text_builder_close) TextBuilder inner = text_builder(MESSAGE_BYTES_MAX);
    cms_sign(of, by, form, hello, &inner);
    message->length = 0;
    cms_encrypt(certificate, EVP_aes_256_cbc(), form, text_built(&inner), message);
}

Test(input_cms, without_authentication_is_read_when_signed_inside)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);

    for (Form form = FORM_DER; form <= FORM_BER; form++) {
        sign_inside(key, certificate, form, &message);
        expect_text(&message, hello);
    }
}

/* The switch: is_good in check. */
Test(input_cms, a_damaged_bit_of_a_signed_message_is_found_or_does_not_matter)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    sign_inside(key, certificate, FORM_BER, &message);

    expect_every_other_flip_found(&message, 24, 17);
}

/* The switch: is_by_signer in check. */
Test(input_cms, the_signature_that_is_demanded_must_be_there_and_the_senders)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    EVP_PKEY *other = EVP_EC_gen("P-256");
    X509 *of_other = make_certificate(other);
    char sender[INPUT_FINGERPRINT_BYTES], rule[128];
    cr_assert(cms_fingerprint(certificate, sender));
    keys_used.signer = sender;
    input_use_keys(&keys_used);
    (void)snprintf(rule, sizeof rule, "not signed by key %s, as is demanded", sender);

    sign_inside(key, certificate, FORM_BER, &message);
    expect_text(&message, hello);
    sign_inside(other, of_other, FORM_BER, &message);
    expect_failure(put_message(&message), NULL, ERROR_INPUT, rule);
    seal(FORM_BER, hello, &message);
    expect_failure(put_message(&message), NULL, ERROR_INPUT,
                   "not signed, and its sender's signature is demanded");
    EVP_PKEY_free(other);
    X509_free(of_other);
}

Test(input_cms, a_signed_message_need_not_be_encrypted)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);

    for (Form form = FORM_DER; form <= FORM_PEM; form++) {
        message.length = 0;
        cms_sign(certificate, key, form, hello, &message);
        expect_text(&message, hello);
    }
}

Test(input_cms, a_signature_over_another_content_is_an_error)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    cms_sign(certificate, key, FORM_DER, hello, &message);
    char *at = memmem(message.data, message.length, hello.data, hello.length);
    cr_assert_not_null(at);
    *at = 'j';

    expect_failure(put_message(&message), NULL, ERROR_INPUT,
                   "CMS message whose signature is not good, or lacks its certificate");
}

Test(input_cms, a_message_without_its_content_is_an_error)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    SCOPED(bio_close) BIO *in = BIO_new_mem_buf(hello.data, (int)hello.length);
    SCOPED(bio_close) BIO *memory = BIO_new(BIO_s_mem());
    SCOPED(message_close)
    CMS_ContentInfo *signature = CMS_sign(certificate, key, NULL, in, CMS_BINARY | CMS_DETACHED);
    write_form(memory, signature, NULL, FORM_DER, 0);
    add_all(memory, &message);

    expect_failure(put_message(&message), NULL, ERROR_INPUT, "CMS message is without its content");
}

/* ---- limits ---- */

/* The switches: check_wrapping and nesting_max. */
Test(input_cms, messages_nest_up_to_a_limit)
{
    SCOPED(text_builder_close) TextBuilder inner = text_builder(MESSAGE_BYTES_MAX);
    SCOPED(text_builder_close) TextBuilder outer = text_builder(MESSAGE_BYTES_MAX);

    cms_sign(certificate, key, FORM_BER, hello, &inner);
    for (int i = 0; i < 2; i++) {
        outer.length = 0;
        cms_sign(certificate, key, FORM_BER, text_built(&inner), &outer);
        if (i == 0)
            expect_text(&outer, hello);
        inner.length = 0;
        text_add(&inner, text_built(&outer));
    }
    expect_failure(put_message(&outer), NULL, ERROR_LIMIT, "wrapped more than 2 times over");

    seal(FORM_BER, hello, &inner);
    seal(FORM_BER, text_built(&inner), &outer);
    expect_text(&outer, hello);
    inner.length = 0;
    text_add(&inner, text_built(&outer));
    seal(FORM_BER, text_built(&inner), &outer);
    expect_failure(put_message(&outer), NULL, ERROR_LIMIT, "packed more than 2 times over");
}

Test(input_cms, armour_is_of_messages_alone)
{
    expect_failure(put("-----BEGIN CMS-----\naGVsbG8=\n-----END CMS-----\n", 47), NULL, ERROR_INPUT,
                   "armour around something that is no message");
}

/* RFC 7468: what is no base64, or padded in its midst. */
Test(input_cms, damaged_armour_is_an_error)
{
    static const char *const texts[] = {
        "-----BEGIN CMS-----\naGV*bG8=\n-----END CMS-----\n",
        "-----BEGIN CMS-----\naGV=bG8=\n-----END CMS-----\n",
        "-----BEGIN CMS-----\naGVsbG8=\n-----END CMX-----\n",
        "-----BEGIN CMS----- x\naGVsbG8=\n-----END CMS-----\n",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_failure(put(texts[i], strlen(texts[i])), NULL, ERROR_INPUT,
                       "armoured message is damaged, or something follows it");
}

Test(input_cms, a_message_that_is_damaged_in_front_is_an_error)
{
    /* an enveloped message whose version is no number */
    static const char message[] =
        "\x30\x11\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03\xA0\x04\x30\x02\x05\x00";

    expect_failure(put(message, sizeof message - 1), NULL, ERROR_INPUT, damaged);
}

/* The switches: check_private in input_layer.c and cms_key_check. */
Test(input_cms, is_opened_by_no_key_that_others_may_read)
{
    static unsigned char content[] = "content";
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX);
    char path[CMS_PATH_BYTES], rule[CMS_PATH_BYTES + 100];
    Error error = {0};
    cr_assert(cms_key_path(keys_path, 1, path, &error).ok);
    cms_encrypt(certificate, EVP_aes_256_cbc(), FORM_DER, (Text){(const char *)content, 7}, &message);
    const char *file = put_message(&message);

    cr_assert_eq(chmod(path, 0640), 0);
    SCOPED(text_builder_close) TextBuilder out = text_builder(1000);
    Hash digest;
    cr_expect_not(read_whole(file, NULL, 4096, &out, &digest, &error).ok);
    (void)snprintf(rule, sizeof rule, "%s: a key stands in a regular file of ours of mode 0600", path);
    cr_expect_str_eq(error.message, rule);
    cr_assert_eq(chmod(path, 0600), 0);
    cr_assert_eq(chmod(keys_path, 0755), 0);
    cr_expect_not(read_whole(file, NULL, 4096, &out, &digest, &error).ok);

    (void)snprintf(rule, sizeof rule, "%s: keys for deliveries stand in a folder of ours of mode 0700",
                   keys_path);
    cr_expect_str_eq(error.message, rule);
    cr_expect_eq(error.code, ERROR_CONFIG);
}

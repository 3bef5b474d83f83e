#include "pseudonymise/oblivious_file.h"
#include "pseudonymise/voprf.h"

#include <openssl/bn.h>

#include "tests/pseudonymise/fixture.h"

TestSuite(oblivious, .fini = fixture_clear);

enum { FILE_BYTES = 128 * 1024 };

#define SPACE "phm"

/* The key holder's key is the bytes 1, 2, ... */
typedef struct Exchange {
    char values[FIXTURE_PATH_BYTES], secret[FIXTURE_PATH_BYTES], request[FIXTURE_PATH_BYTES],
        answer[FIXTURE_PATH_BYTES], tokens[FIXTURE_PATH_BYTES], key[FIXTURE_PATH_BYTES];
    char public_key[OBLIVIOUS_PUBLIC_BYTES];
    ObliviousReport report;
} Exchange;

static void write_values(const char *name, const char *content)
{
    fixture_write(name, content, strlen(content));
}

/* Names of the files end with suffix, so that a test may hold several exchanges. */
static Exchange exchange(const char *suffix, const char *content)
{
    Exchange made = {0};
    char name[64];
    struct {
        const char *name;
        char *path;
    } files[] = {{"values", made.values},
                 {"secret", made.secret},
                 {"request", made.request},
                 {"answer", made.answer},
                 {"tokens", made.tokens}};
    Error error = {0};

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)snprintf(name, sizeof name, "%s%s", files[i].name, suffix);
        (void)fixture_path(name, files[i].path);
    }
    (void)snprintf(name, sizeof name, "values%s", suffix);
    write_values(name, content);
    if (access(fixture_path("holder.key", made.key), F_OK) != 0)
        fixture_counting_key("holder.key", 1);
    cr_assert(oblivious_key_public(made.key, SPACE, made.public_key, &error).ok, "%s", error.message);
    return made;
}

static Result blind(Exchange *e, Error *error)
{
    return oblivious_blind(&(ObliviousBlinding){e->values, SPACE, e->secret, e->request}, &e->report, error);
}

static Result evaluate(Exchange *e, const char *space, int64_t values_max, Error *error)
{
    return oblivious_evaluate(&(ObliviousEvaluation){e->request, e->key, space, values_max, e->answer},
                              &e->report, error);
}

static Result finalise(Exchange *e, Error *error)
{
    return oblivious_finalise(
        &(ObliviousFinalising){e->values, e->secret, e->request, e->answer, e->public_key, e->tokens},
        &e->report, error);
}

static void must(Result result, const Error *error)
{
    cr_assert(result.ok, "%s", error->message);
}

static Exchange whole_exchange(const char *suffix, const char *content)
{
    Exchange e = exchange(suffix, content);
    Error error = {0};

    must(blind(&e, &error), &error);
    must(evaluate(&e, SPACE, 5000, &error), &error);
    must(finalise(&e, &error), &error);
    return e;
}

static void expect_failure(Result result, const Error *error, ErrorCode code, const char *rule)
{
    cr_expect_not(result.ok);
    cr_expect_eq(error->code, code, "%s", error->message);
    cr_expect_not_null(strstr(error->message, rule), "'%s' is not in: %s", rule, error->message);
}

static const char *read_text(const char *path, char text[FILE_BYTES])
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    size_t length = fread(text, 1, FILE_BYTES - 1, file);
    text[length] = '\0';
    (void)fclose(file);
    return text;
}

static size_t read_bytes(const char *path, uint8_t bytes[FILE_BYTES])
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    size_t length = fread(bytes, 1, FILE_BYTES, file);
    (void)fclose(file);
    return length;
}

static void write_bytes(const char *path, const uint8_t *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fwrite(bytes, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
}

/* The function without blind or files: what the key holder could compute if it were shown the value. */
static const char *directly(const char *space, const char *domain, const char *value,
                            char hex[HASH_TEXT_BYTES])
{
    SCOPED(p256_close) P256 *curve = NULL;
    SCOPED(voprf_key_close) VoprfKey key = {0};
    SCOPED(p256_scalar_close) BIGNUM *one = BN_new();
    uint8_t seed[VOPRF_SEED_BYTES], element[P256_ELEMENT_BYTES], evaluated[P256_ELEMENT_BYTES];
    char input[128];
    Hash output;
    Error error = {0};

    for (int i = 0; i < VOPRF_SEED_BYTES; i++)
        seed[i] = (uint8_t)(1 + i);
    cr_assert(BN_one(one));
    int length = snprintf(input, sizeof input, "%s%c%c%c%c%s", domain, 0, 0, 0, (int)strlen(value), value);
    const Text text = {.data = input, .length = (size_t)length};
    must(p256_open(&curve, &error), &error);
    must(voprf_key_derive(curve, seed, text_from(space), &key, &error), &error);
    must(voprf_blind(curve, text, one, element, &error), &error);
    must(voprf_evaluate(curve, &key, element, evaluated, &error), &error);
    must(voprf_finalise(curve, text, one, evaluated, &output, &error), &error);
    return hash_format(&output, hex);
}

/* ---- the exchange ---- */

Test(oblivious, tokens_are_those_of_the_function_in_the_order_of_the_values)
{
    char text[FILE_BYTES], expected[FILE_BYTES], first[HASH_TEXT_BYTES], second[HASH_TEXT_BYTES];

    Exchange e = whole_exchange("", "nhs_number\r\n943 476 5919\r\n1234567890\r\n\r\n9990000018\n9434765919");

    (void)directly(SPACE, "cinque/oblivious/nhs_number/v1", "9434765919", first);
    (void)directly(SPACE, "cinque/oblivious/nhs_number/v1", "9990000018", second);
    (void)snprintf(expected, sizeof expected, "pseudonym\n%s\n\n\n%s\n%s\n", first, second, first);
    cr_expect_str_eq(read_text(e.tokens, text), expected);
    cr_expect_eq(e.report.values, 5);
    cr_expect_eq(e.report.valid, 3);
}

Test(oblivious, two_providers_get_one_token_for_one_person_and_send_other_requests)
{
    char one[FILE_BYTES], other[FILE_BYTES];
    uint8_t first[FILE_BYTES], second[FILE_BYTES];

    Exchange a = whole_exchange("-a", "nhs_number\n9434765919\n");
    Exchange b = whole_exchange("-b", "nhs_number\n943-476-5919\n");

    cr_expect_str_eq(read_text(a.tokens, one), read_text(b.tokens, other));
    cr_assert_eq(read_bytes(a.request, first), read_bytes(b.request, second));
    size_t at = 8 + 3 + strlen(SPACE) + 4;
    cr_expect_arr_neq(first + at, second + at, P256_ELEMENT_BYTES, "the blinds differ");
}

/* Switch: the domain of each kind, and the space in voprf_key_derive. */
Test(oblivious, tokens_of_two_kinds_or_spaces_cannot_be_joined)
{
    char number[HASH_TEXT_BYTES], uprn[HASH_TEXT_BYTES], other[HASH_TEXT_BYTES], text[FILE_BYTES];

    Exchange e = whole_exchange("", "uprn\n009434765919\n");

    (void)directly(SPACE, "cinque/oblivious/nhs_number/v1", "9434765919", number);
    (void)directly(SPACE, "cinque/oblivious/uprn/v1", "9434765919", uprn);
    (void)directly("other", "cinque/oblivious/uprn/v1", "9434765919", other);
    cr_expect_not_null(strstr(read_text(e.tokens, text), uprn));
    cr_expect_str_neq(number, uprn);
    cr_expect_str_neq(other, uprn);
}

Test(oblivious, more_values_than_a_batch_have_a_proof_each)
{
    static char content[FILE_BYTES];
    char text[FILE_BYTES], token[HASH_TEXT_BYTES], last[32];
    size_t length = (size_t)snprintf(content, sizeof content, "uprn\n");
    for (int i = 1; i <= OBLIVIOUS_BATCH + 1; i++)
        length += (size_t)snprintf(content + length, sizeof content - length, "%d\n", i);

    Exchange e = whole_exchange("", content);

    cr_expect_eq(e.report.valid, OBLIVIOUS_BATCH + 1);
    (void)snprintf(last, sizeof last, "%d", OBLIVIOUS_BATCH + 1);
    (void)directly(SPACE, "cinque/oblivious/uprn/v1", last, token);
    (void)read_text(e.tokens, text);
    cr_expect_eq(memcmp(text + strlen(text) - HASH_TEXT_BYTES, token, HASH_TEXT_BYTES - 1), 0);
}

Test(oblivious, what_is_made_is_for_its_owner_alone_and_never_written_over)
{
    Exchange e;
    struct stat status;
    Error error = {0};
    (void)umask(0);

    e = whole_exchange("", "uprn\n1\n");

    const char *const files[] = {e.secret, e.request, e.answer, e.tokens};
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(stat(files[i], &status), 0);
        cr_expect_eq(status.st_mode & 07777, 0600, "%s", files[i]);
    }
    expect_failure(blind(&e, &error), &error, ERROR_CONFIG, "never written over");
    expect_failure(evaluate(&e, SPACE, 10, &error), &error, ERROR_CONFIG, "never written over");
    expect_failure(finalise(&e, &error), &error, ERROR_CONFIG, "never written over");
}

Test(oblivious, neither_request_nor_answer_holds_a_value_or_a_token)
{
    uint8_t bytes[FILE_BYTES];
    char token[HASH_TEXT_BYTES];
    uint8_t raw[HASH_BYTES];

    Exchange e = whole_exchange("", "nhs_number\n9434765919\n");

    (void)directly(SPACE, "cinque/oblivious/nhs_number/v1", "9434765919", token);
    (void)fixture_unhex(token, raw, sizeof raw);
    const char *const files[] = {e.request, e.answer};
    for (size_t i = 0; i < 2; i++) {
        size_t length = read_bytes(files[i], bytes);
        cr_expect_null(memmem(bytes, length, "9434765919", 10));
        cr_expect_null(memmem(bytes, length, raw, 8));
        cr_expect_null(memmem(bytes, length, token, 16));
    }
}

/* ---- the provider is told no lies ---- */

Test(oblivious, an_answer_under_another_key_is_refused)
{
    Exchange e = exchange("", "uprn\n1\n");
    Error error = {0};
    must(blind(&e, &error), &error);
    fixture_counting_key("other.key", 100);
    (void)fixture_path("other.key", e.key);
    must(evaluate(&e, SPACE, 10, &error), &error);

    expect_failure(finalise(&e, &error), &error, ERROR_REFUSED, "another key than the one expected");

    cr_expect_neq(access(e.tokens, F_OK), 0);
}

Test(oblivious, an_answer_to_another_request_is_refused)
{
    Exchange a = whole_exchange("-a", "uprn\n1\n"), b = exchange("-b", "uprn\n1\n");
    Error error = {0};
    must(blind(&b, &error), &error);
    memcpy(b.answer, a.answer, sizeof b.answer);

    expect_failure(finalise(&b, &error), &error, ERROR_INPUT, "answers another request");
}

/* The holder's own answer, one element of it replaced by another point and the file's hash made right.
 * Switch: check_proofs in pseudonymise/oblivious.c. */
Test(oblivious, an_element_that_was_not_evaluated_is_found)
{
    Exchange e = exchange("", "uprn\n1\n2\n");
    uint8_t bytes[FILE_BYTES];
    ObliviousFile answer;
    Error error = {0};
    must(blind(&e, &error), &error);
    must(evaluate(&e, SPACE, 10, &error), &error);
    size_t length = read_bytes(e.answer, bytes);
    must(oblivious_file_read((Text){(const char *)bytes, length}, OBLIVIOUS_ANSWER, "", &answer, &error),
         &error);
    size_t at = oblivious_file_head_length(&answer);
    memcpy(bytes + at, bytes + at + P256_ELEMENT_BYTES, P256_ELEMENT_BYTES);
    oblivious_file_write_end(&answer, bytes);
    write_bytes(e.answer, bytes, length);

    expect_failure(finalise(&e, &error), &error, ERROR_INPUT, "batch 1: the proof does not hold");

    cr_expect_neq(access(e.tokens, F_OK), 0);
}

Test(oblivious, values_or_a_secret_that_are_not_those_of_the_request_are_found)
{
    Exchange e = whole_exchange("", "uprn\n1\n2\n");
    Error error = {0};
    (void)unlink(e.tokens);

    write_values("values", "uprn\n1\n3\n");
    expect_failure(finalise(&e, &error), &error, ERROR_INPUT, "are not those of the request");
    write_values("values", "uprn\n1\n");
    expect_failure(finalise(&e, &error), &error, ERROR_INPUT, "holds fewer values");
    write_values("values", "uprn\n1\n2\n3\n");
    expect_failure(finalise(&e, &error), &error, ERROR_INPUT, "holds more values");
    write_values("values", "nhs_number\n1\n");
    expect_failure(finalise(&e, &error), &error, ERROR_INPUT, "holds no valid value");
    write_values("values", "uprn\n1\n2\n");
    fixture_counting_key("secret", 7);
    expect_failure(finalise(&e, &error), &error, ERROR_INPUT, "are not those of the request");
    cr_expect_neq(access(e.tokens, F_OK), 0);
}

/* ---- the key holder decides what it answers ---- */

Test(oblivious, another_space_or_too_many_values_are_refused_and_not_answered)
{
    Exchange e = exchange("", "uprn\n1\n2\n3\n");
    char log[FIXTURE_PATH_BYTES];
    Error error = {0};
    must(blind(&e, &error), &error);

    expect_failure(evaluate(&e, "other", 10, &error), &error, ERROR_REFUSED, "another space");
    expect_failure(evaluate(&e, SPACE, 2, &error), &error, ERROR_REFUSED, "more values than are allowed");

    cr_expect_neq(access(e.answer, F_OK), 0);
    cr_expect_neq(access(fixture_path("holder.key.log", log), F_OK), 0);
}

Test(oblivious, each_use_of_the_key_is_written_down_by_count)
{
    char text[FILE_BYTES], log[FIXTURE_PATH_BYTES];

    (void)whole_exchange("-a", "uprn\n1\n2\n3\n");
    (void)whole_exchange("-b", "uprn\n4\n");

    (void)read_text(fixture_path("holder.key.log", log), text);
    cr_expect_not_null(strstr(text, " space=phm values=3 request="));
    cr_expect_not_null(strstr(text, " space=phm values=1 request="));
}

/* Switch: log_use in pseudonymise/oblivious_holder.c. */
Test(oblivious, without_its_line_in_the_log_there_is_no_answer)
{
    Exchange e = exchange("", "uprn\n1\n");
    char log[FIXTURE_PATH_BYTES];
    Error error = {0};
    must(blind(&e, &error), &error);
    cr_assert_eq(mkdir(fixture_path("holder.key.log", log), 0700), 0);

    expect_failure(evaluate(&e, SPACE, 10, &error), &error, ERROR_SYSTEM, "cannot be written down");

    cr_expect_neq(access(e.answer, F_OK), 0);
}

Test(oblivious, a_point_that_is_none_is_refused_by_its_place)
{
    Exchange e = exchange("", "uprn\n1\n2\n");
    uint8_t bytes[FILE_BYTES];
    ObliviousFile request;
    Error error = {0};
    must(blind(&e, &error), &error);
    size_t length = read_bytes(e.request, bytes);
    must(oblivious_file_read((Text){(const char *)bytes, length}, OBLIVIOUS_REQUEST, "", &request, &error),
         &error);
    memset(bytes + oblivious_file_head_length(&request) + P256_ELEMENT_BYTES, 0, P256_ELEMENT_BYTES);
    oblivious_file_write_end(&request, bytes);
    write_bytes(e.request, bytes, length);

    expect_failure(evaluate(&e, SPACE, 10, &error), &error, ERROR_INPUT,
                   "value 2: an element is no compressed point");

    cr_expect_neq(access(e.answer, F_OK), 0);
}

/* ---- files ---- */

/* Every cut and every changed byte. */
Test(oblivious, a_cut_or_damaged_file_is_refused)
{
    Exchange e = whole_exchange("", "uprn\n1\n2\n");
    const char *const paths[] = {NULL, e.request, e.answer};
    uint8_t bytes[FILE_BYTES];
    ObliviousFile file;
    Error error = {0};

    for (ObliviousKind kind = OBLIVIOUS_REQUEST; kind <= OBLIVIOUS_ANSWER; kind++) {
        size_t length = read_bytes(paths[kind], bytes);
        Text text = {(const char *)bytes, length};
        must(oblivious_file_read(text, kind, "", &file, &error), &error);

        for (size_t i = 0; i < length; i++) {
            cr_expect_not(oblivious_file_read((Text){text.data, i}, kind, "", &file, &error).ok, "cut to %zu",
                          i);
            bytes[i] ^= 0x10;
            cr_expect_not(oblivious_file_read(text, kind, "", &file, &error).ok, "byte %zu", i);
            bytes[i] ^= 0x10;
        }
        bytes[length] = 0;
        expect_failure(oblivious_file_read((Text){text.data, length + 1}, kind, "it", &file, &error), &error,
                       ERROR_INPUT, "it: is cut off, or something follows");
        expect_failure(
            oblivious_file_read(text, OBLIVIOUS_REQUEST + OBLIVIOUS_ANSWER - kind, "it", &file, &error),
            &error, ERROR_INPUT, "is no oblivious");
    }
}

Test(oblivious, values_without_a_kind_or_a_valid_one_are_refused)
{
    Exchange none = exchange("-a", "name\nSmith\n"), invalid = exchange("-b", "nhs_number\n1234567890\n");
    Error error = {0};

    expect_failure(blind(&none, &error), &error, ERROR_INPUT, "line 1: says neither nhs_number nor uprn");
    expect_failure(blind(&invalid, &error), &error, ERROR_INPUT, "holds no valid value");

    cr_expect_neq(access(none.secret, F_OK), 0);
    cr_expect_neq(access(invalid.secret, F_OK), 0);
}

Test(oblivious, when_a_request_cannot_be_written_no_secret_is_left)
{
    Exchange e = exchange("", "uprn\n1\n");
    Error error = {0};
    fixture_write("request", "another", 7);

    expect_failure(blind(&e, &error), &error, ERROR_CONFIG, "never written over");

    cr_expect_neq(access(e.secret, F_OK), 0);
}

Test(oblivious, a_key_that_others_can_read_or_a_space_that_is_no_name_is_refused)
{
    Exchange e = exchange("", "uprn\n1\n");
    char hex[OBLIVIOUS_PUBLIC_BYTES];
    Error error = {0};

    expect_failure(oblivious_key_public(e.key, "No/Name", hex, &error), &error, ERROR_CONFIG, "token space");
    expect_failure(
        oblivious_blind(&(ObliviousBlinding){e.values, "", e.secret, e.request}, &e.report, &error), &error,
        ERROR_CONFIG, "token space");
    cr_assert_eq(chmod(e.key, 0640), 0);
    expect_failure(oblivious_key_public(e.key, SPACE, hex, &error), &error, ERROR_CONFIG, "group or others");
}

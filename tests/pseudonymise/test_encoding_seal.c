/* Stored encodings: nothing to compare without the key, nothing moves, and what was destroyed stays shut. */
#include "fixture.h"

static const EncodingKind kinds[] = {ENCODING_GIVEN_NAME, ENCODING_FAMILY_NAME, ENCODING_BIRTH_DATE,
                                     ENCODING_SEX, ENCODING_POSTCODE};
enum { FIELDS = sizeof kinds / sizeof kinds[0], LOAD = 7, SUBJECT = -42 };

static const char *const anne[FIELDS] = {"Anne", "Quillfeather", "1961-05-02", "2", "ME14 1XX"};
static const char *const sparse[FIELDS] = {"", "Quillfeather", "1961-05-02", "", ""};

typedef struct Stored {
    char folder[FIXTURE_PATH_BYTES];
    EncodingSealer *sealer;
    EncodingOpener *opener;
    uint8_t encoding[ENCODING_BYTES_MAX];
    size_t length;
    uint8_t head[STORED_BYTES_MAX], filters[STORED_BYTES_MAX];
    Text sealed_head, sealed_filters;
} Stored;

static EncodingSealer *sealer_of(const char *folder, int64_t load_id)
{
    Keyring *keyring = NULL;
    EncodingSealer *sealer = NULL;
    Error error = {0};

    cr_assert(keyring_open(folder, &keyring, &error).ok, "%s", error.message);
    cr_assert(encoding_sealer_create(keyring, load_id, &sealer, &error).ok, "%s", error.message);
    keyring_close(&keyring);
    return sealer;
}

static Result add_load(Stored *stored, int64_t load_id, Error *error)
{
    return encoding_opener_add(stored->opener,
                               &(StoredLoad){.load_id = load_id,
                                             .key_version = encoding_sealer_version(stored->sealer),
                                             .header = encoding_sealer_header(stored->sealer)},
                               error);
}

static void encode(Stored *stored, const char *const texts[FIELDS])
{
    static const EncodingOptions options = {
        .purpose = "test", .key_version = 1, .kinds = kinds, .field_count = FIELDS, .by_blocks = true};
    Encoder *encoder = NULL;
    Text fields[FIELDS];
    Error error = {0};

    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = text_from(texts[i]);
    cr_assert(encoder_create_ephemeral(&options, &encoder, &error).ok, "%s", error.message);
    cr_assert(encoder_encode(encoder, fields, stored->encoding, &stored->length, &error).ok);
    encoder_close(&encoder);
}

static Text encoding_of(const Stored *stored)
{
    return (Text){.data = (const char *)stored->encoding, .length = stored->length};
}

static Text keep(uint8_t *bytes, Text sealed)
{
    memcpy(bytes, sealed.data, sealed.length);
    return (Text){.data = (const char *)bytes, .length = sealed.length};
}

static void seal(Stored *stored)
{
    Text head, filters;
    Error error = {0};

    cr_assert(encoding_seal(stored->sealer, SUBJECT, encoding_of(stored), &head, &filters, &error).ok, "%s",
              error.message);
    stored->sealed_head = keep(stored->head, head);
    stored->sealed_filters = keep(stored->filters, filters);
}

static Stored open_stored(const char *const texts[FIELDS])
{
    Stored stored = {0};
    Error error = {0};

    cr_assert(keyring_create(fixture_path("keyring", stored.folder), NULL, &error).ok, "%s", error.message);
    stored.sealer = sealer_of(stored.folder, LOAD);
    stored.opener = encoding_opener_create(stored.folder);
    cr_assert(add_load(&stored, LOAD, &error).ok, "%s", error.message);
    encode(&stored, texts);
    return stored;
}

static void close_stored(Stored *stored)
{
    encoding_sealer_close(&stored->sealer);
    encoding_opener_close(&stored->opener);
    fixture_clear();
}

static Result open_part(const Stored *stored, StoredPart part, int64_t subject_id, int64_t load_id,
                        Text sealed, char *plain, size_t *length, Error *error)
{
    const StoredPlace place = {.load_id = load_id, .subject_id = subject_id, .part = part};

    return encoding_open(stored->opener, &place, sealed, plain, length, error);
}

Test(encoding_seal, what_is_sealed_opens_to_the_encoding)
{
    static char plain[ENCODING_BYTES_MAX];
    SCOPED(close_stored) Stored stored = open_stored(anne);
    size_t head, filters;
    Error error = {0};
    seal(&stored);

    cr_assert(open_part(&stored, STORED_HEAD, SUBJECT, LOAD, stored.sealed_head, plain, &head, &error).ok,
              "%s", error.message);
    cr_expect_arr_eq(plain, stored.encoding, head);
    cr_assert(
        open_part(&stored, STORED_FILTERS, SUBJECT, LOAD, stored.sealed_filters, plain, &filters, &error).ok,
        "%s", error.message);
    cr_expect_arr_eq(plain, stored.encoding + head, filters);
    cr_expect_eq(head + filters, stored.length);
}

Test(encoding_seal, a_reference_opens_as_one)
{
    static char plain[ENCODING_BYTES_MAX];
    SCOPED(close_stored) Stored stored = open_stored(anne);
    Text sealed;
    size_t length;
    Error error = {0};

    cr_assert(encoding_seal_reference(stored.sealer, encoding_of(&stored), &sealed, &error).ok);

    cr_assert(open_part(&stored, STORED_REFERENCE, 0, LOAD, sealed, plain, &length, &error).ok, "%s",
              error.message);
    cr_expect_eq(length, stored.length);
    cr_expect_arr_eq(plain, stored.encoding, length);
}

/* Switch: the zeros of seal_part; without them this turns red. */
Test(encoding_seal, whose_has_fewer_fields_and_blocks_is_as_long)
{
    SCOPED(close_stored) Stored stored = open_stored(anne);
    size_t whole = stored.length;
    seal(&stored);
    size_t head = stored.sealed_head.length, filters = stored.sealed_filters.length;

    encode(&stored, sparse);
    seal(&stored);

    cr_expect_lt(stored.length, whole);
    cr_expect_eq(stored.sealed_head.length, head);
    cr_expect_eq(stored.sealed_filters.length, filters);
}

/* Switch: the nonce drawn at random. */
Test(encoding_seal, the_same_encoding_is_never_sealed_twice_alike)
{
    static uint8_t before[STORED_BYTES_MAX];
    SCOPED(close_stored) Stored stored = open_stored(anne);
    size_t equal = 0;
    seal(&stored);
    memcpy(before, stored.head, stored.sealed_head.length);

    seal(&stored);

    for (size_t i = 0; i < stored.sealed_head.length; i++)
        equal += before[i] == stored.head[i];
    cr_expect_lt(equal, stored.sealed_head.length / 8, "%zu of %zu bytes", equal, stored.sealed_head.length);
}

static void expect_shut(const Stored *stored, StoredPart part, int64_t subject_id, int64_t load_id,
                        Text sealed)
{
    static char plain[ENCODING_BYTES_MAX];
    char rule[ERROR_MESSAGE_BYTES];
    size_t length;
    Error error = {0};

    (void)snprintf(
        rule, sizeof rule,
        "encodings of load %d: one is not as the load sealed it for this subject; it was changed, or "
        "put in another's place",
        (int)load_id);
    cr_expect_not(open_part(stored, part, subject_id, load_id, sealed, plain, &length, &error).ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message, rule);
}

Test(encoding_seal, one_with_any_byte_changed_does_not_open)
{
    SCOPED(close_stored) Stored stored = open_stored(anne);
    seal(&stored);

    for (size_t i = 0; i < stored.sealed_head.length; i++) {
        stored.head[i] ^= 1;
        expect_shut(&stored, STORED_HEAD, SUBJECT, LOAD, stored.sealed_head);
        stored.head[i] ^= 1;
    }
    for (size_t cut = 0; cut < 40; cut++)
        expect_shut(&stored, STORED_HEAD, SUBJECT, LOAD, text_slice(stored.sealed_head, 0, cut));
}

/* Switch: encoding_seal_place, and the load in the key's info. */
Test(encoding_seal, in_anothers_place_it_does_not_open)
{
    SCOPED(close_stored) Stored stored = open_stored(anne);
    Error error = {0};
    seal(&stored);

    expect_shut(&stored, STORED_HEAD, SUBJECT + 1, LOAD, stored.sealed_head);
    expect_shut(&stored, STORED_FILTERS, SUBJECT, LOAD, stored.sealed_head);
    expect_shut(&stored, STORED_REFERENCE, SUBJECT, LOAD, stored.sealed_head);
    expect_shut(&stored, STORED_HEAD, SUBJECT, LOAD + 1, stored.sealed_head);
    cr_assert(add_load(&stored, LOAD + 1, &error).ok, "%s", error.message);
    expect_shut(&stored, STORED_HEAD, SUBJECT, LOAD + 1, stored.sealed_head);
}

Test(encoding_seal, another_keyring_does_not_open_it)
{
    char path[FIXTURE_PATH_BYTES];
    SCOPED(close_stored) Stored stored = open_stored(anne);
    Error error = {0};
    seal(&stored);
    cr_assert(keyring_create(fixture_path("other", path), NULL, &error).ok, "%s", error.message);
    encoding_opener_close(&stored.opener);
    stored.opener = encoding_opener_create(path);

    cr_assert(add_load(&stored, LOAD, &error).ok, "%s", error.message);

    expect_shut(&stored, STORED_HEAD, SUBJECT, LOAD, stored.sealed_head);
}

Test(encoding_seal, a_header_of_something_else_is_refused)
{
    SCOPED(close_stored) Stored stored = open_stored(anne);
    Error error = {0};
    uint8_t header[STORED_HEADER_BYTES];
    memcpy(header, encoding_sealer_header(stored.sealer).data, sizeof header);
    header[0] ^= 1;

    cr_expect_not(
        encoding_opener_add(stored.opener,
                            &(StoredLoad){.load_id = 8,
                                          .key_version = 1,
                                          .header = {.data = (const char *)header, .length = sizeof header}},
                            &error)
            .ok);

    cr_expect_str_eq(error.message, "encodings of load 8: no header of a known version");
}

Test(encoding_seal, what_is_no_encoding_is_not_sealed)
{
    SCOPED(close_stored) Stored stored = open_stored(anne);
    Text head, filters;
    Error error = {0};

    for (size_t length = 0; length < 29; length++)
        cr_expect_not(encoding_seal(stored.sealer, SUBJECT, text_slice(encoding_of(&stored), 0, length),
                                    &head, &filters, &error)
                          .ok,
                      "%zu", length);
    stored.encoding[9] = 1;
    cr_expect_not(encoding_seal(stored.sealer, SUBJECT, encoding_of(&stored), &head, &filters, &error).ok);
    cr_expect_str_eq(error.message, "encoding: longer than its layout allows");
}

/* ---- keys ---- */

static void move_key(const char *folder, const char *name)
{
    char from[2 * FIXTURE_PATH_BYTES];

    (void)snprintf(from, sizeof from, "%s/%s", folder, name);
    cr_assert_eq(unlink(from), 0);
}

/* A load seals where no half that opens is. */
Test(encoding_seal, sealing_needs_the_public_half_alone)
{
    SCOPED(close_stored) Stored stored = open_stored(anne);
    encoding_sealer_close(&stored.sealer);
    move_key(stored.folder, "encodings-1.private");

    stored.sealer = sealer_of(stored.folder, LOAD);

    seal(&stored);
}

Test(encoding_seal, opening_needs_the_private_half_alone)
{
    static char plain[ENCODING_BYTES_MAX];
    SCOPED(close_stored) Stored stored = open_stored(anne);
    size_t length;
    Error error = {0};
    seal(&stored);
    encoding_opener_close(&stored.opener);
    stored.opener = encoding_opener_create(stored.folder);
    move_key(stored.folder, "regional.key");
    move_key(stored.folder, "hub-1.key");
    move_key(stored.folder, "encodings-1.public");

    cr_assert(add_load(&stored, LOAD, &error).ok, "%s", error.message);

    cr_expect(open_part(&stored, STORED_HEAD, SUBJECT, LOAD, stored.sealed_head, plain, &length, &error).ok);
}

Test(encoding_seal, a_keyring_without_its_key_stores_none)
{
    Keyring *keyring = fixture_keyring();
    EncodingSealer *sealer = NULL;
    Error error = {0};

    cr_expect_not(encoding_sealer_create(keyring, LOAD, &sealer, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(
        error.message,
        "keyring: no key that encodings are stored under; cinque key rotate encodings makes one");
    keyring_close(&keyring);
    fixture_clear();
}

Test(encoding_seal, after_a_rotation_both_open_and_new_loads_take_the_newest)
{
    static char plain[ENCODING_BYTES_MAX];
    SCOPED(close_stored) Stored stored = open_stored(anne);
    int version;
    size_t length;
    Error error = {0};
    seal(&stored);

    cr_assert(keyring_rotate_encodings(stored.folder, &version, &error).ok, "%s", error.message);

    cr_expect_eq(version, 2);
    cr_expect(open_part(&stored, STORED_HEAD, SUBJECT, LOAD, stored.sealed_head, plain, &length, &error).ok);
    encoding_sealer_close(&stored.sealer);
    stored.sealer = sealer_of(stored.folder, 9);
    cr_expect_eq(encoding_sealer_version(stored.sealer), 2);
    cr_assert(add_load(&stored, 9, &error).ok, "%s", error.message);
    seal(&stored);
    cr_expect(open_part(&stored, STORED_HEAD, SUBJECT, 9, stored.sealed_head, plain, &length, &error).ok);
}

/* Switch: opened in encoding_open. What does not open was tried, and counts too. */
Test(encoding_seal, each_opening_is_counted_under_its_version)
{
    static char plain[ENCODING_BYTES_MAX];
    SCOPED(close_stored) Stored stored = open_stored(anne);
    char text[KEY_USE_BYTES];
    int version;
    size_t length;
    Error error = {0};
    seal(&stored);
    KeyUse before = encoding_opener_use(stored.opener);
    cr_expect(text_equal(key_use_text(&before, text), TEXT("keys")), "%s", text);

    cr_expect(open_part(&stored, STORED_HEAD, SUBJECT, LOAD, stored.sealed_head, plain, &length, &error).ok);
    expect_shut(&stored, STORED_HEAD, SUBJECT + 1, LOAD, stored.sealed_head);
    KeyUse one = encoding_opener_use(stored.opener);
    cr_assert(keyring_rotate_encodings(stored.folder, &version, &error).ok, "%s", error.message);
    encoding_sealer_close(&stored.sealer);
    stored.sealer = sealer_of(stored.folder, 9);
    cr_assert(add_load(&stored, 9, &error).ok, "%s", error.message);
    seal(&stored);
    cr_expect(
        open_part(&stored, STORED_FILTERS, SUBJECT, 9, stored.sealed_filters, plain, &length, &error).ok);
    KeyUse two = encoding_opener_use(stored.opener);

    cr_expect(text_equal(key_use_text(&one, text), TEXT("keys encodings-1.opened=2")), "%s", text);
    cr_expect(
        text_equal(key_use_text(&two, text), TEXT("keys encodings-2.opened=1 encodings-older.opened=2")),
        "%s", text);
}

Test(encoding_seal, a_destroyed_version_opens_nothing_any_more)
{
    SCOPED(close_stored) Stored stored = open_stored(anne);
    char message[ERROR_MESSAGE_BYTES];
    int version;
    Error error = {0};
    seal(&stored);
    cr_assert(keyring_rotate_encodings(stored.folder, &version, &error).ok, "%s", error.message);

    cr_assert(keyring_destroy_encodings(stored.folder, 1, &error).ok, "%s", error.message);

    encoding_opener_close(&stored.opener);
    stored.opener = encoding_opener_create(stored.folder);
    cr_expect_not(add_load(&stored, LOAD, &error).ok);
    (void)snprintf(message, sizeof message, "%s: no key of version 1 that encodings are stored under",
                   stored.folder);
    cr_expect_str_eq(error.message, message);
}

Test(encoding_seal, the_current_version_is_not_destroyed)
{
    SCOPED(close_stored) Stored stored = open_stored(anne);
    char message[ERROR_MESSAGE_BYTES];
    Error error = {0};

    cr_expect_not(keyring_destroy_encodings(stored.folder, 1, &error).ok);

    (void)snprintf(message, sizeof message,
                   "%s: version 1 of the encodings' key is the current one; rotate it first", stored.folder);
    cr_expect_str_eq(error.message, message);
}

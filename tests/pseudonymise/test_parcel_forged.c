/* What no provider writes is not read, though a provider's keys sealed and signed it. */
#include <zstd.h>

#include "tests/pseudonymise/parcels.h"

TestSuite(parcel_forged, .fini = fixture_clear);

static Pseudonymiser *encoding(const Keyring *keyring)
{
    const PseudonymiserOptions options = {
        .source = "patient_list", .refers_to = references, .refers_to_count = 1, .encodes = true};
    Pseudonymiser *made = NULL;
    Error error = {0};

    must(pseudonymiser_create(keyring, &options, &made, &error), &error);
    return made;
}

/* One row, whose encoding has one byte changed and is so much longer; read by a hub that makes them or not.
 */
static Result read_changed(const Bench *bench, size_t at, int longer, bool encodes, Error *error)
{
    const RawIdentity one = someone("943 476 5919");
    const ParcelOpener opener = opener_of(bench);
    Pseudonymiser *at_source = encoding(bench->provider),
                  *at_hub = encodes ? encoding(bench->hub) : pseudonymiser(bench, bench->hub);
    Parcel *parcel = parcel_of(bench);
    size_t rows;

    TokenisedRow row = *row_of(at_source, &one, 2);
    cr_assert_gt(row.encoding_length, 100);
    row.encoding_length = (size_t)((ptrdiff_t)row.encoding_length + longer);
    if (at != SIZE_MAX)
        row.encoding[at] ^= 0x40;
    must(parcel_row(parcel, &row, error), error);
    must(parcel_finish(&parcel, TEXT(""), error), error);
    Result read = read_all(&opener, at_hub, &rows, error);
    cr_assert_eq(unlink(bench->path), 0);
    pseudonymiser_close(&at_hub);
    pseudonymiser_close(&at_source);
    return read;
}

/* Goes red without encoding_fits in check_encoding, parcel_read.c. */
Test(parcel_forged, an_encoding_that_is_none_of_ours_is_refused)
{
    /* form, kind, key version, scheme, fields, rules, fields there, tokens there, classes, a filter's size */
    static const size_t places[] = {0, 1, 2, 3, 4, 7, 8, 9, 10, 12, 20, 24, 29};
    Bench bench = bench_open();
    Error error = {0};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        cr_expect(!read_changed(&bench, places[i], 0, true, &error).ok, "%zu", places[i]);
        cr_expect_eq(error.code, ERROR_INPUT, "%s", error.message);
        cr_expect_not_null(strstr(error.message, "has an encoding that is none of ours"), "%s",
                           error.message);
    }
    cr_expect(!read_changed(&bench, SIZE_MAX, -1, true, &error).ok);
    cr_expect(!read_changed(&bench, SIZE_MAX, 1, true, &error).ok);
    cr_expect(read_changed(&bench, SIZE_MAX, 0, true, &error).ok, "%s", error.message);
    cr_expect(read_changed(&bench, 0, 0, false, &error).ok, "dropped unread: %s", error.message);
    bench_close(&bench);
}

/* Goes red without encoding_fits, or the limit, in pseudonymise_parcel_reference. */
Test(parcel_forged, a_reference_that_is_none_of_ours_or_one_too_many_is_refused)
{
    static uint8_t bytes[ENCODING_BYTES_MAX], other[ENCODING_BYTES_MAX];
    Bench bench = bench_open();
    const RawIdentity one = someone("943 476 5919");
    const ParcelOpener opener = opener_of(&bench);
    Pseudonymiser *at_source = encoding(bench.provider), *at_hub = encoding(bench.hub);
    SCOPED(parcel_close) ParcelReader *reader = NULL;
    size_t length;
    Error error = {0};
    write_parcel(&bench);
    must(parcel_open(&opener, &reader, &error), &error);

    const TokenisedRow *row = row_of(at_source, &one, 2);
    cr_expect(!pseudonymise_parcel_reference(at_hub, reader, tokenised_row_encoding(row), &error).ok,
              "somebody's");
    cr_expect(!pseudonymise_parcel_reference(at_hub, reader, TEXT("Brienworth"), &error).ok);
    must(pseudonymiser_reference(at_source, bytes, &length, &error), &error);
    const Text good = {.data = (const char *)bytes, .length = length};
    memcpy(other, bytes, length);
    other[7] ^= 1;
    cr_expect(!pseudonymise_parcel_reference(at_hub, reader,
                                             (Text){.data = (const char *)other, .length = length}, &error)
                   .ok,
              "of another scheme");
    cr_expect(!pseudonymise_parcel_reference(bench.at_hub, reader, good, &error).ok, "none are made there");
    for (int i = 0; i < ENCODING_REFERENCES; i++)
        must(pseudonymise_parcel_reference(at_hub, reader, good, &error), &error);
    cr_expect(!pseudonymise_parcel_reference(at_hub, reader, good, &error).ok);
    cr_expect_not_null(strstr(error.message, "more than 10000 references"), "%s", error.message);
    pseudonymiser_close(&at_hub);
    pseudonymiser_close(&at_source);
    bench_close(&bench);
}

typedef struct Frame {
    uint64_t number;
    Text text;
    bool is_packed; /* as it is: the text is packed for it */
} Frame;

/* A parcel of any frames behind its label, well signed; text NULL: the label is that. */
static void forge(const Bench *bench, Text label_text, const Frame *frames, size_t count, bool has_end)
{
    static uint8_t packed[PARCEL_BYTES];
    const ParcelOptions options = options_of(bench);
    const SealTo to = {.path = bench->path,
                       .of = PARCEL_OF,
                       .start = PARCEL_START,
                       .recipient = keyring_parcel_public(bench->provider)};
    SCOPED(parcel_transcript_close) ParcelTranscript transcript = {0};
    uint8_t regional[KEYRING_NAME_BYTES], to_sign[PARCEL_SIGNED_BYTES];
    char label[PARCEL_LABEL_BYTES_MAX], last[SIGNATURE_BYTES + 3];
    Seal *seal = NULL;
    Error error = {0};

    (void)unlink(bench->path);
    must(keyring_regional_name(bench->provider, regional, &error), &error);
    must(seal_create_to(&to, &seal, &error), &error);
    Text first = label_text.data != NULL ? label_text : parcel_label_write(&options.label, regional, label);
    parcel_transcript_add(&transcript, 0, first);
    must(seal_line(seal, 0, first, &error), &error);
    for (size_t i = 0; i < count; i++) {
        Text text = frames[i].text;
        if (frames[i].is_packed)
            text = (Text){.data = (const char *)packed,
                          .length = ZSTD_compress(packed, sizeof packed, text.data, text.length, 1)};
        parcel_transcript_add(&transcript, frames[i].number, text);
        must(seal_line(seal, frames[i].number, text, &error), &error);
    }
    parcel_transcript_add(&transcript, PARCEL_LAST, TEXT("sum"));
    must(signature_make(bench->keys.sign_key, parcel_transcript_end(&transcript, seal_bound(seal), to_sign),
                        (unsigned char *)last, &error),
         &error);
    memcpy(last + SIGNATURE_BYTES, "sum", 3);
    if (has_end)
        must(seal_line(seal, PARCEL_LAST, (Text){.data = last, .length = sizeof last}, &error), &error);
    must(seal_finish(&seal, &error), &error);
}

Test(parcel_forged, frames_that_no_provider_writes_are_refused)
{
    static char large[PARCEL_BLOCK_BYTES_MAX + 1];
    Bench bench = bench_open();
    const struct {
        Frame frame;
        const char *part;
    } cases[] = {
        {{1, {large, sizeof large}, true}, "block 1 is not as it was packed"},
        {{1, TEXT("no zstd at all"), false}, "block 1 is not as it was packed"},
        {{1, TEXT(""), false}, "block 1 is not as it was packed"},
        {{2, TEXT("\1\1x"), true}, "block 1 is not as it was packed"},
        {{1, TEXT("\1\2x"), true}, "item 1 of block 1 is not well-formed"},
        {{1, TEXT("\7"), true}, "item 1 of block 1 is not well-formed"},
        {{PARCEL_LAST, TEXT("short"), false}, "its last frame is none"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        forge(&bench, (Text){0}, &cases[i].frame, 1, true);
        expect_failure(&bench, ERROR_INPUT, cases[i].part);
    }
    const Frame note = {1, TEXT("\1\1x"), true};
    forge(&bench, (Text){0}, &note, 1, false);
    expect_failure(&bench, ERROR_INPUT, "ends without its summary");
    forge(&bench, TEXT("source a b\n"), &note, 1, true);
    expect_failure(&bench, ERROR_INPUT, "its label has no sender where it belongs");
    bench_close(&bench);
}

/* A block unpacks within its bound, but many small ones could fill a disk. */
Test(parcel_forged, a_parcel_that_grows_beyond_all_measure_is_refused)
{
    enum { NOTES = 63, FRAMES = 10 };
    static char block[NOTES * (PARCEL_NOTE_BYTES + 4)];
    Bench bench = bench_open();
    Frame frames[FRAMES];

    for (size_t i = 0; i < NOTES; i++)
        memcpy(block + i * (PARCEL_NOTE_BYTES + 4), "\1\200\200\4", 4);
    for (size_t i = 0; i < FRAMES; i++)
        frames[i] = (Frame){i + 1, {block, sizeof block}, true};
    forge(&bench, (Text){0}, frames, FRAMES, true);

    expect_failure(&bench, ERROR_LIMIT, "-fold when decompressed");
    bench_close(&bench);
}

/* ---- items ---- */

static bool takes(const char *bytes, size_t length)
{
    ParcelItems items = {.at = (const uint8_t *)bytes,
                         .end = (const uint8_t *)bytes + length,
                         .path = "parcel",
                         .types = types,
                         .type_count = PAYLOAD,
                         .reference_count = 1};
    Value values[PARCEL_VALUES_MAX];
    TokenisedRow row;
    ParcelKind kind;
    Text note;
    Error error = {0};

    return parcel_take(&items, &kind, &note, &row, values, &error).ok && items.at == items.end;
}
#define TAKES(literal) takes(literal, sizeof(literal) - 1)

Test(parcel_forged, a_row_has_one_form_alone)
{
    /* line 2, no subject, no age, no reference; text "A", then null of each other type */
    cr_expect(TAKES("\0\2\0\0\0\5\1A\x82\x83\x84\x81"));
    cr_expect(!TAKES("\0\2\0\0\0\5\1A\x82\x83\x84"), "cut");
    cr_expect(!TAKES("\0\202\0\0\0\0\5\1A\x82\x83\x84\x81"), "a number longer than it need be");
    cr_expect(!TAKES("\0\2\2\0\0\5\1A\x82\x83\x84\x81"), "a new subject that is none");
    cr_expect(!TAKES("\0\2\10\0\0\5\1A\x82\x83\x84\x81"), "an unknown flag");
    cr_expect(!TAKES("\0\2\0\3\0\5\1A\x82\x83\x84\x81"), "an age that is no band's first day");
    cr_expect(!TAKES("\0\2\0\0\2\5\1A\x82\x83\x84\x81"), "a reference past those of the source");
    cr_expect(!TAKES("\0\2\0\0\0\2\2\x82\x83\x84\x81"), "a value of another type");
    cr_expect(!TAKES("\0\2\0\0\0\5\1\xff\x82\x83\x84\x81"), "no UTF-8");
    cr_expect(!TAKES("\0\2\0\0\0\5\1\0\x82\x83\x84\x81"), "NUL");
    cr_expect(!TAKES("\0\2\0\0\0\5\377\377\377\377\17\x82\x83\x84\x81"), "a text longer than the block");
    cr_expect(!TAKES("\0\2\0\0\0\5\1A\x82\x83\x84\1\2"), "a truth value of 2");
    cr_expect(!TAKES("\0\2\0\0\0\5\1A\x82\x83\4\376\377\377\377\17\x81"), "a day at infinity");
}

#define DIGEST "0123456789abcdef"
#define TAIL   "\0\5\1A\x82\x83\x84\x81"

Test(parcel_forged, a_subject_says_only_what_is_stored)
{
    /* state absent, no tokens, born 1980-02, sex 1, no areas, no encoding */
    cr_expect(TAKES("\0\2\3\0" DIGEST "\0\0\274\17\2\61\0\0\0" TAIL));
    cr_expect(TAKES("\0\2\3\0" DIGEST "\0\0\0\0\0\11E01024335\11E01035274\0" TAIL));
    cr_expect(TAKES("\0\2\3\0" DIGEST "\0\0\0\0\0\0\0\1\30abcdefghijklmnopqrstuvwx" TAIL), "read later");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\0\0\0\0\0\0\1\3abc" TAIL), "shorter than any encoding");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\0\0\0\0\11E0102433X\0\0" TAIL), "no area's code");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\0\0\0\0\10ME14 1XQ\0\0" TAIL), "a postcode");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\0\274\17\15\61\0\0\0" TAIL), "a thirteenth month");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\0\274\17\0\61\0\0\0" TAIL), "a year without a month");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\0\274\17\2M\0\0\0" TAIL), "a sex that is none of ours");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\1\0\274\17\2\61\0\0\0" TAIL), "a valid number without a token");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\1" DIGEST "\274\17\2\61\0\0\0" TAIL), "a token of no number");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\100\274\17\2\61\0\0\0" TAIL), "a seventh token");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\0\274\17\2\61\0\0\2" TAIL), "an encoding of a version not known");
}

/* What a parcel says it is, as lines, and what of it is signed. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pseudonymise/parcel_format.h"

const uint8_t PARCEL_START[SEAL_MAGIC_BYTES + 1] = {'C', 'I', 'N', 'Q', 'R', 'O', 'W', 'S', PARCEL_VERSION};

static const char signed_domain[] = "cinque/parcel/v2";
_Static_assert(sizeof signed_domain - 1 == PARCEL_SIGNED_BYTES - SEAL_BOUND_BYTES - HASH_BYTES, "the domain");

enum { REGIONAL_TEXT_BYTES = 2 * KEYRING_NAME_BYTES + 1, LABEL_LINES = 7 };

static const char *const line_names[LABEL_LINES] = {"source",   "sender",    "period",   "spec",
                                                    "regional", "postcodes", "encodings"};

Text parcel_label_write(const ParcelLabel *label, const uint8_t regional[KEYRING_NAME_BYTES],
                        char out[PARCEL_LABEL_BYTES_MAX])
{
    char period[DATE_TEXT_BYTES], spec[HASH_TEXT_BYTES], name[REGIONAL_TEXT_BYTES];

    for (size_t i = 0; i < KEYRING_NAME_BYTES; i++)
        (void)snprintf(name + 2 * i, 3, "%02x", regional[i]);
    int length =
        snprintf(out, PARCEL_LABEL_BYTES_MAX,
                 "source %s\nsender %s\nperiod %s\nspec %d:%s\nregional %s\npostcodes %s\nencodings %s\n",
                 label->source, label->sender, month_format(label->period, period), label->spec_version,
                 hash_format(&label->spec, spec), name, label->edition, label->has_encodings ? "yes" : "no");
    return (Text){.data = out, .length = (size_t)length};
}

static bool is_name(Text text, size_t bytes_max, bool may_be_empty)
{
    if (text.length >= bytes_max || (text.length == 0 && !may_be_empty))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_letter && strchr("_.-@", c) == NULL)
            return false;
    }
    return true;
}

static bool take_name(Text text, char *out, size_t bytes_max, bool may_be_empty)
{
    if (!is_name(text, bytes_max, may_be_empty))
        return false;
    (void)snprintf(out, bytes_max, "%.*s", TEXT_ARG(text));
    return true;
}

static bool take_spec(Text text, ParcelLabel *label)
{
    int64_t version;

    if (!text_to_int64(text_next(&text, ':'), &version) || version < 1 || version > INT32_MAX)
        return false;
    label->spec_version = (int)version;
    return hash_parse(text, &label->spec);
}

static int digit_of(char c)
{
    const char *found = c != '\0' ? strchr("0123456789abcdef", c) : NULL;

    return found != NULL ? (int)(found - "0123456789abcdef") : -1;
}

static bool take_regional(Text text, uint8_t regional[KEYRING_NAME_BYTES])
{
    if (text.length != (size_t)2 * KEYRING_NAME_BYTES)
        return false;
    for (size_t i = 0; i < KEYRING_NAME_BYTES; i++) {
        int high = digit_of(text.data[2 * i]), low = digit_of(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        regional[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

Result parcel_label_read(const char *path, Text text, ParcelLabel *label,
                         uint8_t regional[KEYRING_NAME_BYTES], Error *error)
{
    Text values[LABEL_LINES];

    *label = (ParcelLabel){0};
    for (size_t i = 0; i < LABEL_LINES; i++) {
        values[i] = text_next(&text, '\n');
        if (!text_equal(text_next(&values[i], ' '), text_from(line_names[i])))
            return fail(error, ERROR_INPUT, "%s: parcel: its label has no %s where it belongs", path,
                        line_names[i]);
    }
    label->has_encodings = text_equal(values[6], TEXT("yes"));
    const bool is_good[LABEL_LINES] = {
        take_name(values[0], label->source, sizeof label->source, false),
        take_name(values[1], label->sender, sizeof label->sender, false),
        month_parse(values[2], &label->period),
        take_spec(values[3], label),
        take_regional(values[4], regional),
        take_name(values[5], label->edition, sizeof label->edition, true),
        label->has_encodings || text_equal(values[6], TEXT("no")),
    };
    for (size_t i = 0; i < LABEL_LINES; i++)
        if (!is_good[i])
            return fail(error, ERROR_INPUT, "%s: parcel: the %s on its label is none", path, line_names[i]);
    return text.length == 0 ? RESULT_OK
                            : fail(error, ERROR_INPUT, "%s: parcel: its label says more than it may", path);
}

/* ---- what is signed ---- */

void parcel_transcript_add(ParcelTranscript *transcript, uint64_t number, Text text)
{
    uint8_t head[2 * SEAL_NUMBER_BYTES];

    if (transcript->hash == NULL)
        transcript->hash = hash_open();
    seal_put_number(number, head);
    seal_put_number(text.length, head + SEAL_NUMBER_BYTES);
    hash_add(transcript->hash, head, sizeof head);
    hash_add(transcript->hash, text.data, text.length);
}

Text parcel_transcript_end(const ParcelTranscript *transcript, const uint8_t bound[SEAL_BOUND_BYTES],
                           uint8_t out[PARCEL_SIGNED_BYTES])
{
    Hash hash = hash_value(transcript->hash);
    size_t domain = sizeof signed_domain - 1;

    memcpy(out, signed_domain, domain);
    memcpy(out + domain, bound, SEAL_BOUND_BYTES);
    memcpy(out + domain + SEAL_BOUND_BYTES, hash.bytes, HASH_BYTES);
    return (Text){.data = (const char *)out, .length = PARCEL_SIGNED_BYTES};
}

void parcel_transcript_close(ParcelTranscript *transcript)
{
    hash_close(&transcript->hash);
}

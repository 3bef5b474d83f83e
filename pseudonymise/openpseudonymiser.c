/* The digest of OpenPseudonymiser, as its FAQ and integration guide describe it. */
#include <string.h>

#include "pseudonymise/pseudonymise.h"

static const Text blanks_go = TEXT("NHSNumber");

static unsigned char folded(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static int compare_ignore_case(Text a, Text b)
{
    for (size_t i = 0; i < a.length && i < b.length; i++)
        if (folded(a.data[i]) != folded(b.data[i]))
            return folded(a.data[i]) - folded(b.data[i]);
    return (a.length > b.length) - (a.length < b.length);
}

static void sort(const OpenPseudonymiserField *fields, size_t count, const OpenPseudonymiserField **sorted)
{
    for (size_t i = 0; i < count; i++) {
        size_t place = i;
        for (; place > 0 && compare_ignore_case(fields[i].name, sorted[place - 1]->name) < 0; place--)
            sorted[place] = sorted[place - 1];
        sorted[place] = &fields[i];
    }
}

/* Straight into the hash: no copy of a value is made. */
static void add_value(HashStream *hash, const OpenPseudonymiserField *field)
{
    Text rest = field->value;

    if (!text_equal(field->name, blanks_go)) {
        hash_add(hash, rest.data, rest.length);
        return;
    }
    while (rest.length > 0) {
        Text part = text_next(&rest, ' ');
        hash_add(hash, part.data, part.length);
    }
}

Result openpseudonymiser_digest(const OpenPseudonymiserField *fields, size_t count, Text salt,
                                char digest[HASH_TEXT_BYTES], Error *error)
{
    const OpenPseudonymiserField *sorted[OPENPSEUDONYMISER_FIELDS_MAX];

    if (count == 0 || count > OPENPSEUDONYMISER_FIELDS_MAX)
        return fail(error, ERROR_CONFIG, "digest: 1 to %d fields", OPENPSEUDONYMISER_FIELDS_MAX);
    sort(fields, count, sorted);
    for (size_t i = 1; i < count; i++)
        if (text_compare(sorted[i - 1]->name, sorted[i]->name) >= 0)
            return fail(error, ERROR_CONFIG,
                        "digest: two fields have one name, or upper and lower case decide their order");
    HashStream *hash = hash_open();
    for (size_t i = 0; i < count; i++)
        add_value(hash, sorted[i]);
    hash_add(hash, salt.data, salt.length);
    Hash value = hash_value(hash);
    hash_close(&hash);
    (void)hash_format(&value, digest);
    return RESULT_OK;
}

bool openpseudonymiser_is_digest(Text text)
{
    if (text.length != HASH_TEXT_BYTES - 1)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (strchr("0123456789abcdef", text.data[i]) == NULL || text.data[i] == '\0')
            return false;
    return true;
}

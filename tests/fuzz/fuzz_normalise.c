/* Normal forms of any bytes: within their buffers, well-formed, and normal already when normalised again. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "pseudonymise/normalise.h"
#include "pseudonymise/pseudonymise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

typedef IdentifierState (*Normaliser)(Text text, char *out);

static IdentifierState nhs_number(Text text, char *out)
{
    return pseudonymise_nhs_number(text, out);
}

static IdentifierState uprn(Text text, char *out)
{
    return pseudonymise_uprn(text, out);
}

static IdentifierState postcode(Text text, char *out)
{
    return pseudonymise_postcode(text, out);
}

/* out_bytes is exactly what the header promises: the sanitizer watches what lies behind. */
static void check_identifier(Normaliser normalise, size_t out_bytes, Text text)
{
    char *out = memory_alloc(out_bytes), *again = memory_alloc(out_bytes);
    IdentifierState state = normalise(text, out);

    if (state == IDENTIFIER_VALID) {
        require(normalise(text_from(out), again) == IDENTIFIER_VALID);
        require(strcmp(out, again) == 0);
    } else {
        require(out[0] == '\0');
    }
    memory_free(out);
    memory_free(again);
}

static void check_fold(Text text)
{
    char *out = memory_alloc(NORMALISE_FOLD_GROWTH * text.length);
    Text folded = {.data = out, .length = normalise_fold(text, out)};
    require(folded.length <= NORMALISE_FOLD_GROWTH * text.length);
    require(text_is_utf8(folded));
    require(folded.length == 0 || (folded.data[0] != ' ' && folded.data[folded.length - 1] != ' '));
    require(folded.length == 0 || memmem(folded.data, folded.length, "  ", 2) == NULL);

    char *again = memory_alloc(NORMALISE_FOLD_GROWTH * folded.length);
    Text refolded = {.data = again, .length = normalise_fold(folded, again)};
    require(text_equal(folded, refolded));
    memory_free(out);
    memory_free(again);
}

/* The postcode is the text's own start, so that some of its words are of it. */
static void check_address(Text text)
{
    char *folding = memory_alloc(NORMALISE_FOLD_GROWTH * text.length);
    Text folded = {.data = folding, .length = normalise_fold(text, folding)};
    Text postcode = text_slice(folded, 0, folded.length < 8 ? folded.length : 8);
    char *out = memory_alloc(NORMALISE_ADDRESS_BYTES);
    size_t length = normalise_address(folded, postcode, out);
    require(length <= NORMALISE_ADDRESS_BYTES);
    require(length == 0 || (out[0] != ' ' && out[length - 1] != ' '));
    require(length == 0 || memmem(out, length, "  ", 2) == NULL);
    memory_free(out);
    memory_free(folding);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of exact length, so that reading past it is seen. */
    char *copy = memory_alloc(size);
    if (size > 0)
        memcpy(copy, data, size);
    Text text = {.data = copy, .length = size};

    check_identifier(nhs_number, 11, text);
    check_identifier(uprn, 13, text);
    check_identifier(postcode, 9, text);
    check_fold(text);
    check_address(text);
    char sex = normalise_sex(text);
    require(sex == '\0' || strchr("129X", sex) != NULL);
    memory_free(copy);
    return 0;
}

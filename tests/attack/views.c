#include "tests/attack/views.h"

#include <string.h>

#include "base/arena.h"
#include "linkage/similarity.h"
#include "pseudonymise/encoding_text.h"
#include "tests/attack/control.h"
#include "tests/attack/county.h"

BitRows bits_of_control(const Files *files, unsigned key)
{
    BitRows bits = {.rows = files->count, .width = CONTROL_BYTES};

    bits.bytes = memory_alloc(bits.rows * bits.width);
    for (size_t i = 0; i < files->count; i++)
        control_encode(&files->people->all[files->encoded[i]], FIELD_GIVEN, FIELD_FAMILY, key,
                       bits.bytes + i * bits.width);
    return bits;
}

BitRows bits_of_field(const Table *table, size_t field, size_t most, uint32_t *owners)
{
    BitRows bits = {.width = table->rows[0][ROW_HEADER + field] & 0x7F};

    bits.bytes = memory_alloc(most * bits.width);
    for (uint32_t i = 0; i < table->count && bits.rows < most; i++) {
        const uint8_t *row = table->rows[i];
        for (size_t rule = 0; rule < row[9] && bits.rows < most && (row_fields(row) >> field & 1) != 0;
             rule++) {
            size_t bytes;
            if ((row_rules(row) >> rule & 1) == 0)
                continue;
            owners[bits.rows] = i;
            memcpy(bits.bytes + bits.rows++ * bits.width, row_filter(row, rule, field, &bytes), bits.width);
        }
    }
    return bits;
}

void bits_close(BitRows *bits)
{
    memory_free(bits->bytes);
    *bits = (BitRows){0};
}

Values values_of_control(const Files *files, const uint32_t *people, size_t count)
{
    Values values = {.of = memory_alloc(count * sizeof *values.of), .rows = count, .codes = GRAM_CODES};

    for (size_t i = 0; i < count; i++) {
        const Person *person = &files->people->all[people[i]];
        uint16_t grams[CONTROL_GRAMS];
        size_t all = control_grams(person, FIELD_GIVEN, FIELD_FAMILY, grams);
        values.of[i].gram_count = all < VALUE_GRAMS ? all : VALUE_GRAMS;
        memcpy(values.of[i].grams, grams, values.of[i].gram_count * sizeof *grams);
        values.of[i].value = mix_bytes(1, person->fields, 2 * PERSON_TEXT);
    }
    return values;
}

Values values_of_field(const Files *files, const uint32_t *people, size_t count, size_t field)
{
    Values values = {
        .of = memory_alloc(count * sizeof *values.of), .rows = count, .codes = ENCODING_GRAM_CODES};

    for (size_t i = 0; i < count; i++) {
        const char *text = files->people->all[people[i]].fields[field];
        EncodingValue value;
        encoding_value_fill(files->people->kinds[field], (Text){.data = text, .length = strlen(text)},
                            &value);
        values.of[i].gram_count = value.gram_count;
        memcpy(values.of[i].grams, value.grams, value.gram_count * sizeof value.grams[0]);
        values.of[i].value = mix_bytes(1, text, strlen(text));
    }
    return values;
}

void values_close(Values *values)
{
    memory_free(values->of);
    *values = (Values){0};
}

/* ---- likeness ---- */

static double dice(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    SimilarityShared shared = similarity_shared(a, b, bytes);

    return shared.a + shared.b == 0 ? 0 : 2.0 * shared.both / (shared.a + shared.b);
}

Likeness likeness_of_filters(const BitRows *filters)
{
    Likeness likeness = likeness_make(filters->rows);

    for (size_t a = 0; a < filters->rows; a++) {
        for (size_t b = 0; b < a; b++)
            likeness_put(&likeness, a, b,
                         (float)dice(filters->bytes + a * filters->width, filters->bytes + b * filters->width,
                                     filters->width));
    }
    return likeness;
}

static double likeness_of_rows(const uint8_t *a, const uint8_t *b)
{
    uint64_t rules = row_rules(a) & row_rules(b);
    unsigned fields = row_fields(a) & row_fields(b);
    double sum = 0;
    size_t count = 0, bytes;

    for (size_t rule = 0; rule < a[9]; rule++) {
        if ((rules >> rule & 1) == 0 || memcmp(row_token(a, rule), row_token(b, rule), 8) != 0)
            continue;
        for (size_t field = 0; field < a[8]; field++) {
            if ((fields >> field & 1) == 0)
                continue;
            const uint8_t *left = row_filter(a, rule, field, &bytes);
            sum += dice(left, row_filter(b, rule, field, &bytes), bytes);
            count++;
        }
    }
    return count == 0 ? 0 : sum / (double)count;
}

Likeness likeness_of_table(const Table *table)
{
    Likeness likeness = likeness_make(table->count);

    for (size_t a = 0; a < table->count; a++) {
        for (size_t b = 0; b < a; b++)
            likeness_put(&likeness, a, b, (float)likeness_of_rows(table->rows[a], table->rows[b]));
    }
    return likeness;
}

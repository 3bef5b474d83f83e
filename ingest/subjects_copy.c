#include "ingest/subjects_copy.h"

#include "ingest_sql.h"

enum { AHEAD = 8, LINE_BYTES = 64 };
enum { NEAR_BITS = 12, NEAR_COUNT = 1 << NEAR_BITS }; /* of subject numbers, which are spread evenly */

static const DbStatement mark = {.name = "subjects_mark", .sql = ingest_sql_subjects_mark};
static const DbStatement mark_end = {.name = "subjects_mark_end", .sql = ingest_sql_subjects_mark_end};
static const DbStatement take_back = {.name = "subjects_take_back", .sql = ingest_sql_subjects_take_back};

static const DbCopyColumn columns[] = {
    {"subject_id", VALUE_INT8},
    {"source_id", VALUE_INT2},
    {"digest", VALUE_BYTES},
    {"first_load_id", VALUE_INT4},
    {"key_version", VALUE_INT2},
    {"nhs_token", VALUE_BYTES},
    {"superseded_nhs_token", VALUE_BYTES},
    {"local_token", VALUE_BYTES},
    {"uprn_token", VALUE_BYTES},
    {"foreign_token", VALUE_BYTES},
    {"foreign_token_to", VALUE_BYTES},
    {"address_token", VALUE_BYTES},
    {"nhs_state", VALUE_INT2},
    {"birth_year", VALUE_INT2},
    {"birth_month", VALUE_INT2},
    {"sex", VALUE_TEXT},
    {"lsoa_2011", VALUE_TEXT},
    {"lsoa_2021", VALUE_TEXT},
};
enum { COLUMN_COUNT = sizeof columns / sizeof *columns };

static Value token_value(const Token *token)
{
    return token->is_set ? value_bytes(token->bytes, TOKEN_BYTES) : value_null(VALUE_BYTES);
}

static Value number_or_null(int number)
{
    return number != 0 ? value_int2(number) : value_null(VALUE_INT2);
}

/* sex, small areas: none is shorter than there is room for */
static Value text_or_null(const char *data, size_t length)
{
    return data[0] != '\0' ? value_text((Text){.data = data, .length = length}) : value_null(VALUE_TEXT);
}

static Result copy_subject(const SubjectsPlace *place, DbCopy *copy, const Subject *subject, Error *error)
{
    const Value values[COLUMN_COUNT] = {
        value_int8(subject->subject_id),
        value_int2(place->source_id),
        value_bytes(subject->digest, sizeof subject->digest),
        value_int4(place->load_id),
        value_int2(subject->key_version),
        token_value(&subject->nhs),
        token_value(&subject->superseded_nhs),
        token_value(&subject->local_id),
        token_value(&subject->uprn),
        token_value(&subject->foreign),
        token_value(&subject->foreign_to),
        token_value(&subject->address),
        value_int2((int64_t)subject->nhs_state),
        number_or_null(subject->birth_year),
        number_or_null(subject->birth_month),
        text_or_null(&subject->sex, 1),
        text_or_null(subject->lsoa_2011, sizeof subject->lsoa_2011 - 1),
        text_or_null(subject->lsoa_2021, sizeof subject->lsoa_2021 - 1),
    };

    return db_copy_row(copy, values, error);
}

/* In an order that the memory does not have, each subject would be waited for. */
static void expect(const Subject *subject)
{
    for (size_t at = 0; at < sizeof *subject; at += LINE_BYTES)
        __builtin_prefetch((const char *)subject + at);
}

/* order: which comes when; NULL: as they are. */
static Result copy_block(const SubjectsPlace *place, Db *db, const char *table, const Subject *block,
                         const uint32_t *order, size_t count, Error *error)
{
    SCOPED(db_copy_abandon) DbCopy *copy = NULL;

    TRY(db_copy_in(db, table, columns, COLUMN_COUNT, &copy, error));
    for (size_t i = 0; i < count; i++) {
        if (order != NULL && i + AHEAD < count)
            expect(&block[order[i + AHEAD]]);
        TRY(copy_subject(place, copy, &block[order != NULL ? order[i] : i], error));
    }
    return db_copy_end(&copy, NULL, error);
}

Result subjects_copy(const SubjectsPlace *place, Db *db, const char *table, const Subject *block,
                     size_t count, Error *error)
{
    return count > 0 ? copy_block(place, db, table, block, NULL, count, error) : RESULT_OK;
}

/* ---- new ones ---- */

static size_t near_of(const Subject *subject)
{
    return ((uint64_t)subject->subject_id ^ UINT64_C(1) << 63) >> (64 - NEAR_BITS);
}

/* Those with the same first bits together, in the order of the index: one page of it after another. */
static void order_near(const Subject *block, size_t count, uint32_t *order)
{
    uint32_t *ends = memory_alloc((NEAR_COUNT + 1) * sizeof *ends);

    for (size_t i = 0; i < count; i++)
        ends[near_of(&block[i]) + 1]++;
    for (size_t i = 0; i < NEAR_COUNT; i++)
        ends[i + 1] += ends[i];
    for (size_t i = 0; i < count; i++)
        order[ends[near_of(&block[i])]++] = (uint32_t)i;
    memory_free(ends);
}

Result subjects_copy_new(const SubjectsPlace *place, const Subject *block, size_t count, bool *are_new,
                         Error *error)
{
    uint32_t *order = memory_alloc((count + 1) * sizeof *order);
    Error failure = {0};

    order_near(block, count, order);
    Result done = db_run(place->merger, &mark, NULL, NULL, error);
    if (done.ok) {
        *are_new = copy_block(place, place->merger, "subjects.arriving", block, order, count, &failure).ok;
        done = db_run(place->merger, *are_new ? &mark_end : &take_back, NULL, NULL, error);
    }
    memory_free(order);
    return done;
}

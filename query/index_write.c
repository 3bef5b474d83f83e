#include <inttypes.h>

#include "base/date.h"
#include "base/log.h"
#include "query/index_private.h"
#include "query_sql.h"

enum { SQL_BYTES_MAX = 16 << 10, INDEX_COLUMNS_MAX = MANIFEST_COLUMNS_MAX - 4 };
#define INDEX_ARENA_BYTES_MAX ((size_t)6 << 30)

static const DbStatement columns_statement = {
    .name = "release columns",
    .sql = query_sql_release_columns,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_TEXT, VALUE_BOOL, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT},
};

uint32_t index_part_people = BLOCK_PART_PEOPLE;

static void index_close(Index *index)
{
    index_work_stop(index);
    index_forget_packed(index->packed, index->packed_count);
    for (size_t s = 0; s < index->source_count; s++)
        for (size_t c = 0; c < index->sources[s].column_count; c++)
            word_set_close(&index->sources[s].columns[c].words);
    for (size_t p = 0; p < 2; p++)
        part_close(&index->parts[p]);
    listed_close(&index->listed);
    block_packer_close(&index->packer);
    memory_free(index->raw);
    memory_free(index->numbers);
    memory_free(index->blocks);
    arena_close(&index->arena);
}

/* ---- what is to be written ---- */

typedef struct ReadAs {
    const char *word;
    QueryType type;
    ValueType value;
} ReadAs;

static const ReadAs READ_AS[] = {
    {"boolean", TYPE_BOOL, VALUE_BOOL},       {"integer", TYPE_NUMBER, VALUE_INT8},
    {"date", TYPE_DATE, VALUE_DATE},          {"text", TYPE_TEXT, VALUE_TEXT},
    {"decimal", TYPE_DECIMAL, VALUE_NUMERIC},
};

static Result add_column(Index *index, IndexSource *source, Text name, Text type, Error *error)
{
    IndexColumn *column = &source->columns[source->column_count];

    if (source->column_count == INDEX_COLUMNS_MAX)
        return fail(error, ERROR_LIMIT, "source %.*s: more than %d columns", TEXT_ARG(source->name),
                    INDEX_COLUMNS_MAX);
    for (size_t i = 0; i < sizeof READ_AS / sizeof *READ_AS; i++) {
        if (!text_equal(type, text_from(READ_AS[i].word)))
            continue;
        *column = (IndexColumn){
            .name = text_copy(index->arena, name), .type = READ_AS[i].type, .read_as = READ_AS[i].value};
        word_set_open(&column->words, index->arena);
        source->column_count++;
        return RESULT_OK;
    }
    return fail(error, ERROR_DATABASE, "source %.*s column %.*s: of a type that no release holds",
                TEXT_ARG(source->name), TEXT_ARG(name));
}

/* Since when and until when the person lived in the home that the row is about. */
static Result add_residence(Index *index, IndexSource *source, Error *error)
{
    if (!source->is_household)
        return RESULT_OK;
    TRY(add_column(index, source, TEXT("household_from"), TEXT("date"), error));
    return add_column(index, source, TEXT("household_to"), TEXT("date"), error);
}

static ListedBy listed_by(Text word)
{
    if (text_equal(word, TEXT("code")))
        return LISTED_BY_CODE;
    return text_equal(word, TEXT("day")) ? LISTED_BY_DAY : LISTED_BY_NEITHER;
}

static Result read_columns(Index *index, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {index->permit, index->release};
    IndexSource *source = NULL;

    TRY(db_run(index->releaser, &columns_statement, parameters, &rows, error));
    index->sources = arena_alloc(index->arena, (db_row_count(rows) + 1) * sizeof *index->sources);
    for (size_t i = 0; i < db_row_count(rows); i++) {
        if (source == NULL || !text_equal(source->name, db_text(rows, i, 0))) {
            if (source != NULL)
                TRY(add_residence(index, source, error));
            source = &index->sources[index->source_count++];
            source->name = text_copy(index->arena, db_text(rows, i, 0));
            source->is_household = db_value(rows, i, 1).boolean;
            source->part_rows =
                arena_alloc(index->arena,
                            ((size_t)manifest_part_count(&index->manifest) + 1) * sizeof *source->part_rows);
        }
        if (db_is_null(rows, i, 2))
            continue;
        TRY(add_column(index, source, db_text(rows, i, 2), db_text(rows, i, 3), error));
        source->columns[source->column_count - 1].listed_by = listed_by(db_text(rows, i, 4));
    }
    if (source == NULL || index->source_count > MANIFEST_SOURCES_MAX)
        return fail(error, ERROR_LIMIT, "release: it has no sources, or more than %d", MANIFEST_SOURCES_MAX);
    return add_residence(index, source, error);
}

/* ---- parts ---- */

/* The value is cast to what it is read as; names come from the database and are quoted. */
static void add_select(const IndexSource *source, TextBuilder *sql)
{
    size_t stored = source->column_count - (source->is_household ? 2 : 0);

    text_add_string(sql, source->is_household ? "SELECT h.person_number" : "SELECT t.person_number");
    for (size_t c = 0; c < stored; c++) {
        text_add_string(sql, ", t.");
        db_add_identifier(sql, source->columns[c].name);
        text_add_string(sql, source->columns[c].read_as == VALUE_INT8 ? "::int8" : "");
    }
    text_add_string(sql, source->is_household ? ", h.valid_from, h.valid_to" : "");
}

static void add_from(const Index *index, const IndexPart *part, TextBuilder *sql)
{
    const IndexSource *source = part->source;
    int64_t release = index->release.integer;

    text_add_format(sql, " FROM release_%" PRId64 ".", release);
    db_add_identifier(sql, source->name);
    text_add_string(sql, " AS t");
    if (source->is_household)
        text_add_format(sql, " JOIN release_%" PRId64 ".household AS h USING (household_number)", release);
    text_add_format(sql, " WHERE %s.person_number BETWEEN %" PRIu32 " AND %" PRIu32,
                    source->is_household ? "h" : "t", part->first + 1, part->first + part->people);
}

static Result read_part(const Index *index, IndexPart *part, Error *error)
{
    const IndexSource *source = part->source;
    SCOPED(text_builder_close) TextBuilder sql = text_builder(SQL_BYTES_MAX);
    DbStatement statement = {.name = "release rows", .columns = {VALUE_INT4}};

    add_select(source, &sql);
    add_from(index, part, &sql);
    statement.sql = text_built(&sql).data;
    for (size_t c = 0; c < source->column_count; c++)
        statement.columns[c + 1] = source->columns[c].read_as;
    TRY(db_copy_out(index->releaser, &statement, part_take, part, error));
    part_end(part);
    return RESULT_OK;
}

/* Of people themselves there is one row each. */
static Result check_people(const IndexPart *part, Error *error)
{
    for (uint32_t p = 0; p <= part->people; p++)
        if (part->begin[p] != p)
            return fail(error, ERROR_DATABASE, "release: its people are not numbered from 1 without a gap");
    return RESULT_OK;
}

static Result pack_columns(Index *index, const IndexPart *part, BlockPlace place, Error *error)
{
    const PartRows rows = {.begin = part->begin, .people = part->people};

    index_reserve(index, part->row_count > part->people ? part->row_count : part->people);
    for (uint32_t p = 0; p < part->people; p++)
        index->numbers[p] = part->begin[p + 1] - part->begin[p];
    place.kind = BLOCK_ROWS;
    TRY(index_numbers(index, &place, part->people, NULL, error));
    place.kind = BLOCK_COLUMN;
    for (; place.column < part->source->column_count; place.column++) {
        part_values(part, place.column, index->numbers);
        TRY(index_numbers(index, &place, part->row_count, &rows, error));
    }
    return RESULT_OK;
}

/* In the second thread. */
static Result pack_part(Index *index, void *context, Error *error)
{
    IndexPart *part = context;
    const BlockPlace place = {.source = (uint32_t)(part->source - index->sources),
                              .part = part->first / index->manifest.part_people};

    part_sort(part);
    if (place.source == 0)
        TRY(check_people(part, error));
    TRY(pack_columns(index, part, place, error));
    listed_add(&index->listed, part, index->numbers);
    return RESULT_OK;
}

/* ---- sources ---- */

/* While one part is read, the one before it is packed. */
static Result write_parts(Index *index, uint32_t number, Error *error)
{
    IndexSource *source = &index->sources[number];
    uint64_t rows = 0;

    for (uint32_t p = 0; p < manifest_part_count(&index->manifest); p++) {
        IndexPart *part = &index->parts[p % 2];
        part_begin(part, source, p * index->manifest.part_people, manifest_part_people(&index->manifest, p));
        TRY(read_part(index, part, error));
        source->part_rows[p] = (uint32_t)part->row_count;
        rows += part->row_count;
        TRY(index_work_next(index, pack_part, part, error));
    }
    TRY(index_work_finish(index, error));
    if (rows > UINT32_MAX)
        return fail(error, ERROR_LIMIT, "source %.*s: more than %" PRIu32 " rows", TEXT_ARG(source->name),
                    UINT32_MAX);
    return RESULT_OK;
}

static Result write_source(Index *index, uint32_t number, Error *error)
{
    listed_open(&index->listed, &index->sources[number], index->manifest.people);
    TRY(write_parts(index, number, error));
    TRY(index_write_listed(index, number, error));
    listed_close(&index->listed);
    return RESULT_OK;
}

/* ---- the manifest ---- */

static void describe(Index *index)
{
    Manifest *manifest = &index->manifest;

    manifest->blocks = index->blocks;
    manifest->block_count = index->block_count;
    manifest->source_count = index->source_count;
    manifest->sources = arena_alloc(index->arena, index->source_count * sizeof *manifest->sources);
    for (size_t s = 0; s < index->source_count; s++) {
        const IndexSource *source = &index->sources[s];
        ManifestColumn *columns = arena_alloc(index->arena, (source->column_count + 1) * sizeof *columns);
        for (size_t c = 0; c < source->column_count; c++)
            columns[c] = (ManifestColumn){.name = source->columns[c].name,
                                          .type = source->columns[c].type,
                                          .is_wide = source->columns[c].is_wide,
                                          .word_count = (uint32_t)source->columns[c].words.count};
        manifest->sources[s] = (ManifestSource){.name = source->name,
                                                .columns = columns,
                                                .column_count = source->column_count,
                                                .part_rows = source->part_rows,
                                                .is_listed = source->is_listed,
                                                .code = source->listed_code,
                                                .day = source->listed_day,
                                                .first_day = source->first_day,
                                                .last_day = source->last_day};
    }
    manifest_sort(manifest);
}

/* Not compressed: the database compares the hashes at its end with those of the blocks. */
static Result write_manifest(Index *index, Error *error)
{
    SCOPED(text_builder_close) TextBuilder bytes = text_builder(MANIFEST_BYTES_MAX);

    describe(index);
    manifest_put(&index->manifest, &bytes);
    return index_keep(index, &(BlockPlace){.kind = BLOCK_MANIFEST}, text_built(&bytes), error);
}

static Result write_all(Index *index, Error *error)
{
    TRY(block_packer_open(&index->packer, error));
    TRY(read_columns(index, error));
    for (uint32_t s = 0; s < index->source_count; s++)
        TRY(write_source(index, s, error));
    TRY(index_write_words(index, error));
    TRY(index_work_finish(index, error));
    return write_manifest(index, error);
}

Result index_write(Db *releaser, Value permit, Value release, int64_t people, Error *error)
{
    SCOPED(index_close)
    Index index = {.releaser = releaser,
                   .permit = permit,
                   .release = release,
                   .manifest = {.people = (uint32_t)people, .part_people = index_part_people}};

    int64_t started = time_now_us();
    index.arena = arena_create(INDEX_ARENA_BYTES_MAX);
    index.parts[0].word_bytes = index.parts[1].word_bytes = &index.word_bytes;
    TRY(write_all(&index, error));
    uint64_t bytes = 0;
    for (size_t b = 0; b < index.block_count; b++)
        bytes += index.blocks[b].packed_bytes;
    log_event(LOG_LEVEL_INFO, "release_blocks", "blocks=%zu bytes=%" PRIu64 " milliseconds=%" PRId64,
              index.block_count, bytes, (time_now_us() - started) / 1000);
    return RESULT_OK;
}

#include "ingest/delivery.h"

#include <inttypes.h>
#include <string.h>

#include "ingest/store.h"
#include "ingest_sql.h"

enum { CELL_BYTES = 64, COLUMNS = 11 };

static const DbStatement known_statement = {
    .name = "delivery_known",
    .sql = ingest_sql_delivery_known,
    .parameters = {VALUE_TEXT, VALUE_BYTES},
    .columns = {VALUE_INT4, VALUE_BOOL},
};
static const DbStatement see_statement = {
    .name = "delivery_see",
    .sql = ingest_sql_delivery_see,
    .parameters = {VALUE_BYTES, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_INT4, VALUE_TEXT, VALUE_BYTES,
                   VALUE_INT4, VALUE_BOOL},
    .columns = {VALUE_INT8},
};
static const DbStatement archive_statement = {
    .name = "delivery_archive",
    .sql = ingest_sql_delivery_archive,
    .parameters = {VALUE_BYTES, VALUE_INT4, VALUE_BYTES, VALUE_INT8, VALUE_INT8},
    .columns = {VALUE_INT8},
};
static const DbStatement settle_statement = {
    .name = "delivery_settle",
    .sql = ingest_sql_delivery_settle,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_TEXT},
};
static const DbStatement came_statement = {
    .name = "delivery_came",
    .sql = ingest_sql_delivery_came,
    .parameters = {VALUE_TEXT, VALUE_TEXT, VALUE_INT4},
    .columns = {VALUE_INT8},
};
static const DbStatement end_statement = {
    .name = "delivery_end",
    .sql = ingest_sql_delivery_end,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};
static const DbStatement list_statement = {
    .name = "delivery_list",
    .sql = ingest_sql_delivery_list,
    .columns = {VALUE_INT4, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_INT4, VALUE_TEXT, VALUE_TEXT,
                VALUE_INT8, VALUE_BYTES, VALUE_INT4, VALUE_BOOL, VALUE_BOOL, VALUE_BOOL, VALUE_BOOL,
                VALUE_TIMESTAMPTZ},
};

static Value permit_value(const GovernancePermit *permit)
{
    return value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES);
}

static Value string_value(const char *string)
{
    return value_text(text_from(string));
}

/* ---- pulling ---- */

Hash delivery_item(const Feed *feed, const FetchItem *item)
{
    char numbers[2 * CELL_BYTES];
    SCOPED(hash_close) HashStream *hash = hash_open();

    snprintf(numbers, sizeof numbers, "%d %" PRIu64 " %" PRId64 " %" PRIu64 " %" PRId64 " ",
             (int)feed->transport, item->bytes, item->changed_us, item->inode, item->inode_changed_us);
    hash_add(hash, numbers, strlen(numbers));
    hash_add(hash, item->id, strlen(item->id));
    if (item->has_version)
        hash_add(hash, item->version.bytes, HASH_BYTES);
    return hash_value(hash);
}

Result delivery_known(Db *loader, const Feed *feed, const Hash *item, DeliveryKnown *known, Error *error)
{
    const Value values[] = {string_value(feed->name), value_bytes(item->bytes, HASH_BYTES)};
    SCOPED(db_rows_close) DbRows *rows = NULL;

    *known = (DeliveryKnown){0};
    TRY(db_run(loader, &known_statement, values, &rows, error));
    if (db_row_count(rows) > 0)
        *known =
            (DeliveryKnown){.delivery_id = db_int(rows, 0, 0), .has_archive = db_value(rows, 0, 1).boolean};
    return RESULT_OK;
}

Result delivery_see(Db *loader, const GovernancePermit *permit, const DeliverySeen *seen,
                    int64_t *delivery_id, Error *error)
{
    const Feed *feed = seen->feed;

    if (!governance_permit_covers(permit, GOVERNANCE_PULL, text_from(feed->name)))
        return fail(error, ERROR_REFUSED, "feed %s: the permit is not for pulling it", feed->name);
    const Value values[] = {
        permit_value(permit),
        string_value(feed->name),
        string_value(feed->source),
        string_value(feed->sender),
        value_int4(seen->period),
        string_value(STORE_STATUS_NAMES[feed->status]),
        value_bytes(seen->item.bytes, HASH_BYTES),
        value_int4(feed->keep_days),
        value_bool(seen->is_signed),
    };
    return db_run_int8(loader, &see_statement, values, delivery_id, NULL, error);
}

Result delivery_archive(Db *loader, const GovernancePermit *permit, int64_t delivery_id,
                        const ArchiveSum *sum, bool *is_duplicate, int64_t *duplicate_of, Error *error)
{
    const Value values[] = {permit_value(permit), value_int4(delivery_id),
                            value_bytes(sum->content.bytes, HASH_BYTES), value_int8((int64_t)sum->bytes),
                            value_int8((int64_t)sum->sealed_bytes)};
    bool is_null = true;

    TRY(db_run_int8(loader, &archive_statement, values, duplicate_of, &is_null, error));
    *is_duplicate = !is_null;
    return RESULT_OK;
}

/* ---- loading and ending ---- */

Result ingest_held_settle(Db *loader, const GovernancePermit *permit, int64_t delivery_id, Error *error)
{
    const Value values[] = {permit_value(permit), value_int4(delivery_id)};
    SCOPED(db_rows_close) DbRows *rows = NULL;

    return db_run(loader, &settle_statement, values, &rows, error);
}

Result ingest_archive_end(Db *loader, const GovernancePermit *permit, const char *archive_folder,
                          int64_t delivery_id, Error *error)
{
    const Value values[] = {permit_value(permit), value_int4(delivery_id)};
    int64_t nothing;

    TRY(db_run_int8(loader, &end_statement, values, &nothing, NULL, error));
    return archive_remove(archive_folder, delivery_id, error);
}

Result ingest_has_come(Db *loader, const IngestFeed *feed, Month period, bool *has_come, Error *error)
{
    const Value values[] = {string_value(feed->source), string_value(feed->sender), value_int4(period)};
    int64_t count = 0;

    TRY(db_run_int8(loader, &came_statement, values, &count, NULL, error));
    *has_come = count > 0;
    return RESULT_OK;
}

/* ---- the list ---- */

static IngestStatus status_of(Text name)
{
    IngestStatus status = INGEST_PROVISIONAL;

    while (status < INGEST_YEAR_END && !text_equal(name, text_from(STORE_STATUS_NAMES[status])))
        status++;
    return status;
}

static void put(char *out, size_t bytes, Text text)
{
    snprintf(out, bytes, "%.*s", TEXT_ARG(text));
}

static IngestHeld held_of(const DbRows *rows, size_t row)
{
    IngestHeld held = {
        .delivery_id = db_int(rows, row, 0),
        .period = (Month)db_int(rows, row, 4),
        .status = status_of(db_text(rows, row, 5)),
        .bytes = db_int(rows, row, 7),
        .load_id = db_int(rows, row, 9),
        .is_due = db_value(rows, row, 10).boolean,
        .has_archive = db_value(rows, row, 11).boolean,
        .needs_opening = db_value(rows, row, 12).boolean,
        .is_signed = db_value(rows, row, 13).boolean,
        .seen_us = db_int(rows, row, 14),
    };
    Text content = db_text(rows, row, 8);

    put(held.feed, sizeof held.feed, db_text(rows, row, 1));
    put(held.source, sizeof held.source, db_text(rows, row, 2));
    put(held.sender, sizeof held.sender, db_text(rows, row, 3));
    put(held.state, sizeof held.state, db_text(rows, row, 6));
    if (content.length == HASH_BYTES)
        memcpy(held.content.bytes, content.data, HASH_BYTES);
    return held;
}

Result ingest_held_list(Db *loader, Arena *arena, IngestHeld **held, size_t *count, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(loader, &list_statement, NULL, &rows, error));
    *count = db_row_count(rows);
    *held = arena_alloc(arena, (*count + 1) * sizeof **held);
    for (size_t i = 0; i < *count; i++)
        (*held)[i] = held_of(rows, i);
    return RESULT_OK;
}

static Text number_or_none(int64_t number, char out[CELL_BYTES])
{
    snprintf(out, CELL_BYTES, "%" PRId64, number);
    return number > 0 ? text_from(out) : TEXT("");
}

static void add_held(Table *table, const IngestHeld *held)
{
    char cells[4][CELL_BYTES], period[DATE_TEXT_BYTES], seen[TIME_TEXT_BYTES];

    snprintf(cells[0], CELL_BYTES, "%" PRId64, held->delivery_id);
    const Text texts[COLUMNS] = {
        text_from(cells[0]),
        text_from(held->feed),
        text_from(held->source),
        text_from(held->sender),
        text_from(month_format(held->period, period)),
        text_from(STORE_STATUS_NAMES[held->status]),
        text_from(held->state),
        number_or_none(held->bytes, cells[1]),
        number_or_none(held->load_id, cells[2]),
        held->is_signed ? TEXT("yes") : TEXT("no"),
        text_from(time_format(held->seen_us, seen)),
    };
    table_row(table, texts);
}

Table *ingest_held_table(const IngestHeld *held, size_t count)
{
    static const char *const headings[COLUMNS] = {"delivery", "feed",  "source", "sender", "period", "status",
                                                  "state",    "bytes", "load",   "signed", "seen"};
    static const bool right[COLUMNS] = {[0] = true, [7] = true, [8] = true};
    Table *table = table_create(headings, right, COLUMNS);

    for (size_t i = 0; i < count; i++)
        add_held(table, &held[i]);
    return table;
}

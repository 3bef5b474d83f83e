/* Builds, retires, lists and verifies releases. The work is done by functions of schema/050_release.sql,
 * which run as owner. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "query/index.h"
#include "query/release.h"
#include "query_sql.h"

static const DbStatement begin_statement = {
    .name = "release begin",
    .sql = query_sql_release_begin,
    .parameters = {VALUE_BYTES, VALUE_INT4, VALUE_TEXT, VALUE_TEXT, VALUE_DATE},
    .columns = {VALUE_INT4},
};
static const DbStatement places_statement = {
    .name = "release places",
    .sql = query_sql_release_places,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};
static const DbStatement sources_statement = {
    .name = "release sources",
    .sql = query_sql_release_sources,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_TEXT},
};
static const DbStatement source_statement = {
    .name = "release source",
    .sql = query_sql_release_source,
    .parameters = {VALUE_BYTES, VALUE_INT4, VALUE_TEXT},
    .columns = {VALUE_INT8},
};
static const DbStatement people_statement = {
    .name = "release people",
    .sql = query_sql_release_people,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};
static const DbStatement publish_statement = {
    .name = "release publish",
    .sql = query_sql_release_publish,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_BYTES},
};
static const DbStatement retire_statement = {
    .name = "release retire",
    .sql = query_sql_release_retire,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};
static const DbStatement list_statement = {
    .name = "release list",
    .sql = query_sql_release_list,
    .columns = {VALUE_INT4, VALUE_INT4, VALUE_TEXT, VALUE_TEXT, VALUE_DATE, VALUE_TEXT, VALUE_INT8,
                VALUE_TIMESTAMPTZ, VALUE_BYTES},
};
static const DbStatement unsettled_statement = {
    .name = "release unsettled",
    .sql = query_sql_release_unsettled,
    .parameters = {VALUE_INT4},
    .columns = {VALUE_TEXT, VALUE_INT4, VALUE_TEXT, VALUE_INT4, VALUE_INT8},
};
static const DbStatement practices_statement = {
    .name = "release practices",
    .sql = query_sql_release_practices,
    .parameters = {VALUE_INT4},
    .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_INT4, VALUE_TEXT, VALUE_INT8, VALUE_INT8},
};
static const DbStatement verify_statement = {
    .name = "release verify",
    .sql = query_sql_release_verify,
    .parameters = {VALUE_INT4},
    .columns = {VALUE_INT8},
};
static const DbStatement newest_statement = {
    .name = "release newest",
    .sql = query_sql_release_newest,
    .parameters = {VALUE_TEXT, VALUE_DATE},
    .columns = {VALUE_INT8},
};

/* The first two parameters of every step but the first. */
typedef struct Build {
    Db *releaser;
    Value permit, release;
} Build;

static Value day_or_null(Date day)
{
    return day == DATE_NONE ? value_null(VALUE_DATE) : value_date(day);
}

static Result begin(Build *build, const ReleaseWanted *wanted, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Date known_at = DATE_NONE;

    if (wanted->known_at != NULL && !date_parse(text_from(wanted->known_at), &known_at))
        return fail(error, ERROR_USAGE, "release build: known at is not of the form CCYY-MM-DD");
    const Value parameters[] = {build->permit, value_int4(wanted->month),
                                value_text(text_from(wanted->purpose)),
                                value_text(text_from(wanted->at_least)), day_or_null(known_at)};

    TRY(db_run(build->releaser, &begin_statement, parameters, &rows, error));
    build->release = value_int4(db_int(rows, 0, 0));
    return RESULT_OK;
}

static Result step(const Build *build, const DbStatement *statement, Error *error)
{
    const Value parameters[] = {build->permit, build->release};

    return db_run(build->releaser, statement, parameters, NULL, error);
}

static Result copy_sources(const Build *build, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {build->permit, build->release};
    int64_t copied;

    TRY(db_run(build->releaser, &sources_statement, parameters, &rows, error));
    for (size_t i = 0; i < db_row_count(rows); i++) {
        const Value source[] = {build->permit, build->release, value_text(db_text(rows, i, 0))};
        TRY(db_run_int8(build->releaser, &source_statement, source, &copied, NULL, error));
        log_event(LOG_LEVEL_INFO, "release_source", "source=%.*s rows=%" PRId64,
                  TEXT_ARG(db_text(rows, i, 0)), copied);
    }
    return RESULT_OK;
}

static Result publish(const Build *build, ReleaseReport *report, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {build->permit, build->release};

    TRY(db_run(build->releaser, &publish_statement, parameters, &rows, error));
    Text content = db_text(rows, 0, 6);
    if (content.length != HASH_BYTES)
        return fail(error, ERROR_DATABASE, "release publish: content hash has a wrong length");
    report->people = db_int(rows, 0, 0);
    report->opted_out = db_int(rows, 0, 1);
    report->rows = db_int(rows, 0, 2);
    report->rows_unlinked = db_int(rows, 0, 3);
    report->rows_without_agreement = db_int(rows, 0, 4);
    report->rows_practice_rejected = db_int(rows, 0, 5);
    memcpy(report->content.bytes, content.data, HASH_BYTES);
    return RESULT_OK;
}

static Result number_people(const Build *build, int64_t *people, Error *error)
{
    const Value parameters[] = {build->permit, build->release};

    return db_run_int8(build->releaser, &people_statement, parameters, people, NULL, error);
}

static Result build_steps(Build *build, const ReleaseWanted *wanted, ReleaseReport *report, Error *error)
{
    int64_t people;

    TRY(begin(build, wanted, error));
    report->release_id = build->release.integer;
    TRY(step(build, &places_statement, error));
    TRY(copy_sources(build, error));
    TRY(number_people(build, &people, error));
    TRY(index_write(build->releaser, build->permit, build->release, people, error));
    return publish(build, report, error);
}

static Value permit_value(const uint8_t *permit_id)
{
    return value_bytes(permit_id, GOVERNANCE_PERMIT_BYTES);
}

Result release_build(Db *releaser, const uint8_t *permit_id, const ReleaseWanted *wanted,
                     ReleaseReport *report, Error *error)
{
    Build build = {.releaser = releaser, .permit = permit_value(permit_id)};
    int64_t started = time_now_us();
    Error ignored = {0};

    *report = (ReleaseReport){0};
    TRY(db_begin(releaser, error));
    if (!build_steps(&build, wanted, report, error).ok) {
        (void)!db_rollback(releaser, &ignored).ok;
        return fail_context(error, "release build");
    }
    TRY(db_commit(releaser, error));
    report->elapsed_us = time_now_us() - started;
    return RESULT_OK;
}

Result query_release_build(Db *releaser, const GovernancePermit *permit, const ReleaseWanted *wanted,
                           ReleaseReport *report, Error *error)
{
    char object[DATE_TEXT_BYTES];

    if (!governance_permit_covers(permit, GOVERNANCE_RELEASE_BUILD,
                                  text_from(month_format(wanted->month, object))))
        return fail(error, ERROR_REFUSED, "release build: the permit is not for this month");
    return release_build(releaser, governance_permit_id(permit), wanted, report, error);
}

Result release_retire(Db *releaser, const uint8_t *permit_id, int64_t release_id, Error *error)
{
    const Value parameters[] = {permit_value(permit_id), value_int4(release_id)};

    return db_run(releaser, &retire_statement, parameters, NULL, error);
}

Result query_release_retire(Db *releaser, const GovernancePermit *permit, int64_t release_id, Error *error)
{
    char object[24];

    (void)snprintf(object, sizeof object, "%" PRId64, release_id);
    if (!governance_permit_covers(permit, GOVERNANCE_RELEASE_RETIRE, text_from(object)))
        return fail(error, ERROR_REFUSED, "release retire: the permit is not for this release");
    return release_retire(releaser, governance_permit_id(permit), release_id, error);
}

static void list_row(Table *table, const DbRows *rows, size_t row)
{
    char release[24], month[DATE_TEXT_BYTES], known[DATE_TEXT_BYTES] = "", people[24],
                                              built[TIME_TEXT_BYTES] = "", content[HASH_TEXT_BYTES] = "";
    Hash hash;

    (void)snprintf(release, sizeof release, "%" PRId64, db_int(rows, row, 0));
    (void)snprintf(people, sizeof people, "%" PRId64, db_int(rows, row, 6));
    if (!db_is_null(rows, row, 4))
        date_format((Date)db_int(rows, row, 4), known);
    if (!db_is_null(rows, row, 7))
        time_format(db_int(rows, row, 7), built);
    if (db_text(rows, row, 8).length == HASH_BYTES) {
        memcpy(hash.bytes, db_text(rows, row, 8).data, HASH_BYTES);
        hash_format(&hash, content);
    }
    const Text cells[] = {
        text_from(release),    text_from(month_format((Month)db_int(rows, row, 1), month)),
        db_text(rows, row, 2), db_text(rows, row, 3),
        text_from(known),      db_text(rows, row, 5),
        text_from(people),     text_from(built),
        text_from(content),
    };
    table_row(table, cells);
}

Result query_release_list(Db *releaser, Table **table, Error *error)
{
    static const char *const headings[] = {"release", "month",  "purpose", "at least", "as known at",
                                           "state",   "people", "built",   "content"};
    static const bool right[] = {[0] = true, [6] = true, [8] = false};
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(releaser, &list_statement, NULL, &rows, error));
    *table = table_create(headings, right, 9);
    for (size_t row = 0; row < db_row_count(rows); row++)
        list_row(*table, rows, row);
    return RESULT_OK;
}

Result query_release_unsettled(Db *releaser, int64_t release_id, Table **table, Error *error)
{
    static const char *const headings[] = {"source", "month", "status", "senders", "rows"};
    static const bool right[] = {false, false, false, true, true};
    const Value parameters[] = {value_int4(release_id)};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    char month[DATE_TEXT_BYTES], senders[24], count[24];

    TRY(db_run(releaser, &unsettled_statement, parameters, &rows, error));
    *table = table_create(headings, right, 5);
    for (size_t row = 0; row < db_row_count(rows); row++) {
        (void)snprintf(senders, sizeof senders, "%" PRId64, db_int(rows, row, 3));
        (void)snprintf(count, sizeof count, "%" PRId64, db_int(rows, row, 4));
        const Text cells[] = {db_text(rows, row, 0),
                              text_from(month_format((Month)db_int(rows, row, 1), month)),
                              db_text(rows, row, 2), text_from(senders), text_from(count)};
        table_row(*table, cells);
    }
    return RESULT_OK;
}

Result query_release_practices(Db *releaser, int64_t release_id, Table **table, Error *error)
{
    static const char *const headings[] = {"source", "sender", "month", "practice", "people", "published"};
    static const bool right[] = {false, false, false, false, true, true};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    char month[DATE_TEXT_BYTES], people[24], published[24];

    if (release_id > INT32_MAX)
        return fail(error, ERROR_CONFIG, "release: none has this number");
    const Value parameters[] = {value_int4(release_id)};
    TRY(db_run(releaser, &practices_statement, parameters, &rows, error));
    *table = table_create(headings, right, 6);
    for (size_t row = 0; row < db_row_count(rows); row++) {
        (void)snprintf(people, sizeof people, "%" PRId64, db_int(rows, row, 4));
        (void)snprintf(published, sizeof published, "%" PRId64, db_int(rows, row, 5));
        const Text cells[] = {db_text(rows, row, 0),
                              db_text(rows, row, 1),
                              text_from(month_format((Month)db_int(rows, row, 2), month)),
                              db_text(rows, row, 3),
                              text_from(people),
                              text_from(published)};
        table_row(*table, cells);
    }
    return RESULT_OK;
}

Result query_release_verify(Db *releaser, int64_t release_id, Error *error)
{
    int64_t is_same;
    bool is_none;

    if (release_id > INT32_MAX)
        return fail(error, ERROR_CONFIG, "release: none has this number");
    const Value parameters[] = {value_int4(release_id)};
    TRY(db_run_int8(releaser, &verify_statement, parameters, &is_same, &is_none, error));
    if (is_none)
        return fail(error, ERROR_CONFIG, "release: none has this number");
    if (is_same == 0)
        return fail(error, ERROR_DATABASE, "release %" PRId64 ": its content is not what was published",
                    release_id);
    return RESULT_OK;
}

static Result fail_newest(const char *purpose, Date known_at, Error *error)
{
    char day[DATE_TEXT_BYTES];

    if (known_at == DATE_NONE)
        return fail(error, ERROR_REFUSED, "no release is built for this purpose, or its newest is retired");
    return fail(error, ERROR_REFUSED,
                "no release is built for this purpose as known at %s, or its newest is retired; an "
                "engineer builds one: cinque release build CCYY-MM --purpose %s --as-known-at %s",
                date_format(known_at, day), purpose, day);
}

Result query_release_newest(Db *reader, const char *purpose, Date known_at, int64_t *release_id, Error *error)
{
    const Value parameters[] = {value_text(text_from(purpose)), day_or_null(known_at)};
    bool is_none;

    TRY(db_run_int8(reader, &newest_statement, parameters, release_id, &is_none, error));
    return is_none ? fail_newest(purpose, known_at, error) : RESULT_OK;
}

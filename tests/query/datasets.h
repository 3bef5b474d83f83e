#pragma once
/* A release's dataset, held against the tables it was made of. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

#include "query/dataset_listed.h"
#include "query/engine.h"
#include "query/index.h"
#include "tests/query/county.h"

enum { LINE_BYTES = 256 };

static inline Hash manifest_of(int release)
{
    SCOPED(db_close) Db *db = support_database(NULL);
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const DbStatement statement = {.name = "manifest",
                                   .sql = "SELECT manifest FROM release.release WHERE release_id = $1",
                                   .parameters = {VALUE_INT4},
                                   .columns = {VALUE_BYTES}};
    const Value parameters[] = {value_int4(release)};
    Hash hash = {0};

    COUNTY_MUST(db_run(db, &statement, parameters, &rows, must));
    cr_assert_eq(db_text(rows, 0, 0).length, HASH_BYTES);
    memcpy(hash.bytes, db_text(rows, 0, 0).data, HASH_BYTES);
    return hash;
}

static inline DatasetHold *open_release(Db *reader, int release)
{
    Hash manifest = manifest_of(release);
    DatasetHold *hold = NULL;

    COUNTY_MUST(dataset_open(reader, release, &manifest, &hold, must));
    return hold;
}

static inline void fetch_all(DatasetHold *hold, Db *reader, int source)
{
    const DataSource *data = &dataset_of(hold)->sources[source];

    for (size_t c = 0; c < data->column_count; c++) {
        const DatasetColumn column = {.source = (uint16_t)source, .column = (uint16_t)c};
        COUNTY_MUST(dataset_fetch(hold, reader, &column, 1, must));
    }
}

/* All that can be unknown is, somewhere; a number of more than 32 bits, the empty text, one beyond ASCII. */
static const char odd_cells[] =
    "UPDATE records.gp_event SET clinical_effective_date = NULL WHERE line_number % 7 = 0;"
    "UPDATE records.gp_event SET code = NULL WHERE line_number % 11 = 0;"
    "UPDATE records.gp_event SET result_value = line_number * -1.07 WHERE line_number % 3 = 0;"
    "UPDATE records.gp_event SET result_value = 999999999999.99 WHERE line_number = 12;"
    "UPDATE records.gp_event SET code = '' WHERE line_number = 13;"
    "UPDATE records.gp_event SET code = 'd\303\251j\303\240' WHERE line_number = 14;"
    "UPDATE records.gp_event SET clinical_effective_date = '1870-02-28' WHERE line_number = 15;"
    "UPDATE records.apc_spell SET length_of_hospital_stay = -5000000000 WHERE line_number = 20;"
    "UPDATE records.patient_list SET care_home = NULL, business_effective_from = NULL WHERE line_number % 9 "
    "= 0;"
    "UPDATE records.fire_visit SET risk_level = NULL WHERE line_number % 8 = 0;"
    "UPDATE subjects.subject SET birth_year = NULL, birth_month = NULL, sex = NULL"
    " WHERE subject_id % 100000000 % 13 = 0";

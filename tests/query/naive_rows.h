#pragma once
/* Puts the county of naive.h in place of what the database held, and builds a release of it. */
#include "tests/query/naive.h"

enum { SCRIPT_BYTES_MAX = 4 << 20 };

static void add_fact(TextBuilder *script, Fact fact, FactType type)
{
    char day[DATE_TEXT_BYTES];

    if (!fact.is_known)
        text_add_string(script, ", NULL");
    else if (type == FACT_TEXT)
        text_add_format(script, ", '%s'", fact.text);
    else if (type == FACT_DATE)
        text_add_format(script, ", '%s'", date_format((Date)fact.number, day));
    else if (type == FACT_BOOL)
        text_add_format(script, ", %s", fact.number != 0 ? "true" : "false");
    else
        text_add_format(script, ", %" PRId64, fact.number);
}

/* A register names an identity by its address as well. */
static int64_t subject_of(NaiveSource source, const Row *row)
{
    return SUBJECTS[source] +
           (source == PATIENT_LIST ? (int64_t)row->owner * 1000 + row->address : row->owner);
}

static void add_records(TextBuilder *script, NaiveSource source)
{
    text_add_format(script, "INSERT INTO records.%s (load_id, line_number, subject_id", SOURCE_NAMES[source]);
    for (int c = 0; c < COLUMN_COUNTS[source]; c++)
        text_add_format(script, ", %s", COLUMNS[source][c].name);
    text_add_string(script, ") VALUES ");
    for (int i = 0; i < naive.row_counts[source]; i++) {
        const Row *row = &naive.rows[source][i];
        text_add_format(script, "%s(%d, %d, ", i > 0 ? ", " : "",
                        row->is_used ? LOADS[source] : LOAD_WITHOUT_AGREEMENT, i + 2);
        if (row->owner == NOBODY)
            text_add_string(script, "NULL");
        else
            text_add_format(script, "%" PRId64, subject_of(source, row));
        for (int c = 0; c < COLUMN_COUNTS[source]; c++)
            add_fact(script, row->facts[c], COLUMNS[source][c].type);
        text_add_char(script, ')');
    }
    text_add_string(script, ";\n");
}

static void add_subject(TextBuilder *script, NaiveSource source, const Row *row)
{
    int64_t subject = subject_of(source, row);
    const Person *who = source == FIRE_VISIT ? NULL : &naive.people[row->owner];
    int area = source == PATIENT_LIST ? area_of(row->address) : 4;
    char birth[32] = "NULL, NULL", sex[8] = "NULL", place[64] = "NULL, NULL";

    if (who != NULL && who->states_birth[source] && who->birth_year != 0)
        snprintf(birth, sizeof birth, "%d, %d", who->birth_year, who->birth_month);
    if (who != NULL && who->states_sex[source] && who->sex != NULL)
        snprintf(sex, sizeof sex, "'%s'", who->sex);
    if (area < 4)
        snprintf(place, sizeof place, "'E0100000%d', 'E0200000%d'", area, area);
    text_add_format(script,
                    "INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version,"
                    " nhs_state, birth_year, birth_month, sex, lsoa_2011, lsoa_2021) VALUES (%" PRId64
                    ", %d, substr(sha256(int8send(%" PRId64 ")), 1, 16), %d, 1, 0, %s, %s, %s)"
                    " ON CONFLICT DO NOTHING;\n",
                    subject, LOADS[source], subject, LOADS[source], birth, sex, place);
    if (who != NULL)
        text_add_format(script,
                        "INSERT INTO linkage.link (subject_id, person_id, run_id, pass, rule_version)"
                        " VALUES (%" PRId64 ", %d, 1, 1, 1) ON CONFLICT DO NOTHING;\n",
                        subject, row->owner + 1);
    int address = source == PATIENT_LIST ? row->address : row->owner;
    if ((source == PATIENT_LIST || source == FIRE_VISIT) && has_home(address))
        text_add_format(script,
                        "INSERT INTO linkage.subject_household (subject_id, household_id, run_id)"
                        " VALUES (%" PRId64 ", %d, 1) ON CONFLICT DO NOTHING;\n",
                        subject, address + 1);
}

static void add_person(TextBuilder *script, int person)
{
    int subject = OPT_OUT_SUBJECTS + person;

    text_add_format(script, "INSERT INTO linkage.person (person_id, created_run) VALUES (%d, 1);\n",
                    person + 1);
    text_add_format(script,
                    "INSERT INTO subjects.subject (subject_id, source_id, digest, first_load_id, key_version,"
                    " nhs_state) VALUES (%d, 5, substr(sha256(int8send(%d)), 1, 16), 5, 1, 0);\n"
                    "INSERT INTO linkage.link (subject_id, person_id, run_id, pass, rule_version)"
                    " VALUES (%d, %d, 1, 1, 1);\n",
                    subject, subject, subject, person + 1);
    if (naive.people[person].opted_out || person % 9 == 0)
        text_add_format(script,
                        "INSERT INTO records.opt_out (load_id, line_number, subject_id, decision, list_date)"
                        " VALUES (%d, %d, %d, '%s', '2026-06-20');\n",
                        LOAD_OPT_OUT, person + 2, subject,
                        naive.people[person].opted_out ? "not_allowed" : "allowed");
}

__attribute__((unused)) static int64_t store_naive(void)
{
    SCOPED(text_builder_close) TextBuilder script = text_builder(SCRIPT_BYTES_MAX);

    text_add_string(&script, "BEGIN; SET LOCAL search_path = pg_catalog;\n"
                             "TRUNCATE records.patient_list, records.gp_event, records.apc_spell,"
                             " records.fire_visit, records.death, records.opt_out;\n"
                             "DELETE FROM linkage.subject_household; DELETE FROM linkage.household;\n"
                             "DELETE FROM linkage.link; DELETE FROM linkage.person;\n"
                             "DELETE FROM subjects.subject;\n");
    for (int p = 0; p < naive.person_count; p++)
        add_person(&script, p);
    text_add_format(&script,
                    "INSERT INTO linkage.household (household_id, uprn_token, run_id) SELECT h, "
                    "substr(sha256(int8send(h)), 1, 16), 1 FROM generate_series(1, %d) AS h;\n",
                    naive.address_count);
    for (int s = 0; s < SOURCES; s++) {
        for (int i = 0; i < naive.row_counts[s]; i++)
            if (naive.rows[s][i].owner != NOBODY)
                add_subject(&script, (NaiveSource)s, &naive.rows[s][i]);
        if (naive.row_counts[s] > 0)
            add_records(&script, (NaiveSource)s);
    }
    text_add_string(&script, "COMMIT;");
    county_sql(text_built(&script).data);
    return county_release().release_id;
}

/* Answers of one query, compared with the naive reading: how many people they count. */
typedef int64_t NaiveAsk(Db *reader, DatasetHold *hold, int64_t release_id, uint64_t seed, int number);

/* One county after another, each of the next seed, until so many queries are asked. */
__attribute__((unused)) static int64_t ask_counties(uint64_t cases, int queries_a_county, NaiveAsk *ask)
{
    uint64_t seed = setting("CINQUE_SEED", 20261122);
    int64_t people = 0;

    county_make(0, 0);
    for (uint64_t done = 0; done < cases; seed++) {
        SCOPED(db_close) Db *reader = NULL;
        chance_state = seed;
        make_naive();
        int64_t release_id = store_naive();
        reader = support_connect("cinque_query");
        SCOPED(dataset_close) DatasetHold *hold = county_dataset(reader, release_id);
        for (int i = 0; i < queries_a_county && done < cases; i++, done++)
            people += ask(reader, hold, release_id, seed, i);
    }
    return people;
}

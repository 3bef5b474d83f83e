#include "tests/query/county.h"

/* Query 1, 2, 3 ... of one county, each under a permit of its own. */
static Text ask_numbered(int number, const char *text, Arena *arena)
{
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(query_close) Query *query = NULL;
    ReleasedTable *tables[QUERY_TABLES_MAX];
    const QueryRun run = {.release_id = 1, .policy = &COUNTY_POLICY};
    const char *object = text_format(arena, "%d", number).data;
    uint8_t permit[16];
    size_t count;

    memset(permit, 0x20 + number, sizeof permit);
    county_sql(text_format(arena,
                           "INSERT INTO audit.permit (permit_id, action, object, person_id, entry_id)"
                           " VALUES (decode(repeat('%02x', 16), 'hex'), 'query_run', '%d', 'ann', %d)",
                           0x20 + number, number, 100 + number)
                   .data);
    reader = support_database("cinque_query");
    COUNTY_MUST(query_open(reader, "test.cohort", text_from(text), NULL, &query, must));
    county_approve(query);
    COUNTY_MUST(run_query(reader, permit, text_from(object), query, &run, tables, &count, must));
    Text canonical = text_copy(arena, released_table_canonical(tables[0]));
    released_table_close(&tables[0]);
    return canonical;
}

/*
 * Of 2,000 people without the 40 of every 50th. D1 is every 3rd's, on 2025-03-10; S1 every 5th's, with a
 * value of i % 40; spells are every 10th's on 2026-03-05, of i % 9 days, and every 20th's on 2025-06-30.
 */
Test(expressions, each_kind_of_expression_is_worked_out_over_a_release)
{
    static const struct {
        const char *cohort;
        int people; /* to the nearest 5 */
    } cases[] = {
        /* every 30th, 66, without the 13 of every 150th: 53 */
        {"exists apc_spell where admission_date within 12 months after index", 55},
        {"exists apc_spell where admission_date within 361 days after index", 55},
        /* 2026-03-05 is 360 days after 2025-03-10: every 60th alone, 33 without the 6 of every 300th */
        {"exists apc_spell where admission_date within 360 days after index", 25},
        {"exists apc_spell where admission_date before index + 360 days", 25},
        /* i % 9 from 5 to 8 of every 10th: 88, without 18 */
        {"sum of length_of_hospital_stay in apc_spell >= 5", 70},
        {"(sum of length_of_hospital_stay in apc_spell) / 2 >= 2.5", 70},
        {"exists gp_event where code in (\"S*\")", 360},
        /* i % 40 of 10 or 15: 100, without 10 */
        {"(value of result_value in last gp_event by event_date where code = \"S1\") from 10 to 19.5", 90},
        {"exists gp_event where result_value in (10, 15)", 90},
        /* every 15th: 133, without 13 */
        {"count of distinct code in gp_event = 2", 120},
        {"at least 2 gp_event by event_date within 32 days", 120},
        {"at least 2 gp_event by event_date within 31 days", 0},
        {"episodes of gp_event by event_date with gaps up to 30 days = 2", 120},
        /* every 25th was with the other practice before 2020: of the odd ones the first */
        {"practice at 2015-06-30 = \"G00001\"", 40},
        {"case when registered at 2015-06-30 then 2 else 1 end = 2", 40},
        {"index is known and not (exists apc_spell where admission_date in values of event_date in gp_event)",
         655},
    };
    SCOPED(arena_close) Arena *arena = arena_create(1 << 22);
    county_make(2000, 0);
    county_release();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Text text = text_format(
            arena,
            COUNTY_HEAD "let index = value of event_date in first gp_event by event_date where code = "
                        "\"D1\" cohort %s table \"t\" by sex totals sex measure people",
            cases[i].cohort);
        Text expected = text_format(arena, "{\"at\":[\"all\"],\"people\":%d}", cases[i].people);
        Text answer = ask_numbered((int)i + 1, text.data, arena);
        cr_expect_not_null(strstr(text_to_string(arena, answer), expected.data), "%s: %.*s", cases[i].cohort,
                           TEXT_ARG(answer));
    }
}

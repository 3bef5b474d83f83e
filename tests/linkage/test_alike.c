#include "tests/linkage/alike.h"

static void fclose_file(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

static char text[BENCH_TEXT_BYTES], other[BENCH_TEXT_BYTES];

#define ANNE                                                                                                 \
    {                                                                                                        \
        11, 12, 13, 14, 15, 16                                                                               \
    }
#define BERT                                                                                                 \
    {                                                                                                        \
        21, 22, 23, 24, 25, 26                                                                               \
    }
#define TOKENS                                                                                               \
    {                                                                                                        \
        101, 102                                                                                             \
    }

static const char *links(Bench *bench, char out[BENCH_TEXT_BYTES])
{
    return bench_text(bench,
                      "SELECT coalesce(string_agg(concat_ws(' ', subject_id, pass, run_id, rule_version,"
                      " other_subject, round(weight), levels), '; ' ORDER BY subject_id), '')"
                      " FROM linkage.link",
                      out);
}

Test(alike, who_has_no_number_is_linked_to_who_is_alike)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    alike_add(&bench, &(Alike){3, "care", NULL, BERT, {201, 202}});

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2|3");
    cr_expect_str_eq(links(&bench, text), "1 1 1 4; 2 6 1 4 1 27 6710886; 3 10 1 4",
                     "pass, run, rule version, with whom, weight, levels: %s", text);
    cr_expect_eq(report.alike, 1);
    cr_expect_eq(report.alone, 1);
    cr_expect_eq(report.compared, 1);
}

/* Switch: may_meet in linkage/block.c; where it always says yes this turns red. */
Test(alike, a_pair_of_sources_that_no_rule_names_is_never_compared)
{
    SCOPED(bench_close) Bench bench = alike_open();
    bench_run(bench.owner, "SELECT bench.allow('care'), bench.allow('list', 'death')");
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});

    LinkageReport report = bench_link(&bench);

    cr_expect_eq(report.compared, 0);
    cr_expect_str_eq(bench_text(&bench, "SELECT count(*)::text FROM linkage.pair", other), "0");
    cr_expect_str_eq(bench_people(&bench, text), "1|2");
}

Test(alike, nobody_is_compared_where_there_is_no_rule)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});

    LinkageReport report = bench_link(&bench);

    cr_expect_eq(report.compared, 0);
    cr_expect_str_eq(bench_people(&bench, text), "1");
    cr_expect_str_eq(bench_text(&bench, "SELECT count(*)::text FROM subjects.encoding", other), "0",
                     "encodings that nobody may use are deleted");
}

Test(alike, two_whom_numbers_place_are_never_compared)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", "B", ANNE, TOKENS});

    LinkageReport report = bench_link(&bench);

    cr_expect_eq(report.compared, 0);
    cr_expect_str_eq(bench_people(&bench, text), "1|2");
}

/* Switch: tear_units. */
Test(alike, who_is_likely_two_people_is_neither_and_is_listed)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "list", "B", ANNE, TOKENS});
    alike_add(&bench, &(Alike){3, "care", NULL, ANNE, TOKENS});

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2|3");
    cr_expect_eq(report.conflicts, 2);
    bench_text(
        &bench,
        "SELECT string_agg(concat(subject_a, subject_b, reason), ';' ORDER BY 1) FROM linkage.conflict",
        text);
    cr_expect_str_eq(text, "13two numbers;23two numbers");
}

/* Switch: HAS_DEATH in the mask of a unit. */
Test(alike, nobody_dies_twice)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "death", NULL, ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "death", NULL, ANNE, TOKENS});

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
    bench_text(&bench, "SELECT string_agg(reason, ';') FROM linkage.conflict", text);
    cr_expect_str_eq(text, "two deaths");
}

Test(alike, ages_far_apart_are_no_one_person)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_run(bench.owner, "UPDATE subjects.subject SET birth_year = birth_year - 10 WHERE subject_id = 2");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
    bench_text(&bench, "SELECT string_agg(reason, ';') FROM linkage.conflict", text);
    cr_expect_str_eq(text, "ages");
}

/* ---- the number is held against birth and sex ---- */

static Bench open_suspect(void)
{
    Bench bench = alike_open();

    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", "A", BERT, {201, 202}});
    bench_run(
        bench.owner,
        "UPDATE subjects.subject SET birth_year = birth_year - 3, birth_month = 7 WHERE subject_id = 2");
    return bench;
}

/* Switch: the condition on linkage.suspect in run_people. */
Test(alike, a_number_that_birth_speaks_against_is_not_linked_silently)
{
    SCOPED(bench_close) Bench bench = open_suspect();

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
    cr_expect_eq(report.clerical, 1);
}

Test(alike, one_wrong_part_of_the_birth_date_is_borne_where_the_sex_agrees)
{
    SCOPED(bench_close) Bench bench = open_suspect();
    bench_run(bench.owner, "UPDATE subjects.subject SET birth_month = 1 WHERE subject_id = 2");

    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1,2");

    bench_run(bench.owner, "UPDATE subjects.subject SET sex = '1' WHERE subject_id = 2");
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1|2", "what an earlier run linked is held against it too");
}

Test(alike, a_number_not_believed_is_whom_they_are_alike)
{
    SCOPED(bench_close) Bench bench = open_suspect();
    alike_add(&bench, &(Alike){3, "list", "B", BERT, {201, 202}});

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2,3");
}

/* Whoever they were found alike with has become somebody else since. Switch: linkage.current_link of the heir
 * in linkage.people_wanted. */
Test(alike, who_is_alone_again_is_not_left_with_a_merged_person)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "B", BERT, {201, 202}});
    alike_add(&bench, &(Alike){2, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){3, "care", NULL, BERT, {201, 202}});
    alike_add(&bench, &(Alike){4, "care", NULL, ANNE, TOKENS});
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1,3|2,4");
    bench_run(bench.owner, "SELECT bench.merger(10, 'A', 'B');"
                           "INSERT INTO linkage.decision (subject_a, subject_b, is_same, author, permit_id)"
                           " VALUES (1, 3, false, 'x', ''), (2, 4, false, 'x', '')");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2|3|4");
}

/* Of three fields the third record agrees with A, of all with B. Switch: `now_a` and `now_b` in
 * linkage.clerical. */
Test(alike, a_pair_of_whom_a_merger_made_one_person_waits_no_more)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "B", {31, 32, 33, 34, 35, 36}, {201, 202}});
    alike_add(&bench, &(Alike){2, "list", "A", {31, 32, 33, 44}, {201}});
    alike_add(&bench, &(Alike){3, "care", NULL, {31, 32, 33, 34, 35, 36}, {201, 202}});
    LinkageReport before = bench_link(&bench);
    bench_run(bench.owner, "SELECT bench.merger(10, 'A', 'B')");

    LinkageReport after = bench_link(&bench);

    cr_expect_eq(before.clerical, 1);
    cr_expect_str_eq(bench_people(&bench, text), "1,2,3");
    cr_expect_eq(after.clerical, 0);
}

/* ---- decisions ---- */

static void decide(Bench *bench, int64_t pair_id, bool is_same)
{
    char object[32];
    Error error = {0};

    snprintf(object, sizeof object, "%" PRId64 " %s", pair_id, is_same ? "same" : "apart");
    SCOPED(governance_permit_close)
    GovernancePermit *permit = bench_permit(bench, GOVERNANCE_LINK_DECIDE, object);
    cr_assert(linkage_decide(bench->linker, permit, pair_id, is_same, &error).ok, "%s", error.message);
}

Test(alike, what_somebody_decided_holds_from_the_next_run_on)
{
    SCOPED(bench_close) Bench bench = open_suspect();
    bench_link(&bench);
    decide(&bench, 1, true);
    cr_expect_str_eq(bench_people(&bench, text), "1|2");

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2");
    cr_expect_eq(report.clerical, 0);
    bench_text(&bench, "SELECT string_agg(concat_ws(' ', author, is_same), ';') FROM linkage.decision", text);
    cr_expect_str_eq(text, "engineer t");
}

/* Switch: keep_apart. */
Test(alike, who_was_decided_to_be_apart_is_though_alike)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1,2");
    decide(&bench, 1, false);

    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1|2");

    decide(&bench, 1, true);
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1,2", "the later decision counts");
}

/* Somebody at another desk, while encodings are opened. */
typedef struct Desk {
    Db *linker;
    GovernancePermit *permit;
    Error refusal;
} Desk;

static Result decide_meanwhile(void *context, int64_t load_id, int key_version, Text header, Error *error)
{
    Desk *desk = context;

    cr_expect(!linkage_decide(desk->linker, desk->permit, 1, false, &desk->refusal).ok);
    return bench_add_load(NULL, load_id, key_version, header, error);
}

/* Half of a run would go by what was decided before and half by what is decided now. Switch: the lock of
 * linkage.decide. */
Test(alike, nothing_is_decided_while_a_run_goes_on)
{
    SCOPED(bench_close) Bench bench = alike_open();
    SCOPED(db_close) Db *beside = support_connect("cinque_linker");
    SCOPED(governance_permit_close)
    GovernancePermit *run = bench_permit(&bench, GOVERNANCE_LINK, "link"),
                     *apart = bench_permit(&bench, GOVERNANCE_LINK_DECIDE, "1 apart");
    Desk desk = {.linker = beside, .permit = apart};
    const LinkageOpener opener = {.add_load = decide_meanwhile, .open = bench_open_sealed, .context = &desk};
    LinkageReport report;
    Error error = {0};
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_link(&bench);
    bench_run(bench.owner, "ALTER FUNCTION linkage.decide(bytea, int8, boolean) SET lock_timeout = '20ms'");

    cr_assert(linkage_run(bench.linker, &opener, run, &report, &error).ok, "%s", error.message);

    cr_expect_eq(desk.refusal.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(desk.refusal.message, "a run is under way"), "%s", desk.refusal.message);
    cr_expect_str_eq(bench_people(&bench, text), "1,2");
    decide(&bench, 1, false);
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1|2");
}

Test(alike, a_permit_for_one_decision_makes_no_other)
{
    SCOPED(bench_close) Bench bench = open_suspect();
    Error error = {0};
    bench_link(&bench);
    SCOPED(governance_permit_close)
    GovernancePermit *permit = bench_permit(&bench, GOVERNANCE_LINK_DECIDE, "1 apart");

    Result result = linkage_decide(bench.linker, permit, 1, true, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(bench_text(&bench, "SELECT count(*)::text FROM linkage.decision", text), "0");
}

Test(alike, an_explanation_says_how_fields_agree)
{
    SCOPED(bench_close) Bench bench = alike_open();
    SCOPED(table_close) Table *table = NULL;
    SCOPED(governance_permit_close)
    GovernancePermit *permit = bench_permit(&bench, GOVERNANCE_LINK_EXPLAIN, "2");
    Error error = {0};
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", {11, 12, 13, 14, 15, 0}, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_link(&bench);

    cr_assert(linkage_explain(bench.linker, permit, 2, &table, &error).ok, "%s", error.message);

    SCOPED(fclose_file) FILE *out = tmpfile();
    table_print(table, TABLE_CSV, out);
    rewind(out);
    size_t length = fread(text, 1, sizeof text - 1, out);
    text[length] = '\0';
    cr_expect_not_null(strstr(text, "is,2,1,all equal,1,4,"), "%s", text);
    cr_expect_not_null(
        strstr(text, "given name equal; family name equal; birth date equal; sex equal; postcode equal"),
        "%s", text);
    cr_expect_null(strstr(text, "address"), "what one of them lacks is no evidence");
}

/* ---- undo and the end of a rule ---- */

Test(alike, everything_is_as_it_was_before_the_run)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_link(&bench);
    bench_state(&bench, text);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, other), "1,2");

    bench_undo(&bench, 2);

    cr_expect_str_eq(bench_state(&bench, other), text);
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, other), "1,2", "and the next run finds it again");
}

Test(alike, what_a_rule_allowed_ends_with_it)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_link(&bench);
    bench_run(bench.owner, "UPDATE governance.linkage SET ended_on = governance.today()");

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1");
    bench_text(&bench,
               "SELECT concat_ws(' ', (SELECT count(*) FROM subjects.encoding), (SELECT count(*) FROM "
               "subjects.encoding_filter), (SELECT count(*) FROM linkage.pair))",
               text);
    cr_expect_str_eq(text, "0 0 0");
}

/* ---- months ---- */

enum { COUNTY = 600, FAMILIES = 40 };

/* People in families: some without a number, some with a field or two of a sibling's; two in three from a
 * file that was long enough to say how common values are. The same each time. */
static Alike county_person(int i)
{
    uint64_t random = (uint64_t)i * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t family = 1 + (uint64_t)i % FAMILIES, who = 1 + (uint64_t)i / FAMILIES / 3;
    static char numbers[COUNTY + 1][16];
    Alike person = {
        .subject_id = (int64_t)((random >> 20) % 1000000) * 1000 + i,
        .source = i % 3 == 0 ? "list" : "care",
        .values = {100 * family + who, 5000 + family, 9000 + 100 * family + who, 1 + who % 2, 7000 + family,
                   8000 + family},
        .tokens = {300 + family, 400 + 10 * family + who % 4, i % 4 != 3 ? 20000 + 100 * family + who : 0}};

    if (i % 3 == 0) {
        snprintf(numbers[i], sizeof numbers[i], "N%d-%d", (int)family, (int)who);
        person.number = numbers[i];
    }
    if (i % 5 == 1)
        person.values[random >> 40 & 3] += 1 + (random >> 50 & 7);
    if (i % 7 == 2)
        person.values[random >> 44 & 3] = 0;
    for (int f = 0; f < 3 && i % 3 != 1; f++)
        person.values[f] |= person.values[f] != 0 ? (1 + person.values[f] % 3) << ALIKE_CLASS : 0;
    return person;
}

static void add_county(Bench *bench, int from, int to, int step)
{
    for (int i = from; i != to; i += step) {
        const Alike person = county_person(i);
        alike_add(bench, &person);
    }
}

/* Who is whose, by which pass, how alike: but not what ids people have. */
static const char *county_digest(Bench *bench, char out[BENCH_TEXT_BYTES])
{
    return bench_text(
        bench,
        "SELECT concat_ws(' ', count(*), count(DISTINCT first), count(*) FILTER (WHERE pass BETWEEN 6 AND 9),"
        " md5(string_agg(concat_ws(',', subject_id, first, pass, other_subject, weight, levels), ';' ORDER BY"
        " subject_id)), (SELECT md5(string_agg(concat_ws(',', subject_a, subject_b, weight, levels, block), "
        "';'"
        " ORDER BY subject_a, subject_b)) FROM linkage.pair), (SELECT md5(string_agg(concat_ws(',', "
        "subject_a,"
        " subject_b, reason), ';' ORDER BY subject_a, subject_b)) FROM linkage.conflict)) FROM (SELECT k.*,"
        " min(k.subject_id) OVER (PARTITION BY c.person_id) AS first FROM linkage.link AS k JOIN"
        " linkage.current_link AS c USING (subject_id)) AS l",
        out);
}

/* Switch: first_fresh in alike_members.c; with 0 the links stay, with all records old they go. */
Test(alike, months_one_after_the_other_give_what_all_at_once_does, .timeout = 300)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    add_county(&bench, 0, COUNTY, 1);
    bench_link(&bench);
    county_digest(&bench, text);
    alike_clear(&bench);

    for (int month = 0; month < 4; month++) {
        add_county(&bench, month * COUNTY / 4, (month + 1) * COUNTY / 4, 1);
        bench_link(&bench);
    }
    cr_expect_str_eq(county_digest(&bench, other), text);
    alike_clear(&bench);

    for (int month = 0; month < 3; month++) {
        add_county(&bench, COUNTY - 1 - month * COUNTY / 3, COUNTY - 1 - (month + 1) * COUNTY / 3, -1);
        bench_link(&bench);
    }
    cr_expect_str_eq(county_digest(&bench, other), text, "the last first");
    cr_expect_str_neq(text, "");
}

/* Pairs by number are not compared in the database: of the others it keeps those from one in five on. */
enum { WEIGHT_KEPT = -2 };

static const LinkagePair *pair_of(const LinkagePairs *pairs, const Alike *people, int64_t a, int64_t b)
{
    for (size_t i = 0; i < pairs->count; i++) {
        int64_t x = people[pairs->pairs[i].a].subject_id, y = people[pairs->pairs[i].b].subject_id;
        if ((x == a && y == b) || (x == b && y == a))
            return &pairs->pairs[i];
    }
    return NULL;
}

static size_t count_kept(const LinkagePairs *pairs, const Alike *people)
{
    size_t count = 0;

    for (size_t i = 0; i < pairs->count; i++) {
        const LinkagePair *pair = &pairs->pairs[i];
        count +=
            pair->weight >= WEIGHT_KEPT && (people[pair->a].number == NULL || people[pair->b].number == NULL);
    }
    return count;
}

static void score_in_memory(const Alike people[COUNTY], LinkagePairs *pairs)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    const LinkageOptions options = {.block_max = 500};
    const LinkageModel model = alike_model_held();
    uint8_t bytes[ALIKE_ENCODING];
    size_t head;
    Error error = {0};

    for (int i = 0; i < COUNTY; i++) {
        const Text encoding = {.data = (const char *)bytes, .length = alike_write(&people[i], bytes, &head)};
        cr_assert(linkage_set_add(set, encoding, 0, &error).ok, "%s", error.message);
    }
    cr_assert(linkage_score(set, &model, &options, pairs, &error).ok, "%s", error.message);
}

/* `cinque link evaluate` scores in memory. Switch: read_model in alike_model.c, where it forgets the shares
 * of a class. */
Test(alike, equal_pairs_weigh_in_the_database_what_they_weigh_in_memory, .timeout = 300)
{
    SCOPED(bench_close) Bench bench = alike_open();
    SCOPED(linkage_pairs_close) LinkagePairs pairs = {0};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    static const DbStatement held = {
        .name = "bench pairs",
        .sql = "SELECT subject_a, subject_b, weight::float8, levels, block::int8 FROM linkage.pair",
        .columns = {VALUE_INT8, VALUE_INT8, VALUE_FLOAT8, VALUE_INT8, VALUE_INT8}};
    Alike people[COUNTY];
    size_t of_class[LINKAGE_LEVELS] = {0};
    Error error = {0};
    alike_allow(&bench);
    for (int i = 0; i < COUNTY; i++)
        people[i] = county_person(i);
    add_county(&bench, 0, COUNTY, 1);

    bench_link(&bench);
    score_in_memory(people, &pairs);

    cr_assert(db_run(bench.owner, &held, NULL, &rows, &error).ok, "%s", error.message);
    cr_assert_eq(db_row_count(rows), count_kept(&pairs, people));
    for (size_t i = 0; i < db_row_count(rows); i++) {
        const LinkagePair *pair = pair_of(&pairs, people, db_int(rows, i, 0), db_int(rows, i, 1));
        cr_assert_not_null(pair);
        cr_expect_eq((float)db_value(rows, i, 2).real, pair->weight);
        uint64_t sound = people[pair->a].tokens[2];
        uint64_t keyed = sound != 0 && sound == people[pair->b].tokens[2];
        cr_expect_eq((uint64_t)db_int(rows, i, 3), pair->levels | keyed << 48);
        cr_expect_eq((uint32_t)db_int(rows, i, 4), pair->block);
        of_class[(pair->levels & 15) % LINKAGE_LEVELS]++;
    }
    cr_expect(of_class[5] > 50 && of_class[6] > 50 && of_class[7] > 50, "pairs of each class are among them");
}

enum { HOMES = 80, AT_HOME = 4, REGISTERED = HOMES * AT_HOME, IN_CARE = 60 };

/* Homes of a register, and behind its people some of them in care, with their numbers. */
static void add_homes(Bench *bench, uint64_t from, uint64_t to)
{
    char number[16];

    for (uint64_t p = from; p < to; p++) {
        bool is_registered = p < REGISTERED;
        uint64_t who = is_registered ? p : (p - REGISTERED) * AT_HOME, home = 1 + who / AT_HOME;
        (void)snprintf(number, sizeof number, "N%d", (int)who);
        const Alike person = {.subject_id = (int64_t)p + 1,
                              .source = is_registered ? "list" : "care",
                              .number = number,
                              .values = {1000 + who, 2000 + home, 3000 + who, 1 + who % 2, 4000 + home, 0},
                              .tokens = {home}};
        alike_add(bench, &person);
        alike_refer(bench, &person);
    }
}

/* Switches: the join in sample.sql, note_placed and is_premature in alike_model.c; without them the weights
 * are those of families. */
Test(alike, weights_are_learnt_from_pairs_that_numbers_place_and_not_before_there_are_enough, .timeout = 300)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    bench_run(bench.owner, "DELETE FROM linkage.model");
    add_homes(&bench, 0, REGISTERED + 49);
    bench_link(&bench);
    cr_expect_str_eq(bench_text(&bench, "SELECT count(*)::text FROM linkage.model", text), "0");
    add_homes(&bench, REGISTERED + 49, REGISTERED + IN_CARE);

    bench_link(&bench);

    bench_text(&bench,
               "SELECT concat_ws(' ', count(*), bool_and(match_shares[6] + match_shares[7] + match_shares[8]"
               " > 0.8), round(1 / max(prior))) FROM linkage.model",
               text);
    cr_expect_str_eq(text, "1 t 320", "%s", text);
}

Test(alike, a_month_changes_no_id_of_who_is_untouched_and_compares_little, .timeout = 300)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    add_county(&bench, 0, COUNTY - 6, 1);
    LinkageReport first = bench_link(&bench);
    bench_run(bench.owner,
              "CREATE TABLE bench.before AS SELECT subject_id, person_id, run_id FROM linkage.link");
    add_county(&bench, COUNTY - 6, COUNTY, 1);

    LinkageReport second = bench_link(&bench);

    cr_expect_gt(first.compared, 20 * second.compared);
    cr_expect_gt(second.compared, 0);
    bench_text(&bench,
               "SELECT count(*)::text FROM bench.before AS b JOIN linkage.link AS l USING (subject_id)"
               " WHERE l.run_id = 1 AND l.person_id <> b.person_id",
               text);
    cr_expect_str_eq(text, "0");
    bench_text(&bench,
               "SELECT (count(*) > 580)::text FROM bench.before AS b JOIN linkage.link AS l"
               " USING (subject_id, person_id, run_id)",
               text);
    cr_expect_str_eq(text, "true");
}

/* Switch: members_is_closing; where it is never true the pairs of the block that grew too large stay. */
Test(alike, a_block_that_grows_too_large_counts_no_more_whenever_it_grew, .timeout = 300)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, {77, 0}});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, {77, 0}});
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1,2");
    for (int i = 0; i < 500; i++)
        alike_add(&bench, &(Alike){10 + i, "list", "C", {1000 + (uint64_t)i}, {77, 0}});

    LinkageReport report = bench_link(&bench);

    cr_expect_eq(report.blocks_closed, 1);
    bench_text(&bench, "SELECT person_id::text FROM linkage.link WHERE subject_id = 2 AND pass = 10", text);
    cr_expect_str_neq(text, "");
    cr_expect_str_eq(bench_text(&bench, "SELECT count(*)::text FROM linkage.pair", other), "0");
}

/* Go red where alike_set_add passes on what linkage_set_add says. The one that comes first is the one that
 * differs: most encodings say what the shape is. */
static void expect_passed_over(const char *damage)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", NULL, ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){3, "care", NULL, ANNE, TOKENS});
    bench_run(bench.owner, damage);

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2,3", "%s: %s", damage, text);
    cr_expect_eq(report.unread, 1, "%s", damage);
    cr_expect_eq(report.compared, 1, "%s", damage);
}

Test(alike, an_encoding_of_another_scheme_is_passed_over)
{
    expect_passed_over("UPDATE subjects.encoding SET head = bench.seal(1, 1, 0, set_byte("
                       "bench.opened(head), 4, 0)) WHERE subject_id = 1");
}

Test(alike, an_encoding_with_a_damaged_head_is_passed_over)
{
    expect_passed_over(
        "UPDATE subjects.encoding SET head = bench.seal(1, 1, 0, substring(bench.opened(head) FROM 1 FOR 30))"
        " WHERE subject_id = 1");
}

Test(alike, an_encoding_with_damaged_filters_is_passed_over)
{
    expect_passed_over("UPDATE subjects.encoding_filter SET filters = bench.seal(1, 1, 1, '\\x00')"
                       " WHERE subject_id = 1");
}

/* ---- each person once a delivery ---- */

/* Subjects below 10 come by one delivery, the others by another. */
static Bench open_once(bool is_once)
{
    Bench bench = alike_open();

    alike_allow(&bench);
    bench_run(bench.owner,
              "SET ROLE cinque_owner;"
              "CREATE VIEW presence.care AS SELECT subject_id, CASE WHEN subject_id < 10 THEN 1 ELSE 2"
              " END AS load_id, valid_from, valid_to FROM records.bench WHERE source = 'care';"
              "RESET ROLE");
    if (is_once)
        bench_run(bench.owner, "UPDATE ingest.source SET once_a_delivery = true WHERE name = 'care'");
    return bench;
}

static const char *conflicts(Bench *bench, char out[BENCH_TEXT_BYTES])
{
    return bench_text(bench,
                      "SELECT coalesce(string_agg(concat_ws(' ', subject_a, subject_b, reason), '; '"
                      " ORDER BY subject_a, subject_b), '') FROM linkage.conflict",
                      out);
}

Test(alike, two_of_a_source_that_names_nobody_once_may_be_one_person)
{
    SCOPED(bench_close) Bench bench = open_once(false);
    alike_add(&bench, &(Alike){1, "care", NULL, ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2");
}

/* Switch: tree_lists_share in may_join. */
Test(alike, two_of_one_delivery_that_names_each_once_are_two_people)
{
    SCOPED(bench_close) Bench bench = open_once(true);
    alike_add(&bench, &(Alike){1, "care", NULL, ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});

    LinkageReport report = bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1|2");
    cr_expect_str_eq(conflicts(&bench, other), "1 2 one delivery");
    cr_expect_eq(report.conflicts, 1);
}

Test(alike, two_of_two_deliveries_may_be_one_person_though_each_names_everybody_once)
{
    SCOPED(bench_close) Bench bench = open_once(true);
    alike_add(&bench, &(Alike){1, "care", NULL, ANNE, TOKENS});
    alike_add(&bench, &(Alike){11, "care", NULL, ANNE, TOKENS});

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,11");
}

/* Subject 2 agrees in all, subject 3 in all but the address. */
Test(alike, of_two_of_one_delivery_the_likelier_is_linked)
{
    SCOPED(bench_close) Bench bench = open_once(true);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    alike_add(&bench, &(Alike){3, "care", NULL, {11, 12, 13, 14, 15, 99}, TOKENS});

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2|3");
    cr_expect_str_eq(conflicts(&bench, other), "1 3 apart from the others; 2 3 one delivery");
}

/* Switch: people whom numbers place in linkage.once_rows. */
Test(alike, whom_a_number_places_counts_with_all_their_subjects)
{
    SCOPED(bench_close) Bench bench = open_once(true);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", "A", BERT, {201, 202}});
    alike_add(&bench, &(Alike){3, "care", NULL, ANNE, TOKENS});

    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2|3");
    cr_expect_str_eq(conflicts(&bench, other), "1 3 one delivery");
}

/* ---- what does not open ---- */

/* Go red where alike_open says that it opened all the same. */
static void expect_refused(const char *change, const char *message)
{
    SCOPED(bench_close) Bench bench = alike_open();
    LinkageReport report = {0};
    Error error = {0};
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_run(bench.owner, change);

    cr_expect_not(bench_try_link(&bench, &report, &error).ok, "%s", change);

    cr_expect_str_eq(error.message, message);
    cr_expect_str_eq(bench_text(&bench, "SELECT count(*)::text FROM linkage.run", other), "0",
                     "nothing is changed");
}

Test(alike, a_head_in_anothers_place_is_refused)
{
    expect_refused("UPDATE subjects.encoding AS e SET head = f.head FROM subjects.encoding AS f"
                   " WHERE (e.subject_id, f.subject_id) IN ((1, 2), (2, 1))",
                   "load 1: an encoding in another's place");
}

Test(alike, filters_in_anothers_place_are_refused)
{
    expect_refused(
        "UPDATE subjects.encoding_filter AS e SET filters = f.filters FROM subjects.encoding_filter AS f"
        " WHERE (e.subject_id, f.subject_id) IN ((1, 2), (2, 1))",
        "load 1: an encoding in another's place");
}

Test(alike, encodings_of_another_load_are_refused)
{
    expect_refused(
        "INSERT INTO subjects.encoding_seal SELECT 2, key_version, header FROM subjects.encoding_seal;"
        "UPDATE subjects.encoding SET load_id = 2 WHERE subject_id = 1",
        "load 2: an encoding in another's place");
}

Test(alike, encodings_under_a_key_that_is_gone_are_refused)
{
    expect_refused("UPDATE subjects.encoding_seal SET key_version = 2", "load 1: no key of version 2");
}

/* Switch: load_id in linkage.encoded's is_new. */
Test(alike, whose_encoding_was_deleted_and_came_again_is_compared_again)
{
    SCOPED(bench_close) Bench bench = alike_open();
    alike_allow(&bench);
    alike_add(&bench, &(Alike){1, "list", "A", ANNE, TOKENS});
    bench_link(&bench);
    bench_run(bench.owner, "DELETE FROM subjects.encoding; DELETE FROM subjects.encoding_filter");
    alike_add(&bench, &(Alike){2, "care", NULL, ANNE, TOKENS});
    bench_link(&bench);
    cr_expect_str_eq(bench_people(&bench, text), "1|2");

    bench_run(
        bench.owner,
        "INSERT INTO subjects.encoding_seal SELECT 2, key_version, header FROM subjects.encoding_seal;"
        "INSERT INTO subjects.encoding SELECT 1, s.source_id, 2, bench.seal(2, 1, 0, bench.opened(e.head))"
        "  FROM subjects.encoding AS e, ingest.source AS s WHERE s.name = 'list' AND e.subject_id = 2;"
        "INSERT INTO subjects.encoding_filter SELECT 1, bench.seal(2, 1, 1, bench.opened(filters))"
        "  FROM subjects.encoding_filter WHERE subject_id = 2");
    bench_link(&bench);

    cr_expect_str_eq(bench_people(&bench, text), "1,2");
}

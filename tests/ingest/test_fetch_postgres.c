/* Rows of another PostgreSQL: what is asked and refused, and a delivery from its query to its load. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/db_stream.h"
#include "ingest/delivery.h"
#include "tests/ingest/world.h"

enum { TEXT_BYTES = 2048 };

/* NHS numbers of the never-issued 999 range. */
#define QUERY                                                                                                \
    "-- what the sender holds of a month\n"                                                                  \
    "SELECT v, n, b, p, d, e, k, w, c, s, u, x FROM (VALUES\n"                                               \
    "  ('v1', '9990000018', '1980-02-29', 'CT1 2AB', '2026-07-03', '2026-07-05', 'A', 'W1', '12.50', '2',\n" \
    "   'x', ''),\n"                                                                                         \
    "  ('v2', '9990000026', '1990-01-01', 'CT1 2AB', current_setting('cinque.period') || '-04', NULL, "      \
    "NULL,\n"                                                                                                \
    "   NULL, NULL, NULL, NULL, NULL),\n"                                                                    \
    "  ('v3', '9990000034', '1990-01-01', 'CT1 2AB', 'never', NULL, NULL, NULL, NULL, NULL, NULL, NULL)\n"   \
    ") AS visits (v, n, b, p, d, e, k, w, c, s, u, x) ORDER BY v -- the end\n"

static void write_feed(const char *conninfo, const char *further)
{
    char text[TEXT_BYTES];

    snprintf(text, sizeof text,
             "feed: visits\nsource: visit\nsender: hosp_a\nfile: visits.pgcopy\nperiod: given\n"
             "transport: { kind: postgresql, conninfo: \"%s\", query_file: visits.sql%s }\n",
             conninfo, further);
    support_file("visits.yaml", text);
}

static IngestFeed *open_feed(void)
{
    char path[TEXT_BYTES];
    IngestFeed *feed = NULL;
    Error error = {0};

    snprintf(path, sizeof path, "%s/visits.yaml", support_folder());
    cr_assert(ingest_feed_open(path, &feed, &error).ok, "%s", error.message);
    return feed;
}

static IngestFeed *feed_of(const char *query)
{
    support_file("visits.sql", query);
    write_feed(support_conninfo(NULL), "");
    return open_feed();
}

/* ---- the place ---- */

static void expect_place(const char *conninfo, const char *message)
{
    const DbStreamPlace place = {.name = "visits", .conninfo = conninfo};
    Error error = {0};

    bool is_taken = db_stream_check(&place, &error).ok;

    cr_expect_eq(is_taken, message == NULL, "%s: %s", conninfo, error.message);
    if (message == NULL || is_taken)
        return;
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_str_eq(error.message, message);
}

/* Switch: is_allowed, is_local, or the host that must be named, in db_stream_check. */
Test(fetch_postgres, only_a_verified_host_or_a_socket_is_asked_and_no_conninfo_holds_a_password)
{
    static const char demanded[] = "visits: conninfo: sslmode=verify-full is demanded, but of a Unix socket";
    static const char password[] = "visits: conninfo: a password stands in a file of its own";

    expect_place("host=db.example.org dbname=x user=y sslmode=verify-full sslrootcert=/etc/ca.pem", NULL);
    expect_place("postgresql://y@db.example.org/x?sslmode=verify-full", NULL);
    expect_place("host=/var/run/postgresql dbname=x", NULL);
    expect_place("host=/run/a,@b dbname=x", NULL);
    expect_place("host=db.example.org dbname=x", demanded);
    expect_place("host=db.example.org sslmode=require", demanded);
    expect_place("host=db.example.org sslmode=verify-ca", demanded);
    expect_place("host=localhost", demanded);
    expect_place("host=/run/a,db.example.org", demanded);
    expect_place("host=/run/a, dbname=x", demanded);
    expect_place("host=/run/a hostaddr=192.0.2.1", demanded);
    expect_place("dbname=x sslmode=verify-full", "visits: conninfo: names no host");
    expect_place("host=h sslmode=verify-full password=hunter2", password);
    expect_place("postgresql://y:hunter2@h/x?sslmode=verify-full", password);
    expect_place("host=h sslmode=verify-full sslpassword=hunter2", password);
    expect_place("host=h sslmode=verify-full passfile=/tmp/p", "visits: conninfo: passfile is not taken");
    expect_place("service=theirs", "visits: conninfo: service is not taken");
    expect_place("host=/run/a options=-crole=x", "visits: conninfo: options is not taken");
    expect_place("host='", "visits: conninfo: malformed");
}

Test(fetch_postgres, a_password_file_that_others_may_read_opens_nothing)
{
    SCOPED(db_close) Db *superuser = support_database(NULL);
    void *state = NULL;
    Error error = {0};
    support_file("visits.sql", "SELECT ''::text");
    chmod(support_file("password", "hunter2\n"), 0640);
    write_feed(support_conninfo(NULL), ", password_file: password");
    SCOPED(ingest_feed_close) IngestFeed *feed = open_feed();

    cr_expect_not(FETCH_POSTGRESQL.open(feed, &state, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_not_null(strstr(error.message, "of mode 0600"), "%s", error.message);
    chmod(support_file("password", "hunter2\n"), 0600);
    cr_assert(FETCH_POSTGRESQL.open(feed, &state, &error).ok, "%s", error.message);
    FETCH_POSTGRESQL.close(&state);
}

/* ---- the rows ---- */

typedef struct Got {
    uint64_t bytes;
    size_t pieces, longest;
    Db *superuser; /* not NULL: after the first piece our connection is ended there */
    bool fails;
} Got;

static Result take_piece(void *context, const void *bytes, size_t length, Error *error)
{
    Got *got = context;

    (void)bytes;
    got->bytes += length;
    got->longest = length > got->longest ? length : got->longest;
    if (got->pieces++ > 0)
        return RESULT_OK;
    if (got->superuser != NULL)
        TRY(db_script(
            got->superuser, "end",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY (SELECT rep%'",
            error));
    return got->fails ? fail(error, ERROR_LIMIT, "no room") : RESULT_OK;
}

static Result get(const char *query, Got *got, Error *error)
{
    SCOPED(ingest_feed_close) IngestFeed *feed = feed_of(query);
    const FetchItem item = {.id = "query", .name = "visits.pgcopy", .bytes = FETCH_BYTES_UNKNOWN};
    void *state = NULL;

    TRY(FETCH_POSTGRESQL.open(feed, &state, error));
    FETCH_POSTGRESQL.use_period(state, month_from(2026, 7));
    Result result = FETCH_POSTGRESQL.get(state, &item, 0, take_piece, got, error);
    FETCH_POSTGRESQL.close(&state);
    return result;
}

static void expect_refused(const char *query, ErrorCode code, const char *message)
{
    Got got = {0};
    Error error = {0};

    cr_expect_not(get(query, &got, &error).ok, "%s", query);
    cr_expect_eq(error.code, code, "%s", error.message);
    cr_expect_not_null(strstr(error.message, message), "%s", error.message);
    cr_expect_eq(got.bytes, 0);
}

/* Switches: check_types; READ ONLY in begin; PQprepare in check_columns. */
Test(fetch_postgres, a_query_that_is_not_one_of_text_columns_that_reads_alone_is_refused)
{
    SCOPED(db_close) Db *superuser = support_database(NULL);
    Error error = {0};
    cr_assert(db_script(superuser, "make", "CREATE TABLE public.held (a text)", &error).ok, "%s",
              error.message);

    expect_refused("SELECT 'a'::text, 1", ERROR_CONFIG, "visits.sql: column 2 is not of type text: write");
    expect_refused("SELECT 'a'::varchar", ERROR_CONFIG, "visits.sql: column 1 is not of type text");
    expect_refused("INSERT INTO public.held VALUES ('a') RETURNING a", ERROR_DATABASE,
                   "visits.sql: SQLSTATE 25006");
    expect_refused("DELETE FROM public.held", ERROR_CONFIG, "visits.sql: gives no columns");
    expect_refused("SELECT ''::text; SELECT ''::text", ERROR_DATABASE, "visits.sql: SQLSTATE 42601");
    expect_refused("SELECT ''::text) TO STDOUT; COPY (SELECT ''::text", ERROR_DATABASE, "SQLSTATE 42601");
    expect_refused("SELECT a FROM held", ERROR_DATABASE,
                   "visits.sql line 1: SQLSTATE 42P01 (undefined table)");
    expect_refused("SELECT ''::text\nFROM x.y", ERROR_DATABASE, "visits.sql line 2: SQLSTATE 42P01");
}

/* Not even in the text of errors that look like ours. Switch: db_fail in place of db_fail_foreign. */
Test(fetch_postgres, no_word_of_the_other_server_is_repeated)
{
    SCOPED(db_close) Db *superuser = support_database(NULL);
    Got got = {0};
    Error error = {0};
    cr_assert(db_script(superuser, "make",
                        "CREATE FUNCTION public.leak() RETURNS text LANGUAGE plpgsql AS $$ BEGIN "
                        "RAISE EXCEPTION 'Mrs Smith' USING ERRCODE = 'CQ001'; END $$",
                        &error)
                  .ok,
              "%s", error.message);

    cr_expect_not(get("SELECT public.leak()", &got, &error).ok);

    cr_expect_null(strstr(error.message, "Smith"), "%s", error.message);
    cr_expect_not_null(strstr(error.message, "visits.sql: SQLSTATE CQ001"), "%s", error.message);
    error = (Error){0};
    cr_expect_not(get("SELECT (('Mrs Smith'::text)::int4)::text", &got, &error).ok);
    cr_expect_null(strstr(error.message, "Smith"), "%s", error.message);
}

#define MANY "SELECT repeat('x', 1000) FROM pg_catalog.generate_series(1, 40000)"

Test(fetch_postgres, many_rows_come_in_small_pieces)
{
    SCOPED(db_close) Db *superuser = support_database(NULL);
    Got got = {0};
    Error error = {0};

    cr_assert(get(MANY, &got, &error).ok, "%s", error.message);

    cr_expect_eq(got.bytes, 19 + 40000 * (2 + 4 + 1000) + 2);
    cr_expect_leq(got.longest, 64 * 1024);
}

/* Switch: take the outcome for good in read_rows. */
Test(fetch_postgres, a_connection_that_is_lost_is_an_error)
{
    SCOPED(db_close) Db *superuser = support_database(NULL);
    Got got = {.superuser = superuser};
    Error error = {0};

    cr_expect_not(get(MANY, &got, &error).ok);

    cr_expect_eq(error.code, ERROR_DATABASE);
    cr_expect_not_null(strstr(error.message, "visits.sql: the connection to PostgreSQL was lost"), "%s",
                       error.message);
    cr_expect_lt(got.bytes, 40000 * 1000);
}

Test(fetch_postgres, a_sink_that_fails_ends_the_stream)
{
    SCOPED(db_close) Db *superuser = support_database(NULL);
    Got got = {.fails = true};
    Error error = {0};

    cr_expect_not(get(MANY, &got, &error).ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_str_eq(error.message, "no room");
    cr_expect_eq(got.pieces, 1);
}

/* ---- from the query to the load ---- */

static World world;
static char archive[TEXT_BYTES];

static IngestPulled pull_once(const IngestFeed *feed)
{
    SCOPED(ingest_pull_close) IngestPull *pull = NULL;
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    const IngestPullContext context = {.loader = world.loader,
                                       .keyring = world.keyring,
                                       .archive_folder = archive,
                                       .period = month_from(2026, 7)};
    const GovernanceRequest request = {
        .action = GOVERNANCE_PULL,
        .person_id = "eng",
        .source = TEXT("visit"),
        .sender = TEXT("hosp_a"),
        .object = TEXT("visits"),
        .detail = ingest_pull_detail(feed, NULL, arena),
    };
    IngestPulled pulled = {0};
    Error error = {0};

    cr_assert(governance_request(world.governance, &request, &permit, &error).ok, "%s", error.message);
    cr_assert(ingest_pull_look(&context, feed, &pull, &error).ok, "%s", error.message);
    cr_assert_eq(ingest_pull_count(pull), 1);
    cr_assert(ingest_pull_take(pull, permit, 0, &pulled, &error).ok, "%s", error.message);
    return pulled;
}

static IngestSpec *binary_spec(void)
{
    char text[2 * TEXT_BYTES];
    const char *format = strstr(WORLD_SPEC, "file: {"), *behind = strchr(format, '\n');

    snprintf(text, sizeof text,
             "%.*sfile: { format: postgres_binary, line_bytes_max: 1024 }\nquality: { protected_by: "
             "[structure] }%s",
             (int)(format - WORLD_SPEC), WORLD_SPEC, behind);
    return world_spec(text);
}

static IngestReport load_pulled(const IngestSpec *spec, const IngestPulled *pulled)
{
    const IngestArchive held = {
        .folder = archive, .delivery_id = pulled->delivery_id, .keyring = world.keyring};
    const IngestContext context = {
        .loader = world.loader, .keyring = world.keyring, .quarantine_folder = support_folder()};
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    IngestDelivery delivery = world_delivery("");
    char hex[HASH_TEXT_BYTES], detail[INGEST_DETAIL_BYTES];
    const GovernanceRequest request = {
        .action = GOVERNANCE_LOAD,
        .person_id = "eng",
        .source = TEXT("visit"),
        .sender = TEXT("hosp_a"),
        .object = text_from(hash_format(&pulled->content, hex)),
        .detail = ingest_delivery_detail(&delivery, detail),
    };
    IngestReport report;
    Error error = {0};

    cr_assert(governance_request(world.governance, &request, &permit, &error).ok, "%s", error.message);
    delivery.path = ingest_archive_serve(&held);
    cr_assert(ingest_load(&context, permit, spec, &delivery, &report, &error).ok, "%s", error.message);
    (void)ingest_archive_serve(NULL);
    return report;
}

Test(fetch_postgres, what_a_query_gives_is_archived_and_loaded_by_a_spec_of_the_binary_copy)
{
    world = world_open();
    snprintf(archive, sizeof archive, "%s/archive", support_folder());
    cr_assert_eq(mkdir(archive, 0700), 0);
    SCOPED(ingest_spec_close) IngestSpec *spec = binary_spec();
    SCOPED(ingest_feed_close) IngestFeed *feed = feed_of(QUERY);
    world_apply(spec);

    IngestPulled pulled = pull_once(feed), again = pull_once(feed);
    IngestReport report = load_pulled(spec, &pulled);

    cr_expect_eq(pulled.period, month_from(2026, 7));
    cr_expect_not(pulled.is_duplicate);
    cr_expect(again.is_duplicate, "asked again, and told by its content");
    cr_expect_eq(again.duplicate_of, pulled.delivery_id);
    cr_expect_eq(report.outcome, INGEST_LOADED);
    cr_expect_eq(report.rows_read, 3);
    cr_expect_eq(report.rows_loaded, 2);
    cr_expect_eq(report.rows_quarantined, 1);
    cr_expect_eq(report.nhs_valid, 2);
    cr_expect_not(report.is_unprotected, "its end is told by its trailer");
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine WHERE line_number = 3"
                             " AND column_name = 'visit_date' AND rule = 'not a date'"),
                 1);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit WHERE visit_date = '2026-07-04'"), 1,
                 "the month that was given reached the query");
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit WHERE cost = 12.50 AND kind = 'A'"), 1);
    world_close(&world);
}

/* Switch: cut the delivery in the archive's copy. A whole load, not the reader alone. */
Test(fetch_postgres, a_binary_copy_that_is_cut_is_refused_whole)
{
    static const char bytes[] = "PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\xc";
    SCOPED(ingest_spec_close) IngestSpec *spec = binary_spec();
    char path[TEXT_BYTES];
    IngestReport report;
    Error error = {0};
    snprintf(path, sizeof path, "%s", support_file("cut.pgcopy", ""));
    FILE *file = fopen(path, "we");
    cr_assert_eq(fwrite(bytes, 1, sizeof bytes - 1, file), sizeof bytes - 1);
    cr_assert_eq(fclose(file), 0);

    cr_expect_not(ingest_check(spec, path, &report, &error).ok);

    cr_expect_not_null(strstr(error.message, "the file ends before its trailer: cut short?"), "%s",
                       error.message);
}

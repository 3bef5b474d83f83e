#include "bench/loads.h"

#include <ftw.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/migrate.h"
#include "bench/attendances.h"
#include "bench/bench.h"
#include "schema.h"

enum { PATH_BYTES = LOADS_PATH_BYTES + 32 };

/* ---- the cluster ---- */

static Result open_as(const Loads *loads, const char *database, const char *role, Db **db, Error *error)
{
    char conninfo[CLUSTER_CONNINFO_BYTES];

    return db_open(cluster_conninfo(&loads->cluster, database, role, conninfo), "bench", db, error);
}

static const char people_sql[] =
    "SET ROLE cinque_owner;"
    "INSERT INTO governance.person (person_id, uid, name, is_engineer, is_analyst, is_ig_lead)"
    " VALUES ('engineer', 0, 'An Engineer', true, false, false);"
    "INSERT INTO governance.purpose (purpose, title, opt_out, legal_basis, approver, opt_out_max_age_days)"
    " VALUES ('bench', 'Bench', 'applied', '', '', 31);"
    "INSERT INTO governance.supplier (supplier, title) VALUES ('hospital', 'A hospital');"
    "INSERT INTO governance.agreement (sender, source, purpose, valid_from, valid_to, legal_basis)"
    " VALUES ('hospital', 'attendance', 'bench', '2020-01-01', '2090-01-01', 'none');"
    "RESET ROLE";

static Result start_cluster(Loads *loads, Error *error)
{
    static const char *const roles[] = {"postgres", "cinque_governor", "cinque_loader", "cinque_owner"};
    SCOPED(db_close) Db *server = NULL;
    const struct passwd *user = getpwuid(geteuid());
    int64_t applied;

    if (user == NULL)
        return fail(error, ERROR_CONFIG, "this account has no name");
    TRY(cluster_locate(loads->folder, &loads->cluster, error));
    TRY(cluster_create(&loads->cluster, user->pw_name, false, error));
    TRY(cluster_start(&loads->cluster, error));
    TRY(open_as(loads, "postgres", "postgres", &server, error));
    TRY(db_script(server, "make database", "CREATE DATABASE cinque TEMPLATE template0", error));
    TRY(open_as(loads, "cinque", "postgres", &loads->superuser, error));
    TRY(migrate_apply(loads->superuser, schema_files, schema_file_count, &applied, error));
    TRY(db_script(loads->superuser, "people", people_sql, error));
    return cluster_map(&loads->cluster, user->pw_name, roles, sizeof roles / sizeof roles[0], error);
}

/* ---- opening ---- */

static Result open_spec(Loads *loads, Error *error)
{
    SCOPED(db_close) Db *owner = NULL;
    char path[PATH_BYTES], codes[PATH_BYTES];
    const char *slash = strrchr(__FILE__, '/');
    int length = slash != NULL ? (int)(slash - __FILE__) : 1;
    const char *here = slash != NULL ? __FILE__ : ".";
    FILE *quiet = fopen("/dev/null", "w");

    snprintf(path, sizeof path, "%.*s/attendances.yaml", length, here);
    snprintf(codes, sizeof codes, "%.*s/../sources/codes", length, here);
    TRY(ingest_spec_open(path, codes, &loads->spec, error));
    TRY(open_as(loads, "cinque", "cinque_owner", &owner, error));
    TRY(ingest_source_apply(owner, loads->spec, quiet, error));
    fclose(quiet);
    return RESULT_OK;
}

Result loads_connect(Loads *loads, Error *error)
{
    char conninfo[CLUSTER_CONNINFO_BYTES], path[PATH_BYTES];

    snprintf(path, sizeof path, "%s/keyring", loads->folder);
    TRY(keyring_open(path, &loads->keyring, error));
    TRY(open_as(loads, "cinque", "cinque_loader", &loads->loader, error));
    TRY(open_as(loads, "cinque", "cinque_loader", &loads->merger, error));
    TRY(open_as(loads, "cinque", "cinque_loader", &loads->writer, error));
    return governance_open(cluster_conninfo(&loads->cluster, "cinque", "cinque_governor", conninfo),
                           &loads->governance, error);
}

Result loads_open(Loads *loads, Error *error)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof path, "%s/postcodes.csv", loads->folder);
    TRY(attendances_write_directory(path, error));
    TRY(postcode_directory_open(path, "bench", &loads->directory, error));
    snprintf(path, sizeof path, "%s/keyring", loads->folder);
    TRY(keyring_create(path, NULL, error));
    TRY(start_cluster(loads, error));
    TRY(open_spec(loads, error));
    return loads_connect(loads, error);
}

/* ---- loads ---- */

Result loads_settle(const Loads *loads, Error *error)
{
    sync();
    return db_script(loads->superuser, "settle", "CHECKPOINT", error);
}

Result loads_empty(const Loads *loads, Error *error)
{
    TRY(db_script(loads->superuser, "empty", "TRUNCATE records.attendance, subjects.subject", error));
    return loads_settle(loads, error);
}

Result loads_run(const Loads *loads, const LoadsFile *file, int64_t *load_id, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    const IngestContext context = {.loader = loads->loader,
                                   .merger = loads->merger,
                                   .writer = loads->writer,
                                   .keyring = loads->keyring,
                                   .directory = loads->directory,
                                   .quarantine_folder = loads->folder};
    InputMark mark;
    const IngestDelivery delivery = {.path = file->path,
                                     .sender = "hospital",
                                     .period = file->period,
                                     .announced = file->announced,
                                     .mark = file->announced == NULL ? &mark : NULL};
    char object[HASH_TEXT_BYTES], detail[INGEST_DETAIL_BYTES];
    IngestReport report;

    TRY(ingest_delivery_object(&delivery, &mark, object, error));
    const GovernanceRequest request = {.action = GOVERNANCE_LOAD,
                                       .person_id = "engineer",
                                       .source = TEXT("attendance"),
                                       .sender = TEXT("hospital"),
                                       .object = text_from(object),
                                       .detail = ingest_delivery_detail(&delivery, detail)};
    TRY(governance_request(loads->governance, &request, &permit, error));
    TRY(ingest_load(&context, permit, loads->spec, &delivery, &report, error));
    if (report.outcome != INGEST_LOADED || report.rows_loaded != file->rows)
        return fail(error, ERROR_INPUT, "%" PRId64 " rows of %" PRId64 " were loaded", report.rows_loaded,
                    file->rows);
    *load_id = report.load_id;
    return governance_result(loads->governance, permit, &(GovernanceOutcome){.succeeded = true}, error);
}

double loads_server_s(const Loads *loads)
{
    char data_folder[PATH_BYTES];

    snprintf(data_folder, sizeof data_folder, "%s/pg/data", loads->folder);
    return bench_server_s(data_folder);
}

/* ---- the end ---- */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

void loads_close(Loads *loads)
{
    Error ignored = {0};

    governance_close(&loads->governance);
    db_close(&loads->writer);
    db_close(&loads->merger);
    db_close(&loads->loader);
    db_close(&loads->superuser);
    ingest_spec_close(&loads->spec);
    keyring_close(&loads->keyring);
    postcode_directory_close(&loads->directory);
    Result stopped = cluster_stop(&loads->cluster, &ignored);
    (void)stopped;
    (void)nftw(loads->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The keyring's verbs. A rotation is whole when every token held is under the new version. */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "ingest/ingest.h"

enum { ENTRIES_MAX = 64, CELL_BYTES = 24 };

static const char keeper_role[] = "cinque_keeper";
static const char hub_name[] = "hub", encodings_name[] = "encodings";

/* The keys there are, and what is held under them. */
typedef struct Keys {
    char folder[CLI_PATH_BYTES];
    KeyringEntry entries[ENTRIES_MAX];
    size_t entry_count;
    int hub_version; /* the current one */
    Db *keeper;      /* NULL: there is no database, or it is stopped */
    ClusterState database;
    IngestKeyUse uses[INGEST_KEY_USES_MAX], encodings[INGEST_KEY_USES_MAX];
    size_t use_count, encodings_count;
} Keys;

static void keys_close(Keys *keys)
{
    db_close(&keys->keeper);
}

static Result keys_open(const Cli *cli, Keys *keys, Error *error)
{
    TRY(cli_path(cli, "keyring", keys->folder, error));
    TRY(keyring_list(keys->folder, keys->entries, ENTRIES_MAX, &keys->entry_count, error));
    for (size_t i = 0; i < keys->entry_count; i++)
        if (keys->entries[i].is_current && strcmp(keys->entries[i].name, hub_name) == 0)
            keys->hub_version = keys->entries[i].version;
    TRY(cli_database_state(cli, &keys->database, error));
    if (keys->database != CLUSTER_RUNNING)
        return RESULT_OK;
    TRY(cli_open(cli, keeper_role, &keys->keeper, error));
    TRY(ingest_encoding_key_use(keys->keeper, keys->encodings, INGEST_KEY_USES_MAX, &keys->encodings_count,
                                error));
    return ingest_key_use(keys->keeper, keys->uses, INGEST_KEY_USES_MAX, &keys->use_count, error);
}

/* A rotation that was broken off: the version is made, and something is not under it yet. */
static bool is_unfinished(const Keys *keys)
{
    for (size_t i = 0; i < keys->use_count; i++)
        if (keys->uses[i].version < keys->hub_version)
            return true;
    return false;
}

/* ---- create, list ---- */

Result cmd_key_create(Cli *cli, int argc, const char *const *argv, Error *error)
{
    const char *region = NULL;
    const Option options[] = {
        {"region", OPTION_TEXT, false, NULL,
         "folder with another hub's regional key, as `key unseal` makes it; default: a new one", &region}};
    char folder[CLI_PATH_BYTES];

    TRY(cli_parse(cli, argc, argv, options, 1, 0, 0, error));
    TRY(cli_path(cli, "keyring", folder, error));
    TRY(keyring_create(folder, region, error));
    printf("keyring made in %s; keep a copy where no loader runs\n", folder);
    return RESULT_OK;
}

static int64_t count_under(const IngestKeyUse *uses, size_t count, int version)
{
    for (size_t i = 0; i < count; i++)
        if (uses[i].version == version)
            return uses[i].subjects;
    return 0;
}

/* Of hub keys tokens, of the others encodings; -1: nothing is counted. */
static int64_t subjects_under(const Keys *keys, const KeyringEntry *entry)
{
    if (keys->keeper != NULL && strcmp(entry->name, hub_name) == 0)
        return count_under(keys->uses, keys->use_count, entry->version);
    if (keys->keeper != NULL && strcmp(entry->name, encodings_name) == 0)
        return count_under(keys->encodings, keys->encodings_count, entry->version);
    return -1;
}

static void add_entry(const Keys *keys, const KeyringEntry *entry, Table *table)
{
    char version[CELL_BYTES], subjects[CELL_BYTES] = "";

    int64_t count = subjects_under(keys, entry);

    snprintf(version, sizeof version, "%d", entry->version);
    if (count >= 0)
        snprintf(subjects, sizeof subjects, "%" PRId64, count);
    const Text cells[] = {text_from(entry->name),    text_from(version),
                          text_from(entry->created), text_from(entry->is_current ? "yes" : ""),
                          text_from(subjects),       text_from(entry->not_after)};
    table_row(table, cells);
}

Result cmd_key_list(Cli *cli, int argc, const char *const *argv, Error *error)
{
    static const char *const headings[] = {"key", "version", "created", "current", "subjects", "not after"};
    static const bool right_aligned[] = {false, true, false, false, true, false};
    SCOPED(table_close) Table *table = NULL;
    SCOPED(keys_close) Keys keys = {0};
    const char *format_name = "terminal";
    const Option options[] = {{"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format_name}};
    TableFormat format;

    TRY(cli_parse(cli, argc, argv, options, 1, 0, 0, error));
    TRY(cli_format(format_name, &format, error));
    TRY(keys_open(cli, &keys, error));
    table = table_create(headings, right_aligned, sizeof headings / sizeof headings[0]);
    for (size_t i = 0; i < keys.entry_count; i++)
        add_entry(&keys, &keys.entries[i], table);
    table_print(table, format, stdout);
    return RESULT_OK;
}

/* ---- rotate ---- */

static Result make_version(const Keys *keys, int wanted, Error *error)
{
    int version;

    TRY(keyring_rotate(keys->folder, &version, error));
    if (version != wanted)
        return fail(error, ERROR_CONFIG, "%s: rotated by another at the same time; give --resume",
                    keys->folder);
    return RESULT_OK;
}

/* The permit comes first: who may not re-key makes no version either. */
static Result rotate_to(const Cli *cli, const Keys *keys, int wanted, IngestRekeyReport *report, Error *error)
{
    SCOPED(work_close) Work work = {0};
    SCOPED(keyring_close) Keyring *keyring = NULL;
    char object[INGEST_VERSION_BYTES];
    const GovernanceRequest request = {.action = GOVERNANCE_REKEY,
                                       .object = ingest_rekey_object(wanted, object)};

    TRY(work_begin(cli, &request, &work, error));
    if (wanted > keys->hub_version) {
        TRY(ingest_rekey_check(keys->keeper, work.permit, wanted, error));
        TRY(make_version(keys, wanted, error));
    }
    TRY(keyring_open(keys->folder, &keyring, error));
    Result done = ingest_rekey(keys->keeper, keyring, work.permit, report, error);
    if (!done.ok)
        return fail_context(
            error, "hub key version %d is made but not in use; cinque key rotate --resume finishes it",
            wanted);
    char use[KEY_USE_BYTES];
    const GovernanceOutcome outcome = {
        .succeeded = true, .rows = report->subjects, .detail = key_use_text(&report->key_use, use)};
    return work_end(cli, &work, &outcome, error);
}

/* There is no database yet, so nothing is held. */
static Result rotate_keyring_alone(const Keys *keys, Error *error)
{
    int version;

    TRY(keyring_rotate(keys->folder, &version, error));
    printf("hub key version %d is current\n", version);
    return RESULT_OK;
}

/* What older versions seal stays readable: new loads take the new one. */
static Result rotate_encodings(const Cli *cli, const Keys *keys, Error *error)
{
    SCOPED(work_close) Work work = {0};
    const GovernanceRequest request = {.action = GOVERNANCE_REKEY, .object = TEXT("encodings")};
    const GovernanceOutcome outcome = {.succeeded = true};
    int version;

    TRY(work_begin_unless_absent(cli, &request, &work, error));
    TRY(keyring_rotate_encodings(keys->folder, &version, error));
    TRY(work_end_unless_absent(cli, &work, &outcome, error));
    printf(
        "encodings of new loads are sealed to version %d; cinque key destroy encodings-%d ends what the one "
        "before seals\n",
        version, version - 1);
    return RESULT_OK;
}

Result cmd_key_rotate(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(keys_close) Keys keys = {0};
    bool resume = false;
    const Option options[] = {
        {"resume", OPTION_FLAG, false, NULL, "finish a rotation that was broken off; makes no version",
         &resume},
    };
    IngestRekeyReport report;

    TRY(cli_parse(cli, argc, argv, options, 1, 0, 1, error));
    TRY(keys_open(cli, &keys, error));
    if (cli->argument_count == 1 && strcmp(cli->arguments[0], encodings_name) == 0 && !resume)
        return rotate_encodings(cli, &keys, error);
    if (cli->argument_count == 1)
        return fail(error, ERROR_USAGE, "key rotate: encodings is the only other key that is rotated");
    if (keys.database == CLUSTER_STOPPED)
        return fail(error, ERROR_CONFIG,
                    "database: is stopped, and what it holds must be re-keyed; cinque start starts it");
    if (resume && !is_unfinished(&keys)) {
        printf("nothing to resume\n");
        return RESULT_OK;
    }
    if (keys.keeper == NULL)
        return rotate_keyring_alone(&keys, error);
    if (!resume && is_unfinished(&keys))
        printf("hub key version %d was made before and is finished now; no other is made\n",
               keys.hub_version);
    int wanted = is_unfinished(&keys) ? keys.hub_version : keys.hub_version + 1;
    TRY(rotate_to(cli, &keys, wanted, &report, error));
    printf("hub key version %d is current; tokens of %" PRId64 " subjects and %" PRId64
           " households re-keyed in %.1f s\n",
           report.version, report.subjects, report.households, (double)report.elapsed_us / 1e6);
    return RESULT_OK;
}

#include <inttypes.h>

#include "cli/cli.h"
#include "pseudonymise/pseudonymise.h"

enum { ENTRIES_MAX = 64, CELL_BYTES = 24 };

Result cmd_key_create(Cli *cli, int argc, const char *const *argv, Error *error)
{
    char folder[CLI_PATH_BYTES];

    TRY(cli_parse(cli, argc, argv, NULL, 0, 0, 0, error));
    TRY(cli_path(cli, "keyring", folder, error));
    TRY(keyring_create(folder, error));
    printf("keyring made in %s; keep a copy where no loader runs\n", folder);
    return RESULT_OK;
}

Result cmd_key_list(Cli *cli, int argc, const char *const *argv, Error *error)
{
    static const char *const headings[] = {"key", "version", "created", "current"};
    SCOPED(table_close) Table *table = NULL;
    char folder[CLI_PATH_BYTES];
    KeyringEntry entries[ENTRIES_MAX];
    size_t count;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 0, 0, error));
    TRY(cli_path(cli, "keyring", folder, error));
    TRY(keyring_list(folder, entries, ENTRIES_MAX, &count, error));
    table = table_create(headings, NULL, sizeof headings / sizeof headings[0]);
    for (size_t i = 0; i < count; i++) {
        char version[CELL_BYTES];
        snprintf(version, sizeof version, "%d", entries[i].version);
        const Text cells[] = {text_from(entries[i].name), text_from(version), text_from(entries[i].created),
                              text_from(entries[i].is_current ? "yes" : "")};
        table_row(table, cells);
    }
    table_print(table, TABLE_TERMINAL, stdout);
    return RESULT_OK;
}

Result cmd_key_rotate(Cli *cli, int argc, const char *const *argv, Error *error)
{
    char folder[CLI_PATH_BYTES];
    int version;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 0, 0, error));
    TRY(cli_path(cli, "keyring", folder, error));
    TRY(keyring_rotate(folder, &version, error));
    printf("hub key version %d is current; linkage waits until every subject held is under it\n", version);
    return RESULT_OK;
}

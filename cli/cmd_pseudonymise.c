/* At a provider's: an extract becomes a parcel. No data folder, no database, no network. And the hub's side
 * of it: the pair that parcels are sealed to. */
#include <string.h>

#include "cli/load_report.h"
#include "cli/spec_place.h"

static const char sign_key_name[] = "signing.pem", regional_key_name[] = "regional.key";

typedef struct Provider {
    Keyring *keyring;
    PostcodeDirectory *directory;
    IngestSpec *spec;
} Provider;

static void provider_close(Provider *provider)
{
    ingest_spec_close(&provider->spec);
    postcode_directory_close(&provider->directory);
    keyring_close(&provider->keyring);
}

static Result check_postcodes(const char *postcodes, const char *edition, Error *error)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

    if ((postcodes == NULL) != (edition == NULL))
        return fail(error, ERROR_USAGE, "--postcodes, --edition: one needs the other");
    if (edition == NULL)
        return RESULT_OK;
    if (*edition == '\0' || strlen(edition) >= PARCEL_EDITION_BYTES ||
        strspn(edition, letters) != strlen(edition))
        return fail(error, ERROR_USAGE, "--edition: letters, digits, - and _ only, at most %d",
                    PARCEL_EDITION_BYTES - 1);
    return RESULT_OK;
}

/* Nobody counts here but the provider: what the key is used for is written down before and behind it. */
static Result run_logged(const Cli *cli, const IngestAtSource *at_source, const IngestSpec *spec,
                         const char *keys, IngestReport *report, Error *error)
{
    const char *key = text_format(cli->arena, "%s/%s", keys, regional_key_name).data;
    char month[DATE_TEXT_BYTES], use[KEY_USE_BYTES];
    Error ignored = {0};
    const Text what = text_format(cli->arena, "pseudonymise %s %s", ingest_spec_source(spec),
                                  month_format(at_source->period, month));

    TRY(key_use_write_down(key, text_format(cli->arena, "%.*s begun", TEXT_ARG(what)), error));
    Result done = ingest_pseudonymise(at_source, spec, cli->arguments[1], report, error);
    const char *end = !done.ok ? "failed" : report->outcome == INGEST_WRITTEN ? "written" : "rejected";
    const Text line = text_format(cli->arena, "%.*s %s %.*s", TEXT_ARG(what), end,
                                  TEXT_ARG(key_use_text(&report->key_use, use)));
    Result logged = key_use_write_down(key, line, done.ok ? error : &ignored);
    return done.ok ? logged : done;
}

Result cmd_pseudonymise(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(provider_close) Provider provider = {0};
    IngestAtSource at_source = {.period = DATE_NONE, .show_progress = true};
    const char *keys = NULL, *postcodes = NULL, *edition = NULL;
    const Option options[] = {
        {"sender", OPTION_TEXT, true, NULL, "who sends it", &at_source.sender},
        {"period", OPTION_MONTH, true, NULL, "the month it is for", &at_source.period},
        {"keys", OPTION_TEXT, true, NULL, "folder of regional.key, parcel.public and signing.pem", &keys},
        {"out", OPTION_TEXT, true, NULL, "the file to be made", &at_source.out},
        {"postcodes", OPTION_TEXT, false, NULL, "postcode directory, for small areas", &postcodes},
        {"encodings", OPTION_FLAG, false, NULL, "for linkage by names, where the hub asks for them",
         &at_source.encodes},
        {"edition", OPTION_TEXT, false, NULL, "its name, such as 2026-05", &edition},
    };
    IngestReport report = {.key_use = {.hub_version = 0}};

    TRY(cli_parse(cli, argc, argv, options, sizeof options / sizeof *options, 2, 2, error));
    TRY(check_postcodes(postcodes, edition, error));
    TRY(keyring_open_provider(keys, &provider.keyring, error));
    if (postcodes != NULL)
        TRY(postcode_directory_open(postcodes, edition, &provider.directory, error));
    TRY(spec_open_for(cli->arguments[0], at_source.period, &provider.spec, error));
    at_source.keyring = provider.keyring;
    at_source.directory = provider.directory;
    at_source.sign_key = text_format(cli->arena, "%s/%s", keys, sign_key_name).data;
    TRY(run_logged(cli, &at_source, provider.spec, keys, &report, error));
    load_report_print(&report, 1);
    if (report.outcome == INGEST_REJECTED)
        return fail(error, ERROR_INPUT, "%s: more rejected rows than its spec allows; nothing is written",
                    cli->arguments[1]);
    return RESULT_OK;
}

/* ---- the hub's keys ---- */

Result cmd_key_parcels(Cli *cli, int argc, const char *const *argv, Error *error)
{
    char hub[CLI_PATH_BYTES], print[PARCEL_PRINT_BYTES];
    const char *folder = hub;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 2, error));
    bool creates = strcmp(cli->arguments[0], "create") == 0, has_folder = cli->argument_count == 2;
    if ((!creates && strcmp(cli->arguments[0], "show") != 0) || (creates && has_folder))
        return fail(error, ERROR_USAGE, "usage: cinque %s %s", cli->command->name, cli->command->arguments);
    if (has_folder)
        folder = cli->arguments[1];
    else
        TRY(cli_path(cli, "keyring/parcels", hub, error));
    if (creates)
        TRY(parcel_keys_create(folder, error));
    TRY(parcel_keys_print(folder, print, error));
    printf("%s/parcel.public %s\n", folder, print);
    return RESULT_OK;
}

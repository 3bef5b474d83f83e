#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { NAME_BYTES = 64, COMMANDS_MAX = 96, WORDS_MAX = 3, GROUP_BYTES = 256 };

/* The whole command: dispatch, help and suggestions come from this table. A group's own verb stands before
 * its others. */
static const Command commands[] = {
    {"init", cmd_init, "[--database CONNINFO]", "make or complete the data folder and its database"},
    {"status", cmd_status, "[--conninfo]", "what runs, and which schema"},
    {"start", cmd_start, "", "start the private database"},
    {"stop", cmd_stop, "", "stop the broker and the private database"},
    {"upgrade", cmd_upgrade, "", "apply schema files that this program has and the database has not"},
    {"key create", cmd_key_create, "[--region FOLDER]", "make the keyring"},
    {"key list", cmd_key_list, "", "names, versions and ages of keys, and what is under them; never a key"},
    {"key rotate", cmd_key_rotate, "[--resume] | encodings",
     "make a new version of the hub key and re-key all tokens, or of what encodings are sealed to"},
    {"key expire", cmd_key_expire, "regional|VERSION CCYY-MM-DD",
     "set the last day on which a key is used for new work"},
    {"key destroy", cmd_key_destroy, "VERSION|encodings-VERSION",
     "overwrite and remove a hub key that holds nothing, or the encodings' key with what it seals"},
    {"key approve", cmd_key_approve, "FINGERPRINT",
     "let another person seal the regional key to a provider's key, once"},
    {"key seal-for", cmd_key_seal_for, "PROVIDER.pem --out FILE",
     "seal the regional key to a provider's public key"},
    {"key unseal", cmd_key_unseal, "FILE --private-key PRIVATE.pem --to FOLDER",
     "provider: open the regional key that was sealed for it"},
    {"key ceremony", cmd_key_ceremony, "PLACE PLACE PLACE | restore SHARE SHARE",
     "split the root keys into three shares, any two restore them"},
    {"key delivery", cmd_key_delivery, "create NAME | import FILE | show",
     "keys that senders encrypt to, and senders' own"},
    {"key parcels", cmd_key_parcels, "create | show [FOLDER]",
     "the pair that files pseudonymised at source are sealed to"},
    {"oblivious key", cmd_oblivious_key, "FILE --space S",
     "key holder: make the key, print its public half for a space"},
    {"oblivious blind", cmd_oblivious_blind, "VALUES --space S --secret FILE --request FILE",
     "provider: blind NHS numbers or UPRNs"},
    {"oblivious evaluate", cmd_oblivious_evaluate,
     "REQUEST --key FILE --space S --answer FILE [--values-max N]",
     "key holder: evaluate them unseen, with proof"},
    {"oblivious finalise", cmd_oblivious_finalise,
     "VALUES --secret FILE --request FILE --answer FILE --public-key HEX --tokens FILE",
     "provider: check the proof and make the tokens"},
    {"source check", cmd_source_check, "SPEC [FILE] [--period CCYY-MM]",
     "check a spec, or what it would reject of a file"},
    {"source apply", cmd_source_apply, "[SPEC...]", "register specs and make their tables; all shipped ones"},
    {"source show", cmd_source_show, "[SPEC] [--period CCYY-MM] [--markdown|--registered]",
     "registered sources, or the page of one spec"},
    {"source new", cmd_source_new, "SAMPLE [--out FILE [--codes]] [--source NAME]",
     "propose a spec for a sample of delimited text, each guess marked"},
    {"source diff", cmd_source_diff, "SPEC FILE [--period CCYY-MM] [--format F]",
     "how a file differs from its spec, with likely renames"},
    {"synth", cmd_synth, "--out DIR [--people N] [--months M] [--seed S]", "make a synthetic county"},
    {"governance approve", cmd_governance_approve, "FILE", "let another person apply this rules file, once"},
    {"governance apply", cmd_governance_apply, "FILE [--dry-run]", "apply people, agreements and projects"},
    {"reference add", cmd_reference_add, "FILE --edition E", "take in a postcode directory"},
    {"reference add-totals", cmd_reference_add_totals, "FILE", "take in published figures to compare with"},
    {"reference add-population", cmd_reference_add_population, "FILE",
     "take in published numbers of people that rates are per"},
    {"reference add-prices", cmd_reference_add_prices, "FILE",
     "take in unit costs of a financial year, by code"},
    {"pull", cmd_pull, "FEED [--load] [--period CCYY-MM] [--again REASON]",
     "archive what a feed's sender left, sealed, and load it"},
    {"deliveries", cmd_deliveries, "[--missing CCYY-MM]",
     "what was pulled and what became of it, or did not come"},
    {"archive approve", cmd_archive_approve, "DELIVERY",
     "let another person open the archive of a delivery, once"},
    {"archive open", cmd_archive_open, "DELIVERY --private-key FILE",
     "a delivery as it came, approved by another person, for who holds the key"},
    {"archive sweep", cmd_archive_sweep, "", "delete archives past their time, report what fits nowhere"},
    {"pseudonymise", cmd_pseudonymise,
     "SOURCE FILE --sender S --period CCYY-MM --keys FOLDER --out FILE [--postcodes FILE --edition E] "
     "[--encodings]",
     "provider: pseudonymise an extract where it arises, for cinque load"},
    {"load", cmd_load, "SOURCE [FILE|--nil] --sender S --period CCYY-MM | --deliveries FILE | --delivery N",
     "load an extract, a list of them, or what was pulled, each under a permit"},
    {"load held", cmd_load_held, "", "loads that a limit of their source held back, and why"},
    {"load release", cmd_load_release, "LOAD", "publish another person's load that was held back"},
    {"load refuse", cmd_load_refuse, "LOAD", "drop another person's load that was held back"},
    {"loads", cmd_loads, "", "what is held, since when, and what replaced it"},
    {"withdraw", cmd_withdraw, "LOAD", "take a load back"},
    {"quarantine", cmd_quarantine, "LOAD", "line, column and rule of each rejected row"},
    {"quarantine approve", cmd_quarantine_approve, "LOAD",
     "let another person open the rejected lines of a load, once"},
    {"quarantine open", cmd_quarantine_open, "LOAD --private-key FILE",
     "the rejected lines themselves, approved by another person, for who holds the key"},
    {"quality report", cmd_quality_report, "CCYY-MM", "what is unusual about a month's deliveries"},
    {"link", cmd_link, "", "link subjects to people and households"},
    {"link evaluate", cmd_link_evaluate, "FILE --spec SPEC --truth COLUMN",
     "link a file from encodings alone and measure against a known truth"},
    {"link explain", cmd_link_explain, "NUMBER",
     "why a subject or person is linked: which fields agree, never what they say"},
    {"link clerical list", cmd_link_clerical_list, "", "pairs that wait for a decision"},
    {"link clerical decide", cmd_link_clerical_decide, "PAIR same|apart",
     "say whether a pair is one person, from the next run on"},
    {"link report", cmd_link_report, "",
     "match rates by group, what changed, passes, what waits, estimated errors"},
    {"link undo", cmd_link_undo, "RUN", "take the newest linkage run back"},
    {"link runs", cmd_link_runs, "", "linkage runs and their state"},
    {"release build", cmd_release_build, "CCYY-MM --purpose P [--status S] [--as-known-at D]",
     "freeze one month for one purpose"},
    {"release list", cmd_release_list, "", "releases and their state"},
    {"release retire", cmd_release_retire, "RELEASE", "end a release; it is refused from then on"},
    {"release practices", cmd_release_practices, "RELEASE",
     "practices that a release leaves out because of their lists"},
    {"release verify", cmd_release_verify, "RELEASE", "is a release's content still what was published"},
    {"broker start", cmd_broker_start, "", "start cinqued in the background"},
    {"broker stop", cmd_broker_stop, "", "stop it"},
    {"catalogue", cmd_catalogue, "PROJECT [SOURCE [COLUMN]] [--months]",
     "what a query of the project may name: sources, columns, codes, months held"},
    {"query check", cmd_query_check, "FILE [--canonical]", "check a query; touches no data"},
    {"query format", cmd_query_format, "FILE", "print a query in the one layout, comments kept"},
    {"query explain", cmd_query_explain, "FILE", "what a query would do, in words; touches no data"},
    {"query submit", cmd_query_submit, "FILE", "submit a query for approval, its code lists pinned"},
    {"query list", cmd_query_list, "", "queries and who approved them"},
    {"query show", cmd_query_show, "QUERY", "the whole text that would run"},
    {"query approve", cmd_query_approve, "QUERY", "approve another person's query"},
    {"query run", cmd_query_run, "QUERY [--set NAME=VALUE] [--format F] [--output FILE]",
     "run an approved query"},
    {"dummy", cmd_dummy, "QUERY --output DIR [--people N] [--seed S] [--month CCYY-MM] [--set NAME=VALUE]",
     "try a query on made-up data that satisfy its definitions; needs no access to anything"},
    {"audit list", cmd_audit_list, "[--person P] [--action A] [--from D] [--to D] [--rows N]",
     "the access log"},
    {"audit verify", cmd_audit_verify, "[--checkpoints FILE]",
     "recompute the log and compare its checkpoints"},
};
static const size_t command_count = sizeof commands / sizeof commands[0];
_Static_assert(sizeof commands / sizeof commands[0] <= COMMANDS_MAX, "raise COMMANDS_MAX");

void cli_help(FILE *out)
{
    fputs("cinque: a privacy-preserving linked dataset engine\n\n", out);
    for (size_t i = 0; i < command_count; i++)
        fprintf(out, "  cinque %-24s %s\n", commands[i].name, commands[i].help);
    fputs("\nEvery command takes --help. The data folder is --data DIR or CINQUE_DATA.\n", out);
}

static void join_words(const char *const *argv, int words, char name[NAME_BYTES])
{
    size_t length = 0;

    name[0] = '\0';
    for (int i = 0; i < words && length < NAME_BYTES; i++)
        length += (size_t)snprintf(name + length, NAME_BYTES - length, "%s%s", i > 0 ? " " : "", argv[i]);
}

/* The command that most of the first words name. */
static const Command *find(int argc, const char *const *argv, int *words)
{
    char name[NAME_BYTES];

    for (*words = argc < WORDS_MAX ? argc : WORDS_MAX; *words > 0; (*words)--) {
        join_words(argv, *words, name);
        for (size_t i = 0; i < command_count; i++)
            if (strcmp(commands[i].name, name) == 0)
                return &commands[i];
    }
    return NULL;
}

/* What stands behind the words of a group in the table, as a list; false: there is no such group. */
static bool list_group(const char *group, char out[GROUP_BYTES])
{
    size_t length = 0, group_length = strlen(group);

    for (size_t i = 0; i < command_count; i++) {
        const char *name = commands[i].name;
        if (strncmp(name, group, group_length) == 0 && name[group_length] == ' ' && length < GROUP_BYTES)
            length += (size_t)snprintf(out + length, GROUP_BYTES - length, "%s%s", length > 0 ? ", " : "",
                                       name + group_length + 1);
    }
    return length > 0;
}

/* What is nearest to the words; or else what there is of the group that the first of them name. */
static Result unknown(int argc, const char *const *argv, Error *error)
{
    Text names[COMMANDS_MAX];
    char name[NAME_BYTES], group[GROUP_BYTES];

    for (size_t i = 0; i < command_count; i++)
        names[i] = text_from(commands[i].name);
    for (int words = argc < WORDS_MAX ? argc : WORDS_MAX; words > 0; words--) {
        join_words(argv, words, name);
        if (list_group(name, group))
            return fail(error, ERROR_USAGE, "no such command; of %s there are: %s", name, group);
        Text nearest = text_nearest(text_from(name), names, command_count);
        if (nearest.length > 0)
            return fail(error, ERROR_USAGE, "no such command, did you mean: cinque %.*s", TEXT_ARG(nearest));
    }
    return fail(error, ERROR_USAGE, "no such command; cinque --help lists them");
}

Result cli_run(Cli *cli, int argc, const char *const *argv, Error *error)
{
    int words = 0;

    if (argc == 0 || strcmp(argv[0], "help") == 0 || strcmp(argv[0], "--help") == 0) {
        cli_help(stdout);
        return RESULT_OK;
    }
    cli->command = find(argc, argv, &words);
    if (cli->command == NULL)
        return unknown(argc, argv, error);
    /* Another word behind a command without arguments is one of its group, misspelt. */
    if (cli->command->arguments[0] == '\0' && words < argc && argv[words][0] != '-')
        return unknown(argc, argv, error);
    return cli->command->run(cli, argc - words, argv + words, error);
}

/* From what the YAML file says to checked items. */
#include "governance/rules_items.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "governance/governance.h"
#include "governance/rules.h"

enum { OPT_OUT_MAX_AGE_DAYS = 21, FREE_TEXT_BYTES_MAX = 1000, ITEMS_MAX = 100000, LINKED_SOURCES_MAX = 32 };

static const char *const role_names[] = {"engineer", "analyst", "ig_lead", "steward"};
enum { ROLE_COUNT = sizeof role_names / sizeof role_names[0] };
/* In the order of linkage.combination_name (schema/049_explain.sql). */
static const char *const combination_names[] = {"postcode", "address", "area"};
enum { COMBINATION_COUNT = sizeof combination_names / sizeof combination_names[0] };

/* Where in the file, for errors: "agreements 3". */
typedef struct Place {
    const char *list;
    unsigned index; /* from 0 */
} Place;

static Result wrong(Place place, const char *rule, Error *error)
{
    return fail(error, ERROR_CONFIG, "%s %u: %s", place.list, place.index + 1, rule);
}

/* Names go into the log, into paths and into messages. */
static bool is_name(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(text);

    return length > 0 && length < GOVERNANCE_NAME_BYTES && strspn(text, allowed) == length &&
           text[0] != '-' && text[0] != '.';
}

static bool is_plain(const char *text)
{
    Text whole = text_from(text);

    for (size_t i = 0; i < whole.length; i++)
        if ((unsigned char)whole.data[i] < ' ')
            return false;
    return whole.length <= FREE_TEXT_BYTES_MAX && text_is_utf8(whole);
}

static Result check_names(Place place, char *const *names, size_t count, Error *error)
{
    for (size_t i = 0; i < count; i++)
        if (!is_name(names[i]))
            return wrong(place, "a name may hold letters, digits, . _ and -, at most 63", error);
    return RESULT_OK;
}

static Result check_period(Place place, const char *from, const char *to, Error *error)
{
    Date first, last;

    if (!date_parse(text_from(from), &first) || !date_parse(text_from(to), &last))
        return wrong(place, "from and to are dates as CCYY-MM-DD", error);
    if (last < first)
        return wrong(place, "to is before from", error);
    return RESULT_OK;
}

static Result parse_uid(Place place, const char *text, Arena *arena, Text *uid, Error *error)
{
    int64_t number = geteuid();

    if (strcmp(text, "service") != 0 &&
        (!text_to_int64(text_from(text), &number) || number < 0 || number >= UINT32_MAX))
        return wrong(place, "uid is a user id, or service for the account that applies this", error);
    *uid = text_format(arena, "%" PRId64, number);
    return RESULT_OK;
}

/* In one order whatever the file's, so that the order is no difference. */
static Result parse_roles(Place place, const YamlPerson *person, Arena *arena, Text *roles, Error *error)
{
    bool has[ROLE_COUNT] = {false};

    for (unsigned i = 0; i < person->roles_count; i++) {
        size_t role = 0;
        while (role < ROLE_COUNT && strcmp(person->roles[i], role_names[role]) != 0)
            role++;
        if (role == ROLE_COUNT)
            return wrong(place, "a role is engineer, analyst, ig_lead or steward", error);
        has[role] = true;
    }
    *roles = TEXT("");
    for (size_t role = 0; role < ROLE_COUNT; role++)
        if (has[role])
            *roles = text_format(arena, "%.*s%s%s", TEXT_ARG(*roles), roles->length > 0 ? ", " : "",
                                 role_names[role]);
    return RESULT_OK;
}

static Result add_person(Place place, const YamlPerson *person, Arena *arena, ItemList *list, Error *error)
{
    Item item = {.kind = item_kind(TEXT("person")), .key = {text_from(person->id)}};

    TRY(check_names(place, &person->id, 1, error));
    if (strcmp(person->id, GOVERNANCE_BOOTSTRAP) == 0)
        return wrong(place, "this id is kept for the first apply", error);
    if (!is_plain(person->name))
        return wrong(place, "name is not plain text", error);
    TRY(parse_uid(place, person->uid, arena, &item.fields[0], error));
    item.fields[1] = text_from(person->name);
    TRY(parse_roles(place, person, arena, &item.fields[2], error));
    item_list_add(list, &item);
    return RESULT_OK;
}

static Result add_purpose(Place place, const YamlPurpose *purpose, Arena *arena, ItemList *list, Error *error)
{
    bool applied = strcmp(purpose->opt_out, "applied") == 0;
    int64_t days =
        purpose->opt_out_max_age_days != NULL ? *purpose->opt_out_max_age_days : OPT_OUT_MAX_AGE_DAYS;
    Item item = {.kind = item_kind(TEXT("purpose")), .key = {text_from(purpose->code)}};

    TRY(check_names(place, &purpose->code, 1, error));
    if (!applied && strcmp(purpose->opt_out, "not_applied") != 0)
        return wrong(place, "opt_out is applied or not_applied", error);
    if (!applied && (text_from(purpose->legal_basis).length == 0 || text_from(purpose->approver).length == 0))
        return wrong(place, "opt_out not_applied needs a legal_basis and an approver", error);
    if (days < 1 || days > 366)
        return wrong(place, "opt_out_max_age_days is from 1 to 366", error);
    if (!is_plain(purpose->title) || (purpose->legal_basis != NULL && !is_plain(purpose->legal_basis)) ||
        (purpose->approver != NULL && !is_plain(purpose->approver)))
        return wrong(place, "title, legal_basis or approver is not plain text", error);
    item.fields[0] = text_from(purpose->title);
    item.fields[1] = text_from(purpose->opt_out);
    item.fields[2] = text_from(purpose->legal_basis);
    item.fields[3] = text_from(purpose->approver);
    item.fields[4] = text_format(arena, "%" PRId64, days);
    item_list_add(list, &item);
    return RESULT_OK;
}

static Result add_supplier(Place place, const YamlSupplier *supplier, Arena *arena, ItemList *list,
                           Error *error)
{
    const Item item = {.kind = item_kind(TEXT("supplier")),
                       .key = {text_from(supplier->id)},
                       .fields = {text_from(supplier->title)}};

    (void)arena;
    TRY(check_names(place, &supplier->id, 1, error));
    if (!is_plain(supplier->title))
        return wrong(place, "title is not plain text", error);
    item_list_add(list, &item);
    return RESULT_OK;
}

/* One item for each dataset and purpose. */
static Result add_agreement(Place place, const YamlAgreement *agreement, Arena *arena, ItemList *list,
                            Error *error)
{
    (void)arena;
    TRY(check_names(place, &agreement->supplier, 1, error));
    TRY(check_names(place, agreement->datasets, agreement->datasets_count, error));
    TRY(check_names(place, agreement->purposes, agreement->purposes_count, error));
    TRY(check_period(place, agreement->from, agreement->to, error));
    if (!is_plain(agreement->legal_basis))
        return wrong(place, "legal_basis is not plain text", error);
    Text controllers = agreement->controllers != NULL ? text_from(agreement->controllers) : TEXT("sender");
    if (!text_equal(controllers, TEXT("sender")) && !text_equal(controllers, TEXT("each")))
        return wrong(place, "controllers is sender (the default) or each", error);
    for (unsigned i = 0; i < agreement->datasets_count * agreement->purposes_count; i++) {
        const Item item = {
            .kind = item_kind(TEXT("agreement")),
            .key = {text_from(agreement->supplier),
                    text_from(agreement->datasets[i / agreement->purposes_count]),
                    text_from(agreement->purposes[i % agreement->purposes_count]),
                    text_from(agreement->from)},
            .fields = {text_from(agreement->to), text_from(agreement->legal_basis), controllers},
        };
        item_list_add(list, &item);
    }
    return RESULT_OK;
}

static Result add_policy(Place place, const YamlPolicy *yaml, Arena *arena, ItemList *list, Error *error)
{
    const GovernancePolicy policy = {.people_min = yaml->people_min, .round_to = yaml->round_to};
    Item item = {.kind = item_kind(TEXT("policy")),
                 .key = {text_from(yaml->name), text_from(yaml->effective_from)}};
    Date day;

    TRY(check_names(place, &yaml->name, 1, error));
    if (!date_parse(item.key[1], &day))
        return wrong(place, "effective_from is a date as CCYY-MM-DD", error);
    Result checked = rules_check_policy(&policy, error);
    if (!checked.ok)
        return fail_context(error, "%s %u", place.list, place.index + 1);
    item.fields[0] = text_format(arena, "%" PRId64, yaml->people_min);
    item.fields[1] = text_format(arena, "%" PRId64, yaml->round_to);
    item_list_add(list, &item);
    return RESULT_OK;
}

static void add_pairs(const char *kind, const char *project, char *const *names, unsigned count,
                      ItemList *list)
{
    for (unsigned i = 0; i < count; i++) {
        const Item item = {.kind = item_kind(text_from(kind)),
                           .key = {text_from(project), text_from(names[i])}};
        item_list_add(list, &item);
    }
}

static Result add_project(Place place, const YamlProject *project, Arena *arena, ItemList *list, Error *error)
{
    const Item item = {
        .kind = item_kind(TEXT("project")),
        .key = {text_from(project->id)},
        .fields = {text_from(project->title), text_from(project->purpose), text_from(project->policy),
                   text_from(project->from), text_from(project->to)},
    };

    (void)arena;
    TRY(check_names(place, &project->id, 1, error));
    TRY(check_names(place, project->members, project->members_count, error));
    TRY(check_names(place, project->sources, project->sources_count, error));
    TRY(check_period(place, project->from, project->to, error));
    if (!is_plain(project->title))
        return wrong(place, "title is not plain text", error);
    item_list_add(list, &item);
    add_pairs("member", project->id, project->members, project->members_count, list);
    add_pairs("grant", project->id, project->sources, project->sources_count, list);
    return RESULT_OK;
}

static Result read_combinations(Place place, const YamlLinkage *linkage, bool has[COMBINATION_COUNT],
                                Error *error)
{
    for (unsigned i = 0; i < linkage->combinations_count; i++) {
        size_t c = 0;
        while (c < COMBINATION_COUNT && strcmp(linkage->combinations[i], combination_names[c]) != 0)
            c++;
        if (c == COMBINATION_COUNT)
            return wrong(place, "combinations are postcode, address and area, or none", error);
        has[c] = true;
    }
    return RESULT_OK;
}

/* In one order whatever the file's, so that the order is no difference. */
static Result parse_combinations(Place place, const YamlLinkage *linkage, Arena *arena, Text *combinations,
                                 Error *error)
{
    bool has[COMBINATION_COUNT] = {false}, has_all = true;

    *combinations = TEXT("none");
    if (linkage->combinations_count == 1 && strcmp(linkage->combinations[0], "none") == 0)
        return RESULT_OK;
    TRY(read_combinations(place, linkage, has, error));
    *combinations = TEXT("");
    for (size_t c = 0; c < COMBINATION_COUNT; c++) {
        has_all = has_all && has[c];
        if (has[c])
            *combinations = text_format(arena, "%.*s%s%s", TEXT_ARG(*combinations),
                                        combinations->length > 0 ? ", " : "", combination_names[c]);
    }
    if (has_all || linkage->combinations_count == 0)
        *combinations = TEXT("all");
    return RESULT_OK;
}

/* One item for each two of its sources, and for each beside itself; the two in order. */
static Result add_linkage(Place place, const YamlLinkage *linkage, Arena *arena, ItemList *list, Error *error)
{
    Text combinations;

    TRY(parse_combinations(place, linkage, arena, &combinations, error));
    TRY(check_names(place, &linkage->purpose, 1, error));
    TRY(check_names(place, linkage->sources, linkage->sources_count, error));
    TRY(check_period(place, linkage->from, linkage->to, error));
    if (linkage->sources_count > LINKED_SOURCES_MAX)
        return wrong(place, "at most 32 sources", error);
    for (unsigned i = 0; i < linkage->sources_count; i++) {
        for (unsigned j = i; j < linkage->sources_count; j++) {
            Text a = text_from(linkage->sources[i]), b = text_from(linkage->sources[j]);
            bool in_order = text_compare(a, b) <= 0;
            const Item item = {
                .kind = item_kind(TEXT("linkage")),
                .key = {text_from(linkage->purpose), in_order ? a : b, in_order ? b : a,
                        text_from(linkage->from)},
                .fields = {text_from(linkage->to), combinations},
            };
            item_list_add(list, &item);
        }
    }
    return RESULT_OK;
}

#define ADD_EACH(list_name, add)                                                                             \
    for (unsigned i = 0; i < rules->list_name##_count; i++)                                                  \
    TRY(add((Place){.list = #list_name, .index = i}, &rules->list_name[i], arena, list, error))

Result rules_items(const YamlRules *rules, Arena *arena, ItemList *list, Error *error)
{
    ADD_EACH(people, add_person);
    ADD_EACH(purposes, add_purpose);
    ADD_EACH(suppliers, add_supplier);
    ADD_EACH(agreements, add_agreement);
    ADD_EACH(policies, add_policy);
    ADD_EACH(projects, add_project);
    ADD_EACH(linkages, add_linkage);
    if (list->count > ITEMS_MAX)
        return fail(error, ERROR_LIMIT, "more than %d rules", ITEMS_MAX);
    item_list_sort(list);
    return rules_check_whole(list, error);
}

#include "ingest/spec.h"

#include <stdio.h>
#include <string.h>

#include "base/input.h"
#include "ingest/spec_build.h"
#include "ingest/spec_place.h"

enum { ARENA_BYTES_MAX = 256 << 20 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- small helpers that all spec*.c files use ---- */

int spec_choose(const char *text, const char *const *names, size_t name_count)
{
    for (size_t i = 0; text != NULL && i < name_count; i++)
        if (strcmp(text, names[i]) == 0)
            return (int)i;
    return -1;
}

bool spec_is_name(const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || length > SPEC_NAME_BYTES_MAX || text[0] < 'a' || text[0] > 'z')
        return false;
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

Result spec_fail_key(const SpecBuild *build, const char *key, const char *rule, Error *error)
{
    return fail(error, ERROR_CONFIG, "%s line %zu, %s: %s", build->spec->path,
                spec_line_of_key(build->spec->text, key), key, rule);
}

bool spec_column_identifies(const SpecColumn *column)
{
    return column->use == SPEC_IDENTIFIER || column->use == SPEC_DEMOGRAPHIC;
}

bool spec_column_is_stored(const SpecColumn *column)
{
    return column->use != SPEC_IGNORED && !spec_column_identifies(column);
}

int spec_find(const IngestSpec *spec, Text name)
{
    for (size_t i = 0; i < spec->column_count; i++)
        if (text_equal(spec->columns[i].name, name))
            return (int)i;
    return SPEC_NONE;
}

bool spec_date(const IngestSpec *spec, Text text, Date *date)
{
    switch (spec->date_format) {
    case SPEC_COMPACT:
        return date_parse_compact(text, date);
    case SPEC_BRITISH:
        return date_parse_british(text, date);
    case SPEC_ISO:
        break;
    }
    return date_parse(text, date);
}

/* ---- head ---- */

static Result check_choice(const SpecBuild *build, const char *key, const char *value,
                           const char *const *names, size_t name_count, int *chosen, Error *error)
{
    char rule[240];
    size_t length = 0;

    *chosen = spec_choose(value, names, name_count);
    if (*chosen >= 0)
        return RESULT_OK;
    for (size_t i = 0; i < name_count; i++)
        length +=
            (size_t)snprintf(rule + length, sizeof rule - length, "%s%s", i > 0 ? ", " : "one of ", names[i]);
    return spec_fail_key(build, key, rule, error);
}

/* _number: a load of another source. That and a or b: one of its halves, whose name is that of the array type
 * that PostgreSQL makes for a table without the underscore in front. */
static bool ends_as_partition(const char *name)
{
    const char *end = strrchr(name, '_');
    size_t digits = end != NULL ? strspn(end + 1, "0123456789") : 0;

    return digits > 0 && (end[digits + 1] == '\0' || strcmp(end + digits + 1, "a") == 0 ||
                          strcmp(end + digits + 1, "b") == 0);
}

static Result build_names(SpecBuild *build, Error *error)
{
    static const char *const subjects[] = {"person", "household", "none"};
    static const char *const updates[] = {"snapshot", "replace_by_period", "net_change", "bulk_replacement"};
    static const char *const roles[] = {"register",  "merger",      "residence", "death",    "opt_out",
                                        "geography", "deprivation", "practice",  "crosswalk"};
    static const char *const formats[] = {"iso", "compact", "british"};
    const YamlSpec *yaml = build->yaml;
    IngestSpec *spec = build->spec;
    int chosen, format = SPEC_ISO;

    if (!spec_is_name(yaml->source) || ends_as_partition(yaml->source) ||
        strncmp(yaml->source, "active_", 7) == 0 ||
        spec_choose(yaml->source, (const char *const[]){"subject", "quarantine", "encoding"}, 3) >= 0)
        return spec_fail_key(build, "source",
                             "a name has up to 40 lower-case letters, digits and _, and neither "
                             "ends in _number, or that and a or b, nor looks like a table of Cinque's own",
                             error);
    snprintf(spec->source, sizeof spec->source, "%s", yaml->source);
    spec->title = text_copy(spec->arena, text_from(yaml->title));
    spec->publisher = text_copy(spec->arena, text_from(yaml->layout.publisher));
    spec->layout_note = text_copy(spec->arena, text_from(yaml->layout.note));
    spec->is_confirmed = yaml->layout.confirmed;
    TRY(check_choice(build, "subject", yaml->subject, subjects, COUNT(subjects), &chosen, error));
    spec->subject = text_from(subjects[chosen]);
    TRY(check_choice(build, "update", yaml->update, updates, COUNT(updates), &chosen, error));
    spec->update = text_from(updates[chosen]);
    if (yaml->role != NULL) {
        TRY(check_choice(build, "role", yaml->role, roles, COUNT(roles), &chosen, error));
        spec->role = text_from(roles[chosen]);
    }
    spec->is_once_a_delivery = yaml->once_a_delivery;
    if (spec->is_once_a_delivery && !text_equal(spec->subject, TEXT("person")))
        return spec_fail_key(build, "once_a_delivery", "is said of a source whose subject is a person",
                             error);
    if (yaml->date_format != NULL)
        TRY(check_choice(build, "date_format", yaml->date_format, formats, COUNT(formats), &format, error));
    spec->date_format = (SpecDateFormat)format;
    if (yaml->extra != NULL && spec_choose(yaml->extra, (const char *const[]){"ignore", "reject"}, 2) < 0)
        return spec_fail_key(build, "extra", "ignore or reject", error);
    spec->ignores_extra = yaml->extra != NULL && strcmp(yaml->extra, "ignore") == 0;
    return RESULT_OK;
}

static Result build_effect(SpecBuild *build, Error *error)
{
    const YamlSpec *yaml = build->yaml;
    IngestSpec *spec = build->spec;
    Date from = DATE_NONE, to = DATE_NONE;

    if (yaml->version < 1)
        return spec_fail_key(build, "version", "counts from 1", error);
    spec->version = yaml->version;
    spec->effective_from = text_copy(spec->arena, text_from(yaml->effective_from));
    spec->effective_to = text_copy(spec->arena, text_from(yaml->effective_to));
    if (!date_parse(spec->effective_from, &from))
        return spec_fail_key(build, "effective_from", "a date is CCYY-MM-DD", error);
    if (spec->effective_to.length > 0 && (!date_parse(spec->effective_to, &to) || to < from))
        return spec_fail_key(build, "effective_to", "a date is CCYY-MM-DD, and not before effective_from",
                             error);
    if (yaml->rejects.rows_max < 0 || !(yaml->rejects.percent_max >= 0 && yaml->rejects.percent_max <= 100))
        return spec_fail_key(build, "rejects", "rows_max is 0 or more, percent_max 0 to 100", error);
    spec->rejects_max = yaml->rejects.rows_max;
    spec->rejects_percent_max = yaml->rejects.percent_max;
    return RESULT_OK;
}

/* ---- what refers to columns ---- */

Result spec_refer(const SpecBuild *build, const char *key, const char *name, bool must_be_date, int *column,
                  Error *error)
{
    *column = SPEC_NONE;
    if (name == NULL)
        return RESULT_OK;
    *column = spec_find(build->spec, text_from(name));
    if (*column == SPEC_NONE)
        return spec_fail_key(build, key, "names no column", error);
    if (must_be_date && build->spec->columns[*column].use != SPEC_DATE)
        return spec_fail_key(build, key, "names a column that is no date", error);
    return RESULT_OK;
}

static Result build_references(SpecBuild *build, Error *error)
{
    const YamlSpec *yaml = build->yaml;
    IngestSpec *spec = build->spec;
    bool is_sender = strcmp(yaml->controller, "sender") == 0;

    TRY(spec_refer(build, "controller", is_sender ? NULL : yaml->controller, false, &spec->controller,
                   error));
    if (spec->controller != SPEC_NONE && spec->columns[spec->controller].use != SPEC_DIMENSION)
        return spec_fail_key(build, "controller", "sender, or a column of use dimension", error);
    TRY(spec_refer(build, "event_date", yaml->event_date, true, &spec->event_date, error));
    TRY(spec_refer(build, "period_date", yaml->period_date, true, &spec->period_date, error));
    TRY(spec_refer(build, "validity", yaml->validity.from, true, &spec->valid_from, error));
    TRY(spec_refer(build, "validity", yaml->validity.to, true, &spec->valid_to, error));
    TRY(spec_refer(build, "withheld", yaml->withheld, false, &spec->withheld, error));
    for (size_t i = 0; i < yaml->record_key_count; i++)
        TRY(spec_refer(build, "record_key", yaml->record_key[i], false, &spec->key[i], error));
    spec->key_count = yaml->record_key_count;
    return RESULT_OK;
}

static Result build_excludes(SpecBuild *build, Error *error)
{
    IngestSpec *spec = build->spec;

    for (size_t i = 0; i < build->yaml->exclude_count; i++) {
        const YamlExclude *yaml = &build->yaml->exclude[i];
        SpecExclude *exclude = &spec->excludes[spec->exclude_count++];
        TRY(spec_refer(build, "exclude", yaml->column, false, &exclude->column, error));
        exclude->equals = text_copy(spec->arena, text_from(yaml->equals));
        for (size_t kept = 0; kept < yaml->otherwise_count; kept++) {
            if (strcmp(yaml->otherwise[kept], yaml->equals) == 0)
                return spec_fail_key(build, "exclude", "a value is both excluded and kept", error);
            exclude->kept[exclude->kept_count++] = text_copy(spec->arena, text_from(yaml->otherwise[kept]));
        }
    }
    return RESULT_OK;
}

static Result build_rule(const SpecBuild *build, const YamlRule *yaml, SpecRule *rule, Error *error)
{
    bool is_order = yaml->not_before != NULL;

    if (is_order == (yaml->required_with != NULL) || (is_order && yaml->equals != NULL))
        return spec_fail_key(build, "rules", "one of not_before and required_with (with equals or without)",
                             error);
    rule->equals = text_copy(build->spec->arena, text_from(yaml->equals));
    TRY(spec_refer(build, "rules", yaml->column, is_order, &rule->column, error));
    TRY(spec_refer(build, "rules", yaml->not_before, true, &rule->not_before, error));
    return spec_refer(build, "rules", yaml->required_with, false, &rule->required_with, error);
}

static Result build_rules(SpecBuild *build, Error *error)
{
    const YamlSpec *yaml = build->yaml;

    for (size_t i = 0; i < yaml->rules_count; i++) {
        SpecRule *rule = &build->spec->rules[i];
        if (!spec_is_name(yaml->rules[i].name))
            return spec_fail_key(build, "rules", "a rule's name has lower-case letters, digits and _", error);
        rule->name = text_copy(build->spec->arena, text_from(yaml->rules[i].name));
        TRY(build_rule(build, &yaml->rules[i], rule, error));
    }
    build->spec->rule_count = yaml->rules_count;
    return RESULT_OK;
}

/* The subject's kind must fit what identifies it. */
static Result check_subject(const SpecBuild *build, Error *error)
{
    const IngestSpec *spec = build->spec;
    bool has_person = false, has_household = false, has_any = false;

    for (size_t i = 0; i < spec->column_count; i++) {
        const SpecColumn *column = &spec->columns[i];
        if (!spec_column_identifies(column))
            continue;
        has_any = true;
        has_household |= column->field == IDENTITY_UPRN;
        has_person |= column->use == SPEC_IDENTIFIER && column->field != IDENTITY_UPRN;
    }
    if (text_equal(spec->subject, TEXT("none")) && has_any)
        return spec_fail_key(build, "subject", "none, but a column identifies", error);
    if (text_equal(spec->subject, TEXT("person")) && !has_person)
        return spec_fail_key(build, "subject", "person, but no column is a person's identifier", error);
    if (text_equal(spec->subject, TEXT("household")) && !has_household)
        return spec_fail_key(build, "subject", "household, but no column is a uprn", error);
    return RESULT_OK;
}

/* ---- all ---- */

static Result find_codes_folder(SpecBuild *build, const char *given, Error *error)
{
    const char *path = build->spec->path, *slash = strrchr(path, '/');
    int written;

    if (given != NULL)
        written = snprintf(build->codes_folder, sizeof build->codes_folder, "%s", given);
    else if (slash != NULL)
        written = snprintf(build->codes_folder, sizeof build->codes_folder, "%.*s/codes", (int)(slash - path),
                           path);
    else
        written = snprintf(build->codes_folder, sizeof build->codes_folder, "codes");
    if (written < 0 || (size_t)written >= sizeof build->codes_folder)
        return fail(error, ERROR_CONFIG, "%s: the path of its code lists is too long", path);
    return RESULT_OK;
}

static Hash hash_spec(const IngestSpec *spec)
{
    HashStream *stream = hash_open();

    hash_add(stream, spec->text.data, spec->text.length + 1);
    for (size_t i = 0; i < spec->list_count; i++)
        codes_hash(&spec->lists[i], stream);
    Hash hash = hash_value(stream);
    hash_close(&stream);
    return hash;
}

static Result build_spec(SpecBuild *build, Error *error)
{
    TRY(build_names(build, error));
    TRY(build_effect(build, error));
    TRY(spec_build_file(build, error));
    TRY(spec_build_columns(build, error));
    TRY(spec_build_names(build, error));
    TRY(build_references(build, error));
    TRY(build_excludes(build, error));
    TRY(build_rules(build, error));
    TRY(spec_build_update(build, error));
    TRY(spec_build_quality(build, error));
    TRY(check_subject(build, error));
    TRY(spec_check_foreign(build, error));
    build->spec->hash = hash_spec(build->spec);
    return RESULT_OK;
}

Result ingest_spec_open(const char *path, const char *codes_folder, IngestSpec **spec, Error *error)
{
    SCOPED(ingest_spec_close) IngestSpec *draft = NULL;
    SCOPED(spec_yaml_close) YamlSpec *yaml = NULL;
    Arena *arena = arena_create(ARENA_BYTES_MAX);

    draft = arena_alloc(arena, sizeof *draft);
    draft->arena = arena;
    draft->path = text_to_string(arena, text_from(path));
    TRY(input_read_all(path, SPEC_BYTES_MAX, arena, &draft->text, error));
    if (!text_is_utf8(draft->text) || memchr(draft->text.data, '\0', draft->text.length) != NULL)
        return fail(error, ERROR_CONFIG, "%s: not utf-8 text", path);
    TRY(spec_yaml_parse(path, draft->text, &yaml, error));
    SpecBuild build = {.spec = draft, .yaml = yaml};
    TRY(find_codes_folder(&build, codes_folder, error));
    TRY(build_spec(&build, error));
    *spec = draft;
    draft = NULL;
    return RESULT_OK;
}

void ingest_spec_close(IngestSpec **spec)
{
    if (*spec == NULL)
        return;
    Arena *arena = (*spec)->arena;
    arena_close(&arena);
    *spec = NULL;
}

const char *ingest_spec_source(const IngestSpec *spec)
{
    return spec->source;
}

Hash ingest_spec_hash(const IngestSpec *spec)
{
    return spec->hash;
}

int ingest_spec_version(const IngestSpec *spec)
{
    return spec->version;
}

/* Pseudonyms that somebody else made: whose they are, and what may stand beside them. */
#include <string.h>

#include "ingest/spec_build.h"

enum { ISSUER_BYTES_MAX = 63, SPACE_NAME_BYTES_MAX = 32 };

/* Neither has a slash: the three names of a space are joined by it. */
static bool is_issuer(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t length = strlen(text);

    return length > 0 && length <= ISSUER_BYTES_MAX && strspn(text, letters) == length &&
           strchr("_.-", text[0]) == NULL;
}

static bool is_space_name(const char *text)
{
    size_t length = strlen(text);

    return length > 0 && length <= SPACE_NAME_BYTES_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

bool spec_field_is_foreign(IdentityField field)
{
    return field == IDENTITY_FOREIGN_PSEUDONYM || field == IDENTITY_FOREIGN_PSEUDONYM_TO;
}

const char *spec_build_foreign(const SpecBuild *build, const YamlColumn *yaml, SpecColumn *column)
{
    if (yaml->issuer_fixed == NULL || yaml->scheme == NULL || yaml->space == NULL || yaml->issuer != NULL)
        return "a foreign pseudonym has `issuer_fixed`, `scheme` and `space`: who made it, how and for what";
    if (!is_issuer(yaml->issuer_fixed))
        return "issuer_fixed: up to 63 letters, digits, _, . and -, as the sender of its cross-walk is named";
    if (!is_space_name(yaml->scheme) || !is_space_name(yaml->space))
        return "scheme and space: 1 to 32 lower-case letters, digits, _ and -";
    column->is_digest =
        strcmp(yaml->scheme, OPENPSEUDONYMISER_SCHEME) == 0 || strcmp(yaml->scheme, OBLIVIOUS_SCHEME) == 0;
    if (column->is_digest && yaml->shape != NULL)
        return "schemes openpseudonymiser and voprf-p256-sha256 have a form of their own, so there is no "
               "shape";
    column->foreign_space =
        text_format(build->spec->arena, "%s/%s/%s", yaml->issuer_fixed, yaml->scheme, yaml->space);
    return NULL;
}

/* ---- what may stand beside them ---- */

static const SpecColumn *column_of(const IngestSpec *spec, IdentityField field)
{
    for (size_t i = 0; i < spec->column_count; i++)
        if (spec_column_identifies(&spec->columns[i]) && spec->columns[i].field == field)
            return &spec->columns[i];
    return NULL;
}

static Text issuer_of(const SpecColumn *column)
{
    const char *slash = memchr(column->foreign_space.data, '/', column->foreign_space.length);

    return (Text){.data = column->foreign_space.data, .length = (size_t)(slash - column->foreign_space.data)};
}

static Result check_crosswalk(const SpecBuild *build, const SpecColumn *from, const SpecColumn *to,
                              bool has_number, Error *error)
{
    IngestSpec *spec = build->spec;

    if (from == NULL || (to != NULL) == has_number)
        return spec_fail_key(build, "role",
                             "a crosswalk has a foreign_pseudonym and one of nhs_number and "
                             "foreign_pseudonym_to",
                             error);
    if (to != NULL && !text_equal(issuer_of(from), issuer_of(to)))
        return spec_fail_key(build, "role", "both spaces of a crosswalk have one issuer, who sends it",
                             error);
    if (to != NULL && text_equal(from->foreign_space, to->foreign_space))
        return spec_fail_key(build, "role", "a crosswalk joins two spaces", error);
    if (!text_equal(spec->subject, TEXT("person")) || spec->controller != SPEC_NONE)
        return spec_fail_key(build, "role", "a crosswalk has subject person and controller sender", error);
    spec->crosswalk_issuer = text_copy(spec->arena, issuer_of(from));
    return RESULT_OK;
}

Result spec_check_foreign(const SpecBuild *build, Error *error)
{
    const IngestSpec *spec = build->spec;
    const SpecColumn *from = column_of(spec, IDENTITY_FOREIGN_PSEUDONYM),
                     *to = column_of(spec, IDENTITY_FOREIGN_PSEUDONYM_TO);
    bool has_number = column_of(spec, IDENTITY_NHS_NUMBER) != NULL ||
                      column_of(spec, IDENTITY_SUPERSEDED_NHS_NUMBER) != NULL;

    if (text_equal(spec->role, TEXT("crosswalk")))
        return check_crosswalk(build, from, to, has_number, error);
    if (to != NULL || (from != NULL && has_number))
        return spec_fail_key(build, "columns",
                             "a foreign pseudonym beside an NHS number or another pseudonym is a cross-walk: "
                             "only its issuer may send one, by a source of role crosswalk",
                             error);
    return RESULT_OK;
}

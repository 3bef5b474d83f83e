/* How a source's files are laid out: the keys of `file`, and the names that columns have there. */
#include <string.h>

#include "ingest/names.h"
#include "ingest/spec_build.h"
#include "ingest/spec_place.h"

enum { LINE_BYTES_DEFAULT = 64 << 10, SKIPPED_LINES_MAX = 1000 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

static Result wrong(const SpecBuild *build, const char *rule, Error *error)
{
    return spec_fail_key(build, "file", rule, error);
}

static Result build_delimiter(SpecBuild *build, Error *error)
{
    const YamlFile *yaml = &build->yaml->file;
    ReaderFormat *format = &build->spec->format;

    format->delimiter =
        text_copy(build->spec->arena, text_from(yaml->delimiter != NULL ? yaml->delimiter : ","));
    if (format->delimiter.length > READER_DELIMITER_BYTES_MAX ||
        strpbrk(format->delimiter.data, "\r\n\"") != NULL)
        return wrong(build, "delimiter: 1 to 4 bytes, no quote and no line end", error);
    format->quote = '"';
    if (yaml->quote != NULL && strcmp(yaml->quote, "none") == 0)
        format->quote = 0;
    else if (yaml->quote != NULL && (yaml->quote[1] != '\0' || strchr("\"'`", yaml->quote[0]) == NULL))
        return wrong(build, "quote: \", ', ` or none", error);
    else if (yaml->quote != NULL)
        format->quote = yaml->quote[0];
    return RESULT_OK;
}

static Result build_lines(SpecBuild *build, Error *error)
{
    const YamlFile *yaml = &build->yaml->file;
    ReaderFormat *format = &build->spec->format;
    int bytes_max = yaml->line_bytes_max == 0 ? LINE_BYTES_DEFAULT : yaml->line_bytes_max;

    if (bytes_max < READER_RECORD_BYTES_MIN || bytes_max > READER_RECORD_BYTES_MAX)
        return wrong(build, "line_bytes_max: 64 to 1048576", error);
    format->record_bytes_max = (size_t)bytes_max;
    if (yaml->skip_lines < 0 || yaml->skip_lines > SKIPPED_LINES_MAX)
        return wrong(build, "skip_lines: 0 to 1000", error);
    format->lines_skipped = (size_t)yaml->skip_lines;
    format->trailer = text_copy(build->spec->arena, text_from(yaml->trailer));
    return RESULT_OK;
}

Result spec_build_file(SpecBuild *build, Error *error)
{
    static const char *const encodings[] = {"utf-8", "windows-1252", "utf-16le", "utf-16be"};
    static const TranscodeFrom utf16[] = {TRANSCODE_NOTHING, TRANSCODE_NOTHING, TRANSCODE_UTF16_LE,
                                          TRANSCODE_UTF16_BE};
    static const char *const headers[] = {"exact", "normalised", "none"};
    const YamlFile *yaml = &build->yaml->file;
    ReaderFormat *format = &build->spec->format;
    int encoding = 0, header = READER_HEADER_EXACT;

    if (strcmp(yaml->format, "delimited") != 0)
        return wrong(build, "format: delimited is the only one supported", error);
    if (yaml->encoding != NULL)
        encoding = spec_choose(yaml->encoding, encodings, COUNT(encodings));
    if (encoding < 0)
        return wrong(build, "encoding: utf-8, utf-16le, utf-16be or windows-1252", error);
    format->is_windows_1252 = encoding == 1;
    format->utf16 = utf16[encoding];
    if (yaml->header != NULL)
        header = spec_choose(yaml->header, headers, COUNT(headers));
    if (header < 0)
        return wrong(build, "header: exact, normalised or none", error);
    format->header = (ReaderHeader)header;
    if (format->header == READER_HEADER_NONE && build->spec->ignores_extra)
        return wrong(build, "header: without one there are no extra columns to ignore", error);
    TRY(build_delimiter(build, error));
    return build_lines(build, error);
}

/* ---- names ---- */

static Result wrong_column(const SpecBuild *build, size_t index, const char *rule, Error *error)
{
    return fail(error, ERROR_CONFIG, "%s line %zu, column %s: %s", build->spec->path,
                spec_line_of_entry(build->spec->text, "columns", index), build->yaml->columns[index].name,
                rule);
}

static Result build_name(SpecBuild *build, size_t index, ReaderColumn *column, Error *error)
{
    const YamlColumn *yaml = &build->yaml->columns[index];
    Arena *arena = build->spec->arena;

    *column = (ReaderColumn){.name = build->spec->columns[index].name, .alias_count = yaml->aliases_count};
    if (yaml->aliases_count == 0)
        return RESULT_OK;
    if (build->spec->format.header == READER_HEADER_NONE)
        return wrong_column(build, index, "aliases: the file has no names", error);
    Text *aliases = arena_alloc(arena, yaml->aliases_count * sizeof *aliases);
    for (size_t i = 0; i < yaml->aliases_count; i++)
        aliases[i] = text_copy(arena, text_trim(text_from(yaml->aliases[i])));
    column->aliases = aliases;
    return RESULT_OK;
}

Result spec_build_names(SpecBuild *build, Error *error)
{
    IngestSpec *spec = build->spec;
    ReaderColumn *columns = arena_alloc(spec->arena, spec->column_count * sizeof *columns);
    Names names = {.format = &spec->format};

    spec->format.columns = columns;
    for (size_t i = 0; i < spec->column_count; i++) {
        TRY(build_name(build, i, &columns[i], error));
        bool is_taken = names_find(&names, columns[i].name) >= 0;
        for (size_t alias = 0; alias < columns[i].alias_count; alias++)
            is_taken |= names_find(&names, columns[i].aliases[alias]) >= 0;
        if (is_taken)
            return wrong_column(build, i, "a file's name for it could mean another column", error);
        spec->format.column_count++;
    }
    return RESULT_OK;
}

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
    return RESULT_OK;
}

/* ---- header and trailer records ---- */

/* "3", a field; of fixed width "12-20" or "12-", bytes. */
static bool read_place(Text text, ReaderKind kind, ReaderMarker *marker)
{
    Text from = text_next(&text, '-');
    bool has_end = text.data != NULL && kind == READER_FIXED;
    int64_t first, last = 0;

    if (!text_to_int64(from, &first) || first < 1 || first > READER_RECORD_BYTES_MAX)
        return false;
    if (text.length > 0 && (!has_end || !text_to_int64(text, &last) || last < first))
        return false;
    marker->count_from = (size_t)first;
    marker->count_to = (size_t)last;
    return true;
}

/* Without a place, the number of rows is a trailer's second field, or in fixed width all behind its name. */
static Result build_markers(SpecBuild *build, Error *error)
{
    const YamlFile *yaml = &build->yaml->file;
    ReaderFormat *format = &build->spec->format;
    Arena *arena = build->spec->arena;

    if ((yaml->header_count != NULL && yaml->header_record == NULL) ||
        (yaml->trailer_count != NULL && yaml->trailer == NULL))
        return wrong(build, "header_count needs header_record, trailer_count needs trailer", error);
    format->header_record.name = text_copy(arena, text_from(yaml->header_record));
    format->trailer.name = text_copy(arena, text_from(yaml->trailer));
    format->trailer.count_from = format->kind == READER_FIXED ? format->trailer.name.length + 1 : 2;
    if ((yaml->header_count != NULL &&
         !read_place(text_from(yaml->header_count), format->kind, &format->header_record)) ||
        (yaml->trailer_count != NULL &&
         !read_place(text_from(yaml->trailer_count), format->kind, &format->trailer)))
        return wrong(build, "a count stands in a field from 1; in fixed width, in bytes such as 12-20",
                     error);
    return RESULT_OK;
}

/* ---- all of it ---- */

/* A key that the format has no use for is a misunderstanding. */
static Result check_keys(const SpecBuild *build, Error *error)
{
    const YamlFile *yaml = &build->yaml->file;
    ReaderKind kind = build->spec->format.kind;
    bool is_text = kind == READER_DELIMITED || kind == READER_FIXED;
    bool is_binary = kind == READER_POSTGRES_BINARY;
    const struct {
        bool is_there, has_use;
        const char *rule;
    } keys[] = {
        {yaml->delimiter != NULL || yaml->quote != NULL, kind == READER_DELIMITED,
         "delimiter and quote are for delimited"},
        {yaml->record != NULL, kind == READER_XML, "record is for xml"},
        {build->spec->format.utf16 != TRANSCODE_NOTHING, kind != READER_FIXED,
         "encoding: fixed is cut by bytes, so never utf-16"},
        {yaml->header_record != NULL || yaml->trailer != NULL, is_text,
         "header_record and trailer are for delimited and fixed"},
        {yaml->skip_lines != 0, kind != READER_XML && !is_binary,
         "skip_lines: xml and postgres_binary have no lines"},
        {build->spec->format.is_windows_1252, kind != READER_JSON_LINES,
         "encoding: json is never windows-1252"},
        {yaml->encoding != NULL && strcmp(yaml->encoding, "utf-8") != 0, !is_binary,
         "encoding: postgres_binary is utf-8, as client_encoding says"},
        {build->spec->format.header == READER_HEADER_NONE, is_text || is_binary,
         "header: each field has a name"},
        {yaml->header != NULL && build->spec->format.header != READER_HEADER_NONE, !is_binary,
         "header: postgres_binary has none"},
        {yaml->header != NULL && build->spec->format.header != READER_HEADER_NONE, kind != READER_FIXED,
         "header: fixed has none; pass its lines with skip_lines"},
    };

    for (size_t i = 0; i < COUNT(keys); i++)
        if (keys[i].is_there && !keys[i].has_use)
            return wrong(build, keys[i].rule, error);
    if (kind == READER_XML && yaml->record == NULL)
        return wrong(build, "record: the name of the element that is one record", error);
    return RESULT_OK;
}

static Result build_format(SpecBuild *build, Error *error)
{
    static const char *const kinds[] = {"delimited", "fixed", "json_lines", "xml", "postgres_binary"};
    int kind = spec_choose(build->yaml->file.format, kinds, COUNT(kinds));

    if (kind < 0)
        return wrong(build, "format: delimited, fixed, json_lines, xml or postgres_binary", error);
    build->spec->format.kind = (ReaderKind)kind;
    build->spec->format.record_element = text_copy(build->spec->arena, text_from(build->yaml->file.record));
    build->spec->format.ignores_extra = build->spec->ignores_extra;
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

    TRY(build_format(build, error));
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
    TRY(check_keys(build, error));
    if (format->kind == READER_FIXED || format->kind == READER_POSTGRES_BINARY)
        format->header = READER_HEADER_NONE;
    if (format->header == READER_HEADER_NONE && build->spec->ignores_extra)
        return wrong(build, "header: without one there are no extra columns to ignore", error);
    TRY(build_delimiter(build, error));
    TRY(build_markers(build, error));
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

    *column = (ReaderColumn){.name = build->spec->columns[index].name,
                             .alias_count = yaml->aliases_count,
                             .width = (size_t)yaml->width,
                             .is_presence = build->spec->columns[index].use == SPEC_PRESENCE};
    if ((build->spec->format.kind == READER_FIXED) != (yaml->width > 0) || yaml->width < 0)
        return wrong_column(build, index, "width: bytes from 1, of every column where the format is fixed",
                            error);
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
    size_t width = 0;

    spec->format.columns = columns;
    for (size_t i = 0; i < spec->column_count; i++) {
        TRY(build_name(build, i, &columns[i], error));
        bool is_taken = names_find(&names, columns[i].name) >= 0;
        for (size_t alias = 0; alias < columns[i].alias_count; alias++)
            is_taken |= names_find(&names, columns[i].aliases[alias]) >= 0;
        if (is_taken)
            return wrong_column(build, i, "a file's name for it could mean another column", error);
        spec->format.column_count++;
        width += columns[i].width;
    }
    if (width > spec->format.record_bytes_max)
        return wrong(build, "line_bytes_max: less than the widths of all columns", error);
    return RESULT_OK;
}

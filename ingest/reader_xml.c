#include "ingest/reader_xml.h"

#include <assert.h>
#include <string.h>

#include <expat.h>

#include "base/secret.h"
#include "ingest/decode.h"
#include "ingest/reader_xml_memory.h"

enum {
    DEPTH_MAX = 64,
    NO_COLUMN = -1,
    TEXT_SLACK = 16,
    SLICES_A_RECORD = 4,
    SLICE_BYTES_MIN = 4096,
    HELD_BYTES = 16 << 20,
    HELD_RECORDS = 8, /* its buffer and pools double, and a doubled one is filled from the old */
};

struct XmlRecords {
    const char *path;
    Names *names;
    XML_Parser parser;
    XmlMemory memory;
    uint64_t fed, at;    /* at: what is before it has been understood */
    const char *refusal; /* why the file is refused; NULL: it is not */
    bool in_record;
    int depth, record_depth, column;      /* column: whose text is read */
    uint64_t begun;                       /* records */
    uint64_t begun_before[DEPTH_MAX + 1]; /* when the element open at this depth began, which is no record */
    XmlRecord record;
    Text fields[READER_FIELDS_MAX];
    bool seen[READER_FIELDS_MAX];
    char *text; /* of the record's fields */
    size_t text_bytes, text_used;
};

/* ---- what handlers share ---- */

static const ReaderFormat *format_of(const XmlRecords *records)
{
    return records->names->format;
}

/* The first refusal stands: the end of an empty element is still told of. */
static void refuse(XmlRecords *records, const char *rule)
{
    if (records->refusal != NULL)
        return;
    records->refusal = rule;
    XML_StopParser(records->parser, XML_FALSE);
}

/* The first fault of a record stands. */
static void fault(XmlRecords *records, ReaderFault reason, int field)
{
    if (records->record.fault != READER_GOOD)
        return;
    records->record.fault = reason;
    records->record.fault_field = field;
}

/* Prefixes are whatever a sender chose: the name behind counts. */
static Text local_name(const char *name)
{
    const char *colon = strrchr(name, ':');

    return text_from(colon != NULL ? colon + 1 : name);
}

static bool is_about_xml(const char *attribute)
{
    return strncmp(attribute, "xml", 3) == 0 || strncmp(attribute, "xsi:", 4) == 0;
}

static bool is_white(const char *text, int length)
{
    for (int i = 0; i < length; i++)
        if (strchr(" \t\r\n", text[i]) == NULL)
            return false;
    return true;
}

/* A record past its limit is damaged anyway: what does not fit is not kept. */
static void add_text(XmlRecords *records, int column, const char *text, size_t length)
{
    Text *field = &records->fields[column];

    if (length > records->text_bytes - records->text_used) {
        fault(records, READER_TOO_LONG, NO_COLUMN);
        return;
    }
    if (field->length == 0)
        field->data = records->text + records->text_used;
    memcpy(records->text + records->text_used, text, length);
    records->text_used += length;
    field->length += length;
}

/* The column of a name that stands in a record, or NO_COLUMN with a fault where that matters. */
static int open_column(XmlRecords *records, Text name)
{
    int column = names_find(records->names, name);

    if (column < 0 && !format_of(records)->ignores_extra)
        fault(records, READER_UNKNOWN_FIELD, NO_COLUMN);
    if (column < 0)
        return NO_COLUMN;
    if (records->seen[column])
        fault(records, READER_REPEATED, column);
    records->seen[column] = true;
    return column;
}

/* ---- handlers ---- */

static void begin_record(XmlRecords *records, const char **attributes)
{
    size_t columns = format_of(records)->column_count;

    records->in_record = true;
    records->begun++;
    records->record_depth = records->depth;
    records->column = NO_COLUMN;
    secret_wipe(records->text, records->text_used);
    records->text_used = 0;
    for (size_t i = 0; i < columns; i++)
        records->fields[i] = TEXT("");
    memset(records->seen, 0, columns);
    records->record = (XmlRecord){
        .line = XML_GetCurrentLineNumber(records->parser),
        .from = (uint64_t)XML_GetCurrentByteIndex(records->parser),
        .fields = records->fields,
        .fault_field = NO_COLUMN,
    };
    for (size_t i = 0; attributes[i] != NULL; i += 2) {
        int column =
            is_about_xml(attributes[i]) ? NO_COLUMN : open_column(records, local_name(attributes[i]));
        if (column != NO_COLUMN)
            add_text(records, column, attributes[i + 1], strlen(attributes[i + 1]));
    }
}

static void begin_field(XmlRecords *records, Text name, const char **attributes)
{
    records->column = open_column(records, name);
    for (size_t i = 0; attributes[i] != NULL; i += 2)
        if (!is_about_xml(attributes[i]) && !format_of(records)->ignores_extra)
            fault(records, READER_UNKNOWN_FIELD, records->column);
}

static void XMLCALL on_start(void *context, const char *name, const char **attributes)
{
    XmlRecords *records = context;
    Text local = local_name(name);

    if (++records->depth > DEPTH_MAX) {
        refuse(records, "elements nested more than 64 deep");
        return;
    }
    if (!records->in_record) {
        if (text_equal(local, format_of(records)->record_element))
            begin_record(records, attributes);
        else
            records->begun_before[records->depth] = records->begun;
        return;
    }
    if (records->depth == records->record_depth + 1)
        begin_field(records, local, attributes);
    else if (records->column != NO_COLUMN)
        fault(records, READER_NESTED, records->column);
}

/* A record whose element has another name than the spec's would be lost without a word. */
static void end_outside(XmlRecords *records, int depth)
{
    if (records->begun != records->begun_before[depth])
        return;
    if (depth == 1)
        refuse(records, "no record in the file");
    else if (!format_of(records)->ignores_extra)
        refuse(records, "an element that neither is a record nor holds one");
}

static void XMLCALL on_end(void *context, const char *name)
{
    XmlRecords *records = context;
    int depth = records->depth--;

    (void)name;
    if (!records->in_record && records->refusal == NULL)
        end_outside(records, depth);
    if (records->in_record && depth == records->record_depth + 1)
        records->column = NO_COLUMN;
    if (!records->in_record || depth != records->record_depth)
        return;
    records->in_record = false;
    records->record.to = (uint64_t)XML_GetCurrentByteIndex(records->parser) +
                         (uint64_t)XML_GetCurrentByteCount(records->parser);
    if (records->record.to - records->record.from > format_of(records)->record_bytes_max) {
        records->record.fault = READER_TOO_LONG;
        records->record.fault_field = NO_COLUMN;
    }
    XML_StopParser(records->parser, XML_TRUE);
}

static void XMLCALL on_text(void *context, const char *text, int length)
{
    XmlRecords *records = context;

    if (!records->in_record) {
        if (!format_of(records)->ignores_extra && !is_white(text, length))
            refuse(records, "text outside the records");
        return;
    }
    if (records->depth == records->record_depth) {
        if (!is_white(text, length))
            fault(records, READER_STRAY_TEXT, NO_COLUMN);
    } else if (records->depth == records->record_depth + 1 && records->column != NO_COLUMN) {
        add_text(records, records->column, text, (size_t)length);
    }
}

static void XMLCALL on_doctype(void *context, const char *name, const char *system_id, const char *public_id,
                               int has_subset)
{
    (void)name, (void)system_id, (void)public_id, (void)has_subset;
    refuse(context, "a document type declaration is not allowed");
}

/* The spec's encoding is what the bytes are read in; UTF-16 has become UTF-8 before it comes here. */
static void XMLCALL on_declaration(void *context, const char *version, const char *encoding, int standalone)
{
    XmlRecords *records = context;
    bool is_windows_1252 = format_of(records)->is_windows_1252;
    Text declared = text_from(encoding);

    (void)version, (void)standalone;
    if (encoding == NULL || text_equal_ignore_case(declared, TEXT("us-ascii")) ||
        text_equal_ignore_case(declared, is_windows_1252 ? TEXT("windows-1252") : TEXT("utf-8")) ||
        (!is_windows_1252 &&
         text_equal_ignore_case(text_slice(declared, 0, declared.length < 6 ? declared.length : 6),
                                TEXT("utf-16"))))
        return;
    refuse(records, "declares another encoding than its spec or its byte order mark");
}

static int first_point(Text utf8)
{
    unsigned lead = (unsigned char)utf8.data[0];
    unsigned point = utf8.length == 1 ? lead : utf8.length == 2 ? lead & 0x1F : lead & 0x0F;

    for (size_t i = 1; i < utf8.length; i++)
        point = point << 6 | ((unsigned char)utf8.data[i] & 0x3F);
    return (int)point;
}

static int XMLCALL on_encoding(void *context, const char *name, XML_Encoding *encoding)
{
    (void)context, (void)name; /* only windows-1252 is ever asked for */
    for (int byte = 0; byte < 256; byte++) {
        char in = (char)byte, out[DECODE_GROWTH_MAX];
        Text decoded;
        bool is_defined = decode_windows_1252((Text){.data = &in, .length = 1}, out, &decoded);
        encoding->map[byte] = is_defined ? first_point(decoded) : -1;
    }
    return XML_STATUS_OK;
}

/* ---- the stream ---- */

/* expat reads markup from its start with every slice until its end is there. */
size_t xml_slice_bytes(const ReaderFormat *format)
{
    size_t bytes = format->record_bytes_max / SLICES_A_RECORD;

    return bytes > SLICE_BYTES_MIN ? bytes : SLICE_BYTES_MIN;
}

XmlRecords *xml_records_open(const char *path, Names *names)
{
    XmlRecords *records = memory_alloc(sizeof *records);

    records->path = path;
    records->names = names;
    records->column = NO_COLUMN;
    records->text_bytes = names->format->record_bytes_max * DECODE_GROWTH_MAX + TEXT_SLACK;
    records->text = memory_alloc(records->text_bytes);
    records->memory.held_max = HELD_BYTES + HELD_RECORDS * names->format->record_bytes_max;
    xml_memory_use(&records->memory);
    records->parser =
        XML_ParserCreate_MM(names->format->is_windows_1252 ? "windows-1252" : "UTF-8", &XML_MEMORY, NULL);
    XML_SetUserData(records->parser, records);
    XML_SetElementHandler(records->parser, on_start, on_end);
    XML_SetCharacterDataHandler(records->parser, on_text);
    XML_SetStartDoctypeDeclHandler(records->parser, on_doctype);
    XML_SetXmlDeclHandler(records->parser, on_declaration);
    XML_SetUnknownEncodingHandler(records->parser, on_encoding, NULL);
    return records;
}

/* Bytes of markup that expat holds until their end is read. */
static uint64_t pending_bytes(XmlRecords *records)
{
    XML_Index at = XML_GetCurrentByteIndex(records->parser);

    if (at >= 0)
        records->at = (uint64_t)at;
    return records->fed - records->at;
}

static Result refused(const XmlRecords *records, const char *rule, Error *error)
{
    return fail(error, ERROR_INPUT, "%s line %lu: %s", records->path,
                (unsigned long)XML_GetCurrentLineNumber(records->parser), rule);
}

/* Expat says of a file that was cut what it waited for. */
static const char *error_text(enum XML_Error code)
{
    bool is_cut = code == XML_ERROR_NO_ELEMENTS || code == XML_ERROR_UNCLOSED_TOKEN ||
                  code == XML_ERROR_PARTIAL_CHAR || code == XML_ERROR_UNCLOSED_CDATA_SECTION;

    return is_cut ? "the file ends before its last element is closed: cut short?" : XML_ErrorString(code);
}

static Result settle(XmlRecords *records, enum XML_Status status, XmlOutcome *outcome, Error *error)
{
    XML_ParsingStatus parsing;

    if (records->refusal != NULL)
        return refused(records, records->refusal, error);
    if (status == XML_STATUS_ERROR && records->memory.is_exhausted)
        return refused(records, "too many different names of elements and attributes", error);
    if (status == XML_STATUS_ERROR)
        return refused(records, error_text(XML_GetErrorCode(records->parser)), error);
    XML_GetParsingStatus(records->parser, &parsing);
    *outcome = status == XML_STATUS_SUSPENDED    ? STREAM_RECORD
               : parsing.parsing == XML_FINISHED ? STREAM_FINISHED
                                                 : STREAM_NEEDS_MORE;
    if (*outcome == STREAM_NEEDS_MORE && pending_bytes(records) > format_of(records)->record_bytes_max)
        return refused(records, "markup longer than the limit of a record", error);
    return RESULT_OK;
}

Result xml_records_next(XmlRecords *records, XmlOutcome *outcome, Error *error)
{
    XML_ParsingStatus parsing;

    XML_GetParsingStatus(records->parser, &parsing);
    xml_memory_use(&records->memory);
    if (parsing.parsing == XML_SUSPENDED)
        return settle(records, XML_ResumeParser(records->parser), outcome, error);
    *outcome = parsing.parsing == XML_FINISHED ? STREAM_FINISHED : STREAM_NEEDS_MORE;
    return RESULT_OK;
}

Result xml_records_feed(XmlRecords *records, Text slice, bool is_last, XmlOutcome *outcome, Error *error)
{
    xml_memory_use(&records->memory);
    records->fed += slice.length;
    return settle(records, XML_Parse(records->parser, slice.data, (int)slice.length, is_last), outcome,
                  error);
}

const XmlRecord *xml_records_record(const XmlRecords *records)
{
    return &records->record;
}

uint64_t xml_records_keep_from(XmlRecords *records)
{
    uint64_t bytes_max = format_of(records)->record_bytes_max;
    uint64_t earliest = records->fed > bytes_max ? records->fed - bytes_max : 0;
    uint64_t wanted = records->in_record ? records->record.from : records->fed - pending_bytes(records);

    return wanted > earliest ? wanted : earliest;
}

void xml_records_close(XmlRecords **records)
{
    if (*records == NULL)
        return;
    xml_memory_use(&(*records)->memory);
    XML_ParserFree((*records)->parser);
    assert((*records)->memory.held == 0);
    secret_wipe((*records)->text, (*records)->text_bytes);
    memory_free((*records)->text);
    memory_free(*records);
    *records = NULL;
}

#include "base/input_cms_frame.h"

#include <string.h>

#define CMS_ENDLESS UINT64_MAX

enum {
    TAG_INTEGER = 0x02,
    TAG_OCTETS = 0x04,
    TAG_OBJECT = 0x06,
    TAG_SEQUENCE = 0x30,
    TAG_SET = 0x31,
    TAG_CONSTRUCTED = 0x20,
    TAG_0 = 0xA0,
    TAG_1 = 0xA1,
    TAG_2 = 0xA2,
    TAG_0_PLAIN = 0x80,
    NESTING_MAX = 24, /* of elements that are passed */
};

/* RFC 5652, sections 5.1 and 6.1; RFC 5083, section 2.1 */
static const Text objects[CMS_KIND_COUNT] = {
    [CMS_ENVELOPED] = {"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03", 11},
    [CMS_AUTH_ENVELOPED] = {"\x06\x0B\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x17", 13},
    [CMS_SIGNED] = {"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02", 11},
};

/* Bytes of the message from position `from` on. */
typedef struct Cursor {
    CmsFrame *frame;
    const unsigned char *bytes;
    size_t length, at;
    uint64_t from;
} Cursor;

typedef struct Element {
    unsigned char tag;
    size_t header;   /* bytes of tag and length */
    uint64_t length; /* CMS_ENDLESS: up to its mark */
} Element;

#define STEP(call)                                                                                           \
    do {                                                                                                     \
        CmsOutcome step_ = (call);                                                                           \
        if (step_ != CMS_GOOD)                                                                               \
            return step_;                                                                                    \
    } while (0)

/* X.690, 8.1.2 and 8.1.3; a tag above 30 is nowhere in CMS. */
static CmsOutcome read_element(const unsigned char *bytes, size_t length, Element *element)
{
    if (length < 2)
        return CMS_NEEDS_MORE;
    size_t octets = bytes[1] & 0x7Fu;
    *element = (Element){.tag = bytes[0], .header = 2, .length = octets};
    if ((bytes[0] & 0x1F) == 0x1F)
        return CMS_DAMAGED;
    if ((bytes[1] & 0x80) == 0)
        return CMS_GOOD;
    element->length = octets == 0 ? CMS_ENDLESS : 0;
    if (octets > CMS_LENGTH_BYTES_MAX - 2 || (octets == 0 && (bytes[0] & TAG_CONSTRUCTED) == 0))
        return CMS_DAMAGED;
    if (length < 2 + octets)
        return CMS_NEEDS_MORE;
    for (size_t i = 0; i < octets; i++)
        element->length = element->length << 8 | bytes[2 + i];
    element->header += octets;
    return element->length < CMS_ENDLESS / 4 || octets == 0 ? CMS_GOOD : CMS_DAMAGED;
}

static uint64_t position(const Cursor *cursor)
{
    return cursor->from + cursor->at;
}

static uint64_t end_of_all(const CmsFrame *frame)
{
    uint64_t end = CMS_ENDLESS;

    for (size_t i = 0; i < frame->depth; i++)
        end = frame->ends[i] < end ? frame->ends[i] : end;
    return end;
}

static CmsOutcome look(const Cursor *cursor, Element *element)
{
    STEP(read_element(cursor->bytes + cursor->at, cursor->length - cursor->at, element));
    uint64_t behind_header = position(cursor) + element->header, end = end_of_all(cursor->frame);
    if (behind_header > end || (element->length != CMS_ENDLESS && element->length > end - behind_header))
        return CMS_DAMAGED;
    return CMS_GOOD;
}

/* Passes an element with all that is in it. */
static CmsOutcome pass_at(Cursor *cursor, unsigned depth)
{
    Element element;

    STEP(look(cursor, &element));
    cursor->at += element.header;
    if (element.length != CMS_ENDLESS) {
        if (element.length > cursor->length - cursor->at)
            return CMS_NEEDS_MORE;
        cursor->at += (size_t)element.length;
        return CMS_GOOD;
    }
    if (depth == NESTING_MAX)
        return CMS_DAMAGED;
    for (;;) {
        STEP(look(cursor, &element));
        if (element.tag == 0)
            break;
        STEP(pass_at(cursor, depth + 1));
    }
    cursor->at += element.header;
    return element.length == 0 ? CMS_GOOD : CMS_DAMAGED;
}

static CmsOutcome pass(Cursor *cursor, unsigned char tag)
{
    Element element;

    STEP(look(cursor, &element));
    return element.tag == tag ? pass_at(cursor, 0) : CMS_DAMAGED;
}

static CmsOutcome pass_if(Cursor *cursor, unsigned char tag)
{
    Element element;

    STEP(look(cursor, &element));
    return element.tag == tag ? pass_at(cursor, 0) : CMS_GOOD;
}

static CmsOutcome enter(Cursor *cursor, unsigned char tag)
{
    CmsFrame *frame = cursor->frame;
    Element element;

    STEP(look(cursor, &element));
    if (element.tag != tag)
        return CMS_DAMAGED;
    cursor->at += element.header;
    frame->ends[frame->depth++] =
        element.length == CMS_ENDLESS ? CMS_ENDLESS : position(cursor) + element.length;
    return CMS_GOOD;
}

static CmsOutcome leave(Cursor *cursor, size_t *depth)
{
    uint64_t end = cursor->frame->ends[--*depth];
    const unsigned char *at = cursor->bytes + cursor->at;

    if (end != CMS_ENDLESS)
        return position(cursor) == end ? CMS_GOOD : CMS_DAMAGED;
    if (cursor->length - cursor->at < 2)
        return CMS_NEEDS_MORE;
    cursor->at += 2;
    return at[0] == 0 && at[1] == 0 ? CMS_GOOD : CMS_DAMAGED;
}

static Text passed_since(const Cursor *cursor, size_t from)
{
    return (Text){.data = (const char *)cursor->bytes + from, .length = cursor->at - from};
}

/* ---- in front of the content ---- */

static bool is_object(Text object, const unsigned char *bytes, size_t length)
{
    return length >= object.length && memcmp(bytes, object.data, object.length) == 0;
}

bool cms_frame_starts(const unsigned char *bytes, size_t length, CmsKind *kind)
{
    Element element;

    if (read_element(bytes, length, &element) != CMS_GOOD || element.tag != TAG_SEQUENCE)
        return false;
    for (int i = 0; i < CMS_KIND_COUNT; i++)
        if (is_object(objects[i], bytes + element.header, length - element.header)) {
            *kind = (CmsKind)i;
            return true;
        }
    return false;
}

/* The string of octets that is the content, whole or in pieces. */
static CmsOutcome enter_content(Cursor *cursor, unsigned char plain_tag)
{
    CmsFrame *frame = cursor->frame;
    Element element;

    STEP(look(cursor, &element));
    if (element.tag == (plain_tag | TAG_CONSTRUCTED)) {
        frame->is_in_pieces = true;
        return enter(cursor, element.tag);
    }
    if (element.tag != plain_tag)
        return CMS_WITHOUT_CONTENT;
    cursor->at += element.header;
    frame->left = element.length;
    frame->is_over = element.length == 0;
    return CMS_GOOD;
}

static CmsOutcome open_frame(Cursor *cursor)
{
    CmsFrame *frame = cursor->frame;
    bool is_signed = frame->kind == CMS_SIGNED;
    Element element;

    STEP(enter(cursor, TAG_SEQUENCE));
    STEP(pass(cursor, TAG_OBJECT));
    STEP(enter(cursor, TAG_0));
    STEP(enter(cursor, TAG_SEQUENCE));
    size_t from = cursor->at;
    STEP(pass(cursor, TAG_INTEGER));
    if (!is_signed)
        STEP(pass_if(cursor, TAG_0)); /* the originator's certificates */
    STEP(pass(cursor, TAG_SET));
    frame->head = passed_since(cursor, from);
    STEP(enter(cursor, TAG_SEQUENCE));
    from = cursor->at;
    STEP(pass(cursor, TAG_OBJECT));
    if (!is_signed)
        STEP(pass(cursor, TAG_SEQUENCE)); /* the cipher */
    frame->inner = passed_since(cursor, from);
    if (position(cursor) == end_of_all(frame))
        return CMS_WITHOUT_CONTENT;
    STEP(look(cursor, &element));
    if (!is_signed)
        return enter_content(cursor, TAG_0_PLAIN);
    if (element.tag != TAG_0)
        return CMS_WITHOUT_CONTENT;
    STEP(enter(cursor, TAG_0));
    return enter_content(cursor, TAG_OCTETS);
}

CmsOutcome cms_frame_open(const unsigned char *bytes, size_t length, CmsFrame *frame)
{
    Cursor cursor = {.frame = frame, .bytes = bytes, .length = length};

    *frame = (CmsFrame){0};
    if (!cms_frame_starts(bytes, length, &frame->kind))
        return CMS_DAMAGED;
    STEP(open_frame(&cursor));
    frame->head_bytes = cursor.at;
    frame->position = cursor.at;
    return CMS_GOOD;
}

/* ---- the content ---- */

/* Behind a piece: the next one's length, or the end of all pieces. */
static CmsOutcome take_length(CmsFrame *frame, unsigned char byte)
{
    uint64_t end = end_of_all(frame);
    Element element;

    frame->next[frame->next_length++] = byte;
    frame->position++;
    CmsOutcome outcome = read_element(frame->next, frame->next_length, &element);
    if (outcome != CMS_GOOD)
        return outcome;
    frame->next_length = 0;
    if (element.tag == 0 && element.length == 0 && frame->ends[frame->depth - 1] == CMS_ENDLESS) {
        frame->is_over = true;
        frame->depth--;
        return CMS_GOOD;
    }
    if (element.tag != TAG_OCTETS || frame->position > end || element.length > end - frame->position)
        return CMS_DAMAGED;
    frame->left = element.length;
    return CMS_GOOD;
}

/* Behind a piece of a container that says how long it is. */
static void end_pieces(CmsFrame *frame)
{
    if (frame->left > 0 || frame->is_over || frame->next_length > 0)
        return;
    if (frame->is_in_pieces && frame->position != frame->ends[frame->depth - 1])
        return;
    frame->depth -= frame->is_in_pieces;
    frame->is_over = true;
}

CmsOutcome cms_frame_content(CmsFrame *frame, const unsigned char *bytes, size_t length, size_t *used,
                             size_t *content)
{
    *used = *content = 0;
    end_pieces(frame);
    while (!frame->is_over && frame->left == 0 && *used < length) {
        CmsOutcome outcome = take_length(frame, bytes[(*used)++]);
        if (outcome != CMS_GOOD && outcome != CMS_NEEDS_MORE)
            return outcome;
        end_pieces(frame);
    }
    *content = frame->left < length - *used ? (size_t)frame->left : length - *used;
    frame->left -= *content;
    frame->position += *content;
    *used += *content;
    end_pieces(frame);
    return CMS_GOOD;
}

/* ---- behind the content ---- */

static CmsOutcome take_code(Cursor *cursor, Text *code)
{
    Element element;

    STEP(look(cursor, &element));
    if (element.tag == TAG_1)
        return CMS_UNSUPPORTED;
    if (element.tag != TAG_OCTETS)
        return CMS_DAMAGED;
    STEP(pass_at(cursor, 0));
    *code = (Text){.data = (const char *)cursor->bytes + cursor->at - element.length,
                   .length = (size_t)element.length};
    return CMS_GOOD;
}

/* Is the container at its end? */
static CmsOutcome is_ended(const Cursor *cursor, size_t depth, bool *ended)
{
    uint64_t end = cursor->frame->ends[depth - 1];
    Element element = {.tag = 1};

    if (end == CMS_ENDLESS)
        STEP(look(cursor, &element));
    *ended = end == CMS_ENDLESS ? element.tag == 0 : position(cursor) >= end;
    return CMS_GOOD;
}

static CmsOutcome take_tail(Cursor *cursor, size_t depth, Text *tail)
{
    CmsKind kind = cursor->frame->kind;
    size_t from = cursor->at;
    bool ended;

    if (kind == CMS_AUTH_ENVELOPED)
        STEP(take_code(cursor, tail));
    for (;;) {
        STEP(is_ended(cursor, depth, &ended));
        if (ended)
            break;
        STEP(pass_at(cursor, 0));
    }
    if (kind == CMS_SIGNED)
        *tail = passed_since(cursor, from);
    return CMS_GOOD;
}

CmsOutcome cms_frame_close(const CmsFrame *frame, const unsigned char *bytes, size_t length, Text *tail)
{
    enum { MESSAGE_DEPTH = 3 }; /* ContentInfo, [0], and the SEQUENCE in it */
    CmsFrame copy = *frame;
    Cursor cursor = {.frame = &copy, .bytes = bytes, .length = length, .from = frame->position};
    size_t *depth = &copy.depth;

    *tail = TEXT("");
    while (*depth > MESSAGE_DEPTH)
        STEP(leave(&cursor, depth));
    STEP(take_tail(&cursor, *depth, tail));
    while (*depth > 0)
        STEP(leave(&cursor, depth));
    return cursor.at == length ? CMS_GOOD : CMS_FOLLOWED;
}

/* ---- without its content ---- */

static size_t header_bytes(size_t length)
{
    size_t bytes = 2;

    for (size_t left = length; length >= 0x80 && left > 0; left >>= 8)
        bytes++;
    return bytes;
}

static void add_header(TextBuilder *out, unsigned char tag, size_t length)
{
    size_t octets = header_bytes(length) - 2;

    text_add_char(out, (char)tag);
    text_add_char(out, (char)(octets == 0 ? length : 0x80 | octets));
    for (size_t i = octets; i > 0; i--)
        text_add_char(out, (char)(length >> (8 * (i - 1))));
}

void cms_frame_rebuild(const CmsFrame *frame, Text tail, TextBuilder *out)
{
    bool has_code = frame->kind == CMS_AUTH_ENVELOPED;
    size_t inner = header_bytes(frame->inner.length) + frame->inner.length;
    size_t behind = has_code ? header_bytes(tail.length) + tail.length : tail.length;
    size_t message = frame->head.length + inner + behind;
    size_t explicit_message = header_bytes(message) + message;
    Text object = objects[frame->kind];

    add_header(out, TAG_SEQUENCE, object.length + header_bytes(explicit_message) + explicit_message);
    text_add(out, object);
    add_header(out, TAG_0, explicit_message);
    add_header(out, TAG_SEQUENCE, message);
    text_add(out, frame->head);
    add_header(out, TAG_SEQUENCE, frame->inner.length);
    text_add(out, frame->inner);
    if (has_code)
        add_header(out, TAG_OCTETS, tail.length);
    text_add(out, tail);
}

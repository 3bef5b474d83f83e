#include "base/input_cms_frame.h"

#include <string.h>

#include "base/input_cms_cursor.h"

/* RFC 5652, sections 5.1 and 6.1; RFC 5083, section 2.1 */
static const Text objects[CMS_KIND_COUNT] = {
    [CMS_ENVELOPED] = {"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03", 11},
    [CMS_AUTH_ENVELOPED] = {"\x06\x0B\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x17", 13},
    [CMS_SIGNED] = {"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02", 11},
};

/* ---- in front of the content ---- */

static bool is_object(Text object, const unsigned char *bytes, size_t length)
{
    return length >= object.length && memcmp(bytes, object.data, object.length) == 0;
}

bool cms_frame_starts(const unsigned char *bytes, size_t length, CmsKind *kind)
{
    CmsElement element;

    if (cms_element(bytes, length, &element) != CMS_GOOD || element.tag != CMS_TAG_SEQUENCE)
        return false;
    for (int i = 0; i < CMS_KIND_COUNT; i++)
        if (is_object(objects[i], bytes + element.header, length - element.header)) {
            *kind = (CmsKind)i;
            return true;
        }
    return false;
}

/* The string of octets that is the content, whole or in pieces. */
static CmsOutcome enter_content(CmsCursor *cursor, unsigned char plain_tag)
{
    CmsFrame *frame = cursor->frame;
    CmsElement element;

    CMS_STEP(cms_look(cursor, &element));
    if (element.tag == (plain_tag | CMS_TAG_CONSTRUCTED)) {
        frame->is_in_pieces = true;
        return cms_enter(cursor, element.tag);
    }
    if (element.tag != plain_tag)
        return CMS_WITHOUT_CONTENT;
    cursor->at += element.header;
    frame->left = element.length;
    frame->is_over = element.length == 0;
    return CMS_GOOD;
}

static CmsOutcome open_frame(CmsCursor *cursor)
{
    CmsFrame *frame = cursor->frame;
    bool is_signed = frame->kind == CMS_SIGNED;
    CmsElement element;

    CMS_STEP(cms_enter(cursor, CMS_TAG_SEQUENCE));
    CMS_STEP(cms_pass(cursor, CMS_TAG_OBJECT));
    CMS_STEP(cms_enter(cursor, CMS_TAG_0));
    CMS_STEP(cms_enter(cursor, CMS_TAG_SEQUENCE));
    size_t from = cursor->at;
    CMS_STEP(cms_pass(cursor, CMS_TAG_INTEGER));
    if (!is_signed)
        CMS_STEP(cms_pass_if(cursor, CMS_TAG_0)); /* the originator's certificates */
    CMS_STEP(cms_pass(cursor, CMS_TAG_SET));
    frame->head = cms_passed_since(cursor, from);
    CMS_STEP(cms_enter(cursor, CMS_TAG_SEQUENCE));
    from = cursor->at;
    CMS_STEP(cms_pass(cursor, CMS_TAG_OBJECT));
    if (!is_signed)
        CMS_STEP(cms_pass(cursor, CMS_TAG_SEQUENCE)); /* the cipher */
    frame->inner = cms_passed_since(cursor, from);
    if (cms_position(cursor) == cms_end_of_all(frame))
        return CMS_WITHOUT_CONTENT;
    CMS_STEP(cms_look(cursor, &element));
    if (!is_signed)
        return enter_content(cursor, CMS_TAG_0_PLAIN);
    if (element.tag != CMS_TAG_0)
        return CMS_WITHOUT_CONTENT;
    CMS_STEP(cms_enter(cursor, CMS_TAG_0));
    return enter_content(cursor, CMS_TAG_OCTETS);
}

CmsOutcome cms_frame_open(const unsigned char *bytes, size_t length, CmsFrame *frame)
{
    CmsCursor cursor = {.frame = frame, .bytes = bytes, .length = length};

    *frame = (CmsFrame){0};
    if (!cms_frame_starts(bytes, length, &frame->kind))
        return CMS_DAMAGED;
    CMS_STEP(open_frame(&cursor));
    frame->head_bytes = cursor.at;
    frame->position = cursor.at;
    return CMS_GOOD;
}

/* ---- the content ---- */

/* Behind a piece: the next one's length, or the end of all pieces. */
static CmsOutcome take_length(CmsFrame *frame, unsigned char byte)
{
    uint64_t end = cms_end_of_all(frame);
    CmsElement element;

    frame->next[frame->next_length++] = byte;
    frame->position++;
    CmsOutcome outcome = cms_element(frame->next, frame->next_length, &element);
    if (outcome != CMS_GOOD)
        return outcome;
    frame->next_length = 0;
    if (element.tag == 0 && element.length == 0 && frame->ends[frame->depth - 1] == CMS_ENDLESS) {
        frame->is_over = true;
        frame->depth--;
        return CMS_GOOD;
    }
    if (element.tag != CMS_TAG_OCTETS || frame->position > end || element.length > end - frame->position)
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

static CmsOutcome take_code(CmsCursor *cursor, Text *code)
{
    CmsElement element;

    CMS_STEP(cms_look(cursor, &element));
    if (element.tag == CMS_TAG_1)
        return CMS_UNSUPPORTED;
    if (element.tag != CMS_TAG_OCTETS)
        return CMS_DAMAGED;
    CMS_STEP(cms_pass_any(cursor));
    *code = (Text){.data = (const char *)cursor->bytes + cursor->at - element.length,
                   .length = (size_t)element.length};
    return CMS_GOOD;
}

static CmsOutcome take_tail(CmsCursor *cursor, size_t depth, Text *tail)
{
    CmsKind kind = cursor->frame->kind;
    size_t from = cursor->at;
    bool ended;

    if (kind == CMS_AUTH_ENVELOPED)
        CMS_STEP(take_code(cursor, tail));
    for (;;) {
        CMS_STEP(cms_is_ended(cursor, depth, &ended));
        if (ended)
            break;
        CMS_STEP(cms_pass_any(cursor));
    }
    if (kind == CMS_SIGNED)
        *tail = cms_passed_since(cursor, from);
    return CMS_GOOD;
}

CmsOutcome cms_frame_close(const CmsFrame *frame, const unsigned char *bytes, size_t length, Text *tail)
{
    enum { MESSAGE_DEPTH = 3 }; /* ContentInfo, [0], and the SEQUENCE in it */
    CmsFrame copy = *frame;
    CmsCursor cursor = {.frame = &copy, .bytes = bytes, .length = length, .from = frame->position};
    size_t *depth = &copy.depth;

    *tail = TEXT("");
    while (*depth > MESSAGE_DEPTH)
        CMS_STEP(cms_leave(&cursor, depth));
    CMS_STEP(take_tail(&cursor, *depth, tail));
    while (*depth > 0)
        CMS_STEP(cms_leave(&cursor, depth));
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

    add_header(out, CMS_TAG_SEQUENCE, object.length + header_bytes(explicit_message) + explicit_message);
    text_add(out, object);
    add_header(out, CMS_TAG_0, explicit_message);
    add_header(out, CMS_TAG_SEQUENCE, message);
    text_add(out, frame->head);
    add_header(out, CMS_TAG_SEQUENCE, frame->inner.length);
    text_add(out, frame->inner);
    if (has_code)
        add_header(out, CMS_TAG_OCTETS, tail.length);
    text_add(out, tail);
}

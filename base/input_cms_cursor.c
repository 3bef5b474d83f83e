#include "base/input_cms_cursor.h"

enum { NESTING_MAX = 24 /* of elements that are passed */ };

/* X.690, 8.1.2 and 8.1.3; a tag above 30 is nowhere in CMS. */
CmsOutcome cms_element(const unsigned char *bytes, size_t length, CmsElement *element)
{
    if (length < 2)
        return CMS_NEEDS_MORE;
    size_t octets = bytes[1] & 0x7Fu;
    *element = (CmsElement){.tag = bytes[0], .header = 2, .length = octets};
    if ((bytes[0] & 0x1F) == 0x1F)
        return CMS_DAMAGED;
    if ((bytes[1] & 0x80) == 0)
        return CMS_GOOD;
    element->length = octets == 0 ? CMS_ENDLESS : 0;
    if (octets > CMS_LENGTH_BYTES_MAX - 2 || (octets == 0 && (bytes[0] & CMS_TAG_CONSTRUCTED) == 0))
        return CMS_DAMAGED;
    if (length < 2 + octets)
        return CMS_NEEDS_MORE;
    for (size_t i = 0; i < octets; i++)
        element->length = element->length << 8 | bytes[2 + i];
    element->header += octets;
    return element->length < CMS_ENDLESS / 4 || octets == 0 ? CMS_GOOD : CMS_DAMAGED;
}

uint64_t cms_position(const CmsCursor *cursor)
{
    return cursor->from + cursor->at;
}

uint64_t cms_end_of_all(const CmsFrame *frame)
{
    uint64_t end = CMS_ENDLESS;

    for (size_t i = 0; i < frame->depth; i++)
        end = frame->ends[i] < end ? frame->ends[i] : end;
    return end;
}

CmsOutcome cms_look(const CmsCursor *cursor, CmsElement *element)
{
    CMS_STEP(cms_element(cursor->bytes + cursor->at, cursor->length - cursor->at, element));
    uint64_t behind_header = cms_position(cursor) + element->header, end = cms_end_of_all(cursor->frame);
    if (behind_header > end || (element->length != CMS_ENDLESS && element->length > end - behind_header))
        return CMS_DAMAGED;
    return CMS_GOOD;
}

static CmsOutcome pass_at(CmsCursor *cursor, unsigned depth)
{
    CmsElement element;

    CMS_STEP(cms_look(cursor, &element));
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
        CMS_STEP(cms_look(cursor, &element));
        if (element.tag == 0)
            break;
        CMS_STEP(pass_at(cursor, depth + 1));
    }
    cursor->at += element.header;
    return element.length == 0 ? CMS_GOOD : CMS_DAMAGED;
}

CmsOutcome cms_pass_any(CmsCursor *cursor)
{
    return pass_at(cursor, 0);
}

CmsOutcome cms_pass(CmsCursor *cursor, unsigned char tag)
{
    CmsElement element;

    CMS_STEP(cms_look(cursor, &element));
    return element.tag == tag ? cms_pass_any(cursor) : CMS_DAMAGED;
}

CmsOutcome cms_pass_if(CmsCursor *cursor, unsigned char tag)
{
    CmsElement element;

    CMS_STEP(cms_look(cursor, &element));
    return element.tag == tag ? cms_pass_any(cursor) : CMS_GOOD;
}

CmsOutcome cms_enter(CmsCursor *cursor, unsigned char tag)
{
    CmsFrame *frame = cursor->frame;
    CmsElement element;

    CMS_STEP(cms_look(cursor, &element));
    if (element.tag != tag)
        return CMS_DAMAGED;
    cursor->at += element.header;
    frame->ends[frame->depth++] =
        element.length == CMS_ENDLESS ? CMS_ENDLESS : cms_position(cursor) + element.length;
    return CMS_GOOD;
}

CmsOutcome cms_leave(CmsCursor *cursor, size_t *depth)
{
    uint64_t end = cursor->frame->ends[--*depth];
    const unsigned char *at = cursor->bytes + cursor->at;

    if (end != CMS_ENDLESS)
        return cms_position(cursor) == end ? CMS_GOOD : CMS_DAMAGED;
    if (cursor->length - cursor->at < 2)
        return CMS_NEEDS_MORE;
    cursor->at += 2;
    return at[0] == 0 && at[1] == 0 ? CMS_GOOD : CMS_DAMAGED;
}

Text cms_passed_since(const CmsCursor *cursor, size_t from)
{
    return (Text){.data = (const char *)cursor->bytes + from, .length = cursor->at - from};
}

CmsOutcome cms_is_ended(const CmsCursor *cursor, size_t depth, bool *ended)
{
    uint64_t end = cursor->frame->ends[depth - 1];
    CmsElement element = {.tag = 1};

    if (end == CMS_ENDLESS)
        CMS_STEP(cms_look(cursor, &element));
    *ended = end == CMS_ENDLESS ? element.tag == 0 : cms_position(cursor) >= end;
    return CMS_GOOD;
}

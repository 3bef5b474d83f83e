#pragma once
/*
 * Private to base/input_cms*.c: the elements of a CMS message (X.690: DER, or BER with lengths that are not
 * said), passed one by one, none read past the end of what it stands in.
 */
#include "base/input_cms_frame.h"

#define CMS_ENDLESS UINT64_MAX

enum {
    CMS_TAG_INTEGER = 0x02,
    CMS_TAG_OCTETS = 0x04,
    CMS_TAG_OBJECT = 0x06,
    CMS_TAG_SEQUENCE = 0x30,
    CMS_TAG_SET = 0x31,
    CMS_TAG_CONSTRUCTED = 0x20,
    CMS_TAG_0 = 0xA0,
    CMS_TAG_1 = 0xA1,
    CMS_TAG_0_PLAIN = 0x80,
};

/* Bytes of the message from position `from` on. */
typedef struct CmsCursor {
    CmsFrame *frame;
    const unsigned char *bytes;
    size_t length, at;
    uint64_t from;
} CmsCursor;

typedef struct CmsElement {
    unsigned char tag;
    size_t header;   /* bytes of tag and length */
    uint64_t length; /* CMS_ENDLESS: up to its mark */
} CmsElement;

#define CMS_STEP(call)                                                                                       \
    do {                                                                                                     \
        CmsOutcome step_ = (call);                                                                           \
        if (step_ != CMS_GOOD)                                                                               \
            return step_;                                                                                    \
    } while (0)

/* Tag and length. */
CmsOutcome cms_element(const unsigned char *bytes, size_t length, CmsElement *element);
/* Of the message. */
uint64_t cms_position(const CmsCursor *cursor);
/* The nearest end that an open container says; CMS_ENDLESS: none does. */
uint64_t cms_end_of_all(const CmsFrame *frame);
/* The element that comes next, which stays. */
CmsOutcome cms_look(const CmsCursor *cursor, CmsElement *element);
/* Passes an element with all that is in it: any; one that must be there; one that may. */
CmsOutcome cms_pass_any(CmsCursor *cursor);
CmsOutcome cms_pass(CmsCursor *cursor, unsigned char tag);
CmsOutcome cms_pass_if(CmsCursor *cursor, unsigned char tag);
/* Into a container, and out of the one at *depth. */
CmsOutcome cms_enter(CmsCursor *cursor, unsigned char tag);
CmsOutcome cms_leave(CmsCursor *cursor, size_t *depth);
/* Is the container at its end? */
CmsOutcome cms_is_ended(const CmsCursor *cursor, size_t depth, bool *ended);
Text cms_passed_since(const CmsCursor *cursor, size_t from);

#include "ingest/decode.h"

#include <string.h>

/*
 * 0x80 to 0x9F of Windows-1252 as Unicode code points; the rest is Latin-1. 0: undefined.
 * Source: unicode.org, MAPPINGS/VENDORS/MICSFT/WINDOWS/CP1252.TXT
 */
static const uint16_t windows_1252_80[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, /* 80 */
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,      /* 88 */
    0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, /* 90 */
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178, /* 98 */
};

bool decode_windows_1252(Text in, char *out, Text *decoded)
{
    char *at = out;

    for (size_t i = 0; i < in.length; i++) {
        unsigned byte = (unsigned char)in.data[i];
        unsigned point = byte >= 0x80 && byte < 0xA0 ? windows_1252_80[byte - 0x80] : byte;
        if (point == 0 && byte != 0)
            return false;
        if (point < 0x80) {
            *at++ = (char)point;
        } else if (point < 0x800) {
            *at++ = (char)(0xC0 | point >> 6);
            *at++ = (char)(0x80 | (point & 0x3F));
        } else {
            *at++ = (char)(0xE0 | point >> 12);
            *at++ = (char)(0x80 | (point >> 6 & 0x3F));
            *at++ = (char)(0x80 | (point & 0x3F));
        }
    }
    *decoded = (Text){.data = out, .length = (size_t)(at - out)};
    return true;
}

Text decode_quotes(Text in, char quote, char *out)
{
    const char *from = in.data, *end = in.data + in.length;
    char *at = out;

    while (from < end) {
        const char *found = memchr(from, quote, (size_t)(end - from));
        size_t kept = (size_t)((found != NULL ? found + 1 : end) - from);
        memcpy(at, from, kept);
        at += kept;
        from += kept + (found != NULL); /* the scan has seen that it is doubled */
    }
    return (Text){.data = out, .length = (size_t)(at - out)};
}

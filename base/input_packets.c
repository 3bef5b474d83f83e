#include "base/input_packets.h"

enum {
    TAG_SESSION_KEY = 1,
    TAG_PASSPHRASE_KEY = 3,
    TAG_UNPROTECTED = 9,
    TAG_PROTECTED = 18,
    TAG_AEAD = 20,
    IS_PACKET = 0x80,
    IS_NEW = 0x40,
    TWO_OCTETS = 192,
    PARTIAL = 224,
    FIVE_OCTETS = 255,
};

static PacketsFault begin(Packets *packets, unsigned char first)
{
    packets->tag = (first & IS_NEW) != 0 ? first & 0x3Fu : (first & 0x3Fu) >> 2;
    if (packets->has_data)
        return PACKETS_FOLLOWED;
    if ((first & IS_PACKET) == 0)
        return PACKETS_DAMAGED;
    switch (packets->tag) {
    case TAG_SESSION_KEY:
        packets->has_key = true;
        return PACKETS_GOOD;
    case TAG_PASSPHRASE_KEY:
        return PACKETS_PASSPHRASE;
    case TAG_UNPROTECTED:
        return PACKETS_UNPROTECTED;
    case TAG_PROTECTED:
    case TAG_AEAD:
        packets->has_data = packets->has_key;
        packets->is_aead = packets->tag == TAG_AEAD;
        return packets->has_key ? PACKETS_GOOD : PACKETS_DAMAGED;
    default:
        return PACKETS_DAMAGED;
    }
}

static uint64_t big_endian(const unsigned char *bytes, unsigned count)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* RFC 9580, 4.2.2: octets of the length that starts with this one. */
static unsigned octets_of_old(unsigned char first)
{
    static const unsigned octets[] = {1, 2, 4, 0};

    return octets[first & 3];
}

/* RFC 9580, 4.2.1 */
static unsigned octets_of_new(unsigned char first)
{
    if (first == FIVE_OCTETS)
        return 5;
    return first >= TWO_OCTETS && first < PARTIAL ? 2 : 1;
}

/* True once the whole length is there. */
static bool take_length(Packets *packets)
{
    const unsigned char *octets = packets->header + 1;
    unsigned given = packets->header_length - 1, wanted;

    packets->is_partial = false;
    if ((packets->header[0] & IS_NEW) == 0) {
        wanted = octets_of_old(packets->header[0]);
        packets->left = big_endian(octets, wanted);
        return given == wanted;
    }
    if (given == 0 || given < (wanted = octets_of_new(octets[0])))
        return false;
    if (wanted == 5)
        packets->left = big_endian(octets + 1, 4);
    else if (wanted == 2)
        packets->left = ((uint64_t)(octets[0] - TWO_OCTETS) << 8) + octets[1] + TWO_OCTETS;
    else
        packets->left = octets[0] < PARTIAL ? octets[0] : UINT64_C(1) << (octets[0] & 0x1F);
    packets->is_partial = wanted == 1 && octets[0] >= PARTIAL;
    return true;
}

/* What a length may be: data alone comes in parts, and no packet here lasts to the end of the file. */
static bool is_fit(const Packets *packets)
{
    bool is_endless = (packets->header[0] & IS_NEW) == 0 && octets_of_old(packets->header[0]) == 0;

    return !is_endless && (!packets->is_partial || packets->has_data);
}

static PacketsFault take_header(Packets *packets, unsigned char byte)
{
    packets->header[packets->header_length++] = byte;
    if (packets->header_length == 1) {
        PacketsFault fault = begin(packets, byte);
        if (fault != PACKETS_GOOD)
            return fault;
    }
    if (packets->header_length > 1 && take_length(packets))
        packets->header_length = 0;
    return is_fit(packets) ? PACKETS_GOOD : PACKETS_DAMAGED;
}

/* Behind a packet a tag comes next, behind a part of one a length alone. */
static void end_part(Packets *packets)
{
    if (packets->is_partial)
        packets->header_length = 1;
}

PacketsFault packets_take(Packets *packets, const unsigned char *bytes, size_t length)
{
    size_t at = 0;

    while (at < length) {
        if (packets->left > 0) {
            size_t step = packets->left < length - at ? (size_t)packets->left : length - at;
            packets->left -= step;
            at += step;
            if (packets->left == 0)
                end_part(packets);
            continue;
        }
        PacketsFault fault = take_header(packets, bytes[at++]);
        if (fault != PACKETS_GOOD)
            return fault;
    }
    return PACKETS_GOOD;
}

bool packets_are_whole(const Packets *packets)
{
    return packets->has_data && packets->left == 0 && packets->header_length == 0;
}

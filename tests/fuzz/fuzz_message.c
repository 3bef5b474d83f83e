/*
 * What we read ourselves of encrypted messages: OpenPGP's packets and where CMS has its content. However a
 * message is cut into pieces, the outcome is the same. The first byte chooses which, the second the size of a
 * piece.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/input_cms_frame.h"
#include "base/input_packets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHOICE_BYTES = 2, REBUILT_BYTES_MAX = 1 << 20 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static PacketsFault packets(const uint8_t *data, size_t size, size_t piece, bool *whole)
{
    Packets state = {0};
    PacketsFault fault = PACKETS_GOOD;

    for (size_t at = 0; at < size && fault == PACKETS_GOOD; at += piece)
        fault = packets_take(&state, data + at, size - at < piece ? size - at : piece);
    *whole = packets_are_whole(&state);
    return fault;
}

static void fuzz_packets(const uint8_t *data, size_t size, size_t piece)
{
    bool at_once, in_pieces;

    require(packets(data, size, size + 1, &at_once) == packets(data, size, piece, &in_pieces));
    require(at_once == in_pieces);
}

/* Content, tail and outcome of a message whose frame is open. */
static Hash content(const CmsFrame *opened, const uint8_t *data, size_t size, size_t piece)
{
    SCOPED(hash_close) HashStream *hash = hash_open();
    SCOPED(text_builder_close) TextBuilder rebuilt = text_builder(REBUILT_BYTES_MAX);
    CmsFrame frame = *opened, again;
    CmsOutcome outcome = CMS_GOOD;
    size_t at = frame.head_bytes, used, length;
    Text tail = {0};

    while (outcome == CMS_GOOD && !frame.is_over && at < size) {
        outcome = cms_frame_content(&frame, data + at, size - at < piece ? size - at : piece, &used, &length);
        if (outcome != CMS_GOOD)
            break;
        require(length <= used && used <= size - at);
        hash_add(hash, data + at + used - length, length);
        at += used;
    }
    if (outcome == CMS_GOOD && frame.is_over)
        outcome = cms_frame_close(&frame, data + at, size - at, &tail);
    hash_add(hash, &outcome, sizeof outcome);
    if (outcome == CMS_GOOD && frame.is_over) {
        hash_add(hash, tail.data, tail.length);
        cms_frame_rebuild(&frame, tail, &rebuilt);
        (void)cms_frame_open((const unsigned char *)rebuilt.data, rebuilt.length, &again);
    }
    return hash_value(hash);
}

static void fuzz_frame(const uint8_t *data, size_t size, size_t piece)
{
    CmsFrame frame;

    if (cms_frame_open(data, size, &frame) != CMS_GOOD)
        return;
    require(frame.head_bytes <= size);
    Hash at_once = content(&frame, data, size, size + 1), in_pieces = content(&frame, data, size, piece);
    require(memcmp(at_once.bytes, in_pieces.bytes, HASH_BYTES) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < CHOICE_BYTES)
        return 0;
    (data[0] % 2 == 0 ? fuzz_packets : fuzz_frame)(data + CHOICE_BYTES, size - CHOICE_BYTES, 1u + data[1]);
    return 0;
}

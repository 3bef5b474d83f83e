#pragma once
/*
 * Private to base/input_openpgp.c: the outer packets of an OpenPGP message (RFC 9580, 4 and 10.3). Exactly
 * session keys and one packet of encrypted data that shows a change may stand there; gpg alone would let more
 * pass.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum PacketsFault {
    PACKETS_GOOD,
    PACKETS_DAMAGED,
    PACKETS_PASSPHRASE,  /* a session key from a passphrase */
    PACKETS_UNPROTECTED, /* encrypted data without a modification detection code */
    PACKETS_FOLLOWED,    /* by other bytes */
} PacketsFault;

enum { PACKETS_HEADER_BYTES = 6 };

typedef struct Packets {
    unsigned char header[PACKETS_HEADER_BYTES]; /* of a packet, or of its next part: with the tag in front */
    unsigned header_length;
    uint64_t left; /* bytes of the packet, or of its part */
    unsigned tag;
    bool is_partial; /* another part follows */
    bool has_key, has_data;
    bool is_aead; /* the data is of tag 20 */
} Packets;

/* All zero in front of the first byte. */
PacketsFault packets_take(Packets *packets, const unsigned char *bytes, size_t length);
/* May the message end here? */
bool packets_are_whole(const Packets *packets);

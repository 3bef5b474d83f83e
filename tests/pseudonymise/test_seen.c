#include "pseudonymise/seen.h"

#include "tests/pseudonymise/fixture.h"

/* A digest of 16 bytes as two numbers. */
static const uint8_t *digest_of(uint64_t first, uint64_t second, uint8_t digest[16])
{
    memcpy(digest, &first, 8);
    memcpy(digest + 8, &second, 8);
    return digest;
}

Test(seen, only_what_was_added_is_contained)
{
    Seen *seen = seen_create(100);
    uint8_t digest[16];

    seen_add(seen, digest_of(1, 2, digest));

    cr_expect(seen_contains(seen, digest_of(1, 2, digest)));
    cr_expect_not(seen_contains(seen, digest_of(1, 3, digest)), "the same subject id, another digest");
    cr_expect_not(seen_contains(seen, digest_of(2, 2, digest)));
    seen_close(&seen);
    cr_expect_null(seen);
    seen_close(&seen);
}

Test(seen, a_digest_that_looks_like_an_empty_slot_is_never_contained)
{
    Seen *seen = seen_create(100);
    uint8_t digest[16];

    cr_expect_not(seen_contains(seen, digest_of(1, 0, digest)));
    seen_add(seen, digest);

    cr_expect_not(seen_contains(seen, digest), "sent again, which is harmless");
    seen_close(&seen);
}

Test(seen, a_full_set_forgets_the_oldest_and_keeps_the_newest)
{
    Seen *seen = seen_create(4); /* one bucket of eight */
    uint8_t digest[16];

    for (uint64_t i = 1; i <= 9; i++)
        seen_add(seen, digest_of(i, i, digest));

    cr_expect_not(seen_contains(seen, digest_of(1, 1, digest)));
    for (uint64_t i = 2; i <= 9; i++)
        cr_expect(seen_contains(seen, digest_of(i, i, digest)));
    seen_close(&seen);
}

/* Switch: REACH 1, a subject whose bucket is full displaces another. A load of whom it forgets one puts none
 * straight in any more. */
Test(seen, all_the_subjects_it_is_made_for_are_remembered_and_half_as_many_again)
{
    enum { SUBJECTS = 1 << 13, ALL = SUBJECTS + SUBJECTS / 2 };
    Seen *seen = seen_create(SUBJECTS);
    uint64_t state = 1, states[ALL];
    size_t remembered = 0;
    uint8_t digest[16];
    for (size_t i = 0; i < ALL; i++) {
        state = state * UINT64_C(6364136223846793005) +
                UINT64_C(1442695040888963407); /* Knuth's MMIX generator */
        states[i] = state >> 20;
        seen_add(seen, digest_of(states[i], i + 1, digest));
    }

    for (size_t i = 0; i < ALL; i++)
        remembered += seen_contains(seen, digest_of(states[i], i + 1, digest));

    cr_expect_eq(remembered, ALL);
    seen_close(&seen);
}

#pragma once
/*
 * Private to synth: numbers of people and addresses, all in ranges that were
 * never issued (docs/synthetic-county.md, "Number ranges").
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NHS_NUMBER_BYTES = 11,
    UPRN_BYTES = 13,
    NI_NUMBER_BYTES = 10,
    LOCAL_ID_BYTES = 24,
    NHS_BODY_CANARY = 999990000, /* the canaries' NHS numbers, without check digit, begin here */
};

/* The check digit by modulus 11 of a nine-digit body; -1 when there is none and the number is never issued.
 */
int numbers_check_digit(uint32_t body);
/* The next body of the range with a check digit; *serial goes on from there. First 999..., then 998... and
 * down. */
uint32_t numbers_next_nhs_body(uint64_t *serial);
uint32_t numbers_next_canary_body(uint64_t *serial);
const char *numbers_nhs(uint32_t body, char out[NHS_NUMBER_BYTES]);
const char *numbers_uprn(uint32_t dwelling, bool is_canary, char out[UPRN_BYTES]);
const char *numbers_national_insurance(uint32_t person, char out[NI_NUMBER_BYTES]);
/* One person's number at one issuer; two people of one issuer never share it. */
const char *numbers_local_id(uint32_t person, uint32_t issuer, char out[LOCAL_ID_BYTES]);
/* "AAAA", "AAAB", ...: letters that tell one canary from another. */
const char *numbers_letters(uint32_t number, char out[8]);

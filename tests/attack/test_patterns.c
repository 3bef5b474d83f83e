/* A2, pattern mining, and A3, atoms of double hashing. */
#include "tests/attack/county.h"
#include "tests/attack/views.h"

#include "base/arena.h"

enum { CONTROL_ROWS = 2000, FILTERS = 12000 };

typedef Outcome (*Attack)(const BitRows *filters, const Values *truth, const Values *known);

static size_t atoms;

static Outcome atoms_of_20(const BitRows *filters, const Values *truth, const Values *known)
{
    return attack_atoms(filters, 20, truth, known, &atoms);
}

static Outcome mining_of_20(const BitRows *filters, const Values *truth, const Values *known)
{
    return attack_mining(filters, 20, truth, known);
}

static Outcome mining_of_9(const BitRows *filters, const Values *truth, const Values *known)
{
    return attack_mining(filters, 9, truth, known);
}

/* A q-gram of a name has about nine positions of 128. */
static Outcome atoms_of_6(const BitRows *filters, const Values *truth, const Values *known)
{
    return attack_atoms(filters, 6, truth, known, &atoms);
}

static Outcome of_control(Attack attack, int overlap)
{
    People people = people_make(2 * CONTROL_ROWS, 7);
    Files files = files_make(&people, CONTROL_ROWS, overlap, 11);
    BitRows filters = bits_of_control(&files, 0);
    Values truth = values_of_control(&files, files.encoded, files.count);
    Values known = values_of_control(&files, files.plain, files.count);

    Outcome outcome = attack(&filters, &truth, &known);
    values_close(&known);
    values_close(&truth);
    bits_close(&filters);
    files_close(&files);
    people_close(&people);
    return outcome;
}

static Outcome of_hardened(Attack attack, const County *county, size_t field)
{
    uint32_t *owners = memory_alloc(FILTERS * sizeof *owners);
    BitRows filters = bits_of_field(&county->table, field, FILTERS, owners);
    for (size_t i = 0; i < filters.rows; i++)
        owners[i] = county->files.encoded[owners[i]];
    Values truth = values_of_field(&county->files, owners, filters.rows, field);
    Values known = values_of_field(&county->files, county->files.plain, county->files.count, field);

    Outcome outcome = attack(&filters, &truth, &known);
    values_close(&known);
    values_close(&truth);
    bits_close(&filters);
    memory_free(owners);
    return outcome;
}

static void expect_nothing(const char *name, Attack attack)
{
    static const int overlaps[] = {100, 80, 50, 20, 0};

    for (size_t o = 0; o < sizeof overlaps / sizeof overlaps[0]; o++) {
        County county = county_make(county_size(2000), overlaps[o], true);
        for (size_t field = FIELD_GIVEN; field <= FIELD_FAMILY; field++) {
            Outcome outcome = of_hardened(attack, &county, field);
            county_say(name, overlaps[o], &outcome);
            cr_expect_leq(outcome.share, outcome_bar(&outcome, overlaps[o]), "%s, field %zu at %d %%: %.4f",
                          name, field, overlaps[o], outcome.share);
        }
        county_close(&county);
    }
}

Test(mining, breaks_the_control)
{
    Outcome outcome = of_control(mining_of_20, 100);

    county_say("A2 control", 100, &outcome);
    cr_expect_gt(outcome.share, outcome.base + 0.2, "%.4f", outcome.share);
}

/* What it meets are independent positions: it finds nothing without the salt either, but counting does
 * (test_frequency.c). */
Test(mining, finds_no_names_in_hardened_filters)
{
    expect_nothing("A2 hardened", mining_of_9);
}

Test(atoms, break_the_control)
{
    Outcome outcome = of_control(atoms_of_20, 100);

    county_say("A3 control", 100, &outcome);
    cr_expect_gt(atoms, 20U);
    cr_expect_gt(outcome.share, outcome.base + 0.2, "%.4f", outcome.share);
}

/* Switch: independent positions, and the salt. */
Test(atoms, find_no_names_in_hardened_filters)
{
    expect_nothing("A3 hardened", atoms_of_6);
}

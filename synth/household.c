#include "synth/household.h"

#include "synth/health.h"
#include "synth/names.h"

/* Five-year bands from 15-19 to 90-94. */
enum { BAND_COUNT = 16, BAND_FIRST_AGE = 15, BAND_YEARS = 5, CHILD_AGE_MAX = 17 };
enum { PARENT_AGE_MIN = 18, PARENT_AGE_MAX = 43, ADULT_CHILD_AGE_MAX = 33 };

typedef enum HouseholdType {
    HOUSEHOLD_SINGLE,
    HOUSEHOLD_SINGLE_OLDER,
    HOUSEHOLD_COUPLE,
    HOUSEHOLD_COUPLE_OLDER,
    HOUSEHOLD_FAMILY,
    HOUSEHOLD_LONE_PARENT,
    HOUSEHOLD_ADULT_CHILDREN,
    HOUSEHOLD_SHARERS,
    HOUSEHOLD_THREE_GENERATIONS,
    HOUSEHOLD_TYPE_COUNT
} HouseholdType;

static const uint16_t type_weights[HOUSEHOLD_TYPE_COUNT] = {140, 158, 145, 148, 172, 72, 110, 45, 10};

/* clang-format off */
static const uint16_t head_ages[HOUSEHOLD_TYPE_COUNT][BAND_COUNT] = {
    /*                              15  20  25  30  35  40  45  50  55  60  65  70  75  80  85 90 */
    [HOUSEHOLD_SINGLE] =            {0,  4,  6,  7,  7,  9, 12, 17, 20, 18,  0,  0,  0,  0,  0, 0},
    [HOUSEHOLD_SINGLE_OLDER] =      {0,  0,  0,  0,  0,  0,  0,  0,  0,  0, 18, 21, 20, 19, 15, 7},
    [HOUSEHOLD_COUPLE] =            {0,  4, 10,  9,  5,  4,  8, 17, 21, 22,  0,  0,  0,  0,  0, 0},
    [HOUSEHOLD_COUPLE_OLDER] =      {0,  0,  0,  0,  0,  0,  0,  0,  0,  0, 27, 29, 22, 14,  6, 2},
    [HOUSEHOLD_FAMILY] =            {0,  1,  6, 15, 22, 25, 20, 10,  1,  0,  0,  0,  0,  0,  0, 0},
    [HOUSEHOLD_LONE_PARENT] =       {0,  5, 10, 15, 20, 22, 18,  9,  1,  0,  0,  0,  0,  0,  0, 0},
    [HOUSEHOLD_ADULT_CHILDREN] =    {0,  0,  0,  0,  0,  4, 18, 34, 29, 15,  0,  0,  0,  0,  0, 0},
    [HOUSEHOLD_SHARERS] =          {10, 36, 26, 12,  8,  8,  0,  0,  0,  0,  0,  0,  0,  0,  0, 0},
    [HOUSEHOLD_THREE_GENERATIONS] = {0,  0,  5, 22, 30, 28, 12,  3,  0,  0,  0,  0,  0,  0,  0, 0},
};
/* clang-format on */

static const uint16_t resident_ages[BAND_COUNT] = {0, 1, 1, 1, 1, 1, 2, 2, 3, 4, 5, 8, 14, 20, 22, 15};

/* Census ethnic categories within White, mixed, Asian, Black and other. */
static const char *const ethnic_letters[ETHNIC_GROUP_COUNT] = {"ABC", "DEFG", "HJKLR", "MNP", "S"};
static const uint16_t ethnic_weights[ETHNIC_GROUP_COUNT][5] = {
    {93, 1, 6}, {32, 14, 30, 24}, {46, 8, 9, 27, 10}, {16, 72, 12}, {1}};

typedef struct Home {
    County *county;
    Stream *stream;
    uint32_t dwelling, people_max, people;
    Date at;
} Home;

static int draw_age(Stream *stream, const uint16_t *bands)
{
    size_t band = random_pick(stream, bands, BAND_COUNT);
    return BAND_FIRST_AGE + BAND_YEARS * (int)band + random_between(stream, 0, BAND_YEARS - 1);
}

static void draw_ethnicity(Person *person, Stream *stream)
{
    size_t pick = random_pick(stream, ethnic_weights[person->group], 5);

    person->ethnicity[0] = ethnic_letters[person->group][pick];
    if (random_chance(stream, 50000))
        person->ethnicity[0] = 'Z';
    else if (random_chance(stream, 30000))
        person->ethnicity[0] = person->ethnicity[1] = '9';
}

static void add_member(Home *home, int age, char sex, bool is_child)
{
    if (home->people == home->people_max)
        return;
    County *county = home->county;
    Date birth = date_add_months(home->at, -12 * age) - random_between(home->stream, 0, 364);
    int group = county->dwellings[home->dwelling].group;

    /* One household in eight has children of more than one origin. */
    if (is_child && group != 0 && random_chance(home->stream, 125000))
        group = 1;
    uint32_t person = county_add_person(county, home->dwelling, sex, birth, group);
    Person *who = &county->people[person];
    who->given = names_draw_given(home->stream, group, sex, date_to_civil(birth).year);
    draw_ethnicity(who, home->stream);
    health_begin(county, person, home->at);
    home->people++;
}

static char draw_sex(Stream *stream, int male_per_mille)
{
    return random_chance(stream, 1000 * male_per_mille) ? SEX_MALE : SEX_FEMALE;
}

static void add_couple(Home *home, int age)
{
    char sex = draw_sex(home->stream, 500);
    char other = random_chance(home->stream, 20000) ? sex : (char)(SEX_MALE + SEX_FEMALE - sex);
    int partner = age + random_bell(home->stream, 8);

    add_member(home, age, sex, false);
    add_member(home, partner < PARENT_AGE_MIN ? PARENT_AGE_MIN : partner, other, false);
}

static void add_children(Home *home, int parent_age, const uint16_t weights[4])
{
    int low = parent_age - PARENT_AGE_MAX, high = parent_age - PARENT_AGE_MIN;
    size_t count = 1 + random_pick(home->stream, weights, 4);

    low = low < 0 ? 0 : low;
    high = high > CHILD_AGE_MAX ? CHILD_AGE_MAX : high;
    if (low > high)
        low = high;
    for (size_t i = 0; i < count; i++)
        add_member(home, random_between(home->stream, low, high), draw_sex(home->stream, 512), true);
}

static void add_adult_children(Home *home, int parent_age)
{
    int count = random_chance(home->stream, 280000) ? 2 : 1;
    int high = parent_age - PARENT_AGE_MIN - 2;

    high = high > ADULT_CHILD_AGE_MAX ? ADULT_CHILD_AGE_MAX : high;
    for (int i = 0; i < count; i++)
        add_member(home, random_between(home->stream, CHILD_AGE_MAX - 1, high), draw_sex(home->stream, 550),
                   true);
}

static void add_all(Home *home, HouseholdType type)
{
    static const uint16_t family[4] = {41, 44, 12, 3}, lone[4] = {54, 33, 10, 3};
    int age = draw_age(home->stream, head_ages[type]);

    switch (type) {
    case HOUSEHOLD_SINGLE:
        add_member(home, age, draw_sex(home->stream, 560), false);
        break;
    case HOUSEHOLD_SINGLE_OLDER:
        add_member(home, age, draw_sex(home->stream, 340), false);
        break;
    case HOUSEHOLD_FAMILY:
        add_couple(home, age);
        add_children(home, age, family);
        break;
    case HOUSEHOLD_LONE_PARENT:
        add_member(home, age, draw_sex(home->stream, 120), false);
        add_children(home, age, lone);
        break;
    case HOUSEHOLD_ADULT_CHILDREN:
        add_couple(home, age);
        add_adult_children(home, age);
        break;
    case HOUSEHOLD_SHARERS:
        for (int i = random_between(home->stream, 2, 4); i > 0; i--)
            add_member(home, draw_age(home->stream, head_ages[type]) + 3, draw_sex(home->stream, 520), false);
        break;
    case HOUSEHOLD_THREE_GENERATIONS:
        add_couple(home, age);
        add_children(home, age, family);
        add_member(home, age + random_between(home->stream, 24, 36), draw_sex(home->stream, 330), false);
        break;
    default:
        add_couple(home, age);
    }
}

uint32_t household_fill(County *county, uint32_t dwelling, Stream *stream, uint32_t people_max, Date at)
{
    const District *district = &DISTRICTS[county_area(county, dwelling)->district];
    Home home = {
        .county = county, .stream = stream, .dwelling = dwelling, .people_max = people_max, .at = at};
    uint16_t weights[HOUSEHOLD_TYPE_COUNT];

    for (size_t i = 0; i < HOUSEHOLD_TYPE_COUNT; i++)
        weights[i] = (uint16_t)(10 * type_weights[i]);
    weights[HOUSEHOLD_SINGLE_OLDER] = (uint16_t)(weights[HOUSEHOLD_SINGLE_OLDER] * district->older / 100);
    weights[HOUSEHOLD_COUPLE_OLDER] = (uint16_t)(weights[HOUSEHOLD_COUPLE_OLDER] * district->older / 100);
    county->dwellings[dwelling].group = (uint8_t)random_pick(stream, district->ethnic, ETHNIC_GROUP_COUNT);
    add_all(&home, (HouseholdType)random_pick(stream, weights, HOUSEHOLD_TYPE_COUNT));
    return home.people;
}

void household_add_resident(County *county, uint32_t dwelling, Stream *stream, Date at)
{
    Home home = {.county = county, .stream = stream, .dwelling = dwelling, .people_max = 1, .at = at};
    int age = draw_age(stream, resident_ages);

    add_member(&home, age, draw_sex(stream, age < 70 ? 520 : 300), false);
}

static Date later(Date a, Date b)
{
    return a > b ? a : b;
}

void household_settle(County *county, const Settlement *settlement, Stream *stream)
{
    const Dwelling home = county->dwellings[settlement->dwelling];
    uint16_t shared = names_draw_family(stream, home.group);
    uint16_t practice = county_draw_practice(county, settlement->dwelling, stream),
             former_practice = practice;

    if (settlement->former != NO_DWELLING)
        former_practice = county_draw_practice(county, settlement->former, stream);
    const char *reason = practice == former_practice ? "" : "LDN";
    for (uint32_t p = home.first_person; p != NOBODY; p = county->people[p].next_at_home) {
        const Person who = county->people[p];
        if (who.last_stay != NO_STAY)
            continue;
        bool has_own = home.is_care_home || random_chance(stream, 180000);
        uint16_t family = has_own ? names_draw_family(stream, who.group) : shared;
        if (settlement->former != NO_DWELLING && who.birth < settlement->since) {
            Date from = later(settlement->former_from, who.birth);
            county_add_stay(county, p, from, settlement->former, former_practice, family, "");
            county_add_stay(county, p, settlement->since, settlement->dwelling, practice, family, reason);
        } else {
            Date from = later(settlement->since, who.birth);
            county_add_stay(county, p, from, settlement->dwelling, practice, family, "");
        }
    }
}

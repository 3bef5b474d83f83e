#include "bench/attendances.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t mix(uint64_t x) /* SplitMix64's finaliser: the same file on every machine */
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/* Of the never-issued 999 range; stems without check digit are passed over. */
static void nhs_number(uint64_t person, char out[11])
{
    for (uint64_t stem = 999000000 + person * 2 % 1000000;; stem++) {
        int sum = 0;
        snprintf(out, 11, "%09u0", (unsigned)stem);
        for (int i = 0; i < 9; i++)
            sum += (out[i] - '0') * (10 - i);
        int check = 11 - sum % 11;
        if (check == 10)
            continue;
        out[9] = (char)('0' + check % 11);
        return;
    }
}

enum { POSTCODES = 9 * 10 * 20 * 20 }; /* about as many as a county has */

typedef enum Column {
    NHS_NUMBER,
    PROVIDER,
    LOCAL_ID,
    BIRTH_DATE,
    GENDER,
    ETHNICITY,
    POSTCODE,
    PRACTICE,
    ATTENDANCE,
    ARRIVAL_DATE,
    ARRIVAL_TIME,
    DEPARTURE_DATE,
    DEPARTURE_TIME,
    SPECIALTY,
    DIAGNOSIS,
    SECOND_DIAGNOSIS,
    PROCEDURE,
    HRG,
    PRICE,
    MINUTES,
    NOTE,
    COLUMN_COUNT
} Column;

static const char *const names[COLUMN_COUNT] = {"nhs_number_value",
                                                "provider_code",
                                                "local_patient_identifier_value",
                                                "person_birth_date",
                                                "gender",
                                                "ethnic_category",
                                                "postcode",
                                                "general_practice",
                                                "attendance_identifier",
                                                "arrival_date",
                                                "arrival_time",
                                                "departure_date",
                                                "departure_time",
                                                "main_specialty",
                                                "primary_diagnosis",
                                                "secondary_diagnosis_1",
                                                "primary_procedure",
                                                "core_hrg",
                                                "final_price",
                                                "minutes_in_department",
                                                "note"};

typedef char Row[COLUMN_COUNT][64];

/* Three of ten in quotes, of which one has quotes of its own. */
static const char *const notes[] = {"Seen by the triage nurse",
                                    "Fall at home from a chair",
                                    "Brought in by a relative",
                                    "No fracture on the X-ray",
                                    "Sent home with a leaflet",
                                    "Awaiting a bed on the ward",
                                    "Referred to own practice",
                                    "\"Chest pain, ECG normal, bloods sent\"",
                                    "\"Cut to left hand, cleaned, closed\"",
                                    "\"Says \"\"dizzy\"\", lying and standing taken\""};

/* What a bad row has: each breaks another rule of the spec. */
static const struct {
    Column column;
    const char *value;
} faults[] = {{PRICE, "x12.50"},   {SPECIALTY, "18"},   {ARRIVAL_DATE, "2026-02-30"},   {DIAGNOSIS, ""},
              {ETHNICITY, "Q"},    {MINUTES, "100001"}, {DEPARTURE_DATE, "2026-05-31"}, {PROCEDURE, "W3"},
              {DEPARTURE_TIME, ""}};

#define COUNT(array)          (sizeof(array) / sizeof *(array))
#define PUT(row, column, ...) snprintf((row)[column], sizeof(row)[column], __VA_ARGS__)

static void put_postcode(char *out, size_t bytes, unsigned number)
{
    static const char letters[] = "ABDEFGHJLNPQRSTUWXYZ"; /* 20, as the last two of a postcode are */

    snprintf(out, bytes, "CT%u %u%c%c", 1 + number % 9, number / 9 % 10, letters[number / 90 % 20],
             letters[number / 1800 % 20]);
}

static void put_person(Row row, uint64_t person)
{
    uint64_t p = mix(person + (1ull << 40));
    char number[11];

    nhs_number(person, number);
    PUT(row, NHS_NUMBER, "%s", number);
    PUT(row, LOCAL_ID, "L%07u", (unsigned)person);
    PUT(row, BIRTH_DATE, "%04u-%02u-%02u", (unsigned)(1930 + p % 90), (unsigned)(1 + p / 90 % 12),
        (unsigned)(1 + p / 1080 % 28));
    PUT(row, GENDER, "%u", (unsigned)(1 + p / 7 % 2));
    PUT(row, ETHNICITY, "%c", "ABCDH"[p % 5]);
    put_postcode(row[POSTCODE], sizeof row[POSTCODE], (unsigned)(p % POSTCODES));
    PUT(row, PRACTICE, "G%05u", (unsigned)(82000 + p % 200));
}

static void put_stay(Row row, uint64_t r)
{
    unsigned day = (unsigned)(1 + r % 30), minute = (unsigned)(r / 30 % 1440),
             stay = (unsigned)(r / 43200 % 700);
    unsigned leaves = minute + stay, leaves_on = day + leaves / 1440;

    PUT(row, ARRIVAL_DATE, "2026-06-%02u", day);
    PUT(row, ARRIVAL_TIME, "%02u:%02u", minute / 60, minute % 60);
    PUT(row, DEPARTURE_DATE, "2026-%02u-%02u", leaves_on > 30 ? 7 : 6, leaves_on > 30 ? 1 : leaves_on);
    PUT(row, DEPARTURE_TIME, "%02u:%02u", leaves / 60 % 24, leaves % 60);
    PUT(row, MINUTES, "%u", stay);
}

static void put_care(Row row, uint64_t c)
{
    PUT(row, SPECIALTY, "%u", (unsigned)(100 + c % 80 * 10));
    PUT(row, DIAGNOSIS, "%c%02u%u", (char)('A' + c / 80 % 26), (unsigned)(c / 2080 % 100),
        (unsigned)(c % 10));
    PUT(row, SECOND_DIAGNOSIS, "%c%02u", (char)('A' + c / 640 % 26), (unsigned)(c / 30000 % 100));
    PUT(row, PROCEDURE, "%c%02u%u", (char)('A' + c / 1300 % 26), (unsigned)(c / 7000 % 100),
        (unsigned)(c / 9 % 10));
    PUT(row, HRG, "VB%02u%c", (unsigned)(c / 5 % 12), (char)('A' + c / 60 % 26));
    PUT(row, PRICE, "%u.%02u", (unsigned)(80 + c / 3 % 5000), (unsigned)(c % 100));
    PUT(row, NOTE, "%s", notes[c / 11 % COUNT(notes)]);
}

static void write_row(FILE *out, const Attendances *attendances, uint64_t index)
{
    uint64_t number = (uint64_t)attendances->first_row + index;
    uint64_t every = (uint64_t)attendances->bad_every;
    Row row;

    put_person(row, (uint64_t)attendances->first_person + mix(number) % (uint64_t)attendances->people);
    put_stay(row, mix(number + (1ull << 41)));
    put_care(row, mix(number + (1ull << 42)));
    PUT(row, PROVIDER, "RVV");
    PUT(row, ATTENDANCE, "AT%08u", (unsigned)number);
    if (every > 0 && index % every == every / 2) {
        size_t fault = index / every % COUNT(faults);
        PUT(row, faults[fault].column, "%s", faults[fault].value);
    }
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        fprintf(out, "%s%c", row[i], i + 1 < COLUMN_COUNT ? ',' : '\n');
}

Result attendances_write(const Attendances *attendances, const char *path, Error *error)
{
    FILE *out = fopen(path, "w");

    if (out == NULL)
        return fail_errno(error, "%s", path);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        fprintf(out, "%s%c", names[i], i + 1 < COLUMN_COUNT ? ',' : '\n');
    for (int64_t index = 0; index < attendances->rows; index++)
        write_row(out, attendances, (uint64_t)index);
    return fclose(out) == 0 ? RESULT_OK : fail_errno(error, "%s", path);
}

Result attendances_pack(const char *packer, const char *path, const char *packed_path, Error *error)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        int out = open(packed_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (out >= 0 && dup2(out, STDOUT_FILENO) == STDOUT_FILENO)
            execlp(packer, packer, "-c", "-q", path, (char *)NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        return fail(error, ERROR_SYSTEM, "%s failed", packer);
    return RESULT_OK;
}

Result attendances_write_directory(const char *path, Error *error)
{
    FILE *out = fopen(path, "w");
    char postcode[16];

    if (out == NULL)
        return fail_errno(error, "%s", path);
    fprintf(out, "postcode,lsoa_code_2011,lsoa_code_2021\n");
    for (unsigned i = 0; i < POSTCODES; i++) {
        put_postcode(postcode, sizeof postcode, i);
        fprintf(out, "%s,E01%06u,E01%06u\n", postcode, 24000 + i / 30, 24000 + i / 30);
    }
    return fclose(out) == 0 ? RESULT_OK : fail_errno(error, "%s", path);
}

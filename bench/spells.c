#include "bench/spells.h"

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

/* In front of the price: what makes it no number. */
static const char *price_of(const Spells *spells, uint64_t row)
{
    bool is_bad = spells->bad_every > 0 && row % (uint64_t)spells->bad_every == 7;
    return is_bad ? "x" : "";
}

static void write_row(FILE *out, const Spells *spells, uint64_t row)
{
    static const char *const diagnoses[] = {"I10", "E119", "J449", "N390", "R074", "S7200", "K573"};
    uint64_t person = (uint64_t)spells->first_person + mix(row) % (uint64_t)spells->people;
    uint64_t p = mix(person + (1ull << 40)), r = mix(row + (1ull << 41));
    char number[11];

    nhs_number(person, number);
    fprintf(out, "SP%08u,RVV,%s,L%07u,%04u-%02u-%02u,%u,%c,CT%u %u%c%c,G%05u,", (unsigned)row, number,
            (unsigned)person, (unsigned)(1930 + p % 90), (unsigned)(1 + p / 90 % 12),
            (unsigned)(1 + p / 1080 % 28), (unsigned)(1 + p / 7 % 2), "ABCDH"[p % 5], (unsigned)(1 + p % 9),
            (unsigned)(p / 9 % 10), "ABDE"[p / 90 % 4], "FGHJ"[p / 360 % 4], (unsigned)(82000 + p % 200));
    fprintf(out, "%s,2026-06-%02u,%02u:%02u,1,2026-07-%02u,%u,AA%02uB,%s%u.%02u,%s,%s,\n",
            (const char *const[]){"21", "11", "22"}[r % 3], (unsigned)(1 + r % 30), (unsigned)(r / 30 % 24),
            (unsigned)(r / 720 % 60), (unsigned)(1 + r / 9 % 31), (unsigned)(1 + r % 40), (unsigned)(r % 90),
            price_of(spells, row), (unsigned)(300 + r % 5000), (unsigned)(r % 100), diagnoses[r % 5],
            diagnoses[r / 5 % 7 % 5]);
}

Result spells_write(const Spells *spells, const char *path, Error *error)
{
    FILE *out = fopen(path, "w");

    if (out == NULL)
        return fail_errno(error, "%s", path);
    fprintf(
        out,
        "hospital_provider_spell_number,provider_code,nhs_number_value,local_patient_identifier_value,"
        "person_birth_date,gender,ethnic_category,postcode,general_practice,admission_method,admission_date,"
        "admission_time,patient_classification,discharge_date,length_of_hospital_stay,core_hrg,final_price,"
        "primary_diagnosis,secondary_diagnosis_1,withheld_identity_reason\n");
    for (int64_t row = 0; row < spells->rows; row++)
        write_row(out, spells, (uint64_t)row);
    return fclose(out) == 0 ? RESULT_OK : fail_errno(error, "%s", path);
}

Result spells_pack(const char *packer, const char *path, const char *packed_path, Error *error)
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

Result spells_write_directory(const char *path, Error *error)
{
    FILE *out = fopen(path, "w");

    if (out == NULL)
        return fail_errno(error, "%s", path);
    fprintf(out, "postcode,lsoa_code_2011,lsoa_code_2021\n");
    for (unsigned i = 0; i < 9 * 10 * 16; i++)
        fprintf(out, "CT%u %u%c%c,E0102%04u,E0102%04u\n", 1 + i % 9, i / 9 % 10, "ABDE"[i / 90 % 4],
                "FGHJ"[i / 360 % 4], i, i);
    return fclose(out) == 0 ? RESULT_OK : fail_errno(error, "%s", path);
}

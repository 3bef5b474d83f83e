#include "synth/layouts.h"

/* Header names and their order are those of sources/NAME.yaml, which wins. */
static const char *const LSOA_COLUMNS[] = {
    "lsoa_code_2011", "lsoa_code_2021", "ward_code", "district_code", "district", "hcp",
};

static const char *const IMD_COLUMNS[] = {
    "lsoa_code_2011", "lsoa_name_2011", "la_code_2019", "la_name_2019", "imd_rank", "imd_decile",
};

static const char *const PRACTICE_COLUMNS[] = {
    "practice_code", "practice_name", "pcn_code", "hcp", "open_date", "close_date", "successor_code",
};

static const char *const PATIENT_LIST_COLUMNS[] = {
    "nhs_number",
    "family_name",
    "given_name",
    "date_of_birth",
    "gender",
    "address_line",
    "postcode",
    "uprn",
    "ethnic_category",
    "der_cqc_care_home_code",
    "primary_care_provider",
    "reason_for_removal",
    "death_status",
    "date_of_death",
    "business_effective_from",
    "business_effective_to",
};

static const char *const PATIENT_MERGER_COLUMNS[] = {
    "nhs_number",
    "superseded_nhs_number",
    "business_effective_from",
    "business_effective_to",
};

static const char *const OPT_OUT_COLUMNS[] = {
    "nhs_number",
    "decision",
    "list_date",
};

static const char *const COUNCIL_TAX_ACCOUNT_COLUMNS[] = {
    "ACCOUNT_REF",
    "UPRN",
    "LIABLE_PARTY_SURNAME",
    "LIABLE_PARTY_FORENAME",
    "ADDRESS",
    "POSTCODE",
    "BAND",
    "EXEMPTION_CLASS",
    "DISCOUNT_PERCENT",
    "LIABILITY_START",
    "LIABILITY_END",
    "ARREARS",
    "NI_NUMBER",
};

static const char *const APC_SPELL_COLUMNS[] = {
    "hospital_provider_spell_number",
    "provider_code",
    "nhs_number_value",
    "nhs_number_status",
    "local_patient_identifier_value",
    "person_birth_date",
    "gender",
    "ethnic_category",
    "postcode",
    "general_practice",
    "admission_method",
    "admission_source",
    "admission_date",
    "admission_time",
    "patient_classification",
    "intended_management",
    "discharge_method",
    "discharge_destination",
    "discharge_date",
    "length_of_hospital_stay",
    "core_hrg",
    "final_price",
    "main_specialty",
    "treatment_function",
    "primary_diagnosis",
    "secondary_diagnosis_1",
    "secondary_diagnosis_2",
    "primary_procedure",
    "withheld_identity_reason",
};

static const char *const EC_ATTENDANCE_COLUMNS[] = {
    "attendance_unique_identifier",
    "provider_code",
    "department_type",
    "nhs_number_value",
    "nhs_number_status",
    "local_patient_identifier_value",
    "person_birth_date",
    "gender",
    "ethnic_category",
    "postcode",
    "general_practice",
    "arrival_date",
    "arrival_time",
    "arrival_mode_code",
    "attendance_category",
    "chief_complaint_code",
    "acuity_code",
    "diagnosis_snomed",
    "discharge_destination_code",
    "ambulance_incident_number",
    "core_hrg",
    "final_price",
    "withheld_identity_reason",
};

static const char *const GP_EVENT_COLUMNS[] = {
    "observation_id", "nhs_number",      "patient_id",   "practice_code", "clinical_effective_date",
    "date_recorded",  "source_code",     "result_value", "units",         "episodicity",
    "is_problem",     "is_confidential", "is_deleted",
};

static const char *const SOCIAL_CARE_EVENT_COLUMNS[] = {
    "LA Code",
    "Reporting Period Start Date",
    "Reporting Period End Date",
    "NHS Number",
    "LA Person Unique Identifier",
    "First Name",
    "Last Name",
    "GP Practice Name",
    "GP Practice Code",
    "Gender",
    "Ethnicity",
    "Date of Birth",
    "Date of Death",
    "Client Type",
    "Primary Support Reason",
    "Postcode",
    "Accommodation Status",
    "Employment Status",
    "Has Unpaid Carer",
    "Autism Spectrum Disorder (ASD)",
    "Visual Impairment",
    "Hearing Impairment",
    "Dementia",
    "Client Funding Status",
    "Event Type",
    "Event Reference",
    "Event Start Date",
    "Event End Date",
    "Event Description",
    "Event Outcome",
    "Request: Route of Access",
    "Assessment Type",
    "Eligible Needs Identified",
    "Method of Assessment",
    "Total Hrs Caring per week",
    "No. of adults being cared for",
    "Adult 1 Linked Person_ID",
    "Adult 2 Linked Person_ID",
    "Adult 3 Linked Person_ID",
    "Service Type",
    "Service Component",
    "Delivery Mechanism",
    "Provider CQC Location Name",
    "Provider CQC Location ID",
    "Review Reason",
    "Review Outcomes Achieved",
    "Method of Review",
    "Unit Cost",
    "Cost Frequency (Unit Type)",
    "Planned units per week",
};

static const char *const FIRE_VISIT_COLUMNS[] = {
    "visit_reference", "uprn",          "occupier_name",       "address",
    "postcode",        "visit_date",    "age_group",           "lives_alone",
    "smoker_in_home",  "hearing_loss",  "mobility_impairment", "memory_impairment",
    "home_oxygen",     "alarms_fitted", "risk_level",
};

static const char *const DEATH_COLUMNS[] = {
    "mbism204id",    "nhs_number", "family_name", "given_name", "date_of_birth", "sex",     "postcode",
    "date_of_death", "dor",        "cestrss",     "icd10u",     "icd10_1",       "icd10_2", "icd10_3",
};

static const char *const TRUTH_COLUMNS[] = {
    "person_number", "nhs_number", "superseded_nhs_numbers", "birth_date",
    "date_of_death", "sex",        "ethnic_category",        "district",
    "smoking",       "conditions", "uprn_history",
};

static const char *const LINKS_COLUMNS[] = {
    "source", "delivery_path", "line_number", "person_number", "nhs_number_clean", "row_state",
};

static const char *const TRUTH_OPT_OUTS_COLUMNS[] = {
    "person_number",
    "nhs_number",
    "decision",
};

static const char *const CANARIES_COLUMNS[] = {
    "person_number",
    "kind",
    "identifier",
};

static const char *const DELIVERIES_COLUMNS[] = {
    "source", "sender", "period", "status", "path", "replace", "order",
};

static const char *const POSTCODE_DIRECTORY_COLUMNS[] = {
    "postcode",
    "lsoa_code_2011",
    "lsoa_code_2021",
};

const Layout LAYOUTS[SYNTH_SOURCE_COUNT] = {
    [SYNTH_LSOA] = {"lsoa", LSOA_COLUMNS, 6, "\n", ',', .damage_date = -1, .damage_code = -1},
    [SYNTH_IMD] = {"imd", IMD_COLUMNS, 6, "\n", ',', .damage_date = -1, .damage_code = -1},
    [SYNTH_PRACTICE] = {"practice", PRACTICE_COLUMNS, 7, "\n", ',', .damage_date = -1, .damage_code = -1},
    [SYNTH_PATIENT_LIST] = {"patient_list", PATIENT_LIST_COLUMNS, 16, "\n", ',', .damage_date = 14,
                            .damage_code = 8},
    [SYNTH_PATIENT_MERGER] = {"patient_merger", PATIENT_MERGER_COLUMNS, 4, "\n", ',', .damage_date = 2,
                              .damage_code = -1},
    [SYNTH_OPT_OUT] = {"opt_out", OPT_OUT_COLUMNS, 3, "\n", ',', .damage_date = -1, .damage_code = -1},
    [SYNTH_COUNCIL_TAX_ACCOUNT] = {"council_tax_account", COUNCIL_TAX_ACCOUNT_COLUMNS, 13, "\r\n", '|',
                                   .damage_date = 9, .damage_code = -1, .is_windows_1252 = true,
                                   .is_british_date = true},
    [SYNTH_APC_SPELL] = {"apc_spell", APC_SPELL_COLUMNS, 29, "\n", ',', .damage_date = 12, .damage_code = 10},
    [SYNTH_EC_ATTENDANCE] = {"ec_attendance", EC_ATTENDANCE_COLUMNS, 23, "\n", ',', .damage_date = 11,
                             .damage_code = 2},
    [SYNTH_GP_EVENT] = {"gp_event", GP_EVENT_COLUMNS, 13, "\n", ',', .damage_date = 4, .damage_code = -1},
    [SYNTH_SOCIAL_CARE_EVENT] = {"social_care_event", SOCIAL_CARE_EVENT_COLUMNS, 50, "\n", ',',
                                 .damage_date = 26, .damage_code = 24},
    [SYNTH_FIRE_VISIT] = {"fire_visit", FIRE_VISIT_COLUMNS, 15, "\n", ',', .damage_date = 5,
                          .damage_code = 14},
    [SYNTH_DEATH] = {"death", DEATH_COLUMNS, 14, "\n", ',', .damage_date = 7, .damage_code = 9},
};

const Layout LAYOUT_TRUTH = {"truth", TRUTH_COLUMNS, 11, "\n", ',', .damage_date = -1, .damage_code = -1};
const Layout LAYOUT_LINKS = {"links", LINKS_COLUMNS, 6, "\n", ',', .damage_date = -1, .damage_code = -1};
const Layout LAYOUT_TRUTH_OPT_OUTS = {"truth_opt_outs",  TRUTH_OPT_OUTS_COLUMNS, 3, "\n", ',',
                                      .damage_date = -1, .damage_code = -1};
const Layout LAYOUT_CANARIES = {"canaries",        CANARIES_COLUMNS, 3, "\n", ',',
                                .damage_date = -1, .damage_code = -1};
const Layout LAYOUT_DELIVERIES = {"deliveries",      DELIVERIES_COLUMNS, 7, "\n", ',',
                                  .damage_date = -1, .damage_code = -1};
const Layout LAYOUT_POSTCODE_DIRECTORY = {"postcode_directory", POSTCODE_DIRECTORY_COLUMNS, 3, "\n", ',',
                                          .damage_date = -1,    .damage_code = -1};

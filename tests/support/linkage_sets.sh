# shellcheck shell=bash
# linkage_sets SETS WORK: FEBRL 3 with its truth as a column (WORK/febrl3.csv), and the specs of it and of historical_50k
# (WORK/febrl.yaml, WORK/historical.yaml). Read by tests/conformance/linkage.sh and by bench/bench_link.sh.
linkage_sets() {
    local sets=$1 work=$2
    # febrl's truth is inside rec_id: rec-N-org and rec-N-dup-M are one person
    awk -F', *' -v OFS=', ' 'NR == 1 { sub(/\r$/, ""); print "person", $0; next } { split($1, part, "-"); print part[2], $0 }' \
        "$sets/febrl/febrl_dataset3.csv" >"$work/febrl3.csv"
    cat >"$work/febrl.yaml" <<'SPEC'
columns:
  - { name: given_name, kind: given_name }
  - { name: surname, kind: family_name }
  - { name: date_of_birth, kind: birth_date }
  - { name: street_number, kind: text }
  - { name: address_1, kind: address }
  - { name: address_2, kind: text }
  - { name: suburb, kind: text }
  - { name: postcode, kind: postcode }
  - { name: state, kind: text }
SPEC
    cat >"$work/historical.yaml" <<'SPEC'
columns:
  - { name: first_name, kind: given_name }
  - { name: surname, kind: family_name }
  - { name: dob, kind: birth_date }
  - { name: birth_place, kind: text }
  - { name: postcode_fake, kind: postcode }
  - { name: gender, kind: sex }
  - { name: occupation, kind: text }
SPEC
}

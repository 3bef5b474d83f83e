#!/usr/bin/env bash
# The hub key is rotated between two months: people, households and residences are those of a run without rotation, no
# token of the old key is left, and a rotation that was killed is finished without another version.
# KILLS (default 8) and SEED may be set; the seed is printed.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
kills=${KILLS:-8}
seed=${SEED:-$((RANDOM))}
printf 'rotation test: %d kills, SEED=%d\n' "$kills" "$seed"
RANDOM=$seed

county 600 3
list=$work/county/deliveries.csv
first_month=$(tail -n +2 "$list" | cut -d, -f3 | sort | head -n 1)
awk -F, -v month="$first_month" 'NR == 1 || $3 == month' "$list" >"$work/county/first.csv"
awk -F, -v month="$first_month" 'NR == 1 || $3 != month' "$list" >"$work/county/rest.csv"

# Subjects keep their numbers, so a person is named by the smallest one, and a household too.
cat >"$work/partition.sql" <<'SQL'
WITH person AS (
    SELECT subject_id, min(subject_id) OVER (PARTITION BY linkage.current_person(person_id)) AS name,
           linkage.current_person(person_id) AS person_id
      FROM linkage.link
), home AS (
    SELECT subject_id, min(subject_id) OVER (PARTITION BY household_id) AS name, household_id
      FROM linkage.subject_household
), line (line) AS (
    SELECT concat_ws(' ', 'person', subject_id, name) FROM person
    UNION ALL
    SELECT concat_ws(' ', 'home', subject_id, name) FROM home
    UNION ALL
    SELECT concat_ws(' ', 'residence', p.name, h.name, r.valid_from, r.valid_to)
      FROM linkage.residence AS r
      JOIN (SELECT DISTINCT person_id, name FROM person) AS p USING (person_id)
      JOIN (SELECT DISTINCT household_id, name FROM home) AS h USING (household_id)
    UNION ALL
    SELECT concat_ws(' ', 'subject', to_jsonb(s) - '{key_version,nhs_token,superseded_nhs_token,local_token,uprn_token,address_token}'::text[])
      FROM subjects.subject AS s
)
SELECT encode(sha256(convert_to(string_agg(line, E'\n' ORDER BY line COLLATE "C"), 'UTF8')), 'hex') || ' ' || count(*) FROM line
SQL
partition() { psql -X -qAt -v ON_ERROR_STOP=1 "$(cinque status --conninfo)" -f "$work/partition.sql"; }
versions() { cinque key list --format csv | tr -d '\r' | awk -F, '$1 == "hub" { printf "%s%s:%s", (n++ ? " " : ""), $2, $5 }'; }
subjects() { sql 'SELECT count(*) FROM subjects.subject'; }
load_and_link() { # list
    cinque load --deliveries "$work/county/$1.csv" >/dev/null 2>&1
    cinque link >/dev/null
}

data_folder plain
cp -a "$CINQUE_DATA/keyring" "$work/keyring"
load_and_link first
load_and_link rest
unrotated=$(partition)
expect "a run without rotation holds something" test "${unrotated##* }" -gt 3000
cinque stop

# ---- rotated between the months ----

data_folder rotated
rm -r "$CINQUE_DATA/keyring"
cp -a "$work/keyring" "$CINQUE_DATA/keyring"
load_and_link first
before=$(partition) held=$(subjects)
sql "SELECT DISTINCT encode(t, 'hex') FROM subjects.subject, unnest(ARRAY[nhs_token, superseded_nhs_token, local_token, uprn_token]) AS t
     WHERE t IS NOT NULL" >"$work/old_tokens"
dump_hits() { pg_dump -a "$(cinque status --conninfo)" 2>/dev/null | grep -cFf "$work/old_tokens" || true; }
expect "a dump shows the tokens of the first key" test "$(dump_hits)" -ge "$held"
expect_equal "all subjects are under version 1" "$(versions)" "1:$held"

cinque key rotate >/dev/null
expect_equal "all subjects are under version 2" "$(versions)" "1:0 2:$held"
expect_equal "rotating changes no subject, person, household or residence" "$(partition)" "$before"
expect_equal "no token of the first key is left in a dump" "$(dump_hits)" 0
expect_equal "there is nothing to resume" "$(cinque key rotate --resume)" "nothing to resume"
load_and_link rest
expect_equal "the next months link to the same people as without rotation" "$(partition)" "$unrotated"
held=$(subjects)
expect_equal "and are under version 2" "$(versions)" "1:0 2:$held"

# ---- killed on its last step ----

sql "CREATE FUNCTION public.planted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END';
     CREATE TRIGGER planted AFTER UPDATE ON subjects.hub_key EXECUTE FUNCTION public.planted()"
"$programs/cinque" key rotate >/dev/null 2>&1 &
program=$!
for ((wait = 0; wait < 100; wait++)); do
    [[ $(sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == 0 ]] || break
    sleep 0.1
done
kill -9 "$program"
wait "$program" 2>/dev/null || true
sql 'DROP TRIGGER planted ON subjects.hub_key' # waits for the session that was left behind
expect_equal "a rotation killed before its commit leaves all under the version before" "$(versions)" "1:0 2:$held 3:0"
refusal=$(cinque load --deliveries "$work/county/rest.csv" 2>&1 || true)
expect "loads wait until it is finished" grep -q 'finish with key rotate' <<<"$refusal"
cinque key rotate >/dev/null
expect_equal "rotating again finishes it and makes no other version" "$(versions)" "1:0 2:0 3:$held"
expect_equal "and everybody is who they were" "$(partition)" "$unrotated"

# ---- killed anywhere ----

milliseconds() { date +%s%3N; }
began=$(milliseconds)
cinque key rotate >/dev/null
duration=$(($(milliseconds) - began))
survived=0 struck=0
for ((kill = 1; kill <= kills; kill++)); do
    delay=$((RANDOM % (duration + 1)))
    "$programs/cinque" key rotate >/dev/null 2>&1 &
    program=$!
    sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
    if kill -9 "$program" 2>/dev/null; then struck=$((struck + 1)); fi
    wait "$program" 2>/dev/null || true
    cinque key rotate --resume >/dev/null
    current=$(cinque key list --format csv | tr -d '\r' | awk -F, '$1 == "hub" && $4 == "yes" { print $5 }')
    if [[ $current == "$held" && $(partition) == "$unrotated" ]]; then
        survived=$((survived + 1))
    else
        printf 'kill %d after %d ms: %s\n' "$kill" "$delay" "$(versions)"
    fi
done
printf '%d kills in up to %d ms, %d struck a living process\n' "$kills" "$duration" "$struck"
expect_equal "after every kill --resume leaves all under the current version" "$survived" "$kills"
cinque link >/dev/null
expect_equal "and linkage finds nobody new" "$(partition)" "$unrotated"
summary

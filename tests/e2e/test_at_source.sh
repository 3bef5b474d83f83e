#!/usr/bin/env bash
# A county's extracts, pseudonymised one by one where there is neither network nor data folder, and loaded as parcels: the
# database then holds what loading the extracts in clear gives, but for the hash of each file. Red when a parcel holds one
# value less, a token of another key or a small area of another directory.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
county 300 2
list=$work/county/deliveries.csv
content_of_loads() { # without the hash of the file that came
    sed "s/encode(l.content, 'hex'), //" "$top/tests/e2e/canonical.sql" >"$work/canonical.sql"
    psql -X -qAt -v ON_ERROR_STOP=1 "$(cinque status --conninfo)" -f "$work/canonical.sql" | tail -n 1
}

data_folder clear
cinque load --deliveries "$list" >"$work/clear.out" 2>&1 || true
expected=$(content_of_loads)
rows=$(sql 'SELECT coalesce(sum(rows_loaded), 0) FROM ingest.load')
cinque stop >/dev/null

# the hub: the same keys, and a pair for parcels; the provider: the regional key, the pair's public half, a key to sign with
data_folder hub
cp "$work"/clear/keyring/*.key "$CINQUE_DATA/keyring/"
parcels=$CINQUE_DATA/keyring/parcels
hub_print=$(cinque key parcels create | awk '{ print $2 }')
provider=$work/provider
mkdir -m 0700 "$provider"
cp "$CINQUE_DATA/keyring/regional.key" "$parcels/parcel.public" "$provider/"
(umask 077 && openssl genpkey -algorithm ed25519 -out "$provider/signing.pem")
openssl pkey -in "$provider/signing.pem" -pubout -out "$work/sender.pem"
expect_equal "both sides see the same key" "$(cinque key parcels show "$provider" | awk '{ print $2 }')" "$hub_print"

at_provider() { # no network, no data folder, nobody's environment
    unshare --net env -i "$programs/cinque" pseudonymise "$@"
}
head -n 1 "$list" >"$work/parcels.csv"
path_column=$(head -n 1 "$list" | tr -d '\r' | tr , '\n' | grep -n '^path$' | cut -d: -f1)
number=0 written=0
while IFS= read -r line; do
    number=$((number + 1))
    IFS=, read -r -a field <<<"${line%$'\r'}"
    path=${field[path_column - 1]:-}
    [[ -z $path ]] || field[path_column - 1]=$work/county/$path
    # Which numbers are one person's comes in clear alone.
    if [[ -n $path && ${field[0]} != patient_merger ]]; then
        cp "$work/sender.pem" "$parcels/${field[1]}.pem"
        if at_provider "${field[0]}" "$work/county/$path" --sender "${field[1]}" --period "${field[2]}" --keys "$provider" \
            --out "$work/$number.parcel" --postcodes "$work/county/reference/postcode_directory.csv" --edition 2026-05 \
            >>"$work/provider.out" 2>&1; then
            written=$((written + 1))
        fi
        field[path_column - 1]=$work/$number.parcel
    fi
    (IFS=, && printf '%s\n' "${field[*]}") >>"$work/parcels.csv"
done < <(tail -n +2 "$list")
expect "each extract becomes a parcel" test "$written" -gt 10
cinque load --deliveries "$work/parcels.csv" >"$work/hub.out" 2>&1 || true

expect "there are rows" test "$rows" -gt 1000
expect_equal "all rows are there" "$(sql 'SELECT coalesce(sum(rows_loaded), 0) FROM ingest.load')" "$rows"
expect_equal "the database holds what the extracts in clear give" "$(content_of_loads)" "$expected"
again=$(cinque load --deliveries "$work/parcels.csv" 2>&1 | grep -c duplicate || true)
expect "a parcel that comes again is known" test "$again" -gt 10
# Of a source that two send: both have an agreement and a key, so that nothing but the parcel itself is wrong.
IFS=, read -r source period other path < <(awk -F, -v at="$path_column" 'FNR > 1 && $at != "" {
    if ($1 in sender && sender[$1] != $2) { print $1 "," $3 "," $2 "," first[$1]; exit }
    sender[$1] = $2; first[$1] = $at }' "$work/parcels.csv")
cinque load "$source" "$path" --sender "$other" --period "$period" >"$work/refused.out" 2>&1 || true
expect "another sender's parcel is refused as such" grep -q 'parcel: .*another sender' "$work/refused.out"
expect_equal "and named once" "$(grep -oF "$path" "$work/refused.out" | wc -l)" 1
cinque stop >/dev/null
summary

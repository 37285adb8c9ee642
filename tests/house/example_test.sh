#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the built examples with a token made by the installed program.
# Usage: example_test.sh EXAMPLES PREFIX
set -eu
examples=$1 jwkeep=$2/bin/jwkeep
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

"$jwkeep" jwk generate --alg ES256 >key.json
printf '{"keys":[%s]}' "$("$jwkeep" jwk public <key.json)" >jwks.json
printf '{"iss":"https://issuer.example","aud":"api","exp":%s}' $(($(date +%s) + 600)) >claims.json
token=$("$jwkeep" jwt sign --key key.json <claims.json)

for kind in "" -static; do
    claims=$("$examples/verify_local$kind" jwks.json https://issuer.example api "$token")
    [ "$claims" = "$(cat claims.json)" ]
    if "$examples/verify_local$kind" jwks.json https://issuer.example other "$token" 2>no.txt; then
        echo "verify_local took a token for somebody else"
        exit 1
    fi
    grep -q audience no.txt
    if "$examples/verify_token$kind" http://127.0.0.1:1 api "$token" >no.txt; then
        echo "verify_token went to an issuer over plain http"
        exit 1
    fi
    grep -q '^no: ' no.txt
done
echo "the examples work"

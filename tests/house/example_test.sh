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

# An access token for a client with a key of its own, and that client's proof for one request.
"$jwkeep" jwk generate --alg ES256 >client.json
jkt=$("$jwkeep" jwk thumbprint <client.json)
bound=$("$jwkeep" jwt sign --key key.json --typ at+jwt --iss https://issuer.example --aud api \
    --sub alice --exp +600 --iat now --random-jti --claim client_id=app \
    --claim-json "cnf={\"jkt\":\"$jkt\"}" </dev/null)
digest=$(printf %s "$bound" | sha256sum | sed 's/ .*//; s/../\\x&/g')
ath=$(env printf %b "$digest" | base64 | tr '+/' '-_' | tr -d '=')
shown=$("$jwkeep" jwk public <client.json)
proof=$("$jwkeep" jwt sign --key client.json --no-kid --typ dpop+jwt --header-json "jwk=$shown" \
    --random-jti --iat now --claim htm=GET --claim htu=https://api.example/r --claim "ath=$ath" \
    </dev/null)

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
    answer=$("$examples/protect_resource$kind" jwks.json https://issuer.example api GET \
        https://api.example/r "DPoP $bound" "$proof")
    [ "$answer" = "200 alice" ]
    for wrong in "GET|Bearer $bound" "GET|DPoP $bound" "PUT|DPoP $bound|$proof" "GET|Bearer a b"; do
        printf %s "$wrong" | tr '|' '\n' >wrong.txt
        if "$examples/protect_resource$kind" jwks.json https://issuer.example api \
            "$(sed -n 1p wrong.txt)" https://api.example/r "$(sed -n 2p wrong.txt)" \
            "$(sed -n 3p wrong.txt)" >no.txt; then
            echo "protect_resource took $wrong"
            exit 1
        fi
        grep -q '^40[01] ' no.txt
    done
done
echo "the examples work"

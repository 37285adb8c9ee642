#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the built examples on good and bad input: tokens made by the installed program, and its
# test issuers. Usage: example_test.sh EXAMPLES PREFIX
set -eu
examples=$1 jwkeep=$2/bin/jwkeep
scratch=$(mktemp -d)
running=
stop() {
    # shellcheck disable=SC2086
    [ -z "$running" ] || kill $running
    rm -rf "$scratch"
}
trap stop EXIT
cd "$scratch"

fail() {
    echo "$*"
    exit 1
}

# The command refuses: exit status 1 and, on standard output or error, the words.
refuses() {
    words=$1 status=0
    shift
    "$@" >no.txt 2>&1 || status=$?
    [ "$status" = 1 ] || fail "status $status of: $*"
    grep -q -- "$words" no.txt || fail "not '$words' but '$(cat no.txt)' from: $*"
}

# Starts a test issuer that writes its address to the file, and waits for it.
start_issuer() {
    "$jwkeep" dev-issuer --listen 127.0.0.1:0 --ready-file "$1" >"$1.log" 2>&1 &
    running="$running $!"
    tries=0
    until [ -s "$1" ]; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || fail "the test issuer does not start: $(cat "$1.log")"
        sleep 0.1
    done
}

address_in() {
    sed 's/.*"\(127\.0\.0\.1:[0-9]*\)".*/http:\/\/\1/' "$1"
}

# A token of the issuer: field=value…
token_of() {
    where=$1
    shift
    for field in "$@"; do
        set -- "$@" -d "$field"
        shift
    done
    curl -sS "$@" "$where/token" | sed 's/.*"access_token":"\([^"]*\)".*/\1/'
}

"$jwkeep" jwk generate --alg ES256 >key.json
"$jwkeep" jwk public <key.json >public.json
printf '{"keys":[%s]}' "$(cat public.json)" >jwks.json
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

# A key whose private half only openssl has, and one of RSA for what came from libjwt.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out device.pem 2>openssl.txt
openssl pkey -in device.pem -pubout -out device-public.pem
"$jwkeep" jwk convert device-public.pem --to jwk >device.json
"$jwkeep" jwk convert public.json --to pem >other-public.pem
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem 2>openssl.txt
openssl pkey -in rsa.pem -pubout -out rsa-public.pem
"$jwkeep" jwk convert rsa.pem --to jwk >rsa.json
signed=$("$jwkeep" jwt sign --key rsa.json --alg RS256 --iss https://issuer.example --sub alice \
    --exp +600 </dev/null)
endless=$("$jwkeep" jwt sign --key rsa.json --alg RS256 --iss https://issuer.example --sub alice \
    </dev/null)

custom() {
    "$jwkeep" jwt sign --key key.json --sub alice --exp +600 "$@" </dev/null
}
editor=$(custom --claim scope="read write" --claim tenant=blue --claim-json 'roles=["editor"]' \
    --claim-json verified=true --claim-json limit=100)
visitor=$(custom --claim scope=read --claim tenant=red --claim-json 'roles=[]' \
    --claim verified=true --claim-json limit=100)

start_issuer one.json
start_issuer two.json
one=$(address_in one.json) two=$(address_in two.json)

# A receiver that answers by the path (/200 with 200), and writes down what came.
cat >receiver.py <<'END'
import http.server, sys
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        print(self.headers["webhook-id"], body, file=sys.stderr, flush=True)
        self.send_response(int(self.path[1:]))
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
END
/usr/bin/python3 receiver.py >receiver.txt 2>>received.txt &
running="$running $!"
until [ -s receiver.txt ]; do sleep 0.1; done
receiver=$(cat receiver.txt)
secret="whsec_$(openssl rand -base64 32)"

for kind in "" -static; do
    run() {
        name=$1
        shift
        "$examples/$name$kind" "$@"
    }

    claims=$(run verify_local jwks.json https://issuer.example api "$token")
    [ "$claims" = "$(cat claims.json)" ] || fail "verify_local: $claims"
    refuses audience run verify_local jwks.json https://issuer.example other "$token"
    refuses '^no: ' run verify_token http://127.0.0.1:1 api "$token" # plain http

    made=$(run sign_token key.json https://issuer.example api alice)
    run verify_local jwks.json https://issuer.example api "$made" |
        grep -q '"sub":"alice".*"scope":"read write","roles":\["editor","author"\]' ||
        fail "sign_token: $made"
    refuses '^no token: .*private' run sign_token public.json https://issuer.example api alice
    refuses '^no token: ' run sign_token nothing.json https://issuer.example api alice
    refuses '^no token: sub: ' run sign_token key.json i api "$(printf '\377')"

    made=$(run sign_device device-public.pem ES256 openssl pkeyutl -sign -inkey device.pem \
        <claims.json)
    printf %s "$made" | "$jwkeep" jwt verify --key device.json --aud api >claims.txt
    grep -q issuer.example claims.txt || fail "sign_device: $made"
    refuses '^sign_device: .*verify' run sign_device other-public.pem ES256 \
        openssl pkeyutl -sign -inkey device.pem <claims.json
    refuses '^sign_device: ' run sign_device device-public.pem ES256 false <claims.json
    refuses '^sign_device: ' run sign_device device-public.pem ES256 head -c 2000 /dev/zero \
        <claims.json

    [ "$(run rotate_keys)" = "started: 1 keys; before: holds
announced: 2 keys; before: holds
in use: 2 keys; before: holds; after: holds
retired: 1 keys; before: no key has this \`kid\`; after: holds" ] || fail "$(run rotate_keys)"

    [ "$(run custom_claims jwks.json 100 "$editor")" = yes ] || fail "custom_claims"
    refuses '^no: limit: ' run custom_claims jwks.json 101 "$editor"
    refuses '^no: tenant: ' run custom_claims jwks.json 100 "$visitor"
    for what in roles verified scope; do
        grep -q "^no: $what: " no.txt || fail "custom_claims says nothing of $what: $(cat no.txt)"
    done
    refuses '^no: the signature' run custom_claims jwks.json 100 "${editor%????}AAAA"

    [ "$(run from_libjwt rsa-public.pem https://issuer.example "$signed")" = alice ] ||
        fail "from_libjwt"
    refuses issuer run from_libjwt rsa-public.pem https://other.example "$signed"
    refuses required run from_libjwt rsa-public.pem https://issuer.example "$endless"
    refuses algorithm run from_libjwt rsa-public.pem https://issuer.example "$token"

    of_one=$(token_of "$one" sub=alice aud=api) of_two=$(token_of "$two" sub=bob aud=shop)
    for_both=$(token_of "$one" sub=eve aud=shop)
    printf '%s\n%s\n' "$of_one" "$of_two" >good.txt
    said=$(run several_issuers "$one" api "$two" shop <good.txt)
    [ "$said" = "yes: alice of $one
yes: bob of $two" ] || fail "several_issuers: $said"
    printf '%s\n%s\n%s\n' "$for_both" "$token" "${of_one%????}AAAA" >bad.txt
    refuses '^no: the token is for another audience' run several_issuers "$one" api "$two" shop \
        <bad.txt
    [ "$(grep -c '^no: ' no.txt)" = 3 ] || fail "several_issuers: $(cat no.txt)"

    seq 300 | sed "s|.*|$token|" >again.txt
    said=$(run many_tokens jwks.json https://issuer.example api <again.txt)
    [ "$said" = "300 tokens: 300 pass, 299 of them remembered; 0 do not" ] || fail "many_tokens: $said"
    { cat again.txt && printf '%s\n%s' "${token%????}AAAA" "$token"; } >damaged.txt
    refuses '^line 301: ' run many_tokens jwks.json https://issuer.example api <damaged.txt
    grep -q '^302 tokens: 301 pass, 300 of them remembered; 1 do not$' no.txt ||
        fail "many_tokens: $(cat no.txt)"
    refuses '^cannot start: ' run many_tokens nothing.json https://issuer.example api <again.txt
    refuses '^cannot start: ' run many_tokens claims.json https://issuer.example api <again.txt
    head -c 70000000 /dev/zero >endless.txt
    refuses '^cannot start: more than' run many_tokens jwks.json https://issuer.example api \
        <endless.txt

    seq 300 | sed "s|.*|$of_one|" >many.txt # more than may wait at a time
    run event_loop "$one" api <many.txt >said.txt || fail "event_loop: $(head said.txt)"
    [ "$(sort -n said.txt | sed -n '$p')" = "300 yes: alice" ] || fail "$(tail -3 said.txt)"
    [ "$(grep -c ' yes: alice$' said.txt)" = 300 ] || fail "event_loop: $(sort said.txt | uniq -c)"
    printf '%s\n%s' "$of_one" "$of_two" >mixed.txt
    refuses '^2 no: ' run event_loop "$one" api <mixed.txt
    grep -q '^1 yes: alice' no.txt || fail "event_loop: $(cat no.txt)"
    head -c 40000 /dev/zero | tr '\0' a >long.txt
    refuses '^1 no: the token is too large' run event_loop "$one" api <long.txt
    refuses '^1 cannot tell: ' run event_loop http://127.0.0.1:1 api <<-END
		$("$jwkeep" jwt sign --key key.json --iss http://127.0.0.1:1 --aud api --exp +60 </dev/null)
	END

    "$examples/small_server$kind" 0 "$one" api >"server$kind.txt" &
    running="$running $!"
    until [ -s "server$kind.txt" ]; do sleep 0.1; done
    server=$(cat "server$kind.txt")
    ask() {
        curl -sS --path-as-is -w '%{http_code}' "$@" "$server/"
    }
    [ "$(ask -H "Authorization: Bearer $of_one")" = "hello alice
200" ] || fail "small_server"
    [ "$(ask)" = 401 ] || fail "small_server: no token"
    [ "$(ask -H "Authorization: Bearer $of_two")" = 401 ] || fail "small_server: another issuer"
    [ "$(ask -H "Authorization: Bearer a b")" = 400 ] || fail "small_server: no token68"
    [ "$(ask -H "Authorization: Bearer $of_one" -H "authorization: Bearer $of_one")" = 400 ] ||
        fail "small_server: two tokens"
    [ "$(ask --data-binary "$(printf 'x\r\nAuthorization: Bearer %s\r\n\r\n' "$of_one")")" = 401 ] ||
        fail "small_server took a token out of the body"

    answer=$(run protect_resource jwks.json https://issuer.example api GET \
        https://api.example/r "DPoP $bound" "$proof")
    [ "$answer" = "200 alice" ] || fail "protect_resource: $answer"
    refuses '^cannot start: ' run protect_resource nothing.json https://issuer.example api GET \
        https://api.example/r "DPoP $bound" "$proof"
    for wrong in "GET|Bearer $bound" "GET|DPoP $bound" "PUT|DPoP $bound|$proof" "GET|Bearer a b"; do
        printf %s "$wrong" | tr '|' '\n' >wrong.txt
        refuses '^40[01] ' run protect_resource jwks.json https://issuer.example api \
            "$(sed -n 1p wrong.txt)" https://api.example/r "$(sed -n 2p wrong.txt)" \
            "$(sed -n 3p wrong.txt)"
    done

    : >received.txt
    said=$(run tell_receiver "$one" "$receiver/200" "$secret" </dev/null)
    [ "$said" = "4 told, 0 given up, 0 left" ] || fail "tell_receiver: $said"
    [ "$(grep -c '^evt_[1-4] {"type":"key_added","thumbprint":"' received.txt)" = 4 ] ||
        fail "tell_receiver: $(cat received.txt)"
    refuses '^not delivered: evt_1 after 1 attempts' run tell_receiver "$one" "$receiver/404" \
        "$secret" </dev/null
    grep -q '^0 told, 4 given up, 0 left' no.txt || fail "tell_receiver: $(cat no.txt)"
    refuses '^no webhook: secret: ' run tell_receiver "$one" "$receiver/200" plain </dev/null
    refuses '^no webhook: url: ' run tell_receiver "$one" http://receiver.example/ "$secret" \
        </dev/null
    refuses '^http://127.0.0.1:1: ' run tell_receiver http://127.0.0.1:1 "$receiver/200" \
        "$secret" </dev/null
done
echo "the examples work"

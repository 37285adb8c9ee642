/* SPDX-License-Identifier: Apache-2.0
 *
 * JWS in JSON serialization under the keys of the RFCs' examples: whatever the text, what holds
 * is one of the examples' payloads, under one of their protected headers; a token that does not
 * hold shows nothing; and a stream, which reads the same texts, never holds for another
 * payload. (The second valid signature that ECDSA has for every one is beyond a fuzzer's
 * arithmetic.) */
#include "../tests/unit/jose/vectors.h"
#include <jwkeep/jws_stream.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_WRITTEN (1u << 18)

static const char keys_json[] =
    "{\"keys\":[" RFC7517_A3_HMAC "," RFC7515_A2_KEY "," RFC7515_A3_KEY "," RFC7515_A4_KEY
    "," RFC8037_A2 ",{" RFC7520_RSA_PUBLIC "},{" RFC7520_EC_PUBLIC "}," RFC7520_HMAC
    ",{\"kid\":\"2010-12-29\"," RFC7515_A2_MEMBERS
    "},{\"kid\":\"e9bc097a-ce51-4036-9562-d2ade882db0d\"," RFC7515_A3_MEMBERS "}]}";

/* What the examples' owners signed: payload and protected header. */
static const struct {
    const char *payload;
    const char *header;
} signed_once[] = {
    {RFC7515_PAYLOAD_TEXT, "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}"},
    {RFC7515_PAYLOAD_TEXT, "{\"alg\":\"RS256\"}"},
    {RFC7515_PAYLOAD_TEXT, "{\"alg\":\"ES256\"}"},
    {"Payload", "{\"alg\":\"ES512\"}"},
    {RFC8037_PAYLOAD_TEXT, "{\"alg\":\"EdDSA\"}"},
    {RFC7520_PAYLOAD_TEXT, "{\"alg\":\"RS256\",\"kid\":\"bilbo.baggins@hobbiton.example\"}"},
    {RFC7520_PAYLOAD_TEXT, "{\"alg\":\"PS384\",\"kid\":\"bilbo.baggins@hobbiton.example\"}"},
    {RFC7520_PAYLOAD_TEXT, "{\"alg\":\"ES512\",\"kid\":\"bilbo.baggins@hobbiton.example\"}"},
    {RFC7520_PAYLOAD_TEXT,
     "{\"alg\":\"HS256\",\"kid\":\"018c0ae5-4d9b-471b-bfd6-eef314bc7037\"}"},
    {RFC7520_PAYLOAD_TEXT, "{\"alg\":\"HS256\"}"},
    {RFC7520_PAYLOAD_TEXT, "{\"alg\":\"RS256\"}"},
    {RFC7797_PAYLOAD_TEXT, "{\"alg\":\"HS256\"}"},
    {RFC7797_PAYLOAD_TEXT, "{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}"},
};

static void require(bool is_true) {
    if (!is_true)
        abort();
}

static const jwkeep_keyset *fixed_keys(void) {
    static jwkeep_keyset *keys;
    if (!keys)
        require(jwkeep_keyset_parse(jwkeep_span_text(keys_json), NULL, &keys, NULL, NULL) ==
                JWKEEP_OK);
    return keys;
}

static bool was_signed(jwkeep_span payload, jwkeep_span header) {
    for (size_t i = 0; i < sizeof signed_once / sizeof signed_once[0]; i++)
        if (jwkeep_span_equals(payload, jwkeep_span_text(signed_once[i].payload)) &&
            jwkeep_span_equals(header, jwkeep_span_text(signed_once[i].header)))
            return true;
    return false;
}

static void check_signatures(const jwkeep_jws_json *verified, bool is_met) {
    size_t held = 0;
    jwkeep_jws_signature each;
    for (size_t i = 0; jwkeep_jws_json_at(verified, i, &each) == JWKEEP_OK; i++) {
        bool holds = each.error.code == JWKEEP_OK;
        held += holds;
        require(holds == (each.key != NULL));
        require((holds && is_met) == jwkeep_span_is_present(each.header));
        require(holds || jwkeep_code_class(each.error.code) == JWKEEP_CLASS_REJECTED);
        require(!is_met || !holds ||
                was_signed(jwkeep_jws_json_payload(verified), each.header));
    }
    require(!is_met || held > 0);
}

static bool verify(jwkeep_span token, jwkeep_jws_demand demand, jwkeep_span detached) {
    static jwkeep_jws_json *verified; /* used again and again, as a server would */
    if (!verified)
        require(jwkeep_jws_json_new(&verified, NULL) == JWKEEP_OK);
    jwkeep_jws_options options = {.keys = fixed_keys(), .detached = detached};
    jwkeep_jws_policy policy = {.demand = demand};
    jwkeep_error error = {.code = JWKEEP_OK, .offset = JWKEEP_NO_OFFSET};
    jwkeep_code code = jwkeep_jws_json_verify(token, &options, &policy, verified, &error);
    require(code == error.code);
    require(code == JWKEEP_OK || jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED);
    require(error.offset == JWKEEP_NO_OFFSET || error.offset <= token.size);
    require((code == JWKEEP_OK) == jwkeep_span_is_present(jwkeep_jws_json_payload(verified)));
    check_signatures(verified, code == JWKEEP_OK);
    return code == JWKEEP_OK;
}

static bool stream(jwkeep_span token, jwkeep_span payload) {
    jwkeep_jws_options options = {.keys = fixed_keys()};
    jwkeep_jws_stream *opened = NULL;
    jwkeep_code code = jwkeep_jws_stream_begin_verify(token, JWKEEP_JWS_FORM_FLATTENED,
                                                      &options, &opened, NULL);
    require((code == JWKEEP_OK) == (opened != NULL));
    if (code)
        return false;
    require(jwkeep_jws_stream_feed(opened, payload, NULL) == JWKEEP_OK);
    code = jwkeep_jws_stream_finish_verify(opened, NULL, NULL, NULL);
    jwkeep_jws_stream_free(opened);
    return code == JWKEEP_OK;
}

/* Whatever verifies can be looked at as well. */
static void look(jwkeep_span token, bool is_good) {
    jwkeep_buffer headers;
    jwkeep_buffer payload;
    jwkeep_buffer_init(&headers, MAX_WRITTEN);
    jwkeep_buffer_init(&payload, MAX_WRITTEN);
    jwkeep_code code = jwkeep_jws_json_decode_insecure(token, NULL, &headers, &payload, NULL);
    require(!is_good || code == JWKEEP_OK);
    require(code == JWKEEP_OK || (headers.size == 0 && payload.size == 0));
    jwkeep_buffer_done(&headers);
    jwkeep_buffer_done(&payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    jwkeep_span token = {data, size};
    jwkeep_span detached = JWKEEP_SPAN(RFC7797_PAYLOAD_TEXT);
    bool is_any = verify(token, JWKEEP_JWS_DEMAND_ANY, JWKEEP_SPAN_NONE);
    bool is_all = verify(token, JWKEEP_JWS_DEMAND_ALL, JWKEEP_SPAN_NONE);
    require(is_any || !is_all);
    bool is_detached = verify(token, JWKEEP_JWS_DEMAND_ALL, detached);
    require(!stream(token, detached) || is_detached);
    require(!stream(token, JWKEEP_SPAN("another")));
    look(token, is_all);
    return 0;
}

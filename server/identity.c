/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the identity headers and the room they share. */
#include "server/identity.h"
#include "server/http/characters.h"

#define FIELD_BYTES(name) (strlen(name) + 4) /* ": " and CRLF */

size_t identity_head_bytes(const server_policy *policy) {
    size_t bytes = FIELD_BYTES(policy->subject_header) + FIELD_BYTES(policy->issuer_header) +
                   FIELD_BYTES(policy->scope_header);
    if (policy->claims_header)
        bytes += FIELD_BYTES(policy->claims_header);
    for (size_t i = 0; i < policy->returned_count; i++)
        bytes += FIELD_BYTES(policy->returned[i].header);
    return bytes;
}

/* What is being sent. `room` is for values: that of the names is set aside, so that a long
 * value never takes the place of another header. */
typedef struct sending {
    http_response *response;
    size_t room;
    size_t dropped;
} sending;

static void send_value(sending *it, const char *name, jwkeep_span value, size_t max_bytes) {
    if (value.size <= max_bytes && value.size <= it->room &&
        http_response_try_field(it->response, name, value)) {
        it->room -= value.size;
        return;
    }
    it->dropped++;
    http_response_field(it->response, name, "");
}

/* A string's characters; of anything else its JSON. */
static jwkeep_span text_of(const jwkeep_json *claim) {
    switch (jwkeep_json_type_of(claim)) {
    case JWKEEP_JSON_NULL:
        return JWKEEP_SPAN_NONE;
    case JWKEEP_JSON_STRING:
        return jwkeep_json_string(claim);
    case JWKEEP_JSON_BOOLEAN:
    case JWKEEP_JSON_NUMBER:
    case JWKEEP_JSON_ARRAY:
    case JWKEEP_JSON_OBJECT:
        break;
    }
    return jwkeep_json_raw(claim);
}

static jwkeep_span scope_of(const jwkeep_token *token) {
    jwkeep_span scope = JWKEEP_SPAN_NONE;
    if (!token || jwkeep_token_claim_string(token, "scope", &scope) != JWKEEP_OK)
        return JWKEEP_SPAN_NONE;
    return scope;
}

size_t identity_send(const server_policy *policy, const jwkeep_token *token, jwkeep_span claims,
                     http_response *response) {
    size_t head = identity_head_bytes(policy);
    size_t room = sizeof response->fields - response->field_bytes;
    sending it = {.response = response, .room = room > head ? room - head : 0};
    send_value(&it, policy->subject_header,
               token ? jwkeep_token_subject(token) : JWKEEP_SPAN_NONE,
               IDENTITY_MAX_VALUE_BYTES);
    send_value(&it, policy->issuer_header,
               token ? jwkeep_token_issuer(token) : JWKEEP_SPAN_NONE, IDENTITY_MAX_VALUE_BYTES);
    send_value(&it, policy->scope_header, scope_of(token), IDENTITY_MAX_VALUE_BYTES);
    for (size_t i = 0; i < policy->returned_count; i++) {
        const policy_claim *returned = &policy->returned[i];
        const jwkeep_json *claim =
            token ? jwkeep_json_member(jwkeep_token_claims(token), returned->claim) : NULL;
        send_value(&it, returned->header, text_of(claim), IDENTITY_MAX_VALUE_BYTES);
    }
    if (policy->claims_header)
        send_value(&it, policy->claims_header, token ? claims : JWKEEP_SPAN_NONE, it.room);
    return it.dropped;
}

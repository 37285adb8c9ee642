/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the codes, their classes and the error record. Every function that can fail returns a
 * jwkeep_code and takes, as its last argument, a jwkeep_error that it fills in when it fails.
 *
 * A failing function leaves its outputs as they were. The record may be NULL where the code
 * is enough. Nothing in a record is allocated, and nothing in it comes from the input. */
#ifndef JWKEEP_ERROR_H
#define JWKEEP_ERROR_H

#include <jwkeep/attributes.h>
#include <stddef.h>
#include <stdint.h>

JWKEEP_BEGIN

/* What kind of failure a code is. An HTTP status or an exit status follows from the class
 * alone: rejected 401 / 1, key unavailable and transport 503 / 3, misuse and internal
 * 500 / 4. Values are never renumbered. */
typedef enum jwkeep_class {
    JWKEEP_CLASS_OK = 0,              /* success, pending, conflict, not found */
    JWKEEP_CLASS_REJECTED = 1,        /* the input is bad: a token, a key, a set */
    JWKEEP_CLASS_KEY_UNAVAILABLE = 2, /* the input may be good, the keys cannot be had */
    JWKEEP_CLASS_TRANSPORT = 3,       /* a download failed */
    JWKEEP_CLASS_MISUSE = 4,          /* the caller broke a promise of the interface */
    JWKEEP_CLASS_INTERNAL = 5         /* memory, the crypto library, the system */
} jwkeep_class;

/* The class of a code is code / 1000. Values are never renumbered. */
typedef enum jwkeep_code {
    JWKEEP_OK = 0,
    JWKEEP_PENDING = 1,   /* the answer comes later, through the callback */
    JWKEEP_CONFLICT = 2,  /* somebody else changed it first: look again */
    JWKEEP_NOT_FOUND = 3, /* there is no such member, key or value */

    /* Rejected: encodings */
    JWKEEP_TOKEN_MALFORMED = 1000,   /* not three segments, an empty one, a stray byte */
    JWKEEP_TOKEN_TOO_LARGE = 1001,   /* over max_token_bytes */
    JWKEEP_BASE64URL_INVALID = 1002, /* alphabet, padding, length, trailing bits */
    JWKEEP_JSON_SYNTAX = 1003,       /* not a JSON text of RFC 8259 */
    JWKEEP_JSON_UTF8 = 1004,         /* not UTF-8, or a lone surrogate */
    JWKEEP_JSON_DUPLICATE = 1005,    /* a member name appears twice */
    JWKEEP_JSON_TOO_DEEP = 1006,     /* over max_json_depth */
    JWKEEP_JSON_TOO_LARGE = 1007,    /* over max_json_values */
    JWKEEP_JSON_TYPE = 1008,         /* a value of another type than asked for */
    JWKEEP_JSON_RANGE = 1009,        /* a number outside the range asked for */

    /* Rejected: headers */
    JWKEEP_HEADER_INVALID = 1100, /* a header parameter of the wrong type */
    JWKEEP_ALG_MISSING = 1101,
    JWKEEP_ALG_NONE = 1102, /* `none`, in any spelling */
    JWKEEP_ALG_UNSUPPORTED = 1103,
    JWKEEP_ALG_NOT_ALLOWED = 1104,  /* supported, but not in the caller's list */
    JWKEEP_CRIT_INVALID = 1105,     /* empty, duplicated, naming a standard parameter */
    JWKEEP_CRIT_UNSUPPORTED = 1106, /* names an extension that is not understood */
    JWKEEP_TYP_MISMATCH = 1107,
    JWKEEP_KID_TOO_LONG = 1108,         /* over max_kid_bytes */
    JWKEEP_KID_MISSING = 1109,          /* and the caller asked for one */
    JWKEEP_HEADER_UNPROTECTED = 1110,   /* `alg`, `crit` or `b64` in an unprotected header */
    JWKEEP_HEADER_REPEATED = 1111,      /* a name in the protected and the unprotected one */
    JWKEEP_JWS_JSON_INVALID = 1112,     /* not a JWS in flattened or general serialization */
    JWKEEP_TOO_MANY_SIGNATURES = 1113,  /* over max_signatures, or more than one in a stream */
    JWKEEP_PAYLOAD_MISSING = 1114,      /* the token has none and the caller gave none */
    JWKEEP_PAYLOAD_NOT_DETACHED = 1115, /* the token has one and the caller gave one */
    JWKEEP_PAYLOAD_UNENCODABLE = 1116,  /* `b64` false: a dot in a compact token; not UTF-8 */
    JWKEEP_B64_INCONSISTENT = 1117,     /* signatures of one token differ in `b64` */
    JWKEEP_EXTENSION_REFUSED = 1118,    /* the caller's judge of a critical extension said no */

    /* Rejected: choosing and using a key */
    JWKEEP_KID_UNKNOWN = 1200,       /* no key of the set has it, after a fresh look */
    JWKEEP_KEY_ALG_MISMATCH = 1201,  /* a key was found, but it is not for this `alg` */
    JWKEEP_KEY_USE_FORBIDDEN = 1202, /* `use` or `key_ops` of the key say no */
    JWKEEP_SIGNATURE_INVALID = 1203,
    JWKEEP_SIGNATURES_UNMET = 1204,      /* of several, not those that the policy asks for */
    JWKEEP_EMBEDDED_KEY_MISSING = 1205,  /* a key was pinned, and the header has no `jwk` */
    JWKEEP_EMBEDDED_KEY_MISMATCH = 1206, /* `jwk` is another key than the pinned one */
    JWKEEP_ALG_NOT_STREAMABLE = 1207,    /* EdDSA needs the whole message at once */

    /* Rejected: claims */
    JWKEEP_CLAIMS_INVALID = 1300, /* the payload is not a JSON object */
    JWKEEP_CLAIM_MISSING = 1301,
    JWKEEP_CLAIM_TYPE = 1302, /* a claim of the wrong type or range */
    JWKEEP_TOKEN_EXPIRED = 1303,
    JWKEEP_TOKEN_NOT_YET_VALID = 1304,
    JWKEEP_TOKEN_ISSUED_IN_FUTURE = 1305,
    JWKEEP_TOKEN_TOO_OLD = 1306,
    JWKEEP_ISSUER_MISMATCH = 1307,
    JWKEEP_ISSUER_UNKNOWN = 1308, /* the verifier has no such issuer */
    JWKEEP_AUDIENCE_MISMATCH = 1309,
    JWKEEP_SUBJECT_MISMATCH = 1310,
    JWKEEP_JTI_MISMATCH = 1311,
    JWKEEP_CLAIM_MISMATCH = 1312,     /* a claim is none of the values the rules ask for */
    JWKEEP_SCOPE_INSUFFICIENT = 1313, /* `scope` lacks one that is required */
    JWKEEP_VALIDATOR_REFUSED = 1314,  /* a check of the caller's own said no */
    JWKEEP_AZP_MISMATCH = 1315,
    JWKEEP_NONCE_MISMATCH = 1316,
    JWKEEP_AUTH_TOO_OLD = 1317,     /* `auth_time` is too long ago */
    JWKEEP_HASH_MISMATCH = 1318,    /* `at_hash` or `c_hash` is of something else */
    JWKEEP_TOKEN_NESTED = 1319,     /* the payload is a token, and that is not allowed here */
    JWKEEP_NESTING_TOO_DEEP = 1320, /* over max_nesting */
    JWKEEP_CLIENT_MISMATCH = 1321,  /* `client_id` is not the expected one */

    /* Rejected: HTTP requests */
    JWKEEP_HTTP_TOKEN_MISSING = 1322,
    JWKEEP_HTTP_TOKEN_REPEATED = 1323,  /* more than one, in one place or several */
    JWKEEP_HTTP_TOKEN_MALFORMED = 1324, /* not a token68, or a broken escape */

    /* Rejected: proofs of possession */
    JWKEEP_DPOP_MISSING = 1325,
    JWKEEP_DPOP_REPEATED = 1326,
    JWKEEP_DPOP_KEY_INVALID = 1327, /* no `jwk` in the header, a private one, or no key */
    JWKEEP_DPOP_METHOD_MISMATCH = 1328,
    JWKEEP_DPOP_URL_MISMATCH = 1329,
    JWKEEP_DPOP_NONCE_MISMATCH = 1330,
    JWKEEP_DPOP_HASH_MISMATCH = 1331,       /* `ath` is of another access token */
    JWKEEP_REPLAYED = 1332,                 /* this proof was seen before */
    JWKEEP_REPLAY_MEMORY_FULL = 1333,       /* whether it was seen before cannot be told */
    JWKEEP_CONFIRMATION_MISSING = 1334,     /* the token is not bound, or nothing was shown */
    JWKEEP_CONFIRMATION_MISMATCH = 1335,    /* the token is bound to another key */
    JWKEEP_CONFIRMATION_UNSUPPORTED = 1336, /* bound in a way that is not understood */

    /* Rejected: keys and key sets */
    JWKEEP_JWK_INVALID = 1400, /* not a JSON object, or a member of the wrong type */
    JWKEEP_JWK_MEMBER_MISSING = 1401,
    JWKEEP_JWK_MEMBER_INVALID = 1402, /* a wrong length, range or encoding */
    JWKEEP_JWK_KTY_UNSUPPORTED = 1403,
    JWKEEP_JWK_CRV_UNSUPPORTED = 1404,
    JWKEEP_JWK_ALG_UNSUPPORTED = 1405,
    JWKEEP_JWK_ALG_MISMATCH = 1406,     /* `alg` does not fit `kty` and `crv` */
    JWKEEP_JWK_USE_INCONSISTENT = 1407, /* `use`, `key_ops` and `alg` contradict each other */
    JWKEEP_JWK_TOO_WEAK = 1408,         /* RSA under 2048 bits, HMAC key under the hash */
    JWKEEP_JWK_TOO_LARGE = 1409,
    JWKEEP_JWK_NOT_ON_CURVE = 1410,
    JWKEEP_JWK_KEY_MISMATCH = 1411,     /* the private part does not belong to the public */
    JWKEEP_JWK_NOT_PUBLIC = 1412,       /* private or symmetric where only public may be */
    JWKEEP_KEYSET_INVALID = 1413,       /* not an object with an array `keys` */
    JWKEEP_KEYSET_TOO_MANY_KEYS = 1414, /* over max_keys */
    JWKEEP_PEM_INVALID = 1415,
    JWKEEP_PEM_TOO_LARGE = 1416,         /* over max_pem_bytes */
    JWKEEP_PASSPHRASE_NEEDED = 1417,     /* the key is encrypted, and nobody gave one */
    JWKEEP_PASSPHRASE_WRONG = 1418,      /* none of those given opens the key */
    JWKEEP_PASSPHRASE_TOO_COSTLY = 1419, /* trying one is over max_passphrase_rounds */
    JWKEEP_CERTIFICATE_INVALID = 1420,   /* not an X.509 certificate, or `x5c` is malformed */
    JWKEEP_CERTIFICATE_TOO_LARGE = 1421, /* over max_certificate_bytes */
    JWKEEP_CERTIFICATE_CHAIN_TOO_LONG = 1422, /* over max_chain */
    JWKEEP_CERTIFICATE_KEY_MISMATCH = 1423,   /* it is for another key */
    JWKEEP_CERTIFICATE_HASH_MISMATCH = 1424,  /* `x5t` or `x5t#S256` is not its hash */
    JWKEEP_CERTIFICATE_UNTRUSTED = 1425,      /* the chain leads to no anchor */
    JWKEEP_CERTIFICATE_EXPIRED = 1426,
    JWKEEP_CERTIFICATE_NOT_YET_VALID = 1427,
    JWKEEP_CERTIFICATE_PURPOSE = 1428,       /* one of the chain may not be what it is there */
    JWKEEP_CERTIFICATE_CHAIN_INVALID = 1429, /* a signature, a constraint, an algorithm */
    JWKEEP_JWK_KTY_NOT_IN_BUILD = 1430,      /* AKP, without a crypto library that has ML-DSA */
    JWKEEP_THUMBPRINT_URI_INVALID = 1431,
    JWKEEP_KEY_AMBIGUOUS = 1432, /* more than one key fits, and the caller wanted one */

    /* Key unavailable */
    JWKEEP_KEYS_NOT_LOADED = 2000,   /* no download has succeeded yet */
    JWKEEP_KEYS_STALE = 2001,        /* the last good set is past the stale limit */
    JWKEEP_KEYS_TIMEOUT = 2002,      /* the waiter's deadline passed; the download goes on */
    JWKEEP_KEYS_FETCH_FAILED = 2003, /* the download that was waited for failed */
    JWKEEP_KEYS_BUSY = 2004,         /* max_waiters are waiting already */
    JWKEEP_KEYS_SHUTDOWN = 2005,     /* the source is being freed */

    /* Transport */
    JWKEEP_TRANSPORT_URL = 3000, /* not a URL, or one that may not be used */
    JWKEEP_TRANSPORT_RESOLVE = 3001,
    JWKEEP_TRANSPORT_CONNECT = 3002,
    JWKEEP_TRANSPORT_TLS = 3003,
    JWKEEP_TRANSPORT_TIMEOUT = 3004,
    JWKEEP_TRANSPORT_BROKEN = 3005,       /* the connection broke before the whole answer */
    JWKEEP_TRANSPORT_STATUS = 3006,       /* not 200, nor 304 where it was asked for, nor 2xx
                                             for what was delivered */
    JWKEEP_TRANSPORT_REDIRECT = 3007,     /* 3xx: never followed */
    JWKEEP_TRANSPORT_CONTENT_TYPE = 3008, /* text/html */
    JWKEEP_TRANSPORT_TOO_LARGE = 3009,    /* over max_keyset_bytes */
    JWKEEP_TRANSPORT_BODY = 3010,         /* 200, but not a JWK Set (or discovery document) */
    JWKEEP_TRANSPORT_ISSUER = 3011,       /* discovery names another issuer */
    JWKEEP_TRANSPORT_CANCELLED = 3012,

    /* Misuse */
    JWKEEP_MISUSE_ARGUMENT = 4000,       /* an argument outside what the header allows */
    JWKEEP_MISUSE_STATE = 4001,          /* not now: already finished, already started */
    JWKEEP_MISUSE_PRIVATE_NEEDED = 4002, /* signing with a public key */
    JWKEEP_MISUSE_KEY_ALG = 4003,        /* signing with a key that is not for this `alg` */
    JWKEEP_MISUSE_TOO_SMALL = 4004,      /* the caller's fixed buffer is full */

    /* Internal */
    JWKEEP_OUT_OF_MEMORY = 5000,
    JWKEEP_CRYPTO_FAILED = 5001, /* the crypto library failed at what cannot fail */
    JWKEEP_SYSTEM_FAILED = 5002, /* a thread, a descriptor or the clock was refused */
    JWKEEP_SIGNER_FAILED = 5011  /* a signing device gave no signature, or a wrong one */
} jwkeep_code;

#define JWKEEP_NO_OFFSET ((size_t)-1)

/* One failure. All pointers are to constant text, or, for `where`, to a name that the caller
 * gave in its rules and that lives as long as they do, or as the verifier that copied them;
 * each may be NULL but `text`. */
typedef struct jwkeep_error {
    jwkeep_code code;
    const char *text;   /* what is wrong, in one line without a full stop */
    const char *where;  /* the claim, header parameter or member it concerns */
    const char *clause; /* the clause that demands it: "RFC 7515 §5.2" */
    size_t offset;      /* byte in the input where it was noticed, or JWKEEP_NO_OFFSET */
} jwkeep_error;

/* The class of `code`. Any thread. Never fails. */
JWKEEP_API JWKEEP_CONST jwkeep_class jwkeep_code_class(jwkeep_code code);

/* The name of `code` as scripts and metrics show it, in lower case without the prefix:
 * "token_expired". "unknown" for a value that is none. Any thread. Never fails. */
JWKEEP_API JWKEEP_CONST const char *jwkeep_code_name(jwkeep_code code);

/* A constant sentence for `code`, in one line without a full stop, for programs that kept only
 * the code. Any thread. Never fails. */
JWKEEP_API JWKEEP_CONST const char *jwkeep_code_text(jwkeep_code code);

JWKEEP_END

#endif

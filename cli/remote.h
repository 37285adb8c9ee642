/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the options that say how key sets are downloaded, alike in every command, and the
 * reason of a download that failed. */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H

#include "cli/options.h"
#include "cli/report.h"
#include <jwkeep/source.h>

#define REMOTE_TIMEOUT_S 5
#define REMOTE_MAX_TIMEOUT_S 300

typedef struct remote_options {
    bool allows_http_loopback;
    int64_t timeout_s;
    int64_t connect_timeout_ms; /* 0: the library's, or the timeout, if that is less */
    bool is_public_only;
    const char *ca_file;
    const char *pins;
    const char *client_cert_file;
    const char *client_key_file;
    const char *proxy;
    text_list headers;
    text_list fallbacks;
} remote_options;

/* Rows of a table for the field `remote` of `structure`. */
#define REMOTE_OPTIONS(structure)                                                              \
    FLAG(structure, remote.allows_http_loopback, "allow-http-loopback",                        \
         "accept plain http from a loopback address"),                                         \
        NUMBER(structure, remote.timeout_s, "timeout", "S", 1, REMOTE_MAX_TIMEOUT_S,           \
               "for a download (default 5)"),                                                  \
        NUMBER(structure, remote.connect_timeout_ms, "connect-timeout", "MS", 1, 60000,        \
               "within it, 1-60000 (default 2000)"),                                           \
        TEXT(structure, remote.ca_file, "ca-file", "FILE",                                     \
             "certificate authorities, PEM (default: the system's)"),                          \
        TEXT(structure, remote.pins, "pin", "BASE64",                                          \
             "SHA-256 of the server's public key; several with ';'"),                          \
        TEXT(structure, remote.client_cert_file, "client-cert", "FILE",                        \
             "to show where one is demanded, PEM"),                                            \
        TEXT(structure, remote.client_key_file, "client-key", "FILE", "its key, PEM"),         \
        TEXT(structure, remote.proxy, "proxy", "URL", "http://HOST:PORT, for https URLs"),     \
        LIST(structure, remote.headers, "header", "LINE",                                      \
             "'Name: value' for each request, 16 at the most"),                                \
        LIST(structure, remote.fallbacks, "fallback", "URL",                                   \
             "asked when the URL fails, 8 at the most"),                                       \
        FLAG(structure, remote.is_public_only, "public-only",                                  \
             "the URL is not to be trusted: no private addresses")

/* Fills `source`, keeping no URL and no issuer. The lists of `options` are borrowed. */
void remote_fill(const remote_options *options, jwkeep_source_options *source);

bool remote_is_url(const char *text);

/* Downloads a set once, from `url` or by discovery from `issuer`, the other being NULL; what
 * is left out, and a failure, is reported. */
exit_status remote_fetch(const remote_options *options, const char *url, const char *issuer,
                         jwkeep_keyset **ret_set);

#endif

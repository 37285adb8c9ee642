/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwks fetch`: a set downloaded once, under the rules of the library. */
#include "cli/command.h"
#include "cli/output.h"
#include "cli/remote.h"

struct fetch {
    const char *url;
    const char *issuer;
    remote_options remote;
};

static const struct fetch DEFAULTS = {.remote.timeout_s = REMOTE_TIMEOUT_S};

static const option_spec OPTIONS[] = {
    OPERAND(struct fetch, url, "URL", "where the JWK Set is"),
    TEXT(struct fetch, issuer, "issuer", "URL", "instead: an issuer, asked by discovery"),
    REMOTE_OPTIONS(struct fetch),
};

static exit_status run(const void *arguments) {
    const struct fetch *values = arguments;
    jwkeep_keyset *set = NULL;
    if (!values->url == !values->issuer)
        return report_usage("say where the keys are: URL, or --issuer URL");
    exit_status status = remote_fetch(&values->remote, values->url, values->issuer, &set);
    if (status != STATUS_YES)
        return status;
    status = output_keyset(set);
    jwkeep_keyset_unref(set);
    return status;
}

const struct command CMD_JWKS_FETCH = {
    .group = "jwks",
    .name = "fetch",
    .summary = "download a set and print the keys of it that can be used",
    .details =
        "Only https, unless --allow-http-loopback; redirects are not followed. Keys that\n"
        "are malformed, unknown, private or symmetric are left out, and named on\n"
        "standard error.\n",
    .examples = "  jwkeep jwks fetch https://idp.example/jwks.json > jwks.json\n"
                "  jwkeep jwks fetch --issuer https://idp.example\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct fetch),
    .run = run,
};

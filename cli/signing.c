/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the choice of the key to sign with. */
#include "cli/signing.h"
#include "cli/input.h"

exit_status signing_begin(const signing_options *options, const char *input, key_file *ret_keys,
                          jwkeep_jws_signer *ret_signer) {
    jwkeep_jws_signer signer = {.typ = jwkeep_span_text(options->typ),
                                .is_kid_omitted = options->is_kid_omitted};
    jwkeep_jwk *key = NULL;
    if (!options->key)
        return report_usage("say which key signs: --key FILE");
    if (input_is_standard(options->key) && input_is_standard(input))
        return report_usage("key and payload cannot both come from standard input");
    exit_status status = key_algorithm(options->alg, &signer.algorithm);
    if (status == STATUS_YES)
        status = key_file_read(options->key, ret_keys);
    if (status == STATUS_YES)
        status = key_file_choose(ret_keys, options->key, options->kid, &key);
    if (status != STATUS_YES)
        return status;
    signer.key = key;
    *ret_signer = signer;
    return STATUS_YES;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Files in and out: bounded reading, key files, the ready file. Diagnostics go to standard
 * error, as in the program. */
#include "cli/input.h"
#include "cli/keys.h"
#include "cli/ready_file.h"
#include "cli/whole_file.h"
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PUBLIC_KEY                                                                             \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\","                                      \
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}" /* RFC 8037 §A.2 */
#define OTHER_KEY                                                                              \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"b\","                                         \
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","                                   \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}" /* RFC 7515 §A.3.1 */
#define PUBLIC_PEM                                                                             \
    "-----BEGIN PUBLIC KEY-----\n"                                                             \
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"                           \
    "-----END PUBLIC KEY-----\n"

static char folder[] = "/tmp/jwkeep-files-XXXXXX";
static char path[64];

static int make_folder(void **state) {
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static const char *file_of(const void *bytes, size_t size) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

static const char *text_file(const char *text) {
    return file_of(text, strlen(text));
}

static void reads_up_to_its_bound_and_no_further(void **state) {
    (void)state;
    static char bytes[10000];
    jwkeep_buffer buffer;
    memset(bytes, 'x', sizeof bytes);
    file_of(bytes, sizeof bytes);
    assert_int_equal(input_read(path, sizeof bytes, STATUS_NO, &buffer), STATUS_YES);
    assert_int_equal(buffer.size, sizeof bytes);
    jwkeep_buffer_done(&buffer);
    assert_int_equal(input_read(path, sizeof bytes - 1, STATUS_NO, &buffer), STATUS_NO);
    assert_int_equal(buffer.size, 0);
}

static void reports_a_file_that_is_not_there(void **state) {
    (void)state;
    jwkeep_buffer buffer;
    assert_int_equal(input_read("/nonexistent/file", 10, STATUS_NO, &buffer), STATUS_USAGE);
    assert_int_equal(input_read(folder, 10, STATUS_NO, &buffer), STATUS_USAGE);
}

static void trims_white_space_at_the_ends_only(void **state) {
    (void)state;
    jwkeep_span trimmed = input_trim(JWKEEP_SPAN("\r\n\t a b \n"));
    assert_true(jwkeep_span_equals(trimmed, JWKEEP_SPAN("a b")));
    assert_int_equal(input_trim(JWKEEP_SPAN(" \n")).size, 0);
    assert_int_equal(input_trim(JWKEEP_SPAN("")).size, 0);
    assert_int_equal(input_trim(JWKEEP_SPAN("\va")).size, 2);
}

static void tells_key_set_and_pem_apart(void **state) {
    (void)state;
    key_file keys;
    assert_int_equal(key_file_read(text_file(" \n" PUBLIC_KEY "\n"), &keys), STATUS_YES);
    assert_true(keys.key && !keys.set);
    key_file_done(&keys);
    assert_int_equal(key_file_read(text_file("{\"keys\":[" PUBLIC_KEY "]}"), &keys),
                     STATUS_YES);
    assert_true(!keys.key && keys.set);
    key_file_done(&keys);
    assert_int_equal(key_file_read(text_file(PUBLIC_PEM), &keys), STATUS_YES);
    assert_int_equal(jwkeep_jwk_crv(keys.key), JWKEEP_CRV_ED25519);
    key_file_done(&keys);
    assert_int_equal(key_file_read(text_file("a comment\n" PUBLIC_PEM), &keys), STATUS_YES);
    key_file_done(&keys);
}

static void decides_nothing_by_a_bad_key_file(void **state) {
    (void)state;
    static const char *const BAD[] = {
        "", "{", "[]", "garbage", "{\"keys\":1}", "-----BEGIN PUBLIC KEY-----\n"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        key_file keys;
        assert_int_equal(key_file_read(text_file(BAD[i]), &keys), STATUS_UNDECIDED);
    }
}

static void says_what_is_wrong_with_a_key(void **state) {
    (void)state;
    jwkeep_jwk *key = NULL;
    jwkeep_error error;
    assert_int_equal(key_read(text_file("{\"kty\":\"quantum\"}"), &key, &error), STATUS_NO);
    assert_int_equal(error.code, JWKEEP_JWK_KTY_UNSUPPORTED);
    assert_int_equal(key_read("/nonexistent/file", &key, &error), STATUS_USAGE);
    assert_int_equal(error.code, JWKEEP_OK);
    assert_null(key);
}

static void chooses_the_key_to_sign_with(void **state) {
    (void)state;
    key_file keys;
    jwkeep_jwk *key = NULL;
    text_file("{\"keys\":[" PUBLIC_KEY "," OTHER_KEY "]}");
    assert_int_equal(key_file_read(path, &keys), STATUS_YES);
    assert_int_equal(key_file_choose(&keys, path, NULL, &key), STATUS_USAGE);
    assert_int_equal(key_file_choose(&keys, path, "c", &key), STATUS_USAGE);
    assert_null(key);
    assert_int_equal(key_file_choose(&keys, path, "b", &key), STATUS_YES);
    assert_int_equal(jwkeep_jwk_kty(key), JWKEEP_KTY_EC);
    key_file_done(&keys);
}

static void chooses_the_only_key(void **state) {
    (void)state;
    key_file keys;
    jwkeep_jwk *key = NULL;
    assert_int_equal(key_file_read(text_file("{\"keys\":[" PUBLIC_KEY "]}"), &keys),
                     STATUS_YES);
    assert_int_equal(key_file_choose(&keys, path, NULL, &key), STATUS_YES);
    assert_non_null(key);
    key_file_done(&keys);
    assert_int_equal(key_file_read(text_file(PUBLIC_KEY), &keys), STATUS_YES);
    assert_int_equal(key_file_choose(&keys, path, "a", &key), STATUS_YES);
    assert_int_equal(key_file_choose(&keys, path, "b", &key), STATUS_USAGE);
    key_file_done(&keys);
}

static void knows_no_algorithm_by_another_spelling(void **state) {
    (void)state;
    jwkeep_algorithm algorithm = JWKEEP_ALGORITHM_RS256;
    assert_int_equal(key_algorithm("es256", &algorithm), STATUS_USAGE);
    assert_int_equal(key_algorithm("none", &algorithm), STATUS_USAGE);
    assert_int_equal(algorithm, JWKEEP_ALGORITHM_RS256);
    assert_int_equal(key_algorithm("ES256", &algorithm), STATUS_YES);
    assert_int_equal(algorithm, JWKEEP_ALGORITHM_ES256);
    text_list names = {.items = {"ES256", "EdDSA"}, .count = 2};
    jwkeep_algorithm_set set = 0;
    assert_int_equal(key_algorithms(&names, &set), STATUS_YES);
    assert_int_equal(set, JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_ES256) |
                              JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_EDDSA));
}

static void writes_the_addresses_whole(void **state) {
    (void)state;
    ready_addresses addresses = {.listen = "127.0.0.1:1", .dev = "unix:/a \"b\""};
    jwkeep_buffer buffer;
    struct stat facts;
    text_file("old, and longer than what comes in its place: xxxxxxxxxxxxxxxxxxxxxxxxxxx");
    assert_int_equal(ready_file_write(path, &addresses), STATUS_YES);
    assert_int_equal(input_read(path, 1000, STATUS_NO, &buffer), STATUS_YES);
    bool is_right = jwkeep_span_equals(
        jwkeep_buffer_span(&buffer),
        JWKEEP_SPAN("{\"listen\":\"127.0.0.1:1\",\"dev\":\"unix:/a \\\"b\\\"\"}\n"));
    jwkeep_buffer_done(&buffer);
    assert_true(is_right);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0644);
}

static void reports_a_ready_file_that_cannot_be_written(void **state) {
    (void)state;
    ready_addresses addresses = {.listen = "127.0.0.1:1"};
    assert_int_equal(ready_file_write("/nonexistent/file", &addresses), STATUS_USAGE);
    assert_int_equal(ready_file_write(folder, &addresses), STATUS_USAGE);
}

static size_t entries_of_folder(void) {
    size_t count = 0;
    DIR *opened = opendir(folder);
    assert_non_null(opened);
    for (struct dirent *each; (each = readdir(opened));)
        count += each->d_name[0] != '.';
    closedir(opened);
    return count;
}

static void replaces_a_file_by_a_whole_one(void **state) {
    (void)state;
    struct stat facts;
    char bytes[8] = {0};
    text_file("longer than before");
    assert_true(whole_file_write(path, JWKEEP_SPAN("new"), 0640));
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0640);
    assert_int_equal(facts.st_size, 3);
    FILE *file = fopen(path, "r");
    assert_int_equal(fread(bytes, 1, sizeof bytes, file), 3);
    fclose(file);
    assert_string_equal(bytes, "new");
    assert_int_equal(entries_of_folder(), 1);
}

static void what_cannot_be_replaced_leaves_nothing_beside_it(void **state) {
    (void)state;
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    bool is_written = whole_file_write(path, JWKEEP_SPAN("new"), 0640);
    int why = errno;
    size_t entries = entries_of_folder();
    rmdir(path);
    assert_false(is_written);
    assert_int_equal(why, EISDIR);
    assert_int_equal(entries, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_up_to_its_bound_and_no_further),
        cmocka_unit_test(reports_a_file_that_is_not_there),
        cmocka_unit_test(trims_white_space_at_the_ends_only),
        cmocka_unit_test(tells_key_set_and_pem_apart),
        cmocka_unit_test(decides_nothing_by_a_bad_key_file),
        cmocka_unit_test(says_what_is_wrong_with_a_key),
        cmocka_unit_test(chooses_the_key_to_sign_with),
        cmocka_unit_test(chooses_the_only_key),
        cmocka_unit_test(knows_no_algorithm_by_another_spelling),
        cmocka_unit_test(writes_the_addresses_whole),
        cmocka_unit_test(reports_a_ready_file_that_cannot_be_written),
        cmocka_unit_test(replaces_a_file_by_a_whole_one),
        cmocka_unit_test(what_cannot_be_replaced_leaves_nothing_beside_it),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

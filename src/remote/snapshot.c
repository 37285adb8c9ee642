/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the text of the snapshot, and the system calls that read and replace it. */
#include "remote/snapshot.h"
#include "base/allocator.h"
#include "base/error.h"
#include <errno.h>
#include <fcntl.h>
#include <jwkeep/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION 1
#define MODE 0600
#define WHERE "snapshot_file"
#define SUFFIX ".XXXXXX"

static jwkeep_code fail(jwkeep_error *error, jwkeep_code code, const char *text) {
    return jk_fail_text(error, code, text, WHERE, NULL);
}

static size_t max_bytes(const jk_snapshot_place *place) {
    size_t most = place->limits->max_keyset_bytes;
    return most > SIZE_MAX - JK_SNAPSHOT_OVERHEAD_BYTES ? SIZE_MAX
                                                        : most + JK_SNAPSHOT_OVERHEAD_BYTES;
}

static jwkeep_code check_file(int descriptor, size_t most, jwkeep_error *error) {
    struct stat facts;
    if (fstat(descriptor, &facts) != 0)
        return fail(error, JWKEEP_SYSTEM_FAILED, "the snapshot cannot be read");
    if (!S_ISREG(facts.st_mode))
        return fail(error, JWKEEP_SYSTEM_FAILED, "the snapshot is no regular file");
    if (facts.st_uid != geteuid() || (facts.st_mode & (S_IWGRP | S_IWOTH)))
        return fail(error, JWKEEP_SYSTEM_FAILED, "others may write the snapshot");
    if (facts.st_size < 0 || (uintmax_t)facts.st_size > most)
        return fail(error, JWKEEP_TOKEN_TOO_LARGE, "the snapshot is too large");
    return JWKEEP_OK;
}

/* A file that grows meanwhile ends at the bound of `bytes`. */
static jwkeep_code read_all(int descriptor, jwkeep_buffer *bytes, jwkeep_error *error) {
    uint8_t chunk[2048];
    for (;;) {
        ssize_t size = read(descriptor, chunk, sizeof chunk);
        if (size == 0)
            return JWKEEP_OK;
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return fail(error, JWKEEP_SYSTEM_FAILED, "the snapshot cannot be read");
        jwkeep_code code = jwkeep_buffer_append(bytes, jwkeep_span_of(chunk, (size_t)size));
        if (code)
            return jk_fail(error, code);
    }
}

/* A link is not followed, and nothing that is no file is waited for. */
static jwkeep_code read_file(const jk_snapshot_place *place, jwkeep_buffer *bytes,
                             jwkeep_error *error) {
    int descriptor =
        open(place->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0 && errno == ENOENT)
        return jk_fail(error, JWKEEP_NOT_FOUND);
    if (descriptor < 0)
        return fail(error, JWKEEP_SYSTEM_FAILED, "the snapshot cannot be opened");
    jwkeep_code code = check_file(descriptor, max_bytes(place), error);
    if (code == JWKEEP_OK)
        code = read_all(descriptor, bytes, error);
    close(descriptor);
    return code;
}

static bool read_number(const jwkeep_json *root, const char *name, int64_t *ret_number) {
    return jwkeep_json_int64(jwkeep_json_member(root, name), ret_number) == JWKEEP_OK;
}

static jwkeep_code check_facts(const jwkeep_json *root, const jk_snapshot_place *place,
                               jk_snapshot *ret_snapshot, jwkeep_error *error) {
    int64_t version;
    jwkeep_span origin = jwkeep_json_string(jwkeep_json_member(root, "origin"));
    if (!read_number(root, "version", &version) || version != VERSION ||
        !read_number(root, "fetched_at_ms", &ret_snapshot->fetched_at_ms) ||
        !read_number(root, "lifetime_ms", &ret_snapshot->lifetime_ms) ||
        !jwkeep_span_is_present(origin))
        return fail(error, JWKEEP_KEYSET_INVALID, "the file is no snapshot");
    if (!jwkeep_span_equals(origin, jwkeep_span_text(place->origin)))
        return fail(error, JWKEEP_KEYSET_INVALID, "the snapshot is of another source");
    return JWKEEP_OK;
}

/* By the rules that a download is under. */
static jwkeep_code parse_set(const jwkeep_json *root, const jk_snapshot_place *place,
                             jwkeep_keyset **ret_set, jwkeep_error *error) {
    jwkeep_keyset_options options = {.limits = place->limits, .is_public_only = true};
    const jwkeep_json *member = jwkeep_json_member(root, "set");
    jwkeep_keyset *set;
    if (!member)
        return fail(error, JWKEEP_KEYSET_INVALID, "the file is no snapshot");
    jwkeep_code code =
        jwkeep_keyset_parse(jwkeep_json_raw(member), &options, &set, NULL, error);
    if (code)
        return code;
    if (jwkeep_keyset_count(set) == 0) {
        jwkeep_keyset_unref(set);
        return fail(error, JWKEEP_KEYSET_INVALID, "the snapshot holds no usable key");
    }
    *ret_set = set;
    return JWKEEP_OK;
}

static jwkeep_code parse(jwkeep_span bytes, const jk_snapshot_place *place,
                         jk_snapshot *ret_snapshot, jwkeep_error *error) {
    jwkeep_limits limits = *place->limits;
    jwkeep_json_text *text;
    limits.max_json_values += JK_SNAPSHOT_VALUES;
    limits.max_json_depth += JK_SNAPSHOT_DEPTH;
    jwkeep_code code = jwkeep_json_parse(bytes, &limits, &text, error);
    if (code)
        return code;
    const jwkeep_json *root = jwkeep_json_root(text);
    jk_snapshot made = {0};
    code = check_facts(root, place, &made, error);
    if (code == JWKEEP_OK)
        code = parse_set(root, place, &made.set, error);
    if (code == JWKEEP_OK)
        *ret_snapshot = made;
    jwkeep_json_text_free(text);
    return code;
}

jwkeep_code jk_snapshot_read(const jk_snapshot_place *place, jk_snapshot *ret_snapshot,
                             jwkeep_error *error) {
    jwkeep_buffer bytes;
    jwkeep_buffer_init(&bytes, max_bytes(place));
    jwkeep_code code = read_file(place, &bytes, error);
    if (code == JWKEEP_OK)
        code = parse(jwkeep_buffer_span(&bytes), place, ret_snapshot, error);
    jwkeep_buffer_done(&bytes);
    return code;
}

static jwkeep_code write_text(const jk_snapshot_place *place, const jk_snapshot *snapshot,
                              jwkeep_buffer *bytes, jwkeep_error *error) {
    jwkeep_buffer set;
    jwkeep_json_writer writer;
    jwkeep_buffer_init(&set, place->limits->max_keyset_bytes);
    jwkeep_code code = jwkeep_keyset_write(snapshot->set, false, &set, error);
    if (code == JWKEEP_OK) {
        jwkeep_json_writer_init(&writer, bytes);
        jwkeep_json_write_object(&writer);
        jwkeep_json_write_member_int64(&writer, "version", VERSION);
        jwkeep_json_write_member_string(&writer, "origin", jwkeep_span_text(place->origin));
        jwkeep_json_write_member_int64(&writer, "fetched_at_ms", snapshot->fetched_at_ms);
        jwkeep_json_write_member_int64(&writer, "lifetime_ms", snapshot->lifetime_ms);
        jwkeep_json_write_name(&writer, JWKEEP_SPAN("set"));
        jwkeep_json_write_raw(&writer, jwkeep_buffer_span(&set));
        jwkeep_json_write_end(&writer);
        code = jwkeep_json_writer_finish(&writer);
        if (code)
            code = jk_fail(error, code);
    }
    jwkeep_buffer_done(&set);
    return code;
}

static bool write_whole(int descriptor, jwkeep_span bytes) {
    while (bytes.size > 0) {
        ssize_t size = write(descriptor, bytes.data, bytes.size);
        if (size < 0 && errno != EINTR)
            return false;
        if (size > 0)
            bytes = jwkeep_span_of(bytes.data + size, bytes.size - (size_t)size);
    }
    return true;
}

/* On the disk before it has the name: a crash leaves the old file. */
static jwkeep_code write_beside(char *beside, const char *file, jwkeep_span bytes,
                                jwkeep_error *error) {
    int descriptor = mkostemp(beside, O_CLOEXEC);
    if (descriptor < 0)
        return fail(error, JWKEEP_SYSTEM_FAILED, "the snapshot cannot be created");
    bool is_written = fchmod(descriptor, MODE) == 0 && write_whole(descriptor, bytes) &&
                      fsync(descriptor) == 0;
    is_written = close(descriptor) == 0 && is_written && rename(beside, file) == 0;
    if (is_written)
        return JWKEEP_OK;
    unlink(beside);
    return fail(error, JWKEEP_SYSTEM_FAILED, "the snapshot cannot be written");
}

static jwkeep_code replace_file(const char *file, jwkeep_span bytes, jwkeep_error *error) {
    size_t size = strlen(file) + sizeof SUFFIX;
    char *beside = jk_alloc(size);
    if (!beside)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    snprintf(beside, size, "%s" SUFFIX, file);
    jwkeep_code code = write_beside(beside, file, bytes, error);
    jk_free(beside);
    return code;
}

jwkeep_code jk_snapshot_write(const jk_snapshot_place *place, const jk_snapshot *snapshot,
                              jwkeep_error *error) {
    jwkeep_buffer bytes;
    jwkeep_buffer_init(&bytes, max_bytes(place));
    jwkeep_code code = write_text(place, snapshot, &bytes, error);
    if (code == JWKEEP_OK)
        code = replace_file(place->file, jwkeep_buffer_span(&bytes), error);
    jwkeep_buffer_done(&bytes);
    return code;
}

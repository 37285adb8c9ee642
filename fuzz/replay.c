/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns replaying a corpus folder through a fuzz target, without a fuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define REPLAY_MAX_BYTES (4u << 20)
#define REPLAY_MAX_PATH 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    uint8_t *bytes = malloc(REPLAY_MAX_BYTES);
    size_t size = bytes ? fread(bytes, 1, REPLAY_MAX_BYTES, file) : 0;
    fclose(file);
    if (!bytes)
        return 1;
    /* An exact block, so that a read past the end is seen by the sanitizer. */
    uint8_t *exact = malloc(size ? size : 1);
    if (exact) {
        for (size_t i = 0; i < size; i++)
            exact[i] = bytes[i];
        LLVMFuzzerTestOneInput(exact, size);
    }
    free(bytes);
    free(exact);
    return exact ? 0 : 1;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
        return 2;
    }
    DIR *folder = opendir(argv[1]);
    if (!folder) {
        perror(argv[1]);
        return 1;
    }
    size_t count = 0;
    int status = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        char path[REPLAY_MAX_PATH];
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        status |= replay_file(path);
        count++;
    }
    closedir(folder);
    printf("%zu inputs replayed\n", count);
    return count == 0 ? 1 : status;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns reading the folder and the conversation with bench/run. */
#include "bench/peers/peer.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_TEXT_BYTES (4u * 1024u * 1024u)
#define MAX_TOKENS 4096u
#define NS_IN_MS 1000000L
#define NS_IN_S 1000000000LL

enum { SAYS_NO = 3 };

typedef struct tokens {
    peer_text text;
    char *each[MAX_TOKENS];
    size_t sizes[MAX_TOKENS];
    size_t count;
} tokens;

static bool read_text(const char *folder, const char *name, const char *suffix,
                      peer_text *ret_text) {
    char path[1024];
    if (snprintf(path, sizeof path, "%s/%s%s", folder, name, suffix) >= (int)sizeof path)
        return false;
    FILE *file = fopen(path, "rb");
    char *data = file ? malloc(MAX_TEXT_BYTES + 1) : NULL;
    if (data) {
        size_t size = fread(data, 1, MAX_TEXT_BYTES, file);
        data[size] = '\0';
        *ret_text = (peer_text){data, size};
    }
    if (file)
        fclose(file);
    return data != NULL;
}

static bool read_keys(const char *folder, peer_keys *keys) {
    peer_text kids;
    if (!read_text(folder, "kids", ".txt", &kids) ||
        !read_text(folder, "jwks", ".json", &keys->jwks))
        return false;
    char *line = kids.data;
    bool is_read = true;
    for (size_t i = 0; is_read && i < PEER_KEYS; i++) {
        size_t size = strcspn(line, "\n");
        is_read = size < sizeof keys->each[i].kid;
        if (!is_read)
            break;
        memcpy(keys->each[i].kid, line, size);
        keys->each[i].kid[size] = '\0';
        line += size + (line[size] == '\n');
        is_read = read_text(folder, keys->each[i].kid, ".json", &keys->each[i].jwk) &&
                  read_text(folder, keys->each[i].kid, ".key", &keys->each[i].bare);
    }
    free(kids.data);
    return is_read;
}

static bool read_tokens(const char *folder, tokens *all) {
    if (!read_text(folder, "tokens", ".txt", &all->text))
        return false;
    char *line = all->text.data;
    while (*line && all->count < MAX_TOKENS) {
        size_t size = strcspn(line, "\n");
        all->each[all->count] = line;
        all->sizes[all->count++] = size;
        if (!line[size])
            break;
        line[size] = '\0';
        line += size + 1;
    }
    return all->count > 0;
}

static long long cpu_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (long long)now.tv_sec * NS_IN_S + now.tv_nsec;
}

/* The first character of the signature says only bits that are part of it. */
static bool refuses_damage(const peer *it, const tokens *all) {
    char *copy = strdup(all->each[0]);
    char *dot = copy ? strrchr(copy, '.') : NULL;
    if (dot)
        dot[1] = dot[1] == 'A' ? 'B' : 'A';
    bool is_refused = dot && !it->verify(copy, all->sizes[0]);
    free(copy);
    return is_refused;
}

static bool run(const peer *it, const tokens *all, long slice_ms) {
    static size_t next;
    size_t count = 0;
    long long start_ns = cpu_now_ns();
    long long now_ns = start_ns;
    while (now_ns - start_ns < slice_ms * NS_IN_MS) {
        for (int i = 0; i < 4; i++, count++, next++)
            if (!it->verify(all->each[next % all->count], all->sizes[next % all->count]))
                return false;
        now_ns = cpu_now_ns();
    }
    printf("%zu %lld\n", count, now_ns - start_ns);
    fflush(stdout);
    return true;
}

static int converse(const peer *it, const tokens *all) {
    char line[64];
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (strncmp(line, "run ", 4) != 0)
            return 2;
        if (!run(it, all, strtol(line + 4, NULL, 10)))
            return 1;
    }
    return 0;
}

int peer_main(const peer *it, int argc, char **argv) {
    static peer_keys keys;
    static tokens all;
    if (argc != 3) {
        fprintf(stderr, "usage: %s ALG FOLDER\n", argv[0]);
        return 2;
    }
    keys.alg = argv[1];
    if (!read_keys(argv[2], &keys) || !read_tokens(argv[2], &all)) {
        fprintf(stderr, "%s: cannot read the keys and tokens of %s\n", argv[0], argv[2]);
        return 2;
    }
    if (!it->prepare(&keys) || !it->verify(all.each[0], all.sizes[0]) ||
        !refuses_damage(it, &all))
        return SAYS_NO;
    return converse(it, &all);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Verifying in an event loop, here poll(2), which must never stand still: a verification says
 * its verdict at once or, while keys are downloaded, "pending"; the library then calls back on
 * a thread of its own, which does nothing but wake the loop, and the loop fetches the verdict.
 * Reads tokens from standard input, one a line; answers each as soon as it can.
 * Usage: event_loop ISSUER AUDIENCE */
#include <jwkeep/jwkeep.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each waiting request may put one pointer into the pipe: so many always fit (PIPE_BUF and
 * more), and the callback never waits. */
#define MAX_WAITING 256u
#define MAX_LINE (JWKEEP_MAX_TOKEN_BYTES + 2u)

struct loop {
    jwkeep_verifier *verifier;
    jwkeep_token *token; /* of this loop: each verdict is looked at before the next */
    int wake[2];
    size_t waiting, refused, lines;
    bool is_at_end;
    size_t size;
    char input[MAX_LINE];
};

struct request {
    jwkeep_pending *pending;
    size_t number;
    int wake;
    char bytes[]; /* the token: it must live until the verdict */
};

/* On a thread of the library. */
static void wake_loop(void *user) {
    struct request *request = user;
    ssize_t written = write(request->wake, &request, sizeof request);
    (void)written; /* all of it: see MAX_WAITING */
}

static void answer(struct loop *loop, struct request *request, jwkeep_code code,
                   const jwkeep_error *error) {
    jwkeep_span subject = jwkeep_token_subject(loop->token);
    if (code == JWKEEP_OK)
        printf("%zu yes: %.*s\n", request->number, (int)subject.size,
               (const char *)subject.data);
    else
        printf("%zu %s: %s\n", request->number,
               jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED ? "no" : "cannot tell",
               error->text);
    fflush(stdout);
    loop->refused += code != JWKEEP_OK;
    free(request);
}

static void begin(struct loop *loop, const char *line, size_t size) {
    struct request *request = malloc(sizeof *request + size);
    loop->lines++;
    if (!request) {
        printf("%zu cannot tell: out of memory\n", loop->lines);
        loop->refused++;
        return;
    }
    *request = (struct request){.number = loop->lines, .wake = loop->wake[1]};
    memcpy(request->bytes, line, size);
    jwkeep_error error;
    jwkeep_code code =
        jwkeep_verifier_begin(loop->verifier, jwkeep_span_of(request->bytes, size), 0,
                              wake_loop, request, loop->token, &request->pending, NULL, &error);
    if (code == JWKEEP_PENDING)
        loop->waiting++;
    else
        answer(loop, request, code, &error);
}

/* The pipe is readable: one request has its verdict. */
static void finish(struct loop *loop) {
    struct request *request;
    if (read(loop->wake[0], &request, sizeof request) != (ssize_t)sizeof request)
        return;
    jwkeep_error error;
    jwkeep_code code = jwkeep_pending_finish(request->pending, loop->token, NULL, &error);
    loop->waiting--;
    answer(loop, request, code, &error);
}

/* Standard input is readable. What fills the buffer without a line's end is longer than any
 * token: it is refused as that, and nothing after it is read. */
static void read_input(struct loop *loop) {
    ssize_t got = read(STDIN_FILENO, loop->input + loop->size, MAX_LINE - loop->size);
    loop->size += got > 0 ? (size_t)got : 0;
    loop->is_at_end =
        got <= 0 || (loop->size == MAX_LINE && !memchr(loop->input, '\n', MAX_LINE));
}

/* Begins as many lines as there is room for; the others stay in the buffer. */
static void take_lines(struct loop *loop) {
    while (loop->waiting < MAX_WAITING && loop->size > 0) {
        const char *end = memchr(loop->input, '\n', loop->size);
        if (!end && !loop->is_at_end)
            return;
        size_t length = end ? (size_t)(end - loop->input) : loop->size;
        size_t taken = length + (end ? 1 : 0);
        begin(loop, loop->input, length);
        loop->size -= taken;
        memmove(loop->input, loop->input + taken, loop->size);
    }
}

static void run(struct loop *loop) {
    while (!loop->is_at_end || loop->waiting > 0) {
        bool is_reading = !loop->is_at_end && loop->waiting < MAX_WAITING;
        struct pollfd watched[] = {{loop->wake[0], POLLIN, 0},
                                   {is_reading ? STDIN_FILENO : -1, POLLIN, 0}};
        if (poll(watched, 2, -1) < 0)
            continue; /* a signal */
        if (watched[0].revents)
            finish(loop);
        if (watched[1].revents)
            read_input(loop);
        take_lines(loop);
    }
}

static jwkeep_code make_verifier(char **argv, jwkeep_verifier **ret_verifier,
                                 jwkeep_error *error) {
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.audiences = (const char *const[]){argv[2]};
    rules.audience_count = 1;
    jwkeep_source_options source;
    jwkeep_source_options_init(&source);
    source.allows_http_loopback = true; /* for a test issuer on this machine */
    jwkeep_issuer issuer = {.issuer = argv[1], .rules = &rules, .source = &source};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    return jwkeep_verifier_new(&options, ret_verifier, error);
}

int main(int argc, char **argv) {
    static struct loop loop;
    jwkeep_error error;
    if (argc != 3 || pipe(loop.wake) != 0)
        return 2;
    jwkeep_code code = make_verifier(argv, &loop.verifier, &error);
    if (code == JWKEEP_OK)
        code = jwkeep_token_new(&loop.token, &error);
    if (code == JWKEEP_OK)
        run(&loop);
    else
        fprintf(stderr, "cannot start: %s\n", error.text);
    jwkeep_token_free(loop.token);
    jwkeep_verifier_free(loop.verifier);
    return code == JWKEEP_OK && loop.refused == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A server that lets nobody in without a good token: 60 lines (read_head, decide, serve), and
 * what starts them. One verifier for all, a token object and a buffer for each thread. One
 * request a connection, no body: what there is of HTTP serves to show what there is of tokens.
 * Usage: small_server PORT ISSUER AUDIENCE */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <jwkeep/jwkeep.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>
#include <unistd.h>

#define MAX_HEAD_BYTES 20000
#define THREADS 8

static jwkeep_verifier *verifier;

/* Cut before the empty line: what comes after it is no header. */
static bool read_head(int client, char *head) {
    char *end = NULL;
    for (size_t size = 0; !end && size < MAX_HEAD_BYTES; end = strstr(head, "\r\n\r\n")) {
        ssize_t got = recv(client, head + size, MAX_HEAD_BYTES - size, 0);
        if (got <= 0)
            return false;
        size += (size_t)got;
        head[size] = '\0';
    }
    if (end)
        end[2] = '\0';
    return end != NULL;
}

/* The status that RFC 6750 §3.1 has; 503 where nobody can tell whether the token is good. */
static int decide(const char *head, jwkeep_buffer *bytes, jwkeep_token *token) {
    jwkeep_span values[2];
    size_t count = 0;
    for (const char *line = head; count < 2 && (line = strstr(line, "\r\n")); line += 2)
        if (strncasecmp(line + 2, "Authorization:", 14) == 0) {
            const char *value = line + 16 + strspn(line + 16, " \t");
            values[count++] = jwkeep_span_of(value, strcspn(value, "\r"));
        }
    const jwkeep_http_request request = {.authorization = values, .authorization_count = count};
    jwkeep_http_found found;
    jwkeep_buffer_clear(bytes);
    jwkeep_code code = jwkeep_http_token_find(&request, NULL, bytes, &found, NULL);
    if (code == JWKEEP_OK)
        code =
            jwkeep_verifier_verify(verifier, jwkeep_buffer_span(bytes), 0, token, NULL, NULL);
    if (code == JWKEEP_OK)
        return 200;
    if (code == JWKEEP_HTTP_TOKEN_REPEATED || code == JWKEEP_HTTP_TOKEN_MALFORMED)
        return 400;
    return jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED ? 401 : 503;
}

static void *serve(void *listener) {
    char head[MAX_HEAD_BYTES + 1];
    jwkeep_token *token = NULL;
    jwkeep_buffer bytes;
    jwkeep_buffer_init(&bytes, JWKEEP_MAX_TOKEN_BYTES);
    if (jwkeep_token_new(&token, NULL) != JWKEEP_OK)
        abort();
    for (;;) {
        int client = accept(*(const int *)listener, NULL, NULL);
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 5},
                   sizeof(struct timeval));
        if (client >= 0 && read_head(client, head)) {
            int status = decide(head, &bytes, token);
            jwkeep_span subject = jwkeep_token_subject(token);
            if (status == 200)
                dprintf(client, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello %.*s\n",
                        (int)subject.size, (const char *)subject.data);
            else
                dprintf(client, "HTTP/1.1 %d No\r\n%sConnection: close\r\n\r\n", status,
                        status == 401 ? "WWW-Authenticate: Bearer\r\n" : "");
        }
        close(client);
    }
}

static jwkeep_code make_verifier(const char *id, const char *audience, jwkeep_error *error) {
    jwkeep_rules rules;
    jwkeep_source_options source;
    jwkeep_verifier_options options;
    jwkeep_rules_init(&rules);
    jwkeep_source_options_init(&source);
    jwkeep_verifier_options_init(&options);
    rules.audiences = &audience;
    rules.audience_count = 1;
    source.allows_http_loopback = true; /* for a test issuer on this machine */
    const jwkeep_issuer issuer = {.issuer = id, .rules = &rules, .source = &source};
    options.issuers = &issuer;
    options.issuer_count = 1;
    return jwkeep_verifier_new(&options, &verifier, error);
}

int main(int argc, char **argv) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    jwkeep_error error;
    if (argc != 4)
        return 2;
    address.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    if (make_verifier(argv[2], argv[3], &error) != JWKEEP_OK) {
        fprintf(stderr, "cannot start: %s\n", error.text);
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 64) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        perror("cannot listen");
        return 1;
    }
    printf("http://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    pthread_t thread;
    for (int i = 1; i < THREADS; i++)
        if (pthread_create(&thread, NULL, serve, &listener) != 0)
            break; /* fewer threads, at least this one */
    serve(&listener);
}

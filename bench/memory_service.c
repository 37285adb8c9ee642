/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the rows of what waits: verifications that are pending, connections of the service,
 * requests parked on them. What the kernel has of a connection does not count. */
#include "bench/measure.h"
#include "bench/memory.h"
#include "server/server.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PENDING 256u
#define CONNECTIONS 128u
#define STILL_ROUNDS 10u /* so often unchanged, the heap stands still */
#define ROUND_NS (20 * (int64_t)MEASURE_MS)
#define MAX_ROUNDS 500u
#define MAX_TOKEN_BYTES 2048u
#define IDLE_REQUEST "GET /nothing HTTP/1.1\r\nHost: bench\r\n\r\n"

static void ignore(void *user) {
    (void)user;
}

static jwkeep_code begin_all(jwkeep_verifier *verifier, jwkeep_span bytes, jwkeep_token *token,
                             jwkeep_pending *pending[PENDING], jwkeep_error *error) {
    for (size_t i = 0; i < PENDING; i++) {
        jwkeep_code code = jwkeep_verifier_begin(verifier, bytes, DEV_ISSUER_MAX_LATENCY_MS,
                                                 ignore, NULL, token, &pending[i], NULL, error);
        if (code != JWKEEP_PENDING)
            return code == JWKEEP_OK ? memory_fail(JWKEEP_SYSTEM_FAILED, error) : code;
    }
    return JWKEEP_OK;
}

static jwkeep_code measure_pending(memory_table *table, jwkeep_verifier *verifier,
                                   jwkeep_span bytes, jwkeep_error *error) {
    jwkeep_pending *pending[PENDING] = {NULL};
    jwkeep_token *token = NULL;
    jwkeep_code code = jwkeep_token_new(&token, error);
    size_t before = memory_heap();
    if (code == JWKEEP_OK)
        code = begin_all(verifier, bytes, token, pending, error);
    size_t after = memory_heap();
    for (size_t i = 0; i < PENDING; i++)
        jwkeep_pending_cancel(pending[i]);
    jwkeep_token_free(token);
    if (code == JWKEEP_OK)
        memory_row(table, "verification that is pending", (after - before) / PENDING);
    return code;
}

/* What the worker does with a request happens some time after it was sent. */
static size_t heap_at_rest(void) {
    size_t heap = memory_heap();
    unsigned still = 0;
    for (unsigned i = 0; i < MAX_ROUNDS && still < STILL_ROUNDS; i++) {
        measure_sleep_until(measure_now_ns() + ROUND_NS);
        size_t now = memory_heap();
        still = now == heap ? still + 1 : 0;
        heap = now;
    }
    return heap;
}

static int connect_to(const char *address) {
    const char *colon = strrchr(address, ':');
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10))};
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client >= 0 && connect(client, (const struct sockaddr *)&to, sizeof to) == 0)
        return client;
    if (client >= 0)
        close(client);
    return -1;
}

static bool send_all(int client, const char *text) {
    size_t size = strlen(text);
    return send(client, text, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool ask(int client) {
    char answer[1024];
    return send_all(client, IDLE_REQUEST) && recv(client, answer, sizeof answer, 0) > 0;
}

/* Rows for `count` connections that have had an answer, then for a request parked on each. */
static bool measure_connections(memory_table *table, const char *address, const char *request,
                                int clients[CONNECTIONS]) {
    size_t before = heap_at_rest();
    for (size_t i = 0; i < CONNECTIONS; i++) {
        clients[i] = connect_to(address);
        if (clients[i] < 0 || !ask(clients[i]))
            return false;
    }
    size_t idle = heap_at_rest();
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (!send_all(clients[i], request))
            return false;
    size_t parked = heap_at_rest();
    memory_row(table, "connection of the service, idle", (idle - before) / CONNECTIONS);
    memory_row(table, "  and its request, parked", (parked - idle) / CONNECTIONS);
    return true;
}

static jwkeep_code measure_server(memory_table *table, jwkeep_verifier *verifier,
                                  const char *request, jwkeep_error *error) {
    static const char *const listen[] = {"127.0.0.1:0"};
    int clients[CONNECTIONS];
    for (size_t i = 0; i < CONNECTIONS; i++)
        clients[i] = -1;
    server_options options;
    server_options_init(&options);
    options.listen = listen;
    options.listen_count = 1;
    options.workers = 1;
    options.verifier = verifier;
    options.grace_ms = 0;
    options.wait_ms = SERVER_PARKED_TIMEOUT_MS;
    server *it = NULL;
    jwkeep_code code = server_start(&options, &it, error);
    if (code == JWKEEP_OK &&
        !measure_connections(table, server_listen_address(it, 0), request, clients))
        code = memory_fail(JWKEEP_SYSTEM_FAILED, error);
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (clients[i] >= 0)
            close(clients[i]);
    server_stop(it);
    return code;
}

static jwkeep_code write_request(jwkeep_span token, jwkeep_buffer *request,
                                 jwkeep_error *error) {
    jwkeep_code code = jwkeep_buffer_append_text(
        request, "GET /verify HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ");
    if (code == JWKEEP_OK)
        code = jwkeep_buffer_append(request, token);
    if (code == JWKEEP_OK)
        code = jwkeep_buffer_append(request, JWKEEP_SPAN("\r\n\r\n\0"));
    return code == JWKEEP_OK ? code : memory_fail(code, error);
}

/* Each with a verifier of its own: what one has grown by the other would not pay for. */
static jwkeep_code measure(memory_table *table, dev_issuer *issuer, jwkeep_span token,
                           const char *request, jwkeep_error *error) {
    jwkeep_verifier *verifier = NULL;
    jwkeep_code code = memory_verifier(issuer, 1, false, &verifier, error);
    if (code == JWKEEP_OK)
        code = measure_pending(table, verifier, token, error);
    jwkeep_verifier_free(verifier);
    verifier = NULL;
    if (code == JWKEEP_OK)
        code = memory_verifier(issuer, 1, false, &verifier, error);
    if (code == JWKEEP_OK)
        code = measure_server(table, verifier, request, error);
    jwkeep_verifier_free(verifier);
    return code;
}

jwkeep_code memory_of_service(memory_table *table, dev_issuer *issuer, jwkeep_error *error) {
    jwkeep_buffer token;
    jwkeep_buffer request;
    jwkeep_buffer_init(&token, MAX_TOKEN_BYTES);
    jwkeep_buffer_init(&request, 2 * MAX_TOKEN_BYTES);
    jwkeep_code code = dev_issuer_mint(issuer, NULL, &token, error);
    if (code == JWKEEP_OK)
        code = write_request(jwkeep_buffer_span(&token), &request, error);
    dev_issuer_set_latency(issuer, DEV_ISSUER_MAX_LATENCY_MS);
    if (code == JWKEEP_OK)
        code = measure(table, issuer, jwkeep_buffer_span(&token), (const char *)request.data,
                       error);
    dev_issuer_set_latency(issuer, 0);
    jwkeep_buffer_done(&request);
    jwkeep_buffer_done(&token);
    return code;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of connections and loops, over real sockets: damaged, pipelined, slow,
 * half-closed and vanishing clients, parking, limits, draining. The service is a small one of
 * the test's. */
#include "server/socket.h"
#include "server/worker.h"
#include "support/wire.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_HELD 64
#define BIG_BYTES 400000u

typedef struct fixture {
    server_worker *front;
    server_worker *workers[2];
    char address[SERVER_ADDRESS_BYTES];
    pthread_mutex_t mutex;
    server_exchange *held[MAX_HELD]; /* parked, under mutex */
    size_t held_count;
    size_t abandoned;
    size_t premature; /* resumed before they were woken */
    wire_text text;
} fixture;

static bool path_is(server_exchange *exchange, const char *path) {
    return jwkeep_span_equals(http_request_path(server_exchange_request(exchange)),
                              jwkeep_span_text(path));
}

static server_outcome hold(fixture *it, server_exchange *exchange) {
    if (!server_exchange_park(exchange)) {
        http_response_text(server_exchange_response(exchange), 503, "too many");
        return SERVER_ANSWERED;
    }
    pthread_mutex_lock(&it->mutex);
    it->held[it->held_count++] = exchange;
    pthread_mutex_unlock(&it->mutex);
    return SERVER_PARKED;
}

static server_outcome answer(void *context, server_exchange *exchange) {
    fixture *it = context;
    http_response *response = server_exchange_response(exchange);
    if (path_is(exchange, "/park"))
        return hold(it, exchange);
    if (path_is(exchange, "/forget")) {
        server_exchange_wake(exchange);
        server_exchange_forget(exchange);
        http_response_text(response, 200, "not parked");
        return SERVER_ANSWERED;
    }
    if (path_is(exchange, "/delay") && server_exchange_delay(exchange, 20))
        return SERVER_PARKED;
    http_response_start(response, 200);
    if (path_is(exchange, "/big")) {
        uint8_t *body = jwkeep_buffer_extend(&response->body, BIG_BYTES);
        if (body)
            memset(body, 'b', BIG_BYTES);
    } else if (path_is(exchange, "/echo")) {
        if (jwkeep_buffer_append(&response->body,
                                 http_request_body(server_exchange_request(exchange))))
            http_response_start(response, 500);
    }
    return SERVER_ANSWERED;
}

static server_outcome resume(void *context, server_exchange *exchange) {
    fixture *it = context;
    pthread_mutex_lock(&it->mutex);
    for (size_t i = 0; i < it->held_count; i++)
        it->premature += it->held[i] == exchange;
    pthread_mutex_unlock(&it->mutex);
    http_response_text(server_exchange_response(exchange), 200,
                       path_is(exchange, "/park") ? "woken" : "waited");
    return SERVER_ANSWERED;
}

static void abandon(void *context, server_exchange *exchange) {
    fixture *it = context;
    /* The last moment in which a wake may come. */
    server_exchange_wake(exchange);
    pthread_mutex_lock(&it->mutex);
    for (size_t i = 0; i < it->held_count; i++)
        if (it->held[i] == exchange)
            it->held[i--] = it->held[--it->held_count];
    it->abandoned++;
    pthread_mutex_unlock(&it->mutex);
}

static const server_service service = {.answer = answer, .resume = resume, .abandon = abandon};

static void wake_all(fixture *it) {
    pthread_mutex_lock(&it->mutex);
    for (size_t i = 0; i < it->held_count; i++)
        server_exchange_wake(it->held[i]);
    it->held_count = 0;
    pthread_mutex_unlock(&it->mutex);
}

typedef struct held_wait {
    fixture *it;
    size_t held;
    size_t abandoned;
} held_wait;

static bool has_held(void *user) {
    held_wait *wait = user;
    pthread_mutex_lock(&wait->it->mutex);
    bool has = wait->it->held_count == wait->held && wait->it->abandoned == wait->abandoned;
    pthread_mutex_unlock(&wait->it->mutex);
    return has;
}

static bool wait_for(fixture *it, size_t held, size_t abandoned) {
    held_wait wait = {it, held, abandoned};
    return wire_wait(has_held, &wait);
}

static fixture *start_at(const char *address, const server_limits *limits) {
    fixture *it = calloc(1, sizeof *it);
    int listening = -1;
    pthread_mutex_init(&it->mutex, NULL);
    assert_int_equal(
        server_socket_listen(address, 0600, "listen", &listening, it->address, NULL),
        JWKEEP_OK);
    assert_int_equal(server_worker_new(&service, it, limits, &it->front, NULL), JWKEEP_OK);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(server_worker_new(&service, it, limits, &it->workers[i], NULL),
                         JWKEEP_OK);
    assert_int_equal(server_worker_listen(it->front, listening, it->workers, 2, NULL, NULL),
                     JWKEEP_OK);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(server_worker_start(it->workers[i], NULL), JWKEEP_OK);
    assert_int_equal(server_worker_start(it->front, NULL), JWKEEP_OK);
    return it;
}

static fixture *start(const server_limits *limits) {
    return start_at("127.0.0.1:0", limits);
}

static void stop(fixture *it) {
    server_worker_close_listeners(it->front);
    for (size_t i = 0; i < 2; i++)
        server_worker_free(it->workers[i]);
    server_worker_free(it->front);
    server_socket_remove(it->address);
    pthread_mutex_destroy(&it->mutex);
    free(it);
}

static int set_up(void **state) {
    server_limits limits;
    server_limits_init(&limits);
    *state = start(&limits);
    return 0;
}

/* A socket whose buffers are small. */
static int set_up_unix(void **state) {
    char address[SERVER_ADDRESS_BYTES];
    server_limits limits;
    server_limits_init(&limits);
    snprintf(address, sizeof address, "unix:/tmp/jwkeep-worker-test-%d", (int)getpid());
    *state = start_at(address, &limits);
    return 0;
}

static int set_up_hasty(void **state) {
    server_limits limits;
    server_limits_init(&limits);
    limits.idle_timeout_ms = limits.request_timeout_ms = 200;
    limits.write_timeout_ms = limits.parked_timeout_ms = 200;
    *state = start(&limits);
    return 0;
}

static int set_up_small(void **state) {
    server_limits limits;
    server_limits_init(&limits);
    limits.max_connections = 1; /* for each of two workers */
    *state = start(&limits);
    return 0;
}

static int set_up_two_per_address(void **state) {
    server_limits limits;
    server_limits_init(&limits);
    limits.max_per_address = 2;
    *state = start(&limits);
    return 0;
}

static int tear_down(void **state) {
    stop(*state);
    return 0;
}

static void reset(fixture *it) {
    it->text.size = 0;
    it->text.data[0] = '\0';
}

#define HOST "Host: a\r\n"

static void answers_pipelined_requests_in_order(void **state) {
    fixture *it = *state;
    int socket_ = wire_connect(it->address);
    assert_true(wire_send_text(socket_,
                               "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\none"
                               "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\ntwo"
                               "GET /delay HTTP/1.1\r\n" HOST "\r\n"
                               "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nfour"));
    assert_int_equal(wire_read_responses(socket_, &it->text, 4), 4);
    assert_non_null(strstr(wire_response(&it->text, 0), "\r\n\r\none"));
    assert_non_null(strstr(wire_response(&it->text, 1), "\r\n\r\ntwo"));
    assert_non_null(strstr(wire_response(&it->text, 2), "\r\n\r\nwaited"));
    assert_non_null(strstr(wire_response(&it->text, 3), "\r\n\r\nfour"));
    close(socket_);
}

static void answers_more_pipelined_requests_than_one_turn_takes(void **state) {
    fixture *it = *state;
    enum { COUNT = 1000 };
    int socket_ = wire_connect(it->address);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(wire_send_text(socket_, "GET / HTTP/1.1\r\n" HOST "\r\n"));
    assert_int_equal(wire_read_responses(socket_, &it->text, COUNT), COUNT);
    close(socket_);
}

static void takes_a_request_byte_by_byte(void **state) {
    fixture *it = *state;
    const char request[] = "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab";
    int socket_ = wire_connect(it->address);
    for (size_t i = 0; i < sizeof request - 1; i++)
        assert_true(wire_send(socket_, request + i, 1));
    assert_int_equal(wire_read_responses(socket_, &it->text, 1), 1);
    assert_non_null(strstr(it->text.data, "\r\n\r\nab"));
    close(socket_);
}

typedef struct bad_request {
    const char *bytes;
    size_t size;
    int status;
} bad_request;

#define BAD(status, text)                                                                      \
    { text, sizeof(text) - 1, status }

static void refuses_and_closes(void **state) {
    fixture *it = *state;
    static const bad_request bad[] = {
        BAD(400, "GET / HTTP/1.1\nHost: a\n\n"),
        BAD(400, "GET / HTTP/1.1\r\n" HOST HOST "\r\n"),
        BAD(400, "GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n"),
        BAD(400, "GET / HTTP/1.1\r\n" HOST "Authoriz: Bearer x\r\n ation: y\r\n\r\n"),
        BAD(400, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        BAD(413, "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999\r\n\r\n"),
        BAD(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        reset(it);
        int socket_ = wire_connect(it->address);
        assert_true(wire_send(socket_, bad[i].bytes, bad[i].size));
        /* What follows is not another request. */
        wire_send_text(socket_, "GET / HTTP/1.1\r\n" HOST "\r\n");
        shutdown(socket_, SHUT_WR);
        assert_true(wire_read_to_end(socket_, &it->text));
        assert_int_equal(wire_status(&it->text, 0), bad[i].status);
        assert_non_null(strstr(it->text.data, "Connection: close\r\n"));
        assert_null(wire_response(&it->text, 1));
        close(socket_);
    }
}

static void refuses_a_huge_head_while_it_comes(void **state) {
    fixture *it = *state;
    char *line = malloc(40000);
    memset(line, 'a', 40000);
    memcpy(line, "GET / HTTP/1.1\r\nX: ", 19);
    int socket_ = wire_connect(it->address);
    wire_send(socket_, line, 40000);
    free(line);
    assert_true(wire_read_to_end(socket_, &it->text));
    assert_int_equal(wire_status(&it->text, 0), 431);
    close(socket_);
}

static void closes_when_asked(void **state) {
    fixture *it = *state;
    static const char *const requests[] = {
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
        /* Nothing after the last request is read. */
        "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n",
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        reset(it);
        int socket_ = wire_connect(it->address);
        assert_true(wire_send_text(socket_, requests[i]));
        assert_true(wire_read_to_end(socket_, &it->text));
        assert_int_equal(wire_status(&it->text, 0), 200);
        assert_non_null(strstr(it->text.data, "Connection: close\r\n"));
        assert_null(wire_response(&it->text, 1));
        close(socket_);
    }
}

static void answers_a_half_closed_client(void **state) {
    fixture *it = *state;
    int socket_ = wire_connect(it->address);
    assert_true(wire_send_text(socket_, "GET / HTTP/1.1\r\n" HOST "\r\n"
                                        "GET / HTTP/1.1\r\n" HOST "\r\n"));
    shutdown(socket_, SHUT_WR);
    assert_true(wire_read_to_end(socket_, &it->text));
    assert_int_equal(wire_status(&it->text, 1), 200);
    close(socket_);
}

static void sends_large_answers_to_a_slow_reader(void **state) {
    fixture *it = *state;
    int socket_ = wire_connect(it->address);
    for (size_t i = 0; i < 2; i++)
        assert_true(wire_send_text(socket_, "GET /big HTTP/1.1\r\n" HOST "\r\n"));
    assert_int_equal(wire_read_responses(socket_, &it->text, 2), 2);
    assert_true(it->text.size > 2 * BIG_BYTES);
    close(socket_);
}

static void head_has_no_body(void **state) {
    fixture *it = *state;
    int socket_ = wire_connect(it->address);
    assert_true(
        wire_send_text(socket_, "HEAD /big HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
    assert_true(wire_read_to_end(socket_, &it->text));
    assert_non_null(strstr(it->text.data, "Content-Length: 400000\r\n"));
    assert_string_equal(strstr(it->text.data, "\r\n\r\n"), "\r\n\r\n");
    close(socket_);
}

static void wakes_parked_requests_and_serves_others_meanwhile(void **state) {
    fixture *it = *state;
    int parked[8];
    for (size_t i = 0; i < 8; i++) {
        parked[i] = wire_connect(it->address);
        assert_true(wire_send_text(parked[i], "GET /park HTTP/1.1\r\n" HOST "\r\n"
                                              "GET / HTTP/1.1\r\n" HOST "\r\n"));
    }
    assert_true(wait_for(it, 8, 0));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(
            wire_exchange(it->address, "GET / HTTP/1.1\r\n" HOST "\r\n", &it->text), 200);
    wake_all(it);
    for (size_t i = 0; i < 8; i++) {
        reset(it);
        assert_int_equal(wire_read_responses(parked[i], &it->text, 2), 2);
        assert_non_null(strstr(wire_response(&it->text, 0), "woken"));
        close(parked[i]);
    }
}

static void notices_a_client_that_leaves_while_parked(void **state) {
    fixture *it = *state;
    int leaving = wire_connect(it->address);
    int staying = wire_connect(it->address);
    assert_true(wire_send_text(leaving, "GET /park HTTP/1.1\r\n" HOST "\r\n"));
    assert_true(wire_send_text(staying, "GET /park HTTP/1.1\r\n" HOST "\r\n"));
    assert_true(wait_for(it, 2, 0));
    close(leaving);
    assert_true(wait_for(it, 1, 1));
    wake_all(it);
    assert_int_equal(wire_read_responses(staying, &it->text, 1), 1);
    close(staying);
}

static void notices_a_reset_while_parked(void **state) {
    fixture *it = *state;
    int socket_ = wire_connect(it->address);
    assert_true(wire_send_text(socket_, "GET /park HTTP/1.1\r\n" HOST "\r\n"));
    assert_true(wait_for(it, 1, 0));
    struct linger at_once = {.l_onoff = 1};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(socket_);
    assert_true(wait_for(it, 0, 1));
}

static void a_wake_that_was_taken_back_resumes_nobody(void **state) {
    fixture *it = *state;
    int socket_ = wire_connect(it->address);
    assert_true(wire_send_text(socket_, "GET /forget HTTP/1.1\r\n" HOST "\r\n"
                                        "GET /park HTTP/1.1\r\n" HOST "\r\n"));
    assert_true(wait_for(it, 1, 0));
    /* Both loops turn. */
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(
            wire_exchange(it->address, "GET /delay HTTP/1.1\r\n" HOST "\r\n", &it->text), 200);
    wake_all(it);
    reset(it);
    assert_int_equal(wire_read_responses(socket_, &it->text, 2), 2);
    assert_int_equal(it->premature, 0);
    close(socket_);
}

static void a_refusal_reaches_a_client_that_is_still_sending(void **state) {
    fixture *it = *state;
    enum { SIZE = 150000 };
    char *body = calloc(1, SIZE);
    int socket_ = wire_connect(it->address);
    assert_true(
        wire_send_text(socket_, "POST / HTTP/1.1\r\n" HOST "Content-Length: 150000\r\n\r\n"));
    wire_send(socket_, body, SIZE);
    free(body);
    assert_true(wire_read_to_orderly_end(socket_, &it->text));
    assert_int_equal(wire_status(&it->text, 0), 413);
    close(socket_);
}

static void the_last_answer_reaches_a_client_that_goes_on_sending(void **state) {
    fixture *it = *state;
    enum { SIZE = 150000 };
    static const char request[] = "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n";
    char *bytes = calloc(1, SIZE);
    memcpy(bytes, request, sizeof request - 1);
    int socket_ = wire_connect(it->address);
    wire_send(socket_, bytes, SIZE);
    free(bytes);
    assert_true(wire_read_to_orderly_end(socket_, &it->text));
    assert_int_equal(wire_status(&it->text, 0), 200);
    close(socket_);
}

static void cuts_off_slow_and_silent_clients(void **state) {
    fixture *it = *state;
    int silent = wire_connect(it->address);
    int slow = wire_connect(it->address);
    assert_true(wire_send_text(slow, "GET / HTTP/1.1\r\nHo"));
    assert_true(wire_read_to_end(silent, &it->text));
    assert_true(wire_read_to_end(slow, &it->text));
    assert_int_equal(it->text.size, 0);
    close(silent);
    close(slow);
}

/* A drop now and then does not stretch the time for a request. */
static void cuts_off_a_dripping_client(void **state) {
    fixture *it = *state;
    int socket_ = wire_connect(it->address);
    bool is_open = true;
    for (size_t i = 0; is_open && i < 20000; i++) {
        is_open = wire_send_text(socket_, i == 0 ? "GET /" : "a");
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_false(is_open);
    close(socket_);
}

static bool has_timed_out(void *user) {
    const fixture *it = user;
    return server_counter_get(&server_worker_counters(it->workers[0])->timed_out) +
               server_counter_get(&server_worker_counters(it->workers[1])->timed_out) ==
           1;
}

static void cuts_off_a_client_that_does_not_read(void **state) {
    fixture *it = *state;
    int socket_ = wire_connect(it->address);
    for (size_t i = 0; i < 50; i++)
        if (!wire_send_text(socket_, "GET /big HTTP/1.1\r\n" HOST "\r\n"))
            break;
    assert_true(wire_wait(has_timed_out, it));
    close(socket_);
}

static void answers_503_when_nobody_wakes(void **state) {
    fixture *it = *state;
    assert_int_equal(
        wire_exchange(it->address, "GET /park HTTP/1.1\r\n" HOST "\r\n", &it->text), 503);
    assert_non_null(strstr(it->text.data, "Retry-After: 1\r\n"));
    assert_true(wait_for(it, 0, 1));
}

static void turns_connections_away_over_the_limit(void **state) {
    fixture *it = *state;
    int kept[2];
    for (size_t i = 0; i < 2; i++) {
        kept[i] = wire_connect(it->address);
        reset(it);
        assert_true(wire_send_text(kept[i], "GET / HTTP/1.1\r\n" HOST "\r\n"));
        assert_int_equal(wire_read_responses(kept[i], &it->text, 1), 1);
    }
    reset(it);
    int third = wire_connect(it->address);
    assert_true(wire_read_to_end(third, &it->text));
    assert_int_equal(wire_status(&it->text, 0), 503);
    close(third);
    close(kept[0]);
    close(kept[1]);
}

/* Whether the greedy address is served a request. */
static bool is_served(void *user) {
    fixture *it = user;
    int socket_ = wire_connect_from("127.0.0.9", it->address);
    reset(it);
    bool is_served = wire_send_text(socket_, "GET / HTTP/1.1\r\n" HOST "\r\n") &&
                     wire_read_responses(socket_, &it->text, 1) == 1 &&
                     wire_status(&it->text, 0) == 200;
    close(socket_);
    return is_served;
}

static void one_address_cannot_have_every_connection(void **state) {
    fixture *it = *state;
    int kept[2];
    for (size_t i = 0; i < 2; i++) {
        kept[i] = wire_connect_from("127.0.0.9", it->address);
        reset(it);
        assert_true(wire_send_text(kept[i], "GET / HTTP/1.1\r\n" HOST "\r\n"));
        assert_int_equal(wire_read_responses(kept[i], &it->text, 1), 1);
    }
    reset(it);
    int third = wire_connect_from("127.0.0.9", it->address);
    assert_true(wire_read_to_end(third, &it->text));
    assert_int_equal(wire_status(&it->text, 0), 503);
    close(third);
    assert_int_equal(wire_exchange(it->address, "GET / HTTP/1.1\r\n" HOST "\r\n", &it->text),
                     200);
    close(kept[0]);
    close(kept[1]);
    /* Its places become free again. */
    for (size_t i = 0; i < 4; i++)
        assert_true(wire_wait(is_served, it));
}

static int set_up_unparked(void **state) {
    server_limits limits;
    server_limits_init(&limits);
    limits.max_parked = 1;
    *state = start(&limits);
    return 0;
}

static void refuses_to_park_over_the_limit(void **state) {
    fixture *it = *state;
    int sockets[3];
    for (size_t i = 0; i < 2; i++) {
        sockets[i] = wire_connect(it->address);
        assert_true(wire_send_text(sockets[i], "GET /park HTTP/1.1\r\n" HOST "\r\n"));
        assert_true(wait_for(it, i + 1, 0));
    }
    assert_int_equal(
        wire_exchange(it->address, "GET /park HTTP/1.1\r\n" HOST "\r\n", &it->text), 503);
    wake_all(it);
    close(sockets[0]);
    close(sockets[1]);
}

static void draining_answers_what_is_parked_and_closes_what_is_idle(void **state) {
    fixture *it = *state;
    int idle = wire_connect(it->address);
    assert_true(wire_send_text(idle, "GET / HTTP/1.1\r\n" HOST "\r\n"));
    assert_int_equal(wire_read_responses(idle, &it->text, 1), 1);
    int parked = wire_connect(it->address);
    assert_true(wire_send_text(parked, "GET /park HTTP/1.1\r\n" HOST "\r\n"));
    assert_true(wait_for(it, 1, 0));
    server_worker_close_listeners(it->front);
    assert_int_equal(wire_connect(it->address), -1);
    for (size_t i = 0; i < 2; i++)
        server_worker_stop(it->workers[i], WIRE_DEADLINE_MS);
    assert_true(wire_read_to_end(idle, &it->text));
    wake_all(it);
    reset(it);
    assert_true(wire_read_to_end(parked, &it->text));
    assert_int_equal(wire_status(&it->text, 0), 200);
    assert_non_null(strstr(it->text.data, "Connection: close\r\n"));
    close(idle);
    close(parked);
}

/* The first, which asks nothing, and the third are one worker's: once the third has its answer
 * the first is open, and once the third has its end the first was drained. */
static void open_three(fixture *it, int sockets[3]) {
    for (size_t i = 0; i < 3; i++) {
        sockets[i] = wire_connect(it->address);
        if (i == 0)
            continue;
        assert_true(wire_send_text(sockets[i], "GET / HTTP/1.1\r\n" HOST "\r\n"));
        assert_int_equal(wire_read_responses(sockets[i], &it->text, 1), 1);
        reset(it);
    }
}

static void drain_and_await_the_third(fixture *it, const int sockets[3]) {
    server_worker_close_listeners(it->front);
    for (size_t i = 0; i < 2; i++)
        server_worker_stop(it->workers[i], 2 * WIRE_DEADLINE_MS);
    assert_true(wire_read_to_end(sockets[2], &it->text));
    reset(it);
}

static void close_three(const int sockets[3]) {
    for (size_t i = 0; i < 3; i++)
        close(sockets[i]);
}

static void draining_answers_who_had_not_asked_yet(void **state) {
    fixture *it = *state;
    int sockets[3];
    open_three(it, sockets);
    drain_and_await_the_third(it, sockets);
    assert_true(wire_send_text(sockets[0], "GET / HTTP/1.1\r\n" HOST "\r\n"));
    assert_true(wire_read_to_end(sockets[0], &it->text));
    assert_int_equal(wire_status(&it->text, 0), 200);
    assert_non_null(strstr(it->text.data, "Connection: close\r\n"));
    close_three(sockets);
}

static int set_up_impatient(void **state) {
    server_limits limits;
    server_limits_init(&limits);
    limits.request_timeout_ms = 200;
    *state = start(&limits);
    return 0;
}

static void draining_lets_go_of_who_never_asks(void **state) {
    fixture *it = *state;
    int sockets[3];
    open_three(it, sockets);
    drain_and_await_the_third(it, sockets);
    assert_true(wire_read_to_end(sockets[0], &it->text));
    assert_int_equal(it->text.size, 0);
    close_three(sockets);
}

static void draining_sends_what_was_begun_and_then_closes(void **state) {
    fixture *it = *state;
    char first;
    int socket_ = wire_connect(it->address);
    assert_true(wire_send_text(socket_, "GET /big HTTP/1.1\r\n" HOST "\r\n"));
    assert_int_equal(recv(socket_, &first, 1, MSG_PEEK), 1);
    server_worker_close_listeners(it->front);
    for (size_t i = 0; i < 2; i++)
        server_worker_stop(it->workers[i], 2 * WIRE_DEADLINE_MS);
    assert_true(wire_read_to_orderly_end(socket_, &it->text));
    assert_true(it->text.size > BIG_BYTES);
    close(socket_);
}

static void stopping_without_grace_lets_go_of_what_is_parked(void **state) {
    fixture *it = *state;
    int parked = wire_connect(it->address);
    assert_true(wire_send_text(parked, "GET /park HTTP/1.1\r\n" HOST "\r\n"));
    assert_true(wait_for(it, 1, 0));
    for (size_t i = 0; i < 2; i++)
        server_worker_stop(it->workers[i], 0);
    for (size_t i = 0; i < 2; i++)
        server_worker_join(it->workers[i]);
    assert_int_equal(it->abandoned, 1);
    close(parked);
}

#define WITH(test, set_up) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH(answers_pipelined_requests_in_order, set_up),
        WITH(answers_more_pipelined_requests_than_one_turn_takes, set_up),
        WITH(takes_a_request_byte_by_byte, set_up),
        WITH(refuses_and_closes, set_up),
        WITH(refuses_a_huge_head_while_it_comes, set_up),
        WITH(closes_when_asked, set_up),
        WITH(answers_a_half_closed_client, set_up),
        WITH(sends_large_answers_to_a_slow_reader, set_up),
        WITH(head_has_no_body, set_up),
        WITH(wakes_parked_requests_and_serves_others_meanwhile, set_up),
        WITH(notices_a_client_that_leaves_while_parked, set_up),
        WITH(notices_a_reset_while_parked, set_up),
        WITH(a_wake_that_was_taken_back_resumes_nobody, set_up),
        WITH(a_refusal_reaches_a_client_that_is_still_sending, set_up),
        WITH(the_last_answer_reaches_a_client_that_goes_on_sending, set_up),
        WITH(cuts_off_slow_and_silent_clients, set_up_hasty),
        WITH(cuts_off_a_dripping_client, set_up_hasty),
        WITH(cuts_off_a_client_that_does_not_read, set_up_hasty),
        WITH(answers_503_when_nobody_wakes, set_up_hasty),
        WITH(turns_connections_away_over_the_limit, set_up_small),
        WITH(one_address_cannot_have_every_connection, set_up_two_per_address),
        WITH(refuses_to_park_over_the_limit, set_up_unparked),
        WITH(draining_answers_what_is_parked_and_closes_what_is_idle, set_up),
        WITH(draining_answers_who_had_not_asked_yet, set_up),
        WITH(draining_lets_go_of_who_never_asks, set_up_impatient),
        WITH(draining_sends_what_was_begun_and_then_closes, set_up_unix),
        WITH(stopping_without_grace_lets_go_of_what_is_parked, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

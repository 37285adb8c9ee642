/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the change of plans and the administrator's wait for it. */
#include "server/reload.h"
#include <signal.h>
#include <stdio.h>

void reload_init(reload *it, const reload_source *source, server_plan *present) {
    *it = (reload){.source = *source, .present = present};
    pthread_mutex_init(&it->mutex, NULL);
}

static void retire(reload *it, server_plan *plan) {
    if (it->source.retire)
        it->source.retire(it->source.user, plan);
}

void reload_collect(reload *it) {
    size_t kept = 0;
    for (size_t i = 0; i < it->retired_count; i++) {
        if (plan_is_free(it->retired[i]))
            retire(it, it->retired[i]);
        else
            it->retired[kept++] = it->retired[i];
    }
    it->retired_count = kept;
}

void reload_done(reload *it) {
    reload_collect(it);
    if (it->present)
        retire(it, it->present);
    pthread_mutex_destroy(&it->mutex);
}

void reload_add_seat(reload *it, plan_seat *seat) {
    it->seats[it->seat_count++] = seat;
    plan_seat_offer(seat, it->present);
    (void)plan_seat_look(seat);
}

void reload_set_runner(reload *it, pthread_t runner) {
    pthread_mutex_lock(&it->mutex);
    it->runner = runner;
    it->has_runner = true;
    pthread_mutex_unlock(&it->mutex);
}

static bool load(reload *it, char ret_fault[RELOAD_FAULT_BYTES]) {
    server_plan *next = NULL;
    reload_collect(it);
    if (!it->source.load) {
        snprintf(ret_fault, RELOAD_FAULT_BYTES, "there is no configuration file to read again");
        return false;
    }
    if (it->retired_count == RELOAD_MAX_RETIRED) {
        snprintf(ret_fault, RELOAD_FAULT_BYTES,
                 "too many earlier configurations are still in use by waiting requests");
        return false;
    }
    if (!it->source.load(it->source.user, it->present, &next, ret_fault))
        return false;
    for (size_t i = 0; i < it->seat_count; i++)
        plan_seat_offer(it->seats[i], next);
    it->retired[it->retired_count++] = it->present;
    it->present = next;
    return true;
}

bool reload_run(reload *it, char ret_fault[RELOAD_FAULT_BYTES]) {
    pthread_mutex_lock(&it->mutex);
    it->is_begun = it->asker && !it->is_answered;
    pthread_mutex_unlock(&it->mutex);
    bool is_loaded = load(it, ret_fault);
    server_counter_add(is_loaded ? &it->loaded : &it->failed, 1);
    server_counter_set(&it->is_failing, !is_loaded);
    pthread_mutex_lock(&it->mutex);
    /* Who asks meanwhile gets a load of their own. */
    if (it->asker && it->is_begun) {
        it->is_begun = false;
        it->is_answered = true;
        it->is_loaded = is_loaded;
        if (!is_loaded)
            memcpy(it->fault, ret_fault, sizeof it->fault);
        server_exchange_wake(it->asker);
    }
    pthread_mutex_unlock(&it->mutex);
    return is_loaded;
}

static void write_result(http_response *response, bool is_loaded, const char *fault) {
    jwkeep_json_writer writer;
    http_response_start(response, is_loaded ? 200 : 422);
    jwkeep_json_writer_init(&writer, &response->body);
    jwkeep_json_write_object(&writer);
    jwkeep_json_write_member_boolean(&writer, "reloaded", is_loaded);
    if (!is_loaded)
        jwkeep_json_write_member_string(&writer, "error", jwkeep_span_text(fault));
    jwkeep_json_write_end(&writer);
    http_response_json(response, &writer);
}

server_outcome reload_answer(reload *it, server_exchange *exchange) {
    http_response *response = server_exchange_response(exchange);
    server_outcome outcome = SERVER_ANSWERED;
    pthread_mutex_lock(&it->mutex);
    if (!it->has_runner || it->asker) {
        http_response_text(response, it->asker ? 409 : 503,
                           it->asker ? "a reload is under way" : "not running yet");
    } else if (!server_exchange_park(exchange)) {
        http_response_text(response, 503, "too many requests wait");
    } else {
        it->asker = exchange;
        it->is_begun = false;
        it->is_answered = false;
        pthread_kill(it->runner, SIGHUP);
        outcome = SERVER_PARKED;
    }
    pthread_mutex_unlock(&it->mutex);
    return outcome;
}

server_outcome reload_resume(reload *it, server_exchange *exchange) {
    pthread_mutex_lock(&it->mutex);
    it->asker = NULL;
    write_result(server_exchange_response(exchange), it->is_loaded, it->fault);
    pthread_mutex_unlock(&it->mutex);
    return SERVER_ANSWERED;
}

void reload_abandon(reload *it, server_exchange *exchange) {
    (void)exchange;
    pthread_mutex_lock(&it->mutex);
    it->asker = NULL;
    pthread_mutex_unlock(&it->mutex);
}

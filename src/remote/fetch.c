/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the single download in the caller's thread: a transport of its own, no thread, no
 * state that stays. */
#include "base/error.h"
#include "remote/source.h"
#include <signal.h>
#include <time.h>

typedef struct fetch {
    const jk_source_settings *settings;
    jwkeep_keyset *set;
    jwkeep_error error;
    bool is_over;
} fetch;

static void tell_skip(void *user, const jwkeep_keyset_skip *skip) {
    const fetch *work = user;
    const jk_source_settings *settings = work->settings;
    jwkeep_event event = {.kind = JWKEEP_EVENT_KEY_SKIPPED,
                          .url = settings->url ? settings->url : settings->issuer,
                          .trigger = JWKEEP_TRIGGER_REQUEST,
                          .skip = skip};
    if (settings->options.on_event)
        settings->options.on_event(settings->options.user, &event);
}

static void take_result(void *user, const jk_download_result *result) {
    fetch *work = user;
    work->error = result->error;
    if (!result->error.code)
        work->set = jwkeep_keyset_ref(result->set);
    work->is_over = true;
}

static void run_download(fetch *work, const jk_environment *environment) {
    jk_download_options options = jk_source_download_options(work->settings);
    options.on_skip = tell_skip;
    options.on_done = take_result;
    options.user = work;
    jk_download download;
    jk_download_init(&download, &options, environment);
    work->is_over = jk_download_start(&download, false, &work->error) != JWKEEP_OK;
    while (!work->is_over)
        environment->transport->methods->run(environment->transport, options.fetch_timeout_ms);
    jk_download_done(&download);
}

/* The caller's thread must not die of a connection that broke while it was written to; nor
 * may a SIGPIPE stay behind that was not there before. */
static void run_without_sigpipe(fetch *work, const jk_environment *environment) {
    sigset_t pipe_only;
    sigset_t before;
    sigset_t pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    run_download(work, environment);
    if (!was_pending)
        while (sigtimedwait(&pipe_only, NULL, &(struct timespec){0}) == SIGPIPE)
            ;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

jwkeep_code jwkeep_fetch_keyset(const jwkeep_source_options *options, jwkeep_keyset **ret_set,
                                jwkeep_error *error) {
    jk_source_settings settings;
    jwkeep_code code = jk_source_settings_init(&settings, options, error);
    if (code)
        return code;
    jk_environment environment;
    code = jk_environment_system(&environment, error);
    if (code == JWKEEP_OK) {
        fetch work = {.settings = &settings};
        run_without_sigpipe(&work, &environment);
        environment.transport->methods->free(environment.transport);
        code = work.error.code;
        if (code && error)
            *error = work.error;
        else if (!code)
            *ret_set = work.set;
    }
    jk_source_settings_done(&settings);
    return code;
}

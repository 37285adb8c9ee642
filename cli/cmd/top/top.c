/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep top`: the status of a service at a terminal, again and again. */
#include "cli/cmd/top/draw.h"
#include "cli/command.h"
#include "cli/http_get.h"
#include "cli/output.h"
#include "cli/report.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#define PLACE "127.0.0.1:9090"
#define MAX_JSON_VALUES (4u << 20)
#define ROWS 24 /* where the terminal does not say */

struct top {
    const char *place;
    bool is_once;
    int64_t interval_s;
};

static const struct top DEFAULTS = {.place = PLACE, .interval_s = 2};

static const option_spec OPTIONS[] = {
    OPERAND(struct top, place, "ADDRESS",
            "of administration: HOST:PORT, http://HOST:PORT or unix:PATH (default " PLACE ")"),
    FLAG(struct top, is_once, "once", "print it once; so it is also where no terminal is"),
    NUMBER(struct top, interval_s, "interval", "S", 1, 3600, "between two looks (default 2)"),
};

/* Looks and draws. Without a status `ret_fault` says why. */
static exit_status look(const http_place *place, jwkeep_buffer *answer, bool is_coloured,
                        FILE *out, char ret_fault[HTTP_GET_FAULT_BYTES]) {
    jwkeep_span body;
    jwkeep_limits limits;
    jwkeep_json_text *status = NULL;
    if (!http_get(place, "/status", answer, &body, ret_fault))
        return STATUS_UNDECIDED;
    jwkeep_limits_init(&limits);
    limits.max_json_values = MAX_JSON_VALUES;
    if (jwkeep_json_parse(body, &limits, &status, NULL) != JWKEEP_OK) {
        snprintf(ret_fault, HTTP_GET_FAULT_BYTES, "the answer is no status");
        return STATUS_UNDECIDED;
    }
    bool is_alarming = top_draw(out, jwkeep_json_root(status), is_coloured);
    jwkeep_json_text_free(status);
    return is_alarming ? STATUS_NO : STATUS_YES;
}

static size_t rows_of_terminal(void) {
    struct winsize size;
    bool is_told = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1;
    return is_told ? size.ws_row : ROWS;
}

/* As many lines as there is room for; the terminal cuts what is too wide. */
static void show(const char *drawn) {
    size_t rows = rows_of_terminal();
    fputs("\033[H", stdout);
    for (size_t row = 1; row < rows && *drawn != '\0'; row++) {
        const char *line_end = strchrnul(drawn, '\n');
        printf("%.*s\033[0m\033[K\n", (int)(line_end - drawn), drawn);
        drawn = *line_end == '\n' ? line_end + 1 : line_end;
    }
    fputs("\033[J\033[2mq quits\033[0m", stdout);
    fflush(stdout);
}

typedef struct terminal {
    struct termios before;
    int signals; /* tells of what ends the program, and of another size */
} terminal;

static bool open_terminal(terminal *it) {
    sigset_t heard;
    sigemptyset(&heard);
    sigaddset(&heard, SIGINT);
    sigaddset(&heard, SIGTERM);
    sigaddset(&heard, SIGHUP);
    sigaddset(&heard, SIGWINCH);
    sigprocmask(SIG_BLOCK, &heard, NULL);
    it->signals = signalfd(-1, &heard, SFD_CLOEXEC);
    if (it->signals < 0 || tcgetattr(STDIN_FILENO, &it->before) != 0)
        return false;
    struct termios now = it->before;
    now.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &now);
    /* The other screen, without a cursor, without wrapping. */
    fputs("\033[?1049h\033[?25l\033[?7l", stdout);
    return true;
}

static void close_terminal(const terminal *it) {
    fputs("\033[?7h\033[?25h\033[?1049l", stdout);
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSANOW, &it->before);
    close(it->signals);
}

static bool is_told_to_end(const terminal *it, const struct pollfd polled[2]) {
    struct signalfd_siginfo told;
    char key = 'q'; /* an end of input is one, too */
    if (polled[0].revents && read(STDIN_FILENO, &key, 1) >= 0 && (key == 'q' || key == 'Q'))
        return true;
    return polled[1].revents && read(it->signals, &told, sizeof told) == sizeof told &&
           told.ssi_signo != SIGWINCH;
}

static exit_status watch(const struct top *values, const http_place *place,
                         jwkeep_buffer *answer) {
    terminal screen;
    struct pollfd polled[2] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    exit_status status = STATUS_YES;
    char fault[HTTP_GET_FAULT_BYTES];
    if (!open_terminal(&screen))
        return report_usage("the terminal: %s", strerror(errno));
    polled[1] = (struct pollfd){.fd = screen.signals, .events = POLLIN};
    do {
        char *drawn = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&drawn, &size);
        if (!out) {
            status = STATUS_INTERNAL;
            break;
        }
        if (look(place, answer, true, out, fault) == STATUS_UNDECIDED)
            fprintf(out, "%s: %s\n", values->place, fault);
        fclose(out);
        show(drawn);
        free(drawn);
        polled[0].revents = polled[1].revents = 0;
        (void)poll(polled, 2, (int)values->interval_s * 1000);
    } while (!is_told_to_end(&screen, polled));
    close_terminal(&screen);
    return status;
}

static exit_status print_once(const struct top *values, const http_place *place,
                              jwkeep_buffer *answer) {
    char fault[HTTP_GET_FAULT_BYTES];
    exit_status status = look(place, answer, false, stdout, fault);
    if (status == STATUS_UNDECIDED)
        report_note("%s: %s", values->place, fault);
    exit_status written = output_finish();
    return written == STATUS_YES ? status : written;
}

static exit_status run(const void *arguments) {
    const struct top *values = arguments;
    http_place place;
    jwkeep_buffer answer;
    if (!http_place_read(values->place, &place))
        return report_usage("an address is HOST:PORT, http://HOST:PORT or unix:PATH");
    jwkeep_buffer_init(&answer, HTTP_GET_MAX_BYTES);
    const bool is_live = !values->is_once && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
    exit_status status =
        is_live ? watch(values, &place, &answer) : print_once(values, &place, &answer);
    jwkeep_buffer_done(&answer);
    return status;
}

const struct command CMD_TOP = {
    .name = "top",
    .summary = "the status of a service, live at a terminal",
    .details =
        "Alarms, requests, and of each issuer its keys and their freshness, from /status\n"
        "of the administration listener. `q` ends it. Printed once, the exit status is 1\n"
        "while an alarm stands, 3 if nobody answers.\n",
    .examples = "  jwkeep top\n"
                "  jwkeep top unix:/run/jwkeep/admin.sock\n"
                "  jwkeep top http://127.0.0.1:9090 --once\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct top),
    .run = run,
};

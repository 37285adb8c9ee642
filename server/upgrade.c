/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way from one process to the next. */
#include "server/upgrade.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_ARGUMENTS_BYTES 131072u
#define MAX_ARGUMENTS 1024u
#define PID_DIGITS 20
#define PREDECESSOR "JWKEEP_PREDECESSOR"

extern char **environ;

/* Everything the child needs: between fork and exec it may not allocate. */
struct successor {
    char program[4096];
    char text[MAX_ARGUMENTS_BYTES];
    char *arguments[MAX_ARGUMENTS + 1];
    char **environment;
    char pid[sizeof "LISTEN_PID=" + PID_DIGITS];
    char count[32];
    char names[NOTIFY_MAX_SOCKETS * sizeof "verify:" + 16];
    char predecessor[64];
    int sockets[NOTIFY_MAX_SOCKETS];
    int socket_count;
};

static bool read_arguments(struct successor *it) {
    int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : read(file, it->text, sizeof it->text - 1);
    if (file >= 0)
        close(file);
    if (size <= 0 || size == (ssize_t)sizeof it->text - 1) {
        errno = size > 0 ? E2BIG : errno;
        return false;
    }
    size_t count = 0;
    for (char *at = it->text; at < it->text + size; at += strlen(at) + 1) {
        if (count == MAX_ARGUMENTS) {
            errno = E2BIG;
            return false;
        }
        it->arguments[count++] = at;
    }
    return true;
}

/* The path, not the file: another version may stand there by now. */
static bool read_program(struct successor *it) {
    static const char gone[] = " (deleted)";
    ssize_t size = readlink("/proc/self/exe", it->program, sizeof it->program - 1);
    if (size <= 0)
        return false;
    it->program[size] = '\0';
    size_t tail = sizeof gone - 1;
    if ((size_t)size > tail && strcmp(it->program + size - tail, gone) == 0)
        it->program[(size_t)size - tail] = '\0';
    return true;
}

static bool is_ours(const char *variable) {
    return strncmp(variable, "LISTEN_PID=", 11) == 0 ||
           strncmp(variable, "LISTEN_FDS=", 11) == 0 ||
           strncmp(variable, "LISTEN_FDNAMES=", 15) == 0 ||
           strncmp(variable, PREDECESSOR "=", sizeof PREDECESSOR) == 0;
}

/* A watchdog that is this process's becomes the successor's; one of another process stays so.
 */
static bool is_own_watchdog(const char *variable) {
    char own[sizeof "WATCHDOG_PID=" + PID_DIGITS];
    snprintf(own, sizeof own, "WATCHDOG_PID=%ld", (long)getpid());
    return strcmp(variable, own) == 0;
}

static bool fill_environment(struct successor *it) {
    size_t count = 0;
    while (environ[count])
        count++;
    it->environment = calloc(count + 5, sizeof *it->environment);
    if (!it->environment)
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!is_ours(environ[i]) && !is_own_watchdog(environ[i]))
            it->environment[kept++] = environ[i];
    /* The number is the child's to write: it is not known before. */
    snprintf(it->pid, sizeof it->pid, "LISTEN_PID=%0*d", PID_DIGITS, 0);
    snprintf(it->count, sizeof it->count, "LISTEN_FDS=%d", it->socket_count);
    snprintf(it->predecessor, sizeof it->predecessor, PREDECESSOR "=%ld", (long)getpid());
    it->environment[kept++] = it->pid;
    it->environment[kept++] = it->count;
    it->environment[kept++] = it->names;
    it->environment[kept] = it->predecessor;
    return true;
}

static void fill_sockets(struct successor *it, const int *verify, size_t verify_count,
                         int admin) {
    size_t size = (size_t)snprintf(it->names, sizeof it->names, "LISTEN_FDNAMES=");
    for (size_t i = 0; i < verify_count; i++) {
        it->sockets[it->socket_count++] = verify[i];
        size += (size_t)snprintf(it->names + size, sizeof it->names - size, "%sverify",
                                 i ? ":" : "");
    }
    if (admin >= 0) {
        it->sockets[it->socket_count++] = admin;
        snprintf(it->names + size, sizeof it->names - size, "%sadmin", verify_count ? ":" : "");
    }
}

/* Only calls that may stand between fork and exec. */
__attribute__((noreturn)) static void become(struct successor *it) {
    pid_t pid = getpid();
    int moved[NOTIFY_MAX_SOCKETS];
    for (char *digit = it->pid + sizeof it->pid - 2; pid > 0; pid /= 10)
        *digit-- = (char)('0' + pid % 10);
    /* Out of the way first: one of them may stand where another belongs. */
    for (int i = 0; i < it->socket_count; i++)
        moved[i] = fcntl(it->sockets[i], F_DUPFD_CLOEXEC,
                         NOTIFY_FIRST_SOCKET + (int)NOTIFY_MAX_SOCKETS);
    for (int i = 0; i < it->socket_count; i++)
        if (moved[i] < 0 || dup2(moved[i], NOTIFY_FIRST_SOCKET + i) < 0)
            _exit(127);
    /* Connections of the downloads are not the successor's. */
    (void)close_range((unsigned)(NOTIFY_FIRST_SOCKET + it->socket_count), ~0u, 0);
    execve(it->program, it->arguments, it->environment);
    _exit(127);
}

static pid_t start(struct successor *it, const int *verify, size_t verify_count, int admin) {
    fill_sockets(it, verify, verify_count, admin);
    if (!read_arguments(it) || !read_program(it) || !fill_environment(it))
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        become(it);
    return pid;
}

pid_t upgrade_start(const int *verify, size_t verify_count, int admin) {
    size_t count = verify_count + (admin >= 0 ? 1 : 0);
    struct successor *it = count <= NOTIFY_MAX_SOCKETS ? calloc(1, sizeof *it) : NULL;
    if (!it)
        return -1;
    pid_t pid = start(it, verify, verify_count, admin);
    int why = errno;
    free(it->environment);
    free(it);
    errno = why;
    return pid;
}

bool upgrade_relieve(void) {
    const char *text = getenv(PREDECESSOR);
    char own[32];
    pid_t parent = getppid();
    snprintf(own, sizeof own, "%ld", (long)parent);
    /* A predecessor that is gone has left us to another parent. */
    bool is_successor = text && strcmp(text, own) == 0;
    unsetenv(PREDECESSOR);
    return is_successor && kill(parent, SIGTERM) == 0;
}

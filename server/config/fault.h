/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns saying what is wrong with a configuration, and where. */
#ifndef SERVER_CONFIG_FAULT_H
#define SERVER_CONFIG_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#define CONFIG_FAULT_BYTES 384u

/* Lines and columns count from 1; 0: the file as a whole. */
typedef struct config_place {
    size_t line;
    size_t column;
} config_place;

typedef struct config_fault {
    config_place place;
    char text[CONFIG_FAULT_BYTES];
} config_fault;

/* Room for a fault with the name of its file. */
#define CONFIG_FAULT_LINE_BYTES (CONFIG_FAULT_BYTES + 256u)

/* "jwkeep.yaml:12:5: what is wrong". */
void config_fault_write(const config_fault *fault, const char *path,
                        char ret_line[CONFIG_FAULT_LINE_BYTES]);

/* Fills `ret_fault` and gives false. Nothing of a secret may be among the arguments. */
__attribute__((format(printf, 3, 4))) bool
config_fail(config_fault *ret_fault, config_place place, const char *format, ...);

#endif

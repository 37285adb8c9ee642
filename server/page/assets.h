/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the files that the status page needs, in the program: made from page.css and page.js by
 * the build. */
#ifndef SERVER_PAGE_ASSETS_H
#define SERVER_PAGE_ASSETS_H

#include <stddef.h>

typedef struct page_asset {
    const char *path; /* NULL ends the list */
    const char *type;
    const unsigned char *bytes;
    size_t size;
} page_asset;

extern const page_asset page_assets[];

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the compiler attributes that the public headers use. Refuses anything that needs a
 * type. */
#ifndef JWKEEP_ATTRIBUTES_H
#define JWKEEP_ATTRIBUTES_H

#ifdef __cplusplus
#define JWKEEP_BEGIN extern "C" {
#define JWKEEP_END }
#else
#define JWKEEP_BEGIN
#define JWKEEP_END
#endif

#if defined(__GNUC__)
/* A symbol of the library's interface. Everything else is hidden. */
#define JWKEEP_API __attribute__((visibility("default")))
/* The result must be looked at. */
#define JWKEEP_MUST_USE __attribute__((warn_unused_result))
#define JWKEEP_PURE __attribute__((pure))
#define JWKEEP_CONST __attribute__((const))
#else
#define JWKEEP_API
#define JWKEEP_MUST_USE
#define JWKEEP_PURE
#define JWKEEP_CONST
#endif

#endif

# SPDX-License-Identifier: Apache-2.0
# Owns the compiler flags: the language, the warnings, the hardening, the sanitizers.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON) # GNU attributes, POSIX declarations
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_compile_definitions(_GNU_SOURCE)

add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
  -Wmissing-prototypes -Wcast-qual -Wvla -Wundef -Wformat=2 -Wnull-dereference -Wswitch-enum
  -Wframe-larger-than=4096 -fno-common)
# Macros of OpenSSL put __FILE__ into what is built: two builds should not differ by their folders.
add_compile_options("-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")
if(JWKEEP_WERROR)
  add_compile_options(-Werror)
endif()

if(JWKEEP_SANITIZE)
  add_compile_options(-fsanitize=${JWKEEP_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${JWKEEP_SANITIZE})
  if(JWKEEP_SANITIZE MATCHES "thread")
    add_compile_options(-Wno-frame-larger-than)
  endif()
else()
  add_compile_options(-fstack-protector-strong -fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|i.86")
    add_compile_options(-fcf-protection=full)
  endif()
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
  if(CMAKE_BUILD_TYPE MATCHES "^Rel")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
endif()
include(CheckPIESupported)
check_pie_supported()

# Calls between files took a fifth of the time of a remembered token: a release is compiled as a
# whole. With GCC only: the static library is joined in a way that others do not know.
set(JWKEEP_LTO_DEFAULT OFF)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
  include(CheckIPOSupported)
  check_ipo_supported(RESULT JWKEEP_LTO_DEFAULT LANGUAGES C)
endif()
option(JWKEEP_LTO "Link-time optimization, with GCC" ${JWKEEP_LTO_DEFAULT})
set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ${JWKEEP_LTO})

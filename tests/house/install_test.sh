#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs a build into an empty prefix and builds the examples against it as a stranger
# would: by pkg-config, by CMake, against the shared and the static library; and includes
# every header in a C++ program. Usage: install_test.sh BUILD SOURCE CC
set -eu
build=$1 source=$2 cc=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
prefix=$scratch/prefix

cmake --install "$build" --prefix "$prefix" >"$scratch/install.log"
libdir=$(dirname "$(find "$prefix" -name libjwkeep.a)")
export PKG_CONFIG_PATH="$libdir/pkgconfig" LD_LIBRARY_PATH="$libdir"
warnings="-std=c17 -Wall -Wextra -Wpedantic -Werror"

echo "installed:"
find "$prefix" -type f -o -type l | sed "s|$prefix/||" | sort

echo "the unit starts what was installed"
started=$(sed -n 's/^ExecStart=\([^ ]*\) .*/\1/p' "$prefix/lib/systemd/system/jwkeep.service")
[ "$started" = "$prefix/bin/jwkeep" ] || { echo "the unit starts $started"; exit 1; }
"$started" --version

mkdir "$scratch/bin"
for example in "$source"/examples/*.c; do
    name=$(basename "$example" .c)
    echo "$name: pkg-config, shared"
    # shellcheck disable=SC2046,SC2086
    "$cc" $warnings "$example" -o "$scratch/bin/$name" $(pkg-config --cflags --libs jwkeep)
    echo "$name: pkg-config, static"
    # shellcheck disable=SC2046,SC2086
    "$cc" $warnings "$example" -o "$scratch/bin/$name-static" $(pkg-config --cflags jwkeep) \
        "$libdir/libjwkeep.a" $(pkg-config --libs libcrypto libcurl) -pthread
done

echo "CMake, shared and static"
cmake -G Ninja -S "$source/examples" -B "$scratch/cmake" -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_C_COMPILER="$cc" >"$scratch/cmake.log" 2>&1 || { cat "$scratch/cmake.log"; exit 1; }
cmake --build "$scratch/cmake" >"$scratch/cmake.log" 2>&1 || { cat "$scratch/cmake.log"; exit 1; }

echo "every header alone, in C and in C++"
for header in "$prefix"/include/jwkeep/*.h; do
    name=$(basename "$header")
    printf '#include <jwkeep/%s>\nint main(void) { return 0; }\n' "$name" >"$scratch/one.c"
    # shellcheck disable=SC2086
    "$cc" $warnings -I"$prefix/include" -fsyntax-only "$scratch/one.c"
    if command -v c++ >/dev/null; then
        cp "$scratch/one.c" "$scratch/one.cc"
        c++ -std=c++17 -Wall -Wextra -Werror -I"$prefix/include" -fsyntax-only "$scratch/one.cc"
    fi
done

echo "no internal symbol in libjwkeep.a, no run-time dependency beyond the named"
if nm --defined-only --extern-only "$libdir/libjwkeep.a" | grep -E ' [A-Z] ' | grep -v ' jwkeep_'; then
    echo "the static library shows these"
    exit 1
fi
unexpected=$(readelf -d "$libdir/libjwkeep.so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
    grep -Ev '^(libcrypto|libcurl|libc|libm|ld-linux.*)\.so' || true)
[ -z "$unexpected" ] || { echo "needs $unexpected"; exit 1; }

readelf -d "$libdir/libjwkeep.so" | grep -q NODELETE ||
    { echo "threads that end would call a library that was closed"; exit 1; }

if [ -x "$prefix/bin/jwkeep" ]; then
    "$source/tests/house/example_test.sh" "$scratch/bin" "$prefix"
fi

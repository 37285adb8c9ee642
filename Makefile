# SPDX-License-Identifier: Apache-2.0
# The usual words, handed on to CMake. PREFIX and DESTDIR say where install puts things.
PREFIX ?= /usr/local
BUILD := build/release

.PHONY: all test install clean

all:
	cmake --preset release -DCMAKE_INSTALL_PREFIX=$(PREFIX)
	cmake --build --preset release

test:
	./test

install: all
	cmake --install $(BUILD)

clean:
	rm -rf build

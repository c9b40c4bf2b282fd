#!/usr/bin/env bash
# Cross-compile csrc for aarch64 and run its kernel tests under qemu-user: `make test-neon`.
# CC_AARCH64 and QEMU_AARCH64 name other tools; on an aarch64 machine: CC_AARCH64=gcc QEMU_AARCH64=
set -euo pipefail
cd "$(dirname "$0")/../../.."

compiler=${CC_AARCH64:-aarch64-linux-gnu-gcc}
emulator=${QEMU_AARCH64-qemu-aarch64}
for tool in $compiler $emulator; do
    command -v "$tool" >/dev/null || {
        echo "$tool is missing. On Debian and Ubuntu:" \
            "sudo apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user" >&2
        exit 1
    }
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
flags=(-std=gnu11 -ffp-contract=fast -fno-math-errno -fno-trapping-math -fvisibility=hidden
    -Wall -Wextra -Werror -Wno-unknown-pragmas -Icsrc) # those of setup.py
for source in csrc/*.c csrc/amx/*.c csrc/isa/*.c; do
    $compiler "${flags[@]}" -O3 -c "$source" -o "$folder/$(basename "$source" .c).o"
done
# -O1: GCC 12 for aarch64 crashes on the references in plain C when it vectorises them
$compiler "${flags[@]}" -O1 -c tests/kernels/cross/kernels_test.c -o "$folder/kernels_test.o"
# static: the emulator needs no aarch64 libraries
$compiler -static "$folder"/*.o -lm -o "$folder/kernels_test"
$emulator "$folder/kernels_test"

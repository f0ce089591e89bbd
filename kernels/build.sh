#!/usr/bin/env bash
# Compiles cuda/*.cu into ptx/: `bash kernels/build.sh [FOLDER]`, where FOLDER is to have them instead of kernels/ptx.
#
# The compiler comes from the package registry of Python, at the versions below: a driver of release 580 or later loads what it makes. It
# gives the same bytes everywhere. NVCC names one that is there already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly compiler=13.0.88
readonly flags="-std=c++17 -arch=compute_80 -fmad=false -ptx"
readonly venv=../target/cuda-venv out=${1:-ptx}

install_nvcc() {
    local packages=(nvidia-cuda-nvcc nvidia-cuda-crt nvidia-nvvm nvidia-cuda-runtime)
    packages=("${packages[@]/%/==$compiler}")
    if ! printf '%s\n' "${packages[@]}" | cmp -s - "$venv/installed.txt"; then
        rm -rf "$venv"
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}"
        printf '%s\n' "${packages[@]}" >"$venv/installed.txt"
    fi
    NVCC=$(echo "$venv"/lib/python3*/site-packages/nvidia/cu13/bin/nvcc)
}

# What a file depends on: the flags, all that sources share, and its own.
digest() { { echo "$flags"; cat cuda/*.cuh "$1"; } | sha256sum | cut -d ' ' -f 1; }

[[ -n ${NVCC:-} ]] || install_nvcc
"$NVCC" --version | grep -qF "V$compiler" || { echo "$NVCC isn't of release $compiler" >&2; exit 1; }

export LC_ALL=C
mkdir -p "$out"
for source in cuda/*.cu; do
    name=$(basename "$source" .cu)
    # shellcheck disable=SC2086
    "$NVCC" $flags "$source" -o "$out/$name.part"
    {
        echo "// Made by kernels/build.sh from cuda/$name.cu: change that, not this."
        echo "// compiler $compiler"
        echo "// flags $flags"
        echo "// sources $(digest "$source")"
        cat "$out/$name.part"
    } >"$out/$name.ptx"
    rm "$out/$name.part"
done

#!/bin/sh
# Compiles a crate of this workspace with the coverage that libFuzzer needs. Cargo calls this with rustc and its arguments (RUSTC_WORKSPACE_WRAPPER, set by
# scripts/fuzz.mjs). Dependencies are compiled without: with coverage an input takes several times as long, and libFuzzer would look for new paths through
# the oracles instead of through the library.

# Without --target it is a build script or a procedural macro, which runs without libFuzzer.
case " $* " in *" --target "*) ;; *) exec "$@" ;; esac

# libFuzzer tries the values that the library compares an input with. The targets themselves compare only what they have drawn.
case " $* " in *" --crate-name agent_registrar "*) set -- "$@" -Cllvm-args=-sanitizer-coverage-trace-compares ;; esac

exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
  -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-simplifycfg-branch-fold-threshold=0

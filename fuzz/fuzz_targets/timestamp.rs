//! The target `timestamp` for libFuzzer.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| agent_registrar_fuzz::run("timestamp", data));

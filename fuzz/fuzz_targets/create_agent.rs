//! The target `create_agent` for libFuzzer.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| agent_registrar_fuzz::run("create_agent", data));

//! The target `update_agent` for libFuzzer.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| agent_registrar_fuzz::run("update_agent", data));

//! The target `migration` for libFuzzer.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| agent_registrar_fuzz::run("migration", data));

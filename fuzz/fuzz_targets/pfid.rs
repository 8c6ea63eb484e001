//! The target `pfid` for libFuzzer.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| agent_registrar_fuzz::run("pfid", data));

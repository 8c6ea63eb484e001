//! Every target on a bounded number of generated inputs, and on the files of its corpus.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use agent_registrar_fuzz::{Inputs, TARGETS, Target};

fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target.name);
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|it| it.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn hold(target: &Target) {
    let corpus = corpus(target);
    let inputs = Inputs::new(7, corpus.clone()).take(target.inputs_in_test);
    for data in corpus.into_iter().chain(inputs) {
        if catch_unwind(|| (target.run)(&data)).is_err() {
            panic!("{} fails on {data:?}", target.name);
        }
    }
}

macro_rules! targets {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                let target = TARGETS.iter().find(|it| it.name == stringify!($name));
                hold(target.unwrap());
            }
        )*

        #[test]
        fn every_target_is_tested_and_has_a_program() {
            let tested = [$(stringify!($name)),*];
            let targets: Vec<&str> = TARGETS.iter().map(|it| it.name).collect();
            assert_eq!(targets, tested);
            let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
            for name in targets {
                let program = fs::read_to_string(programs.join(format!("{name}.rs"))).unwrap();
                assert!(program.contains(&format!("run(\"{name}\", data)")), "{name}");
            }
        }
    };
}

targets! { create_agent json migration pfid query service snapshot stores timestamp update_agent }

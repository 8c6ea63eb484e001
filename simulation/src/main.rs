//! Runs the simulation: `npm run simulate -- --help`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the command line"
)]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use agent_registrar_simulation::deployment::Home;
use agent_registrar_simulation::planted::Bug;
use agent_registrar_simulation::report::Report;
use agent_registrar_simulation::run::{guarded, shrink};
use agent_registrar_simulation::swarm::Overrides;
use agent_registrar_simulation::world::{Failure, Trace};

const HELP: &str = "\
npm run simulate -- [OPTIONS]

  --seed N        the first seed (0); without --for and --seeds, this seed alone
  --seeds N       so many seeds
  --for TIME      as many seeds as fit: 90s, 10m, 1h
  --steps N       requests of each seed (1000)
  --jobs N        threads (the number of processors)
  --trace         print every request, answer and disturbance of the seed
  --home NAME     one kind of deployment: memory, handle, serve, objects
  --clients N     so many clients
  --without NAME  leave a disturbance out: a fault by its name, or keys, faults, lost, doubled, delay, evictions, older, jumps,
                  jumps-back, full, alarms, snapshots, moves, limits
  --bug NAME      plant a bug
  --no-shrink     print a failing seed as it is

A failing seed is printed with the step, the finding, the end of the trace, and the smallest options that still find it.
";

struct Options {
    first: u64,
    seeds: Option<u64>,
    time: Option<Duration>,
    jobs: usize,
    is_traced: bool,
    shrinks: bool,
    overrides: Overrides,
}

fn main() -> ExitCode {
    let options = match read(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("simulate: {message}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    // A panic is a finding, which is printed with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    if options.is_traced {
        return trace(&options);
    }
    let (report, failure) = run(&options);
    print!("{}", report.text());
    match failure {
        None => {
            let missing = report.missing();
            // A few seeds do not reach everything.
            if report.seeds >= 100 && !missing.is_empty() {
                println!("not reached: {}", missing.join(", "));
            }
            println!("no finding");
            ExitCode::SUCCESS
        }
        Some(failure) => {
            explain(&options, *failure);
            ExitCode::FAILURE
        }
    }
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options {
        first: 0,
        seeds: None,
        time: None,
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
        is_traced: false,
        shrinks: true,
        overrides: Overrides::default(),
    };
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{argument} needs a value"))
        };
        match argument.as_str() {
            "--help" | "-h" => return Ok(None),
            "--trace" => options.is_traced = true,
            "--no-shrink" => options.shrinks = false,
            "--seed" => options.first = number(&value()?)?,
            "--seeds" => options.seeds = Some(number(&value()?)?),
            "--steps" => options.overrides.steps = Some(number(&value()?)?),
            "--jobs" => options.jobs = number(&value()?)?.max(1) as usize,
            "--clients" => options.overrides.clients = Some(number(&value()?)?.max(1) as usize),
            "--for" => options.time = Some(time(&value()?)?),
            "--without" => options.overrides.without.push(value()?),
            "--home" => {
                let name = value()?;
                let home = Home::ALL.into_iter().find(|it| it.name() == name);
                options.overrides.home =
                    Some(home.ok_or_else(|| format!("there is no deployment {name}"))?);
            }
            "--bug" => {
                let name = value()?;
                options.overrides.bug =
                    Some(Bug::named(&name).ok_or_else(|| format!("there is no bug {name}"))?);
            }
            other => return Err(format!("{other} is no option")),
        }
    }
    Ok(Some(options))
}

fn number(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| format!("{text} is no whole number"))
}

fn time(text: &str) -> Result<Duration, String> {
    let (digits, unit) = text.split_at(text.len().saturating_sub(1));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => return Err(format!("{text} is no time: write 90s, 10m or 1h")),
    };
    Ok(Duration::from_secs(number(digits)? * seconds))
}

fn trace(options: &Options) -> ExitCode {
    match guarded(options.first, &options.overrides, Trace::Print) {
        Ok(report) => {
            println!(
                "seed {}: no finding in {} operations",
                options.first, report.operations
            );
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!(
                "seed {}, step {}: {}",
                failure.seed, failure.step, failure.finding
            );
            ExitCode::FAILURE
        }
    }
}

/// Runs seeds in several threads, up to the first finding.
fn run(options: &Options) -> (Report, Option<Box<Failure>>) {
    let started = Instant::now();
    let end = match (options.seeds, options.time) {
        (Some(seeds), _) => options.first.saturating_add(seeds),
        (None, Some(_)) => u64::MAX,
        (None, None) => options.first + 1,
    };
    let next = AtomicU64::new(options.first);
    let is_over = AtomicBool::new(false);
    let total = Mutex::new((Report::default(), None::<Box<Failure>>));
    let work = || {
        while !is_over.load(Ordering::Relaxed)
            && options.time.is_none_or(|time| started.elapsed() < time)
        {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                return;
            }
            let done = guarded(seed, &options.overrides, Trace::None);
            let Ok(mut total) = total.lock() else {
                return;
            };
            match done {
                Ok(report) => total.0.add(&report),
                Err(failure) => {
                    is_over.store(true, Ordering::Relaxed);
                    total.1.get_or_insert(failure);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..options.jobs).map(|_| scope.spawn(work)).collect();
        let mut shown = Instant::now();
        while threads.iter().any(|it| !it.is_finished()) {
            std::thread::sleep(Duration::from_millis(50));
            if shown.elapsed() >= Duration::from_secs(10) {
                shown = Instant::now();
                progress(&total, started);
            }
        }
    });
    progress(&total, started);
    total
        .into_inner()
        .unwrap_or_else(|error| error.into_inner())
}

fn progress(total: &Mutex<(Report, Option<Box<Failure>>)>, started: Instant) {
    let Ok(total) = total.lock() else {
        return;
    };
    let seconds = started.elapsed().as_secs_f64();
    let Report {
        seeds,
        operations,
        twin_answers,
        faults,
        ..
    } = &total.0;
    let disturbances: u64 = faults.values().sum();
    println!(
        "{seconds:.0} s: {seeds} seeds, {operations} operations ({:.0}/s, {twin_answers} also by a twin), {disturbances} disturbances",
        *operations as f64 / seconds.max(0.001)
    );
}

fn explain(options: &Options, failure: Failure) {
    let (mut overrides, mut failure) = (options.overrides.clone(), failure);
    if options.shrinks {
        (overrides, failure) = shrink(overrides, failure);
    }
    if let Err(again) = guarded(failure.seed, &overrides, Trace::Last) {
        for line in &again.trace {
            println!("{line}");
        }
        if again.step != failure.step || again.finding != failure.finding {
            println!("the seed does not give the same run twice");
        }
    }
    println!(
        "\nseed {}, step {}: {}",
        failure.seed, failure.step, failure.finding
    );
    let mut command = format!("npm run simulate -- --seed {} --trace", failure.seed);
    if let Some(steps) = overrides.steps {
        command.push_str(&format!(" --steps {steps}"));
    }
    if let Some(home) = overrides.home {
        command.push_str(&format!(" --home {}", home.name()));
    }
    if let Some(clients) = overrides.clients {
        command.push_str(&format!(" --clients {clients}"));
    }
    for name in &overrides.without {
        command.push_str(&format!(" --without {name}"));
    }
    if let Some(bug) = overrides.bug {
        command.push_str(&format!(" --bug {bug:?}"));
    }
    println!("{command}");
}

//! The program: one subcommand a module.
//!
//! Exit status: 0 all done, 1 some inputs failed (each named on standard error, the rest done and written), 2 the call
//! itself was wrong. Files are written whole or not at all, so every command can be interrupted and run again.

mod bundle;
mod bundle_command;
mod columns;
mod console;
mod data;
mod evaluate;
mod explain;
mod eye;
mod figures;
mod inputs;
mod interrupt;
mod journal;
mod labels;
mod monitor;
mod names;
mod numpy;
mod openid;
mod output;
mod passes;
mod photograph;
mod predict;
mod predictions;
mod preprocess;
mod probe;
mod records;
mod report;
mod screen;
mod screening;
mod serve;
mod settings;
mod sources;
mod table;
mod trade;
mod train;
mod uncertainty;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use trust::OperatingPointName;

use crate::settings::Settings;

#[derive(Parser)]
#[command(name = "fundoscope", version, about, after_help = trust::DISCLAIMER, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags every subcommand takes.
#[derive(Args, Clone, Default)]
struct Global {
    /// Folder of the model bundle [default: the starter bundle in `models`]
    #[arg(long, global = true, env = "FUNDOSCOPE_BUNDLE", value_name = "DIR")]
    bundle: Option<PathBuf>,
    /// What computes: cpu, or what the program was built with [default: cpu]
    #[arg(long, global = true, env = "FUNDOSCOPE_DEVICE")]
    device: Option<String>,
    /// Threads that compute and read [default: all cores]
    #[arg(long, global = true, env = "FUNDOSCOPE_THREADS", value_name = "N")]
    threads: Option<usize>,
    /// Seed of everything random [default: 0]
    #[arg(long, global = true, env = "FUNDOSCOPE_SEED", value_name = "N")]
    seed: Option<u64>,
    /// Which of the bundle's operating points decides [default: the bundle's own choice]
    #[arg(long, global = true, env = "FUNDOSCOPE_OPERATING_POINT", value_enum)]
    operating_point: Option<OperatingPoint>,
    /// Say more; twice for details
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Print one JSON object a line on standard output
    #[arg(long, global = true)]
    json: bool,
}

/// Where on the curve of sensitivity against specificity to stand.
#[derive(Clone, Copy, ValueEnum)]
enum OperatingPoint {
    /// Finds at least 95 % of the referable photographs
    HighSensitivity,
    /// The largest sum of sensitivity and specificity
    Balanced,
    /// Refers at most 5 % of the others
    HighSpecificity,
    /// Finds at least 85 %, with the highest specificity that leaves
    Nhs,
}

impl From<OperatingPoint> for OperatingPointName {
    fn from(point: OperatingPoint) -> Self {
        match point {
            OperatingPoint::HighSensitivity => Self::HighSensitivity,
            OperatingPoint::Balanced => Self::Balanced,
            OperatingPoint::HighSpecificity => Self::HighSpecificity,
            OperatingPoint::Nhs => Self::Nhs,
        }
    }
}

#[derive(Subcommand)]
enum Command {
    /// Cut photographs to their field of view and show what the network sees of them
    Preprocess(preprocess::Arguments),
    /// Find faults in graded photographs before training on them
    Data(data::Arguments),
    /// Train an ensemble on graded photographs and write its model bundle
    Train(Box<train::Arguments>),
    /// Measure what can be read off given weights: poolings, ordinal answers, other cameras, macular oedema
    Probe(probe::Arguments),
    /// Grade photographs: probabilities, uncertainty and decision of each, as CSV and npz
    Predict(predict::Arguments),
    /// Grade thousands of photographs into one table, in a run that may be stopped and goes on
    Screen(screen::Arguments),
    /// Show what in photographs speaks for their grade
    Explain(explain::Arguments),
    /// Draw accuracy against the share of photographs kept, for every measure of uncertainty
    Uncertainty(uncertainty::Arguments),
    /// Measure which measure of which source of uncertainty tells wrong answers from right ones
    Sources(sources::Arguments),
    /// Measure the model on graded photographs
    Evaluate(evaluate::Arguments),
    /// Measure what more members and larger inputs bring, and what they cost
    Trade(trade::Arguments),
    /// Look at model bundles, check, import, export, merge and calibrate them
    Bundle(bundle_command::Arguments),
    /// Serve the pages and the JSON API
    Serve(serve::Arguments),
    /// Grade and explain what servers with the same records put into the queue
    Worker(worker::Arguments),
    /// Say whether what is screened lately is still like what the model was validated on
    Monitor(monitor::Arguments),
    /// Write the report of a screening as PDF
    Report(records::report::Arguments),
    /// Copy the records of the screenings and their files to a folder
    Backup(records::backup::BackupArguments),
    /// Put a backup into an empty data folder
    Restore(records::backup::RestoreArguments),
    /// Write everything in the records as tables, for other programs
    Export(records::export::Arguments),
    /// Write photographs with readers' grades as a source to train and evaluate on
    ExportReviews(records::reviews::Arguments),
    /// Delete a patient and all that is known of them
    Delete(records::delete::Arguments),
    /// Say who may use the server, and for what
    Account(records::account::Arguments),
    /// Say who did and saw what, and whether all of it is still there
    Audit(records::audit::Arguments),
}

/// How a subcommand ended that could be begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    AllDone,
    SomeFailed,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(Outcome::AllDone) => ExitCode::SUCCESS,
        Ok(Outcome::SomeFailed) => ExitCode::from(1),
        Err(error) => {
            console::warn(&format!("error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<Outcome> {
    let settings = Settings::resolve(&cli.global)?;
    settings.install()?;
    match cli.command {
        Command::Preprocess(arguments) => preprocess::run(&arguments, &settings),
        Command::Data(arguments) => data::run(&arguments, &settings),
        Command::Train(arguments) => train::run(&arguments, &settings),
        Command::Probe(arguments) => probe::run(&arguments, &settings),
        Command::Predict(arguments) => predict::run(&arguments, &settings),
        Command::Screen(arguments) => screen::run(&arguments, &settings),
        Command::Explain(arguments) => explain::run(&arguments, &settings),
        Command::Uncertainty(arguments) => uncertainty::run(&arguments, &settings),
        Command::Sources(arguments) => sources::run(&arguments, &settings),
        Command::Evaluate(arguments) => evaluate::run(&arguments, &settings),
        Command::Trade(arguments) => trade::run(&arguments, &settings),
        Command::Bundle(arguments) => bundle_command::run(&arguments, &settings),
        Command::Serve(arguments) => serve::run(&arguments, &settings),
        Command::Worker(arguments) => worker::run(&arguments, &settings),
        Command::Monitor(arguments) => monitor::run(&arguments, &settings),
        Command::Report(arguments) => records::report::run(&arguments, &settings),
        Command::Backup(arguments) => records::backup::backup(&arguments, &settings),
        Command::Restore(arguments) => records::backup::restore(&arguments, &settings),
        Command::Export(arguments) => records::export::run(&arguments, &settings),
        Command::ExportReviews(arguments) => records::reviews::run(&arguments, &settings),
        Command::Delete(arguments) => records::delete::run(&arguments, &settings),
        Command::Account(arguments) => records::account::run(&arguments, &settings),
        Command::Audit(arguments) => records::audit::run(&arguments, &settings),
    }
}

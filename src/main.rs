//! The binary: a plugin if Terraform starts it, otherwise a command line.

mod cli;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use cli::{
    Cli, Command, DoctorArguments, ExportArguments, LintArguments, OutputArguments, SandboxArguments, SchemaArguments,
};
use idv::framework::{environment::Environment, panics};
use idv::plugin::{self, Handshake};
use idv::{changes, decrypt, doctor, export, lint, mirror, protocol, registry, sandbox};
use serde::Serialize;

/// The provider's source address, which Terraform and OpenTofu complete with their own registry.
const SOURCE: &str = "identity-as-code/idv";

/// The registry that Terraform adds to the source address.
const REGISTRY: &str = "registry.terraform.io";

fn main() -> ExitCode {
    // go-plugin's cookie decides, before any argument is read: Terraform passes none.
    let handshake = Handshake::read(&plugin::process_environment, &[protocol::VERSION]);
    if !matches!(handshake, Err(plugin::Error::NotAPlugin)) {
        // It reports its failures itself, where the host shows them.
        return if plugin::run(handshake, plugin).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let arguments = match Cli::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            // Not clap's 2: that is what commands exit with that found something.
            return if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    match block_on(run(arguments.command)) {
        Ok(code) => code,
        Err(error) => {
            // If standard error is closed, the exit code still reports the failure.
            let _ = writeln!(io::stderr(), "Error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a task on one thread: most of the work is waiting for vendors, and a plugin starts several times in a run.
fn block_on(task: impl Future<Output = Result<ExitCode, Box<dyn Error>>>) -> Result<ExitCode, Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(task)
}

/// Returns what the plugin serves, with its log and panic hook installed.
fn plugin() -> plugin::Application {
    plugin::hclog::install(&plugin::process_environment, "TF_LOG_PROVIDER_IDV");
    plugin::panic::install_hook(panics::catches_panics);
    let provider = Arc::new(registry::provider(Environment::of_process()));
    let routes = tonic::service::Routes::new(protocol::Service::server(Arc::clone(&provider)));
    let stopped = Arc::clone(&provider);
    plugin::Application {
        routes,
        stop: Box::new(move || stopped.stop()),
        shutdown: Box::pin(async move { provider.close_ephemerals().await }),
    }
}

async fn run(command: Command) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Command::Debug => {
            let environment = &plugin::process_environment;
            plugin::serve_debug(environment, SOURCE, protocol::VERSION, plugin()).await?;
        }
        Command::Compare(arguments) => {
            let found = changes::compare(registry::provider, &arguments.left, &arguments.right).await?;
            return print_changes(&found, arguments.output);
        }
        Command::Completions(arguments) => arguments.write(&mut io::stdout())?,
        Command::Decrypt(arguments) => decrypt::run(&arguments.into_options())?,
        Command::Doctor(arguments) => return run_doctor(&arguments).await,
        Command::Drift(arguments) => {
            let scope = if arguments.managed_only { changes::Scope::Managed } else { changes::Scope::Everything };
            let provider = registry::provider(Environment::of_process());
            let found = changes::drift(&provider, &arguments.state, scope).await?;
            return print_changes(&found, arguments.output);
        }
        Command::Export(arguments) => run_export(arguments).await?,
        Command::Impact(arguments) => {
            let found = report_with_impact(&arguments.plan, arguments.days).await?;
            return print_changes(&found.as_impact(), arguments.output);
        }
        Command::Lint(arguments) => return run_lint(arguments),
        Command::Man => cli::write_manual(&mut io::stdout())?,
        Command::Mirror(arguments) => write!(io::stdout(), "{}", mirror::run(arguments.into_options(SOURCE))?)?,
        Command::Report(arguments) if arguments.impact => {
            let found = report_with_impact(&arguments.plan, arguments.days).await?;
            return print_changes(&found, arguments.output);
        }
        Command::Report(arguments) => {
            // A plan is read without a vendor.
            let provider = registry::provider(Environment::of(BTreeMap::new()));
            return print_changes(&changes::report(&provider, &arguments.plan)?, arguments.output);
        }
        Command::Sandbox(arguments) => run_sandbox(arguments).await?,
        Command::Schema(arguments) => print_schema(&arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints changes. The exit code is that of `terraform plan -detailed-exitcode`: 0 if there are none, 2 if there are.
fn print_changes(found: &changes::Changes, output: OutputArguments) -> Result<ExitCode, Box<dyn Error>> {
    io::stdout().write_all(changes::render(found, output.format.into()).as_bytes())?;
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// What a plan changes, with the verifications that it concerned.
async fn report_with_impact(plan: &str, days: u16) -> Result<changes::Changes, Box<dyn Error>> {
    let provider = registry::provider(Environment::of_process());
    let mut found = changes::report(&provider, plan)?;
    changes::count_verifications(&provider, &mut found, days).await?;
    Ok(found)
}

async fn run_doctor(arguments: &DoctorArguments) -> Result<ExitCode, Box<dyn Error>> {
    if let Some(source) = &arguments.openapi {
        return compare_document(source, arguments).await;
    }
    if let Some(file) = &arguments.contract {
        return check_contract(Some(file.as_str()).filter(|file| !file.is_empty()), arguments).await;
    }
    let report = doctor::run(&registry::provider(Environment::of_process()), arguments.record.as_deref()).await?;
    print_report(&report, arguments.json)?;
    if report.is_well() {
        Ok(ExitCode::SUCCESS)
    } else {
        Err("Terraform cannot work with all of these vendors; the failed checks are listed above".into())
    }
}

/// Prints a report of the doctor, for a person or as JSON.
fn print_report(report: &(impl Display + Serialize), json: bool) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(report)?)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(())
}

/// The exit code is 0 if no difference matters, 2 if one does, 1 if the document cannot be read.
async fn compare_document(source: &str, arguments: &DoctorArguments) -> Result<ExitCode, Box<dyn Error>> {
    let provider = registry::provider(Environment::of_process());
    let report = doctor::compare(&provider, source, arguments.vendor.as_deref()).await?;
    print_report(&report, arguments.json)?;
    Ok(if report.matters { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

/// The exit code is 0 if no difference matters, 2 if one does, 1 if there is no recording that can be read.
async fn check_contract(file: Option<&str>, arguments: &DoctorArguments) -> Result<ExitCode, Box<dyn Error>> {
    let report = doctor::contract(&registry::provider(Environment::of_process()), file).await?;
    print_report(&report, arguments.json)?;
    Ok(if report.matters { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

async fn run_export(arguments: ExportArguments) -> Result<(), Box<dyn Error>> {
    let provider = registry::provider(Environment::of_process());
    let target = arguments.onto.as_deref().map(|path| export::Target::read(path, registry::provider)).transpose()?;
    let summary = export::run(&provider, target, arguments.into_options(SOURCE)).await?;
    write!(io::stdout(), "{summary}")?;
    if summary.is_complete() {
        Ok(())
    } else {
        Err("the export is incomplete; the summary says what is missing".into())
    }
}

/// The exit code is 0 if nothing was found, 2 if something was, 1 if something could not be checked.
fn run_lint(arguments: LintArguments) -> Result<ExitCode, Box<dyn Error>> {
    let mut out = io::stdout();
    if arguments.list_rules {
        out.write_all(lint::table().as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let (format, threshold) = (arguments.format.into(), arguments.severity.into());
    let provider = registry::provider(Environment::of(BTreeMap::new()));
    let report = lint::run(&provider, arguments.into_options())?;
    out.write_all(lint::render(&report, provider.version, format).as_bytes())?;
    Ok(match (report.problems.is_empty(), report.reaches(threshold)) {
        (false, _) => ExitCode::FAILURE,
        (true, true) => ExitCode::from(2),
        (true, false) => ExitCode::SUCCESS,
    })
}

async fn run_sandbox(arguments: SandboxArguments) -> Result<(), Box<dyn Error>> {
    if !arguments.background {
        return Ok(sandbox::run(arguments.into_options(), registry::stand_ins()).await?);
    }
    let ready = sandbox::start_in_background(&arguments.into_options()).await?;
    io::stdout().write_all(ready.as_bytes())?;
    Ok(())
}

fn print_schema(arguments: &SchemaArguments) -> Result<(), Box<dyn Error>> {
    // A schema does not depend on variables.
    let provider = registry::provider(Environment::of(BTreeMap::new()));
    let key = if arguments.short_name { provider.name.to_owned() } else { format!("{REGISTRY}/{SOURCE}") };
    let text = format!("{:#}\n", protocol::schema_json::render(&key, &provider));
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

//! The binary: picks what to be. Started by Terraform it is a plugin; started by a person it has commands.

mod cli;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use cli::{Cli, Command, SandboxArguments};
use idv::{sandbox, vendors};

#[tokio::main]
async fn main() -> ExitCode {
    // Serving the plugin comes first here, decided by go-plugin's cookie and not by arguments: Terraform gives none.
    match run(Cli::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when standard error is gone; the exit code still says it.
            let _ = writeln!(io::stderr(), "Error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Sandbox(arguments) => run_sandbox(arguments).await,
    }
}

async fn run_sandbox(arguments: SandboxArguments) -> Result<(), Box<dyn Error>> {
    if !arguments.background {
        return Ok(sandbox::run(arguments.into_options(), vendors::SANDBOXES).await?);
    }
    let ready = sandbox::start_in_background(&arguments.into_options()).await?;
    io::stdout().write_all(ready.as_bytes())?;
    Ok(())
}

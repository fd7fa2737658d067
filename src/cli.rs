//! The command line: arguments only. What they start is in the library.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use idv::{export, sandbox};

/// Terraform and OpenTofu provider for the admin side of identity-verification vendors.
///
/// Terraform starts it as a plugin; a person uses the commands below.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve the provider for a debugger: prints what to set so that Terraform attaches to it, and ends with Ctrl-C.
    Debug,
    /// Say of each vendor that is configured whether Terraform could work with it, and if not, whose move it is.
    ///
    /// The vendors are configured by the same environment variables as the provider. Looks at the way there, TLS, the clock,
    /// the credentials and what they may read, and changes nothing. The exit code is 0 only if nothing failed; a warning is
    /// no failure.
    Doctor(DoctorArguments),
    /// Write an existing tenant as Terraform configuration, with an `import` block for each object.
    ///
    /// The vendors are configured by the same environment variables as the provider. The exit code is 0 only if everything
    /// that was asked for was captured.
    Export(ExportArguments),
    /// Serve a local stand-in for the vendors, each on a port of its own.
    Sandbox(SandboxArguments),
    /// Print the schema of the provider and of every object, for documentation tools.
    Schema(SchemaArguments),
}

#[derive(Args)]
pub(crate) struct SchemaArguments {
    /// In the form of `terraform providers schema -json`. Required: there is no other form yet.
    #[arg(long, required = true)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct DoctorArguments {
    /// For a pipeline: one JSON object with every vendor, and in it every check with `ok`, `warning`, `failed` or `skipped`.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ExportArguments {
    /// Capture this vendor; may be repeated, or hold several by commas. All that are configured when left out.
    #[arg(long, value_name = "VENDOR", value_delimiter = ',')]
    vendor: Vec<String>,
    /// Write into DIR, which must be empty or not exist.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Capture only these types, by commas, such as `vult_webhook`.
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    include: Vec<String>,
    /// Leave these types out, by commas.
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    exclude: Vec<String>,
    /// Resources and `import` blocks, or `import` blocks alone for `terraform plan -generate-config-out`.
    #[arg(long, value_enum, default_value_t = ExportFormat::Hcl)]
    format: ExportFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum ExportFormat {
    Hcl,
    ImportBlocks,
}

impl ExportArguments {
    /// The same in the export's terms.
    pub(crate) fn into_options(self, source: &str) -> export::Options {
        export::Options {
            folder: self.out,
            selection: export::Selection { vendors: self.vendor, include: self.include, exclude: self.exclude },
            format: match self.format {
                ExportFormat::Hcl => export::Format::Hcl,
                ExportFormat::ImportBlocks => export::Format::ImportBlocks,
            },
            source: source.to_owned(),
        }
    }
}

#[derive(Args)]
pub(crate) struct SandboxArguments {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    listen: IpAddr,
    /// First port: the vendors follow from there in order, the control port comes last. 0 takes free ports.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    port_base: u16,
    /// Keep the state in FILE between runs.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Begin from the state in FILE, where there is no state file yet.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Delay every vendor's answer, after the request was carried out.
    #[arg(long, default_value = "0ms", value_name = "DURATION", value_parser = duration)]
    latency: Duration,
    /// Write the ready line, as JSON, to FILE once all ports are open.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Go on in the background: return once all ports are open.
    #[arg(long)]
    pub(crate) background: bool,
    /// How to say where everything is: one JSON line, or `export` lines for `eval`.
    #[arg(long, value_enum, default_value_t = ReadyFormat::Json)]
    format: ReadyFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum ReadyFormat {
    Json,
    Shell,
}

impl SandboxArguments {
    /// The same in the engine's terms.
    pub(crate) fn into_options(self) -> sandbox::Options {
        sandbox::Options {
            listen: self.listen,
            port_base: self.port_base,
            state: self.state,
            seed: self.seed,
            latency: self.latency,
            ready_file: self.ready_file,
            format: match self.format {
                ReadyFormat::Json => sandbox::Format::Json,
                ReadyFormat::Shell => sandbox::Format::Shell,
            },
        }
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration =
        text.parse().map_err(|error| format!("{error}; write for instance 50ms or 2s"))?;
    parsed.try_into().map_err(|_| "a delay cannot be negative".to_owned())
}

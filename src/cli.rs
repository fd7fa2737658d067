//! The arguments of the command line. The library implements the commands.

use std::{io, net::IpAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;
use idv::{changes, decrypt, export, framework, lint, mirror, sandbox};

/// Terraform and OpenTofu provider for the admin side of identity-verification vendors.
///
/// Terraform starts it as a plugin. The commands below are for people and pipelines.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Compare two tenants, or a tenant and an export. The exit code is 0 if they are the same, 2 if they differ.
    ///
    /// Objects are matched by what people tell them apart by, such as the name, since ids differ. Nothing is changed.
    Compare(CompareArguments),
    /// Print the completions for a shell, to be written to where it looks for them.
    ///
    /// Bash: `terraform-provider-idv completions bash > ~/.local/share/bash-completion/completions/terraform-provider-idv`.
    Completions(CompletionsArguments),
    /// Serve the provider for a debugger: print the variable with which Terraform attaches to it, and stop at Ctrl-C.
    Debug,
    /// Decrypt the secret of an API key that was created with `secret_recipient`, and print it.
    ///
    /// Pass `encrypted_secret` to standard input: `terraform output -raw NAME | terraform-provider-idv decrypt --identity FILE`.
    /// Without this command, `age -d -i FILE` does the same.
    Decrypt(DecryptArguments),
    /// Check every configured vendor (network, TLS, clock, credentials, permissions) and report who must fix what.
    ///
    /// The vendors are configured by the same environment variables as the provider. The checks change nothing. The exit code
    /// is 0 only if no check failed; a warning is not a failure.
    ///
    /// With `--openapi` the vendors are not contacted: an OpenAPI document of a vendor is compared with the operations and fields
    /// that the provider uses. With `--contract` what the vendors respond is compared, which changes nothing either. The exit code of
    /// both is 0 if no difference matters, 2 if one does, 1 if the document or the recording cannot be read.
    Doctor(DoctorArguments),
    /// Compare a state with the live tenants, unmanaged objects included. The exit code is 0 if nothing differs, 2 if something does.
    ///
    /// The vendors are configured by the same environment variables as the provider. Nothing is changed.
    Drift(DriftArguments),
    /// Write an existing tenant as Terraform configuration, with an `import` block for each object.
    ///
    /// The vendors are configured by the same environment variables as the provider. The exit code is 0 only if everything
    /// that was requested was captured.
    Export(ExportArguments),
    /// Count the verifications of the last days that what a plan changes concerned, such as sessions under the current weights.
    ///
    /// The vendors are configured by the same environment variables as the provider. Nothing is changed, and nothing about a person
    /// is kept. The exit code is 0 if the plan changes nothing, 2 if it changes something.
    Impact(ImpactArguments),
    /// Check configuration files: keys that Terraform drops, secrets in files, and policies of verification.
    ///
    /// Works offline and without a vendor. The exit code is 0 if nothing is found, 2 if something is, 1 if a file could not be
    /// checked.
    Lint(LintArguments),
    /// Print the manual page: `terraform-provider-idv man | man -l -`.
    Man,
    /// Copy this program to where `terraform init` and `tofu init` find it: a filesystem mirror for both.
    ///
    /// Without DIR it is the folder in which both look without a configuration, such as ~/.terraform.d/plugins.
    Mirror(MirrorArguments),
    /// Say what a plan changes, for a person. The exit code is 0 if it changes nothing, 2 if it changes something.
    Report(ReportArguments),
    /// Serve a local stand-in for the vendors, each on a port of its own.
    Sandbox(SandboxArguments),
    /// Print the schema of the provider and of every object, for documentation tools.
    Schema(SchemaArguments),
}

#[derive(Args)]
pub(crate) struct CompareArguments {
    /// One side: a file of environment variables that configure a tenant (`NAME=value`), or the folder of an export.
    #[arg(value_name = "LEFT")]
    pub(crate) left: String,
    /// The other side.
    #[arg(value_name = "RIGHT")]
    pub(crate) right: String,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

#[derive(Args)]
pub(crate) struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

impl CompletionsArguments {
    /// Writes the completions of every command.
    pub(crate) fn write(&self, out: &mut impl io::Write) -> io::Result<()> {
        // The generator itself panics if its output ends early, as that of `| head` does.
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), env!("CARGO_PKG_NAME"), &mut text);
        out.write_all(&text)
    }
}

/// Writes the manual page of the program, with a section for each command.
pub(crate) fn write_manual(out: &mut impl io::Write) -> io::Result<()> {
    let mut program = Cli::command();
    program.build();
    let page = Man::new(program.clone());
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
        let (page, mut text) = (Man::new(command.clone()), Vec::new());
        page.render_synopsis_section(&mut text)?;
        page.render_description_section(&mut text)?;
        page.render_options_section(&mut text)?;
        // The sections of a page of its own are those of a section here.
        let text = String::from_utf8_lossy(&text).replace("\n.SH ", "\n.SS ");
        write!(out, ".SH \"THE COMMAND {}\"\n{text}", command.get_name().to_uppercase())?;
    }
    Ok(())
}

#[derive(Args)]
pub(crate) struct DriftArguments {
    /// Read the state from FILE, or from standard input for `-`, as `terraform state pull` or `terraform show -json` prints it.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: String,
    /// Leave out objects that are not in the state.
    #[arg(long)]
    pub(crate) managed_only: bool,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

#[derive(Args)]
pub(crate) struct ImpactArguments {
    /// The plan as `terraform show -json saved.tfplan` prints it, or `-` for standard input.
    #[arg(value_name = "PLAN.json")]
    pub(crate) plan: String,
    /// Count the verifications of this many days.
    #[arg(long, default_value_t = 30, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub(crate) days: u16,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

#[derive(Args)]
pub(crate) struct LintArguments {
    /// Check the files of this folder and of its local modules.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Print text for a terminal, JSON, SARIF for code scanning, or workflow commands of GitHub Actions.
    #[arg(long, value_enum, default_value_t = LintFormat::Text)]
    pub(crate) format: LintFormat,
    /// Exit with 2 only for findings of this severity or a worse one.
    #[arg(long, value_enum, default_value_t = LintSeverity::Warning)]
    pub(crate) severity: LintSeverity,
    /// Switch a rule off; can be repeated or contain several, separated by commas.
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = lint::rule)]
    ignore: Vec<&'static lint::LintRule>,
    /// Report a `minimum_liveness_tolerance` below this number.
    #[arg(long, value_name = "NUMBER")]
    min_liveness: Option<f64>,
    /// Report a `max_retry_attempts` above this number.
    #[arg(long, value_name = "NUMBER")]
    max_retries: Option<u64>,
    /// Print the rules as a table, and check nothing.
    #[arg(long)]
    pub(crate) list_rules: bool,
}

impl LintArguments {
    /// Converts the arguments to the command's options.
    pub(crate) fn into_options(self) -> lint::Options {
        let bounds = lint::Bounds { min_liveness: self.min_liveness, max_retries: self.max_retries };
        lint::Options { folder: self.folder, ignore: self.ignore, bounds }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum LintFormat {
    Text,
    Json,
    Sarif,
    Github,
}

impl From<LintFormat> for lint::Format {
    fn from(format: LintFormat) -> Self {
        match format {
            LintFormat::Text => Self::Text,
            LintFormat::Json => Self::Json,
            LintFormat::Sarif => Self::Sarif,
            LintFormat::Github => Self::Github,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum LintSeverity {
    Warning,
    Error,
}

impl From<LintSeverity> for framework::Severity {
    fn from(severity: LintSeverity) -> Self {
        match severity {
            LintSeverity::Warning => Self::Warning,
            LintSeverity::Error => Self::Error,
        }
    }
}

#[derive(Args)]
pub(crate) struct MirrorArguments {
    /// Write to DIR, and print the configuration with which Terraform and OpenTofu use it.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl MirrorArguments {
    /// Converts the arguments to the command's options.
    pub(crate) fn into_options(self, source: &str) -> mirror::Options {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        mirror::Options { folder: self.folder, source: source.to_owned(), version }
    }
}

#[derive(Args)]
pub(crate) struct ReportArguments {
    /// The plan as `terraform show -json saved.tfplan` prints it, or `-` for standard input.
    #[arg(value_name = "PLAN.json")]
    pub(crate) plan: String,
    /// Add how many verifications each change concerned. This asks the vendors that the environment configures.
    #[arg(long)]
    pub(crate) impact: bool,
    /// Count the verifications of this many days.
    #[arg(long, default_value_t = 30, value_name = "DAYS", requires = "impact", value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub(crate) days: u16,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

#[derive(Args, Clone, Copy)]
pub(crate) struct OutputArguments {
    /// Print text for a terminal, Markdown for a pull request, one HTML page, or JSON.
    #[arg(long, value_enum, default_value_t = ChangesFormat::Text)]
    pub(crate) format: ChangesFormat,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ChangesFormat {
    Text,
    Markdown,
    Html,
    Json,
}

impl From<ChangesFormat> for changes::Format {
    fn from(format: ChangesFormat) -> Self {
        match format {
            ChangesFormat::Text => Self::Text,
            ChangesFormat::Markdown => Self::Markdown,
            ChangesFormat::Html => Self::Html,
            ChangesFormat::Json => Self::Json,
        }
    }
}

#[derive(Args)]
pub(crate) struct SchemaArguments {
    /// Print the format of `terraform providers schema -json`. Required: no other format exists.
    #[arg(long, required = true)]
    json: bool,
    /// Use the key `idv` instead of Terraform's, for tools that look for the short name, such as tfplugindocs.
    #[arg(long)]
    pub(crate) short_name: bool,
}

#[derive(Args)]
pub(crate) struct DecryptArguments {
    /// Use the private key in FILE, which `age-keygen -o FILE` wrote.
    #[arg(long, short, value_name = "FILE")]
    identity: PathBuf,
    /// Read the encrypted text from the file ENCRYPTED instead of standard input.
    #[arg(value_name = "ENCRYPTED")]
    file: Option<PathBuf>,
}

impl DecryptArguments {
    /// Converts the arguments to the command's options.
    pub(crate) fn into_options(self) -> decrypt::Options {
        decrypt::Options { identity: self.identity, file: self.file }
    }
}

#[derive(Args)]
pub(crate) struct DoctorArguments {
    /// Print one JSON object with every vendor and every check, which is `ok`, `warning`, `failed` or `skipped`.
    #[arg(long)]
    pub(crate) json: bool,
    /// Compare the OpenAPI document at this path or address, in JSON or YAML, with what the provider uses of the vendor.
    #[arg(long, value_name = "FILE|URL", conflicts_with = "record")]
    pub(crate) openapi: Option<String>,
    /// Compare what the vendors respond with what the provider expects: the recording FILE, or without FILE what they respond now.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["record", "openapi"])]
    pub(crate) contract: Option<String>,
    /// The vendor of the document, such as `vult`. Default: the one that has most of its operations.
    #[arg(long, value_name = "VENDOR", requires = "openapi")]
    pub(crate) vendor: Option<String>,
    /// Also make every other call that reads, and append to FILE what the vendors responded: routes, statuses, names of fields
    /// and their types, and no secret or personal data.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<String>,
}

#[derive(Args)]
pub(crate) struct ExportArguments {
    /// Capture this vendor; can be repeated or contain several, separated by commas. Default: all that are configured.
    #[arg(long, value_name = "VENDOR", value_delimiter = ',')]
    vendor: Vec<String>,
    /// Write to DIR, which must be empty or not exist.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write for another tenant, which the variables in ENVFILE configure (`NAME=value`): matched objects are imported there by
    /// its ids, missing ones are created, and the plan shows what changes.
    #[arg(long, value_name = "ENVFILE", conflicts_with = "format")]
    pub(crate) onto: Option<String>,
    /// Capture only these types, separated by commas, such as `vult_webhook`.
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    include: Vec<String>,
    /// Exclude these types, separated by commas.
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    exclude: Vec<String>,
    /// Use this alias of the provider, and begin all names with it, so that the exports of several tenants fit into one folder.
    #[arg(long, value_name = "NAME", value_parser = identifier)]
    alias: Option<String>,
    /// Write the resources as a module in the folder NAME of DIR; provider block, call and `import` blocks are in DIR itself.
    #[arg(long, value_name = "NAME", value_parser = identifier, num_args = 0..=1, default_missing_value = "tenant", conflicts_with = "format")]
    module: Option<String>,
    /// Write resources and `import` blocks, or only `import` blocks for `terraform plan -generate-config-out`.
    #[arg(long, value_enum, default_value_t = ExportFormat::Hcl)]
    format: ExportFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum ExportFormat {
    Hcl,
    ImportBlocks,
}

impl ExportArguments {
    /// Converts the arguments to the export's options.
    pub(crate) fn into_options(self, source: &str) -> export::Options {
        export::Options {
            folder: self.out,
            selection: export::Selection { vendors: self.vendor, include: self.include, exclude: self.exclude },
            format: match self.format {
                ExportFormat::Hcl => export::Format::Hcl,
                ExportFormat::ImportBlocks => export::Format::ImportBlocks,
            },
            layout: export::Layout { alias: self.alias, module: self.module },
            source: source.to_owned(),
        }
    }
}

#[derive(Args)]
pub(crate) struct SandboxArguments {
    /// Listen on this address.
    #[arg(long, default_value = "127.0.0.1")]
    listen: IpAddr,
    /// Use this port for the first vendor and the following ports for the others and the control port. 0 uses free ports.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    port_base: u16,
    /// Keep the state in FILE between runs.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Begin with the state in FILE if there is no state file yet.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Respond in the form that the recording FILE has: its names of fields, types, wrappers, statuses and sizes of pages.
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Serve COUNT tenants beside the first account of each vendor. Each has its own credentials, which the ready line lists, and
    /// its own data.
    #[arg(long, default_value_t = 0, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(..=1000))]
    tenants: u16,
    /// Accept REQUESTS a minute from each account, and respond to more with 429 and `Retry-After`.
    #[arg(long, value_name = "REQUESTS")]
    account_limit: Option<NonZeroU32>,
    /// Delay every response of a vendor, after the request was applied.
    #[arg(long, default_value = "0ms", value_name = "DURATION", value_parser = duration)]
    latency: Duration,
    /// Write the ready line as JSON to FILE once all ports are open.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Run in the background: return once all ports are open.
    #[arg(long)]
    pub(crate) background: bool,
    /// Print the ready line as one line of JSON, or as `export` lines for `eval`.
    #[arg(long, value_enum, default_value_t = ReadyFormat::Json)]
    format: ReadyFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum ReadyFormat {
    Json,
    Shell,
}

impl SandboxArguments {
    /// Converts the arguments to the sandbox's options.
    pub(crate) fn into_options(self) -> sandbox::Options {
        sandbox::Options {
            listen: self.listen,
            port_base: self.port_base,
            state: self.state,
            seed: self.seed,
            replay: self.replay,
            tenants: self.tenants,
            account_limit: self.account_limit,
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
    let parsed: jiff::SignedDuration = text.parse().map_err(|error| format!("{error}; use for example 50ms or 2s"))?;
    parsed.try_into().map_err(|_| "a delay cannot be negative".to_owned())
}

fn identifier(text: &str) -> Result<String, String> {
    let is_one = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .chars()
            .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_');
    if is_one { Ok(text.to_owned()) } else { Err("use lower case letters, digits and underscores".to_owned()) }
}

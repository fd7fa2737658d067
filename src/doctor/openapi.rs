//! Compares an OpenAPI document of a vendor with what the provider's client uses.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use serde::Serialize;
use url::Url;

use crate::framework::{Diagnostic, Diagnostics, Provider, Value, Vendor};
use crate::http::{self, Anonymous, Settings};
use crate::openapi::{self, Api, Comparison, Difference, Document, Impact, Kind};

/// The largest document that is read: what the connections read of a response at most.
const MAX_DOCUMENT: u64 = 32 * 1024 * 1024;

/// Why a document cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum OpenApiError {
    /// The file cannot be read.
    #[error("{0} cannot be read: {1}")]
    File(String, std::io::Error),
    /// The file is too large.
    #[error("{path} is larger than {} MiB", MAX_DOCUMENT / 1024 / 1024)]
    TooLarge {
        /// The file.
        path: String,
    },
    /// The address is not one.
    #[error("{0} is not an address: {1}")]
    Address(String, url::ParseError),
    /// The address cannot be read.
    #[error("{0}")]
    Http(String),
    /// The document cannot be used.
    #[error("{0}: {1}")]
    Document(String, String),
    /// The variables of the vendor have mistakes.
    #[error("the variables of the vendor cannot be used:\n{0}")]
    Settings(String),
    /// There is no such vendor.
    #[error("`--vendor {0}` is not a vendor; the vendors with a description of their calls are {1}")]
    Vendor(String, String),
    /// No vendor has an operation of the document.
    #[error(
        "{0} has no operation that the provider uses of any vendor; name the vendor by `--vendor`, which is one of {1}"
    )]
    NoVendor(String, String),
}

/// What the comparison found. `Display` is for people, the serialised form for pipelines.
#[derive(Debug, Serialize)]
pub struct OpenApiReport {
    /// The file or address.
    pub source: String,
    /// The version of the specification.
    pub openapi: String,
    /// The title and version of the API, as the document has them.
    pub api: String,
    /// The vendor's attribute in the provider block.
    pub vendor: &'static str,
    /// The vendor's name as people write it.
    pub title: &'static str,
    /// How many operations the provider uses.
    pub operations: usize,
    /// Whether any difference matters.
    pub matters: bool,
    /// The differences, by operation.
    pub differences: Vec<Difference>,
    /// Lines for the provider block that adapt to the document; empty if there are none.
    pub settings: String,
    /// Whether `openapi_file` alone has the effect of those lines.
    pub openapi_file_adapts: bool,
    /// The operations of the document that the provider does not use.
    pub unused: Vec<String>,
}

/// Compares the document at a path or address with a vendor; with the one that has most of its operations if none is named.
pub async fn compare(provider: &Provider, source: &str, vendor: Option<&str>) -> Result<OpenApiReport, OpenApiError> {
    let bytes = if is_address(source) { download(source).await? } else { read(source)? };
    let document = Document::parse(&bytes).map_err(|problem| OpenApiError::Document(source.to_owned(), problem))?;
    let mut declared = Vec::new();
    for candidate in provider.vendors().iter().copied() {
        // The variables of another vendor do not matter to this document.
        match apis(provider, candidate) {
            Ok(apis) if !apis.is_empty() => declared.push((candidate, apis)),
            Err(mistakes) if vendor == Some(candidate.name()) => {
                return Err(OpenApiError::Settings(
                    mistakes.iter().map(Diagnostic::to_string).collect::<Vec<_>>().join("\n"),
                ));
            }
            _ => {}
        }
    }
    let names = || declared.iter().map(|(vendor, _)| format!("`{}`", vendor.name())).collect::<Vec<_>>().join(", ");
    let wanted = declared.iter().filter(|(candidate, _)| vendor.is_none_or(|name| name == candidate.name()));
    let compared = wanted.flat_map(|(vendor, apis)| {
        let only = apis.len() == 1;
        apis.iter().map(move |api| (*vendor, api, only))
    });
    let compared: Vec<_> =
        compared.map(|(vendor, api, only)| (vendor, api, only, openapi::compare(api, &document))).collect();
    // The first of several that are as good.
    let best = compared.into_iter().rev().max_by_key(|(.., comparison)| comparison.known);
    match (best, vendor) {
        (None, Some(name)) => Err(OpenApiError::Vendor(name.to_owned(), names())),
        (Some((vendor, api, only, comparison)), name) if name.is_some() || comparison.known > 0 => {
            Ok(report(source, &document, vendor, api, only, comparison))
        }
        _ => Err(OpenApiError::NoVendor(source.to_owned(), names())),
    }
}

pub(super) fn apis(provider: &Provider, vendor: &dyn Vendor) -> Result<Vec<Api>, Diagnostics> {
    let mut settings: BTreeMap<_, _> =
        vendor.attributes().into_iter().map(|attribute| (attribute.name, Value::Null)).collect();
    settings.extend(provider.settings(vendor).into_iter().map(|(attribute, value)| (attribute.name, value)));
    vendor.apis(&Value::Map(settings))
}

fn is_address(source: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| source.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme)))
}

fn read(path: &str) -> Result<Vec<u8>, OpenApiError> {
    let failed = |error| OpenApiError::File(path.to_owned(), error);
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > MAX_DOCUMENT { Err(OpenApiError::TooLarge { path: path.to_owned() }) } else { Ok(bytes) }
}

/// Reads an address without credentials.
async fn download(address: &str) -> Result<Vec<u8>, OpenApiError> {
    let mut url = Url::parse(address).map_err(|error| OpenApiError::Address(address.to_owned(), error))?;
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    url.set_query(None);
    url.set_fragment(None);
    let failed = |error: http::Error| OpenApiError::Http(error.to_string());
    let client = http::Client::new(Settings::new("The document's server", url), Arc::new(Anonymous)).map_err(failed)?;
    let request = client.get("").operation("reading the OpenAPI document");
    let request = request.header("accept", "application/json, application/yaml, text/yaml, */*;q=0.5");
    let request = if query.is_empty() { request } else { request.query(&query) };
    Ok(request.send().await.map_err(failed)?.bytes().to_vec())
}

fn report(
    source: &str,
    document: &Document,
    vendor: &'static dyn Vendor,
    api: &Api,
    only: bool,
    comparison: Comparison,
) -> OpenApiReport {
    let Comparison { differences, paths, unused, openapi_file_adapts, .. } = comparison;
    let mut lines = Vec::new();
    lines.extend(api.setting.filter(|_| !only).map(str::to_owned));
    if !paths.is_empty() {
        lines.extend(map("paths", &paths));
    }
    if let (Some(setting), Some(url)) = (api.token_setting, document.token_url()) {
        lines.push(format!("{setting} = {}", quoted(url)));
    }
    let indented = lines.iter().fold(String::new(), |text, line| text + "  " + line + "\n");
    let settings = if lines.is_empty() { String::new() } else { format!("{} = {{\n{indented}}}\n", vendor.name()) };
    let (title, version) = (document.info("title").unwrap_or("no title"), document.info("version"));
    OpenApiReport {
        source: source.to_owned(),
        openapi: document.version().to_owned(),
        api: [Some(title), version].into_iter().flatten().collect::<Vec<_>>().join(" "),
        vendor: vendor.name(),
        title: vendor.title(),
        operations: api.calls.len(),
        matters: differences.iter().any(|difference| difference.impact != Impact::None),
        openapi_file_adapts: openapi_file_adapts && !paths.is_empty(),
        differences,
        settings,
        unused,
    }
}

/// The lines of an attribute that is a map. A key that is no identifier is quoted.
pub(super) fn map(name: &str, entries: &BTreeMap<String, String>) -> Vec<String> {
    let is_identifier = |key: &str| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let key = |key: &String| if is_identifier(key) { key.clone() } else { quoted(key) };
    let width = entries.keys().map(|name| key(name).len()).max().unwrap_or_default();
    let lines = entries.iter().map(|(name, value)| format!("  {:<width$} = {}", key(name), quoted(value)));
    [format!("{name} = {{")].into_iter().chain(lines).chain(["}".to_owned()]).collect()
}

/// A text in HCL, in which nothing is a template.
pub(super) fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "$${").replace("%{", "%%{");
    format!("\"{text}\"")
}

impl fmt::Display for OpenApiReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} (OpenAPI {}), compared with {} operations of the provider",
            self.title, self.api, self.openapi, self.operations
        )?;
        let mut operation = "";
        for difference in &self.differences {
            if difference.operation != operation {
                operation = &difference.operation;
                writeln!(f, "\n{operation}")?;
            }
            writeln!(f, "  {:<6}  {}", word(difference), difference.detail)?;
        }
        if !self.settings.is_empty() {
            let other = if self.openapi_file_adapts { ", or set `openapi_file` to the document" } else { "" };
            writeln!(f, "\nPaste into the provider block{other}:\n")?;
            self.settings.lines().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        if !self.unused.is_empty() {
            writeln!(f, "\nOperations of the document that the provider does not use: {}", self.unused.len())?;
            self.unused.iter().try_for_each(|route| writeln!(f, "  {route}"))?;
        }
        writeln!(f, "\n{}", self.conclusion())
    }
}

impl OpenApiReport {
    fn conclusion(&self) -> String {
        let count = |impact| self.differences.iter().filter(|difference| difference.impact == impact).count();
        let (breaks, limits) = (count(Impact::Breaks), count(Impact::Limits));
        if !self.matters {
            return "Nothing matters to the provider.".to_owned();
        }
        let mut text =
            format!("Differences that break a call: {breaks}. Differences that limit what can be managed: {limits}.");
        // A route is what a setting can name.
        let adapts = |difference: &&Difference| difference.field.is_none() && difference.kind != Kind::Removed;
        let mattering = || self.differences.iter().filter(|difference| difference.impact != Impact::None);
        let without = mattering().filter(|difference| self.settings.is_empty() || !adapts(difference)).count();
        if without > 0 {
            let _ = write!(
                text,
                " No setting adapts to {without} of these: they need a version of the provider that knows the change."
            );
        }
        text
    }
}

/// The word before a difference in a report.
pub(super) fn word(difference: &Difference) -> &'static str {
    match (difference.impact, difference.kind) {
        (Impact::Breaks, _) => "BREAKS",
        (Impact::Limits, _) => "limits",
        (Impact::None, Kind::New) => "new",
        (Impact::None, _) => "info",
    }
}

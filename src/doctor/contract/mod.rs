//! Compares what the vendors respond, as a recording has it, with what the provider's clients expect.
//!
//! `vendor` selects the exchanges of a vendor and the generation of its API. `responses` writes what is in them as an OpenAPI document,
//! which is compared with the calls that the client declares; `envelope` finds content that is elsewhere. `calls` compares what such a
//! document does not have: statuses, errors, sizes of pages and encryption. `lines` has the settings that adapt to what was found.

mod calls;
mod envelope;
mod lines;
mod responses;
mod schema;
mod vendor;

use std::fmt;

use serde::Serialize;

use super::openapi::word;
use crate::framework::clients::NothingConfigured;
use crate::framework::health::CheckStatus;
use crate::framework::{Diagnostics, Provider};
use crate::openapi::{Difference, Impact};
use crate::recording::Recording;

/// Why there is nothing to compare.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// The file cannot be read or written.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// It is no recording.
    #[error("{0} is no recording that can be read: {1}")]
    NoRecording(String, String),
    /// A vendor cannot be called, so there is nothing to compare of it.
    #[error("the variables of a vendor cannot be used:\n{0}")]
    Configuration(String),
    /// The user has interrupted the calls.
    #[error("interrupted before the vendors were compared")]
    Interrupted,
    /// No vendor is configured.
    #[error(transparent)]
    NothingConfigured(#[from] NothingConfigured),
}

/// What differs. `Display` is for people, the serialised form for pipelines.
#[derive(Debug, Serialize)]
pub struct ContractReport {
    /// The vendors of the recording, in the order of the provider block.
    pub vendors: Vec<VendorContract>,
    /// Whether any difference matters.
    pub matters: bool,
}

/// What differs at one vendor.
#[derive(Debug, Serialize)]
pub struct VendorContract {
    /// Its attribute in the provider block.
    pub vendor: &'static str,
    /// Its name as people write it.
    pub title: &'static str,
    /// How many exchanges were compared.
    pub exchanges: usize,
    /// The differences, by operation.
    pub differences: Vec<Difference>,
    /// Lines for the provider block that may adapt to them; empty if there are none.
    pub settings: String,
    /// Whether no part of those lines has to be completed.
    pub settings_are_complete: bool,
    /// The calls of the provider that the recording does not have.
    pub not_recorded: Vec<String>,
    /// The lists that had no element, so that the fields of their rows were not compared.
    pub empty_lists: Vec<String>,
}

/// Compares the recording in a file; without one, records what the vendors respond now.
pub async fn contract(provider: &Provider, file: Option<&str>) -> Result<ContractReport, ContractError> {
    let (name, text) = match file {
        Some(file) => {
            let text = std::fs::read_to_string(file);
            (file.to_owned(), text.map_err(|error| ContractError::File(file.to_owned(), error))?)
        }
        None => record(provider).await?,
    };
    let recording = Recording::parse(&text).map_err(|reason| ContractError::NoRecording(name.clone(), reason))?;
    let vendors =
        provider.vendors().iter().filter_map(|vendor| vendor::compare(provider, *vendor, &recording).transpose());
    let vendors = vendors.collect::<Result<Vec<_>, _>>();
    let vendors = vendors.map_err(|mistakes: Diagnostics| ContractError::Configuration(mistakes.details()))?;
    if vendors.is_empty() {
        return Err(ContractError::NoRecording(name, "it has no exchange with a vendor".to_owned()));
    }
    let matters = vendors.iter().flat_map(|vendor| &vendor.differences).any(|found| found.impact != Impact::None);
    Ok(ContractReport { vendors, matters })
}

/// Records what the vendors respond now, in a file that is removed.
async fn record(provider: &Provider) -> Result<(String, String), ContractError> {
    let path = std::env::temp_dir().join(format!("idv-contract-{}.jsonl", uuid::Uuid::new_v4()));
    let failed = |error| ContractError::File(path.display().to_string(), error);
    let file = path.display().to_string();
    // An interrupt would leave the file.
    let report = tokio::select! {
        report = super::run(provider, Some(&file)) => report.map_err(ContractError::from),
        _ = tokio::signal::ctrl_c() => Err(ContractError::Interrupted),
    };
    let text = std::fs::read_to_string(&path).map_err(failed);
    // It exists as soon as the provider is configured, even if no vendor is.
    let removed = std::fs::remove_file(&path).map_err(failed);
    let findings = report?.vendors.into_iter().flat_map(|vendor| vendor.findings);
    let mistakes = findings.filter(|found| found.check == "configuration" && found.verdict == CheckStatus::Failed);
    let mistakes: Vec<_> = mistakes.map(|found| found.detail).collect();
    if !mistakes.is_empty() {
        return Err(ContractError::Configuration(mistakes.join("\n")));
    }
    removed?;
    Ok(("the recording".to_owned(), text?))
}

impl fmt::Display for ContractReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, vendor) in self.vendors.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{vendor}")?;
        }
        Ok(())
    }
}

impl fmt::Display for VendorContract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {} exchanges compared", self.title, self.exchanges)?;
        let mut differences: Vec<_> = self.differences.iter().collect();
        differences.sort_by(|left, right| left.operation.cmp(&right.operation).then(right.impact.cmp(&left.impact)));
        let mut operation = "";
        for difference in differences {
            if difference.operation != operation {
                operation = &difference.operation;
                writeln!(f, "\n{operation}")?;
            }
            let word = word(difference);
            writeln!(f, "  {word:<6}  {}", difference.detail)?;
        }
        if !self.settings.is_empty() {
            let what = if self.settings_are_complete { "Paste" } else { "Complete and paste" };
            writeln!(f, "\n{what} into the provider block:\n")?;
            self.settings.lines().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        if !self.empty_lists.is_empty() {
            writeln!(f, "\nWithout an element, so the fields were not compared: {}", self.empty_lists.join(", "))?;
        }
        if !self.not_recorded.is_empty() {
            writeln!(f, "\nNot in the recording, so not compared: {}", self.not_recorded.join(", "))?;
        }
        Ok(())
    }
}

//! The doctor: checks whether Terraform can work with each configured vendor, and reports who has to act if it cannot.
//!
//! Like the export it walks the provider's tables and depends on the framework only: each vendor's client checks connection
//! and credentials, and the lists show what the credentials may read. It changes nothing at a vendor.
//! `openapi` compares a document of a vendor instead, and contacts none.

mod contract;
mod openapi;
mod permissions;
mod record;
mod report;

use std::collections::BTreeMap;

use futures_util::future::join_all;

pub use self::contract::{ContractError, ContractReport, contract};
pub use self::openapi::{OpenApiError, OpenApiReport, compare};
pub use self::report::{Report, VendorReport};
use crate::framework::clients::NothingConfigured;
use crate::framework::health::{CheckResult, CheckStatus};
use crate::framework::provider::{Caller, RECORD};
use crate::framework::{Diagnostic, Diagnostics, Provider, Value, Vendor};

/// Checks every configured vendor, in parallel. The provider is configured from its environment, as by an empty provider
/// block. With a path to `record` to, it also makes every other call that reads, and all of them are recorded there.
pub async fn run(provider: &Provider, record: Option<&str>) -> Result<Report, NothingConfigured> {
    let block = match record {
        Some(file) => Value::Map(BTreeMap::from([(RECORD.to_owned(), Value::String(file.to_owned()))])),
        None => Value::Null,
    };
    let mistakes = provider.configure(&block, Caller::command("doctor"));
    let vendors = provider.configured_vendors()?;
    let results = join_all(vendors.into_iter().map(|vendor| async {
        let mut report = check_health(provider, vendor, &mistakes).await;
        if record.is_some() && report.findings[0].verdict != CheckStatus::Failed {
            report.findings.push(record::read_everything(provider, vendor).await);
        }
        report
    }));
    Ok(Report { vendors: results.await })
}

async fn check_health(provider: &Provider, vendor: &'static dyn Vendor, mistakes: &Diagnostics) -> VendorReport {
    let mut findings = vec![configuration(provider, vendor, mistakes)];
    match provider.clients().of(vendor.name()) {
        Ok(client) if findings[0].verdict != CheckStatus::Failed => findings.append(&mut client.check_health().await),
        _ => findings.push(CheckResult::skipped("reachable", "The configuration is not valid.")),
    }
    if findings.iter().all(|finding| finding.verdict != CheckStatus::Failed) {
        let limited =
            findings.iter().any(|finding| finding.check == "credentials" && finding.verdict == CheckStatus::Warning);
        findings.extend(permissions::of(provider, vendor.name(), limited).await);
    } else {
        findings.push(CheckResult::skipped("permissions", "Fix the failed checks above first."));
    }
    VendorReport { vendor: vendor.name(), title: vendor.title(), findings }
}

/// Returns the variables that are set for a vendor, or every mistake in them and in the settings that all vendors share.
fn configuration(provider: &Provider, vendor: &dyn Vendor, mistakes: &Diagnostics) -> CheckResult {
    let own = mistakes.iter().filter(|mistake| provider.concerns(&[vendor.name()], mistake));
    let own: Vec<_> = own.map(Diagnostic::to_string).collect();
    if own.is_empty() {
        CheckResult::ok("configuration", format!("Set: {}.", provider.variables_set(vendor).join(", ")))
    } else {
        CheckResult::failed("configuration", own.join("\n"))
    }
}

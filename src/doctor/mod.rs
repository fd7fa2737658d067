//! The doctor: checks whether Terraform can work with each configured vendor, and reports who has to act if it cannot.
//!
//! Like the export it walks the provider's tables and depends on the framework only: each vendor's client checks connection
//! and credentials, and the lists show what the credentials may read. It changes nothing at a vendor.

mod openapi;
mod permissions;
mod report;

use futures_util::future::join_all;

pub use self::openapi::{OpenApiError, OpenApiReport, compare};
pub use self::report::{Report, VendorReport};
use crate::framework::clients::NothingConfigured;
use crate::framework::health::{CheckResult, CheckStatus};
use crate::framework::provider::Caller;
use crate::framework::{Diagnostic, Diagnostics, Provider, Value, Vendor};

/// Checks every configured vendor, in parallel. The provider is configured from its environment, as by an empty provider
/// block.
pub async fn run(provider: &Provider) -> Result<Report, NothingConfigured> {
    let mistakes = provider.configure(&Value::Null, Caller::command("doctor"));
    let vendors = provider.configured_vendors()?;
    let results = join_all(vendors.into_iter().map(|vendor| check_health(provider, vendor, &mistakes))).await;
    Ok(Report { vendors: results })
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

//! The doctor: whether Terraform could work with the vendors that the environment configures, and if not, whose move it is.
//!
//! Like the export it walks the provider's tables and knows the framework alone: each vendor's client examines the way to
//! its vendor, and the lists show what the credentials may read. It changes nothing at a vendor.

mod permissions;
mod report;

use futures_util::future::join_all;

pub use self::report::{Examined, Report};
use crate::framework::health::{CheckResult, CheckStatus};
use crate::framework::provider::NothingConfigured;
use crate::framework::{Diagnostic, Diagnostics, Provider, Value, Vendor};

/// Examines every vendor that is configured, all at once. The provider is configured from its environment, as by an empty
/// provider block.
pub async fn run(provider: &Provider) -> Result<Report, NothingConfigured> {
    let mistakes = provider.configure(&Value::Null, "doctor");
    let vendors = provider.configured_vendors()?;
    let results = join_all(vendors.into_iter().map(|vendor| check_health(provider, vendor, &mistakes))).await;
    Ok(Report { vendors: results })
}

async fn check_health(provider: &Provider, vendor: &'static dyn Vendor, mistakes: &Diagnostics) -> Examined {
    let mut findings = vec![configuration(provider, vendor, mistakes)];
    match provider.clients().of(vendor.name()) {
        Ok(client) if findings[0].verdict != CheckStatus::Failed => findings.append(&mut client.check_health().await),
        _ => findings.push(CheckResult::skipped("reachable", "The configuration cannot be used.")),
    }
    if findings.iter().all(|finding| finding.verdict != CheckStatus::Failed) {
        let limited =
            findings.iter().any(|finding| finding.check == "credentials" && finding.verdict == CheckStatus::Warning);
        findings.extend(permissions::of(provider, vendor.name(), limited).await);
    } else {
        findings.push(CheckResult::skipped("permissions", "First mend what is told above."));
    }
    Examined { vendor: vendor.name(), title: vendor.title(), findings }
}

/// What the environment sets for a vendor, or every mistake in it and in what all vendors share.
fn configuration(provider: &Provider, vendor: &dyn Vendor, mistakes: &Diagnostics) -> CheckResult {
    let own = mistakes.iter().filter(|mistake| provider.concerns(&[vendor.name()], mistake));
    let own: Vec<_> = own.map(Diagnostic::to_string).collect();
    if own.is_empty() {
        CheckResult::ok("configuration", format!("Set: {}.", provider.variables_set(vendor).join(", ")))
    } else {
        CheckResult::failed("configuration", own.join("\n"))
    }
}

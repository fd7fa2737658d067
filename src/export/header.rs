//! The comment at the beginning of each file: where the configuration comes from.

use std::path::Path;

use jiff::Timestamp;

use super::configuration::Files;
use crate::framework::Provider;

/// The lines of the comment.
pub(super) struct Header(Vec<String>);

impl Header {
    /// The provider, the time and the addresses of the tenants.
    pub(super) fn new(provider: &Provider, vendors: &[&'static str]) -> Self {
        let now = Timestamp::now().strftime("%Y-%m-%d %H:%M");
        let first = format!("Exported by terraform-provider-{} {} on {now} UTC.", provider.name, provider.version);
        Self(std::iter::once(first).chain(addresses(provider, vendors, "From")).collect())
    }

    /// Adds the addresses of the tenants for which the configuration is.
    pub(super) fn add_target(&mut self, provider: &Provider, vendors: &[&'static str]) {
        self.0.extend(addresses(provider, vendors, "For"));
    }

    /// Writes the comment into every file of configuration.
    pub(super) fn write(&self, files: &mut Files) {
        let comment = format!("# {}\n", self.0.join("\n# "));
        for (name, text) in files {
            if Path::new(name).extension().is_some_and(|extension| extension == "tf") {
                text.insert_str(0, &format!("{comment}\n"));
            }
        }
    }
}

/// A line for each vendor: `From VULT at https://kyc.example.com.`
fn addresses(provider: &Provider, vendors: &[&'static str], direction: &str) -> Vec<String> {
    let clients = provider.clients();
    let of_vendor = |name: &&'static str| {
        let vendor = provider.vendor(name)?;
        let resource = provider.resources.values().find(|resource| resource.vendor() == *name)?;
        let address = resource.tenant(&clients).get("base_url").map(|url| without_credentials(url))?;
        Some(format!("{direction} {} at {address}.", vendor.title()))
    };
    vendors.iter().filter_map(of_vendor).collect()
}

/// An address without a user and a password, on one line.
fn without_credentials(address: &str) -> String {
    let Ok(mut url) = url::Url::parse(address) else { return "an address that is no URL".to_owned() };
    // Both fail only for addresses that cannot have them.
    let _ = (url.set_username(""), url.set_password(None));
    url.as_str().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::without_credentials;

    #[test]
    fn credentials_are_not_written() {
        for (address, expected) in [
            ("https://user:hush@kyc.example.com/v1/", "https://kyc.example.com/v1"),
            ("https://kyc.example.com", "https://kyc.example.com"),
            ("hush\nhush", "an address that is no URL"),
        ] {
            assert_eq!(without_credentials(address), expected);
        }
    }
}

//! The stored spelling of an entry's value, by the type of its list.

use std::net::IpAddr;

use super::countries;

/// Returns the stored spelling of a value, or what is wrong with it.
pub(super) fn stored(entry_type: &str, value: &str) -> Result<String, String> {
    let value = value.trim();
    match entry_type {
        "email" => email(value),
        "phone" => phone(value),
        "ip_address" => ip_address(value),
        "country" => countries::alpha_3(value)
            .map(str::to_owned)
            .ok_or_else(|| "Enter a valid ISO 3166-1 country code.".to_owned()),
        "device_fingerprint" if value.len() < 8 || !value.chars().all(|it| it.is_ascii_alphanumeric()) => {
            Err("A device fingerprint must have at least 8 alphanumeric characters.".to_owned())
        }
        _ => Ok(value.to_lowercase()),
    }
}

fn email(value: &str) -> Result<String, String> {
    let is_one = |(name, host): (&str, &str)| {
        !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains('@')
    };
    if value.split_once('@').is_some_and(is_one) && !value.contains(char::is_whitespace) {
        return Ok(value.to_lowercase());
    }
    Err("Enter a valid email address.".to_owned())
}

/// Reads a phone number and returns it as E.164: a plus and 8 to 15 digits without separators.
fn phone(value: &str) -> Result<String, String> {
    let invalid = || "Enter a valid international phone number.".to_owned();
    let number = value.strip_prefix('+').ok_or_else(invalid)?;
    let digits: String = number.chars().filter(|it| !matches!(it, ' ' | '-' | '.' | '(' | ')')).collect();
    let fits = (8..=15).contains(&digits.len()) && !digits.starts_with('0');
    if fits && digits.chars().all(|it| it.is_ascii_digit()) { Ok(format!("+{digits}")) } else { Err(invalid()) }
}

/// Reads an address or a range such as `10.0.0.0/8`.
fn ip_address(value: &str) -> Result<String, String> {
    let (address, prefix) = value.split_once('/').map_or((value, None), |(address, prefix)| (address, Some(prefix)));
    let invalid = || "Enter a valid IP address or CIDR range.".to_owned();
    let most = if address.parse::<IpAddr>().map_err(|_| invalid())?.is_ipv4() { 32 } else { 128 };
    if prefix.is_some_and(|prefix| !prefix.parse::<u8>().is_ok_and(|bits| bits <= most)) {
        return Err(invalid());
    }
    Ok(value.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_stored_in_one_spelling() {
        for (entry_type, value, expected) in [
            ("email", "User@Example.COM", Some("user@example.com")),
            ("email", "user@", None),
            ("email", "a b@example.com", None),
            ("phone", "+49 (151) 000-000", Some("+49151000000")),
            ("phone", "0151 000000", None),
            ("phone", "+49 151 CALL ME", None),
            ("ip_address", "10.0.0.0/8", Some("10.0.0.0/8")),
            ("ip_address", "2001:DB8::1", Some("2001:db8::1")),
            ("ip_address", "10.0.0.0/33", None),
            ("ip_address", "10.0.0", None),
            ("country", "us", Some("USA")),
            ("country", "GBR", Some("GBR")),
            ("country", "XX", None),
            ("device_fingerprint", "ABCDEF12", Some("abcdef12")),
            ("device_fingerprint", "short", None),
            ("wallet_address", "0xABCdef", Some("0xabcdef")),
        ] {
            assert_eq!(stored(entry_type, value).ok().as_deref(), expected, "{entry_type} {value}");
        }
    }
}

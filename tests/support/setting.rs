//! Numbers that `make` passes to a test by the environment, such as a seed.

/// The number of a variable, or this one if the variable is not set.
pub(crate) fn number(variable: &str, otherwise: u64) -> u64 {
    let text = std::env::var_os(variable).and_then(|text| text.into_string().ok()).filter(|text| !text.is_empty());
    text.map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

//! Rules for single values: each is checked offline and describes itself for the documentation.

use super::number::Number;
use super::value::Value;

/// A rule for a known value. Its description is added to that of the attribute, so that check and documentation agree.
#[derive(Clone, Debug)]
pub enum Rule {
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One of these texts, or one that the vendor has added since: that is a warning.
    Known(&'static [&'static str]),
    /// Text of at least and at most this many characters.
    Length(usize, usize),
    /// A number between these, both included.
    Range(i64, i64),
    /// A whole number.
    Whole,
    /// An absolute URL with the scheme http or https and a host.
    Url,
    /// Every element of a list or set, and every value of a map, satisfies this.
    Each(&'static Rule),
    /// Any other rule: a sentence for the documentation, and a check whose error says what is wrong.
    Custom {
        /// A full sentence, such as "Must be standard base64.".
        describe: &'static str,
        /// The rest of the sentence "The value ...", such as "is not base64".
        check: fn(&Value) -> Result<(), String>,
    },
}

impl Rule {
    /// The texts that the rule names, if it names some.
    pub fn choices(&self) -> &'static [&'static str] {
        match self {
            Self::OneOf(choices) | Self::Known(choices) => choices,
            Self::Each(rule) => rule.choices(),
            _ => &[],
        }
    }

    /// A full sentence for the documentation.
    pub fn describe(&self) -> String {
        match self {
            Self::OneOf(choices) => format!("Must be {}.", any_of(choices)),
            Self::Known(choices) | Self::Each(Self::Known(choices)) => {
                format!("Known values are {}. Another one is sent, with a warning.", listed(choices, "and"))
            }
            Self::Length(1, usize::MAX) => "Must not be empty.".to_owned(),
            Self::Length(least, usize::MAX) => format!("Must have at least {least} characters."),
            Self::Length(0, most) => format!("Must have at most {most} characters."),
            Self::Length(least, most) => format!("Must have {least} to {most} characters."),
            Self::Range(least, i64::MAX) => format!("Must be at least {least}."),
            Self::Range(least, most) => format!("Must be between {least} and {most}."),
            Self::Whole => "Must be a whole number.".to_owned(),
            Self::Url => "Must be an absolute URL that begins with `http://` or `https://`.".to_owned(),
            Self::Each(rule) => format!("Each element {}.", rule.requirement()),
            Self::Custom { describe, .. } => (*describe).to_owned(),
        }
    }

    /// The description as the rest of a sentence, without its full stop.
    fn requirement(&self) -> String {
        self.describe().trim_end_matches('.').replacen("Must", "must", 1)
    }

    /// What is wrong with a known value, as the rest of a sentence that starts with the attribute's name.
    ///
    /// `show` is false for secrets: the value is not quoted then.
    pub fn violation(&self, value: &Value, show: bool) -> Option<String> {
        let quoted = |text: &str| if show { format!("; found `{text}`") } else { String::new() };
        match (self, value) {
            (Self::OneOf(choices), Value::String(text)) => (!choices.contains(&text.as_str()))
                .then(|| format!("must be {}{}.{}", any_of(choices), quoted(text), did_you_mean(text, choices))),
            (Self::Length(least, most), Value::String(text)) => {
                let length = text.chars().count();
                (length < *least || length > *most).then(|| format!("{}; found {length}.", self.requirement()))
            }
            (Self::Range(least, most), Value::Number(number)) => (*number < Number::from(*least)
                || *number > Number::from(*most))
            .then(|| format!("{}{}.", self.requirement(), quoted(&number.to_string()))),
            (Self::Whole, Value::Number(number)) => {
                number.to_i64().is_none().then(|| format!("must be a whole number{}.", quoted(&number.to_string())))
            }
            (Self::Url, Value::String(text)) => url_problem(text)
                .map(|problem| format!("must be an absolute http or https URL, but {problem}{}.", quoted(text))),
            (Self::Each(rule), Value::List(elements)) => {
                elements.iter().find_map(|element| rule.violation(element, show))
            }
            (Self::Each(rule), Value::Map(entries)) => {
                entries.values().find_map(|element| rule.violation(element, show))
            }
            (Self::Custom { check, .. }, value) if value.is_wholly_known() && !value.is_null() => {
                check(value).err().map(|problem| format!("{problem}."))
            }
            _ => None,
        }
    }

    /// The warning about a known value, as the rest of a sentence that starts with the attribute's name.
    pub fn warning(&self, value: &Value) -> Option<String> {
        match (self, value) {
            (Self::Known(choices), Value::String(text)) if !choices.contains(&text.as_str()) => Some(format!(
                "is `{text}`, which this version of the provider does not know. It is sent as it is.{} The known values are {}.",
                did_you_mean(text, choices),
                listed(choices, "and")
            )),
            (Self::Each(rule), Value::List(elements)) => elements.iter().find_map(|element| rule.warning(element)),
            _ => None,
        }
    }
}

fn url_problem(text: &str) -> Option<String> {
    match url::Url::parse(text) {
        Err(url::ParseError::RelativeUrlWithoutBase) => Some("it does not begin with `https://`".to_owned()),
        Err(error) => Some(format!("it cannot be read as a URL ({error})")),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => Some(format!("its scheme is `{}`", url.scheme())),
        Ok(url) if url.host_str().is_none_or(str::is_empty) => Some("it has no host".to_owned()),
        Ok(_) => None,
    }
}

/// "`a`, `b` or `c`".
pub fn any_of(choices: &[&str]) -> String {
    listed(choices, "or")
}

/// "`a`, `b` and `c`", with another word before the last.
pub fn listed(choices: &[&str], conjunction: &str) -> String {
    match choices {
        [] => "nothing".to_owned(),
        [only] => format!("`{only}`"),
        [first @ .., last] => {
            let first = first.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", ");
            format!("{first} {conjunction} `{last}`")
        }
    }
}

/// " Did you mean `x`?" when a choice is near the text.
fn did_you_mean(text: &str, choices: &[&str]) -> String {
    nearest(text, choices).map_or_else(String::new, |choice| format!(" Did you mean `{choice}`?"))
}

/// The choice that differs from the text by case, spaces or a letter or two.
pub fn nearest<'c>(text: &str, choices: &[&'c str]) -> Option<&'c str> {
    let fold = |text: &str| text.to_lowercase().replace([' ', '-'], "_");
    let wanted = fold(text);
    choices
        .iter()
        .map(|choice| (edit_distance(&wanted, &fold(choice)), choice))
        .min()
        .filter(|(distance, _)| *distance <= 2)
        .map(|(_, choice)| *choice)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substitute = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violations_read_as_sentences() {
        let rule = Rule::OneOf(&["passport", "driver_license"]);
        let violation = rule.violation(&"Drivers License".into(), true).unwrap();
        assert_eq!(
            violation,
            "must be `passport` or `driver_license`; found `Drivers License`. Did you mean `driver_license`?"
        );
        assert_eq!(rule.violation(&"passport".into(), true), None);
        assert_eq!(rule.violation(&Value::Unknown, true), None);
    }

    #[test]
    fn urls_need_a_scheme_and_a_host() {
        for bad in ["hooks.example.com", "ftp://example.com", "https://"] {
            assert!(Rule::Url.violation(&bad.into(), true).is_some(), "{bad}");
        }
        assert_eq!(Rule::Url.violation(&"https://hooks.example.com/x".into(), true), None);
    }

    #[test]
    fn secrets_are_not_quoted() {
        assert!(!Rule::Length(20, 40).violation(&"hush".into(), false).unwrap().contains("hush"));
        assert!(!Rule::Url.violation(&"hush".into(), false).unwrap().contains("hush"));
    }
}

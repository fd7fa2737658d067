//! Terraform's number: decimal, of any precision.
//!
//! Terraform computes with 512-bit floats and compares exactly, so `0.55` that was read and returned as an `f64` is another
//! number to it. A number here keeps its decimal digits; `0.30` and `0.3` are equal.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use bigdecimal::{BigDecimal, ToPrimitive};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::openapi::MAY_BE_TEXT;

/// The name by which the framework's own serializer and deserializer recognise a [`Number`].
pub(crate) const NUMBER_TOKEN: &str = "$framework::Number";

/// The largest exponent accepted in text: with a larger one a few bytes would expand to megabytes of digits.
const LARGEST_EXPONENT: i64 = 4096;

/// A decimal number of any precision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(BigDecimal);

impl Number {
    /// The exact value of an `f64`, which MessagePack carries; `None` for infinities and NaN.
    pub fn from_f64_exact(value: f64) -> Option<Self> {
        BigDecimal::try_from(value).ok().map(|decimal| Self(decimal.normalized()))
    }

    /// The number as an `f64`, if nothing is lost.
    pub fn to_f64_exact(&self) -> Option<f64> {
        let approximate = self.to_f64();
        (Self::from_f64_exact(approximate).as_ref() == Some(self)).then_some(approximate)
    }

    /// The nearest `f64`.
    pub fn to_f64(&self) -> f64 {
        self.0.to_f64().unwrap_or(f64::NAN)
    }

    /// The number as an `i64`, if it is a whole number in range.
    pub fn to_i64(&self) -> Option<i64> {
        self.0.is_integer().then(|| self.0.to_i64()).flatten()
    }

    /// Whether both round to the same `f64`. A vendor that computes in doubles returns such a number for the one that it received.
    pub fn same_double(&self, other: &Self) -> bool {
        self == other || self.to_f64().to_bits() == other.to_f64().to_bits()
    }

    /// Whether both round to the same `f32`, and they are not two whole numbers.
    #[expect(clippy::cast_possible_truncation, reason = "the truncation is what is compared")]
    pub fn same_float(&self, other: &Self) -> bool {
        let rounded = |number: &Self| (number.to_f64() as f32).to_bits();
        let are_whole = self.0.is_integer() && other.0.is_integer();
        self == other || (!are_whole && rounded(self) == rounded(other))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.normalized().to_plain_string())
    }
}

/// Text that is not a decimal number.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a decimal number")]
pub struct NotANumber(String);

impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let refuse = || NotANumber(text.chars().take(40).collect());
        let decimal = BigDecimal::from_str(text).map_err(|_| refuse())?;
        if decimal.fractional_digit_count().abs() > LARGEST_EXPONENT {
            return Err(refuse());
        }
        Ok(Self(decimal.normalized()))
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(BigDecimal::from(value).normalized())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(BigDecimal::from(value).normalized())
    }
}

impl TryFrom<&serde_json::Number> for Number {
    type Error = NotANumber;

    fn try_from(value: &serde_json::Number) -> Result<Self, NotANumber> {
        value.to_string().parse()
    }
}

/// The JSON number with the same digits.
impl From<&Number> for serde_json::Number {
    fn from(value: &Number) -> Self {
        // Plain decimal text is valid JSON, so the fallback is never used.
        serde_json::from_str(&value.to_string()).unwrap_or_else(|_| Self::from(0))
    }
}

/// A number in a vendor's JSON, which may also be the text of one.
impl JsonSchema for Number {
    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number", (MAY_BE_TEXT): true})
    }
}

impl Serialize for Number {
    // The framework's own formats are not human-readable; any other format is a vendor's JSON.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serde_json::Number::from(self).serialize(serializer)
        } else {
            serializer.serialize_newtype_struct(NUMBER_TOKEN, &self.to_string())
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Number, E> {
                text.parse().map_err(E::custom)
            }
        }
        if deserializer.is_human_readable() {
            match serde_json::Value::deserialize(deserializer)? {
                serde_json::Value::Number(number) => Number::try_from(&number).map_err(D::Error::custom),
                serde_json::Value::String(text) => text.parse().map_err(D::Error::custom),
                _ => Err(D::Error::custom("not a number")),
            }
        } else {
            deserializer.deserialize_newtype_struct(NUMBER_TOKEN, Text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Number;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn trailing_zeros_do_not_matter() {
        assert_eq!(number("0.30"), number("0.3"));
        assert_eq!(number("1e2"), number("100"));
        assert_eq!(number("0.30").to_string(), "0.3");
        assert_eq!(number("1E3").to_string(), "1000");
    }

    #[test]
    fn only_exact_doubles_are_doubles() {
        assert_eq!(number("0.5").to_f64_exact(), Some(0.5));
        assert_eq!(number("0.55").to_f64_exact(), None);
        assert_eq!(number("9007199254740993").to_f64_exact(), None);
        assert_eq!(number("9007199254740993").to_i64(), Some(9_007_199_254_740_993));
        assert!(number("0.55").same_double(&number("0.55000000000000000001")));
    }

    #[test]
    fn json_keeps_the_digits() {
        let read: Number = serde_json::from_str("0.123456789012345678901").unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), "0.123456789012345678901");
        assert_eq!(serde_json::to_string(&[number("12.50")]).unwrap(), "[12.5]");
        assert_eq!(serde_json::from_str::<Number>("\"12\"").unwrap(), number("12"));
        assert!(
            serde_json::from_str::<Number>("\"twelve\"").is_err() && serde_json::from_str::<Number>("true").is_err()
        );
    }

    #[test]
    fn a_huge_exponent_is_refused() {
        assert!("1e999999999".parse::<Number>().is_err());
        assert!("not a number".parse::<Number>().is_err());
    }
}

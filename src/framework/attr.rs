//! One attribute of a model: unknown, null or known.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// The name by which the framework's own serializer and deserializer recognise an [`Attr`].
pub(crate) const ATTR_TOKEN: &str = "$framework::Attr";
/// The name by which they recognise an unknown value.
pub(crate) const UNKNOWN_TOKEN: &str = "$framework::Unknown";

/// The value of one attribute in a configuration, a plan or a state.
///
/// A plan may hold unknown values; a state never does. `Null` is an attribute that is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Attr<T> {
    /// Not known before the apply.
    Unknown,
    /// Not set.
    #[default]
    Null,
    /// This value.
    Known(T),
}

impl<T> Attr<T> {
    /// The value if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown | Self::Null => None,
        }
    }

    /// Takes the value if it is known.
    pub fn into_known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown | Self::Null => None,
        }
    }

    /// Whether it is not set.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is not known yet.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

impl Attr<String> {
    /// The text if it is known.
    pub fn as_str(&self) -> Option<&str> {
        self.known().map(String::as_str)
    }
}

impl<T> From<Option<T>> for Attr<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }
}

impl<T> From<T> for Attr<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl From<&str> for Attr<String> {
    fn from(value: &str) -> Self {
        Self::Known(value.to_owned())
    }
}

impl<T: Serialize> Serialize for Attr<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unknown => serializer.serialize_unit_struct(UNKNOWN_TOKEN),
            Self::Null => serializer.serialize_none(),
            Self::Known(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Attr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct States<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for States<T> {
            type Value = Attr<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an attribute")
            }

            fn visit_unit<E>(self) -> Result<Attr<T>, E> {
                Ok(Attr::Unknown)
            }

            fn visit_none<E>(self) -> Result<Attr<T>, E> {
                Ok(Attr::Null)
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Attr<T>, D::Error> {
                T::deserialize(deserializer).map(Attr::Known)
            }
        }
        deserializer.deserialize_newtype_struct(ATTR_TOKEN, States(PhantomData))
    }
}

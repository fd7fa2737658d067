//! The lines of a recording.

use serde::{Deserialize, Serialize};

use super::shape::Shape;

/// What the first line of a process says: `"format": "terraform-provider-idv recording"`.
pub const FORMAT: &str = "terraform-provider-idv recording";

/// The version of the format. A reader refuses another one.
pub const VERSION: u32 = 1;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// The first line of a process.
    Header(Header),
    /// A request and its response.
    Exchange(Box<Exchange>),
    /// The content of an encrypted response that an earlier line has.
    Decrypted(Decrypted),
}

/// The first line that a process writes. A run of Terraform has several processes, whose lines are mixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// The version of the provider.
    pub provider: String,
    /// The process; hashes of different processes differ.
    pub process: String,
    /// When it began, to the minute, in UTC.
    pub began: String,
}

/// A request and its response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The process.
    pub process: String,
    /// The number of the exchange in its process, from 1.
    pub exchange: u64,
    /// The vendor's name, such as `VULT`.
    pub vendor: String,
    /// What the request is for, without the name of an object: `listing the webhooks`.
    pub operation: String,
    /// The request.
    pub request: Sent,
    /// The status of the response; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The names of the response's headers, in lower case and sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// The media type of the response, without parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The headers about limits, with their values.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub limits: std::collections::BTreeMap<String, u64>,
    /// How many bytes the body has.
    pub bytes: usize,
    /// The shape of the body, if it is JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Shape>,
}

/// A request as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// The method.
    pub method: String,
    /// The path, with `{}` for each value: `/v3/lists/{}/entries`.
    pub route: String,
    /// The documented method and path, if a setting of the provider names another route: `POST /oauth/token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// The keys of the query; with the value, if the key is one of paging.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<String>,
    /// The names of the headers, in lower case and sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// Whether the body was encrypted. Its shape is that of the plain text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub encrypted: bool,
    /// The shape of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Shape>,
}

/// What an encrypted response contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decrypted {
    /// The process.
    pub process: String,
    /// The exchange whose response was decrypted.
    pub decrypts: u64,
    /// The shape of the plain text, if it is JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Shape>,
}

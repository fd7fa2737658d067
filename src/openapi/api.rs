//! What a vendor's client uses of an API: its calls, with the fields that it sends and reads.
//!
//! A client declares its calls beside the code that sends them. The fields come from the serde types that the code itself uses, so
//! there is no second list of them.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value as Json;

use super::document::Operation;

/// The flag of a member that may be absent without a loss, which a vendor documents or returns in some versions only.
pub const MAY_BE_ABSENT: &str = "x-may-be-absent";

/// The flag of a value that is read in any form, and only shown.
pub const ANY_FORM: &str = "x-any-form";

/// The flag of a number, or of `true` and `false`, that is also read from a text.
pub const MAY_BE_TEXT: &str = "x-may-be-text";

/// The other names that a member may have.
pub const ALSO_NAMED: &str = "x-also-named";

/// An id that no object has, where ids are uuids.
pub const NO_OBJECT: &str = "00000000-0000-4000-8000-000000000000";

/// One API of a vendor, or one of its generations.
#[derive(Clone)]
pub struct Api {
    /// The line of the vendor's part of the provider block that selects it; `None` if the vendor has one only.
    pub setting: Option<&'static str>,
    /// The setting of the address of the token endpoint, if the document's is taken for it.
    pub token_setting: Option<&'static str>,
    /// The path that all paths of the calls are below, such as `/verify/v1`.
    pub base: String,
    /// The headers that every request has, by which it authenticates.
    pub headers: &'static [&'static str],
    /// The calls.
    pub calls: Vec<Call>,
    /// Whether the JSON of an error has the form that the vendor documents. By default none is documented.
    pub is_error: Option<fn(&Json) -> bool>,
    /// Whether an operation of a document is about something else, although it has the summary of a call.
    pub ignores: fn(&Operation<'_>) -> bool,
}

/// One call.
#[derive(Clone)]
pub struct Call {
    /// The method in upper case.
    pub method: String,
    /// The path, with a parameter such as `{id}` for each part that varies.
    pub path: String,
    /// The summary of the operation in the vendor's reference, in lower case, if a client finds it by that.
    pub summary: Option<&'static str>,
    /// Its name in the settings about single calls, if that is not its route.
    pub key: Option<&'static str>,
    /// The route that the vendor documents, if a setting names another one.
    pub documented: Option<String>,
    /// Whether a parameter of the path is replaced by an id, wherever another route has one.
    pub takes_id: bool,
    /// Whether the objects of the vendor can be managed without it.
    pub is_optional: bool,
    /// The members on the way to the content of the response, with dots between them; empty if the content is the whole response.
    pub content: &'static str,
    /// Where a setting says that the response has its content.
    pub envelope: Option<String>,
    /// The errors that a setting takes for a 404: the status, and the vendor's code if only that one counts.
    pub not_found: Vec<(u16, Option<String>)>,
    /// Whether it reads an object that a tenant may not have yet.
    pub may_not_exist: bool,
    /// The key of its body in the setting `body_encryption`, and whether it is encrypted now.
    pub encryption: Option<(&'static str, bool)>,
    /// An id that no object has, for a call that reads one object by the parameter of its path.
    pub absent_id: Option<&'static str>,
    /// The schema of what is sent: in the query of a GET, in the body of any other method. `None` if nothing is sent.
    pub request: Option<Json>,
    /// The schema of what is read; `None` if nothing is.
    pub response: Option<Json>,
}

impl Api {
    /// An API with these calls, which has no settings and no path of its own.
    pub fn new(headers: &'static [&'static str], calls: Vec<Call>) -> Self {
        Self {
            setting: None,
            token_setting: None,
            base: String::new(),
            headers,
            calls,
            is_error: None,
            ignores: |_| false,
        }
    }
}

impl Call {
    /// A call that sends and reads nothing.
    pub fn new(method: &str, path: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            path: path.into(),
            summary: None,
            key: None,
            documented: None,
            takes_id: false,
            is_optional: false,
            content: "",
            envelope: None,
            not_found: Vec::new(),
            may_not_exist: false,
            encryption: None,
            absent_id: None,
            request: None,
            response: None,
        }
    }

    /// Adds what is sent.
    #[must_use]
    pub fn sends<T: JsonSchema>(mut self) -> Self {
        self.request = Some(schema::<T>(SchemaSettings::draft2020_12().for_serialize()));
        self
    }

    /// Adds what is sent, of which a request may have any part.
    #[must_use]
    pub fn sends_any_of<T: JsonSchema>(self) -> Self {
        let mut call = self.sends::<T>();
        if let Some(Json::Object(schema)) = &mut call.request {
            schema.remove("required");
        }
        call
    }

    /// Adds what is read.
    #[must_use]
    pub fn reads<T: JsonSchema>(mut self) -> Self {
        self.response = Some(schema::<T>(SchemaSettings::draft2020_12().for_deserialize()));
        self
    }

    /// Says where the response has its content: the members with dots between them, such as `results`.
    #[must_use]
    pub fn with_content(self, content: &'static str) -> Self {
        Self { content, ..self }
    }

    /// Says that the call reads one object by the parameter of its path, which has no object with this id.
    #[must_use]
    pub fn reads_one(self, absent_id: &'static str) -> Self {
        Self { absent_id: Some(absent_id), ..self }
    }

    /// Says that the call reads an object that a tenant may not have yet.
    #[must_use]
    pub fn may_not_exist(self) -> Self {
        Self { may_not_exist: true, ..self }
    }

    /// Its name in the settings about single calls: its key, or the route that the vendor documents.
    pub fn name(&self) -> String {
        self.key.map(str::to_owned).or_else(|| self.documented.clone()).unwrap_or_else(|| self.route())
    }

    /// Method and path, such as `GET /weights`.
    pub fn route(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

fn schema<T: JsonSchema>(mut settings: SchemaSettings) -> Json {
    // So that a schema is complete wherever it is used.
    settings.inline_subschemas = true;
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

//! `idv_vult_document_requirements`: what VULT must read from a document. A resource and a data source.

use std::borrow::Cow;

use async_trait::async_trait;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value as Json;

use super::client::{Client, Scope};
use super::scope::{self, part, row_text};
use super::sessions::SessionFilter;
use super::settings::{self, Set, Settings};
use super::table::{Kind, Table};
use crate::framework::impact::{Period, Reach};
use crate::framework::{Attribute, DataSource, Diagnostics, Effect, Rule, Schema, Value, identity};
use crate::http::{CachePolicy, Error};
use crate::vendors::shared::import_id;
use crate::vendors::shared::singleton::{Fields, Title};

/// The document types that the vendor documents.
pub(super) const DOCUMENT_TYPES: &[&str] =
    &["unknown", "driver_license", "identification_card", "passport", "passport_card"];

/// The 25 booleans of "update requirements". `issue_at_required` is spelled as the vendor spells it.
const TABLE: Table = Table {
    kind: Kind::Booleans,
    effect: |_| Some(Effect::stricter("documents without it are rejected", "documents without it are accepted")),
    fields: &[
        ("document_number_required", "Whether the document number must be read."),
        ("ref_number_required", "Whether the reference number must be read."),
        ("issue_at_required", "Whether the date of issue must be read."),
        ("expires_at_required", "Whether the date of expiry must be read."),
        ("issuing_country_required", "Whether the issuing country must be read."),
        ("issuing_state_required", "Whether the issuing state must be read."),
        ("first_name_required", "Whether the first name must be read."),
        ("middle_name_required", "Whether the middle name must be read."),
        ("last_name_required", "Whether the last name must be read."),
        ("name_suffix_required", "Whether the suffix of the name must be read."),
        ("street_required", "Whether the street of the address must be read."),
        ("city_required", "Whether the city of the address must be read."),
        ("state_required", "Whether the state of the address must be read."),
        ("postal_code_required", "Whether the postal code of the address must be read."),
        ("birth_date_required", "Whether the date of birth must be read."),
        ("gender_required", "Whether the gender must be read."),
        ("height_required", "Whether the height must be read."),
        ("weight_required", "Whether the weight must be read."),
        ("eye_color_required", "Whether the eye color must be read."),
        ("hair_color_required", "Whether the hair color must be read."),
        ("class_required", "Whether the license class must be read."),
        ("mentions_required", "Whether the mentions, such as endorsements, must be read."),
        ("restrictions_required", "Whether the restrictions must be read."),
        ("raw_barcode_required", "Whether the raw barcode must be read."),
        ("face_encoding_required", "Whether a face must be found on the document and encoded."),
    ],
};

/// The requirements for one document type and data source in one scope.
#[derive(Clone, Copy)]
pub(super) struct DocumentRequirements;

type Row = serde_json::Map<String, Json>;

/// Key and scope of a row, as attributes.
fn row_key(row: &Row) -> Fields {
    let names = [
        ("document_type", "type_e"),
        ("data_source", "data_source_e"),
        ("client_id", "client_id"),
        ("user_id", "user_id"),
    ];
    names.into_iter().map(|(name, wire)| (name.to_owned(), row_text(row, wire))).collect()
}

impl JsonSchema for DocumentRequirements {
    fn schema_name() -> Cow<'static, str> {
        Self::TITLE.type_name.into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        settings::row_schema(&Self, generator)
    }
}

#[async_trait]
impl Settings for DocumentRequirements {
    const TITLE: Title = Title {
        vendor: "VULT",
        settings: "the document requirements",
        set: "set of document requirements",
        owner: "the tenant",
        type_name: "vult_document_requirements",
        blank: "a set in which nothing is required",
    };
    const TABLE: Table = TABLE;
    const NATURAL_KEY: &'static [&'static str] = &["document_type", "data_source", "client_id", "user_id"];
    const MOVES_FROM: &'static [&'static str] = &["/idv/requirements"];

    fn description(&self) -> String {
        "What VULT must be able to read from one type of document by one data source, for the tenant, one of its clients or \
         one user. Creating this resource adopts the set if there is one, and a requirement that is left out keeps the \
         tenant's value. Other sets do not change."
            .to_owned()
    }

    fn key(&self) -> Vec<Attribute> {
        vec![
            Attribute::string("document_type").required().rule(Rule::Known(DOCUMENT_TYPES)).describe(
                "The type of document that the requirements are for (`type_e` at the vendor).",
            ),
            Attribute::string("data_source").required().rule(Rule::Length(1, usize::MAX)).describe(
                "What reads the document, such as `ocr` (`data_source_e` at the vendor, which does not publish the values).",
            ),
        ]
    }

    fn wire_key<'s>(&self, state: &'s Value) -> Vec<(&'static str, &'s Value)> {
        vec![("type_e", state.get("document_type")), ("data_source_e", state.get("data_source"))]
    }

    fn read_key(&self, row: &Row) -> Fields {
        row_key(row)
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![
            identity::required("document_type", "The type of document that the requirements are for."),
            identity::required("data_source", "What reads the document."),
        ]
    }

    /// One request returns every set of a scope. The run shares the response, and it is filtered here.
    async fn fetch(&self, client: &Client, state: &Value, policy: CachePolicy) -> Result<Option<Fields>, Diagnostics> {
        let rows = client.requirements::<Row>(&Scope::of(state), policy).await?;
        let key = self.wire_key(state);
        let of_scope = |row: &&Row| {
            ["client_id", "user_id"].iter().all(|name| row_text(row, name) == *state.get(name))
                && key.iter().all(|(name, value)| row_text(row, name) == **value)
        };
        let row = rows.iter().find(of_scope);
        Ok(row.map(|row| TABLE.read(row, "reading the document requirements")).transpose()?)
    }

    async fn store(&self, client: &Client, body: &Json) -> Result<(), Error> {
        client.update_requirements(body).await
    }

    fn parse_id(&self, id: &str) -> Option<Vec<(&'static str, Value)>> {
        let parts = import_id::split(id);
        let (client_id, user_id, document_type, data_source) = match &parts[..] {
            [document_type, data_source] => ("", "", document_type.as_str(), data_source.as_str()),
            [client_id, user_id, document_type, data_source] => {
                (client_id.as_str(), user_id.as_str(), document_type.as_str(), data_source.as_str())
            }
            _ => return None,
        };
        (!document_type.is_empty() && !data_source.is_empty()).then(|| {
            vec![
                ("client_id", part(client_id)),
                ("user_id", part(user_id)),
                ("document_type", document_type.into()),
                ("data_source", data_source.into()),
            ]
        })
    }

    fn import_id(&self, scope: &Scope, state: &Value) -> String {
        let text = |name| state.get(name).as_str().unwrap_or_default();
        let key = import_id::join([text("document_type"), text("data_source")]);
        if *scope == Scope::default() { key } else { format!("{}/{key}", scope.id()) }
    }

    async fn sets(&self, client: &Client, scope: &Scope) -> Result<Vec<Set>, Diagnostics> {
        let rows = client.requirements::<Row>(scope, CachePolicy::UseCached).await?;
        let set = |row| Ok(Set { key: row_key(row), fields: TABLE.read(row, "listing the document requirements")? });
        rows.iter().map(set).collect()
    }

    /// A row names its scope, so a row of the tenant in another list has the key of one that is known.
    fn is_inherited(&self, _: &[Set], _: &Set) -> bool {
        false
    }

    /// A session has the type of its document, and not the data source by which it was read.
    async fn reach(&self, client: &Client, state: &Value, period: &Period) -> Result<Reach, Diagnostics> {
        let scope = Scope::of(state);
        let filter = SessionFilter { scope: &scope, from: period.from, to: period.to };
        let outcomes = client.session_outcomes(&filter).await?;
        let (Some(document), false) =
            (state.get("document_type").as_str(), outcomes.by_document_type.sum() == 0 && outcomes.total > 0)
        else {
            return Ok(Reach::not_known("VULT does not return the documents of its sessions."));
        };
        let rest = format!("were for a document of the type `{document}`; VULT does not return what read it");
        Ok(Reach::sessions(outcomes.by_document_type.of(document), rest))
    }

    fn key_words(&self, state: &Value) -> String {
        let text = |name| state.get(name).as_str().unwrap_or_default().to_owned();
        format!("{} by {}", text("document_type"), text("data_source"))
    }

    fn id_forms(&self) -> &'static str {
        "`DOCUMENT_TYPE/DATA_SOURCE`, such as `passport/ocr`, or with a scope `CLIENT_ID/USER_ID/DOCUMENT_TYPE/DATA_SOURCE`, \
         such as `client-7//passport/ocr`"
    }
}

/// Every set of requirements that matches.
pub(super) struct DocumentRequirementsData;

#[async_trait]
impl DataSource for DocumentRequirementsData {
    type Client = Client;
    type Model = Value;

    const NAME: &'static str = "vult_document_requirements";

    fn schema(&self) -> Schema {
        let row = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
        let mut set = vec![
            row("document_type", "The type of document that the set is for."),
            row("data_source", "What reads the document."),
            row("client_id", "The client that the set is for; null for the tenant's own."),
            row("user_id", "The user that the set is for; null for all."),
        ];
        set.extend(TABLE.attributes(false));
        let filter = [
            Attribute::string("document_type")
                .optional()
                .rule(Rule::Known(DOCUMENT_TYPES))
                .describe("Only sets for this type of document."),
            Attribute::string("data_source").optional().describe("Only sets for this data source."),
        ];
        let sets =
            Attribute::objects("requirements", set).computed().describe("The sets that match, in the vendor's order.");
        Schema::new(
            "Lists what VULT must be able to read from documents, by document type and data source.",
            filter.into_iter().chain(scope::attributes()).chain([sets]).collect(),
        )
    }

    async fn read(&self, client: &Client, config: Value, _: &mut Diagnostics) -> Result<Value, Diagnostics> {
        let rows = client.requirements::<Row>(&Scope::of(&config), CachePolicy::UseCached).await?;
        let wanted = |row: &&Row| {
            [("type_e", "document_type"), ("data_source_e", "data_source")]
                .iter()
                .all(|(wire, name)| config.get(name).is_null() || row_text(row, wire) == *config.get(name))
        };
        let sets = rows.iter().filter(wanted).map(|row| {
            let mut set = TABLE.read(row, "reading the document requirements")?;
            set.extend(row_key(row));
            Ok(Value::Map(set))
        });
        let sets = sets.collect::<Result<Vec<_>, Diagnostics>>()?;
        let mut state = config.as_map().cloned().unwrap_or_default();
        state.insert("requirements".to_owned(), Value::List(sets));
        Ok(Value::Map(state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_ids() {
        let parse = |id: &str| {
            let parts = DocumentRequirements.parse_id(id)?;
            Some(
                parts
                    .into_iter()
                    .map(|(_, value)| value.as_str().unwrap_or("-").to_owned())
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        };
        assert_eq!(TABLE.fields.len(), 25);
        assert_eq!(parse("passport/ocr").as_deref(), Some("- - passport ocr"));
        assert_eq!(parse("client-7//passport/ocr").as_deref(), Some("client-7 - passport ocr"));
        assert_eq!(parse("a%2Fb/50%/passport/ocr").as_deref(), Some("a/b 50% passport ocr"));
        for wrong in ["passport", "passport/", "a/b/c", "a/b/c/d/e"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}

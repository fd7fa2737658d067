//! `idv_vult_weights`: the numbers by which the tenant scores an identity. A resource and a data source.

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
use crate::framework::{Attribute, DataSource, Diagnostic, Diagnostics, Effect, Path, Schema, Value, identity};
use crate::http::{CachePolicy, Error};
use crate::vendors::shared::import_id;
use crate::vendors::shared::singleton::{Fields, Title};

/// The 27 numbers of "get weights" and "update weights". The vendor documents their names and no ranges.
const TABLE: Table = Table {
    kind: Kind::Numbers,
    effect,
    fields: &[
        ("onboarding_face_encoding_tolerance", "How far two face encodings may differ while an identity is onboarded."),
        (
            "verified_account_face_encoding_tolerance",
            "How far two face encodings may differ for an account that is verified.",
        ),
        ("driver_license_fuzzy_match_tolerance", "How far the data of a driver license may differ and still match."),
        ("driver_license_fuzzy_match_weight", "How much a match of driver license data counts in the score."),
        (
            "state_id_fuzzy_match_tolerance",
            "How far the data of a state identification card may differ and still match.",
        ),
        ("state_id_fuzzy_match_weight", "How much a match of state identification card data counts in the score."),
        ("passport_fuzzy_match_tolerance", "How far the data of a passport may differ and still match."),
        ("passport_fuzzy_match_weight", "How much a match of passport data counts in the score."),
        ("passport_card_fuzzy_match_tolerance", "How far the data of a passport card may differ and still match."),
        ("passport_card_fuzzy_match_weight", "How much a match of passport card data counts in the score."),
        (
            "ofac_fuzzy_match_tolerance",
            "How far a name may differ from one on the OFAC sanctions list and still match.",
        ),
        ("ofac_fuzzy_match_weight", "How much a match on the OFAC sanctions list counts in the score."),
        ("suspicious_words_weight", "How much suspicious words on a document count in the score."),
        ("image_manipulation_weight", "How much signs of image manipulation count in the score."),
        ("online_duplication_weight", "How much a duplicate of the image found online counts in the score."),
        ("is_identity_document_weight", "How much it counts in the score that the image shows an identity document."),
        ("aamva_match_tolerance", "How far data may differ from the record at the AAMVA and still match."),
        ("aamva_match_weight", "How much a match with the record at the AAMVA counts in the score."),
        ("idv_session_tolerance", "The score from which an identity verification session passes."),
        ("minimum_liveness_tolerance", "The least confidence that a live person is in front of the camera."),
        ("passive_active_skip_tolerance", "The confidence of passive liveness from which active liveness is skipped."),
        ("gender_probability_tolerance", "The least probability of a detected gender for it to be compared."),
        ("gender_weight", "How much a match of gender counts in the score."),
        ("expression_tolerance", "How far a facial expression may differ from the one that was asked for."),
        ("age_tolerance", "How far an estimated age may differ from the one on the document."),
        ("age_weight", "How much a match of age counts in the score."),
        ("direction_tolerance", "How far the direction of the head may differ from the one that was asked for."),
    ],
};

/// What a higher number does. The vendor documents no direction; it follows from what the number is.
fn effect(name: &str) -> Option<Effect> {
    const WEIGHT: Effect = Effect::stricter("the check counts more in the score", "the check counts less in the score");
    const DISTANCE: Effect = Effect::looser("more may differ and still match", "less may differ and still match");
    const THRESHOLD: Effect = Effect::stricter("more is needed to pass", "less is needed to pass");
    match name {
        "idv_session_tolerance" | "minimum_liveness_tolerance" => Some(THRESHOLD),
        "ofac_fuzzy_match_tolerance" => {
            Some(Effect::stricter("more names match the sanctions list", "fewer names match the sanctions list"))
        }
        "passive_active_skip_tolerance" => {
            Some(Effect::stricter("active liveness is skipped less often", "active liveness is skipped more often"))
        }
        "gender_probability_tolerance" => {
            Some(Effect::looser("gender is compared less often", "gender is compared more often"))
        }
        _ if name.ends_with("_weight") => Some(WEIGHT),
        _ if name.ends_with("_tolerance") => Some(DISTANCE),
        _ => None,
    }
}

/// The current weights of one scope.
#[derive(Clone, Copy)]
pub(super) struct Weights;

impl JsonSchema for Weights {
    fn schema_name() -> Cow<'static, str> {
        Self::TITLE.type_name.into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        settings::row_schema(&Self, generator)
    }
}

#[async_trait]
impl Settings for Weights {
    const TITLE: Title = Title {
        vendor: "VULT",
        settings: "the weights",
        set: "set of weights",
        owner: "the tenant",
        type_name: "vult_weights",
        blank: "zeros",
    };
    const TABLE: Table = TABLE;
    const NATURAL_KEY: &'static [&'static str] = &["client_id", "user_id"];
    const MOVES_FROM: &'static [&'static str] = &["/idv/weights"];

    fn description(&self) -> String {
        "The weights and tolerances by which VULT scores an identity verification, for the tenant, one of its clients or one \
         user. There is always exactly one current set: creating this resource adopts it, and a weight that is left out \
         keeps the tenant's value. VULT keeps every earlier set; the data source of the same name reads one by its id."
            .to_owned()
    }

    fn key(&self) -> Vec<Attribute> {
        Vec::new()
    }

    fn wire_key<'s>(&self, _: &'s Value) -> Vec<(&'static str, &'s Value)> {
        Vec::new()
    }

    fn read_key(&self, row: &serde_json::Map<String, Json>) -> Fields {
        ["client_id", "user_id"].into_iter().map(|name| (name.to_owned(), row_text(row, name))).collect()
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        Vec::new()
    }

    async fn fetch(&self, client: &Client, state: &Value, policy: CachePolicy) -> Result<Option<Fields>, Diagnostics> {
        let row = client.weights::<serde_json::Map<String, Json>>(&Scope::of(state), policy).await?;
        Ok(row.map(|row| TABLE.read(&row, "reading the weights")).transpose()?)
    }

    async fn store(&self, client: &Client, body: &Json) -> Result<(), Error> {
        client.update_weights(body).await
    }

    fn parse_id(&self, id: &str) -> Option<Vec<(&'static str, Value)>> {
        let parts = import_id::split(id);
        let (client_id, user_id) = match &parts[..] {
            [client_id] => (client_id.as_str(), ""),
            [client_id, user_id] => (client_id.as_str(), user_id.as_str()),
            _ => return None,
        };
        Some(vec![("client_id", part(client_id)), ("user_id", part(user_id))])
    }

    fn import_id(&self, scope: &Scope, _: &Value) -> String {
        match (&scope.client_id, &scope.user_id) {
            (Some(client_id), None) => import_id::join([client_id]),
            _ => scope.id(),
        }
    }

    async fn sets(&self, client: &Client, scope: &Scope) -> Result<Vec<Set>, Diagnostics> {
        let fields = self.fetch(client, &Value::Map(scope.fields()), CachePolicy::UseCached).await?;
        Ok(fields.into_iter().map(|fields| Set { key: scope.fields(), fields }).collect())
    }

    /// A scope whose weights equal the tenant's has none of its own.
    fn is_inherited(&self, own: &[Set], set: &Set) -> bool {
        own.iter().any(|own| own.fields == set.fields)
    }

    /// A session names the set that scored it, and the current set is read without its id. So the sets that the sessions name are
    /// read, and those that equal the current set are the current one.
    async fn reach(&self, client: &Client, state: &Value, period: &Period) -> Result<Reach, Diagnostics> {
        let scope = Scope::of(state);
        let filter = SessionFilter { scope: &scope, from: period.from, to: period.to };
        let outcomes = client.session_outcomes(&filter).await?;
        let named = outcomes.by_weights_id.sum();
        if named < outcomes.total {
            let unnamed = outcomes.total - named;
            return Ok(Reach::not_known(format!("VULT does not return which weights scored {unnamed} sessions.")));
        }
        let current = self.fetch(client, &Value::Map(scope.fields()), CachePolicy::UseCached).await?;
        let current = match current {
            Some(own) => Some(own),
            // A scope without weights of its own has those of the tenant.
            None => self.fetch(client, &Value::Null, CachePolicy::UseCached).await?,
        };
        let (mut count, mut ids) = (0, Vec::new());
        for (id, sessions) in outcomes.by_weights_id.iter() {
            let Some(row) = client.weights_by_id::<serde_json::Map<String, Json>>(id).await? else {
                return Ok(Reach::not_known(format!("VULT has no weights `{id}`, which scored {sessions} sessions.")));
            };
            let is_of_scope = scope != Scope::default() || self.read_key(&row).values().all(Value::is_null);
            if is_of_scope && Some(TABLE.read(&row, "reading weights by id")?) == current {
                count += sessions;
                ids.push(format!("`{id}`"));
            }
        }
        let rest = if ids.is_empty() {
            "ran under the current VULT weights".to_owned()
        } else {
            format!("ran under VULT weights {}", ids.join(", "))
        };
        Ok(Reach::sessions(count, rest))
    }

    fn key_words(&self, _: &Value) -> String {
        String::new()
    }

    fn id_forms(&self) -> &'static str {
        "the scope: `CLIENT_ID`, `CLIENT_ID/USER_ID`, `/USER_ID`, or `/` for the tenant's own, such as `client-7`"
    }
}

/// The weights of one scope, current or historical.
pub(super) struct WeightsData;

#[async_trait]
impl DataSource for WeightsData {
    type Client = Client;
    type Model = Value;

    const NAME: &'static str = "vult_weights";

    fn schema(&self) -> Schema {
        let id = Attribute::string("weights_id").optional().describe(
            "The id of a historical set, as the `idv_weights_id` of a verification session names it and `by_weights_id` of \
             `idv_vult_session_outcomes` has it. Without it the current set of the scope is read.",
        );
        let scope = scope::attributes().map(Attribute::computed);
        Schema::new(
            "Reads the weights by which VULT scores an identity verification: the current set of a scope, or an earlier one by its id.",
            [id].into_iter().chain(scope).chain(TABLE.attributes(false)).collect(),
        )
    }

    fn validate(&self, config: &Value, diagnostics: &mut Diagnostics) {
        let given = |name: &str| !config.get(name).is_null() && !config.get(name).is_unknown();
        for name in ["client_id", "user_id"] {
            if given("weights_id") && given(name) {
                let detail =
                    format!("`weights_id` alone identifies a historical set. Remove `{name}` or `weights_id`.");
                diagnostics.error(Path::to(name), format!("`{name}` conflicts with `weights_id`"), detail);
            }
        }
    }

    async fn read(&self, client: &Client, config: Value, _: &mut Diagnostics) -> Result<Value, Diagnostics> {
        let row: Option<serde_json::Map<String, Json>> = match config.get("weights_id").as_str() {
            Some(id) => client.weights_by_id(id).await?,
            None => client.weights(&Scope::of(&config), CachePolicy::UseCached).await?,
        };
        let row = row.ok_or_else(|| match config.get("weights_id").as_str() {
            Some(id) => Diagnostic::error(
                "No such weights",
                format!("VULT has no weights with the id `{id}`. Take it from the `idv_weights_id` of a session."),
            )
            .at(Path::to("weights_id")),
            None => Diagnostic::error(
                "No weights",
                "VULT has weights for the tenant and none for this scope. Check `client_id` and `user_id`.",
            ),
        })?;
        let mut state = TABLE.read(&row, "reading the weights")?;
        for name in ["client_id", "user_id"] {
            let returned = row.get(name).and_then(Json::as_str).map_or(Value::Null, Value::from);
            let configured = config.get(name).clone();
            state.insert(name.to_owned(), if configured.is_null() { returned } else { configured });
        }
        state.insert("weights_id".to_owned(), config.get("weights_id").clone());
        Ok(Value::Map(state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_ids() {
        let parse =
            |id: &str| Weights.parse_id(id).map(|parts| parts.into_iter().map(|(_, value)| value).collect::<Vec<_>>());
        assert_eq!(parse("client-7"), Some(vec!["client-7".into(), Value::Null]));
        assert_eq!(parse("client-7/u"), Some(vec!["client-7".into(), "u".into()]));
        assert_eq!(parse("/"), Some(vec![Value::Null, Value::Null]));
        assert_eq!(parse("a%2Fb"), Some(vec!["a/b".into(), Value::Null]));
        assert_eq!(parse("a/b/c"), None);
    }

    #[test]
    fn a_row_without_a_weight_names_it() {
        let mut row: serde_json::Map<_, _> =
            TABLE.fields.iter().map(|(name, _)| ((*name).to_owned(), Json::from(1))).collect();
        assert_eq!(TABLE.fields.len(), 27);
        assert!(TABLE.read(&row, "reading").is_ok());
        row.remove("age_weight");
        assert!(TABLE.read(&row, "reading").unwrap_err().detail.contains("`age_weight`: it is missing"));
    }
}

//! `idv_didit_customization`: the look of an application's verification pages, which every application has once.
//!
//! Didit neither creates nor deletes it, and its update takes a part of the settings. How it is adopted and released is in
//! `shared::singleton`. Logos are files, which are uploaded in the Business Console.

use async_trait::async_trait;
use serde_json::{Map, Value as Json};

use super::client::Client;
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{
    Attribute, Claim, Diagnostics, ListSink, Listable, Private, Rule, Schema, Spelling, Value, identity, value,
};
use crate::http::{CachePolicy, Error, Kind};
use crate::openapi::Call;
use crate::vendors::shared::import_id;
use crate::vendors::shared::singleton::{self, Adoptions, Fields, Singleton, Title};

/// The import id: there is one customization only.
const IMPORT_ID: &str = "customization";

const COLOR: Rule = Rule::Custom {
    describe: "Must be `#RRGGBB` or `#RRGGBBAA`.",
    check: |value| {
        let digits = value.as_str().and_then(|text| text.strip_prefix('#')).unwrap_or_default();
        if matches!(digits.len(), 6 | 8) && digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
            return Ok(());
        }
        Err("must be a colour such as `#2567FF` or, with opacity, `#2567FF80`".to_owned())
    },
};

const ADDRESS: Rule = Rule::Custom {
    describe: "Must be an absolute URL that begins with `http://` or `https://`, or empty.",
    check: |value| match Rule::Url.violation(value, true) {
        Some(problem) if value.as_str() != Some("") => Err(problem.trim_end_matches('.').to_owned()),
        _ => Ok(()),
    },
};

/// The calls about the customization.
pub(super) fn calls() -> [Call; 2] {
    super::client::customization_calls::<wire::Branding>()
}

/// The customization of the application.
#[derive(Clone, Copy)]
pub(super) struct Customization;

/// The settings. One that is left out keeps the application's value.
fn settings() -> Vec<Attribute> {
    let color = |name| Attribute::string(name).rule(COLOR).spelling(Spelling::ANY_CASE);
    let text = |name| Attribute::string(name).rule(Rule::Length(1, usize::MAX));
    let whole = |name| Attribute::number(name).rule(Rule::Whole).rule(Rule::Range(0, i64::MAX));
    let flag = Attribute::bool;
    let settings = vec![
        color("color_primary").describe("The colour of headings and primary text."),
        color("color_secondary").describe("The colour of paragraphs and secondary text."),
        color("color_background").describe("The colour of the page's background."),
        color("color_panel").describe("The colour of panels and accents."),
        color("color_panel_10").describe("The lighter colour of panels."),
        color("color_on_panel_1").describe("The first colour of what is on a panel."),
        color("color_on_panel_2").describe("The second colour of what is on a panel."),
        color("color_on_background").describe("The colour of what is on the background."),
        color("color_button_1").describe("The colour of primary buttons."),
        color("color_button_2").describe("The colour of secondary buttons."),
        color("color_button_text_1").describe("The colour of the text on primary buttons."),
        color("color_button_text_2").describe("The colour of the text on secondary buttons."),
        color("color_pill_text").describe("The colour of the text in pills."),
        whole("border_radius_panel").describe("How round the corners of panels are, in pixels."),
        whole("border_radius_buttons").describe("How round the corners of buttons are, in pixels."),
        text("font_family").describe("The name of a font of Google Fonts, such as `Inter`."),
        text("font_weight").describe("The weight of the font, such as `regular` or `500`, which the family must have."),
        Attribute::string("app_public_name").describe("The name of the application that people see; empty for none."),
        Attribute::string("privacy_policy_url")
            .rule(ADDRESS)
            .spelling(Spelling::URL)
            .describe("The address of the privacy policy; empty for none."),
        flag("skip_welcome_screen").describe("Whether a verification begins without the welcome screen."),
        flag("disable_login_with_didit").describe("Whether people cannot sign in with an account at Didit."),
        flag("hide_progress_bar").describe("Whether the progress bar is hidden."),
        whole("callback_seconds")
            .describe("How many seconds pass before people are redirected to the callback address."),
    ];
    settings.into_iter().map(|setting| setting.optional().computed().use_state_for_unknown()).collect()
}

/// The settings of a response, as attributes.
fn fields(branding: &wire::Branding) -> Result<Fields, Error> {
    match value::to_value(branding) {
        Ok(Value::Map(fields)) => Ok(fields),
        _ => Err(unusable("the response cannot be converted to attributes")),
    }
}

/// Settings as the vendor takes them.
fn body(fields: &Fields) -> Result<Map<String, Json>, Error> {
    let branding = value::from_value::<wire::Branding>(Value::Map(fields.clone()));
    match branding.map(serde_json::to_value) {
        Ok(Ok(Json::Object(body))) => Ok(body),
        _ => Err(unusable("the settings cannot be converted to a request")),
    }
}

fn unusable(failure: &str) -> Error {
    let failure = format!("{failure}; this is a bug in the provider, please report it");
    Error::new(Kind::Request, "Didit", "converting the customization", failure)
}

#[async_trait]
impl Singleton for Customization {
    type Client = Client;

    const TITLE: Title = Title {
        vendor: "Didit",
        settings: "the settings of the customization",
        set: "customization",
        owner: "the application",
        type_name: "didit_customization",
        blank: "no settings",
    };

    fn adoptions(client: &Client) -> &Adoptions {
        &client.adoptions
    }

    fn key(&self, _: &Value) -> String {
        IMPORT_ID.to_owned()
    }

    async fn fetch(&self, client: &Client, _: &Value, policy: CachePolicy) -> Result<Option<Fields>, Diagnostics> {
        Ok(Some(fields(&client.customization(policy).await?)?))
    }

    /// Sends the settings that differ from the current ones.
    async fn store(
        &self,
        client: &Client,
        _: &Value,
        wanted: &Fields,
        current: Option<&Fields>,
    ) -> Result<Option<Fields>, Error> {
        let mut changes = body(wanted)?;
        if let Some(current) = current {
            changes.retain(|name, _| wanted.get(name) != current.get(name));
        }
        fields(&client.update_customization(&changes).await?).map(Some)
    }

    fn to_private(fields: &Fields) -> Result<Json, Diagnostics> {
        Ok(Json::Object(body(fields)?))
    }

    fn from_private(original: Json) -> Option<Fields> {
        fields(&serde_json::from_value(original).ok()?).ok()
    }
}

#[async_trait]
impl Resource for Customization {
    type Client = Client;
    type Model = Value;

    const NAME: &'static str = Self::TITLE.type_name;

    const NATURAL_KEY: &'static [&'static str] = &[];

    const IS_ADOPTED: bool = true;

    const IS_SINGLETON: bool = true;

    fn schema(&self) -> Schema {
        Schema::new(
            "The look of the pages on which people verify themselves, for workflows with `is_white_label_enabled`. There is \
             always exactly one for an application: creating this resource adopts it, and a setting that is left out \
             keeps the application's value. Logos, the custom domain and the sender of e-mails are set in the Business \
             Console.",
            settings().into_iter().chain([singleton::forget_or_restore()]).collect(),
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![super::service()]
    }

    fn claim(&self, plan: &Value) -> Option<Claim> {
        singleton::claim(self, plan)
    }

    async fn preview(&self, client: &Client, planning: &Planning<Value>) -> Diagnostics {
        singleton::preview(self, client, planning).await
    }

    fn plan_destroy(&self, prior: &Value, private: &Private) -> Diagnostics {
        singleton::plan_destroy(self, prior, private)
    }

    async fn create(&self, client: &Client, plan: Value, ctx: &mut Context<Value>) -> Result<Value, Diagnostics> {
        singleton::create(self, client, &plan, ctx).await
    }

    async fn read(
        &self,
        client: &Client,
        state: Value,
        ctx: &mut Context<Value>,
    ) -> Result<Option<Value>, Diagnostics> {
        singleton::read(self, client, &state, ctx).await
    }

    async fn update(
        &self,
        client: &Client,
        change: Change<Value>,
        ctx: &mut Context<Value>,
    ) -> Result<Value, Diagnostics> {
        singleton::update(self, client, &change.plan, ctx).await
    }

    async fn delete(&self, client: &Client, state: Value, ctx: &mut Context<Value>) -> Result<(), Diagnostics> {
        singleton::delete(self, client, &state, ctx).await
    }

    fn import(&self, id: &str) -> Result<Value, Diagnostics> {
        if id == IMPORT_ID {
            return Ok(Value::Map(self.schema().empty()));
        }
        let forms = format!("`{IMPORT_ID}`, since an application has one customization");
        Err(import_id::wrong(Self::NAME, id, &forms))
    }

    fn import_id(&self, _: &Value) -> String {
        IMPORT_ID.to_owned()
    }
}

#[async_trait]
impl Listable for Customization {
    fn filters(&self) -> Schema {
        Schema::new("The customization of the application, which it always has once.", Vec::new())
    }

    async fn list(&self, client: &Client, _: Value, sink: &mut ListSink<Value>) -> Result<(), Diagnostics> {
        let found = fields(&client.customization(CachePolicy::UseCached).await?)?;
        sink.push("customization", singleton::state(&Value::Map(self.schema().empty()), found)).await;
        Ok(())
    }
}

mod wire {
    //! The settings of "Update Branding" in the vendor's reference (docs.didit.me), without the uploads. The attributes have
    //! the same names.

    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use crate::framework::Number;

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(super) struct Branding {
        color_primary: String,
        color_secondary: String,
        color_background: String,
        color_panel: String,
        color_panel_10: String,
        color_on_panel_1: String,
        color_on_panel_2: String,
        color_on_background: String,
        color_button_1: String,
        color_button_2: String,
        color_button_text_1: String,
        color_button_text_2: String,
        color_pill_text: String,
        border_radius_panel: Number,
        border_radius_buttons: Number,
        font_family: String,
        font_weight: String,
        #[serde(with = "null_if_empty")]
        #[schemars(with = "Option<String>")]
        app_public_name: String,
        #[serde(with = "null_if_empty")]
        #[schemars(with = "Option<String>")]
        privacy_policy_url: String,
        skip_welcome_screen: bool,
        disable_login_with_didit: bool,
        hide_progress_bar: bool,
        callback_seconds: Number,
    }

    mod null_if_empty {
        //! An empty text, which is null in the vendor's JSON. Attributes keep it empty, since null there means "left out".

        use serde::{Deserialize, Deserializer, Serialize, Serializer};

        // The framework's own format is not human-readable; JSON is.
        pub(super) fn serialize<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
            if text.is_empty() && serializer.is_human_readable() {
                return serializer.serialize_none();
            }
            text.serialize(serializer)
        }

        pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
            Option::deserialize(deserializer).map(Option::unwrap_or_default)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn response() -> Json {
        let sample = |setting: &Attribute| match setting.name.as_str() {
            "privacy_policy_url" => Json::Null,
            name if name.starts_with("border_radius") || name == "callback_seconds" => json!(3),
            name if ["skip_", "disable_", "hide_"].iter().any(|start| name.starts_with(start)) => json!(true),
            _ => json!("#2567FF"),
        };
        Json::Object(settings().iter().map(|setting| (setting.name.clone(), sample(setting))).collect())
    }

    #[test]
    fn a_response_becomes_every_setting_and_a_body_again() {
        let fields = fields(&serde_json::from_value(response()).unwrap()).unwrap();
        assert_eq!(fields.keys().count(), settings().len());
        assert!(settings().iter().all(|setting| fields.contains_key(&setting.name)));
        assert_eq!(fields["privacy_policy_url"].as_str(), Some(""), "null is empty");
        assert_eq!(Json::Object(body(&fields).unwrap()), response());
    }

    #[test]
    fn private_state_of_an_earlier_version_is_read() {
        assert!(Customization::from_private(response()).is_some());
        assert!(Customization::from_private(json!({"color_panel": 3})).is_none());
    }

    #[test]
    fn colours_and_addresses_are_checked_offline() {
        for (rule, text, fits) in [
            (COLOR, "#2567FF", true),
            (COLOR, "#2567ff80", true),
            (COLOR, "2567FF", false),
            (COLOR, "#2567F", false),
            (ADDRESS, "", true),
            (ADDRESS, "https://acme.example/privacy", true),
            (ADDRESS, "acme.example", false),
        ] {
            assert_eq!(rule.violation(&text.into(), true).is_none(), fits, "{text}");
        }
    }
}

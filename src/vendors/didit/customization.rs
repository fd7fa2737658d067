//! `idv_didit_customization`: how an application's verification pages look, which every application has once.
//!
//! It can be neither created nor deleted, and Didit changes it in part. So a create takes it over, what the user leaves
//! out keeps the application's value, and destroy does what `on_destroy` says. Logos are files, which are uploaded in the
//! Business Console.

use async_trait::async_trait;
use serde_json::{Map, Value as Json};

use super::client::Client;
use crate::framework::resource::{Change, Context, Resource};
use crate::framework::{
    Attribute, Diagnostic, Diagnostics, ListSink, Listable, Number, Private, Rule, Schema, Value, identity,
};
use crate::http::CachePolicy;
use crate::vendors::shared::reconcile::retry_once;
use crate::vendors::shared::{adoption, import_id, restore};

/// What the settings are called in a sentence.
const WHAT: &str = "the settings of the customization";

/// The import id: there is one customization only.
const IMPORT_ID: &str = "customization";

/// What a setting holds.
#[derive(Clone, Copy)]
enum Kind {
    Color,
    Whole,
    Text,
    /// Text that the vendor may have as null, which is empty here.
    MayBeEmpty,
    Address,
    Flag,
}

/// The settings of "Update Branding" in the vendor's reference (docs.didit.me), but for uploads.
const SETTINGS: [(&str, Kind, &str); 23] = [
    ("color_primary", Kind::Color, "The colour of headings and primary text."),
    ("color_secondary", Kind::Color, "The colour of paragraphs and secondary text."),
    ("color_background", Kind::Color, "The colour of the page's background."),
    ("color_panel", Kind::Color, "The colour of panels and accents."),
    ("color_panel_10", Kind::Color, "The lighter colour of panels."),
    ("color_on_panel_1", Kind::Color, "The first colour of what is on a panel."),
    ("color_on_panel_2", Kind::Color, "The second colour of what is on a panel."),
    ("color_on_background", Kind::Color, "The colour of what is on the background."),
    ("color_button_1", Kind::Color, "The colour of primary buttons."),
    ("color_button_2", Kind::Color, "The colour of secondary buttons."),
    ("color_button_text_1", Kind::Color, "The colour of the text on primary buttons."),
    ("color_button_text_2", Kind::Color, "The colour of the text on secondary buttons."),
    ("color_pill_text", Kind::Color, "The colour of the text in pills."),
    ("border_radius_panel", Kind::Whole, "How round the corners of panels are, in pixels."),
    ("border_radius_buttons", Kind::Whole, "How round the corners of buttons are, in pixels."),
    ("font_family", Kind::Text, "The name of a font of Google Fonts, such as `Inter`."),
    ("font_weight", Kind::Text, "The weight of the font, such as `regular` or `500`, which the family must have."),
    ("app_public_name", Kind::MayBeEmpty, "What people read as the name of the application; empty for none."),
    ("privacy_policy_url", Kind::Address, "Where the privacy policy is; empty for none."),
    ("skip_welcome_screen", Kind::Flag, "Whether a verification begins without the welcome screen."),
    ("disable_login_with_didit", Kind::Flag, "Whether people cannot sign in with an account at Didit."),
    ("hide_progress_bar", Kind::Flag, "Whether the progress bar is hidden."),
    ("callback_seconds", Kind::Whole, "How many seconds pass before people are sent back to the callback address."),
];

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

impl Kind {
    fn attribute(self, name: &str) -> Attribute {
        match self {
            Self::Color => Attribute::string(name).rule(COLOR),
            Self::Whole => Attribute::number(name).rule(Rule::Whole).rule(Rule::Range(0, i64::MAX)),
            Self::Text => Attribute::string(name).rule(Rule::Length(1, usize::MAX)),
            Self::MayBeEmpty => Attribute::string(name),
            Self::Address => Attribute::string(name).rule(ADDRESS),
            Self::Flag => Attribute::bool(name),
        }
    }

    /// A value of the wire; `None` if it is of another type.
    fn read(self, value: Option<&Json>) -> Option<Value> {
        match (self, value?) {
            (Self::Whole, Json::Number(number)) => Number::try_from(number).ok().map(Value::Number),
            (Self::Flag, Json::Bool(flag)) => Some((*flag).into()),
            (Self::Color | Self::Text | Self::MayBeEmpty | Self::Address, Json::String(text)) => {
                Some(text.as_str().into())
            }
            (Self::MayBeEmpty | Self::Address, Json::Null) => Some("".into()),
            _ => None,
        }
    }

    /// A known value on the wire; `None` for one that is not set.
    fn write(self, value: &Value) -> Option<Json> {
        match (self, value) {
            (Self::MayBeEmpty | Self::Address, Value::String(text)) if text.is_empty() => Some(Json::Null),
            (_, Value::String(text)) => Some(text.as_str().into()),
            (_, Value::Number(number)) => Some(Json::Number(number.into())),
            (_, Value::Bool(flag)) => Some((*flag).into()),
            _ => None,
        }
    }
}

/// The customization of the application.
#[derive(Clone, Copy)]
pub(super) struct Customization;

impl Customization {
    /// A state with the settings of an answer, and with the `on_destroy` of another.
    fn state(base: &Value, answer: &Map<String, Json>) -> Result<Value, Diagnostics> {
        let setting = |(name, kind, _): &(&str, Kind, &str)| {
            let value = kind.read(answer.get(*name)).ok_or_else(|| {
                let detail = format!(
                    "Didit's answer about the customization has no usable `{name}`. It differs from its documentation; check \
                     `base_url`, then report it."
                );
                Diagnostic::error("Didit gave an answer that cannot be used", detail)
            });
            value.map(|value| ((*name).to_owned(), value))
        };
        let settings = SETTINGS.iter().map(setting).collect::<Result<Vec<_>, Diagnostic>>()?;
        let on_destroy = ("on_destroy".to_owned(), base.get("on_destroy").clone());
        Ok(Value::Map(settings.into_iter().chain([on_destroy]).collect()))
    }

    /// The settings of a state or of a configuration, as the vendor takes them.
    fn body(settings: &Value) -> Map<String, Json> {
        let set = |(name, kind, _): &(&str, Kind, &str)| Some(((*name).to_owned(), kind.write(settings.get(name))?));
        SETTINGS.iter().filter_map(set).collect()
    }

    /// Sends what is configured and differs from what is there, and answers what is there then.
    async fn write(
        &self,
        client: &Client,
        current: Map<String, Json>,
        ctx: &mut Context<Value>,
    ) -> Result<Map<String, Json>, Diagnostics> {
        let mut body = ctx.config.as_ref().map(Self::body).unwrap_or_default();
        body.retain(|name, value| current.get(name) != Some(value));
        if body.is_empty() {
            return Ok(current);
        }
        let doubt = match client.update_customization(&Json::Object(body.clone())).await {
            Ok(updated) => match Self::state(&Value::Null, &updated) {
                Ok(_) => return Ok(updated),
                Err(unusable) => unusable,
            },
            Err(error) if error.may_have_applied() => error.into(),
            Err(error) => return Err(error.into()),
        };
        // A create that fails loses the original with its private state, and the next one would take what was just written
        // for it. So what is there counts, not what was answered.
        let look = || client.customization(CachePolicy::RefreshAfterWrite);
        match retry_once(look).await {
            Ok(after) if body.iter().all(|(name, value)| after.get(name) == Some(value)) => {
                let told = doubt.iter().map(Diagnostic::to_string).collect::<Vec<_>>();
                ctx.warn(format!("Didit has taken over {WHAT} though it gave no clear answer"), told.join("\n"));
                Ok(after)
            }
            Ok(_) => Err(doubt),
            Err(unread) => Err(doubt.into_iter().chain([unread.into()]).collect()),
        }
    }

    fn capture(private: &mut Private, state: &Value) -> Result<(), Diagnostics> {
        restore::keep(private, &Json::Object(Self::body(state)))
    }
}

#[async_trait]
impl Resource for Customization {
    type Client = Client;
    type Model = Value;

    const NAME: &'static str = "didit_customization";

    fn schema(&self) -> Schema {
        let settings = SETTINGS.iter().map(|(name, kind, sentence)| {
            kind.attribute(name).optional().computed().use_state_for_unknown().describe(*sentence)
        });
        Schema::new(
            "The look of the pages on which people verify themselves, for workflows with `is_white_label_enabled`. There is \
             always exactly one for an application: creating this resource takes it over, and a setting that is left out \
             keeps the application's value. Logos, the custom domain and the sender of e-mails are set in the Business \
             Console.",
            settings.chain([restore::on_destroy()]).collect(),
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![super::service()]
    }

    fn plan_destroy(&self, prior: &Value, private: &Private) -> Diagnostics {
        let known = restore::kept(private).is_some();
        restore::destroy_warning("Didit", WHAT, restore::restores(prior), known).into()
    }

    async fn create(&self, client: &Client, plan: Value, ctx: &mut Context<Value>) -> Result<Value, Diagnostics> {
        let takeover = client.adoptions.of(IMPORT_ID);
        let mut taken_over = takeover.lock().await;
        let current = client.customization(CachePolicy::Refresh).await?;
        Self::capture(&mut ctx.private, &Self::state(&plan, &current)?)?;
        let after = self.write(client, current, ctx).await?;
        *taken_over = true;
        Self::state(&plan, &after)
    }

    async fn read(
        &self,
        client: &Client,
        state: Value,
        ctx: &mut Context<Value>,
    ) -> Result<Option<Value>, Diagnostics> {
        let found = Self::state(&state, &client.customization(CachePolicy::UseCached).await?)?;
        // An import: this is when Terraform takes over.
        if restore::kept(&ctx.private).is_none() {
            Self::capture(&mut ctx.private, &found)?;
            if restore::restores(&state) {
                restore::warn_lost(ctx, "Didit", WHAT);
            }
        }
        Ok(Some(found))
    }

    async fn update(
        &self,
        client: &Client,
        change: Change<Value>,
        ctx: &mut Context<Value>,
    ) -> Result<Value, Diagnostics> {
        let current = client.customization(CachePolicy::Refresh).await?;
        let after = self.write(client, current, ctx).await?;
        let mut state = Self::state(&change.plan, &after)?;
        if let Value::Map(settings) = &mut state {
            for (name, value) in settings.iter_mut() {
                let planned = change.plan.get(name);
                let left_out = ctx.config.as_ref().is_none_or(|config| config.get(name).is_null());
                if left_out && planned.is_wholly_known() && planned != value {
                    ctx.warn(
                        format!("`{name}` was changed outside of Terraform"),
                        format!(
                            "After the plan was made, somebody changed `{name}` of the customization. The configuration \
                             leaves it out, so the application keeps its new value; the next plan reads it."
                        ),
                    );
                    value.clone_from(planned);
                }
            }
        }
        Ok(state)
    }

    async fn delete(&self, client: &Client, state: Value, ctx: &mut Context<Value>) -> Result<(), Diagnostics> {
        if !restore::restores(&state) {
            return Ok(());
        }
        let Some(original) = restore::kept(&ctx.private) else {
            restore::warn_not_restored(ctx, "Didit", WHAT);
            return Ok(());
        };
        let takeover = client.adoptions.of(IMPORT_ID);
        let taken_over = takeover.lock().await;
        if *taken_over {
            adoption::warn_left_alone(ctx, WHAT);
            return Ok(());
        }
        client.update_customization(&original).await?;
        Ok(())
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
        let state = Self::state(&Value::Null, &client.customization(CachePolicy::UseCached).await?)?;
        sink.push("customization", state).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer() -> Map<String, Json> {
        let sample = |kind: &Kind| match kind {
            Kind::Color => json!("#2567FF"),
            Kind::Whole => json!(3),
            Kind::Text | Kind::MayBeEmpty => json!("text"),
            Kind::Address => Json::Null,
            Kind::Flag => json!(true),
        };
        SETTINGS.iter().map(|(name, kind, _)| ((*name).to_owned(), sample(kind))).collect()
    }

    #[test]
    fn an_answer_goes_through_a_state_and_back() {
        let state = Customization::state(&Value::Null, &answer()).unwrap();
        assert_eq!(state.get("privacy_policy_url").as_str(), Some(""), "null is empty");
        assert_eq!(Customization::body(&state), answer());
    }

    #[test]
    fn an_answer_without_a_setting_names_it() {
        let mut answer = answer();
        answer.insert("font_weight".to_owned(), json!(500));
        let error = Customization::state(&Value::Null, &answer).unwrap_err();
        assert!(error.iter().next().unwrap().detail.contains("`font_weight`"));
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

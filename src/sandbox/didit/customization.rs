//! The design of an application's verification pages: one for each application; an update changes the fields it contains.

use std::collections::BTreeMap;

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    access::Authorized,
    fields::{self, Fields},
    state::State,
};
use crate::sandbox::engine::{Body, Handle, Reply};

/// The colours with the values of the reference's sample.
const COLORS: [(&str, &str); 13] = [
    ("color_primary", "#000000"),
    ("color_secondary", "#9DA1A1"),
    ("color_background", "#FFFFFF"),
    ("color_panel", "#2567FF"),
    ("color_panel_10", "#1A1A1A"),
    ("color_on_panel_1", "#9DA1A1"),
    ("color_on_panel_2", "#F4F4F6"),
    ("color_on_background", "#000000"),
    ("color_button_1", "#2567FF"),
    ("color_button_2", "#F8F8F8"),
    ("color_button_text_1", "#FFFFFF"),
    ("color_button_text_2", "#000000"),
    ("color_pill_text", "#111827"),
];

const WEIGHTS: [&str; 10] = ["regular", "100", "200", "300", "400", "500", "600", "700", "800", "900"];

/// The settings of the design.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Customization {
    /// All of [`COLORS`]; one that a seed omits has the sample's value.
    colors: BTreeMap<String, String>,
    border_radius_panel: u64,
    border_radius_buttons: u64,
    font_family: String,
    font_weight: String,
    app_public_name: Option<String>,
    privacy_policy_url: Option<String>,
    skip_welcome_screen: bool,
    disable_login_with_didit: bool,
    hide_progress_bar: bool,
    callback_seconds: u64,
}

impl Default for Customization {
    fn default() -> Self {
        Self {
            colors: COLORS.map(|(name, color)| (name.to_owned(), color.to_owned())).into(),
            border_radius_panel: 10,
            border_radius_buttons: 12,
            font_family: "Inter".to_owned(),
            font_weight: "regular".to_owned(),
            app_public_name: None,
            privacy_policy_url: None,
            skip_welcome_screen: false,
            disable_login_with_didit: false,
            hide_progress_bar: false,
            callback_seconds: 3,
        }
    }
}

impl Customization {
    fn change(&mut self, fields: &mut Fields) {
        for (name, sample) in COLORS {
            let place = self.colors.entry(name.to_owned()).or_insert_with(|| sample.to_owned());
            fields.set(name, place, color);
        }
        fields.set("border_radius_panel", &mut self.border_radius_panel, fields::whole(0..=1000));
        fields.set("border_radius_buttons", &mut self.border_radius_buttons, fields::whole(0..=1000));
        fields.set("font_family", &mut self.font_family, fields::text(100));
        fields.set("font_weight", &mut self.font_weight, fields::choice(&WEIGHTS));
        fields.set("app_public_name", &mut self.app_public_name, fields::nullable(fields::text(255)));
        fields.set("privacy_policy_url", &mut self.privacy_policy_url, fields::nullable(fields::text(2048)));
        fields.set("skip_welcome_screen", &mut self.skip_welcome_screen, fields::flag);
        fields.set("disable_login_with_didit", &mut self.disable_login_with_didit, fields::flag);
        fields.set("hide_progress_bar", &mut self.hide_progress_bar, fields::flag);
        fields.set("callback_seconds", &mut self.callback_seconds, fields::whole(0..=3600));
    }

    fn response(&self) -> Value {
        let font = self.font_family.replace(' ', "+");
        let mut response = json!({
            "border_radius_panel": self.border_radius_panel,
            "border_radius_buttons": self.border_radius_buttons,
            "font_family": self.font_family,
            "font_weight": self.font_weight,
            "font_url": format!("https://fonts.googleapis.com/css2?family={font}"),
            "logo_square": null,
            "logo_rectangular": null,
            "logo_rectangular_dark": null,
            "favicon": null,
            "app_public_name": self.app_public_name,
            "privacy_policy_url": self.privacy_policy_url,
            "skip_welcome_screen": self.skip_welcome_screen,
            "disable_login_with_didit": self.disable_login_with_didit,
            "hide_progress_bar": self.hide_progress_bar,
            "callback_seconds": self.callback_seconds,
        });
        for (name, sample) in COLORS {
            response[name] = json!(self.colors.get(name).map_or(sample, String::as_str));
        }
        response
    }
}

/// `#RRGGBB` or `#RRGGBBAA`.
fn color(value: Value) -> Result<String, String> {
    let text = fields::text(9)(value)?;
    let digits = text.strip_prefix('#').unwrap_or_default();
    if matches!(digits.len(), 6 | 8) && digits.chars().all(|it| it.is_ascii_hexdigit()) {
        return Ok(text);
    }
    Err("Enter a valid hex color.".to_owned())
}

/// GET `/v3/customization/`.
pub(super) async fn get(_: Authorized, handle: Handle) -> Reply {
    let state = handle.read::<State>()?;
    Ok(Json(state.customization.response()))
}

/// PATCH `/v3/customization/`: a field that is absent stays unchanged.
pub(super) async fn update(_: Authorized, handle: Handle, Body(mut fields): Body<Fields>) -> Reply {
    handle.update(|state: &mut State| {
        state.customization.change(&mut fields);
        fields.finish()?;
        Ok(Json(state.customization.response()))
    })
}

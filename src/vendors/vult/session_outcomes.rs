//! `idv_vult_session_outcomes`: how many verification sessions a period had, and how they ended. No person is in it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::client::{Client, Scope};
use super::sessions::{Outcomes, SessionFilter};
use crate::framework::{Attr, Attribute, DataSource, Diagnostics, Path, Rule, Schema, Type, Value};

/// The length of the period by default, in days.
const DAYS: i64 = 30;

const TIME: Rule = Rule::Custom {
    describe: "Must be a time with a zone in RFC 3339, such as `2026-01-31T12:00:00Z`.",
    check: |value| match value {
        Value::String(text) if time(text).is_none() => {
            Err(format!("must be a time with a zone such as `2026-01-31T12:00:00Z`; found `{text}`"))
        }
        _ => Ok(()),
    },
};

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// The data source.
pub(super) struct SessionOutcomes;

/// The attributes of the data source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SessionOutcomesModel {
    from: Attr<String>,
    to: Attr<String>,
    days: Attr<i64>,
    client_id: Attr<String>,
    total: Attr<u64>,
    verified: Attr<u64>,
    verified_share: Attr<f64>,
    by_status: Attr<BTreeMap<String, Attr<u64>>>,
    by_weights_id: Attr<BTreeMap<String, Attr<u64>>>,
    by_document_type: Attr<BTreeMap<String, Attr<u64>>>,
}

impl SessionOutcomesModel {
    /// The period: up to now and [`DAYS`] long if the configuration does not say otherwise.
    fn period(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let to = self.to.as_str().and_then(time).unwrap_or(now);
        let days = self.days.known().copied().unwrap_or(DAYS);
        let from = || to.checked_sub(SignedDuration::from_hours(days.saturating_mul(24))).unwrap_or(Timestamp::MIN);
        (self.from.as_str().and_then(time).unwrap_or_else(from), to)
    }

    fn with(self, outcomes: Outcomes) -> Self {
        let Outcomes { total, verified, judged, by_status, by_weights_id, by_document_type } = outcomes;
        let is_known = judged > 0 || total == 0;
        #[allow(clippy::cast_precision_loss, reason = "a count of sessions is far below the 53 bits of a float")]
        let share = (is_known && total > 0).then(|| verified as f64 / total as f64);
        Self {
            total: total.into(),
            verified: is_known.then_some(verified).into(),
            verified_share: share.into(),
            by_status: by_status.into(),
            by_weights_id: by_weights_id.into(),
            by_document_type: by_document_type.into(),
            ..self
        }
    }
}

#[async_trait]
impl DataSource for SessionOutcomes {
    type Client = Client;
    type Model = SessionOutcomesModel;

    const NAME: &'static str = "vult_session_outcomes";

    fn schema(&self) -> Schema {
        let when = |name: &str, what: &str| Attribute::string(name).optional().rule(TIME).describe(what);
        let number = |name: &str, what: &str| Attribute::number(name).computed().describe(what);
        let counts = |name: &str, what: &str| Attribute::of(name, Type::map(Type::Number)).computed().describe(what);
        Schema::new(
            "Counts the identity verification sessions of a period by their outcome. Only counts are kept: neither a person nor a \
             session is in plan, state or log. The counts change with every session, so nothing stable should depend on them; a \
             `check` may.",
            vec![
                when("from", "Only sessions created from this time on. Default: `days` before `to`."),
                when("to", "Only sessions created before this time. Default: now."),
                Attribute::number("days")
                    .optional()
                    .rule(Rule::Whole)
                    .rule(Rule::Range(1, 3650))
                    .describe("The length of the period in days of 24 hours, instead of `from`. Default: 30."),
                Attribute::string("client_id")
                    .optional()
                    .rule(Rule::Length(1, usize::MAX))
                    .describe("Only sessions of this client of the tenant."),
                number("total", "The number of sessions."),
                number("verified", "How many of them are verified; null if VULT does not return it."),
                number(
                    "verified_share",
                    "The share of verified sessions in all sessions, from 0 to 1; null if there is no session. Sessions that are \
                     still in progress are not verified.",
                ),
                counts("by_status", "The number of sessions by status, such as `complete`."),
                counts("by_weights_id", "The number of sessions by the id of the weights that scored them."),
                counts("by_document_type", "The number of sessions by type of document, such as `passport`."),
            ],
        )
    }

    fn validate(&self, config: &SessionOutcomesModel, diagnostics: &mut Diagnostics) {
        if !config.from.is_null() && !config.days.is_null() {
            let detail = "Each of them says when the period begins. Remove one.";
            diagnostics.error(Path::to("days"), "`days` conflicts with `from`", detail);
        }
        if let (Some(from), Some(to)) = (config.from.as_str(), config.to.as_str())
            && let (Some(first), Some(last)) = (time(from), time(to))
            && first >= last
        {
            let detail = format!("`from` is `{from}`, which is not before `{to}`. Swap them.");
            diagnostics.error(Path::to("from"), "The period ends before it begins", detail);
        }
    }

    async fn read(
        &self,
        client: &Client,
        config: SessionOutcomesModel,
        _: &mut Diagnostics,
    ) -> Result<SessionOutcomesModel, Diagnostics> {
        let scope = Scope { client_id: config.client_id.as_str().map(str::to_owned), user_id: None };
        let (from, to) = config.period(Timestamp::now());
        let outcomes = client.session_outcomes(&SessionFilter { scope: &scope, from, to }).await?;
        Ok(config.with(Outcomes::clone(&outcomes)))
    }
}

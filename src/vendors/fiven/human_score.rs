//! `idv_fiven_human_score`: how likely a party is human, with the scores that it is made of.
//!
//! `v1` has one score, that of the caller. `institutions` has one for each user of the institution: the configuration has to
//! name the party if there are several.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Api, Badge, Client, Score};
use crate::framework::{Attr, Attribute, DataSource, Diagnostic, Diagnostics, Number, Path, Schema, Type, summary};

/// The data source of a score.
pub(super) struct HumanScore;

/// The attributes of a score.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ScoreModel {
    party_id: Attr<String>,
    total_score: Attr<Number>,
    confidence_level: Attr<String>,
    badges: Attr<Vec<BadgeModel>>,
    breakdown: Attr<BTreeMap<String, Attr<Number>>>,
}

/// One badge.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct BadgeModel {
    name: Attr<String>,
    status: Attr<String>,
    level: Attr<String>,
    category: Attr<String>,
}

impl From<Badge> for BadgeModel {
    fn from(badge: Badge) -> Self {
        let Badge { name, status, level, category } = badge;
        Self { name: name.into(), status: status.into(), level: level.into(), category: category.into() }
    }
}

#[async_trait]
impl DataSource for HumanScore {
    type Client = Client;
    type Model = ScoreModel;

    const NAME: &'static str = "fiven_human_score";

    fn schema(&self) -> Schema {
        let text = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
        let badge = vec![
            text("name", "The name of the badge, such as `identity_verified`."),
            text("status", "Whether it was earned, such as `verified`; null with `api = \"institutions\"`."),
            text("level", "The level, from `bronze` to `platinum`; null with `api = \"v1\"`."),
            text("category", "The category; null with `api = \"v1\"`."),
        ];
        Schema::new(
            "Reads the human score: how likely a party is human, and the scores that it is made of. The details about a person's \
             accounts that `api = \"institutions\"` adds are left out, so that they are not kept in state.",
            vec![
                super::party_id().optional().computed().describe(
                    "The party whose score it is. Only with `api = \"institutions\"`, and required if the institution has \
                     several users. With `api = \"v1\"` the score is the caller's own, and this is null.",
                ),
                Attribute::number("total_score").computed().describe("The total score."),
                text("confidence_level", "The confidence of the score, from `low` to `high`; null with `api = \"v1\"`."),
                Attribute::objects("badges", badge).computed().describe("The badges that were earned."),
                Attribute::of("breakdown", Type::map(Type::Number)).computed().describe(
                    "The scores that the total is made of, by the vendor's names, such as `document`.",
                ),
            ],
        )
    }

    async fn read(&self, client: &Client, config: ScoreModel, _: &mut Diagnostics) -> Result<ScoreModel, Diagnostics> {
        let party_id = config.party_id.as_str();
        if client.api() == Api::V1 && party_id.is_some() {
            return Err(
                super::only_in(Api::Institutions, "party_id", "The score of a party cannot be read by `v1`.").into()
            );
        }
        let mut scores = client.human_scores(party_id).await?;
        match (scores.pop(), scores.is_empty()) {
            (Some(score), true) => Ok(model(score, config.party_id)),
            (None, _) => Err(none(party_id).into()),
            (Some(_), false) => Err(several().into()),
        }
    }
}

fn model(score: Score, requested: Attr<String>) -> ScoreModel {
    let Score { party_id, total_score, confidence_level, badges, breakdown } = score;
    ScoreModel {
        party_id: party_id.map_or(requested, Attr::Known),
        total_score: total_score.into(),
        confidence_level: confidence_level.into(),
        badges: badges.into_iter().map(BadgeModel::from).collect::<Vec<_>>().into(),
        breakdown: breakdown.into_iter().map(|(name, value)| (name, value.into())).collect::<BTreeMap<_, _>>().into(),
    }
}

fn none(party_id: Option<&str>) -> Diagnostic {
    let detail = match party_id {
        Some(party_id) => format!(
            "5N ID has no human score for `{party_id}`. It has scores of parties that have granted the institution access: see \
             `idv_fiven_credentials_access_request`."
        ),
        None => "5N ID has no human score for the client of the provider block.".to_owned(),
    };
    Diagnostic::error(summary("No human score of", party_id.unwrap_or_default(), ""), detail).at(Path::to("party_id"))
}

fn several() -> Diagnostic {
    let detail = "The institution has several users, each with a score. Set `party_id` to one of them.";
    Diagnostic::error("The institution has several human scores", detail).at(Path::to("party_id"))
}

//! `idv_xident_usage`: what the project used and what it cost, which only `v1` returns.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::client::{Api, Client};
use crate::framework::impact::{Period, Reach};
use crate::framework::{Attr, Attribute, DataSource, Diagnostics, Number, Path, Rule, Schema};

/// The data source of the usage.
pub(super) struct Usage;

/// The attributes of the usage.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct UsageModel {
    start_date: Attr<String>,
    end_date: Attr<String>,
    period: Attr<PeriodModel>,
    summary: Attr<SummaryModel>,
    by_type: Attr<Vec<TypeModel>>,
}

/// The period that the numbers are about.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct PeriodModel {
    start: Attr<String>,
    end: Attr<String>,
}

/// The totals. A cost keeps the digits that the vendor writes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct SummaryModel {
    total_verifications: Attr<i64>,
    full_verifications: Attr<i64>,
    token_verifications: Attr<i64>,
    total_cost: Attr<Number>,
}

/// The numbers of one type of verification.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TypeModel {
    #[serde(rename = "type")]
    kind: Attr<String>,
    count: Attr<i64>,
    cost: Attr<Number>,
}

/// Parses the day of an ISO 8601 date, or of a time with a zone.
fn day(text: &str) -> Option<Date> {
    let of_time = || Some(text.parse::<Timestamp>().ok()?.to_zoned_datetime(TimeZone::UTC).date());
    if text.contains('T') { of_time() } else { text.parse().ok() }
}

const DAY: Rule = Rule::Custom {
    describe: "Must be an ISO 8601 date such as `2026-01-31`, or a time with a zone such as `2026-01-31T12:00:00Z`.",
    check: |value| match day(value.as_str().unwrap_or_default()) {
        Some(_) => Ok(()),
        None => Err("is no ISO 8601 date such as `2026-01-31`".to_owned()),
    },
};

#[async_trait]
impl DataSource for Usage {
    type Client = Client;
    type Model = UsageModel;

    const NAME: &'static str = "xident_usage";

    fn schema(&self) -> Schema {
        let text = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
        let number = |name: &str, what: &str| Attribute::number(name).computed().describe(what);
        let date = |name: &str, what: &str| Attribute::string(name).optional().rule(DAY).describe(what);
        Schema::new(
            "What the project used in a period, and what it cost. Needs `api = \"v1\"`.",
            vec![
                date("start_date", "The first day. Xident chooses one if it is left out."),
                date("end_date", "The last day. Xident chooses one if it is left out."),
                Attribute::object(
                    "period",
                    vec![text("start", "The start of the period."), text("end", "The end of the period.")],
                )
                .computed()
                .describe("The period that the numbers are about, as the vendor returns it."),
                Attribute::object(
                    "summary",
                    vec![
                        number("total_verifications", "The number of verifications."),
                        number("full_verifications", "The number of full verifications."),
                        number("token_verifications", "The number of verifications by token."),
                        number("total_cost", "The cost of all verifications, in the currency of the project's plan."),
                    ],
                )
                .computed()
                .describe("The totals of the period."),
                Attribute::objects(
                    "by_type",
                    vec![
                        text("type", "The type of verification, such as `full` or `token`."),
                        number("count", "The number of verifications of this type."),
                        number("cost", "The cost of verifications of this type."),
                    ],
                )
                .computed()
                .describe("The numbers for each type of verification, in the vendor's order."),
            ],
        )
    }

    fn validate(&self, config: &UsageModel, diagnostics: &mut Diagnostics) {
        let (Some(start), Some(end)) = (config.start_date.as_str(), config.end_date.as_str()) else { return };
        if let (Some(first), Some(last)) = (day(start), day(end))
            && first > last
        {
            let detail = format!("`start_date` is `{start}`, which is after `{end}`. Swap them.");
            diagnostics.error(Path::to("start_date"), "The period ends before it begins", detail);
        }
    }

    async fn read(&self, client: &Client, config: UsageModel, _: &mut Diagnostics) -> Result<UsageModel, Diagnostics> {
        let response: wire::Usage = client.usage(config.start_date.as_str(), config.end_date.as_str()).await?;
        let types = response.by_type.into_iter().map(|row| TypeModel {
            kind: row.kind.into(),
            count: row.count.into(),
            cost: row.cost.into(),
        });
        Ok(UsageModel {
            period: PeriodModel { start: response.period.start.into(), end: response.period.end.into() }.into(),
            summary: SummaryModel {
                total_verifications: response.summary.total_verifications.into(),
                full_verifications: response.summary.full_verifications.into(),
                token_verifications: response.summary.token_verifications.into(),
                total_cost: response.summary.total_cost.into(),
            }
            .into(),
            by_type: types.collect::<Vec<_>>().into(),
            ..config
        })
    }
}

/// Counts the verifications of a period in the project, which has no count by object.
pub(super) async fn reach(client: &Client, period: &Period) -> Result<Reach, Diagnostics> {
    if client.api() == Api::VerifyV1 {
        return Ok(Reach::not_known("Only `api = \"v1\"` of Xident returns the usage of a project."));
    }
    let day = |time: Timestamp| time.to_zoned_datetime(TimeZone::UTC).date().to_string();
    let usage: wire::Usage = client.usage(Some(&day(period.from)), Some(&day(period.to))).await?;
    Ok(match usage.summary.total_verifications.and_then(|count| count.try_into().ok()) {
        Some(count) => {
            Reach::Counted { count, one: "verification", rest: "ran in the project, counted by whole days".to_owned() }
        }
        None => Reach::not_known("Xident does not return how many verifications ran."),
    })
}

pub(super) mod wire {
    //! The response to `GET /usage`, as documented on the page.

    use schemars::JsonSchema;
    use serde::Deserialize;

    use crate::framework::Number;
    use crate::vendors::shared::loose::{self, LooseText, Whole};

    #[derive(Deserialize, JsonSchema)]
    pub(in super::super) struct Usage {
        #[serde(default, deserialize_with = "loose::or_default")]
        #[schemars(with = "Option<Period>")]
        pub(super) period: Period,
        #[serde(default, deserialize_with = "loose::or_default")]
        #[schemars(with = "Option<Summary>")]
        pub(super) summary: Summary,
        #[serde(default, deserialize_with = "loose::or_default")]
        #[schemars(with = "Option<Vec<Type>>")]
        pub(super) by_type: Vec<Type>,
    }

    #[derive(Default, Deserialize, JsonSchema)]
    pub(in super::super) struct Period {
        #[serde(default, deserialize_with = "loose::text")]
        #[schemars(with = "LooseText")]
        pub(super) start: Option<String>,
        #[serde(default, deserialize_with = "loose::text")]
        #[schemars(with = "LooseText")]
        pub(super) end: Option<String>,
    }

    #[derive(Default, Deserialize, JsonSchema)]
    pub(in super::super) struct Summary {
        #[serde(default, deserialize_with = "loose::whole_or_null")]
        #[schemars(with = "Option<Whole>")]
        pub(super) total_verifications: Option<i64>,
        #[serde(default, deserialize_with = "loose::whole_or_null")]
        #[schemars(with = "Option<Whole>")]
        pub(super) full_verifications: Option<i64>,
        #[serde(default, deserialize_with = "loose::whole_or_null")]
        #[schemars(with = "Option<Whole>")]
        pub(super) token_verifications: Option<i64>,
        pub(super) total_cost: Option<Number>,
    }

    #[derive(Deserialize, JsonSchema)]
    pub(in super::super) struct Type {
        #[serde(rename = "type", default, deserialize_with = "loose::text")]
        #[schemars(with = "LooseText")]
        pub(super) kind: Option<String>,
        #[serde(default, deserialize_with = "loose::whole_or_null")]
        #[schemars(with = "Option<Whole>")]
        pub(super) count: Option<i64>,
        pub(super) cost: Option<Number>,
    }
}

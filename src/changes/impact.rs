//! How many verifications of the last days the objects of a plan concerned.
//!
//! It only reads. What the vendor does not return is not known, and never zero.

use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;

use crate::framework::impact::{Period, Reach};
use crate::framework::{Diagnostics, Provider};
use crate::tenant::words;

use super::drift::AT_A_TIME;
use super::model::{Changes, Impact, ObjectChange};
use super::{Error, live};

/// Adds to each object of a plan how many verifications it concerned. The provider is configured from its environment.
pub async fn count_verifications(provider: &Provider, changes: &mut Changes, days: u16) -> Result<(), Error> {
    live::configure(provider, "impact")?;
    let (clients, period) = (provider.clients(), Period::last(days, Timestamp::now()));
    let count = |object: &ObjectChange| {
        let (resource, value) = (provider.resources.get(&object.type_name).cloned(), object.object.clone());
        let clients = &clients;
        async move { Some(resource?.reach(&value, &period, clients).await) }
    };
    let counted: Vec<_> = stream::iter(changes.objects.iter().map(count)).buffered(AT_A_TIME).collect().await;
    for (object, reach) in changes.objects.iter_mut().zip(counted) {
        object.impact = reach.map(|reach| Impact::of(reach, days));
    }
    Ok(())
}

impl Impact {
    fn of(reach: Result<Reach, Diagnostics>, days: u16) -> Self {
        let unknown = |reason: &str| {
            let sentence =
                format!("How many verifications of the last {days} days it concerned is not known. {reason}");
            Self { days, count: None, sentence }
        };
        match reach {
            Ok(Reach::Counted { count, one, rest }) => {
                let sentence = format!("{} in the last {days} days {rest}", words::amount(count, one));
                Self { days, count: Some(count), sentence }
            }
            Ok(Reach::NotKnown(reason)) => unknown(&reason),
            Err(errors) => {
                let reasons: Vec<_> = errors.iter().map(|it| format!("{}. {}", it.summary, it.detail)).collect();
                unknown(&reasons.join(" ").split_whitespace().collect::<Vec<_>>().join(" "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::framework::Diagnostic;

    use super::*;

    #[test]
    fn a_count_is_a_sentence_and_an_unknown_one_is_not_zero() {
        let rest = || "ran under VULT weights `wgt_000001`".to_owned();
        let counted = |count, one| Impact::of(Ok(Reach::Counted { count, one, rest: rest() }), 30);
        assert_eq!(
            counted(1204, "session").sentence,
            "1,204 sessions in the last 30 days ran under VULT weights `wgt_000001`"
        );
        assert_eq!(counted(1, "session").sentence, "1 session in the last 30 days ran under VULT weights `wgt_000001`");
        assert_eq!(counted(0, "verification").count, Some(0));
        let unknown = Impact::of(Ok(Reach::not_known("Nobody counts.")), 7);
        assert_eq!(unknown.count, None);
        assert_eq!(
            unknown.sentence,
            "How many verifications of the last 7 days it concerned is not known. Nobody counts."
        );
        let failed = Impact::of(Err(Diagnostic::error("VULT is away", "Wait.\nTry again.").into()), 7);
        assert_eq!(failed.count, None);
        assert!(failed.sentence.ends_with("is not known. VULT is away. Wait. Try again."), "{}", failed.sentence);
    }
}

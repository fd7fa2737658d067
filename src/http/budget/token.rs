//! The access token that the processes of a credential share, and which of them requests it.

use std::fs::File;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::shared::{Content, Shared};
use super::{Moment, clock};
use crate::secret::Secret;

/// The longest lifetime of a token that is shared. A longer one is more likely a mistake.
const LONGEST_LIFETIME: Duration = Duration::from_secs(31 * 24 * 3600);

/// The access token of one credential.
#[derive(Default, Serialize, Deserialize)]
pub(in crate::http) struct SharedToken(Option<Entry>);

#[derive(Serialize, Deserialize)]
struct Entry {
    secret: Secret,
    asked_at: Moment,
    lifetime: Duration,
}

/// A token that some process requested.
pub(in crate::http) struct HeldToken {
    /// The token itself.
    pub(in crate::http) secret: Secret,
    /// When it was requested.
    pub(in crate::http) asked_at: Instant,
    /// How long it lives from then on.
    pub(in crate::http) lifetime: Duration,
}

/// Whether this process requests the token.
pub(in crate::http) enum Lead {
    /// It does, and nobody else does so until this is dropped.
    Alone(#[expect(dead_code, reason = "held for its lock")] File),
    /// Another process does.
    Other,
    /// Nothing is shared now, so each process does.
    Each,
}

impl Shared<SharedToken> {
    /// The token that a process has stored.
    pub(in crate::http) async fn token(&self) -> Option<HeldToken> {
        self.change(|token, _| {
            let entry = token.0.as_ref()?;
            let asked_at = clock::instant(entry.asked_at)?;
            Some(HeldToken { secret: entry.secret.clone(), asked_at, lifetime: entry.lifetime })
        })
        .await
    }

    /// Stores a token for the other processes.
    pub(in crate::http) async fn store(&self, secret: &Secret, asked_at: Instant, lifetime: Duration) {
        self.change(|token, now| {
            token.0 = Some(Entry { secret: secret.clone(), asked_at: clock::moment(asked_at), lifetime });
            token.keep_what_can_be(now);
        })
        .await;
    }

    /// Asks for the right to request the token.
    pub(in crate::http) fn lead(&self) -> Lead {
        match self.with_files(super::file::Files::lead) {
            Some(Ok(Some(file))) => Lead::Alone(file),
            Some(Ok(None)) => Lead::Other,
            Some(Err(_)) | None => Lead::Each,
        }
    }
}

impl Content for SharedToken {
    fn keep_what_can_be(&mut self, now: Moment) {
        let can_be = |entry: &Entry| {
            entry.asked_at <= now
                && entry.lifetime <= LONGEST_LIFETIME
                && now.since(entry.asked_at) < entry.lifetime
                && !entry.secret.expose().is_empty()
        };
        self.0 = self.0.take().filter(can_be);
    }

    fn after_loss(_now: Moment) -> Self {
        Self::default()
    }
}

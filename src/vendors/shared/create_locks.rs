//! Creations under way, for vendors that answer a create without an id.
//!
//! Such an object is found by looking before and after. Two creates of the same object in one process would each find
//! the other's, so the second is refused while the first is under way.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The objects whose creation is under way in this process, by what tells them apart.
#[derive(Default)]
pub(in crate::vendors) struct CreateLocks(Mutex<HashSet<String>>);

impl CreateLocks {
    /// CreateLocks an object until the guard is dropped; `None` if it is claimed already.
    pub(in crate::vendors) fn lock(&self, key: String) -> Option<CreateLock<'_>> {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        claims.insert(key.clone()).then(|| CreateLock { claims: self, key })
    }
}

/// A claim that lasts as long as this value.
pub(in crate::vendors) struct CreateLock<'c> {
    claims: &'c CreateLocks,
    key: String,
}

impl Drop for CreateLock<'_> {
    fn drop(&mut self) {
        self.claims.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::CreateLocks;

    #[test]
    fn a_claim_ends_with_its_guard() {
        let claims = CreateLocks::default();
        let claim = claims.lock("a".to_owned());
        assert!(claim.is_some() && claims.lock("a".to_owned()).is_none() && claims.lock("b".to_owned()).is_some());
        drop(claim);
        assert!(claims.lock("a".to_owned()).is_some());
    }
}

//! A number of permits for which requests of several kinds wait: the kinds take turns, and requests of one kind come first
//! come first served. So a request does not wait for the thousands of another kind that came before it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The permits.
#[derive(Clone)]
pub(super) struct Fair(Arc<Mutex<State>>);

struct State {
    free: usize,
    /// The kinds that wait, in the order of their turns.
    kinds: VecDeque<Kind>,
}

struct Kind {
    name: String,
    waiting: VecDeque<oneshot::Sender<Permit>>,
}

/// The right to go on. The next in turn has it when it is dropped.
pub(super) struct Permit(Option<Fair>);

impl Fair {
    pub(super) fn new(permits: usize) -> Self {
        Self(Arc::new(Mutex::new(State { free: permits, kinds: VecDeque::new() })))
    }

    /// Waits for a permit.
    pub(super) async fn acquire(&self, kind: &str) -> Permit {
        let turn = {
            let mut state = self.lock();
            if state.free > 0 {
                state.free -= 1;
                return Permit(Some(self.clone()));
            }
            let (sender, turn) = oneshot::channel();
            match state.kinds.iter_mut().find(|known| known.name == kind) {
                Some(known) => known.waiting.push_back(sender),
                None => state.kinds.push_back(Kind { name: kind.to_owned(), waiting: [sender].into() }),
            }
            turn
        };
        // A sender is dropped only with the permits, which this borrows.
        turn.await.unwrap_or(Permit(None))
    }

    /// Passes a permit on to the next in turn.
    fn pass_on(&self) {
        let mut permit = Permit(Some(self.clone()));
        loop {
            let next = {
                let mut state = self.lock();
                let Some(mut kind) = state.kinds.pop_front() else {
                    state.free += 1;
                    permit.0 = None;
                    return;
                };
                let next = kind.waiting.pop_front();
                if !kind.waiting.is_empty() {
                    state.kinds.push_back(kind);
                }
                next
            };
            match next.map(|next| next.send(permit)) {
                Some(Ok(())) => return,
                // The one whose turn it was waits no longer.
                Some(Err(unused)) => permit = unused,
                None => permit = Permit(Some(self.clone())),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(permits) = self.0.take() {
            permits.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;

    #[tokio::test]
    async fn a_kind_does_not_wait_for_the_thousands_of_another() {
        let (permits, order) = (Fair::new(1), Mutex::new(Vec::new()));
        let first = permits.acquire("reading").await;
        let kinds = std::iter::repeat_n("reading", 3000).chain(["listing", "deleting", "listing"]);
        let waiting = kinds.enumerate().map(|(number, kind)| {
            let (permits, order) = (&permits, &order);
            async move {
                let permit = permits.acquire(kind).await;
                order.lock().unwrap().push((kind, number));
                drop(permit);
            }
        });
        let let_go = async { drop(first) };
        tokio::join!(join_all(waiting), let_go);
        let order = order.into_inner().unwrap();
        assert_eq!(order.len(), 3003);
        let place = |number| order.iter().position(|(_, other)| *other == number).unwrap();
        assert_eq!([place(3000), place(3001), place(3002)], [1, 2, 4], "{:?}", &order[..8]);
        let of_one_kind: Vec<_> = order.iter().filter(|(kind, _)| *kind == "reading").map(|(_, n)| *n).collect();
        assert!(of_one_kind.is_sorted(), "first come, first served");
    }

    #[tokio::test]
    async fn a_permit_of_one_who_waits_no_longer_goes_to_the_next() {
        let permits = Fair::new(2);
        let held = (permits.acquire("a").await, permits.acquire("a").await);
        {
            let mut gone: Vec<_> = (0..10_000).map(|_| Box::pin(permits.acquire("a"))).collect();
            for waiting in &mut gone {
                assert!(futures_util::poll!(waiting).is_pending());
            }
        }
        let mut last = Box::pin(permits.acquire("a"));
        assert!(futures_util::poll!(&mut last).is_pending());
        drop(held);
        // Both are free again in the end, also the one that was given and not taken.
        drop(last.await);
        let again = (permits.acquire("a").await, permits.acquire("b").await);
        assert!(futures_util::poll!(Box::pin(permits.acquire("a"))).is_pending());
        drop(again);
    }
}

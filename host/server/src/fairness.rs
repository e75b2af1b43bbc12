//! Decides how many calls of one principal, and how many requests to one site, run side by side. Whoever comes too many
//! waits in their own lane, so that one user's burst or one slow site never stalls another's. A site that says it is
//! asked too often has its lane halved; each good answer widens it again by one.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Calls of one principal: eight clients with eight calls each.
pub(crate) const CALLS_OF_A_PRINCIPAL: usize = 64;

/// Requests to one site, of all principals together.
pub(crate) const REQUESTS_TO_A_SITE: usize = 512;

/// One lane for each name, all of one width.
pub(crate) struct Lanes<K> {
    width: usize,
    lanes: Mutex<HashMap<K, Arc<Lane>>>,
}

pub(crate) struct Lane {
    width: usize,
    room: Arc<Semaphore>,
    state: Mutex<State>,
}

struct State {
    /// How many may be inside now; never none, or the lane could not learn that it may widen.
    limit: usize,
    /// How many are inside beyond the limit: they leave without letting anybody in.
    over: usize,
    /// Counts the halvings. Whoever entered before the last one says nothing new.
    halvings: u64,
}

/// A place in a lane, free again when dropped.
pub(crate) struct Place {
    lane: Arc<Lane>,
    permit: Option<OwnedSemaphorePermit>,
    halvings: u64,
}

impl<K: Eq + Hash + Clone> Lanes<K> {
    pub(crate) fn new(width: usize) -> Self {
        Self {
            width,
            lanes: Mutex::default(),
        }
    }

    /// Waits for a place, first come first served.
    pub(crate) async fn enter(&self, name: &K) -> Place {
        let lane = Arc::clone(
            lock(&self.lanes)
                .entry(name.clone())
                .or_insert_with(|| Lane::new(self.width)),
        );
        let room = Arc::clone(&lane.room).acquire_owned().await;
        let permit = room.expect("a lane is never closed");
        let halvings = lock(&lane.state).halvings;
        Place {
            lane,
            permit: Some(permit),
            halvings,
        }
    }
}

#[cfg(test)]
impl<K: Eq + Hash + Clone> Lanes<K> {
    pub(crate) async fn limit(&self, name: &K) -> usize {
        lock(&self.enter(name).await.lane.state).limit
    }
}

impl Lane {
    fn new(width: usize) -> Arc<Self> {
        Arc::new(Self {
            width,
            room: Arc::new(Semaphore::new(width)),
            state: Mutex::new(State {
                limit: width,
                over: 0,
                halvings: 0,
            }),
        })
    }
}

impl Place {
    /// The site was asked too often. Many requests hear that at once, and it counts once.
    pub(crate) fn too_many(&self) {
        let mut state = lock(&self.lane.state);
        if state.halvings != self.halvings {
            return;
        }
        let narrowed = (state.limit / 2).max(1);
        let away = state.limit - narrowed;
        state.over += away - self.lane.room.forget_permits(away);
        state.limit = narrowed;
        state.halvings += 1;
    }

    pub(crate) fn went_well(&self) {
        let mut state = lock(&self.lane.state);
        if state.limit == self.lane.width {
            return;
        }
        state.limit += 1;
        match state.over.checked_sub(1) {
            Some(left) => state.over = left,
            None => self.lane.room.add_permits(1),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = lock(&self.lane.state);
        if let (Some(left), Some(permit)) = (state.over.checked_sub(1), self.permit.take()) {
            state.over = left;
            permit.forget();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    /// A place if there is one without waiting.
    async fn try_enter(lanes: &Lanes<&'static str>, name: &'static str) -> Option<Place> {
        let soon = Duration::from_millis(1);
        tokio::time::timeout(soon, lanes.enter(&name)).await.ok()
    }

    async fn fill(lanes: &Lanes<&'static str>) -> Vec<Place> {
        let mut inside = Vec::new();
        while let Some(place) = try_enter(lanes, "a").await {
            inside.push(place);
        }
        inside
    }

    #[tokio::test]
    async fn a_full_lane_holds_up_nobody_elses() {
        let lanes = Lanes::new(2);
        let mut inside = fill(&lanes).await;
        assert_eq!(inside.len(), 2);
        assert!(try_enter(&lanes, "b").await.is_some());
        inside.pop();
        assert!(try_enter(&lanes, "a").await.is_some());
    }

    #[tokio::test]
    async fn a_site_that_is_asked_too_often_is_asked_half_as_often() {
        let lanes = Lanes::new(8);
        let inside = fill(&lanes).await;
        // All eight are told, and it counts once.
        inside.iter().for_each(Place::too_many);
        drop(inside);
        let inside = fill(&lanes).await;
        assert_eq!(inside.len(), 4);
        inside[0].too_many();
        drop(inside);
        let inside = fill(&lanes).await;
        assert_eq!(inside.len(), 2);
        inside[0].went_well();
        drop(inside);
        assert_eq!(fill(&lanes).await.len(), 3);
    }

    #[tokio::test]
    async fn one_may_always_ask_and_good_answers_open_the_whole_lane_again() {
        let lanes = Lanes::new(4);
        for _ in 0..9 {
            lanes.enter(&"a").await.too_many();
        }
        assert_eq!(fill(&lanes).await.len(), 1);
        for _ in 0..9 {
            lanes.enter(&"a").await.went_well();
        }
        assert_eq!(fill(&lanes).await.len(), 4);
    }

    proptest! {
        /// However places, halvings and good answers follow each other, an empty lane has its limit of places.
        #[test]
        fn no_place_is_lost_and_none_appears(steps in proptest::collection::vec(0_u8..4, 0..200)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            let runtime = runtime.expect("a runtime of one thread");
            runtime.block_on(async {
                let lanes = Lanes::new(16);
                let lane = Arc::clone(&lanes.enter(&"a").await.lane);
                let mut inside: Vec<Place> = Vec::new();
                for step in steps {
                    match step {
                        0 if lane.room.available_permits() > 0 => inside.push(lanes.enter(&"a").await),
                        1 => drop(inside.pop()),
                        2 => inside.iter().for_each(Place::too_many),
                        _ => inside.iter().for_each(Place::went_well),
                    }
                    let limit = lock(&lane.state).limit;
                    let over = lock(&lane.state).over;
                    assert!((1..=16).contains(&limit));
                    assert_eq!(lane.room.available_permits() + inside.len() - over, limit);
                }
                inside.clear();
                assert_eq!(lane.room.available_permits(), lock(&lane.state).limit);
            });
        }
    }
}

//! Single-flight: of all who want the same thing at the same time, one makes it and the others wait for that.

use std::{collections::HashMap, hash::Hash};

use futures::{
    FutureExt,
    channel::oneshot::{self, Receiver, Sender},
    future::Shared,
};

// Whoever includes this file says whose locks these are: the tests run it under a scheduler that tries the orders of events.
use super::locks::{Arc, Mutex, MutexGuard, PoisonError};

/// What is under way.
pub struct Flights<K, O> {
    under_way: Mutex<HashMap<K, Flight<O>>>,
}

/// What somebody else is making. Resolves to nothing when they gave up without a word.
pub type Flight<O> = Shared<Receiver<O>>;

/// Whom somebody who wants a thing turns out to be.
pub enum Seat<K: Eq + Hash + Clone, O: Clone> {
    /// It was made in the meantime.
    There(O),
    /// They make it, tell the others, and may wait for it themselves.
    Pilot(Landing<K, O>, Flight<O>),
    /// They wait.
    Passenger(Flight<O>),
}

impl<K: Eq + Hash + Clone, O: Clone> Flights<K, O> {
    pub fn new() -> Self {
        Self { under_way: Mutex::new(HashMap::new()) }
    }

    /// A seat. `there` looks once more whether the thing is there: what lands in between is already in its place, and no longer under way.
    pub fn board(self: &Arc<Self>, key: &K, there: impl FnOnce() -> Option<O>) -> Seat<K, O> {
        let mut under_way = self.lock();
        if let Some(flight) = under_way.get(key) {
            return Seat::Passenger(flight.clone());
        }
        if let Some(thing) = there() {
            return Seat::There(thing);
        }
        let (sender, receiver) = oneshot::channel();
        let flight = receiver.shared();
        under_way.insert(key.clone(), flight.clone());
        Seat::Pilot(Landing { flights: Arc::clone(self), key: key.clone(), sender: Some(sender) }, flight)
    }

    /// How many are under way.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Flight<O>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever makes a thing holds this; dropped without landing, it tells those who wait that nothing comes.
pub struct Landing<K: Eq + Hash + Clone, O: Clone> {
    flights: Arc<Flights<K, O>>,
    key: K,
    sender: Option<Sender<O>>,
}

impl<K: Eq + Hash + Clone, O: Clone> Landing<K, O> {
    /// Tells those who wait. The thing must be in its place by now.
    pub fn land(mut self, outcome: O) {
        let sender = self.sender.take();
        drop(self);
        if let Some(sender) = sender {
            // Nobody waiting is no error.
            let _ = sender.send(outcome);
        }
    }
}

impl<K: Eq + Hash + Clone, O: Clone> Drop for Landing<K, O> {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.key);
    }
}

//! Single-flight under shuttle, which runs threads in one order after another.

use shuttle::{
    future::{block_on, spawn},
    sync::atomic::{AtomicU32, Ordering},
};

use self::flight::{Flights, Seat};

mod locks {
    pub(super) use shuttle::sync::{Arc, Mutex, MutexGuard};
    pub(super) use std::sync::PoisonError;
}

/// The same file as the product's, with shuttle's locks.
#[expect(clippy::duplicate_mod, reason = "with other locks it is another module")]
#[path = "../flight.rs"]
mod flight;

const ORDERS: usize = 3_000;

/// A thing that is made at most once, however many want it.
#[derive(Clone)]
struct Shelf {
    flights: locks::Arc<Flights<u8, u32>>,
    thing: locks::Arc<locks::Mutex<Option<u32>>>,
    made: locks::Arc<AtomicU32>,
}

impl Shelf {
    fn new() -> Self {
        let made = locks::Arc::new(AtomicU32::new(0));
        Self { flights: locks::Arc::new(Flights::new()), thing: Default::default(), made }
    }

    fn look(&self) -> Option<u32> {
        *self.thing.lock().unwrap()
    }

    /// As [`super::super::Cache::get`] goes about it.
    async fn get(&self, fails: bool) -> Option<u32> {
        if let Some(thing) = self.look() {
            return Some(thing);
        }
        match self.flights.board(&1, || self.look()) {
            Seat::There(thing) => Some(thing),
            Seat::Passenger(flight) => flight.await.ok(),
            Seat::Pilot(landing, flight) => {
                let shelf = self.clone();
                spawn(async move {
                    let thing = shelf.made.fetch_add(1, Ordering::SeqCst) + 1;
                    shuttle::future::yield_now().await;
                    if !fails {
                        shelf.thing.lock().unwrap().replace(thing);
                        landing.land(thing);
                    }
                });
                flight.await.ok()
            }
        }
    }
}

#[test]
fn however_many_want_a_thing_it_is_made_once_and_all_have_it() {
    shuttle::check_random(
        || {
            let shelf = Shelf::new();
            let all: Vec<_> = (0..4)
                .map(|_| {
                    let shelf = shelf.clone();
                    spawn(async move { shelf.get(false).await })
                })
                .collect();
            for one in all {
                assert_eq!(block_on(one).unwrap(), Some(1));
            }
            assert_eq!(shelf.made.load(Ordering::SeqCst), 1);
            assert_eq!(shelf.flights.len(), 0, "nothing is left under way");
        },
        ORDERS,
    );
}

#[test]
fn whoever_gives_up_leaves_nobody_waiting_and_the_next_tries_again() {
    shuttle::check_random(
        || {
            let shelf = Shelf::new();
            let all: Vec<_> = (0..3)
                .map(|_| {
                    let shelf = shelf.clone();
                    spawn(async move { shelf.get(true).await })
                })
                .collect();
            for one in all {
                assert_eq!(block_on(one).unwrap(), None);
            }
            assert_eq!(shelf.flights.len(), 0);
            assert!(block_on(shelf.get(false)).is_some());
        },
        ORDERS,
    );
}

//! The rules under orders of events that a network and a scheduler may choose, tried at random.

mod interleavings;
mod model;

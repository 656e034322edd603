//! The place that a job has in a lane from when it is claimed until what became of it is written down.

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::OwnedSemaphorePermit;

/// A slot in use. It is free, and counted so, when this is dropped.
pub(super) struct Slot {
    _permit: OwnedSemaphorePermit,
    used: Gauge,
}

impl Slot {
    /// Takes the slot that a permit stands for; `used` counts those of its lane.
    pub(super) fn take(permit: OwnedSemaphorePermit, used: &Gauge) -> Self {
        used.inc();
        Self { _permit: permit, used: used.clone() }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.used.dec();
    }
}

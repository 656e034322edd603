//! What this process takes of its machine, as Linux tells it (proc(5)). Elsewhere nothing is told.

use std::{fmt, fs, path::Path};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::Unit,
};

/// What the process took so far, and has now.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ProcessUse {
    /// Seconds of processors it has used since it began.
    pub cpu_seconds: f64,
    /// Bytes of memory that it has.
    pub memory: u64,
    /// Files and connections that it holds open.
    pub files: u64,
}

/// Looks at this process when somebody asks, under the names that dashboards of any process know
/// (<https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>).
#[derive(Debug)]
pub(super) struct ProcessCollector;

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let taken = process_use();
        if taken.memory == 0 {
            return Ok(());
        }
        let cpu = ConstCounter::new(taken.cpu_seconds);
        let told = "Processor time this process has used.";
        cpu.encode(encoder.encode_descriptor("process_cpu", told, Some(&Unit::Seconds), cpu.metric_type())?)?;
        let memory = ConstGauge::new(i64::try_from(taken.memory).unwrap_or(i64::MAX));
        let told = "Memory this process has.";
        memory.encode(encoder.encode_descriptor(
            "process_resident_memory",
            told,
            Some(&Unit::Bytes),
            memory.metric_type(),
        )?)?;
        let files = ConstGauge::new(i64::try_from(taken.files).unwrap_or(i64::MAX));
        let told = "Files and connections this process holds open.";
        files.encode(encoder.encode_descriptor("process_open_fds", told, None, files.metric_type())?)
    }
}

/// The kernel counts processor time in hundredths of a second wherever Linux runs today (`USER_HZ`, proc(5)).
const TICKS: f64 = 100.0;

/// What this process takes now.
pub fn process_use() -> ProcessUse {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let files = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    ProcessUse { cpu_seconds: cpu_seconds(&stat), memory: memory(&status), files: files as u64 }
}

/// Bytes of the file system that a folder is on: free to whoever is not root, and all.
pub fn disk(folder: &Path) -> Option<(u64, u64)> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some((stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize))
}

/// Fields 14 and 15, counted behind the name, which may hold anything.
fn cpu_seconds(stat: &str) -> f64 {
    let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
    let ticks = behind.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS
}

fn memory(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kilobytes = line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1_024
}

#[cfg(test)]
mod tests {
    use prometheus_client::{encoding::text::encode, registry::Registry};

    use super::*;

    #[test]
    fn what_linux_tells_is_read() {
        let stat = "42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 100 1000 200";
        assert!((cpu_seconds(stat) - 3.0).abs() < 1e-9);
        assert_eq!(memory("Name:\tatlas9\nVmRSS:\t   1024 kB\n"), 1_048_576);
        assert_eq!((cpu_seconds("nonsense"), memory("nonsense")), (0.0, 0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_takes_something() {
        let taken = process_use();
        assert!(taken.memory > 1_000_000 && taken.files > 2, "{taken:?}");
        let (free, all) = disk(Path::new("/")).unwrap();
        assert!(free <= all && all > 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_every_process_has_is_called_as_everywhere() {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(ProcessCollector));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        assert!(text.contains("# TYPE process_cpu_seconds counter\n"), "{text}");
        for name in ["process_cpu_seconds_total ", "process_resident_memory_bytes ", "process_open_fds "] {
            assert!(text.lines().any(|line| line.starts_with(name)), "{name} in {text}");
        }
    }
}

//! What this process takes of its machine, as Linux tells it (proc(5)). Elsewhere nothing is told.

use std::{fs, path::Path};

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
}

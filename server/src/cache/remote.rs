//! The shared half of the cache, in Redis: things, the marks of what changed, and who is making what. Redis may be away or slow at any time: the
//! first to notice waits [`ASK_WITHIN`], nobody after them waits at all, and the keeper asks until it is back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use redis::{RedisResult, Script};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use super::{
    Tag,
    marks::{Change, News},
};
use crate::bus::Redis;
use crate::limits::hex;

/// How long Redis is waited for.
pub(super) const ASK_WITHIN: Duration = Duration::from_millis(20);
/// How long the keeper waits, whom no request waits for.
const KEEP_WITHIN: Duration = Duration::from_millis(500);
/// Microseconds for which changes are known, and nothing is kept longer: two hours.
pub(super) const REMEMBERED: u64 = 2 * 3_600 * 1_000_000;
/// Changes read at once.
const ROWS: isize = 5_000;
/// Who makes a thing is believed for so long, and says so again and again while they make it: whoever died is soon taken over from.
const LEASE: Duration = Duration::from_secs(2);
const SAY_AGAIN: Duration = Duration::from_millis(500);

/// A member for how far the count is, and one for when it began.
const CLOCK: &str = "clock";
const ERA: &str = "era";

/// Sets marks and tells of them. The count is the time in microseconds, and always moves on: past what Redis has, and past what the caller knows, should
/// Redis have lost its memory. Numbers are written with `%.0f`, since Lua would round them.
/// KEYS: the marks. ARGV: what the caller knows, how long changes are remembered, the channel, the change's letter, tags…
/// Returns the count before and with this.
const MARK: &str = r"
local before = redis.call('ZSCORE', KEYS[1], 'clock')
local t = redis.call('TIME')
local version = math.max(tonumber(before or 0) + 1, tonumber(t[1]) * 1000000 + tonumber(t[2]), tonumber(ARGV[1]) + 1)
local written = string.format('%.0f', version)
local era = redis.call('ZSCORE', KEYS[1], 'era')
if not before or not era then era = written end
if before and #ARGV == 4 then return {string.format('%.0f', before), string.format('%.0f', before)} end
before = string.format('%.0f', before or 0)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', version - tonumber(ARGV[2])))
redis.call('ZADD', KEYS[1], written, 'clock', string.format('%.0f', era), 'era')
local told = {before, written, ARGV[4]}
for n = 5, #ARGV do
  redis.call('ZADD', KEYS[1], written, ARGV[4] .. ':' .. ARGV[n])
  told[#told + 1] = ARGV[n]
end
if #ARGV > 4 then redis.call('PUBLISH', ARGV[3], table.concat(told, ' ')) end
return {before, written}";

/// Has a lease hold for longer, unless somebody else has it by now.
const RENEW: &str =
    r"if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";

/// Gives a lease back, unless somebody else has it by now.
const RELEASE: &str = r"if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// Redis, as the cache uses it.
#[derive(Clone)]
pub struct Remote {
    connection: Redis,
    names: Arc<Names>,
    scripts: Arc<Scripts>,
    breaker: Arc<Breaker>,
}

/// What things are called here.
struct Names {
    /// Before the name of each thing.
    prefix: String,
    /// All marks in one sorted set, by the count at which they were set: either all of it is there or none.
    marks: String,
    /// Where instances tell each other what changed.
    channel: String,
}

struct Scripts {
    mark: Script,
    renew: Script,
    release: Script,
}

/// Whether Redis is left alone.
struct Breaker {
    is_open: AtomicBool,
    opened: Notify,
}

/// What stands under a name, and how far the count of changes is.
pub struct Stored {
    /// The thing as it was written.
    pub bytes: Option<Vec<u8>>,
    /// 0 when Redis knows of no changes at all.
    pub clock: u64,
}

/// Changes from a count on.
pub struct Changes {
    /// When Redis began to count.
    pub era: u64,
    /// Which.
    pub rows: Vec<(Tag, Change, u64)>,
    /// Up to which count these are all.
    pub version: u64,
    /// Whether there are more.
    pub is_whole: bool,
}

/// Who is to make a thing.
pub enum Lease {
    /// Whoever asked.
    Ours,
    /// Another instance.
    Theirs,
    /// Everybody for themselves: Redis is away.
    Nobodys,
}

impl Remote {
    pub fn new(connection: Redis, origin: &str) -> Self {
        let origin = &hex(&Sha256::digest(origin))[..12];
        // What is asked for together must lie in one slot where there are slots.
        let prefix = match connection.has_slots() {
            true => format!("atlas9:{{cache:{origin}}}"),
            false => format!("atlas9:cache:{origin}"),
        };
        let names = Names { marks: format!("{prefix}:marks"), channel: format!("{prefix}:changes"), prefix };
        let scripts = Scripts { mark: Script::new(MARK), renew: Script::new(RENEW), release: Script::new(RELEASE) };
        // Nobody asks before the keeper knows what changed.
        let breaker = Breaker { is_open: AtomicBool::new(true), opened: Notify::new() };
        Self { connection, names: Arc::new(names), scripts: Arc::new(scripts), breaker: Arc::new(breaker) }
    }

    /// Where instances tell each other what changed.
    pub fn channel(&self) -> &str {
        &self.names.channel
    }

    /// Whether Redis is left alone.
    pub fn is_away(&self) -> bool {
        self.breaker.is_open.load(Ordering::Acquire)
    }

    /// Resolves when Redis is left alone from now on.
    pub async fn left_alone(&self) {
        self.breaker.opened.notified().await;
    }

    /// Redis answers again and what was missed is known: requests may ask it.
    pub fn is_back(&self) {
        self.breaker.is_open.store(false, Ordering::Release);
    }

    /// What stands under a name. `None` while Redis is away.
    pub async fn get(&self, name: &str) -> Option<Stored> {
        let mut asked = redis::pipe();
        asked.get(self.thing(name)).cmd("ZSCORE").arg(&self.names.marks).arg(CLOCK);
        let mut connection = self.connection.clone();
        let (bytes, clock): (Option<Vec<u8>>, Option<f64>) = self.ask(asked.query_async(&mut connection)).await?;
        Some(Stored { bytes, clock: clock.map_or(0, count) })
    }

    /// Keeps a thing for so many milliseconds.
    pub async fn put(&self, name: &str, bytes: &[u8], millis: i64) {
        let mut put = redis::cmd("SET");
        put.arg(self.thing(name)).arg(bytes).arg("PX").arg(millis.max(1));
        let mut connection = self.connection.clone();
        let _: Option<()> = self.ask(put.query_async(&mut connection)).await;
    }

    /// Takes a thing away.
    pub async fn remove(&self, name: &str) {
        let mut remove = redis::cmd("DEL");
        remove.arg(self.thing(name));
        let mut connection = self.connection.clone();
        let _: Option<i64> = self.ask(remove.query_async(&mut connection)).await;
    }

    /// Says who is to make a thing.
    pub async fn lease(&self, name: &str, token: &str) -> Lease {
        let mut asked = redis::cmd("SET");
        asked.arg(self.maker(name)).arg(token).arg("NX").arg("PX").arg(millis(LEASE));
        let mut connection = self.connection.clone();
        match self.ask::<Option<String>>(asked.query_async(&mut connection)).await {
            Some(Some(_)) => Lease::Ours,
            Some(None) => Lease::Theirs,
            None => Lease::Nobodys,
        }
    }

    /// Says again and again that it is still being made.
    pub async fn hold(&self, name: &str, token: &str) -> ! {
        loop {
            tokio::time::sleep(SAY_AGAIN).await;
            let mut renew = self.scripts.renew.key(self.maker(name));
            renew.arg(token).arg(millis(LEASE));
            let mut connection = self.connection.clone();
            let _: Option<i64> = self.ask(renew.invoke_async(&mut connection)).await;
        }
    }

    /// The thing is made, or cannot be.
    pub async fn release(&self, name: &str, token: &str) {
        let mut release = self.scripts.release.key(self.maker(name));
        release.arg(token);
        let mut connection = self.connection.clone();
        let _: Option<i64> = self.ask(release.invoke_async(&mut connection)).await;
    }

    /// Sets marks for all instances, within the time that a request has. `None` while Redis is away: then they are still to be set.
    pub async fn mark(&self, known: u64, change: Change, tags: &[Tag]) -> Option<News> {
        self.ask(self.marked(known, change, tags)).await
    }

    /// As [`Remote::mark`], also while requests leave Redis alone. Without tags: makes sure that there is a count.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn mark_again(&self, known: u64, change: Change, tags: &[Tag]) -> RedisResult<News> {
        keep(self.marked(known, change, tags)).await
    }

    async fn marked(&self, known: u64, change: Change, tags: &[Tag]) -> RedisResult<News> {
        let mut mark = self.scripts.mark.key(&self.names.marks);
        mark.arg(known).arg(REMEMBERED).arg(&self.names.channel).arg(change.letter().to_string());
        for tag in tags {
            mark.arg(tag.as_str());
        }
        let mut connection = self.connection.clone();
        let (before, version): (u64, u64) = mark.invoke_async(&mut connection).await?;
        Ok(News { before, version, change, tags: tags.to_vec() })
    }

    /// Changes after a count.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn changes(&self, known: u64) -> RedisResult<Changes> {
        let mut asked = redis::pipe();
        asked.atomic().cmd("ZSCORE").arg(&self.names.marks).arg(ERA);
        asked.cmd("ZRANGE").arg(&self.names.marks).arg(format!("({known}")).arg("+inf");
        asked.arg("BYSCORE").arg("LIMIT").arg(0).arg(ROWS).arg("WITHSCORES");
        let mut connection = self.connection.clone();
        let (era, rows): (Option<f64>, Vec<(String, f64)>) = keep(asked.query_async(&mut connection)).await?;
        Ok(Changes::from_rows(era.map_or(0, count), known, rows))
    }

    /// How far the count is; 0 when there is none.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn clock(&self) -> RedisResult<u64> {
        let mut connection = self.connection.clone();
        let mut asked = redis::cmd("ZSCORE");
        let clock: Option<f64> = keep(asked.arg(&self.names.marks).arg(CLOCK).query_async(&mut connection)).await?;
        Ok(clock.map_or(0, count))
    }

    fn thing(&self, name: &str) -> String {
        format!("{}:thing:{name}", self.names.prefix)
    }

    fn maker(&self, name: &str) -> String {
        format!("{}:maker:{name}", self.names.prefix)
    }

    /// The answer, unless Redis is away. Whoever finds it so leaves word.
    async fn ask<T>(&self, asked: impl Future<Output = RedisResult<T>>) -> Option<T> {
        if self.is_away() {
            return None;
        }
        let failure = match tokio::time::timeout(ASK_WITHIN, asked).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it is slow".to_owned(),
        };
        if !self.breaker.is_open.swap(true, Ordering::AcqRel) {
            tracing::warn!(reason = failure, "this instance caches by itself: Redis does not answer");
            self.breaker.opened.notify_one();
        }
        None
    }
}

/// An answer that no request waits for.
async fn keep<T>(asked: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let late = |_| redis::RedisError::from((redis::ErrorKind::Io, "Redis is slow"));
    tokio::time::timeout(KEEP_WITHIN, asked).await.map_err(late)?
}

impl Changes {
    /// Rows in the order of their counts; all marks of one count belong together, so that a page that was cut leaves out its last count.
    fn from_rows(era: u64, known: u64, rows: Vec<(String, f64)>) -> Self {
        let is_whole = rows.len() < ROWS.unsigned_abs();
        let last = rows.last().map_or(known, |(_, score)| count(*score));
        let version = if is_whole { last } else { last - 1 };
        let rows = rows.into_iter().filter_map(|(member, score)| {
            let (letter, tag) = member.split_once(':')?;
            let change = letter.chars().next().and_then(Change::from_letter)?;
            Some((Tag::written(tag), change, count(score)))
        });
        Self { era, rows: rows.collect(), version, is_whole }
    }
}

/// A message as the script tells it: count before, count, letter, tags.
pub(super) fn news(message: &[u8]) -> Option<News> {
    let mut words = std::str::from_utf8(message).ok()?.split(' ');
    let (before, version) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let change = words.next()?.chars().next().and_then(Change::from_letter)?;
    Some(News { before, version, change, tags: words.map(Tag::written).collect() })
}

/// Scores are whole numbers below 2⁵³.
fn count(score: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of microseconds")]
    let count = score as u64;
    count
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

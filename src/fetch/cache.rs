//! Answers on disk, shared by all runs and processes: LMDB, so that a warm run maps one file and
//! reads from it in place.
//!
//! Each value carries a checksum of as much of it as whoever reads it relies on; one that does not match
//! counts as absent, and nothing is written to its file any more: LMDB would follow what is damaged
//! there. The run that met it with the network at hand removes the file, and the next one makes a new
//! one. Values are gathered in memory and written in few transactions, since each of them waits for the
//! disk. `NO_META_SYNC` keeps the file whole after a crash and risks only the last transaction, which a
//! cache can bear.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use heed::types::Bytes as Raw;
use heed::{CommitOrAbort, Database, Env, EnvFlags, EnvOpenOptions, MdbError, WithoutTls};

use super::fault::Watch;
use super::key::Key;
use super::once::lock;
use super::snapshot::Snapshot;

/// The part of the key space that grows is reserved address space, not memory and not disk.
#[cfg(target_pointer_width = "64")]
const MAP_SIZE: usize = 16 << 30;
#[cfg(not(target_pointer_width = "64"))]
const MAP_SIZE: usize = 512 << 20;

/// How a cache is opened that may not be written.
const READ_ONLY: EnvFlags = EnvFlags::READ_ONLY.union(EnvFlags::NO_LOCK);

/// Runs at once, times the reads under way in each.
const MOST_READERS: u32 = 2048;

/// Values waiting to be written beyond this many bytes are written now.
const MOST_PENDING: usize = 2 << 20;

/// The folder of this form of the cache within the cache folder. The lock file of LMDB holds mutexes of
/// the C library, and LMDB cannot tell those of another one: both programs at once would wait for ever.
pub(super) const FORM: &str = match cfg!(target_env = "musl") {
    true => "answers-2-musl",
    false => "answers-2",
};

/// The file of the values, and that of those who read and write them.
const FILES: [&str; 2] = ["data.mdb", "lock.mdb"];

/// The cache, open.
#[derive(Debug)]
pub(super) struct Cache {
    env: Env<WithoutTls>,
    values: Database<'static, Raw, Raw>,
    pending: Mutex<Pending>,
    /// What is stored, as of the first question after the last writing.
    snapshot: Mutex<Option<Snapshot>>,
    /// Whether what is written is lost: the file may not be written, or was removed as damaged.
    is_closed: AtomicBool,
    /// Whether damage was met in the file.
    is_damaged: AtomicBool,
    /// Whether a damaged file is better than none.
    is_spared: AtomicBool,
    _watch: Watch,
}

#[derive(Debug, Default)]
struct Pending {
    /// With how many of their first bytes are checked.
    values: BTreeMap<Key, (Bytes, usize)>,
    size: usize,
}

/// LMDB forbids opening a file twice in one process; whoever comes second shares.
static OPEN: Mutex<Vec<(PathBuf, Weak<Cache>)>> = Mutex::new(Vec::new());

impl Cache {
    /// Opens the cache in a folder, which is created where it is missing; a file that is no cache
    /// or was cut short is replaced, and one that may not be written is read.
    pub(super) fn open(folder: &Path) -> Result<Arc<Self>, String> {
        let folder = folder.join(FORM);
        create(&folder).map_err(|error| format!("`{}`: {error}", folder.display()))?;
        let folder = folder.canonicalize().unwrap_or(folder);
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let same = open.iter().find(|(path, _)| *path == folder);
        if let Some(cache) = same.and_then(|(_, cache)| cache.upgrade()) {
            return Ok(cache);
        }
        let cache = match Self::open_env(&folder, EnvFlags::NO_META_SYNC) {
            Err(heed::Error::Mdb(error)) if tells_damage(error) => {
                discard(&folder);
                Self::open_env(&folder, EnvFlags::NO_META_SYNC)
            }
            Err(heed::Error::Io(error)) if is_forbidden(&error) => {
                Self::open_env(&folder, READ_ONLY).map_err(|_| heed::Error::Io(error))
            }
            answer => answer,
        };
        let cache = cache.map_err(|error| format!("`{}`: {error}", folder.display()))?;
        let cache = Arc::new(cache);
        open.retain(|(path, cache)| cache.strong_count() > 0 && *path != folder);
        open.push((folder, Arc::downgrade(&cache)));
        Ok(cache)
    }

    fn open_env(folder: &Path, flags: EnvFlags) -> heed::Result<Self> {
        if let Some(closing) = heed::env_closing_event(folder) {
            closing.wait_timeout(Duration::from_secs(5));
        }
        let watch = Watch::over(folder, FILES);
        let env = map(folder, flags)?;
        check_length(&env, folder)?;
        let reading = env.read_txn()?;
        let values = env
            .open_databases_and_commit(reading, |opener, reading| {
                let values = opener.open_database::<Raw, Raw>(reading, None)?;
                Ok::<_, heed::Error>(match values {
                    Some(values) => CommitOrAbort::Commit(values),
                    None => CommitOrAbort::Abort(()),
                })
            })?
            .commit()
            .ok_or(heed::Error::Mdb(MdbError::NotFound))?;
        Ok(Self {
            env,
            values,
            pending: Mutex::default(),
            snapshot: Mutex::default(),
            is_closed: AtomicBool::new(flags == READ_ONLY),
            is_damaged: AtomicBool::new(false),
            is_spared: AtomicBool::new(false),
            _watch: watch,
        })
    }

    /// Returns a value, where it lies; a damaged one counts as absent. It keeps the cache open: who
    /// opens it again shares it.
    pub(super) fn get(self: &Arc<Self>, key: Key) -> Option<Bytes> {
        if let Some(value) = lock(&self.pending).values.get(&key) {
            return Some(value.0.clone());
        }
        let stored = match self.snapshot()?.get(self.values, key.bytes(), self) {
            Ok(stored) => stored?,
            Err(_) => {
                self.distrust();
                return None;
            }
        };
        let value = checked(&stored);
        if value.is_none() {
            self.distrust();
        }
        value.map(|value| stored.slice_ref(value))
    }

    /// Notes that something in the file is not as it was written.
    pub(super) fn distrust(&self) {
        self.is_damaged.store(true, Ordering::Relaxed);
    }

    /// Has a damaged file stay where it is: there is no network to make up for it.
    pub(super) fn spare(&self) {
        self.is_spared.store(true, Ordering::Relaxed);
    }

    fn snapshot(&self) -> Option<Snapshot> {
        let mut snapshot = lock(&self.snapshot);
        if snapshot.is_none() {
            *snapshot = Snapshot::take(&self.env).ok();
        }
        snapshot.clone()
    }

    /// Keeps a value, in memory for now; returns whether it is time to [`Cache::flush`].
    pub(super) fn put(&self, key: Key, value: &[u8]) -> bool {
        self.put_checked(key, Bytes::copy_from_slice(value), value.len())
    }

    /// The same for a value of which only the first bytes are checked here; whoever reads it
    /// checks the others.
    pub(super) fn put_checked(&self, key: Key, value: Bytes, checked: usize) -> bool {
        let mut pending = lock(&self.pending);
        pending.size += value.len();
        pending.values.insert(key, (value, checked));
        pending.size > MOST_PENDING
    }

    /// Writes what was kept. A cache that cannot be written is no reason to fail.
    pub(super) fn flush(&self) {
        let pending = std::mem::take(&mut *lock(&self.pending));
        if self.is_closed.load(Ordering::Relaxed) {
            return;
        }
        if self.is_damaged.load(Ordering::Relaxed) {
            return self.give_up();
        }
        if pending.values.is_empty() {
            return;
        }
        match self.write(&pending.values) {
            Err(heed::Error::Mdb(MdbError::MapFull)) => {
                let cleared = self.clear();
                let _ = cleared.and_then(|()| self.write(&pending.values));
            }
            Err(heed::Error::Mdb(error)) if tells_damage(error) => self.give_up(),
            _ => {}
        }
        *lock(&self.snapshot) = None;
    }

    /// Writes nothing any more, and leaves it to the next run to make a new file.
    fn give_up(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        if !self.is_spared.load(Ordering::Relaxed) {
            discard(self.env.path());
        }
    }

    fn write(&self, values: &BTreeMap<Key, (Bytes, usize)>) -> heed::Result<()> {
        let mut writing = self.env.write_txn()?;
        for (key, (value, checked)) in values {
            let checked = &value[..value.len().min(*checked)];
            let Ok(len) = u32::try_from(checked.len()) else {
                continue;
            };
            let head = [checksum(checked), len.to_le_bytes()].concat();
            let size = head.len() + value.len();
            self.values
                .put_reserved(&mut writing, key.bytes(), size, |space| {
                    space.write_all(&head)?;
                    space.write_all(value)
                })?;
        }
        writing.commit()
    }

    fn clear(&self) -> heed::Result<()> {
        let mut writing = self.env.write_txn()?;
        self.values.clear(&mut writing)?;
        writing.commit()
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Maps the file. No other code of ours opens it, and LMDB's lock file orders the processes; who may not
/// write there reads without it, and what is written meanwhile does not have its checksum.
#[expect(
    unsafe_code,
    reason = "LMDB maps a file that another program could change"
)]
fn map(folder: &Path, flags: EnvFlags) -> heed::Result<Env<WithoutTls>> {
    let mut options = EnvOpenOptions::new().read_txn_without_tls();
    options.map_size(MAP_SIZE).max_readers(MOST_READERS);
    // SAFETY: the file belongs to pyaudit alone, is opened once in this process (`OPEN`), and its
    // length was checked against what it says of itself before any page of it is read. One of the flags
    // gives up durability of the last transaction, not the integrity of the file.
    unsafe {
        options.flags(flags);
        options.open(folder)
    }
}

/// Refuses a file that is shorter than it says: reading past its end would end the process.
fn check_length(env: &Env<WithoutTls>, folder: &Path) -> heed::Result<()> {
    let page = u64::from(env.unnamed_database_stat().page_size);
    let last = env.info().last_page_number as u64;
    let len = std::fs::metadata(folder.join(FILES[0]))?.len();
    let needed = last
        .checked_add(1)
        .and_then(|pages| pages.checked_mul(page));
    match needed {
        Some(needed) if len >= needed => Ok(()),
        _ => Err(heed::Error::Mdb(MdbError::Corrupted)),
    }
}

/// Creates the folder, and marks its parent as a cache for backup programs.
fn create(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    if let Some(parent) = folder.parent() {
        let tag = "Signature: 8a477f597d28d172789f06886806bc55\n";
        // Nothing depends on the mark.
        let _ = std::fs::write(parent.join("CACHEDIR.TAG"), tag);
    }
    Ok(())
}

fn discard(folder: &Path) {
    for file in FILES {
        // What cannot be removed cannot be opened either, and that error is the one to tell.
        let _ = std::fs::remove_file(folder.join(file));
    }
}

/// Whether an error says that the file is not what it should be, and not merely that a limit was met.
fn tells_damage(error: MdbError) -> bool {
    use MdbError::{DbsFull, MapFull, MapResized, ReadersFull, TlsFull, TxnFull};
    !matches!(
        error,
        DbsFull | MapFull | MapResized | ReadersFull | TlsFull | TxnFull
    )
}

/// Whether an error says that nothing may be written there.
fn is_forbidden(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem)
}

/// Returns a value without what stands before it; nothing where that does not fit.
fn checked(stored: &[u8]) -> Option<&[u8]> {
    let (sum, rest) = stored.split_first_chunk()?;
    let (len, value) = rest.split_first_chunk()?;
    let checked = value.get(..u32::from_le_bytes(*len) as usize)?;
    (checksum(checked) == *sum).then_some(value)
}

/// CRC-32 finds damage, which is all it is for, at the speed of memory.
fn checksum(value: &[u8]) -> [u8; 4] {
    crc32fast::hash(value).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::key::Kind;

    fn key(text: &str) -> Key {
        Key::of(Kind::Page, &[text])
    }

    fn data(folder: &Path) -> PathBuf {
        folder.join(FORM).join("data.mdb")
    }

    #[test]
    fn what_is_put_is_there_for_the_next_run() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        cache.put(key("a"), b"one");
        drop(cache);

        let cache = Cache::open(folder.path()).unwrap();

        assert_eq!(cache.get(key("a")).as_deref(), Some(&b"one"[..]));
        assert_eq!(cache.get(key("b")), None);
        assert_eq!(cache.get(key("a").with_kind(Kind::Record)), None);
    }

    #[test]
    fn a_damaged_value_counts_as_absent_and_costs_the_file_where_there_is_a_network() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        cache.put(key("a"), &b"needle-in-the-file".repeat(1000));
        drop(cache);
        let mut bytes = std::fs::read(data(folder.path())).unwrap();
        let at = bytes.windows(6).position(|part| part == b"needle").unwrap();
        bytes[at + 9000] ^= 1;
        std::fs::write(data(folder.path()), bytes).unwrap();

        for is_spared in [true, false] {
            let cache = Cache::open(folder.path()).unwrap();
            assert_eq!(cache.get(key("a")), None);
            if is_spared {
                cache.spare();
            }
            cache.put(key("a"), b"new");
            drop(cache);
            assert_eq!(data(folder.path()).exists(), is_spared);
        }

        let cache = Cache::open(folder.path()).unwrap();
        cache.put(key("a"), b"new");
        cache.flush();
        assert_eq!(cache.get(key("a")).as_deref(), Some(&b"new"[..]));
    }

    #[test]
    fn a_cache_of_which_a_value_is_held_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        cache.put(key("a"), b"one");
        cache.flush();
        let held = cache.get(key("a")).unwrap();
        drop(cache);

        let again = Cache::open(folder.path()).unwrap();
        assert_eq!(again.get(key("a")).as_ref(), Some(&held));
        again.put(key("b"), b"two");
        drop((again, held));

        let cache = Cache::open(folder.path()).unwrap();
        assert!(cache.get(key("a")).is_some() && cache.get(key("b")).is_some());
    }

    #[test]
    fn a_file_cut_short_or_foreign_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        cache.put(key("a"), &vec![7; 1 << 20]);
        drop(cache);
        let whole = std::fs::read(data(folder.path())).unwrap();
        let junk = vec![b'x'; 40_000];

        for damaged in [&whole[..whole.len() / 2], &whole[..5000], &[], &junk] {
            std::fs::write(data(folder.path()), damaged).unwrap();
            let cache = Cache::open(folder.path()).unwrap();
            assert_eq!(cache.get(key("a")), None);
            cache.put(key("b"), b"x");
            cache.flush();
            assert!(cache.get(key("b")).is_some());
        }
    }

    #[test]
    fn a_file_that_takes_in_nothing_any_more_is_replaced_for_the_next_run() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        for number in 0..300 {
            cache.put(key(&number.to_string()), &[7; 100]);
        }
        let page = cache.env.unnamed_database_stat().page_size as usize;
        drop(cache);
        // The first two pages say where the others are; those are lost.
        let mut bytes = std::fs::read(data(folder.path())).unwrap();
        bytes[2 * page..].fill(0);
        std::fs::write(data(folder.path()), bytes).unwrap();

        for _ in 0..2 {
            let cache = Cache::open(folder.path()).unwrap();
            cache.put(key("a"), b"new");
        }

        let cache = Cache::open(folder.path()).unwrap();
        assert_eq!(cache.get(key("a")).as_deref(), Some(&b"new"[..]));
    }

    #[test]
    fn a_cache_that_may_not_be_written_is_read_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        cache.put(key("a"), b"one");
        drop(cache);
        let before = std::fs::read(data(folder.path())).unwrap();

        let form = folder.path().join(FORM);
        let cache = Arc::new(Cache::open_env(&form, READ_ONLY).unwrap());
        assert_eq!(cache.get(key("a")).as_deref(), Some(&b"one"[..]));
        cache.put(key("b"), b"two");
        drop(cache);

        assert_eq!(std::fs::read(data(folder.path())).unwrap(), before);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_and_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();

        assert!(Cache::open(&file).unwrap_err().contains("file"));
    }
}

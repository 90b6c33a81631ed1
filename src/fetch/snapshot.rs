//! The cache as it stood at one moment: values are looked at where they lie in the mapped file, and
//! copied nowhere. A page of a large project is a megabyte, of which a run reads a hundredth.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use heed::types::Bytes as Raw;
use heed::{Database, Env, RoTxn, WithoutTls};

use super::once::lock;

/// A reader of the cache, which goes on to see what it saw first.
#[derive(Clone)]
pub(super) struct Snapshot(Arc<Mutex<RoTxn<'static, WithoutTls>>>);

/// A value in the mapped file, with the reader that keeps it there and the cache that it is of.
struct Kept<C> {
    value: &'static [u8],
    _snapshot: Snapshot,
    _cache: Arc<C>,
}

impl Snapshot {
    /// Takes one of what is stored now.
    pub(super) fn take(env: &Env<WithoutTls>) -> heed::Result<Self> {
        let reading = env.clone().static_read_txn()?;
        Ok(Self(Arc::new(Mutex::new(reading))))
    }

    /// Returns a value as it lies in the file, which stays valid for as long as it is held; an error
    /// tells that the pages of the file do not fit together.
    #[expect(
        unsafe_code,
        reason = "a value outlives the borrow of the reader that it holds on to"
    )]
    pub(super) fn get(
        &self,
        values: Database<'static, Raw, Raw>,
        key: &[u8],
        cache: &Arc<impl Send + Sync + 'static>,
    ) -> heed::Result<Option<Bytes>> {
        let reading = lock(&self.0);
        let Some(value) = values.get(&reading, key)? else {
            return Ok(None);
        };
        // SAFETY: LMDB writes no page that a reader can see until that reader ends, and the reader
        // ends with the last of the values that hold it. It holds the environment, and thus the
        // mapping, in turn. The mapping never moves: nothing here changes its size.
        let value = unsafe { std::slice::from_raw_parts(value.as_ptr(), value.len()) };
        drop(reading);
        Ok(Some(Bytes::from_owner(Kept {
            value,
            _snapshot: self.clone(),
            _cache: Arc::clone(cache),
        })))
    }
}

impl<C> AsRef<[u8]> for Kept<C> {
    fn as_ref(&self) -> &[u8] {
        self.value
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Snapshot")
    }
}

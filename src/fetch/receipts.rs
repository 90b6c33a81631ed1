//! What answered a question, kept beside what it was answered from.

use bytes::Bytes;

use super::key::{Key, Kind};
use super::live_catalog::LiveCatalog;

impl LiveCatalog {
    /// Returns what was kept as the answer to a question, unless all is to be asked again.
    pub fn receipt(&self, question: &str) -> Option<Bytes> {
        let shared = &self.engine.shared;
        let asks_again = shared.policy.refresh || !shared.policy.refresh_packages.is_empty();
        let cache = shared.cache.as_ref().filter(|_| !asks_again)?;
        cache.get(Key::of(Kind::Receipt, &[question]))
    }

    /// Keeps what answered a question.
    pub fn keep_receipt(&self, question: &str, receipt: &[u8]) {
        let key = Key::of(Kind::Receipt, &[question]);
        let shared = &self.engine.shared;
        let known = shared.cache.as_ref().and_then(|cache| cache.get(key));
        if known.as_deref() != Some(receipt) {
            shared.keep(key, receipt);
        }
    }
}

//! The compact form in which the facts of files are kept, so that no file is read twice.

use super::BinaryFacts;

/// The first byte; another form gets another, and what has it is read anew.
const FORM: u8 = 2;

/// Writes the facts of files.
pub fn encode(files: &[BinaryFacts]) -> Vec<u8> {
    // Plain values in memory: there is nothing that could fail.
    postcard::to_extend(files, vec![FORM]).unwrap_or_default()
}

/// Reads them again; nothing where the bytes are of another form or damaged.
pub fn decode(bytes: &[u8]) -> Option<Vec<BinaryFacts>> {
    let (form, rest) = bytes.split_first()?;
    (*form == FORM).then(|| postcard::from_bytes(rest).ok())?
}

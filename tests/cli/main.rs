//! Transcripts of the real program against small invented indexes on loopback.
//!
//! Most of them are data: see `transcripts`. What needs a second process, a signal, or a look into
//! folders and request logs is code.

#[cfg(test)]
mod audit;
#[cfg(test)]
#[path = "../support/binaries.rs"]
mod binaries;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod online;
mod receipts;
#[cfg(test)]
mod regions;
#[cfg(test)]
mod sarif;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod size;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod torch;
#[cfg(test)]
mod transcripts;
#[cfg(test)]
mod trouble;

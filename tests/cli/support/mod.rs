//! Invented indexes, the server that gives them out, and a desk at which the program is run.

mod archive;
mod desk;
mod index;
mod schema;
mod server;
mod torch;

pub(crate) use archive::{gzip, wheel};
pub(crate) use desk::{Desk, Run, walk, words};
pub(crate) use index::World;
pub(crate) use schema::Schema;
pub(crate) use server::{Answer, Manner};

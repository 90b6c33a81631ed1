//! What a package index says of a project, decoded: pure functions from foreign bytes to values.
//!
//! Everything read here is hostile until proven otherwise: sizes, counts and depths are bounded,
//! and no byte may cause a panic.

mod listing;
mod metadata;
mod metadata_headers;
mod metadata_record;
mod page;
mod page_build;
mod page_layout;
mod project;

pub use listing::{FileEntry, Listing, MetadataFile};
pub use metadata::{Metadata, MetadataError, MetadataSource};
pub use page::{Damaged, FileView, Page, Skipped};
pub use project::{IndexPage, Merge, Project};

//! What a package index says of a project, decoded: pure functions from foreign bytes to values.
//!
//! Everything read here is hostile until proven otherwise: sizes, counts and depths are bounded,
//! and no byte may cause a panic.

mod archive;
mod find_links;
mod html;
mod json_values;
mod licence;
mod links;
mod listing;
mod metadata;
mod metadata_headers;
mod metadata_record;
mod optional;
mod page;
mod page_build;
mod page_columns;
mod page_digests;
mod page_layout;
mod page_row;
mod page_tables;
#[cfg(test)]
mod page_tests;
mod project;
mod project_toml;
mod requirement_record;
mod requires;
mod requires_txt;
mod sdist;
mod setup_script;
mod simple;
mod simple_html;
mod simple_json;
mod wheel_directory;
mod wheel_tail;

#[cfg(test)]
mod tests;

pub use find_links::{decode_find_links, list_folder};
pub use listing::{FileEntry, Listing, MetadataFile};
pub use metadata::{Metadata, MetadataError, MetadataSource};
pub use page::{Damaged, Details, FileView, Page, Skipped};
pub use page_columns::Columns;
pub use page_digests::Digests;
pub use project::{IndexPage, Merge, Project};
pub use project_toml::read_project;
pub use requires::Requires;
pub use requires_txt::read_egg_info;
pub use sdist::{SdistError, SdistReading, read_sdist};
pub use simple::{DecodeError, decode_page, decode_simple};
pub use wheel_directory::{Directory, Member, Packing, read_wheel_directory};
pub use wheel_tail::{TailAnswer, WheelError, read_wheel, read_wheel_parts, read_wheel_tail};

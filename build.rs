//! Lays out the functions of a release build on Linux, as `layout.ld` tells the linker.
//!
//! A start maps the program in parts of 64 KiB, and each part costs a page fault. What a lock runs is
//! an eighth of the code; the compiler spreads it over all of it.

use std::env::{var, var_os};
use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=layout.ld");
    if is_release_for_linux() && !has_linker_of_its_own() {
        let folder = var_os("CARGO_MANIFEST_DIR")
            .map(PathBuf::from)
            .unwrap_or_default();
        println!("cargo::rustc-link-arg-bins=-T");
        println!(
            "cargo::rustc-link-arg-bins={}",
            folder.join("layout.ld").display()
        );
    }
}

fn is_release_for_linux() -> bool {
    let is = |name, value| var(name).is_ok_and(|found| found == value);
    is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux")
}

/// Whether the caller chose a linker: not all know the scripts of GNU's.
fn has_linker_of_its_own() -> bool {
    var_os("RUSTC_LINKER").is_some()
        || var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("link"))
}

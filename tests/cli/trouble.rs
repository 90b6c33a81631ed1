//! Runs that are broken off from outside, and a cache that breaks one off.
#![cfg(unix)]

use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::support::{Desk, World, walk};

const INDEX: &str = include_str!("../../fixtures/cli/index.toml");

#[test]
fn a_run_that_is_broken_off_leaves_nothing_half_written() {
    let desk = Desk::new(World::parse(INDEX));
    desk.write("requirements.in", "app\n");
    let before = desk.files();
    let started = Instant::now();
    let child = desk
        .command("pyaudit lock --index-url {base}/silent/main/simple -o pylock.toml")
        .spawn()
        .unwrap();
    while desk.server.paths().is_empty() {
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "it never asked"
        );
        sleep(Duration::from_millis(10));
    }

    // An interrupt would do the same, but not where the tests run in the background of a shell.
    let kill = ["-TERM", &child.id().to_string()].map(str::to_owned);
    assert!(Command::new("kill").args(kill).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let end = (output.status.signal(), output.status.code());
    assert!(
        [(Some(15), None), (None, Some(143))].contains(&end),
        "{end:?}"
    );
    assert_eq!(desk.files(), before);
    // What the cache got so far does no harm to the next run.
    assert!(walk(&desk.home()).iter().all(|path| path.exists()));
    desk.expect(
        0,
        "pyaudit lock --index-url {base}/json/main/simple --python 3.12 --platform linux -q",
    );
}

#[test]
fn an_output_that_nobody_reads_is_an_error_and_no_panic() {
    let desk = Desk::new(World::parse(INDEX));
    desk.write("requirements.in", "app\n");
    let mut child = desk
        .command("pyaudit lock --index-url {base}/json/main/simple -q")
        .spawn()
        .unwrap();
    drop(child.stdout.take());

    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_cache_that_sends_a_run_past_its_end_is_thrown_away() {
    const LOCK: &str = "pyaudit lock --index-url {base}/json/main/simple --python 3.12 \
                        --platform linux --cache-dir cache -q";
    let desk = Desk::new(World::parse(INDEX));
    desk.write("requirements.in", "app\n");
    let whole = desk.expect(0, LOCK);
    let data = walk(&desk.folder().join("cache"));
    let data = data.iter().find(|path| path.ends_with("data.mdb")).unwrap();
    std::fs::write(data, misled(std::fs::read(data).unwrap())).unwrap();

    let broken = desk.expect(3, LOCK);
    assert!(broken.stderr.contains("Run it again."), "{broken:?}");
    assert!(!data.exists());
    assert_eq!(desk.expect(0, LOCK).stdout, whole.stdout);
}

/// A file of LMDB of which the newer head says that its pages are 2 GiB long: the size stands 24 bytes
/// after the mark of a head, and the number of the writing 128 bytes after it.
#[cfg(target_os = "linux")]
fn misled(mut file: Vec<u8>) -> Vec<u8> {
    const MARK: [u8; 4] = 0xBEEF_C0DE_u32.to_ne_bytes();
    let heads: Vec<usize> = (0..file.len() - 200)
        .filter(|at| file[*at..].starts_with(&MARK))
        .collect();
    let [_, second] = heads[..] else {
        panic!("{heads:?} are not the heads of a file of LMDB");
    };
    file[second + 24..second + 28].copy_from_slice(&0x8000_0000_u32.to_ne_bytes());
    file[second + 128..second + 136].copy_from_slice(&u64::MAX.to_ne_bytes());
    file
}

//! Things far larger or deeper than they should be: refused or borne, in bounded memory.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::support::{Answer, Desk, Manner, World, gzip};

const INDEX: &str = include_str!("../../fixtures/cli/index.toml");
const LINE: &str = "pyaudit lock --python 3.12 --platform linux -n -q --no-header --retries 0 \
                    --index-url {base}/json/main/simple";

/// Far below the size of what is refused.
const MOST_MEMORY: u64 = 150 << 20;

fn desk() -> Desk {
    Desk::new(World::parse(INDEX))
}

#[test]
fn a_page_without_an_end_is_refused_in_bounded_memory() {
    let desk = Desk::serving(|_, _| Answer {
        manner: Manner::Repeated(300 << 10),
        ..Answer::ok("text/html", [b' '; 1024])
    });
    desk.write("requirements.in", "app\n");

    let (run, memory) = desk.weighed(LINE);
    assert_eq!(run.exit, Some(3), "{}", run.stderr);
    assert!(
        run.stderr.contains("the answer is larger than"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr
            .contains("`app` from index `http://index.example"),
        "{}",
        run.stderr
    );
    assert!(memory < MOST_MEMORY, "{memory}");
}

#[test]
fn a_page_that_unpacks_to_gigabytes_is_refused_in_bounded_memory() {
    let bomb = gzip(&vec![b' '; 512 << 20]);
    let desk = Desk::serving(move |_, _| {
        let mut answer = Answer::ok("text/html", bomb.clone());
        answer.headers.push(("content-encoding", "gzip".to_owned()));
        answer
    });
    desk.write("requirements.in", "app\n");

    let (run, memory) = desk.weighed(LINE);
    assert_eq!(run.exit, Some(3), "{}", run.stderr);
    assert!(memory < MOST_MEMORY, "{memory}");
}

#[test]
fn a_wheel_whose_metadata_unpacks_to_gigabytes_is_refused_in_bounded_memory() {
    let world = World::parse("[main.app.\"1\"]\nmetadata-padding = 536870912\n");
    let desk = Desk::new(world);
    desk.write("requirements.in", "app\n");

    let (run, memory) = desk.weighed(&LINE.replace("/json/", "/bare/"));
    assert!([Some(1), Some(3)].contains(&run.exit), "{}", run.stderr);
    assert!(run.stderr.contains("app"), "{}", run.stderr);
    assert!(memory < MOST_MEMORY, "{memory}");
}

#[test]
fn a_hundred_thousand_lines_are_read() {
    let desk = desk();
    let mut text = String::new();
    for number in 0..50_000 {
        let _ = writeln!(
            text,
            "package-{number}>=1,!=9.{number} ; python_version < '3'  # why"
        );
        let _ = writeln!(text, "package-{number}<{number}");
    }
    desk.write("requirements.in", "lib\n");
    desk.write("constraints.txt", text);

    let started = Instant::now();
    let run = desk.expect(0, &format!("{LINE} -c constraints.txt --no-annotate"));
    assert_eq!(run.stdout, "lib==3\n");
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn of_a_hundred_thousand_mistakes_some_are_told() {
    let desk = desk();
    desk.write("requirements.in", "lib >== 2\n".repeat(100_000));

    let started = Instant::now();
    let run = desk.expect(2, LINE);
    assert!(
        run.stderr.ends_with("… and 99980 problems more\n"),
        "{}",
        run.stderr
    );
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn a_line_of_a_megabyte_is_read_and_told_in_part() {
    let desk = desk();
    desk.write(
        "requirements.in",
        format!("lib>=1{}\n", ",>=1".repeat(250_000)),
    );
    desk.expect(0, LINE);

    desk.write("requirements.in", format!("lib {}\n", "x".repeat(1 << 20)));
    let run = desk.expect(2, LINE);
    assert!(
        run.stderr.contains("requirements.in:1:5"),
        "{}",
        &run.stderr[..200]
    );
    assert!(run.stderr.len() < 10_000, "{} bytes", run.stderr.len());
    desk.write("requirements.in", format!("{}\n", "x".repeat(1 << 20)));
    let run = desk.expect(3, LINE);
    assert!(run.stderr.len() < 10_000, "{} bytes", run.stderr.len());
}

#[test]
fn includes_end_where_they_go_in_circles_or_too_deep() {
    let desk = desk();
    for number in 0..60 {
        desk.write(&format!("{number}.in"), format!("-r {}.in\n", number + 1));
    }
    desk.write("60.in", "lib\n");
    for number in 0..40 {
        desk.write(
            &format!("circle/{number}.in"),
            format!("-r {}.in\n", (number + 1) % 40),
        );
    }

    desk.expect(0, &format!("{LINE} 20.in"));
    let deep = desk.expect(2, &format!("{LINE} 0.in"));
    assert!(
        deep.stderr
            .contains("`50.in` is included by way of 50 other files"),
        "{}",
        deep.stderr
    );
    let circle = desk.expect(2, &format!("{LINE} circle/0.in"));
    assert!(
        circle.stderr.contains("`circle/0.in` includes itself"),
        "{}",
        circle.stderr
    );
}

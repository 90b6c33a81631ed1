//! Times the inner parts on generated inputs: `cargo bench`, or `cargo bench -- page` for those
//! with a word in their name. Each line is the median and the best of many runs.

mod generated;

use std::fs::File;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use generated::{LargePage, Universe, metadata_texts, package, question, specifiers, tags};
use pyaudit::binary::{is_binary, scan_file, scan_stream};
use pyaudit::index::{
    IndexPage, Listing, Merge, Metadata, MetadataSource, Page, Project, decode_simple,
};
use pyaudit::package::{MarkerTexts, Specifiers};
use pyaudit::solve::{Judge, Outcome, Question, solve};
use pyaudit::target::TagSet;
use url::Url;

/// How long one line may take.
const PATIENCE: Duration = Duration::from_millis(1500);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let bench = Bench {
        wanted: arguments
            .iter()
            .find(|text| !text.starts_with('-'))
            .cloned()
            .unwrap_or_default(),
        // Cargo says `--bench`; without it, as under `cargo test`, one run shows that it works.
        is_timed: arguments.iter().any(|text| text == "--bench"),
    };
    pages(&bench);
    requirements(&bench);
    targets(&bench);
    solves(&bench);
    binaries(&bench);
}

fn pages(bench: &Bench) {
    const HTML: &str = "text/html";
    const JSON: &str = "application/vnd.pypi.simple.v1+json";
    let base = Url::parse("https://index.example/simple/large/").expect("it is a URL");
    let texts = LargePage::new();
    let decode = |kind: &str, text: &str| -> Listing {
        decode_simple(kind, text.as_bytes(), &base).expect("it is a page")
    };
    bench.time("page: decode HTML", || decode(HTML, &texts.html));
    bench.time("page: decode JSON", || decode(JSON, &texts.json));

    let name = package("large");
    let listing = decode(JSON, &texts.json);
    bench.time_with(
        "page: build",
        || listing.clone(),
        |listing| Page::build(&name, listing),
    );

    let page = Page::build(&name, listing);
    let bytes = bytes::Bytes::copy_from_slice(page.as_bytes());
    let question = question(&[]);
    bench.time("page: view", || Page::from_bytes(bytes.clone()));
    let judge = || Judge::new(Arc::clone(&question));
    let project = Arc::new(Project {
        name,
        pages: vec![IndexPage {
            index: "https://index.example/simple".into(),
            page,
        }],
        merge: Merge::Best,
    });
    bench.time_with("page: judge", judge, |mut judge| {
        judge.judge(Arc::clone(&project))
    });
}

fn requirements(bench: &Bench) {
    let texts = metadata_texts();
    let parse_all = |markers: &mut MarkerTexts| -> Vec<Metadata> {
        let parse =
            |text: &String| Metadata::parse(text.as_bytes(), MetadataSource::Wheel, markers);
        let read: Result<_, _> = texts.iter().map(parse).collect();
        read.expect("it is metadata")
    };
    bench.time("metadata: parse 5,000 requirements", || {
        parse_all(&mut MarkerTexts::default())
    });

    let read = parse_all(&mut MarkerTexts::default());
    bench.time("metadata: encode 5,000 requirements", || {
        read.iter().map(Metadata::encode).collect::<Vec<_>>()
    });
    let records: Vec<Bytes> = read.iter().map(|it| it.encode().into()).collect();
    bench.time("metadata: decode 5,000 requirements", || {
        let mut markers = MarkerTexts::default();
        let decode = |record: &Bytes| Metadata::decode(record, &mut markers).is_ok();
        records
            .iter()
            .map(decode)
            .filter(|is_read| *is_read)
            .count()
    });

    let specifiers = specifiers();
    bench.time("specifiers: parse 1,000 sets", || {
        specifiers
            .iter()
            .filter_map(|text| Specifiers::parse(text).ok())
            .count()
    });
}

fn targets(bench: &Bench) {
    let question = question(&[]);
    let target = &question.target;
    let tags = tags();
    bench.time("target: work the tags out", || {
        TagSet::new(target.python(), target.platform())
    });
    bench.time("target: rank 73 tag sets", || {
        tags.iter()
            .filter(|tags| target.tags().rank(tags).is_ok())
            .count()
    });
}

fn solves(bench: &Bench) {
    let layered = Universe::layered(200, 50);
    let everything = question(&["p0", "p1", "p2>=1.20", "p3<1.40"]);
    bench.time("solve: 200 packages, 50 versions each", || {
        pins(&everything, &layered)
    });

    let in_step = Universe::in_step(800);
    let old_library = question(&["client", "library<2"]);
    bench.time("solve: half of 800 releases passed", || {
        pins(&old_library, &in_step)
    });

    let impossible = question(&["client>=1.600", "library<2"]);
    bench.time("solve: no solution in 200 releases", || {
        match answer(&impossible, &in_step) {
            Outcome::Unsolvable(conflict) => conflict,
            other => panic!("it has no solution, but {other:?}"),
        }
    });
}

fn pins(question: &Arc<Question>, universe: &Universe) -> usize {
    match answer(question, universe) {
        Outcome::Solved(resolution) => resolution.packages.len(),
        other => panic!("it has a solution, but {other:?}"),
    }
}

/// Scans a generated library, and the compiled files below the folder that `PYAUDIT_BINARIES` names.
fn binaries(bench: &Bench) {
    let mut library = vec![0_u8; 64 << 20];
    for (at, byte) in library.iter_mut().enumerate() {
        // Anything without a pattern.
        *byte = ((at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
    }
    bench.time("binary: scan 64 MiB in memory", || {
        scan_stream("a.so", library.as_slice(), u64::MAX).expect("memory can be read")
    });
    let Some(folder) = std::env::var_os("PYAUDIT_BINARIES") else {
        return;
    };
    let files = compiled(Path::new(&folder));
    let sizes = files
        .iter()
        .filter_map(|path| Some(path.metadata().ok()?.len()));
    let name = format!("binary: scan {} MB on disk", sizes.sum::<u64>() / 1_000_000);
    bench.time(&name, || {
        let scan = |path: &PathBuf| scan_file("a.so", File::open(path).ok()?).ok();
        files.iter().filter_map(scan).count()
    });
}

fn compiled(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(compiled(&path));
        } else if is_binary(&path.to_string_lossy()) {
            found.push(path);
        }
    }
    found
}

fn answer(question: &Arc<Question>, universe: &Universe) -> Outcome {
    let answer = solve(question, universe).expect("nothing here can fail");
    answer.outcome
}

struct Bench {
    wanted: String,
    is_timed: bool,
}

impl Bench {
    fn time<R>(&self, name: &str, mut work: impl FnMut() -> R) {
        self.time_with(name, || (), |()| work());
    }

    /// Times work on inputs whose making does not count; nor does dropping what came out.
    fn time_with<I, R>(
        &self,
        name: &str,
        mut input: impl FnMut() -> I,
        mut work: impl FnMut(I) -> R,
    ) {
        if !name.contains(&self.wanted) {
            return;
        }
        let started = Instant::now();
        let mut times = Vec::new();
        while times.is_empty() || (self.is_timed && started.elapsed() < PATIENCE) {
            let input = black_box(input());
            let start = Instant::now();
            let result = black_box(work(input));
            times.push(start.elapsed());
            drop(result);
        }
        times.sort();
        print(&format!(
            "{name:<42} {:>9.3} ms   best {:>9.3} ms   {:>6} runs",
            milliseconds(times[times.len() / 2]),
            milliseconds(times[0]),
            times.len()
        ));
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::print_stdout, reason = "a benchmark's only output")]
fn print(line: &str) {
    println!("{line}");
}

//! The reader of a file of facts: TOML in, tables and problems out. The embedded files and a
//! user's are written alike; `facts/README.md` tells how.

use std::sync::Arc;

use toml::de::DeTable;

use super::image_reader::{read_image, read_system};
use super::tables::{BuildRow, DefaultRow, DriverFloor, DriverRow, KernelRow, System, Tables};
use super::values::{Row, Text, Values};
use super::{Confidence, Kernels, Limit, Where};
use crate::package::{PackageName, Requirement, Specifiers, Version};
use crate::source::{Origin, Problem, SourceFile, Span};
use crate::target::{Capability, Flavour};

const KEYS: &[&str] = &[
    "builds", "defaults", "drivers", "family", "gpus", "images", "kernels", "limits", "releases",
    "source",
];
const DRIVER_KEYS: &[&str] = &["cuda", "linux", "source", "windows"];
const FLOOR_KEYS: &[&str] = &["own", "runs"];
const FAMILY_KEYS: &[&str] = &["index", "members", "source"];
const GPU_KEYS: &[&str] = &["capability", "names", "source"];
const KERNEL_KEYS: &[&str] = &[
    "confidence",
    "flavour",
    "native",
    "platform",
    "ptx",
    "source",
    "torch",
];
const LIMIT_KEYS: &[&str] = &[
    "affected", "because", "needs", "package", "platform", "source",
];

/// What a limit says that does not say why.
const NO_REASON: &str = "the facts of this project say so";

/// Reads a file; what is wrong is left out of the tables.
pub(super) fn read(file: &Arc<SourceFile>) -> (Tables, Vec<Problem>) {
    let (root, errors) = DeTable::parse_recoverable(file.text());
    if let Some(error) = errors.into_iter().next() {
        let span = error.span().unwrap_or_default();
        let span = Span {
            start: span.start,
            end: span.end,
        };
        let message = format!("this is not valid TOML: {}", error.message());
        let problem = Problem::at(Origin::new(file, span), message);
        return (Tables::default(), vec![problem]);
    }
    let root = root.into_inner();
    let mut reader = Reader {
        values: Values::new(file),
        tables: Tables::default(),
        source: file.label().to_owned(),
    };
    reader.read(&root);
    (reader.tables, reader.values.problems)
}

struct Reader<'f> {
    values: Values<'f>,
    tables: Tables,
    /// What rows name as their source that name none.
    source: String,
}

impl Reader<'_> {
    fn read(&mut self, root: &DeTable) {
        self.values.know_only(root, KEYS);
        let all = Row {
            table: root,
            span: 0..0,
        };
        if let Some(source) = self.values.text_if_any(&all, "source") {
            source.text.clone_into(&mut self.source);
        }
        self.family(root);
        for row in self.values.rows(root, "gpus") {
            self.gpus(&row);
        }
        for row in self.values.rows(root, "drivers") {
            self.drivers(&row);
        }
        for row in self.values.rows(root, "kernels") {
            let kernels = self.kernels(&row);
            self.tables.kernels.extend(kernels);
        }
        for row in self.values.rows(root, "releases") {
            let system = read_system(&mut self.values, &row);
            self.tables.systems.extend(system);
        }
        for row in self.values.rows(root, "images") {
            let image = read_image(&mut self.values, &row);
            self.tables.images.push(image);
        }
        for row in self.values.rows(root, "limits") {
            if let Some(limit) = self.limit(&row) {
                let limits = self.tables.limits.entry(limit.package.clone());
                limits.or_default().push(limit);
            }
        }
        for (package, row) in self.by_package(root, "builds") {
            let builds = self.builds(&package, &row);
            self.tables.builds.extend(builds);
        }
        self.defaults(root);
    }

    fn family(&mut self, root: &DeTable) {
        let Some(row) = root.get("family").and_then(|value| self.values.row(value)) else {
            return;
        };
        self.values.know_only(row.table, FAMILY_KEYS);
        let index = self.values.text_if_any(&row, "index");
        self.tables.index = index.map(|index| index.text.trim_end_matches('/').to_owned());
        for member in self.values.texts(&row, "members") {
            let name = self.values.parse(&member);
            self.tables.family.extend(name);
        }
    }

    fn gpus(&mut self, row: &Row) {
        self.values.know_only(row.table, GPU_KEYS);
        let capability = self.values.text(row, "capability");
        let capability = capability.and_then(|text| self.values.parse(&text));
        let names = self.values.texts(row, "names");
        if let Some(capability) = capability {
            let named = names.iter().map(|name| (name.text.to_owned(), capability));
            self.tables.gpus.extend(named);
        }
    }

    fn drivers(&mut self, row: &Row) {
        self.values.know_only(row.table, DRIVER_KEYS);
        let cuda = self.values.text(row, "cuda");
        let cuda = cuda.and_then(|text| self.values.parse(&text));
        let source = self.source_of(row);
        for (word, system) in System::WORDS {
            let Some(floor) = row.table.get(word).and_then(|value| self.values.row(value)) else {
                continue;
            };
            self.values.know_only(floor.table, FLOOR_KEYS);
            let runs = self.values.text(&floor, "runs");
            let runs = runs.and_then(|text| self.values.parse(&text));
            let own = self.values.text_if_any(&floor, "own");
            let own = own.and_then(|text| self.values.parse(&text));
            if let (Some(cuda), Some(runs)) = (cuda, runs) {
                let source = source.clone();
                self.tables.drivers.push(DriverRow {
                    cuda,
                    system,
                    floor: DriverFloor { runs, own, source },
                });
            }
        }
    }

    fn kernels(&mut self, row: &Row) -> Option<KernelRow> {
        self.values.know_only(row.table, KERNEL_KEYS);
        let flavour = self.values.text(row, "flavour");
        let flavour = flavour.and_then(|text| self.values.parse(&text));
        let platform = self.values.text(row, "platform");
        let platform = platform.and_then(|text| self.platform(&text));
        let torch = self.values.text(row, "torch");
        let torch = torch.and_then(|text| self.specifiers(&text));
        let (native, exact) = self.native(row);
        let ptx = self.values.texts(row, "ptx");
        let mut ptx: Vec<Capability> = ptx
            .iter()
            .filter_map(|text| self.values.parse(text))
            .collect();
        ptx.sort();
        let confidence = self.confidence(row);
        let source = self.source_of(row);
        let torch = torch?;
        Some(KernelRow {
            first: first_of(&torch),
            torch,
            flavour: flavour?,
            platform: platform?,
            kernels: Kernels {
                native,
                exact,
                ptx,
                source,
                confidence,
            },
        })
    }

    /// Reads the compiled code; what only one capability can run ends in a letter.
    fn native(&mut self, row: &Row) -> (Vec<Capability>, Vec<Capability>) {
        let (mut native, mut exact) = (Vec::new(), Vec::new());
        for text in self.values.texts(row, "native") {
            match text.text.strip_suffix('a').map(str::parse) {
                Some(Ok(capability)) => exact.push(capability),
                _ => native.extend(self.values.parse::<Capability>(&text)),
            }
        }
        native.sort();
        exact.sort();
        (native, exact)
    }

    fn confidence(&mut self, row: &Row) -> Confidence {
        let text = self.values.text_if_any(row, "confidence");
        match text.as_ref().map(|text| text.text) {
            None | Some("high") => return Confidence::High,
            Some("medium") => {}
            Some(other) => {
                let message = format!("expected `high` or `medium`, but found `{other}`");
                if let Some(text) = &text {
                    self.values.report_in(text, None, message);
                }
            }
        }
        Confidence::Medium
    }

    fn limit(&mut self, row: &Row) -> Option<Limit> {
        self.values.know_only(row.table, LIMIT_KEYS);
        let package = self.values.text(row, "package");
        let package = package.and_then(|text| self.values.parse(&text));
        let affected = self.values.text(row, "affected");
        let affected = affected.and_then(|text| self.specifiers(&text));
        let needs = self.values.text(row, "needs");
        let needs = needs.and_then(|text| self.requirement(&text));
        let because = self.values.text_if_any(row, "because");
        let because = because.map_or(NO_REASON, |because| because.text).to_owned();
        let source = self.source_of(row);
        let platform = match self.values.text_if_any(row, "platform") {
            Some(text) => Some(self.platform(&text)?),
            None => None,
        };
        Some(Limit {
            package: package?,
            affected: affected?,
            needs: needs?,
            because,
            source,
            platform,
        })
    }

    fn defaults(&mut self, root: &DeTable) {
        for (package, platforms) in self.by_package(root, "defaults") {
            for (key, value) in platforms.table {
                let word = key.get_ref().as_ref();
                let Some(platform) = Where::parse(word) else {
                    self.values.report(key.span(), not_a_platform(word));
                    continue;
                };
                let row = self.values.row(value);
                for build in row.map_or(Vec::new(), |row| self.builds(&package, &row)) {
                    self.tables.defaults.push(DefaultRow { platform, build });
                }
            }
        }
    }

    /// Reads `flavour = ["releases", …]`.
    fn builds(&mut self, package: &PackageName, row: &Row) -> Vec<BuildRow> {
        let mut rows = Vec::new();
        for (key, value) in row.table {
            let texts = self.values.strings(value);
            let releases = texts.iter().filter_map(|text| self.specifiers(text));
            let releases = releases.collect();
            match key.get_ref().parse::<Flavour>() {
                Ok(flavour) => rows.push(BuildRow {
                    package: package.clone(),
                    flavour,
                    releases,
                }),
                Err(error) => self.values.report(key.span(), error.message),
            }
        }
        rows
    }

    /// Reads a table of tables whose keys are package names.
    fn by_package<'t, 'd>(
        &mut self,
        root: &'t DeTable<'d>,
        key: &str,
    ) -> Vec<(PackageName, Row<'t, 'd>)> {
        let Some(all) = root.get(key).and_then(|value| self.values.row(value)) else {
            return Vec::new();
        };
        let mut packages = Vec::new();
        for (key, value) in all.table {
            let row = self.values.row(value);
            match (key.get_ref().parse::<PackageName>(), row) {
                (Ok(package), Some(row)) => packages.push((package, row)),
                (Err(error), _) => self.values.report(key.span(), error.to_string()),
                (Ok(_), None) => {}
            }
        }
        packages
    }

    fn source_of(&mut self, row: &Row) -> String {
        let source = self.values.text_if_any(row, "source");
        source.map_or_else(|| self.source.clone(), |source| source.text.to_owned())
    }

    fn platform(&mut self, text: &Text) -> Option<Where> {
        let platform = Where::parse(text.text);
        if platform.is_none() {
            let message = not_a_platform(text.text);
            self.values.report_in(text, None, message);
        }
        platform
    }

    fn specifiers(&mut self, text: &Text) -> Option<Specifiers> {
        let read = Specifiers::parse(text.text);
        read.map_err(|error| {
            let span = Some(error.span);
            self.values.report_in(text, span, error.message);
        })
        .ok()
    }

    fn requirement(&mut self, text: &Text) -> Option<Requirement> {
        let read = Requirement::parse(text.text);
        let read = read.map_err(|error| {
            let span = Some(error.span);
            self.values.report_in(text, span, error.message);
        });
        let read = read.ok()?;
        let is_plain = read.url.is_none() && read.extras.is_empty() && !text.text.contains(';');
        if !is_plain {
            let message = "a limit is a name with versions, and holds wherever `platform` says";
            self.values.report_in(text, None, message.to_owned());
        }
        is_plain.then_some(read)
    }
}

fn not_a_platform(text: &str) -> String {
    format!(
        "`{text}` is no platform of facts: expected `linux`, `macos` or `windows`, \
         alone or with `-x86_64` or `-aarch64`"
    )
}

/// Returns the lowest version that a range names.
fn first_of(range: &Specifiers) -> Option<Version> {
    let clauses = range.text().split(',');
    let mut floors = clauses.filter_map(|clause| {
        let floor = clause
            .strip_prefix(">=")
            .or_else(|| clause.strip_prefix("=="))?;
        floor.parse().ok()
    });
    floors.next()
}

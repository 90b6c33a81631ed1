//! pyaudit resolves and audits Python dependencies. This is the map of the house.
//!
//! Text comes in, facts are fetched, one solver decides, and everything a person reads is rendered
//! from plain values at the end:
//!
//! ```text
//!    files on this machine                         indexes
//!           │ host                                    │ fetch
//!    input → Manifest    target → Target     index → Project, Metadata
//!           └────────────────┴──▶ solve, asking a Catalog ◀┘
//!                    Resolution → lock → Lock → report → text, JSON
//!                    Conflict → explain → Explanation → report
//!                    Lock → audit → Audit → report
//!                    Conflict → repair → Repair → report
//!                    all of it → cli → exit code
//! ```
//!
//! Rooms stand on floors. A room imports only rooms on lower floors, and only through their doors
//! (`crate::solve::Catalog`, never `crate::solve::catalog::Catalog`); `tests/architecture.rs` holds
//! it to that. Floors 0 to 8 are the pure core: values in, values out, no file, network, clock,
//! environment or terminal.
//!
//! | floor | room | what stands there |
//! |---|---|---|
//! | 0 | `source` | text and places in it; what is wrong with an input |
//! | 1 | `package` | the words of Python packaging: names, versions, specifiers, requirements, digests |
//! | 2 | `target` | where the result has to run: Python, platform, wheel tags, marker values |
//! | 3 | `advisory` | what is known to be wrong with published versions: records of OSV, matched |
//! | 3 | `binary` | what compiled files say: the NumPy they were built against, code for GPUs, needed libraries |
//! | 3 | `facts` | what metadata does not say, dated: GPUs, drivers, flavours of torch, undeclared bounds |
//! | 3 | `input` | readers of what people declare and install: requirements files, `pyproject.toml`, scripts, Dockerfiles, notebooks, other tools' files, surroundings |
//! | 3 | `index` | decoders of what indexes say: pages, metadata, wheels, source archives |
//! | 4 | `solve` | one version of everything, or the facts that forbid it |
//! | 5 | `lock` | the answer as a file: `pylock.toml`, `requirements.txt`; the locks of other tools; what changed |
//! | 5 | `repair` | the smallest changes of the declarations that give a conflict a solution |
//! | 5 | `matrix` | one question on many targets, cell by cell |
//! | 5 | `sequence` | what install commands do to what is installed, one after another |
//! | 6 | `explain` | conflicts in sentences, with hints |
//! | 6 | `graph` | who needs whom in a lock, along which paths, what decided a version, and what was wanted of what is installed |
//! | 7 | `audit` | what is wrong with a lock or an environment, rule by rule, and what could not be judged |
//! | 8 | `report` | what is read at the end: drawn, as JSON, as Markdown |
//! | 9 | `fetch` | the network and its cache; the live [`solve::Catalog`] |
//! | 9 | `host` | this machine: files, interpreters, environments, GPUs, variables |
//! | 10 | `cli` | the command line: parse, settle, do, render, exit |
//! | 10 | `fuzzing` | the parsers of foreign text as fuzz targets; no part of the interface |
//!
//! `main.rs` is the program around it, which in a static build for Linux brings its own heap (`heap.rs`)
//! and its own ways of copying and comparing memory (`memory.rs`).
//!
//! # Where to add
//!
//! | to add | write | then |
//! |---|---|---|
//! | an input format | `input/<format>.rs`: text → `Reading` | a line in `input`'s `READERS`; `fixtures/inputs/<format>/` |
//! | an index protocol | `index/<protocol>.rs`: bytes → text, then each file handed over and the rest as a `Listing` | a line in its `PROTOCOLS`; pages in `fixtures/index/` |
//! | a lock format | `lock/<format>_{read,write}.rs` | a line in `lock`'s `FORMATS`; a round-trip fixture |
//! | a kind of file with install commands | `input/commands/<kind>.rs`: text → `Recipe` | a line in its `COMMAND_READERS`; a case in its `recipe_tests.rs` |
//! | a tool that installs from its lock | `input/commands/syncs.rs`: a `Syncer` and the table of its options | its way to the lock in `cli/plan/synced.rs`; `fixtures/cli/images-that-sync/` |
//! | a file that `fix` can change | `input/edit/<kind>.rs`: declaration → places | its case in `edit/tests.rs` |
//! | a form of claims | `audit/claims/phrases.rs`: words → `Statement` | its verdict in `judge.rs`; `fixtures/audit/refuted-claim/` |
//! | a hint | a function in `explain/hints.rs`, or in `ways_out.rs` where it has to be solved first | a line in its `HINTS`; a universe that provokes it |
//! | a solver rule | `solve/judge.rs` (fitness) or `solve/priority.rs` (order) | `fixtures/universes/<topic>/<case>.toml` |
//! | a fact | a row in `facts/*.toml`, by `facts/update.py` or by hand; `facts/usual.txt` by `facts/usual.py` | `tests/imports/pins.txt`, for a limit |
//! | a cause of a version | `graph/decision.rs`: a `Why` | its sentence in `report/decision.rs` |
//! | what compiled files tell | `binary/`: bytes → `BinaryFacts` | a rule that asks for `Contents` |
//! | a rule | `audit/rules/<rule>.rs`: a `Rule` and its `check` | a line in its `RULES`; `fixtures/audit/<rule>/` |
//! | something kept in the cache | `fetch/key.rs`: a `Kind` | a test of its age in `fetch/tests/caching.rs` |
//! | a command | `cli/<command>.rs` | a variant in `cli/args.rs`; a transcript in `tests/` |
//!
//! # One word for one thing
//!
//! A *declaration* is a requirement with the place that says it. A *project* is a name with its
//! files on the indexes, a *page* one index's part of it. A *candidate* is a version that can be
//! used on the *target*; one that cannot is *unfit*, with a reason. A *conflict* is the answer that
//! there is no solution; a *failure* is the outside world's; a *problem* is in the user's input.
//! A *recipe* is what a file of commands does, step by step, from a *base*.
//! A *catalog* answers the solver's questions. A *core* is a conflict from which no declaration can be
//! left out, a *repair* a change of declarations that was solved. A *flavour* is the accelerator that
//! a build of torch is for, a *limit* a bound that a package does not declare and has all the same. A
//! *baseline* is what is installed before a command, a *lapse* what a later command does to an earlier.

pub mod advisory;
pub mod audit;
pub mod binary;
pub mod cli;
pub mod explain;
pub mod facts;
pub mod fetch;
#[doc(hidden)]
pub mod fuzzing;
pub mod graph;
pub mod host;
pub mod index;
pub mod input;
pub mod lock;
pub mod matrix;
pub mod package;
pub mod repair;
pub mod report;
pub mod sequence;
pub mod solve;
pub mod source;
pub mod target;

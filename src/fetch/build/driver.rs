//! The program that calls a build backend's hooks (PEP 517) inside the isolated environment: one
//! step, told and answered in JSON files, as what is printed is the backend's own.

use serde::{Deserialize, Serialize};

/// Runs on every Python that has `venv` and `-I`.
pub(super) const DRIVER: &str = r#"
import importlib
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    job = json.load(file)
sys.path[:0] = job["backend_path"]
name, _, attributes = job["backend"].partition(":")
backend = importlib.import_module(name)
for attribute in filter(None, attributes.split(".")):
    backend = getattr(backend, attribute)
answer = {"requires": [], "metadata": None, "wheel": None}
if job["step"] == "requires":
    hook = getattr(backend, "get_requires_for_build_wheel", None)
    answer["requires"] = list(hook(None)) if hook else []
elif hasattr(backend, "prepare_metadata_for_build_wheel"):
    answer["metadata"] = backend.prepare_metadata_for_build_wheel(job["folder"], None)
else:
    answer["wheel"] = backend.build_wheel(job["folder"], None)
with open(job["answer"], "w", encoding="utf-8") as file:
    json.dump(answer, file)
"#;

/// What the driver is told.
#[derive(Debug, Serialize)]
pub(super) struct Job<'a> {
    /// `requires` or `metadata`.
    pub(super) step: &'a str,
    /// The backend, as `module:object`.
    pub(super) backend: &'a str,
    /// Folders of the source tree that the backend is imported from.
    pub(super) backend_path: &'a [String],
    /// Where metadata or a wheel is put.
    pub(super) folder: &'a str,
    /// The file for the answer.
    pub(super) answer: &'a str,
}

/// What the driver answers.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    /// What the backend needs beside what the project says.
    pub(super) requires: Vec<String>,
    /// The name of the `.dist-info` folder.
    pub(super) metadata: Option<String>,
    /// The name of the wheel.
    pub(super) wheel: Option<String>,
}

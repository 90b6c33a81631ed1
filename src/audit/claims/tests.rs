//! What is a claim, and what is none; verdicts stand in `fixtures/audit/refuted-claim`.

use super::*;
use crate::source::SourceFile;

const NAMES: &[&str] = &[
    "accelerate",
    "bitsandbytes",
    "datasets",
    "docstrange",
    "fastapi",
    "numpy",
    "optuna",
    "psutil",
    "pydantic",
    "scikit-learn",
    "scipy",
    "tokenizers",
    "torch",
    "torchvision",
];

fn read(name: &str, text: &str) -> Vec<Claim> {
    let names = NAMES.iter().map(|name| name.parse().unwrap());
    read_claims(&SourceFile::new(name, text), &Known::new(names))
}

#[track_caller]
fn check(line: &str, expected: &[&str]) {
    for (name, text) in [
        ("a.in", format!("# {line}\n")),
        ("a.md", format!("- {line}\n")),
    ] {
        let found: Vec<String> = read(name, &text)
            .iter()
            .map(|it| it.says.to_string())
            .collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn what_is_said_of_requirements_is_read() {
    check(
        "accelerate 1.0.0+ requires NumPy 2.x, stay on 0.x for NumPy 1.x compatibility",
        &["accelerate >=1.0.0 requires numpy ==2.*"],
    );
    check(
        "scipy 1.11.x is NumPy 1.x compatible (1.13.0+ requires NumPy 2.x)",
        &[
            "scipy ==1.11.* works with numpy ==1.*",
            "scipy >=1.13.0 requires numpy ==2.*",
        ],
    );
    check(
        "NOTE: docstrange requires numpy<2.0, so entire stack must stay on NumPy 1.x",
        &["docstrange requires numpy <2.0"],
    );
    check(
        "❌ accelerate >=1.0.0 (requires NumPy 2.x)",
        &["accelerate >=1.0.0 requires numpy ==2.*"],
    );
    check(
        "scipy 1.13.0+: Requires NumPy 2.x ❌",
        &["scipy >=1.13.0 requires numpy ==2.*"],
    );
    check(
        "**docstrange** requires `numpy<2.0` (hard constraint)",
        &["docstrange requires numpy <2.0"],
    );
    check(
        "scipy ≥1.13 requires NumPy 2",
        &["scipy >=1.13 requires numpy ==2.*"],
    );
    check(
        "fastapi 0.104 requires pydantic 2.5+",
        &["fastapi ==0.104.* requires pydantic >=2.5"],
    );
    check(
        "fastapi 0.104 needs pydantic 2.5 or newer.",
        &["fastapi ==0.104.* requires pydantic >=2.5"],
    );
    check(
        "NumPy 2.x required for PyTorch 2.8+",
        &["torch >=2.8 requires numpy ==2.*"],
    );
    check("psutil pulls in numpy", &["psutil brings numpy along"]);
    check(
        "psutil does not depend on numpy",
        &["psutil does without numpy"],
    );
    check(
        "tokenizers corrupt numpy",
        &["tokenizers and numpy conflict"],
    );
    check(
        "torch 2.1.0 conflicts with torchvision 0.16.0",
        &["torch ==2.1.0 and torchvision ==0.16.0 conflict"],
    );
    check(
        "torch 2.1.0 + torchvision 0.16.0 conflict",
        &["torch ==2.1.0 and torchvision ==0.16.0 conflict"],
    );
    check(
        "sklearn 1.5 works with numpy 1.26-2.1",
        &["scikit-learn ==1.5.* works with numpy >=1.26,<=2.1"],
    );
}

#[test]
fn what_is_said_of_builds_is_read() {
    check(
        "RTX 5090 (compute capability 9.0)",
        &["the compute capability of RTX 5090 is 9.0"],
    );
    check(
        "RTX 5090 = CC 9.0, works with torch ≥2.3.0/cu121",
        &[
            "the compute capability of RTX 5090 is 9.0",
            "torch >=2.3.0 (cu121) runs on RTX 5090",
        ],
    );
    check(
        "PyTorch 2.8.0 STABLE for RTX 5090 (sm_120) support",
        &["torch ==2.8.0 runs on RTX 5090"],
    );
    check(
        "torch 2.3.1 = py3.8–3.11",
        &["torch ==2.3.1 is for Python 3.8 to 3.11"],
    );
    check(
        "torch 2.3.1 supports Python 3.8 to 3.11",
        &["torch ==2.3.1 is for Python 3.8 to 3.11"],
    );
    check(
        "torch on 3.13 starts at 2.6.0",
        &["torch 2.6.0 is the first for Python 3.13"],
    );
    check(
        "Only torch 2.5.0+ supports Python 3.13.",
        &["torch 2.5.0 is the first for Python 3.13"],
    );
    check(
        "Python 3.13 requires torch 2.6.0+",
        &["torch 2.6.0 is the first for Python 3.13"],
    );
    check(
        "torch 2.6.0 is the first release with Python 3.13 wheels",
        &["torch 2.6.0 is the first for Python 3.13"],
    );
    check(
        "PyTorch from PyPI is CPU-only.",
        &["torch of PyPI is for the CPU alone"],
    );
    check(
        "plain PyPI torch is CPU-only on Windows",
        &["torch of PyPI is for the CPU alone on Windows x86_64"],
    );
}

#[test]
fn what_is_narrowed_taken_back_or_asked_is_no_claim() {
    for line in [
        "if accelerate 1.0.0+ requires NumPy 2.x, stay",
        "accelerate 1.0.0+ may require NumPy 2.x",
        "accelerate 1.0.0+ requires NumPy 2.x on Windows",
        "does accelerate 1.0.0+ requires NumPy 2.x?",
        "not that scipy 1.13 requires NumPy 2",
        "scipy requires numpy",
        "something 1.0 requires numpy 2",
        "scipy 1.13 requires a numpy 2",
        "numpy works with everything",
        "linux-aarch64 PyPI torch is CPU-only",
        "PyPI torch is CPU-only on macOS",
        "BitsAndBytes 0.48.0 for PyTorch 2.8.0 compatibility (released 2 weeks ago)",
        "CRITICAL: accelerate 1.0+ for NumPy 2.x compatibility",
        "torch>=2.1.0   # For Python 3.13 compatibility",
        "Compatible with PyTorch 2.3-2.8+, CUDA 13.0 support",
    ] {
        check(line, &[]);
    }
}

#[test]
fn tables_of_documents_are_read() {
    let table = "| Package | Version | Python 3.10 | pydantic 2.x | Status |\n|---|---|---|---|---|\n\
        | torch | 2.3.1 | ✅ 3.8-3.11 | N/A | Compatible |\n\
        | fastapi | 0.104.0-0.115.0 | ✅ 3.8+ | ✅ 2.5+ required | Compatible |\n\n\
        | GPU Model | Architecture | Compute Capability | CUDA 12.4.1 |\n|---|---|---|---|\n\
        | RTX 5090 | Blackwell | 9.0 | ✅ Required |\n";
    let found = read("a.md", table);
    let told: Vec<String> = found.iter().map(|it| it.says.to_string()).collect();

    assert_eq!(
        told,
        [
            "torch ==2.3.1 is for Python 3.8 to 3.11",
            "fastapi >=0.104.0,<=0.115.0 requires pydantic >=2.5",
            "the compute capability of RTX 5090 is 9.0",
        ]
    );
    assert_eq!(found[1].origin.text(), "✅ 2.5+ required");
    assert_eq!(read("a.in", table), []);
}

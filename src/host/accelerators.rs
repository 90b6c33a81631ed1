//! The GPUs of this machine and their driver, told by what NVIDIA's driver leaves in the file
//! system and by `nvidia-smi`. Nothing there is an answer, too: no GPU that torch could use.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ask::ask;
use super::probe::executable;
use crate::target::{Capability, DriverVersion};

/// How long `nvidia-smi` may take: it wakes every GPU, and there may be eight.
const PATIENCE: Duration = Duration::from_secs(15);

/// What `nvidia-smi` is asked; the versions of it that do not know `compute_cap` fail.
const QUESTIONS: [&str; 2] = ["name,compute_cap,driver_version", "name,driver_version"];

/// Where the driver is on Windows' own Linux, whatever the `PATH` says.
const WSL_FOLDER: &str = "/usr/lib/wsl/lib";

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundAccelerators {
    /// The version of NVIDIA's driver.
    pub driver: Option<DriverVersion>,
    /// The GPUs, each kind once.
    pub gpus: Vec<FoundGpu>,
}

/// A GPU as the driver names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundGpu {
    /// Its name, such as `NVIDIA RTX A4000`.
    pub name: String,
    /// Its compute capability, where the driver told it.
    pub capability: Option<Capability>,
}

/// Looks for them on this machine.
pub fn probe_accelerators() -> FoundAccelerators {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    let folders = folders.chain([PathBuf::from(WSL_FOLDER)]);
    let program = executable("nvidia-smi");
    probe(&Places {
        driver_files: match cfg!(target_os = "linux") {
            true => vec![
                "/proc/driver/nvidia/version".into(),
                "/sys/module/nvidia/version".into(),
            ],
            false => Vec::new(),
        },
        gpu_folder: "/proc/driver/nvidia/gpus".into(),
        program: folders
            .map(|folder| folder.join(&program))
            .find(|path| path.is_file()),
    })
}

/// Where to look.
struct Places {
    driver_files: Vec<PathBuf>,
    /// A folder for each GPU, with a file `information`.
    gpu_folder: PathBuf,
    /// `nvidia-smi`.
    program: Option<PathBuf>,
}

fn probe(places: &Places) -> FoundAccelerators {
    let mut found = places
        .program
        .as_deref()
        .map(told_by_program)
        .unwrap_or_default();
    let texts = places
        .driver_files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok());
    // The program tells its own version, which may be newer than the module that is loaded.
    let loaded = texts.filter_map(|text| driver_in(&text)).next();
    found.driver = loaded.or(found.driver);
    if found.gpus.is_empty() {
        found.gpus = gpus_in_folder(&places.gpu_folder);
    }
    found
}

fn told_by_program(program: &Path) -> FoundAccelerators {
    let answers = QUESTIONS.iter().filter_map(|fields| {
        let query = format!("--query-gpu={fields}");
        let answer = ask(program, &[&query, "--format=csv,noheader"], PATIENCE).ok()?;
        answer.is_success.then(|| in_rows(&answer.output))
    });
    answers
        .into_iter()
        .find(|found| !found.gpus.is_empty())
        .unwrap_or_default()
}

/// Reads `NVIDIA RTX A4000, 8.6, 550.54.15` in each line; the middle may be missing.
fn in_rows(text: &str) -> FoundAccelerators {
    let mut found = FoundAccelerators::default();
    for line in text.lines() {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let [name, middle @ .., driver] = fields.as_slice() else {
            continue;
        };
        let Ok(driver) = driver.parse() else {
            continue;
        };
        found.driver = Some(driver);
        found.add(FoundGpu {
            name: (*name).to_owned(),
            capability: middle.first().and_then(|text| text.parse().ok()),
        });
    }
    found
}

/// Finds the version in `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar …`, or
/// in a text that is nothing else.
fn driver_in(text: &str) -> Option<DriverVersion> {
    let line = text.lines().next()?;
    let mut words = line.split_whitespace().filter(|word| word.contains('.'));
    words.find_map(|word| word.parse().ok())
}

fn gpus_in_folder(folder: &Path) -> Vec<FoundGpu> {
    let folders = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = folders
        .map(|folder| folder.path().join("information"))
        .collect();
    files.sort();
    let mut found = FoundAccelerators::default();
    for file in files {
        let text = fs::read_to_string(file).unwrap_or_default();
        let model = text.lines().find_map(|line| line.strip_prefix("Model:"));
        if let Some(name) = model.map(str::trim).filter(|name| !name.is_empty()) {
            found.add(FoundGpu {
                name: name.to_owned(),
                capability: None,
            });
        }
    }
    found.gpus
}

impl FoundAccelerators {
    fn add(&mut self, gpu: FoundGpu) {
        if !self.gpus.contains(&gpu) {
            self.gpus.push(gpu);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(found: &FoundAccelerators) -> String {
        let gpus = found.gpus.iter().map(|gpu| match gpu.capability {
            Some(capability) => format!("{} ({capability})", gpu.name),
            None => gpu.name.clone(),
        });
        let driver = found.driver.iter().map(ToString::to_string);
        gpus.chain(driver).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn each_kind_of_gpu_in_the_rows_counts_once() {
        let cases = [
            (
                "NVIDIA RTX A4000, 8.6, 550.54.15\nNVIDIA RTX A4000, 8.6, 550.54.15\n",
                "NVIDIA RTX A4000 (sm_86), 550.54.15",
            ),
            (
                "Tesla V100-SXM2-16GB, 7.0, 535.104.05\r\nNVIDIA GeForce RTX 5090, 12.0, 535.104.05\r\n",
                "Tesla V100-SXM2-16GB (sm_70), NVIDIA GeForce RTX 5090 (sm_120), 535.104.05",
            ),
            ("GeForce GTX 980, 450.80.02\n", "GeForce GTX 980, 450.80.02"),
            ("GRID K1, [N/A], 367.134\n", "GRID K1, 367.134"),
            ("No devices were found\n", ""),
            ("", ""),
        ];

        for (text, expected) in cases {
            assert_eq!(told(&in_rows(text)), expected);
        }
    }

    #[test]
    fn the_kernel_module_tells_the_driver() {
        let cases = [
            (
                "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\n\
                 GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n",
                Some("550.54.15"),
            ),
            (
                "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.10  Release Build  (a@b)\n",
                Some("570.86.10"),
            ),
            ("535.54.03\n", Some("535.54.03")),
            ("NVRM version: none\n", None),
            ("", None),
        ];

        for (text, expected) in cases {
            let driver = driver_in(text).map(|driver| driver.to_string());
            assert_eq!(driver.as_deref(), expected);
        }
    }

    #[test]
    fn without_the_program_the_names_and_the_driver_are_files() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("version", "550.54.15\n");
        for gpu in ["0000:01:00.0", "0000:02:00.0"] {
            let path = format!("gpus/{gpu}/information");
            write(&path, "Model: \t\t NVIDIA RTX A4000\nIRQ:   \t\t 16\n");
        }
        let places = |name: &str| Places {
            driver_files: vec![folder.path().join("none"), folder.path().join(name)],
            gpu_folder: folder.path().join("gpus"),
            program: Some(folder.path().join("none")),
        };

        assert_eq!(
            told(&probe(&places("version"))),
            "NVIDIA RTX A4000, 550.54.15"
        );
        fs::remove_dir_all(folder.path().join("gpus")).unwrap();
        assert_eq!(probe(&places("none")), FoundAccelerators::default());
    }

    #[cfg(unix)]
    #[test]
    fn the_program_is_asked_again_without_what_it_does_not_know() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("nvidia-smi");
        let script = "#!/bin/sh\n\
                      case $1 in *compute_cap*) echo 'no such field'; exit 2;; esac\n\
                      echo 'Tesla K80, 450.80.02'\n";
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let places = Places {
            driver_files: Vec::new(),
            gpu_folder: folder.path().join("gpus"),
            program: Some(program),
        };

        assert_eq!(told(&probe(&places)), "Tesla K80, 450.80.02");
    }
}

//! Brings the texts of the surroundings: the environment, pip's configuration files, netrc; and
//! looks which of the files and folders that they name are there.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use crate::input::{self, Ambient, AmbientTexts, Said, Variables};
use crate::package::{Secret, Timestamp};
use crate::source::{Problem, SourceFile};

/// Reads what this machine says; `folder` is the current folder, absolute.
pub fn read_ambient(folder: &Path, now: Timestamp) -> Ambient {
    let (variables, mut problems) = decoded(env::vars_os());
    let home = env::home_dir().filter(|home| home.is_absolute());
    let files = config_files(Customs::HERE, &variables, home.as_deref());
    let pip_files = read_texts(&files, &mut problems);
    let netrc = read_netrc(&variables, home.as_deref(), &mut problems);
    let mut ambient = input::read_ambient(AmbientTexts {
        variables,
        pip_files,
        netrc,
        folder: folder.to_owned(),
        home,
        now,
    });
    problems.append(&mut ambient.problems);
    ambient.problems = problems;
    keep_what_is_there(&mut ambient, folder);
    ambient
}

/// Whose customs count for the places of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Customs {
    Linux,
    MacOs,
    Windows,
}

impl Customs {
    const HERE: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_os = "macos") {
        Self::MacOs
    } else {
        Self::Linux
    };

    fn file_name(self) -> &'static str {
        match self {
            Self::Linux | Self::MacOs => "pip.conf",
            Self::Windows => "pip.ini",
        }
    }

    fn null_device(self) -> &'static str {
        match self {
            Self::Linux | Self::MacOs => "/dev/null",
            Self::Windows => "nul",
        }
    }
}

/// Takes the variables that are text; of the others, those that would mean something to us are
/// told. Windows does not tell names apart by case.
fn decoded(variables: impl Iterator<Item = (OsString, OsString)>) -> (Variables, Vec<Problem>) {
    let mut texts = Vec::new();
    let mut problems = Vec::new();
    for (name, value) in variables {
        let Ok(name) = name.into_string() else {
            continue;
        };
        let name = match Customs::HERE {
            Customs::Windows => name.to_uppercase(),
            Customs::Linux | Customs::MacOs => name,
        };
        match value.into_string() {
            Ok(value) => texts.push((name, value)),
            Err(_)
                if ["PIP_", "PYAUDIT_", "UV_"]
                    .iter()
                    .any(|of| name.starts_with(of)) =>
            {
                problems.push(Problem::anywhere(format!("`{name}` is not UTF-8")));
            }
            Err(_) => {}
        }
    }
    (Variables::new(texts), problems)
}

/// Returns where pip looks for its configuration, weakest first.
fn config_files(customs: Customs, variables: &Variables, home: Option<&Path>) -> Vec<PathBuf> {
    let folder = |name: &str| {
        let text = variables.get(name)?.trim();
        (!text.is_empty()).then(|| PathBuf::from(text))
    };
    let named = folder("PIP_CONFIG_FILE");
    if named.as_deref() == Some(Path::new(customs.null_device())) {
        return Vec::new();
    }
    let mut folders: Vec<PathBuf> = match customs {
        Customs::Linux => {
            let folders = variables
                .get("XDG_CONFIG_DIRS")
                .filter(|text| !text.is_empty());
            let folders = folders.unwrap_or("/etc/xdg").split(':');
            let folders = folders.filter(|folder| !folder.is_empty());
            let mut folders: Vec<_> = folders.map(|at| Path::new(at).join("pip")).collect();
            folders.push("/etc".into());
            folders
        }
        Customs::MacOs => vec!["/Library/Application Support/pip".into()],
        Customs::Windows => folder("PROGRAMDATA")
            .map(|at| at.join("pip"))
            .into_iter()
            .collect(),
    };
    if !named.as_ref().is_some_and(|named| named.exists()) {
        folders.extend(home.map(|home| match customs {
            Customs::Linux | Customs::MacOs => home.join(".pip"),
            Customs::Windows => home.join("pip"),
        }));
        let config = || home.map(|home| home.join(".config"));
        let user = match customs {
            Customs::Linux => folder("XDG_CONFIG_HOME").or_else(config),
            Customs::MacOs => home
                .map(|home| home.join("Library/Application Support"))
                .filter(|support| support.join("pip").is_dir())
                .or_else(config),
            Customs::Windows => folder("APPDATA"),
        };
        folders.extend(user.map(|user| user.join("pip")));
    }
    folders.extend(folder("VIRTUAL_ENV").or_else(|| folder("CONDA_PREFIX")));
    let files = folders
        .into_iter()
        .map(|folder| folder.join(customs.file_name()));
    files.chain(named).collect()
}

/// Reads the files that are there.
fn read_texts(files: &[PathBuf], problems: &mut Vec<Problem>) -> Vec<Arc<SourceFile>> {
    let texts = files.iter().filter_map(|file| {
        let text = read_text(file, problems)?;
        Some(SourceFile::new(file.display().to_string(), text))
    });
    texts.collect()
}

/// Reads netrc as pip does: `NETRC` names it, else it lies in the home folder under one of two
/// names.
fn read_netrc(
    variables: &Variables,
    home: Option<&Path>,
    problems: &mut Vec<Problem>,
) -> Option<Secret> {
    let files = match variables.get("NETRC").filter(|text| !text.is_empty()) {
        Some(named) => vec![PathBuf::from(named)],
        None => [".netrc", "_netrc"]
            .iter()
            .filter_map(|name| Some(home?.join(name)))
            .collect(),
    };
    let mut texts = files.iter().filter_map(|file| read_text(file, problems));
    texts.next().map(Secret::new)
}

/// Reads a text; one that is not there is no problem. What is not UTF-8 in it cannot be part of
/// any address, so that its place is told by who reads that.
fn read_text(file: &Path, problems: &mut Vec<Problem>) -> Option<String> {
    match fs::read(file) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            None
        }
        Err(error) => {
            let message = format!("could not read `{}`: {error}", file.display());
            problems.push(Problem::anywhere(message).as_warning());
            None
        }
    }
}

/// Leaves out folders of links that are not there, as pip does, and certificates that are not
/// there, as uv does; what `PYAUDIT_…` names is meant for us and stays, to be missed. Tells files
/// of certificates from folders, which bundle variables may name, too.
fn keep_what_is_there(ambient: &mut Ambient, folder: &Path) {
    let problems = &mut ambient.problems;
    ambient.find_links.retain(|said| {
        let url = said.value.secret();
        let path = (url.scheme() == "file")
            .then(|| url.to_file_path().ok())
            .flatten();
        path.is_none_or(|path| is_there(said, &path, problems))
    });
    for said in ambient
        .cert_files
        .iter_mut()
        .chain(&mut ambient.cert_folders)
    {
        said.value = folder.join(&said.value);
    }
    ambient
        .cert_files
        .retain(|said| is_there(said, &said.value, problems));
    ambient
        .cert_folders
        .retain(|said| is_there(said, &said.value, problems));
    let folders = ambient
        .cert_files
        .extract_if(.., |said| said.value.is_dir());
    ambient.cert_folders.extend(folders);
}

fn is_there<T>(said: &Said<T>, path: &Path, problems: &mut Vec<Problem>) -> bool {
    if said.by.starts_with("PYAUDIT_") || path.exists() {
        return true;
    }
    let message = format!(
        "`{}` names `{}`, which does not exist",
        said.by,
        path.display()
    );
    let help = "It is left out.";
    problems.push(Problem::anywhere(message).with_help(help).as_warning());
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(variables: &[(&str, &str)]) -> Variables {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Variables::new(variables.iter().map(owned))
    }

    #[track_caller]
    fn check(customs: Customs, said: &[(&str, &str)], expected: &[&str]) {
        let files = config_files(customs, &variables(said), Some(Path::new("/home/me")));
        let files: Vec<String> = files
            .iter()
            .map(|file| file.display().to_string().replace('\\', "/"))
            .collect();

        assert_eq!(files, expected);
    }

    #[test]
    fn configuration_files_are_looked_for_where_pip_looks() {
        check(
            Customs::Linux,
            &[("VIRTUAL_ENV", "/venv"), ("PIP_CONFIG_FILE", "/nowhere/x")],
            &[
                "/etc/xdg/pip/pip.conf",
                "/etc/pip.conf",
                "/home/me/.pip/pip.conf",
                "/home/me/.config/pip/pip.conf",
                "/venv/pip.conf",
                "/nowhere/x",
            ],
        );
        check(
            Customs::Linux,
            &[("XDG_CONFIG_HOME", "/cfg"), ("XDG_CONFIG_DIRS", "/a:/b")],
            &[
                "/a/pip/pip.conf",
                "/b/pip/pip.conf",
                "/etc/pip.conf",
                "/home/me/.pip/pip.conf",
                "/cfg/pip/pip.conf",
            ],
        );
        check(
            Customs::MacOs,
            &[],
            &[
                "/Library/Application Support/pip/pip.conf",
                "/home/me/.pip/pip.conf",
                "/home/me/.config/pip/pip.conf",
            ],
        );
        check(
            Customs::Windows,
            &[("PROGRAMDATA", "/data"), ("APPDATA", "/roaming")],
            &[
                "/data/pip/pip.ini",
                "/home/me/pip/pip.ini",
                "/roaming/pip/pip.ini",
            ],
        );
        check(Customs::Linux, &[("PIP_CONFIG_FILE", "/dev/null")], &[]);
    }

    #[test]
    fn a_file_named_by_variable_takes_the_place_of_the_users_own() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let named = file.path().display().to_string();

        let said = variables(&[("PIP_CONFIG_FILE", &named)]);
        let files = config_files(Customs::Linux, &said, Some(Path::new("/home/me")));
        let expected = ["/etc/xdg/pip/pip.conf", "/etc/pip.conf", &named];
        assert_eq!(files, expected.map(PathBuf::from));
    }

    #[test]
    fn what_the_surroundings_name_and_is_not_there_is_left_out_with_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), "").unwrap();
        fs::create_dir(folder.path().join("wheels")).unwrap();
        let mut ambient = input::read_ambient(AmbientTexts {
            variables: variables(&[
                ("PIP_FIND_LINKS", "wheels gone https://files.example/x"),
                ("REQUESTS_CA_BUNDLE", "wheels"),
            ]),
            pip_files: Vec::new(),
            netrc: None,
            folder: folder.path().to_owned(),
            home: None,
            now: Timestamp::from_seconds(0),
        });

        keep_what_is_there(&mut ambient, folder.path());

        assert_eq!(ambient.find_links.len(), 2);
        assert_eq!(ambient.cert_files, []);
        assert_eq!(ambient.cert_folders[0].value, folder.path().join("wheels"));
        assert_eq!(ambient.problems.len(), 1);
        assert!(!ambient.problems[0].is_error());
        assert!(
            ambient.problems[0]
                .message
                .starts_with("`PIP_FIND_LINKS` names `")
        );
    }

    #[test]
    fn netrc_is_read_from_where_it_is_named_or_from_home() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("_netrc"), "at home").unwrap();
        fs::write(home.path().join("other"), "elsewhere").unwrap();
        let other = home.path().join("other").display().to_string();
        let read = |said: &[(&str, &str)]| {
            let mut problems = Vec::new();
            let netrc = read_netrc(&variables(said), Some(home.path()), &mut problems);
            assert_eq!(problems, []);
            netrc.map(|text| text.reveal().to_owned())
        };

        assert_eq!(read(&[]).as_deref(), Some("at home"));
        assert_eq!(read(&[("NETRC", &other)]).as_deref(), Some("elsewhere"));
        assert_eq!(read(&[("NETRC", "/nowhere/netrc")]), None);
    }
}

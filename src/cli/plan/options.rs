//! Which options a typed command may have: those of its installer. One that is pyaudit's, or nobody's,
//! would be passed over in silence, and the plan would be of another command.

use clap::CommandFactory as _;

use crate::cli::args::Cli;
use crate::source::Problem;

/// Options of pip's `install` and `uninstall`, and those of all its commands.
const OF_PIP: &[&str] = &[
    "--abi",
    "--all-releases",
    "--break-system-packages",
    "--build-constraint",
    "--cache-dir",
    "--cert",
    "--check-build-dependencies",
    "--client-cert",
    "--compile",
    "--config-setting",
    "--config-settings",
    "--constraint",
    "--debug",
    "--disable-pip-version-check",
    "--dry-run",
    "--editable",
    "--exists-action",
    "--extra-index-url",
    "--find-links",
    "--force-reinstall",
    "--global-option",
    "--group",
    "--help",
    "--ignore-installed",
    "--ignore-requires-python",
    "--implementation",
    "--index-url",
    "--isolated",
    "--keyring-provider",
    "--log",
    "--no-binary",
    "--no-build-isolation",
    "--no-cache-dir",
    "--no-clean",
    "--no-color",
    "--no-compile",
    "--no-deps",
    "--no-dependencies",
    "--no-index",
    "--no-input",
    "--no-python-version-warning",
    "--no-use-pep517",
    "--no-user",
    "--no-warn-conflicts",
    "--no-warn-script-location",
    "--only-binary",
    "--only-final",
    "--platform",
    "--pre",
    "--prefer-binary",
    "--prefix",
    "--progress-bar",
    "--proxy",
    "--pypi-url",
    "--python",
    "--python-version",
    "--quiet",
    "--report",
    "--require-hashes",
    "--require-virtualenv",
    "--requirement",
    "--requirements-from-script",
    "--resume-retries",
    "--retries",
    "--root",
    "--root-user-action",
    "--src",
    "--source",
    "--source-dir",
    "--source-directory",
    "--target",
    "--timeout",
    "--trusted-host",
    "--upgrade",
    "--upgrade-strategy",
    "--uploaded-prior-to",
    "--use-deprecated",
    "--use-feature",
    "--use-pep517",
    "--user",
    "--verbose",
    "--version",
    "--yes",
];

/// Options of `uv pip` that pip does not have.
const OF_UV: &[&str] = &[
    "--all-extras",
    "--allow-insecure-host",
    "--allow-empty-requirements",
    "--build-constraints",
    "--check",
    "--color",
    "--compile-bytecode",
    "--config-file",
    "--config-settings-package",
    "--constraints",
    "--default-index",
    "--directory",
    "--exact",
    "--exclude-newer",
    "--exclude-newer-package",
    "--excludes",
    "--extra",
    "--fork-strategy",
    "--index",
    "--index-strategy",
    "--link-mode",
    "--managed-python",
    "--native-tls",
    "--no-break-system-packages",
    "--no-build",
    "--no-build-isolation-package",
    "--no-cache",
    "--no-config",
    "--no-editable",
    "--no-editable-package",
    "--no-managed-python",
    "--no-progress",
    "--no-python-downloads",
    "--no-sources",
    "--no-sources-package",
    "--no-system",
    "--no-verify-hashes",
    "--offline",
    "--output-format",
    "--override",
    "--overrides",
    "--prerelease",
    "--prerelease-package",
    "--preview",
    "--preview-features",
    "--project",
    "--python-platform",
    "--refresh",
    "--refresh-package",
    "--reinstall",
    "--reinstall-package",
    "--require-build-hashes",
    "--requirements",
    "--resolution",
    "--strict",
    "--system",
    "--system-certs",
    "--torch-backend",
    "--upgrade-group",
    "--upgrade-package",
];

/// Options that say where a command runs. A plan knows that from pyaudit's own.
const OF_PLACE: &[&str] = &[
    "--platform",
    "--python",
    "--python-platform",
    "--python-version",
];

/// Options that install elsewhere: such a command is left out.
const ELSEWHERE: &[&str] = &["--target", "--prefix", "--root", "-t"];

/// The verbs of the commands that are looked at.
const VERBS: &[&str] = &["install", "uninstall", "sync"];

/// Refuses the first option of a command that its installer does not have.
pub(super) fn hold_to_installer(words: &[String]) -> Result<(), Problem> {
    let Some(verb) = words.iter().position(|it| VERBS.contains(&it.as_str())) else {
        return Ok(());
    };
    let is_uv = words[..verb].iter().any(|it| program(it) == "uv");
    let behind = &words[verb + 1..];
    let options = behind.iter().take_while(|it| *it != "--");
    let mut names = options.map(|word| name(word));
    let reads_file = |it| matches!(it, "-r" | "--requirement" | "--requirements");
    if words[verb] == "uninstall" && names.clone().any(reads_file) {
        let message = "a plan does not read the files of `uninstall`";
        return Err(Problem::anywhere(message).with_help("Name the packages."));
    }
    let goes_elsewhere = names.clone().any(|it| ELSEWHERE.contains(&it));
    let wrong = names.find(|name| {
        let is_of_place = OF_PLACE.contains(name) && !goes_elsewhere;
        name.starts_with("--") && (is_of_place || !is_known(name, is_uv))
    });
    match wrong {
        None => Ok(()),
        Some(name) => Err(refusal(name, &words[verb], is_uv)),
    }
}

/// Returns the name of a program without its folders.
fn program(word: &str) -> &str {
    word.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// Returns an option without its value.
fn name(word: &str) -> &str {
    word.split_once('=').map_or(word, |(name, _)| name)
}

/// pip takes the beginning of an option for all of it.
fn is_known(name: &str, is_uv: bool) -> bool {
    match is_uv {
        true => OF_PIP.contains(&name) || OF_UV.contains(&name),
        false => OF_PIP.iter().any(|known| known.starts_with(name)),
    }
}

fn refusal(name: &str, verb: &str, is_uv: bool) -> Problem {
    let installer = if is_uv { "uv pip" } else { "pip" };
    if !is_own(name) {
        let message = format!("`{installer} {verb}` has no option `{name}`");
        return Problem::anywhere(message);
    }
    let message = match is_known(name, is_uv) {
        true => {
            format!("`{name}` behind the command is {installer}'s, and a plan does not heed it")
        }
        false => {
            format!("`{name}` stands behind the command, and `{installer} {verb}` does not have it")
        }
    };
    let help = format!(
        "Options of pyaudit stand before the command of {installer}: `pyaudit plan {name} … \
         {installer} {verb} …`."
    );
    Problem::anywhere(message).with_help(help)
}

/// Whether `pyaudit plan` has an option.
fn is_own(name: &str) -> bool {
    let mut cli = Cli::command();
    cli.build();
    let plan = cli.find_subcommand("plan").into_iter();
    let mut arguments = plan.chain([&cli]).flat_map(|it| it.get_arguments());
    let name = name.trim_start_matches('-');
    arguments.any(|argument| {
        let aliases = argument.get_all_aliases().unwrap_or_default();
        argument.get_long() == Some(name) || aliases.contains(&name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(command: &str) -> Option<String> {
        let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
        hold_to_installer(&words).err().map(|it| it.message)
    }

    #[test]
    fn options_of_the_installer_pass() {
        for command in [
            "pip install -U --upgrade-strategy eager a",
            "pip install --no-cache-dir --index-url=https://index.example/simple a",
            "pip install --upg a",
            "python -m pip uninstall -y a",
            "uv pip install --reinstall-package a --offline b",
            "pip install --target lib --platform win_amd64 a",
            "pip install -- --nonsense",
        ] {
            assert_eq!(said(command), None, "{command}");
        }
    }

    #[test]
    fn files_of_what_is_to_go_are_not_passed_over() {
        let said = said("pip uninstall -y -r requirements.txt");
        assert_eq!(
            said.as_deref(),
            Some("a plan does not read the files of `uninstall`")
        );
    }

    #[test]
    fn other_options_are_named() {
        for (command, name) in [
            ("pip install a --baseline machine.freeze", "--baseline"),
            ("pip install a --env=.venv", "--env"),
            ("pip install a --python 3.9 --nonsense", "--python"),
            (
                "uv pip install a --python-platform linux",
                "--python-platform",
            ),
            ("pip install a --nonsense", "--nonsense"),
            ("pip install a --offline", "--offline"),
            ("pip uninstall --torch-backend cpu a", "--torch-backend"),
        ] {
            let said = said(command).unwrap_or_default();
            assert!(said.contains(&format!("`{name}`")), "{command}: {said}");
        }
    }
}

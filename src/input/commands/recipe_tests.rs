//! What files do, stage by stage, with the files of the project that they read.

use super::*;

/// Tells a build step by step: the layer, what is done, and the files.
fn told(build: &Build<'_>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    if let Some(image) = build.base {
        let platform = image.platform.as_ref().map(|it| format!(" {}", it.text));
        let platform = platform.unwrap_or_default();
        let sign = if image.name.is_literal { "" } else { "?" };
        lines.push(format!("from {sign}{}{platform}", image.name.text));
    }
    let words = |names: &[Argument]| {
        let names: Vec<&str> = names.iter().map(|it| it.text.as_str()).collect();
        names.join(" ")
    };
    for step in &build.steps {
        let done = match &step.action {
            Action::Install(command) => format!("install {}", words(&command.requirements)),
            Action::Uninstall(names) => format!("uninstall {}", words(names)),
            Action::SystemPackages(names) => format!("system {}", words(names)),
            Action::Sync(sync) => format!("sync {:?}", sync.syncer),
            Action::Python(version) => format!("python {}", version.text),
            Action::Take(stage) => format!("take {stage}"),
        };
        let files = step.files.iter().map(|it| {
            let role = match it.role {
                FileRole::Requirements => "-r",
                FileRole::Constraints => "-c",
                FileRole::Project => "-e",
                FileRole::Lock => "lock",
            };
            format!(" {role} {:?}", it.paths)
        });
        let files: String = files.collect();
        lines.push(format!("{} {}{files}", step.layer, done.trim_end()));
    }
    lines
}

fn recipe(name: &str, text: &str) -> Recipe {
    let reader = command_reader_of(name).unwrap();
    (reader.read)(&SourceFile::new(name, text), &Calls::default())
}

#[track_caller]
fn check(text: &str, stage: Option<&str>, expected: &[&str]) {
    let recipe = recipe("Dockerfile", text);

    assert_eq!(told(&recipe.build(stage).unwrap()), expected, "{text}");
}

#[test]
fn a_stage_goes_on_from_the_stage_it_is_built_on() {
    let text = "FROM python:3.11 AS base\nRUN pip install a\nFROM base AS dev\nRUN pip install b\n\
                FROM base\nENV X=1\nRUN pip install c==$X\n";
    check(
        text,
        None,
        &["from python:3.11", "2 install a", "7 install c==1"],
    );
    check(
        text,
        Some("DEV"),
        &["from python:3.11", "2 install a", "4 install b"],
    );
    check(text, Some("0"), &["from python:3.11", "2 install a"]);
    assert!(recipe("Dockerfile", text).build(Some("none")).is_none());
}

#[test]
fn calls_count_together_and_each_by_the_function_it_decorates() {
    let text = "@remote(dependencies=[\"a\", \"b\"])\ndef one(): ...\n\n\
                @remote(dependencies=[\"c\"])\ndef two(): ...\n";
    let recipe = recipe("app.py", text);
    let built = |stage| told(&recipe.build(stage).unwrap());

    assert_eq!(built(None), ["1 install a b", "2 install c"]);
    assert_eq!(built(Some("one")), ["1 install a b"]);
    assert_eq!(built(Some("two")), ["2 install c"]);
}

#[test]
fn an_environment_that_is_copied_from_a_stage_brings_its_steps() {
    let text = "FROM python:3.11 AS builder\nRUN pip install a\nFROM python:3.11-slim\n\
                RUN pip install b\nCOPY --from=builder /opt/venv /opt/venv\nCOPY --from=builder /app/x /x\n";
    check(
        text,
        None,
        &["from python:3.11-slim", "4 install b", "2 install a"],
    );
}

#[test]
fn arguments_and_variables_count_as_the_builder_counts_them() {
    check(
        "ARG CUDA=12.1.1\nARG BASE=nvidia/cuda:${CUDA}-runtime-${OS:-ubuntu22.04}\nFROM --platform=linux/arm64 $BASE\n\
         ARG CUDA\nENV T=1\nARG T=2\nRUN pip install a==$CUDA b==$T c==${V:-3} d==${T:+4}",
        None,
        &[
            "from nvidia/cuda:12.1.1-runtime-ubuntu22.04 linux/arm64",
            "7 install a==12.1.1 b==1 c==3 d==4",
        ],
    );
    check(
        "FROM $X\nRUN V=1; pip install a==$V",
        None,
        &["from ?${X}", "2 install a==1"],
    );
}

#[test]
fn all_kinds_of_steps_are_told_in_order() {
    check(
        "FROM a\nRUN apt-get update && apt-get install -y --no-install-recommends -t stable libgl1=1.2 python3-pip:amd64\n\
         RUN apk add --no-cache --virtual .build gcc~=1 && pip uninstall -y a b\n\
         RUN uv python install 3.12 && uv venv --python=3.11 && uv sync --frozen\n\
         RUN uv pip sync r.txt; poetry -C x install; pipenv install a",
        None,
        &[
            "from a",
            "2 system libgl1 python3-pip",
            "3 system gcc",
            "3 uninstall a b",
            "4 python 3.12",
            "4 python 3.11",
            "4 sync Uv -e [] lock []",
            "5 install -r []",
            "5 sync Poetry -e [] lock []",
        ],
    );
}

#[test]
fn files_are_told_where_they_stand_in_the_project() {
    check(
        "FROM a\nWORKDIR /app\nCOPY requirements.txt reqs/*.txt ./\nCOPY c.txt /tmp/k.txt\n\
         RUN pip install -r requirements.txt -c /tmp/k.txt\nRUN pip install -r gpu.txt -r /etc/x.txt\n\
         COPY . .\nRUN cd sub && pip install -e .[x] -r ../../../y",
        None,
        &[
            "from a",
            "5 install -r [\"reqs/requirements.txt\", \"requirements.txt\"] -c [\"c.txt\"]",
            "6 install -r [\"reqs/gpu.txt\"] -r []",
            "8 install -r [] -e [\"sub\"]",
        ],
    );
    check(
        "FROM a\nRUN --mount=type=bind,source=r.txt,target=/tmp/r.txt --mount=type=cache,target=/root/.cache \
         pip install -r /tmp/r.txt",
        None,
        &["from a", "2 install -r [\"r.txt\"]"],
    );
}

#[test]
fn a_lock_is_taken_from_where_it_was_copied() {
    check(
        "FROM a\nWORKDIR /app\nCOPY api/pyproject.toml api/uv.lock ./\nRUN uv sync --frozen\n\
         RUN --mount=type=bind,source=uv.lock,target=uv.lock uv sync --project sub",
        None,
        &[
            "from a",
            "4 sync Uv -e [\"api/pyproject.toml\"] lock [\"api/uv.lock\"]",
            "5 sync Uv -e [] lock []",
        ],
    );
}

#[test]
fn what_a_here_document_makes_does_not_come_from_the_project() {
    check(
        "FROM a\nCOPY <<EOF /r.txt\nRUN pip install no\nEOF\nRUN pip install -r /r.txt",
        None,
        &["from a", "3 install -r []"],
    );
}

#[test]
fn a_notebook_fills_in_what_is_literal() {
    let text = r#"{"cells": [
        {"cell_type": "code", "source": "VER = \"2.1\"  # torch\nN = 1\n%env CU cu121\nimport os\nos.environ['W'] = 'x'"},
        {"cell_type": "code", "source": "!pip install torch=={VER} a==$N b=={nope} c[{VER}] -f https://$CU/${W}"},
        {"cell_type": "code", "source": "VER = input()\n!pip install t=={VER} && pip uninstall -y u -r no"},
        {"cell_type": "code", "source": "%%bash\npip install d==$CU -r req/x.txt -c /c.txt"}
    ]}"#;
    let recipe = recipe("a.ipynb", text);
    let told = told(&recipe.build(None).unwrap());

    assert_eq!(
        told,
        [
            "2 install torch==2.1 a==1 b==${nope} c[2.1]",
            "3 install t==${VER}",
            "3 uninstall u",
            "4 install d==cu121 -r [\"req/x.txt\"] -c []",
        ]
    );
}

#[test]
fn a_script_reads_files_beside_it_and_below() {
    let recipe = recipe(
        "a.sh",
        "cd app\npip install -r r.txt -r /x\ncd ..\npip install -r r.txt\ncd ..\npip install .",
    );

    assert_eq!(
        told(&recipe.build(None).unwrap()),
        [
            "1 install -r [\"app/r.txt\"] -r []",
            "1 install -r [\"r.txt\"]",
            "1 install . -e []",
        ]
    );
}

#[test]
fn each_call_of_python_is_a_stage_and_chains_are_one() {
    let text = "image = (Image.debian_slim().pip_install('a').apt_install('x').pip_install('b'))\n\
                @remote(gpu='y', dependencies=['c<2'], system_dependencies=['libgl1'])\nasync def train(x): pass\n\
                @app.function()\ndef other(): pass\nEndpoint(dependencies=['d'])\n";
    let recipe = recipe("a.py", text);
    let all: Vec<(Option<&str>, Vec<String>)> = recipe
        .stages
        .iter()
        .enumerate()
        .map(|(at, stage)| {
            let build = recipe.build(Some(&at.to_string())).unwrap();
            (stage.name.as_deref(), told(&build))
        })
        .collect();

    let steps = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        all,
        [
            (None, steps(&["1 install a", "2 install b"])),
            (Some("train"), steps(&["3 system libgl1", "3 install c<2"])),
            (None, steps(&["4 install d"])),
        ]
    );
}

#[test]
fn calls_say_for_which_python_they_are() {
    let text = "image = (Image.debian_slim(python_version='3.11').run_commands('a', f('b'))\n.pip_install('a'))\n\
                other(x).pip_install('b')\n@Endpoint(dependencies=['c'], python_version=V)\ndef train(): ...\n";
    let recipe = recipe("a.py", text);
    let stages = recipe.stages.len();
    let built = (0..stages).map(|at| told(&recipe.build(Some(&at.to_string())).unwrap()));
    let messages = recipe.problems.iter().map(|it| it.message.as_str());

    assert_eq!(
        built.collect::<Vec<_>>(),
        [
            vec!["1 python 3.11", "2 install a"],
            vec!["3 install b"],
            vec!["4 install c"]
        ]
    );
    assert_eq!(
        messages.collect::<Vec<_>>(),
        ["which Python this is for is known only when it runs"]
    );
}

#[test]
fn a_file_with_very_many_stages_is_not_read_to_its_end() {
    let stage = |at: usize| match at {
        0 => "FROM a AS s0\nRUN pip install x\n".to_owned(),
        at => format!("FROM a AS s{at}\nCOPY --from=s{0} /usr/local /\n", at - 1),
    };
    let text: String = (0..5000).map(stage).collect();
    let recipe = recipe("Dockerfile", &text);

    assert!(recipe.stages.len() <= 101);
    assert_eq!(
        told(&recipe.build(Some("s99")).unwrap()),
        ["from a", "2 install x"]
    );
}

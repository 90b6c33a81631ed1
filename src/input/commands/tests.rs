//! What is understood of commands, with the places of all of it.

use super::*;

fn read(name: &str, text: &str) -> Vec<InstallCommand> {
    let reader = command_reader_of(name).unwrap();
    let found = (reader.read)(&SourceFile::new(name, text), &Calls::default());
    let found: Vec<InstallCommand> = found.commands().collect();
    for command in &found {
        let arguments = command.requirements.iter().map(|it| &it.origin);
        let swallowed = command.swallowed.iter().map(|it| &it.origin);
        for origin in arguments.chain(swallowed).chain([&command.origin]) {
            assert!(text.get(origin.span.start..origin.span.end).is_some());
        }
    }
    found
}

/// Each command as its requirements, files and options in one line.
#[track_caller]
fn check(name: &str, text: &str, expected: &[&str]) {
    let told = |it: &InstallCommand| {
        let mut parts: Vec<String> = Vec::new();
        let word = |it: &Argument| match it.is_literal {
            true => it.text.clone(),
            false => format!("?{}", it.text),
        };
        parts.extend(it.requirements.iter().map(word));
        parts.extend(
            it.requirement_files
                .iter()
                .map(|it| format!("-r {}", word(it))),
        );
        parts.extend(
            it.constraint_files
                .iter()
                .map(|it| format!("-c {}", word(it))),
        );
        parts.extend(it.options.iter().map(|option| match &option.value {
            Some(value) => format!("{}={}", option.name, word(value)),
            None => option.name.clone(),
        }));
        parts.join(" ")
    };
    let found: Vec<String> = read(name, text).iter().map(told).collect();

    assert_eq!(found, expected, "{text}");
}

#[track_caller]
fn swallows(text: &str, expected: &[(&str, &str, &str)]) {
    let found = read("a.sh", text);
    let found: Vec<_> = found.iter().flat_map(|it| &it.swallowed).collect();
    let told: Vec<(String, &str, &str)> = found
        .iter()
        .map(|it| {
            (
                format!("{:?}", it.opened),
                it.left.as_str(),
                it.meant.as_str(),
            )
        })
        .collect();
    let told: Vec<_> = told.iter().map(|(a, b, c)| (*b, *c, a.as_str())).collect();

    assert_eq!(told, expected, "{text}");
}

#[test]
fn a_shell_gives_pip_its_words_without_quotes() {
    check(
        "a.sh",
        "pip install 'a<2' \"b>=1,<2\" c\\<3 # d\n",
        &["a<2 b>=1,<2 c<3"],
    );
    check(
        "a.sh",
        "cd x && sudo -H pip3.11 install -q a; ls",
        &["a -q"],
    );
    check("a.sh", "python3 -u -m pip install -U pip\n", &["pip -U"]);
    check(
        "a.sh",
        "uv pip install --system -rreq.txt -c c.txt",
        &["-r req.txt -c c.txt --system"],
    );
    check("a.sh", "pipx install black==24.1", &["black==24.1"]);
    check(
        "a.sh",
        "pip --no-cache-dir install a --index-url https://i.example",
        &["a --index-url=https://i.example"],
    );
    check(
        "a.sh",
        "echo pip install a\napt install a\npip uninstall a\npip list",
        &[],
    );
    check(
        "a.sh",
        "if x; then pip install \\\n  a \\\n  b; fi",
        &["a b"],
    );
    check("a.sh", "pip install a >log 2>&1\n", &["a"]);
}

#[test]
fn a_program_says_for_which_python_it_installs() {
    for (command, python) in [
        ("pip3.11 install a", Some("3.11")),
        ("/usr/bin/python3.9 -m pip install a", Some("3.9")),
        ("py -3.12 -m pip install a", Some("3.12")),
        ("uv pip install --python 3.10 a", Some("3.10")),
        ("uv pip install -p/opt/bin/python3.13 a", Some("3.13")),
        ("uv pip install --python .venv a", None),
        ("pip3 install a", None),
        ("python$V -m pip install a", None),
        ("python -m pip install a", None),
    ] {
        let found = read("a.sh", command);
        let said = found.iter().filter_map(|it| it.python.as_ref()).next();
        assert_eq!(said.map(|it| it.text.as_str()), python, "{command}");
    }
}

#[test]
fn only_variables_that_are_set_once_to_a_literal_are_filled_in() {
    check(
        "a.sh",
        "V=2.1\npip install torch==$V x==${W}",
        &["torch==2.1 ?x==${W}"],
    );
    check("a.sh", "V=1\nV=2\npip install a==$V", &["?a==${V}"]);
    check("a.sh", "V=1 true\npip install a==$V", &["?a==${V}"]);
    check(
        "a.sh",
        "pip install $(cat a) `ls` \"${b[@]}\" c",
        &["? ? ? c"],
    );
}

#[test]
fn a_shell_splits_what_variables_hold_where_they_are_not_quoted() {
    check(
        "Dockerfile",
        "FROM x\nENV PKGS=\"flask  six\" NONE=\"\"\nRUN pip install $PKGS \"$PKGS\" a$PKGS$NONE $NONE",
        &["flask six flask  six aflask six"],
    );
    check(
        "a.sh",
        "P='a b'\npip install $P${W:+x} ${W:+x} \"${W:+x}\" ${V:-c d}",
        &["a b  c d"],
    );
    check(
        "a.ipynb",
        r#"{"cells": [{"cell_type": "code", "source": "L = 'idna six'\n!pip install $L\n%pip install {L}"}]}"#,
        &["idna six", "idna six"],
    );
    check("a.sh", "C='pip install a'\n$C b", &["a b"]);
}

#[test]
fn here_documents_are_no_commands() {
    check(
        "a.sh",
        "cat <<EOF\npip install a\nEOF\npip install b",
        &["b"],
    );
    check(
        "a.sh",
        "cat <<-'E' >x\n\tpip install a\n\tE\npip install b",
        &["b"],
    );
}

#[test]
fn a_dockerfile_is_read_as_its_builder_does() {
    check(
        "Dockerfile",
        "FROM a\nRUN pip install a \\\n# no\n\n  b\nrun pip install c",
        &["a b", "c"],
    );
    check(
        "Dockerfile",
        "ARG T=2.1\nENV A=1 B=\"x y\"\nRUN pip install t==$T a==${A}",
        &["t==2.1 a==1"],
    );
    check(
        "Dockerfile",
        "ARG T=2.1\nFROM x\nRUN pip install t==$T",
        &["?t==${T}"],
    );
    check(
        "Dockerfile",
        "RUN [\"pip\", \"install\", \"a>=1\"]",
        &["a>=1"],
    );
    check(
        "Dockerfile",
        "RUN [\"/bin/sh\", \"-lc\", \"pip install a; pip install b\"]",
        &["a", "b"],
    );
    check(
        "Dockerfile",
        "RUN --mount=type=cache,target=/r pip install a",
        &["a"],
    );
    check(
        "Dockerfile",
        "RUN <<EOF\npip install a\npip install b\nEOF\nRUN pip install c",
        &["a", "b", "c"],
    );
    check(
        "Dockerfile",
        "RUN <<EOF\n#!/usr/bin/env python\npip install a\nEOF\n",
        &[],
    );
    check(
        "Dockerfile",
        "RUN python - <<EOF && pip install b\npip install a\nEOF\n",
        &["b"],
    );
    check(
        "Dockerfile",
        "# escape=`\nRUN pip install a `\n b",
        &["a b"],
    );
    check(
        "Dockerfile",
        "SHELL [\"powershell\"]\nRUN pip install a>1",
        &[],
    );
    check("gpu.Dockerfile", "RUN pip install a", &["a"]);
    check(
        "Dockerfile",
        "ENV PIP_INDEX_URL=https://i.example\nRUN pip install a\nRUN pip install -i https://j.example b\nRUN uv pip install c",
        &[
            "a --index-url=https://i.example",
            "b --index-url=https://j.example",
            "c",
        ],
    );
}

#[test]
fn a_notebook_tells_places_of_its_file() {
    let text = r#"{"cells": [
        {"cell_type": "markdown", "source": "!pip install no"},
        {"cell_type": "code", "source": ["%pip install -q \"a>=1\"\n", "import x\n", "!pip install b>=2"]},
        {"cell_type": "code", "source": "%%bash\npip install c\nuv pip install 'd'"},
        {"cell_type": "code", "source": "%%writefile x\n!pip install no"},
        {"cell_type": "code", "source": "x = 1\n  !uv pip install \\\n  e"}
    ]}"#;
    check("a.ipynb", text, &["a>=1 -q", "b", "c", "d", "e"]);
    let found = read("a.ipynb", text);

    assert_eq!(found[0].requirements[0].origin.text(), "\\\"a>=1\\\"");
    assert_eq!(found[1].swallowed[0].origin.text(), "b>=2");
    assert_eq!(found[1].origin.line(), 3);
    check("a.ipynb", "{", &[]);
}

#[test]
fn a_notebook_has_more_ways_to_install() {
    let lines = [
        "!{sys.executable} -m pip install a",
        "%{sys.executable} -m pip install b",
        "out = !pip install c",
        "pip install d",
        "get_ipython().system('pip install e')",
        "os.system('pip install -q f && echo')",
        "subprocess.run([sys.executable, '-m', 'pip', 'install', 'g', *more], check=True)",
        "subprocess.check_call(['pip', 'install', 'h'])",
        "subprocess.run('pip install i'.split())",
        "x != pip",
        "os.system(f'pip install {x}')",
    ];
    let source = serde_json::to_string(&lines.join("\n")).unwrap();
    let text = format!(r#"{{"cells": [{{"cell_type": "code", "source": {source}}}]}}"#);
    let expected = ["a", "b", "c", "d", "e", "f -q", "g ?*more", "h", "i"];
    check("a.ipynb", &text, &expected);
    let recipe = (command_reader_of("a.ipynb").unwrap().read)(
        &SourceFile::new("a.ipynb", text),
        &Calls::default(),
    );
    let problems: Vec<&str> = recipe
        .problems
        .iter()
        .filter_map(|it| Some(it.origin.as_ref()?.text()))
        .collect();

    assert_eq!(problems, ["f'pip install {x}'"]);
    check("a.py", &lines[4..9].join("\n"), &expected[4..]);
    let quoted = serde_json::to_string("'''\npip install a\n'''").unwrap();
    let text = format!(r#"{{"cells": [{{"cell_type": "code", "source": {quoted}}}]}}"#);
    check("a.ipynb", &text, &[]);
}

#[test]
fn steps_of_a_workflow_are_read_where_they_are_plain() {
    let text = "jobs:\n  a:\n    steps:\n      - run: pip install a\n      - name: x\n        run: |\n          \
        pip install b\n\n          pip install ${{ matrix.c }}\n      - run: \"pip install 'd'\"\n      - run: >\n          pip install e\n";
    check("ci.yml", text, &["a", "b", "?", "d"]);
}

#[test]
fn calls_of_python_are_read_where_they_are_literal() {
    let text = "image = Image.debian_slim().pip_install(\n    \"torch==2.1\",  # 'no'\n    ['a', f'b{x}'],\n    \
        index_url='https://i.example', pre=True)\n@remote(gpu='x', dependencies=['c<2'])\ndef f(): 'pip_install(\"no\")'\n";
    check(
        "a.py",
        text,
        &["torch==2.1 a ?f'b{x}' --index-url=https://i.example", "c<2"],
    );
    let text = "from x import MORE\nV = '2.1'\nBASE = ['a', f'torch=={V}']\nALL = BASE + MORE\n\
                @remote(dependencies=ALL + ['b'], system_dependencies=['libgl1', *LIBS])\ndef f(): ...\n\
                image.pip_install(*BASE, *MORE, pre=f(), index_url=URL)\n@remote(gpu=1, **CONFIG)\ndef g(): ...\n\
                image.pip_install('c', **CONFIG)\n";
    check(
        "a.py",
        text,
        &[
            "a torch==2.1 ?MORE b",
            "a torch==2.1 ?*MORE --index-url=?URL",
            "c",
        ],
    );
    let reader = command_reader_of("a.py").unwrap();
    let recipe = (reader.read)(&SourceFile::new("a.py", text), &Calls::default());
    let problems = recipe.problems.iter();
    let places: Vec<&str> = problems
        .filter_map(|it| Some(it.origin.as_ref()?.text()))
        .collect();

    assert_eq!(places, ["*LIBS", "**CONFIG"]);
}

#[test]
fn a_shell_takes_what_is_not_quoted_for_redirections() {
    swallows(
        "pip install bitsandbytes>=0.43.0 --no-cache-dir",
        &[(
            "bitsandbytes",
            "bitsandbytes>=0.43.0",
            "[Written(\"=0.43.0\")]",
        )],
    );
    swallows("pip install foo<2", &[("foo", "foo<2", "[Read(\"2\")]")]);
    swallows(
        "pip install a>=1,<2.0 b",
        &[("a", "a>=1,<2.0", "[Written(\"=1,\"), Read(\"2.0\")]")],
    );
    swallows(
        "pip install x[y]>=1 b >=2",
        &[
            ("x[y]", "x[y]>=1", "[Written(\"=1\")]"),
            ("b", "b>=2", "[Written(\"=2\")]"),
        ],
    );
    for fine in [
        "pip install \"x>=1,<2\"",
        "pip install a > log",
        "pip install a>log",
        "pip install a 2>1",
        "pip install a==1 b~=2 c!=3",
        "pip install -r r.txt >=1",
        "pip install a\\>=1",
        "echo a>=1",
    ] {
        swallows(fine, &[]);
    }
}

#[test]
fn quotes_make_one_word_of_a_requirement() {
    assert_eq!(quoted("a>=1,<2"), Some("\"a>=1,<2\"".to_owned()));
    assert_eq!(quoted("a\"b"), None);
    assert_eq!(quoted("a>=$V"), None);
}

#[test]
fn what_a_shell_is_given_in_quotes_is_read() {
    check(
        "a.sh",
        "bash -c \"pip install a==2\"\nsudo /bin/sh -ec 'cd x && pip install \"b>=1\" c'\n\
         bash -o pipefail -lc \"pip install d==${V}\"\neval \"pip install e\"\n\
         bash -c \"pip install \\\"f>1\\\"\"\nbash -c \"V=1\" x\nbash run.sh -c 'pip install g'\nsh -c",
        &["a==2", "b>=1 c", "?d==${V}", "e", "f>1"],
    );
    check(
        "Dockerfile",
        "FROM a\nARG V=2\nRUN bash -c \"pip install a==$V\" && pip install b\nRUN sh -c 'W=1; pip install c==$W'\n",
        &["a==2", "b", "c==1"],
    );
    check(
        "a.sh",
        &format!("{}pip install a", "bash -c 'eval ".repeat(10_000)),
        &[],
    );
}

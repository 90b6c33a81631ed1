//! What arguments of calls say, each part in its own words.

use super::*;

/// Reads the arguments of `call(…)`, each part in its own words; what is unclear as `?place`.
fn parts(text: &str) -> Vec<String> {
    let mut room = Room::default();
    let names = Names::of(text, &mut room, &|name| name == "call");
    let mut tokens = Tokens::new(text);
    tokens.at = text.rfind("call(").unwrap() + "call(".len();
    let mut parts = Vec::new();
    loop {
        let items = argument(&mut tokens, &names, &mut room).items();
        parts.extend(items.into_iter().map(|item| match item {
            Item::Text(written) => written.text,
            Item::Unclear(span) => format!("?{}", &text[span.start..span.end]),
        }));
        if !tokens.take(',') {
            return parts;
        }
    }
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(parts(text), expected, "{text}");
}

#[test]
fn strings_lists_and_sums_of_them_are_plain() {
    check(
        "call('a', [\"b\", 'c' # no\n ], ('d',), ('e'), {'f'})",
        &["a", "b", "c", "d", "e", "f"],
    );
    check(
        "call('a' '>=1', 'b' + '<2', ['c'] + ['d'] + ['e'])",
        &["a>=1", "b<2", "c", "d", "e"],
    );
    check(
        "call((['a'] +\n ['b']), *['c', *['d']], None)",
        &["a", "b", "c", "d"],
    );
}

#[test]
fn names_that_are_bound_once_stand_for_what_they_are_bound_to() {
    check(
        "A = ['a', 'b']\nB: list[str] = A + ['c']\ncall(*B)",
        &["a", "b", "c"],
    );
    check(
        "V = '2.1'\nT = f'torch=={V}'\ncall(T, f\"v=={V}\", f'{{x}}{V}')",
        &["torch==2.1", "v==2.1", "{x}2.1"],
    );
    check("A = (\n 'a'  # one\n 'b'\n)\ndef f():\n  call(A)", &["ab"]);
    check("call(A)\nif x: pass\nA = ['a']", &["a"]);
    check(
        "A = ['a'] \\\n  + ['b']; B = 'c'\ncall(A, B)",
        &["a", "b", "c"],
    );
    check("def f(x=A): return A == ['b']\nA = ['a']\ncall(A)", &["a"]);
}

#[test]
fn names_that_are_bound_again_or_changed_are_not_known() {
    for other in [
        "A = ['b']",
        "A += ['b']",
        "A.append('b')",
        "A[0] = 'b'",
        "A, x = f()",
        "x = A = f()",
        "for A in x: pass",
        "[A for x, A in y]",
        "from x import (y,\n A)",
        "import x as A",
        "def A(): pass",
        "def f(x, A=1): pass",
        "global A",
        "if (A := f()): pass",
        "else: A = f()",
        "del A[0]",
        "with f(A) as A: pass",
        "lambda A: 1",
    ] {
        check(&format!("A = ['a']\n{other}\ncall(A)"), &["?A"]);
    }
    check("A = 'a', 'b'\nB = f()\ncall(A, B, C)", &["?A", "?B", "?C"]);
}

#[test]
fn names_that_are_bound_within_a_block_are_not_known() {
    for block in [
        "if x: A = ['a']",
        "if x:\n    A = ['a']",
        "if x: B = 1; A = ['a']",
        "def f():\n\tA: list = ['a']\n\tcall()",
        "try:\n  A = ['a']\nexcept E: pass",
        "if x:\n  # no\n  A = (\n'a')",
    ] {
        check(&format!("{block}\ncall(A)"), &["?A"]);
    }
}

#[test]
fn lists_that_something_else_can_change_are_not_known() {
    for other in [
        "B = A",
        "B = (A)  # no",
        "B = x = A",
        "x.b = A; B = x",
        "f(A)",
        "x.f(1, b=A)",
        "f(x)(A)",
        "f(\n  A,\n)",
    ] {
        check(&format!("A = ['a']\n{other}\ncall(A)"), &["?A"]);
        check(&format!("def f():\n  {other}\nA = ['a']\ncall(A)"), &["?A"]);
        check(&format!("A = 'a'\n{other}\ncall(A)"), &["a"]);
    }
    check("A = ['a']\nB = A\nB.append('b')\ncall(A, B)", &["?A", "?B"]);
    check("A = 'a'\nB = A\ncall(A, B)", &["a", "a"]);
    for other in [
        "B = A + ['b']",
        "B = [*A]",
        "print(A, len(A))",
        "call(A)",
        "if (A): x.join(A)",
        "f(*A)",
        "f(A[0], 'b')",
        "def f(x, b=A): pass",
    ] {
        check(&format!("A = ['a']\n{other}\ncall(A)"), &["a"]);
    }
}

#[test]
fn what_only_running_tells_keeps_its_place() {
    check(
        "call(['a', f(x), 'b'] + more() + ['c'])",
        &["a", "?f(x)", "b", "?more()", "c"],
    );
    check(
        "call('a' if x else 'b', ['c' for c in d], 'e'.lower())",
        &["?'a' if x else 'b'", "?'c' for c in d", "?'e'.lower()"],
    );
    check(
        "call(f'a=={v}', f'{A.b}', 'a\\n', b'a', f'{', *'ab')",
        &[
            "?f'a=={v}'",
            "?f'{A.b}'",
            "?'a\\n'",
            "?b'a'",
            "?f'{'",
            "?*'ab'",
        ],
    );
    check(
        "call('a' 1, ['a'] + 'b', {'a': 'b'}, -1, x[0], lambda: 1)",
        &[
            "?'a' 1",
            "?['a'] + 'b'",
            "?'a': 'b'",
            "?-1",
            "?x[0]",
            "?lambda: 1",
        ],
    );
}

#[test]
fn sums_that_grow_without_end_are_given_up() {
    let mut text = "A0 = ['a']\nS0 = 'a'\n".to_owned();
    for at in 1..100 {
        let last = at - 1;
        text += &format!("A{at} = A{last} + A{last}\nS{at} = f'{{S{last}}}{{S{last}}}'\n");
    }
    check(&format!("{text}call(S99)"), &["?S99"]);
    assert!(parts(&format!("{text}call(A99)")).len() <= MOST);
    let side = format!("f'{{S}}' {}", "f'{S}' ".repeat(20_000));
    let long = format!("S = '{}'\ncall({side}, 'b')", "s".repeat(1_900));
    assert_eq!(
        parts(&long),
        [format!("?{}", side.trim_end()), "b".to_owned()]
    );
    let deep = "[".repeat(100_000);
    assert_eq!(parts(&format!("A = {deep}\ncall({deep}")).len(), 1);
    assert_eq!(parts(&format!("call({}", "'a' + ".repeat(10_000))).len(), 1);
}

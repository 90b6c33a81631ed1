//! Commands that Python starts: `os.system("pip install a")`, `subprocess.run([…])`. Only strings and
//! lists that are written out are read; others that speak of an install are told as not read.

use super::shell::{Simple, Variables, Word};
use super::{Speaker, Step, actions, left_out, of_shell};
use crate::input::excerpt::Excerpt;
use crate::input::python_tokens::{Token, Tokens};
use crate::source::{Problem, Span};

/// Functions that start a command, behind the name of their module or object; nothing for those
/// that are known by their own name.
const STARTERS: &[(Option<&str>, &[&str])] = &[
    (
        None,
        &["check_call", "check_output", "getoutput", "getstatusoutput"],
    ),
    (Some("os"), &["popen", "system"]),
    (Some("get_ipython"), &["system", "getoutput"]),
    (
        Some("subprocess"),
        &["call", "check_call", "check_output", "Popen", "run"],
    ),
];

/// What stands for the Python that runs.
const OWN_PYTHON: &str = "sys.executable";

/// A command that is started.
pub(super) struct Started {
    /// Where the text calls for it.
    pub(super) at: usize,
    /// What it does.
    pub(super) steps: Vec<Step>,
    /// Why it is not read.
    pub(super) problem: Option<Problem>,
}

/// Returns what a text of Python starts that installs, in order.
pub(super) fn processes(text: &Excerpt, layer: usize) -> Vec<Started> {
    let mut tokens = Tokens::new(text.text());
    let mut found = Vec::new();
    let mut last = None;
    let mut is_dotted = false;
    while let Some(token) = tokens.next() {
        match token {
            Token::Name(name, at) => {
                let owner = last.filter(|_| is_dotted);
                let is_known = STARTERS
                    .iter()
                    .any(|(of, names)| names.contains(&name) && (of.is_none() || *of == owner));
                if is_known && tokens.take('(') {
                    let (steps, problem) = started(text, &mut tokens, layer);
                    if !steps.is_empty() || problem.is_some() {
                        found.push(Started { at, steps, problem });
                    }
                }
                (last, is_dotted) = (Some(name), false);
            }
            Token::Sign('.') => is_dotted = true,
            Token::Sign('(' | ')') => {}
            Token::Sign(_) | Token::Text(_) | Token::Filled(_) | Token::Unclear => {
                (last, is_dotted) = (None, false);
            }
        }
    }
    found
}

fn started(text: &Excerpt, tokens: &mut Tokens<'_>, layer: usize) -> (Vec<Step>, Option<Problem>) {
    if tokens.take('[') {
        let mut words = Vec::new();
        while let Some((part, is_last)) = part(tokens, ']') {
            words.extend(part.map(|part| word(text.text(), &part)));
            if is_last {
                break;
            }
        }
        let command = Simple {
            words,
            redirections: Vec::new(),
        };
        let step = actions::step(&command, text, Speaker::List, layer);
        return (step.into_iter().collect(), None);
    }
    let Some((Some(part), _)) = part(tokens, ')') else {
        return (Vec::new(), None);
    };
    let written = &text.text()[part.span.start..part.span.end];
    if let Some(literal) = part.literal.filter(|it| {
        let behind = &text.text()[it.end + 1..part.span.end.max(it.end + 1)];
        behind.is_empty() || behind == ".split()"
    }) {
        let mut script = Excerpt::new(text.file());
        script.push_from(text, literal);
        return (
            of_shell(&script, &Variables::new(), Speaker::Program, layer),
            None,
        );
    }
    let is_install = written.contains("pip ") && written.contains(" install ");
    let problem = is_install.then(|| left_out(text.origin(part.span)));
    (Vec::new(), problem)
}

/// A part of a list or of the arguments of a call.
struct Part {
    span: Span,
    /// What stands between its quotes, where it begins with a literal string.
    literal: Option<Span>,
}

/// Reads up to the next comma, or to what closes; nothing at the end of the text. Says whether that
/// was the last part.
fn part(tokens: &mut Tokens<'_>, close: char) -> Option<(Option<Part>, bool)> {
    tokens.skip_blanks();
    let start = tokens.at;
    let mut end = start;
    let mut literal = None;
    let mut depth = 0_usize;
    loop {
        let token = tokens.next()?;
        match token {
            Token::Sign(sign) if depth == 0 && (sign == ',' || sign == close) => {
                let span = Span { start, end };
                let part = (!span.is_empty()).then_some(Part { span, literal });
                return Some((part, sign == close));
            }
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => depth = depth.checked_sub(1)?,
            Token::Text(span) if end == start => literal = Some(span),
            Token::Text(_) | Token::Filled(_) | Token::Unclear => {}
            Token::Sign(_) | Token::Name(..) => {}
        }
        end = tokens.at;
    }
}

/// Returns a part of a list as the word that the command gets.
fn word(text: &str, part: &Part) -> Word {
    let written = text.get(part.span.start..part.span.end).unwrap_or_default();
    let literal = part.literal.filter(|it| it.end + 1 == part.span.end);
    match literal {
        Some(span) => Word {
            text: text[span.start..span.end].to_owned(),
            span,
            is_literal: true,
        },
        None if written == OWN_PYTHON => Word {
            text: "python".to_owned(),
            span: part.span,
            is_literal: true,
        },
        None => Word {
            text: written.to_owned(),
            span: part.span,
            is_literal: false,
        },
    }
}

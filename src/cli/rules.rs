//! `pyaudit rules`: what `pyaudit check` looks for, and the page of each rule.

use clap::{Args, ValueEnum};

use super::Exit;
use super::terminal::Terminal;
use crate::audit::{all_rules, rule_named};
use crate::report::{rule_json, rule_text, rules_json, rules_text};
use crate::source::Problem;

/// What stands below the options.
const EXAMPLES: &str = "\
Examples:
  pyaudit rules
          All rules, a line each
  pyaudit rules numpy-abi
          What it finds, why that matters, an example, what to do";

/// `pyaudit rules`.
#[derive(Debug, Args)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(crate) struct RulesArgs {
    /// The code or the name of a rule [default: all]
    #[arg(value_name = "RULE")]
    rule: Option<String>,
    /// How to tell it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    output_format: RulesFormatArg,
}

/// How rules are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RulesFormatArg {
    /// For people, as Markdown
    Text,
    /// For machines
    Json,
}

/// Runs the command.
pub(super) fn run(args: &RulesArgs, terminal: &Terminal) -> Exit {
    let is_json = args.output_format == RulesFormatArg::Json;
    let Some(wanted) = &args.rule else {
        return match is_json {
            true => terminal.hand_out(&rules_json()),
            false => terminal.show(&rules_text(terminal.style_of_results)),
        };
    };
    match rule_named(wanted) {
        Some(rule) if is_json => terminal.hand_out(&rule_json(rule)),
        Some(rule) => terminal.show(&rule_text(rule)),
        None => {
            let near = all_rules().map(|rule| rule.name);
            let near = near.max_by(|a, b| {
                let likeness = |name: &str| strsim::jaro_winkler(name, wanted);
                likeness(a).total_cmp(&likeness(b))
            });
            let help = near.map(|near| format!("Did you mean `{near}`? `pyaudit rules` has all."));
            let problem = Problem::anywhere(format!("there is no rule `{wanted}`"));
            terminal.say_problems(&[problem.with_help(help.unwrap_or_default())]);
            Exit::Usage
        }
    }
}

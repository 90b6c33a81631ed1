//! What stands in the way of a version, for a person and for machines.

use serde_json::{Value, json};

use super::decision::moving;
use super::json::to_text;
use super::repair::{RepairReport, draw_repairs};
use super::terminal::draw_conflict;
use super::why::Move;
use super::words::Style;
use crate::explain::{Explanation, need};
use crate::package::{IndexUrl, Requirement, Version};

/// What stands in the way of what is wanted.
#[derive(Clone, Debug)]
pub enum WhyNot {
    /// Nothing: it is what the lock has.
    Locked {
        /// The version.
        version: Version,
    },
    /// Nothing: a lock that chooses the package anew takes it.
    Taken {
        /// The version.
        version: Version,
        /// What else would be another.
        moves: Vec<Move>,
    },
    /// Nothing but that something else is chosen where nobody asks for it.
    Possible {
        /// The version.
        version: Option<Version>,
        /// What else would be another.
        moves: Vec<Move>,
    },
    /// A conflict.
    Impossible {
        /// The proof.
        explanation: Explanation,
        /// What would have to change, each way of it solved.
        repairs: Vec<RepairReport>,
    },
}

/// Tells it to a person; of a lock for many environments, for the one in which it was solved.
pub fn draw_why_not(
    demand: &Requirement,
    answer: &WhyNot,
    (file, place): (&str, Option<&str>),
    style: Style,
) -> String {
    let wanted = IndexUrl::redacted(&need(demand));
    let told = match answer {
        WhyNot::Locked { version } => {
            format!("Nothing: {file} has {} {version}.", demand.name)
        }
        WhyNot::Taken { moves, .. } | WhyNot::Possible { moves, .. } if place.is_some() => format!(
            "Nothing stands in the way of {wanted} for {}{}. Declare `{demand}`, and `pyaudit lock` \
             tells whether it goes wherever the lock is for.",
            place.unwrap_or_default(),
            moving(moves)
        ),
        WhyNot::Taken { version, moves } => format!(
            "Nothing stands in the way of {wanted}: `pyaudit lock --upgrade-package {}` takes \
             {version}{}.",
            demand.name,
            moving(moves)
        ),
        WhyNot::Possible { version, moves } => {
            let version = version.as_ref().map(|version| format!(" {version}"));
            format!(
                "Nothing stands in the way of {wanted}, and nothing asks for it: declare \
                 `{demand}`, and the lock has {}{}{}.",
                demand.name,
                version.unwrap_or_default(),
                moving(moves)
            )
        }
        WhyNot::Impossible {
            explanation,
            repairs,
        } => {
            let explanation = Explanation {
                headline: format!("{wanted} does not go with what is declared"),
                ..explanation.clone()
            };
            let told = draw_conflict(&explanation, style);
            return match repairs.as_slice() {
                [] => told,
                repairs => format!("{told}\n{}", draw_repairs(repairs, style)),
            };
        }
    };
    style.wrapped(&IndexUrl::redacted(&told), 0) + "\n"
}

/// Tells it to machines, version 1: keys are only added.
pub fn why_not_json(demand: &Requirement, answer: &WhyNot) -> String {
    let repairs = match answer {
        WhyNot::Impossible { repairs, .. } => repairs.as_slice(),
        WhyNot::Locked { .. } | WhyNot::Taken { .. } | WhyNot::Possible { .. } => &[],
    };
    let (outcome, version, moves, steps) = match answer {
        WhyNot::Locked { version } => ("locked", Some(version), &[][..], None),
        WhyNot::Taken { version, moves } => ("taken-anew", Some(version), &moves[..], None),
        WhyNot::Possible { version, moves } => ("possible", version.as_ref(), &moves[..], None),
        WhyNot::Impossible { explanation, .. } => ("impossible", None, &[][..], Some(explanation)),
    };
    to_text(&json!({
        "schema": { "name": "pyaudit.why-not", "version": "1" },
        "wanted": IndexUrl::redacted(&demand.to_string()),
        "outcome": outcome,
        "version": version.map(ToString::to_string),
        "moves": moves.iter().map(move_json).collect::<Vec<_>>(),
        "repairs": repairs,
        "proof": steps.map(|explanation| json!({
            "steps": explanation.steps,
            "conclusion": explanation.conclusion,
            "hints": explanation.hints,
        })),
    }))
}

pub(super) fn move_json(it: &Move) -> Value {
    json!({
        "name": it.name.to_string(),
        "from": it.from.as_ref().map(ToString::to_string),
        "to": it.to.as_ref().map(ToString::to_string),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_what_is_wanted_is_not_told() {
        let demand = "lib @ https://someone:hunter2secret@files.example/lib-1-py3-none-any.whl";
        let demand = Requirement::parse(demand).unwrap();
        let answer = WhyNot::Possible {
            version: None,
            moves: Vec::new(),
        };

        for told in [
            draw_why_not(&demand, &answer, ("pylock.toml", None), Style::plain()),
            why_not_json(&demand, &answer),
        ] {
            assert!(told.contains("files.example"), "{told}");
            assert!(!told.contains("hunter2secret"), "{told}");
        }
    }
}

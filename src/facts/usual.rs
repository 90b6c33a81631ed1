//! What projects usually require: the table of `facts/usual.txt`, looked up where it lies. It says
//! what is worth asking for early, and decides nothing.

use crate::package::PackageName;

const TEXT: &str = include_str!("../../facts/usual.txt");

/// Returns what a project usually requires, by normalized names (PEP 503); nothing, if the table
/// does not have it.
pub fn usually_required(project: &PackageName) -> impl Iterator<Item = &'static str> + use<> {
    let row = row(TEXT, project.as_ref());
    row.unwrap_or_default().split_ascii_whitespace()
}

/// Whether the table has a project: its name is known to all.
pub fn is_widely_known(project: &PackageName) -> bool {
    row(TEXT, project.as_ref()).is_some()
}

/// Returns the rest of the line that a sorted table has for a project.
fn row<'a>(table: &'a str, project: &str) -> Option<&'a str> {
    let mut rest = table;
    while !rest.is_empty() {
        let middle = rest.floor_char_boundary(rest.len() / 2);
        let start = rest[..middle].rfind('\n').map_or(0, |at| at + 1);
        let (line, after) = rest[start..]
            .split_once('\n')
            .unwrap_or((&rest[start..], ""));
        let (name, required) = line.split_once(':').unwrap_or((line, ""));
        rest = match project.cmp(name) {
            std::cmp::Ordering::Less => &rest[..start],
            std::cmp::Ordering::Equal => return Some(required),
            std::cmp::Ordering::Greater => after,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_found_and_what_has_none_requires_nothing() {
        let table = "# a comment\na: b c\na-b:\nlast: a";
        for (project, required) in [("a", " b c"), ("a-b", ""), ("last", " a")] {
            assert_eq!(row(table, project), Some(required));
        }
        for project in ["0", "a-a", "m", "zz"] {
            assert_eq!(row(table, project), None);
        }
    }

    #[test]
    fn all_rows_of_the_table_are_found_and_have_normalized_names() {
        let rows: Vec<&str> = TEXT.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(rows.len() > 1000);
        for line in rows {
            let (project, required) = line.split_once(':').unwrap();
            let names = required.split_ascii_whitespace().map(str::to_owned);
            for name in names.chain([project.to_owned()]) {
                assert_eq!(PackageName::new(name.clone()).unwrap().as_ref(), name);
            }
            let project = PackageName::new(project.to_owned()).unwrap();
            assert!(is_widely_known(&project));
            assert!(usually_required(&project).eq(required.split_ascii_whitespace()));
        }
    }
}

//! Pieces of a text replaced by others.

use crate::source::Span;

/// One piece with what takes its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Splice {
    pub(super) span: Span,
    pub(super) text: String,
}

impl Splice {
    pub(super) fn new(span: Span, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
        }
    }

    pub(super) fn removal(span: Span) -> Self {
        Self::new(span, "")
    }

    pub(super) fn insertion(at: usize, text: impl Into<String>) -> Self {
        Self::new(Span::new(at, 0), text)
    }
}

/// Sorts splices and joins those that remove the same bytes; `None` where two cannot both be made.
pub(super) fn settled(mut splices: Vec<Splice>) -> Option<Vec<Splice>> {
    // Insertions at one place stay in their order.
    splices.sort_by_key(|splice| splice.span);
    let mut settled: Vec<Splice> = Vec::with_capacity(splices.len());
    for splice in splices {
        match settled.last_mut() {
            Some(last) if *last == splice && !splice.span.is_empty() => {}
            Some(last) if splice.span.start < last.span.end => {
                // What stands in a piece that goes need not be written anew.
                if !last.text.is_empty() || !splice.text.is_empty() {
                    return None;
                }
                last.span.end = last.span.end.max(splice.span.end);
            }
            _ => settled.push(splice),
        }
    }
    Some(settled)
}

/// Returns a text with settled splices made.
pub(super) fn spliced(text: &str, splices: &[Splice]) -> String {
    let mut made = String::with_capacity(text.len());
    let mut from = 0;
    for splice in splices {
        made.push_str(text.get(from..splice.span.start).unwrap_or_default());
        made.push_str(&splice.text);
        from = splice.span.end;
    }
    made.push_str(text.get(from..).unwrap_or_default());
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splices_are_made_in_the_order_of_the_text() {
        let splices = vec![
            Splice::removal(Span::new(4, 2)),
            Splice::insertion(1, "x"),
            Splice::insertion(1, "y"),
            Splice::removal(Span::new(3, 2)),
            Splice::new(Span::new(6, 1), "Z"),
            Splice::new(Span::new(6, 1), "Z"),
        ];

        assert_eq!(
            spliced("0123456789", &settled(splices).unwrap()),
            "0xy12Z789"
        );
    }

    #[test]
    fn two_texts_for_one_piece_are_one_too_many() {
        let at = |start, text: &str| Splice::new(Span::new(start, 2), text);

        assert_eq!(settled(vec![at(0, "a"), at(1, "b")]), None);
        assert_eq!(settled(vec![at(0, "a"), at(0, "b")]), None);
        assert!(settled(vec![at(0, "a"), at(2, "b")]).is_some());
    }
}

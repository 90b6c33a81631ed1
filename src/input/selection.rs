//! Which optional parts of a project are asked for.

/// The `--extra`, `--group` and similar options, as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// `--extra`.
    pub extras: Vec<String>,
    /// `--all-extras`.
    pub all_extras: bool,
    /// `--group`.
    pub groups: Vec<String>,
    /// `--all-groups`.
    pub all_groups: bool,
    /// `--only-group`: these groups and not the project's own dependencies.
    pub only_groups: Vec<String>,
    /// `--stage`: a stage of a Dockerfile, or a function of a Python source.
    pub stage: Option<String>,
}

impl Selection {
    /// Whether nothing is asked for beyond the project's dependencies.
    pub fn is_empty(&self) -> bool {
        let no_stage = Self {
            stage: None,
            ..self.clone()
        };
        no_stage == Self::default()
    }
}

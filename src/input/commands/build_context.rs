//! Where the files of an image come from: what `COPY`, `ADD` and mounts bring from the project's
//! folder to where commands look for it. Paths are only words here; no file is looked at.

/// No stage has more of them that count.
const MOST: usize = 500;

/// What has been brought into a stage so far, and where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    /// The current folder of commands; the root at the start.
    folder: String,
    brought: Vec<Brought>,
}

#[derive(Clone, Debug)]
struct Brought {
    /// Relative to the project's folder.
    from: String,
    /// From the root of the image.
    to: String,
}

impl Context {
    /// Makes a folder the current one: `WORKDIR`, `cd`.
    pub(super) fn enter(&mut self, folder: &str) {
        self.folder = self.inside(folder);
    }

    /// Takes in that files of the project are brought to a place.
    pub(super) fn bring(&mut self, from: &[String], to: &str) {
        let is_folder = from.len() > 1 || to.ends_with('/');
        let to = self.inside(to);
        for from in from.iter().filter(|from| !from.contains("://")) {
            // The project's folder is the root of what can be copied.
            let Some(from) = within("", from) else {
                continue;
            };
            if self.brought.len() >= MOST {
                return;
            }
            if is_folder {
                let name = from.rsplit('/').next().unwrap_or_default();
                let to = format!("{}/{name}", to.trim_end_matches('/'));
                self.brought.push(Brought {
                    from: from.clone(),
                    to,
                });
            }
            self.brought.push(Brought {
                from,
                to: to.clone(),
            });
        }
    }

    /// Returns where a file of commands can come from in the project, likeliest first.
    pub(super) fn sources(&self, path: &str) -> Vec<String> {
        let path = self.inside(path);
        let mut found: Vec<String> = Vec::new();
        for brought in self.brought.iter().rev() {
            for source in brought.sources(&path) {
                if !found.contains(&source) {
                    found.push(source);
                }
            }
        }
        found
    }

    /// Returns the folder that a file of commands is looked for in, from the root of the image.
    pub(super) fn folder_of(&self, path: &str) -> String {
        split(&self.inside(path)).0.to_owned()
    }

    fn inside(&self, path: &str) -> String {
        match path.starts_with('/') {
            true => within("", path).map(|path| format!("/{path}")),
            false => within(&self.folder, path).map(|path| format!("/{path}")),
        }
        .unwrap_or_else(|| "/".to_owned())
    }
}

impl Brought {
    /// The file can have been brought under its own name, by a pattern, or in a folder.
    fn sources(&self, path: &str) -> Vec<String> {
        let mut found = Vec::new();
        let (folder, name) = split(&self.from);
        if path == self.to && !name.contains(['*', '?']) {
            found.push(self.from.clone());
        }
        let (path_folder, path_name) = split(path);
        let is_there = path_folder == self.to || split(&self.to).0 == path_folder;
        if is_there && name.contains(['*', '?']) && matches(name, path_name) {
            found.push(join(folder, path_name));
        }
        let below = path.strip_prefix(self.to.trim_end_matches('/'));
        if let Some(below) = below.and_then(|it| it.strip_prefix('/'))
            && !name.contains(['*', '?'])
        {
            match below == name {
                true => found.push(self.from.clone()),
                // A name with an ending is a file's.
                false if name.trim_start_matches('.').contains('.') => {}
                false => found.push(join(&self.from, below)),
            }
        }
        found
    }
}

/// Puts a path behind a folder, both without `.` and `..`; nothing where it leaves the root.
pub(super) fn within(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|it| !it.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn join(folder: &str, name: &str) -> String {
    match folder.is_empty() {
        true => name.to_owned(),
        false => format!("{folder}/{name}"),
    }
}

fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some(parts) => parts,
        None => ("", path),
    }
}

/// Whether a name is one that a pattern of `*` and `?` means.
fn matches(pattern: &str, name: &str) -> bool {
    let (mut pattern_at, mut name_at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    while name_at < name.len() {
        match pattern.get(pattern_at) {
            Some(b'*') => {
                star = Some((pattern_at + 1, name_at));
                pattern_at += 1;
            }
            Some(sign) if *sign == b'?' || *sign == name[name_at] => {
                pattern_at += 1;
                name_at += 1;
            }
            _ => match star {
                Some((behind, taken)) => {
                    star = Some((behind, taken + 1));
                    (pattern_at, name_at) = (behind, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[pattern_at..].iter().all(|sign| *sign == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(copies: &[(&[&str], &str)], path: &str, expected: &[&str]) {
        let mut context = Context::default();
        context.enter("/app");
        for (from, to) in copies {
            let from: Vec<String> = from.iter().map(ToString::to_string).collect();
            context.bring(&from, to);
        }

        assert_eq!(context.sources(path), expected, "{copies:?} {path}");
    }

    #[test]
    fn a_file_is_found_where_it_was_copied_from() {
        check(
            &[(&["requirements.txt"], ".")],
            "requirements.txt",
            &["requirements.txt"],
        );
        check(&[(&["a/r.txt"], "/tmp/x.txt")], "/tmp/x.txt", &["a/r.txt"]);
        check(
            &[(&["r*.txt", "b"], "./")],
            "r1.txt",
            &["b/r1.txt", "r1.txt"],
        );
        check(&[(&["."], "/app")], "docker/r.txt", &["docker/r.txt"]);
        check(&[(&["sub"], "/app")], "r.txt", &["sub/r.txt"]);
        check(&[(&["a", "b"], "in/")], "in/a", &["b/a", "a"]);
    }

    #[test]
    fn what_was_not_copied_and_what_leaves_the_project_is_not_found() {
        check(&[(&["a"], "/x")], "/y", &[]);
        check(&[(&["../a"], "/x")], "/x", &[]);
        check(&[(&["https://h.example/a"], "/x")], "/x", &[]);
        check(&[(&["."], "/app")], "../../../etc/passwd", &[]);
    }
}

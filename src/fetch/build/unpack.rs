//! A source archive unpacked into a folder: no path and no link leaves it, and size and number of
//! its members are bounded.
//!
//! Links are made last, when everything they could point to is a plain file or folder: until then
//! nothing on disk can lead a path elsewhere.

use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};
use zip::ZipArchive;

/// The most that an archive may unpack to.
const MAX_UNPACKED: u64 = 2 << 30;
const MAX_MEMBERS: usize = 200_000;

/// Unpacks an archive into an empty folder, and returns the folder of its project: the only one
/// at the top, else the top itself.
pub(in crate::fetch) fn unpack(
    archive: &[u8],
    filename: &str,
    into: &Path,
) -> Result<PathBuf, String> {
    let lower = filename.to_ascii_lowercase();
    let mut unpacking = Unpacking {
        into,
        left: MAX_UNPACKED,
        links: Vec::new(),
    };
    if lower.ends_with(".zip") {
        unpacking.zip(archive)?;
    } else if archive.starts_with(&[0x1f, 0x8b]) {
        unpacking.tar(MultiGzDecoder::new(archive))?;
    } else if lower.ends_with(".tar") {
        unpacking.tar(archive)?;
    } else {
        return Err(format!("`{filename}` is in a format that is not read here"));
    }
    unpacking.link()?;
    top(into).map_err(|error| error.to_string())
}

struct Unpacking<'a> {
    into: &'a Path,
    left: u64,
    /// Where each link stands, and what it points to, both below `into`.
    links: Vec<(PathBuf, PathBuf)>,
}

impl Unpacking<'_> {
    fn tar(&mut self, reader: impl Read) -> Result<(), String> {
        let mut archive = Archive::new(reader);
        let entries = archive.entries().map_err(|error| error.to_string())?;
        for (count, entry) in entries.enumerate() {
            let mut entry = entry.map_err(|error| error.to_string())?;
            if count >= MAX_MEMBERS {
                return Err("it has more members than any real one".into());
            }
            let kind = entry.header().entry_type();
            let named = entry.path().map_err(|error| error.to_string())?;
            let path = inside(Path::new(""), &named)
                .ok_or_else(|| format!("the path `{}` leaves it", named.display()))?;
            match kind {
                EntryType::Regular | EntryType::Continuous => {
                    let mode = entry.header().mode().unwrap_or_default();
                    self.file(&path, &mut entry, mode & 0o100 != 0)?;
                }
                EntryType::Directory => self.folder(&path)?,
                EntryType::Symlink | EntryType::Link => {
                    let target = entry.link_name().map_err(|error| error.to_string())?;
                    let target = target.ok_or("a link in it points nowhere")?;
                    let from = match kind {
                        EntryType::Symlink => path.parent().unwrap_or(Path::new("")),
                        _ => Path::new(""),
                    };
                    let target = inside(from, &target)
                        .ok_or_else(|| format!("the link `{}` leaves it", path.display()))?;
                    self.links.push((path, target));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn zip(&mut self, archive: &[u8]) -> Result<(), String> {
        let mut archive =
            ZipArchive::new(Cursor::new(archive)).map_err(|error| error.to_string())?;
        if archive.len() > MAX_MEMBERS {
            return Err("it has more members than any real one".into());
        }
        for at in 0..archive.len() {
            let mut member = archive.by_index(at).map_err(|error| error.to_string())?;
            let name = member
                .name()
                .map_err(|error| error.to_string())?
                .into_owned();
            let path = inside(Path::new(""), Path::new(&name))
                .ok_or_else(|| format!("the path `{name}` leaves it"))?;
            if name.ends_with('/') {
                self.folder(&path)?;
                continue;
            }
            let is_program = member.unix_mode().is_some_and(|mode| mode & 0o100 != 0);
            self.file(&path, &mut member, is_program)?;
        }
        Ok(())
    }

    fn folder(&self, path: &Path) -> Result<(), String> {
        fs::create_dir_all(self.into.join(path)).map_err(|error| error.to_string())
    }

    fn file(&mut self, path: &Path, from: &mut dyn Read, is_program: bool) -> Result<(), String> {
        let failed = |error: io::Error| format!("`{}`: {error}", path.display());
        let at = self.into.join(path);
        if let Some(parent) = at.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        let mut file = File::create(&at).map_err(failed)?;
        let written = io::copy(&mut from.take(self.left + 1), &mut file).map_err(failed)?;
        self.left = self
            .left
            .checked_sub(written)
            .ok_or("it unpacks to more than any real one")?;
        match is_program {
            true => mark_program(&at).map_err(failed),
            false => Ok(()),
        }
    }

    /// Copies the files that links point to, in as many rounds as links point to links; then links
    /// the folders. A link to nothing is left out.
    fn link(&mut self) -> Result<(), String> {
        let mut waiting = std::mem::take(&mut self.links);
        loop {
            let before = waiting.len();
            let (ready, rest): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .partition(|(_, target)| self.into.join(target).is_file());
            for (path, target) in ready {
                let mut from = File::open(self.into.join(target)).map_err(|e| e.to_string())?;
                self.file(&path, &mut from, false)?;
            }
            waiting = rest;
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        for (path, target) in waiting {
            let (path, target) = (self.into.join(path), self.into.join(target));
            if target.is_dir() && !path.exists() {
                link_folder(&target, &path).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }
}

/// Follows a path from a folder, both below the same top; `None` if it leaves the top.
fn inside(from: &Path, path: &Path) -> Option<PathBuf> {
    let mut whole: Vec<_> = from.components().collect();
    for part in path.components() {
        match part {
            Component::Normal(_) => whole.push(part),
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop()?;
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(whole.into_iter().collect())
}

fn top(into: &Path) -> io::Result<PathBuf> {
    let mut entries = fs::read_dir(into)?;
    match (entries.next(), entries.next()) {
        (Some(only), None) => {
            let only = only?.path();
            Ok(if only.is_dir() { only } else { into.to_owned() })
        }
        _ => Ok(into.to_owned()),
    }
}

#[cfg(unix)]
fn mark_program(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn mark_program(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn link_folder(target: &Path, path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => fs::create_dir_all(parent)?,
        None => return Ok(()),
    }
    std::os::unix::fs::symlink(target, path)
}

/// Windows lets only some users link.
#[cfg(not(unix))]
fn link_folder(_target: &Path, _path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Member<'a> {
        File(&'a str, &'a str),
        Link(&'a str, &'a str),
    }

    fn tar(members: &[Member<'_>]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for member in members {
            let mut header = tar::Header::new_gnu();
            let (path, target, content) = match member {
                Member::File(path, content) => (path, None, *content),
                Member::Link(path, target) => (path, Some(*target), ""),
            };
            // The library's own setter refuses paths that leave, which are the point here.
            let name = &mut header.as_old_mut().name;
            name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            if let Some(target) = target {
                header.set_entry_type(EntryType::Symlink);
                header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
            }
            header.set_cksum();
            builder.append(&header, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn files_and_links_inside_come_out_below_the_top_folder() {
        let folder = tempfile::tempdir().unwrap();
        let archive = tar(&[
            Member::Link("a-1/link", "real/file"),
            Member::Link("a-1/folder", "real"),
            Member::File("a-1/real/file", "x"),
        ]);

        let top = unpack(&archive, "a-1.tar", folder.path()).unwrap();

        assert_eq!(top, folder.path().join("a-1"));
        assert_eq!(fs::read_to_string(top.join("link")).unwrap(), "x");
        #[cfg(unix)]
        assert_eq!(fs::read_to_string(top.join("folder/file")).unwrap(), "x");
    }

    #[test]
    fn nothing_leaves_the_folder() {
        let outer = tempfile::tempdir().unwrap();
        let cases: &[&[Member<'_>]] = &[
            &[Member::File("../evil", "x")],
            &[Member::File("/evil", "x")],
            &[Member::File("a/../../evil", "x")],
            &[Member::Link("a/l", "../../evil")],
            &[Member::Link("a/l", "/etc")],
        ];
        for (at, members) in cases.iter().enumerate() {
            let folder = outer.path().join(format!("{at}/in"));
            fs::create_dir_all(&folder).unwrap();

            let error = unpack(&tar(members), "a.tar", &folder).unwrap_err();

            assert!(error.contains("leaves it"), "{error}");
            assert!(!outer.path().join("evil").exists());
        }
    }

    #[test]
    fn a_link_does_not_lead_later_members_elsewhere() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("in");
        fs::create_dir(&folder).unwrap();
        let archive = tar(&[
            Member::Link("a/here", "."),
            Member::Link("a/up", "here/here/../.."),
            Member::File("a/up/evil", "x"),
        ]);

        let unpacked = unpack(&archive, "a.tar", &folder);

        assert!(!outer.path().join("evil").exists(), "{unpacked:?}");
    }
}

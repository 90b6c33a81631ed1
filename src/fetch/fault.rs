//! What becomes of a run that reads past the end of the cache, where damage in the file sends it: the
//! system ends such a program without a word, and would end each one after it.

use std::path::Path;

/// Stays on the watch for as long as it is held.
#[derive(Debug)]
pub(super) struct Watch(#[cfg(target_os = "linux")] Option<signal_hook_registry::SigId>);

#[cfg(target_os = "linux")]
impl Watch {
    /// From now on, reading past the end of a mapped file removes these files, says so, and ends the
    /// program with exit code 3.
    #[expect(unsafe_code, reason = "a signal is answered")]
    pub(super) fn over(folder: &Path, files: [&str; 2]) -> Self {
        use std::ffi::CString;
        use std::io::IsTerminal as _;
        use std::os::unix::ffi::OsStrExt as _;

        let names = files.map(|file| CString::new(folder.join(file).as_os_str().as_bytes()));
        // A bar of progress may stand in the line.
        let start = if std::io::stderr().is_terminal() {
            "\n"
        } else {
            ""
        };
        let said = format!(
            "{start}error: could not read the cache in `{}`\n  caused by: it is damaged there, and was \
             thrown away\nhelp: Run it again.\n",
            folder.display()
        );
        let answer = move || {
            // SAFETY: these three may be called wherever a signal comes in (POSIX.1-2024, 2.4.3), and
            // are given strings and bytes that were made before.
            unsafe {
                for name in names.iter().flatten() {
                    libc::unlink(name.as_ptr());
                }
                libc::write(libc::STDERR_FILENO, said.as_ptr().cast(), said.len());
                libc::_exit(3);
            }
        };
        // SAFETY: the answer takes no lock and no memory.
        Self(unsafe { signal_hook_registry::register(libc::SIGBUS, answer) }.ok())
    }
}

#[cfg(target_os = "linux")]
impl Drop for Watch {
    fn drop(&mut self) {
        self.0.map(signal_hook_registry::unregister);
    }
}

#[cfg(not(target_os = "linux"))]
impl Watch {
    /// Other systems say it in ways of their own, and are left to it.
    pub(super) fn over(_folder: &Path, _files: [&str; 2]) -> Self {
        Self()
    }
}

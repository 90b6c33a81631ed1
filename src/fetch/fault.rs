//! What becomes of a run that damage in the file of the cache leads astray: LMDB goes where a page tells
//! it to, past the end of the file or through memory, and the system ends such a program without a word,
//! and would end each one after it.

#[cfg(target_os = "linux")]
pub(super) use linux::Watch;
#[cfg(not(target_os = "linux"))]
pub(super) use other::Watch;

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "signals are answered")]
mod linux {
    use std::ffi::CString;
    use std::io::IsTerminal as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;
    use std::ptr;
    use std::sync::Once;
    use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

    use libc::{c_int, c_void, siginfo_t};

    /// Stays on the watch for as long as it is held.
    #[derive(Debug)]
    pub(in super::super) struct Watch(*mut Answer);

    // SAFETY: the address is compared, and what it points to is never changed and never freed.
    unsafe impl Send for Watch {}
    // SAFETY: likewise.
    unsafe impl Sync for Watch {}

    /// What is done and said.
    #[derive(Debug)]
    struct Answer {
        files: Vec<CString>,
        text: String,
    }

    const SIGNALS: [c_int; 2] = [libc::SIGBUS, libc::SIGSEGV];

    /// The answer for the cache that was opened last; there are several in tests alone.
    static ANSWER: AtomicPtr<Answer> = AtomicPtr::new(ptr::null_mut());

    /// Who answered the signals before, or what the system did.
    static FORMER: [AtomicUsize; 2] = [const { AtomicUsize::new(libc::SIG_DFL) }; 2];

    type Handler = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

    impl Watch {
        /// From now on, a fault removes these files, says so, and ends the program with exit code 3.
        pub(in super::super) fn over(folder: &Path, files: [&str; 2]) -> Self {
            static ONCE: Once = Once::new();
            ONCE.call_once(|| SIGNALS.iter().zip(&FORMER).for_each(listen));
            // A bar of progress may stand in the line.
            let start = if std::io::stderr().is_terminal() {
                "\n"
            } else {
                ""
            };
            let names = files.map(|file| CString::new(folder.join(file).as_os_str().as_bytes()));
            let answer = Box::into_raw(Box::new(Answer {
                files: names.into_iter().flatten().collect(),
                text: format!(
                    "{start}error: could not read the cache in `{}`\n  caused by: it is damaged there, \
                     and was thrown away\nhelp: Run it again.\n",
                    folder.display()
                ),
            }));
            ANSWER.store(answer, Ordering::Release);
            Self(answer)
        }
    }

    impl Drop for Watch {
        fn drop(&mut self) {
            // Another cache may have been opened meanwhile.
            let _ = ANSWER.compare_exchange(
                self.0,
                ptr::null_mut(),
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
        }
    }

    fn listen((signal, former): (&c_int, &AtomicUsize)) {
        let handler: Handler = answer;
        // SAFETY: all zeros is a valid value of both; the handler has the type that the flags promise.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            let mut old: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            if libc::sigaction(*signal, &raw const action, &raw mut old) == 0 {
                former.store(old.sa_sigaction, Ordering::Relaxed);
            }
        }
    }

    /// Answers a signal. What was there before comes first: the one of the standard library tells of a
    /// stack that overflowed, and returns for any other fault.
    extern "C" fn answer(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
        let at = usize::from(signal == SIGNALS[1]);
        let former = FORMER[at].load(Ordering::Relaxed);
        // SAFETY: the former handler is called as the system would have called it; the other functions may
        // be called wherever a signal comes in (POSIX.1-2024, 2.4.3), with texts that were made before and
        // are never freed.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            // Somebody sent it, and nothing is damaged.
            if (*info).si_code <= 0 {
                libc::raise(signal);
                return;
            }
            if former != libc::SIG_DFL && former != libc::SIG_IGN {
                std::mem::transmute::<usize, Handler>(former)(signal, info, context);
            }
            // Without one the fault comes again, and ends the program.
            if let Some(answer) = ANSWER.load(Ordering::Acquire).as_ref() {
                for file in &answer.files {
                    libc::unlink(file.as_ptr());
                }
                let text = answer.text.as_bytes();
                libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len());
                libc::_exit(3);
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use std::path::Path;

    /// Nothing is answered on other systems, which end the program.
    #[derive(Debug)]
    pub(in super::super) struct Watch;

    impl Watch {
        pub(in super::super) fn over(_folder: &Path, _files: [&str; 2]) -> Self {
            Self
        }
    }
}

//! Decides what the operating system may show of this process: no core dump, no reading of its memory by other
//! processes of the same user, no secret in the environment that a child would inherit. Never reads a secret itself.

/// What could not be switched off, in words for the log. Empty is the normal case.
#[must_use = "a process that could not be hardened must be reported"]
pub fn harden() -> Vec<String> {
    #[cfg_attr(
        not(unix),
        expect(
            unused_mut,
            reason = "Windows has none of these switches; `doctor` says so"
        )
    )]
    let mut failures = Vec::new();
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        if let Err(error) = setrlimit(Resource::Core, none) {
            failures.push(format!("core dumps stay possible: {error}"));
        }
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // Also gives /proc/PID/{environ,mem} to root, so another process of this user cannot read them (proc(5)).
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            failures.push(format!("the process stays readable for others: {error}"));
        }
    }
    failures
}

/// Takes `names` out of the environment, so that no child process inherits them. Answers whether it was done:
/// it is left alone where another thread could be reading the environment.
///
/// `/proc/PID/environ` still shows the block the process was started with; [`harden`] closes that door.
#[must_use = "the caller reports when secrets stay in the environment"]
pub fn forget_variables<'a>(names: impl IntoIterator<Item = &'a str>) -> bool {
    if !is_single_threaded() {
        return false;
    }
    for name in names {
        #[expect(
            unsafe_code,
            clippy::disallowed_methods,
            reason = "sound because no other thread exists that could read or write the environment"
        )]
        unsafe {
            std::env::remove_var(name);
        }
    }
    true
}

#[cfg(target_os = "linux")]
fn is_single_threaded() -> bool {
    std::fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1)
}

/// Windows guards the environment with a lock of its own.
#[cfg(windows)]
fn is_single_threaded() -> bool {
    true
}

#[cfg(not(any(target_os = "linux", windows)))]
fn is_single_threaded() -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
#[expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn the_process_cannot_be_dumped() {
        assert_eq!(harden(), Vec::<String>::new());
        assert_eq!(
            rustix::process::dumpable_behavior().unwrap(),
            rustix::process::DumpableBehavior::NotDumpable
        );
        let core = rustix::process::getrlimit(rustix::process::Resource::Core);
        assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
    }

    /// The test runner has several threads, so this is the case that must be refused.
    #[test]
    fn the_environment_is_left_alone_beside_other_threads() {
        let (stop, wait) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || wait.recv());
        assert!(!forget_variables(["PATH"]));
        drop(stop);
        other.join().unwrap().unwrap_err();
        #[expect(
            clippy::disallowed_methods,
            reason = "the test looks whether it is gone"
        )]
        let path = std::env::var_os("PATH");
        assert!(path.is_some());
    }
}

//! `_posixsubprocess`: starting a program in a child process.

use std::ffi::CString;

use dxpyc_objects::prelude::*;
use dxpyc_objects::{call, int, io_errors, ops, os_error};

fn c_strings(v: Value) -> R<Vec<CString>> {
    let convert = |item: &Ref| {
        let (_, raw) = io_errors::path_bytes(item.v())?;
        CString::new(raw).map_err(|_| value_error("embedded null byte"))
    };
    ops::collect_to_vec(v)?.iter().map(convert).collect()
}

fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect()
}

/// What the child does before it runs the program.
struct Child<'a> {
    programs: &'a [CString],
    argv: &'a [*const libc::c_char],
    env: Option<&'a [*const libc::c_char]>,
    cwd: Option<&'a CString>,
    /// Read and write ends of the pipes of stdin, stdout and stderr, then of the error pipe.
    pipes: [i32; 8],
    keep: &'a [i32],
    close_fds: bool,
    restore_signals: bool,
    new_session: bool,
    process_group: i32,
    gid: Option<u32>,
    groups: Option<&'a [libc::gid_t]>,
    uid: Option<u32>,
    umask: i32,
    preexec: Value,
}

impl Child<'_> {
    /// Runs in the child. Returns errno and whether it happened before the exec.
    fn run(&self) -> (i32, &'static str) {
        let [p2c_read, p2c_write, c2p_read, mut c2p_write, err_read, mut err_write, errpipe_read, _] = self.pipes;
        // SAFETY: system calls on numbers and on strings that live in the parent's copied memory.
        unsafe {
            // The error pipe closes when the program runs: that is how the parent knows.
            for fd in self.keep.iter().filter(|fd| **fd != self.pipes[7]) {
                libc::fcntl(*fd, libc::F_SETFD, 0);
            }
            for fd in [p2c_write, c2p_read, err_read, errpipe_read] {
                if fd >= 0 {
                    libc::close(fd);
                }
            }
            if c2p_write == 0 {
                c2p_write = libc::dup(c2p_write);
            }
            while err_write == 0 || err_write == 1 {
                err_write = libc::dup(err_write);
            }
            for (from, to) in [(p2c_read, 0), (c2p_write, 1), (err_write, 2)] {
                if from == to {
                    libc::fcntl(from, libc::F_SETFD, 0);
                } else if from >= 0 && libc::dup2(from, to) < 0 {
                    return (io_errors::errno(), "");
                }
            }
            if let Some(cwd) = self.cwd
                && libc::chdir(cwd.as_ptr()) != 0
            {
                return (io_errors::errno(), "noexec:chdir");
            }
            if self.umask >= 0 {
                libc::umask(self.umask as libc::mode_t);
            }
            if self.restore_signals {
                for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
                    libc::signal(signal, libc::SIG_DFL);
                }
            }
            if self.new_session && libc::setsid() < 0 {
                return (io_errors::errno(), "noexec");
            }
            if self.process_group >= 0 && libc::setpgid(0, self.process_group) < 0 {
                return (io_errors::errno(), "noexec");
            }
            if let Some(groups) = self.groups
                && libc::setgroups(groups.len(), groups.as_ptr()) < 0
            {
                return (io_errors::errno(), "noexec");
            }
            if let Some(gid) = self.gid
                && libc::setregid(gid, gid) < 0
            {
                return (io_errors::errno(), "noexec");
            }
            if let Some(uid) = self.uid
                && libc::setreuid(uid, uid) < 0
            {
                return (io_errors::errno(), "noexec");
            }
            if !self.preexec.is_none() && call::call0(self.preexec).is_err() {
                return (0, "SubprocessError");
            }
            if self.close_fds {
                let limit = libc::sysconf(libc::_SC_OPEN_MAX).clamp(256, 65536) as i32;
                for fd in 3..limit {
                    if !self.keep.contains(&fd) && fd != self.pipes[7] {
                        libc::close(fd);
                    }
                }
            }
            let mut error = libc::ENOENT;
            for program in self.programs {
                match self.env {
                    Some(env) => libc::execve(program.as_ptr(), self.argv.as_ptr(), env.as_ptr()),
                    None => libc::execv(program.as_ptr(), self.argv.as_ptr()),
                };
                let e = io_errors::errno();
                if e != libc::ENOENT && e != libc::ENOTDIR {
                    error = e;
                    if e != libc::EACCES {
                        break;
                    }
                }
            }
            (error, "")
        }
    }
}

/// A POSIX helper for the subprocess module.
#[native_module(name = "_posixsubprocess")]
pub mod module {
    use super::*;

    /// Spawn a fresh new child process: all arguments are positional.
    #[native(raw)]
    fn fork_exec(args: &Args) -> R<i64> {
        args.no_keywords("fork_exec")?;
        let a = args.pos();
        if a.len() != 22 {
            return Err(type_error(format!("fork_exec expected 22 arguments, got {}", a.len())));
        }
        let number = |i: usize| int::index_i32(a[i]);
        if a[0].is_none() {
            return Err(type_error("args must not be None"));
        }
        let (argv, programs) = (c_strings(a[0])?, c_strings(a[1])?);
        let keep: Vec<i32> = ops::collect_to_vec(a[3])?.iter().map(|f| int::index_i32(f.v())).collect::<R<_>>()?;
        let cwd = if a[4].is_none() { None } else { c_strings(dxpyc_objects::tuple::from_slice(&[a[4]]).v())?.pop() };
        let env = if a[5].is_none() { None } else { Some(c_strings(a[5])?) };
        let mut pipes = [0; 8];
        for (i, pipe) in pipes.iter_mut().enumerate() {
            *pipe = number(6 + i)?;
        }
        let optional = |i: usize| if a[i].is_none() { Ok(None) } else { int::index_i64(a[i]).map(|n| Some(n as u32)) };
        let groups = if a[18].is_none() {
            None
        } else {
            Some(ops::collect_to_vec(a[18])?.iter().map(|g| int::index_i64(g.v()).map(|g| g as libc::gid_t)).collect::<R<Vec<_>>>()?)
        };
        let argv_pointers = pointers(&argv);
        let env_pointers = env.as_deref().map(pointers);
        let child = Child {
            programs: &programs,
            argv: &argv_pointers,
            env: env_pointers.as_deref(),
            cwd: cwd.as_ref(),
            pipes,
            keep: &keep,
            close_fds: ops::truth(a[2])?,
            restore_signals: ops::truth(a[14])?,
            new_session: ops::truth(a[15])?,
            process_group: number(16)?,
            gid: optional(17)?,
            groups: groups.as_deref(),
            uid: optional(19)?,
            umask: number(20)?,
            preexec: a[21],
        };
        // SAFETY: the child makes system calls, execs or leaves.
        let pid = unsafe { libc::fork() };
        if pid < 0 {
            return Err(os_error::raise_errno(io_errors::errno(), Value::MISSING, Value::MISSING));
        }
        if pid == 0 {
            let (error, stage) = child.run();
            let message = if stage == "SubprocessError" { "SubprocessError:0:Exception occurred in preexec_fn.".into() } else { format!("OSError:{error:X}:{stage}") };
            // SAFETY: the error pipe is open.
            unsafe {
                libc::write(pipes[7], message.as_ptr().cast(), message.len());
                libc::_exit(255);
            }
        }
        Ok(pid as i64)
    }
}

//! `resource`: limits and use of system resources.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{dict, float, int, io_errors, ops, os_error, struct_sequence, tuple};

dxpyc_objects::struct_sequence!(STRUCT_RUSAGE, STRUCT_RUSAGE_DECL, "struct_rusage", "resource",
    "struct_rusage: Result from getrusage.\n\nThis object may be accessed either as a tuple of\n    (utime,stime,maxrss,ixrss,idrss,isrss,minflt,majflt,\n    nswap,inblock,oublock,msgsnd,msgrcv,nsignals,nvcsw,nivcsw)\nor via the attributes ru_utime, ru_stime, ru_maxrss, and so on.",
    struct_sequence::SLOTS, 16;
    0 "ru_utime", 1 "ru_stime", 2 "ru_maxrss", 3 "ru_ixrss", 4 "ru_idrss", 5 "ru_isrss", 6 "ru_minflt", 7 "ru_majflt", 8 "ru_nswap", 9 "ru_inblock",
    10 "ru_oublock", 11 "ru_msgsnd", 12 "ru_msgrcv", 13 "ru_nsignals", 14 "ru_nvcsw", 15 "ru_nivcsw");

const LIMITS: i64 = 16;

fn last_error() -> Raised {
    os_error::raise_errno(io_errors::errno(), Value::MISSING, Value::MISSING)
}

fn check(resource: i64) -> R<u32> {
    if (0..LIMITS).contains(&resource) { Ok(resource as u32) } else { Err(value_error("invalid resource specified")) }
}

fn limit(v: Value) -> R<u64> {
    let number = ops::index(v)?;
    match int::as_i64_exact(number.v()) {
        Some(-1) => Ok(libc::RLIM_INFINITY),
        Some(i) if i >= 0 => Ok(i as u64),
        Some(_) => Err(value_error("Cannot convert negative int")),
        None => Err(overflow_error("Python int too large for C rlim_t")),
    }
}

fn limits(v: Value) -> R<libc::rlimit> {
    let both = ops::collect_to_vec(v)?;
    let [soft, hard] = &both[..] else { return Err(value_error("expected a tuple of 2 integers")) };
    Ok(libc::rlimit { rlim_cur: limit(soft.v())?, rlim_max: limit(hard.v())? })
}

fn show(limits: &libc::rlimit) -> Ref {
    tuple::pair(int::from_i64(limits.rlim_cur as i64), int::from_i64(limits.rlim_max as i64))
}

fn failure() -> Raised {
    match io_errors::errno() {
        libc::EINVAL => value_error("current limit exceeds maximum limit"),
        libc::EPERM => value_error("not allowed to raise maximum limit"),
        _ => last_error(),
    }
}

fn init(module: Value) -> R<()> {
    for (name, value) in [
        ("RLIMIT_CPU", 0), ("RLIMIT_FSIZE", 1), ("RLIMIT_DATA", 2), ("RLIMIT_STACK", 3), ("RLIMIT_CORE", 4), ("RLIMIT_NOFILE", 7), ("RLIMIT_OFILE", 7),
        ("RLIMIT_AS", 9), ("RLIMIT_RSS", 5), ("RLIMIT_NPROC", 6), ("RLIMIT_MEMLOCK", 8), ("RLIMIT_MSGQUEUE", 12), ("RLIMIT_NICE", 13), ("RLIMIT_RTPRIO", 14),
        ("RLIMIT_RTTIME", 15), ("RLIMIT_SIGPENDING", 11), ("RUSAGE_SELF", 0), ("RUSAGE_CHILDREN", -1), ("RUSAGE_THREAD", 1), ("RLIM_INFINITY", -1),
    ] {
        dict::set_str(module, name, int::from_i64(value));
    }
    dxpyc_objects::type_object::make_ready(&STRUCT_RUSAGE);
    dict::set_str(module, "struct_rusage", Ref::new(STRUCT_RUSAGE.v()));
    dict::set_str(module, "error", Ref::new(dxpyc_objects::exceptions::OS_ERROR.v()));
    Ok(())
}

#[native_module(name = "resource", init = super::init)]
pub mod module {
    use super::*;

    #[native("($module, who, /)")]
    fn getrusage(who: i32) -> R<Ref> {
        // SAFETY: plain data.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: room for the result.
        if unsafe { libc::getrusage(who, &mut usage) } < 0 {
            return Err(if io_errors::errno() == libc::EINVAL { value_error("invalid who parameter") } else { last_error() });
        }
        let seconds = |t: libc::timeval| float::from_f64(t.tv_sec as f64 + t.tv_usec as f64 * 0.000001);
        let mut items = vec![seconds(usage.ru_utime), seconds(usage.ru_stime)];
        items.extend(
            [
                usage.ru_maxrss, usage.ru_ixrss, usage.ru_idrss, usage.ru_isrss, usage.ru_minflt, usage.ru_majflt, usage.ru_nswap, usage.ru_inblock,
                usage.ru_oublock, usage.ru_msgsnd, usage.ru_msgrcv, usage.ru_nsignals, usage.ru_nvcsw, usage.ru_nivcsw,
            ]
            .map(int::from_i64),
        );
        Ok(struct_sequence::new(&STRUCT_RUSAGE, 16, items))
    }
    #[native("($module, resource, /)")]
    fn getrlimit(resource: i64) -> R<Ref> {
        let resource = check(resource)?;
        let mut now = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: room for the result.
        if unsafe { libc::getrlimit(resource, &mut now) } < 0 { Err(last_error()) } else { Ok(show(&now)) }
    }
    #[native("($module, resource, limits, /)")]
    fn setrlimit(resource: i64, limits: Value) -> R<()> {
        let resource = check(resource)?;
        let new = super::limits(limits)?;
        // SAFETY: reads the limits.
        if unsafe { libc::setrlimit(resource, &new) } < 0 { Err(failure()) } else { Ok(()) }
    }
    #[native]
    fn prlimit(pid: i32, resource: i64, limits: Option<Value>) -> R<Ref> {
        let resource = check(resource)?;
        let new = match limits {
            Some(v) if !v.is_none() => Some(super::limits(v)?),
            _ => None,
        };
        let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: reads the new limits, if any; room for the old ones.
        if unsafe { libc::prlimit(pid, resource, new.as_ref().map_or(std::ptr::null(), |n| n), &mut old) } < 0 { Err(failure()) } else { Ok(show(&old)) }
    }
    #[native("($module, /)")]
    fn getpagesize() -> i64 {
        // SAFETY: a plain question.
        unsafe { libc::sysconf(libc::_SC_PAGESIZE) }
    }
}

//! `time`: clocks, calendar times and their text.

use dxpyc_objects::prelude::*;
use dxpyc_objects::struct_sequence;
use dxpyc_objects::type_object::display_name;
use dxpyc_objects::{call, float, import, int, namespace, ops, os_error, signals, str, sys, tuple};
use std::ffi::{CStr, CString};

dxpyc_objects::struct_sequence!(STRUCT_TIME, STRUCT_TIME_DECL, "struct_time", "time",
    "The time value as returned by gmtime(), localtime(), and strptime(), and\n accepted by asctime(), mktime() and strftime().  May be considered as a\n sequence of 9 integers.",
    struct_sequence::SLOTS, 9;
    0 "tm_year", 1 "tm_mon", 2 "tm_mday", 3 "tm_hour", 4 "tm_min", 5 "tm_sec", 6 "tm_wday", 7 "tm_yday", 8 "tm_isdst", 9 "tm_zone", 10 "tm_gmtoff");

unsafe extern "C" {
    #[link_name = "tzset"]
    safe fn c_tzset();
    #[link_name = "strftime"]
    fn c_strftime(out: *mut libc::c_char, n: usize, format: *const libc::c_char, tm: *const libc::tm) -> usize;
}

const NS: i64 = 1_000_000_000;

/// Reads a clock in nanoseconds.
fn clock_ns(clock: libc::clockid_t) -> R<i64> {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the struct is ours.
    if unsafe { libc::clock_gettime(clock, &mut t) } != 0 {
        return Err(last_error());
    }
    Ok(t.tv_sec * NS + t.tv_nsec)
}

fn clock_s(clock: libc::clockid_t) -> R<f64> {
    clock_ns(clock).map(seconds)
}

/// Nanoseconds as seconds, as CPython divides.
fn seconds(ns: i64) -> f64 {
    if ns % NS == 0 { (ns / NS) as f64 } else { ns as f64 / 1e9 }
}

#[cold]
fn last_error() -> Raised {
    os_error::raise_errno(std::io::Error::last_os_error().raw_os_error().unwrap_or(0), Value::MISSING, Value::MISSING)
}

#[cold]
fn out_of_range() -> Raised {
    overflow_error("timestamp out of range for platform time_t")
}

/// A time argument in whole seconds: None or absent means now.
fn timestamp(args: &Args, name: &str) -> R<i64> {
    let v = match args.pos() {
        _ if args.has_kw() => return args.no_keywords(&format!("time.{name}")).map(|()| 0),
        [] => Value::NONE,
        [v] => *v,
        more => return Err(type_error(format!("{name}() takes at most 1 argument ({} given)", more.len()))),
    };
    if v.is_none() {
        return clock_ns(libc::CLOCK_REALTIME).map(|ns| ns.div_euclid(NS));
    }
    if let Some(f) = float::as_f64_exact(v) {
        if f.is_nan() {
            return Err(value_error("Invalid value NaN (not a number)"));
        }
        let f = f.floor();
        if !(-9.2e18..9.2e18).contains(&f) {
            return Err(out_of_range());
        }
        return Ok(f as i64);
    }
    int::index_or(v, |_| Err(out_of_range()))
}

fn zero_tm() -> libc::tm {
    // SAFETY: all zeros is a valid tm (a null zone).
    unsafe { std::mem::zeroed() }
}

fn zone_text(tm: &libc::tm) -> Ref {
    if tm.tm_zone.is_null() {
        return str::from_str("");
    }
    // SAFETY: the C library's zone names are static strings.
    sys::decode_os(unsafe { CStr::from_ptr(tm.tm_zone) }.to_bytes())
}

fn struct_time(tm: &libc::tm) -> Ref {
    let n = |i: i32| int::from_i64(i as i64);
    let items = vec![
        int::from_i64(tm.tm_year as i64 + 1900),
        n(tm.tm_mon + 1),
        n(tm.tm_mday),
        n(tm.tm_hour),
        n(tm.tm_min),
        n(tm.tm_sec),
        n((tm.tm_wday + 6) % 7),
        n(tm.tm_yday + 1),
        n(tm.tm_isdst),
        zone_text(tm),
        int::from_i64(tm.tm_gmtoff),
    ];
    struct_sequence::new(&STRUCT_TIME, 9, items)
}

fn local(t: i64) -> R<libc::tm> {
    let mut tm = zero_tm();
    // SAFETY: both pointers are to locals.
    if unsafe { libc::localtime_r(&t, &mut tm) }.is_null() {
        return Err(last_error());
    }
    Ok(tm)
}

fn utc(t: i64) -> R<libc::tm> {
    let mut tm = zero_tm();
    // SAFETY: as in local.
    if unsafe { libc::gmtime_r(&t, &mut tm) }.is_null() {
        return Err(last_error());
    }
    tm.tm_zone = c"GMT".as_ptr();
    Ok(tm)
}

/// A time tuple as C's struct; `zone` keeps the zone's name alive.
fn tuple_to_tm(v: Value, function: &str, zone: &mut CString) -> R<libc::tm> {
    let Some(items) = tuple::items(v) else { return Err(type_error("Tuple or struct_time argument required")) };
    let illegal = || type_error(format!("{function}(): illegal time tuple argument"));
    if items.len() != 9 {
        return Err(illegal());
    }
    let mut fields = [0i32; 9];
    for (field, item) in fields.iter_mut().zip(items) {
        *field = int::index_i32(*item)?;
    }
    let [year, mon, mday, hour, min, sec, wday, yday, isdst] = fields;
    if (year as i64) < i32::MIN as i64 + 1900 {
        return Err(overflow_error("year out of range"));
    }
    let mut tm = zero_tm();
    tm.tm_year = year.wrapping_sub(1900);
    tm.tm_mon = mon.wrapping_sub(1);
    (tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec) = (mday, hour, min, sec);
    tm.tm_wday = wday.wrapping_add(1) % 7;
    tm.tm_yday = yday.wrapping_sub(1);
    tm.tm_isdst = isdst;
    if is_exact(v, &STRUCT_TIME) {
        let offset = ops::getattr_str(v, "tm_gmtoff")?;
        if !offset.v().is_none() {
            tm.tm_gmtoff = int::index_i64(offset.v())?;
        }
        let name = ops::getattr_str(v, "tm_zone")?;
        if !name.v().is_none() {
            *zone = CString::new(str::to_rust(name.v())).unwrap_or_default();
            tm.tm_zone = zone.as_ptr();
        }
    }
    Ok(tm)
}

/// Checks the ranges that C's formatting functions rely on.
fn check_tm(tm: &mut libc::tm) -> R<()> {
    if tm.tm_mon == -1 {
        tm.tm_mon = 0;
    }
    if tm.tm_mday == 0 {
        tm.tm_mday = 1;
    }
    if tm.tm_yday == -1 {
        tm.tm_yday = 0;
    }
    let checks = [
        (tm.tm_mon, 11, "month"),
        (tm.tm_mday, 31, "day of month"),
        (tm.tm_hour, 23, "hour"),
        (tm.tm_min, 59, "minute"),
        (tm.tm_sec, 61, "seconds"),
        (tm.tm_wday, 6, "day of week"),
        (tm.tm_yday, 365, "day of year"),
    ];
    for (value, max, name) in checks {
        if value < 0 || value > max {
            return Err(value_error(format!("{name} out of range")));
        }
    }
    Ok(())
}

fn asctime_text(tm: &libc::tm) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    format!(
        "{} {}{:3} {:02}:{:02}:{:02} {}",
        DAYS[tm.tm_wday as usize % 7],
        MONTHS[tm.tm_mon as usize % 12],
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
        tm.tm_year as i64 + 1900
    )
}

/// One call of C's strftime; the format has no NUL.
fn format_piece(format: &[u8], tm: &libc::tm) -> R<Vec<u8>> {
    if format.is_empty() {
        return Ok(Vec::new());
    }
    let text = CString::new(format).unwrap_or_default();
    let mut capacity = 1024;
    loop {
        let mut out = vec![0u8; capacity];
        // SAFETY: buffer, format and tm are valid; the result counts bytes written.
        let n = unsafe { c_strftime(out.as_mut_ptr().cast(), capacity, text.as_ptr(), tm) };
        if n > 0 || capacity >= 256 * format.len() {
            out.truncate(n);
            return Ok(out);
        }
        capacity *= 2;
    }
}

/// Parses the one argument of clock functions.
fn clock_of(v: Value) -> R<libc::clockid_t> {
    int::index_i32(v)
}

/// Offsets and names of the local zone as the module's constants.
fn set_zone(dict: Value) -> R<()> {
    c_tzset();
    let year = 365 * 24 * 3600 + 6 * 3600;
    let now = clock_ns(libc::CLOCK_REALTIME)?.div_euclid(NS);
    let start = now / year * year;
    let (january, july) = (local(start)?, local(start + year / 2)?);
    let names = |a: &libc::tm, b: &libc::tm| tuple::from_refs(vec![zone_text(a), zone_text(b)]);
    let (jan, jul) = (-january.tm_gmtoff, -july.tm_gmtoff);
    // The zone with the larger offset to the west is standard time.
    let (timezone, altzone, tzname) =
        if jan < jul { (jul, jan, names(&july, &january)) } else { (jan, jul, names(&january, &july)) };
    let set = |name: &str, v: Ref| dxpyc_objects::dict::set_str(dict, name, v);
    set("timezone", int::from_i64(timezone));
    set("altzone", int::from_i64(altzone));
    set("daylight", int::from_i64((jan != jul) as i64));
    set("tzname", tzname);
    Ok(())
}

struct ModuleDict(Slot);
// SAFETY: single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for ModuleDict {}
static DICT: ModuleDict = ModuleDict(Slot::empty());

fn init(dict: Value) -> R<()> {
    DICT.0.set(Ref::new(dict));
    let set = |name: &str, v: Ref| dxpyc_objects::dict::set_str(dict, name, v);
    for (name, clock) in [
        ("CLOCK_REALTIME", libc::CLOCK_REALTIME),
        ("CLOCK_MONOTONIC", libc::CLOCK_MONOTONIC),
        ("CLOCK_MONOTONIC_RAW", libc::CLOCK_MONOTONIC_RAW),
        ("CLOCK_PROCESS_CPUTIME_ID", libc::CLOCK_PROCESS_CPUTIME_ID),
        ("CLOCK_THREAD_CPUTIME_ID", libc::CLOCK_THREAD_CPUTIME_ID),
        ("CLOCK_BOOTTIME", libc::CLOCK_BOOTTIME),
        ("CLOCK_TAI", libc::CLOCK_TAI),
    ] {
        set(name, int::from_i64(clock as i64));
    }
    set("_STRUCT_TM_ITEMS", int::from_i64(11));
    set("struct_time", Ref::new(STRUCT_TIME.v()));
    set_zone(dict)
}

/// The clocks of `get_clock_info`: name, system clock, its text, monotonic, adjustable.
const CLOCKS: [(&str, libc::clockid_t, &str, bool, bool); 5] = [
    ("time", libc::CLOCK_REALTIME, "clock_gettime(CLOCK_REALTIME)", false, true),
    ("monotonic", libc::CLOCK_MONOTONIC, "clock_gettime(CLOCK_MONOTONIC)", true, false),
    ("perf_counter", libc::CLOCK_MONOTONIC, "clock_gettime(CLOCK_MONOTONIC)", true, false),
    ("process_time", libc::CLOCK_PROCESS_CPUTIME_ID, "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)", true, false),
    ("thread_time", libc::CLOCK_THREAD_CPUTIME_ID, "clock_gettime(CLOCK_THREAD_CPUTIME_ID)", true, false),
];

fn resolution(clock: libc::clockid_t) -> R<f64> {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the struct is ours.
    if unsafe { libc::clock_getres(clock, &mut t) } != 0 {
        return Err(last_error());
    }
    Ok(t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9)
}

/// Seconds to nanoseconds, rounded up.
fn duration_ns(v: Value) -> R<i64> {
    if let Some(f) = float::as_f64_exact(v) {
        if f.is_nan() {
            return Err(value_error("Invalid value NaN (not a number)"));
        }
        let ns = (f * 1e9).ceil();
        if !(-9.2e18..9.2e18).contains(&ns) {
            return Err(overflow_error("timestamp out of range for platform time_t"));
        }
        return Ok(ns as i64);
    }
    if !int::is_int(v) && type_of(v).slots().index.is_none() {
        return Err(type_error(format!("'{}' object cannot be interpreted as an integer or float", display_name(v))));
    }
    let s = int::index_or(v, |_| Err(overflow_error("timestamp too large to convert to C PyTime_t")))?;
    s.checked_mul(NS).ok_or_else(|| overflow_error("timestamp too large to convert to C PyTime_t"))
}

fn sleep_ns(ns: i64) -> R<()> {
    let deadline = clock_ns(libc::CLOCK_MONOTONIC)?.saturating_add(ns);
    let t = libc::timespec { tv_sec: deadline / NS, tv_nsec: deadline % NS };
    loop {
        // SAFETY: the struct is ours; no remainder is asked for.
        let status = dxpyc_objects::threads::without_baton(|| unsafe {
            libc::clock_nanosleep(libc::CLOCK_MONOTONIC, libc::TIMER_ABSTIME, &t, std::ptr::null_mut())
        });
        if status != libc::EINTR {
            return Ok(());
        }
        signals::run_pending()?;
    }
}

/// At most one argument: the time tuple, or now.
fn optional_tuple(v: Option<Value>, function: &str, zone: &mut CString) -> R<libc::tm> {
    let mut tm = match v {
        Some(v) => tuple_to_tm(v, function, zone)?,
        None => return local(clock_ns(libc::CLOCK_REALTIME)?.div_euclid(NS)),
    };
    check_tm(&mut tm)?;
    Ok(tm)
}

#[native_module(
    name = "time",
    doc = "This module provides various functions to manipulate time values.",
    init = super::init
)]
pub mod module {
    use super::*;

    /// time() -> floating-point number
    ///
    /// Return the current time in seconds since the Epoch.
    /// Fractions of a second may be present if the system clock provides them.
    #[native]
    fn time() -> R<f64> {
        clock_s(libc::CLOCK_REALTIME)
    }
    /// time_ns() -> int
    ///
    /// Return the current time in nanoseconds since the Epoch.
    #[native]
    fn time_ns() -> R<i64> {
        clock_ns(libc::CLOCK_REALTIME)
    }
    /// monotonic() -> float
    ///
    /// Monotonic clock, cannot go backward.
    #[native]
    fn monotonic() -> R<f64> {
        clock_s(libc::CLOCK_MONOTONIC)
    }
    /// monotonic_ns() -> int
    ///
    /// Monotonic clock, cannot go backward, as nanoseconds.
    #[native]
    fn monotonic_ns() -> R<i64> {
        clock_ns(libc::CLOCK_MONOTONIC)
    }
    /// perf_counter() -> float
    ///
    /// Performance counter for benchmarking.
    #[native]
    fn perf_counter() -> R<f64> {
        clock_s(libc::CLOCK_MONOTONIC)
    }
    /// perf_counter_ns() -> int
    ///
    /// Performance counter for benchmarking as nanoseconds.
    #[native]
    fn perf_counter_ns() -> R<i64> {
        clock_ns(libc::CLOCK_MONOTONIC)
    }
    /// process_time() -> float
    ///
    /// Process time for profiling: sum of the kernel and user-space CPU time.
    #[native]
    fn process_time() -> R<f64> {
        clock_s(libc::CLOCK_PROCESS_CPUTIME_ID)
    }
    /// process_time_ns() -> int
    ///
    /// Process time for profiling as nanoseconds.
    #[native]
    fn process_time_ns() -> R<i64> {
        clock_ns(libc::CLOCK_PROCESS_CPUTIME_ID)
    }
    /// thread_time() -> float
    ///
    /// Thread time for profiling: sum of the kernel and user-space CPU time.
    #[native]
    fn thread_time() -> R<f64> {
        clock_s(libc::CLOCK_THREAD_CPUTIME_ID)
    }
    /// thread_time_ns() -> int
    ///
    /// Thread time for profiling as nanoseconds.
    #[native]
    fn thread_time_ns() -> R<i64> {
        clock_ns(libc::CLOCK_THREAD_CPUTIME_ID)
    }
    /// Return the time of the specified clock clk_id as a float.
    #[native]
    fn clock_gettime(clk_id: Value) -> R<f64> {
        clock_s(clock_of(clk_id)?)
    }
    /// Return the time of the specified clock clk_id as nanoseconds (int).
    #[native]
    fn clock_gettime_ns(clk_id: Value) -> R<i64> {
        clock_ns(clock_of(clk_id)?)
    }
    /// clock_getres(clk_id) -> floating-point number
    ///
    /// Return the resolution (precision) of the specified clock clk_id.
    #[native]
    fn clock_getres(clk_id: Value) -> R<f64> {
        resolution(clock_of(clk_id)?)
    }
    /// clock_settime(clk_id, time)
    ///
    /// Set the time of the specified clock clk_id.
    #[native]
    fn clock_settime(clk_id: Value, time: Value) -> R<()> {
        set_clock(clock_of(clk_id)?, duration_ns(time)?)
    }
    /// clock_settime_ns(clk_id, time)
    ///
    /// Set the time of the specified clock clk_id with nanoseconds.
    #[native]
    fn clock_settime_ns(clk_id: Value, time: i64) -> R<()> {
        set_clock(clock_of(clk_id)?, time)
    }
    /// pthread_getcpuclockid(thread_id) -> int
    ///
    /// Return the clk_id of a thread's CPU time clock.
    #[native]
    fn pthread_getcpuclockid(thread_id: i64) -> R<i64> {
        let mut clock = 0;
        // SAFETY: an id that is no thread's is the caller's fault, as in CPython; the clock is a local.
        let status = unsafe { libc::pthread_getcpuclockid(thread_id as libc::pthread_t, &mut clock) };
        if status != 0 {
            return Err(os_error::raise_errno(status, Value::MISSING, Value::MISSING));
        }
        Ok(clock as i64)
    }
    /// get_clock_info(name: str) -> dict
    ///
    /// Get information of the specified clock.
    #[native]
    fn get_clock_info(name: Value) -> R<Ref> {
        let Some(text) = str::try_view(name) else {
            return Err(type_error(format!("get_clock_info() argument 1 must be str, not {}", display_name(name))));
        };
        let Some((_, clock, implementation, monotonic, adjustable)) = CLOCKS.iter().find(|c| text.is(c.0)) else {
            return Err(value_error("unknown clock"));
        };
        namespace::new(vec![
            ("implementation", str::from_str(implementation)),
            ("monotonic", Ref::bool(*monotonic)),
            ("adjustable", Ref::bool(*adjustable)),
            ("resolution", float::from_f64(resolution(*clock)?)),
        ])
    }
    /// sleep(seconds)
    ///
    /// Delay execution for a given number of seconds.  The argument may be
    /// a floating-point number for subsecond precision.
    #[native("($self, object, /)", raw)]
    fn sleep(args: &Args) -> R<()> {
        let [v] = args.values() else {
            return Err(type_error(format!("time.sleep() takes exactly one argument ({} given)", args.values().len())));
        };
        args.no_keywords("time.sleep")?;
        let ns = duration_ns(*v)?;
        if ns < 0 {
            return Err(value_error("sleep length must be non-negative"));
        }
        sleep_ns(ns)
    }
    /// gmtime([seconds]) -> (tm_year, tm_mon, tm_mday, tm_hour, tm_min,
    ///                        tm_sec, tm_wday, tm_yday, tm_isdst)
    ///
    /// Convert seconds since the Epoch to a time tuple expressing UTC.
    #[native("", raw)]
    fn gmtime(args: &Args) -> R<Ref> {
        utc(timestamp(args, "gmtime")?).map(|tm| struct_time(&tm))
    }
    /// localtime([seconds]) -> (tm_year,tm_mon,tm_mday,tm_hour,tm_min,
    ///                           tm_sec,tm_wday,tm_yday,tm_isdst)
    ///
    /// Convert seconds since the Epoch to a time tuple expressing local time.
    #[native("", raw)]
    fn localtime(args: &Args) -> R<Ref> {
        local(timestamp(args, "localtime")?).map(|tm| struct_time(&tm))
    }
    /// ctime(seconds) -> string
    ///
    /// Convert a time in seconds since the Epoch to a string in local time.
    #[native("", raw)]
    fn ctime(args: &Args) -> R<String> {
        local(timestamp(args, "ctime")?).map(|tm| asctime_text(&tm))
    }
    /// asctime([tuple]) -> string
    ///
    /// Convert a time tuple to a string, e.g. 'Sat Jun 06 16:26:11 1998'.
    #[native]
    fn asctime(time: Option<Value>) -> R<String> {
        let mut zone = CString::default();
        optional_tuple(time, "asctime", &mut zone).map(|tm| asctime_text(&tm))
    }
    /// mktime(tuple) -> floating-point number
    ///
    /// Convert a time tuple in local time to seconds since the Epoch.
    #[native("($self, object, /)")]
    fn mktime(object: Value) -> R<f64> {
        let mut zone = CString::default();
        let mut tm = tuple_to_tm(object, "mktime", &mut zone)?;
        tm.tm_wday = -1;
        // SAFETY: tm is a local.
        let t = unsafe { libc::mktime(&mut tm) };
        if t == -1 && tm.tm_wday == -1 {
            return Err(overflow_error("mktime argument out of range"));
        }
        Ok(t as f64)
    }
    /// strftime(format[, tuple]) -> string
    ///
    /// Convert a time tuple to a string according to a format specification.
    #[native("", raw)]
    fn strftime(args: &Args) -> R<Ref> {
        args.no_keywords("time.strftime")?;
        let (format, time) = match args.values() {
            [format] => (*format, None),
            [format, time] => (*format, Some(*time)),
            [] => return Err(type_error("strftime() takes at least 1 argument (0 given)")),
            more => return Err(type_error(format!("strftime() takes at most 2 arguments ({} given)", more.len()))),
        };
        if !str::is_str(format) {
            return Err(type_error(format!("strftime() argument 1 must be str, not {}", display_name(format))));
        }
        let mut zone = CString::default();
        let mut tm = optional_tuple(time, "strftime", &mut zone)?;
        // The C library reads only the sign.
        tm.tm_isdst = tm.tm_isdst.clamp(-1, 1);
        let mut out = Vec::new();
        for (i, piece) in str::to_rust(format).as_bytes().split(|&b| b == 0).enumerate() {
            if i > 0 {
                out.push(0);
            }
            out.extend(format_piece(piece, &tm)?);
        }
        Ok(sys::decode_os(&out))
    }
    /// strptime(string, format) -> struct_time
    ///
    /// Parse a string to a time tuple according to a format specification.
    #[native("", raw)]
    fn strptime(args: &Args) -> R<Ref> {
        let module = import::import_module("_strptime")?;
        let function = ops::getattr_str(module.v(), "_strptime_time")?;
        call::call(function.v(), args)
    }
    /// tzset()
    ///
    /// Initialize, or reinitialize, the local timezone to the value stored in
    /// os.environ['TZ'].
    #[native]
    fn tzset() -> R<()> {
        set_zone(DICT.0.get())
    }
}

fn set_clock(clock: libc::clockid_t, ns: i64) -> R<()> {
    let t = libc::timespec { tv_sec: ns.div_euclid(NS), tv_nsec: ns.rem_euclid(NS) };
    // SAFETY: the struct is ours.
    if unsafe { libc::clock_settime(clock, &t) } != 0 {
        return Err(last_error());
    }
    Ok(())
}

//! Times `get` and `put`: `cargo run --release -p dxpyc-cache --example latency [FOLDER]`.

use std::hint::black_box;
use std::time::Instant;

use dxpyc_cache::{Cache, Key, KeyHasher, Settings};

fn key(number: u64) -> Key {
    let mut hasher = KeyHasher::new("latency");
    hasher.write_u64(number);
    hasher.finish()
}

/// Microseconds for each of `count` calls: the median and the mean.
fn time(what: &str, count: u64, mut call: impl FnMut(u64)) {
    let mut times: Vec<f64> = (0..count)
        .map(|number| {
            let began = Instant::now();
            call(number);
            began.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{what:<28} median {:>8.1} µs, mean {:>8.1} µs", times[times.len() / 2], times.iter().sum::<f64>() / count as f64);
}

fn main() {
    let folder = std::env::args_os().nth(1).map_or_else(|| std::env::temp_dir().join("dxpyc-latency"), Into::into);
    let open = || Cache::open(Settings::at(&folder));
    println!("{}", folder.display());
    for (size, count) in [(4 << 10, 10_000), (32 << 10, 2_000), (64 << 10, 2_000), (128 << 10, 2_000), (256 << 10, 1_000), (1 << 20, 200), (8 << 20, 40)] {
        open().clear().expect("ours");
        let payload = vec![7; size];
        let cache = open();
        let name = format!("{} KiB", size >> 10);
        time(&format!("put {name} × {count}"), count, |number| cache.put(&key(number), &payload));
        let cache = open();
        time(&format!("get {name} × {count}"), count, |number| assert_eq!(black_box(cache.get(&key(number))).expect("stored").len(), size));
        time(&format!("miss among {count}"), count, |number| assert!(cache.get(&key(count + number)).is_none()));
        if size == 4 << 10 {
            let began = Instant::now();
            cache.stat().expect("ours");
            println!("stat of {count}: {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
            let began = Instant::now();
            cache.verify().expect("ours");
            println!("verify of {count}: {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
        }
        assert_eq!(cache.counts().refused, 0);
    }
    open().clear().expect("ours");
}

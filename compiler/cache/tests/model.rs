//! Random sequences of operations against a model: a map from keys to payloads.

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{Dir, entry_path, key, payload};
use dxpyc_cache::{Cache, Settings};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Get(usize),
    Put(usize, usize),
    Remove(usize),
    /// Ages all entries, so that what is used later is younger.
    Age,
    Gc(u64),
    Verify,
    Clear,
    Reopen,
    /// Changes a byte of an entry.
    Damage(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![4 => 0..300usize, 2 => 4000..9000usize, 1 => Just(300 << 10)];
    prop_oneof![
        8 => (0..12usize).prop_map(Step::Get),
        8 => (0..12usize, size).prop_map(|(key, size)| Step::Put(key, size)),
        1 => (0..12usize).prop_map(Step::Remove),
        2 => Just(Step::Age),
        2 => (0..40u64).prop_map(|pages| Step::Gc(pages * 4096)),
        1 => Just(Step::Verify),
        1 => Just(Step::Clear),
        2 => Just(Step::Reopen),
        2 => (0..12usize, 0..400usize).prop_map(|(key, at)| Step::Damage(key, at)),
    ]
}

struct Known {
    payload: Vec<u8>,
    /// Number of the last use; entries last used before the same ageing are equally old.
    used: u64,
}

fn pages(payload: &[u8]) -> u64 {
    (payload.len() as u64 + dxpyc_cache::HEADER_BYTES as u64).next_multiple_of(4096)
}

fn run(steps: &[Step]) {
    let dir = Dir::new();
    let mut cache = dir.open();
    let mut model: BTreeMap<usize, Known> = BTreeMap::new();
    let mut era = 0;
    for step in steps {
        match step {
            Step::Get(number) => {
                let found = cache.get(&key(*number));
                let expected = model.get_mut(number);
                assert_eq!(found.as_deref(), expected.as_ref().map(|known| &known.payload[..]));
                if let Some(known) = expected {
                    known.used = era;
                }
            }
            Step::Put(number, size) => {
                cache.put(&key(*number), &payload(*number, *size));
                model.insert(*number, Known { payload: payload(*number, *size), used: era });
            }
            Step::Remove(number) => {
                cache.remove(&key(*number));
                model.remove(number);
            }
            Step::Age => {
                era += 1;
                for number in model.keys() {
                    let file = fs::File::open(entry_path(&dir.folder(), &key(*number))).expect("it was put");
                    let modified = file.metadata().and_then(|metadata| metadata.modified()).expect("there");
                    file.set_modified(modified - std::time::Duration::from_secs(86_400)).expect("ours");
                }
            }
            Step::Gc(limit) => {
                let cleaned = cache.gc(*limit).expect("ours");
                let before: u64 = model.values().map(|known| pages(&known.payload)).sum();
                let mut removed = Vec::new();
                model.retain(|number, known| {
                    let stays = entry_path(&dir.folder(), &key(*number)).exists();
                    if !stays {
                        removed.push((known.used, pages(&known.payload)));
                    }
                    stays
                });
                let after: u64 = model.values().map(|known| pages(&known.payload)).sum();
                assert!(after <= *limit);
                assert_eq!((cleaned.bytes, cleaned.removed_bytes), (after, before - after));
                assert_eq!((cleaned.entries, cleaned.removed_entries), (model.len() as u64, removed.len() as u64));
                // The oldest went, and no more than it took.
                let oldest = model.values().map(|known| known.used).min().unwrap_or(u64::MAX);
                assert!(removed.iter().all(|(used, _)| *used <= oldest));
                assert!(removed.iter().all(|(_, bytes)| after + bytes > *limit) || removed.len() > 1);
            }
            Step::Verify => {
                let verified = cache.verify().expect("ours");
                assert_eq!((verified.good, verified.damaged, verified.unreadable, verified.foreign), (model.len() as u64, 0, 0, 0));
            }
            Step::Clear => {
                assert_eq!(cache.clear().expect("ours").removed_entries, model.len() as u64);
                model.clear();
            }
            Step::Reopen => cache = Cache::open(Settings::at(dir.folder())),
            Step::Damage(number, at) => {
                if model.remove(number).is_some() {
                    let path = entry_path(&dir.folder(), &key(*number));
                    let mut bytes = fs::read(&path).expect("it was put");
                    let at = at % bytes.len();
                    bytes[at] ^= 0x55;
                    fs::write(&path, bytes).expect("ours");
                    // Either way of finding it removes it.
                    if at % 2 == 0 {
                        assert!(cache.get(&key(*number)).is_none());
                    } else {
                        assert_eq!(cache.verify().expect("ours").damaged, 1);
                    }
                }
            }
        }
        assert_eq!(cache.stat().expect("ours").entries, model.len() as u64);
        assert_eq!(cache.keys().expect("ours").len(), model.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: common::scale(25, 2000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_cache_is_a_map(steps in prop::collection::vec(step(), 1..60)) {
        run(&steps);
    }
}

#[test]
fn the_limit_is_kept_without_asking() {
    let dir = Dir::new();
    let limit = 100 * 8192;
    let settings = Settings { limit_bytes: limit, ..Settings::at(dir.folder()) };
    // A process for each ten entries.
    for process in 0..50 {
        let cache = Cache::open(settings.clone());
        for number in 0..10 {
            cache.put(&key(process * 10 + number), &payload(number, 5000));
        }
        drop(cache);
        let stat = Cache::open(settings.clone()).stat().expect("ours");
        assert!(stat.bytes <= limit, "process {process}: {} bytes", stat.bytes);
        assert!(process < 10 || stat.entries >= 70, "process {process}: only {} entries are left", stat.entries);
    }
}

#[test]
fn a_damaged_or_missing_usage_file_is_counted_anew() {
    let dir = Dir::new();
    let limit = 20 * 8192;
    let settings = Settings { limit_bytes: limit, ..Settings::at(dir.folder()) };
    for (round, damage) in [&b""[..], b"x", b"1234567", &[0; 40_000], &[0xff; 64], b"none"].into_iter().enumerate() {
        let big = Cache::open(Settings::at(dir.folder()));
        for number in 0..40 {
            big.put(&key(number), &payload(round, 5000));
        }
        drop(big);
        let usage = dir.folder().join("usage");
        match damage {
            b"none" => fs::remove_file(&usage).expect("ours"),
            bytes => fs::write(&usage, bytes).expect("ours"),
        }
        Cache::open(settings.clone()).put(&key(1000), b"x");
        let stat = Cache::open(settings.clone()).stat().expect("ours");
        assert!(stat.bytes <= limit, "{damage:?}: {stat:?}");
        assert!(stat.entries >= 10, "{damage:?}: {stat:?}");
    }
}

#[test]
fn what_was_used_lately_stays_and_what_is_dated_to_come_goes() {
    let dir = Dir::new();
    let cache = dir.open();
    let date = |number: usize, ahead: i64| {
        let file = fs::File::open(entry_path(&dir.folder(), &key(number))).expect("there");
        let now = std::time::SystemTime::now();
        let span = std::time::Duration::from_secs(ahead.unsigned_abs());
        file.set_modified(if ahead < 0 { now - span } else { now + span }).expect("ours");
    };
    for number in 0..4 {
        cache.put(&key(number), b"x");
    }
    date(0, -86_400 * 3);
    date(1, -86_400 * 2);
    date(2, 86_400 * 365 * 80);
    date(3, -86_400);
    assert!(cache.get(&key(0)).is_some());
    cache.gc(3 * 4096).expect("ours");
    assert!(!entry_path(&dir.folder(), &key(2)).exists(), "dated to come");
    cache.gc(2 * 4096).expect("ours");
    assert!(!entry_path(&dir.folder(), &key(1)).exists(), "the oldest");
    assert!(entry_path(&dir.folder(), &key(0)).exists(), "used just now");
}

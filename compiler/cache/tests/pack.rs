//! A cache goes through a file whole, and a hostile file leaves nothing that is wrong.

mod common;

use std::fs;
use std::io::{self, BufReader, Cursor, Read};

use common::{Dir, entry_path, key, payload};
use dxpyc_cache::{Cache, PACK_FRAME_BYTES, Secret, Settings, Unpacked, seal};
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

fn filled(numbers: impl IntoIterator<Item = usize>, size: usize) -> Dir {
    let dir = Dir::new();
    let cache = dir.open();
    numbers.into_iter().for_each(|number| cache.put(&key(number), &payload(number, size)));
    drop(cache);
    dir
}

fn pack(cache: &Cache) -> Vec<u8> {
    let mut bytes = Vec::new();
    let packed = cache.pack(&mut bytes).expect("memory takes all");
    assert_eq!(packed.bytes, bytes.len() as u64);
    bytes
}

fn unpack(bytes: &[u8]) -> (Dir, Unpacked) {
    let dir = Dir::new();
    let unpacked = dir.open().unpack(&mut Cursor::new(bytes)).expect("memory can be read");
    (dir, unpacked)
}

fn frame(entries: &[&[u8]]) -> Vec<u8> {
    compress_to_vec(&entries.concat()[..], CompressionLevel::Fastest)
}

fn entry(number: usize, size: usize) -> Vec<u8> {
    [&seal(&key(number), &payload(number, size), None)[..], &payload(number, size)].concat()
}

#[test]
fn all_entries_go_through_a_file() {
    let dir = filled(0..300, 700);
    let cache = dir.open();
    cache.put(&key(300), &vec![0; PACK_FRAME_BYTES * 2]);
    cache.put(&key(301), b"");
    for number in 302..306 {
        cache.put(&key(number), &payload(number, 1 << 20));
    }
    let bytes = pack(&cache);
    let (copy, unpacked) = unpack(&bytes);
    assert_eq!(unpacked, Unpacked { stored: 306, refused: 0, damaged: false });
    let copy = copy.open();
    for number in 0..306 {
        assert_eq!(copy.get(&key(number)).as_deref(), cache.get(&key(number)).as_deref(), "{number}");
    }
    assert_eq!(copy.counts().hits, 306);
}

#[test]
fn the_same_entries_make_the_same_file() {
    let one = pack(&filled(0..100, 50).open());
    let two = pack(&filled((0..100).rev(), 50).open());
    assert!(one == two);
    assert_eq!(pack(&Dir::new().open()), b"");
    assert_eq!(unpack(b"").1, Unpacked::default());
}

#[test]
fn damaged_entries_are_not_packed() {
    let dir = filled(0..10, 50);
    fs::write(entry_path(&dir.folder(), &key(3)), b"damaged").expect("ours");
    assert_eq!(unpack(&pack(&dir.open())).1, Unpacked { stored: 9, refused: 0, damaged: false });
}

#[test]
fn wrong_entries_are_refused_and_the_rest_is_stored() {
    let mut wrong_payload = entry(1, 50);
    *wrong_payload.last_mut().expect("not empty") ^= 1;
    let mut wrong_key = entry(2, 50);
    wrong_key[20] ^= 1;
    let (dir, unpacked) = unpack(&frame(&[&wrong_payload, &entry(3, 50), &wrong_key, &entry(4, 50)]));
    assert_eq!(unpacked, Unpacked { stored: 2, refused: 2, damaged: false });
    assert_eq!(dir.open().keys().expect("ours").len(), 2);
}

#[test]
fn what_is_no_pack_is_refused() {
    let huge = {
        let mut header = entry(1, 0);
        header[48..56].copy_from_slice(&(200u64 << 20).to_le_bytes());
        header
    };
    let endless = {
        let mut header = entry(1, 0);
        header[48..56].fill(0xff);
        header
    };
    let cases: [&[u8]; 8] = [
        b"x",
        b"PK\x03\x04../../../etc/passwd",
        &[0; 1000],
        &frame(&[b"not an entry"]),
        &frame(&[b"../../../../../../etc/passwd\0 and more, longer than a header; and more, longer than a header"]),
        &frame(&[&huge]),
        &frame(&[&endless, &[0; 1000]]),
        // Skippable frames are zstd, but not ours.
        b"\x50\x2a\x4d\x18\x04\0\0\0abcd",
    ];
    for case in cases {
        let (dir, unpacked) = unpack(case);
        assert_eq!(unpacked, Unpacked { stored: 0, refused: 0, damaged: true });
        assert!(!dir.folder().exists());
    }
    // What came before stays.
    let (_, unpacked) = unpack(&[frame(&[&entry(1, 50)]), b"rubbish".to_vec()].concat());
    assert_eq!(unpacked, Unpacked { stored: 1, refused: 0, damaged: true });
}

#[test]
fn an_entry_larger_than_the_limit_ends_it() {
    let file = frame(&[&entry(1, 50), &entry(2, 100_000)]);
    let dir = Dir::new();
    let cache = Cache::open(Settings { limit_bytes: 50_000, ..Settings::at(dir.folder()) });
    assert_eq!(cache.unpack(&mut Cursor::new(file)).expect("memory"), Unpacked { stored: 1, refused: 0, damaged: true });
}

#[test]
fn only_the_same_secret_opens() {
    let open = |dir: &Dir, secret: Option<&str>| {
        Cache::open(Settings { secret: secret.map(|text| Secret::new(text.as_bytes())), ..Settings::at(dir.folder()) })
    };
    let source = filled(0..5, 50);
    for sealed in [None, Some("one"), Some("two")] {
        let file = pack(&open(&source, sealed));
        for secret in [None, Some("one"), Some("two")] {
            let dir = Dir::new();
            let unpacked = open(&dir, secret).unpack(&mut Cursor::new(&file)).expect("memory");
            let right = u64::from(sealed == secret) * 5;
            assert_eq!(unpacked, Unpacked { stored: right, refused: 5 - right, damaged: false });
            // The secret is not needed to use what was let in.
            assert_eq!(open(&dir, None).get(&key(1)).is_some(), sealed == secret);
        }
    }
}

#[test]
fn failures_of_reader_and_writer_are_told() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }
    let bytes = pack(&filled(0..3, 50_000).open());
    for end in [0, 1, 10, 1000, bytes.len() - 1, bytes.len()] {
        let mut reader = BufReader::with_capacity(100, bytes[..end].chain(Failing));
        let error = Dir::new().open().unpack(&mut reader).expect_err("it fails");
        assert_eq!(error.to_string(), "broken", "{end}");
    }
    let mut full = fs::File::options().write(true).open("/dev/full").expect("Linux");
    assert_eq!(filled(0..3, 50_000).open().pack(&mut full).expect_err("full").kind(), io::ErrorKind::StorageFull);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: common::scale(40, 20_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_file_leaves_no_wrong_entry(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), cut in any::<prop::sample::Index>()) {
        let mut bytes = pack(&filled(0..6, 90).open());
        for (at, value) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        let end = cut.index(bytes.len() * 2).min(bytes.len());
        let (dir, unpacked) = unpack(&bytes[..end]);
        let cache = dir.open();
        let mut found = 0;
        for number in 0..6 {
            if let Some(payload) = cache.get(&key(number)) {
                prop_assert_eq!(&payload[..], &common::payload(number, 90)[..]);
                found += 1;
            }
        }
        prop_assert_eq!(found, unpacked.stored);
        prop_assert_eq!(cache.stat().expect("ours").foreign, 0);
    }
}

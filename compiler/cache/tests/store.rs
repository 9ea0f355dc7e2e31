//! What is put is got, what is wrong is a miss, and nothing that lies outside is touched.

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use common::{Dir, entry_path, key, payload};
use dxpyc_cache::{Cache, Counts, Settings};

#[test]
fn what_is_put_is_got() {
    let dir = Dir::new();
    let sizes = [0, 1, 100, 4096, 70_000, 256 << 10, (1 << 20) + 3];
    let cache = dir.open();
    for (index, size) in sizes.iter().enumerate() {
        assert!(cache.get(&key(index)).is_none());
        cache.put(&key(index), &payload(index, *size));
    }
    for cache in [cache, dir.open()] {
        for (index, size) in sizes.iter().enumerate() {
            let found = cache.get(&key(index)).expect("it was put");
            assert_eq!(&found[..], &payload(index, *size)[..]);
            assert_eq!(found.as_ptr().addr() % 16, 0, "{size}");
        }
        assert!(cache.get(&key(sizes.len())).is_none());
        assert_eq!(cache.counts().hits, sizes.len() as u64);
        assert_eq!(cache.problem(), None);
    }
}

#[test]
fn only_the_owner_can_read() {
    let dir = Dir::new();
    dir.open().put(&key(1), b"x");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let entry = entry_path(&dir.folder(), &key(1));
    assert_eq!(mode(&entry), 0o600);
    assert_eq!(mode(entry.parent().expect("a folder")), 0o700);
    assert_eq!(mode(&dir.folder()), 0o700);
    assert_eq!(mode(&dir.folder().join("usage")), 0o600);
}

#[test]
fn nothing_is_made_by_looking() {
    let dir = Dir::new();
    let cache = dir.open();
    assert!(cache.get(&key(1)).is_none());
    assert_eq!(cache.stat().expect("empty").entries, 0);
    cache.gc(0).expect("empty");
    cache.clear().expect("empty");
    drop(cache);
    assert!(!dir.folder().exists());
}

#[test]
fn a_payload_outlives_its_entry_and_its_cache() {
    for size in [10, 1 << 20] {
        let dir = Dir::new();
        let cache = dir.open();
        cache.put(&key(1), &payload(1, size));
        let held = cache.get(&key(1)).expect("it was put");
        dir.open().clear().expect("ours");
        assert!(cache.get(&key(1)).is_none());
        drop(cache);
        drop(dir);
        assert_eq!(&held[..], &payload(1, size)[..]);
    }
}

/// Damages the entry by `damage`; then it is a miss, verify finds nothing wrong any more, and storing works again.
fn check_damage(what: &str, damage: impl FnOnce(&Path)) {
    let dir = Dir::new();
    let cache = dir.open();
    cache.put(&key(1), b"payload");
    cache.put(&key(2), b"another");
    let entry = entry_path(&dir.folder(), &key(1));
    damage(&entry);
    assert!(cache.get(&key(1)).is_none(), "{what}");
    cache.put(&key(1), b"payload");
    let stays = entry.is_dir();
    assert_eq!(cache.get(&key(1)).is_some(), !stays, "{what}");
    assert_eq!(cache.get(&key(2)).as_deref(), Some(&b"another"[..]), "{what}");
    let verified = cache.verify().expect("readable");
    assert_eq!((verified.good, verified.damaged, verified.foreign), (2 - u64::from(stays), 0, u64::from(stays)), "{what}");
    assert_eq!(cache.stat().expect("readable").temporaries, 0, "{what}");
}

#[test]
fn damaged_entries_are_misses_and_are_replaced() {
    let whole = |path: &Path| fs::read(path).expect("there");
    check_damage("empty", |path| fs::write(path, b"").expect("ours"));
    check_damage("one byte more", |path| fs::write(path, [&whole(path)[..], b"x"].concat()).expect("ours"));
    check_damage("twice", |path| fs::write(path, whole(path).repeat(2)).expect("ours"));
    check_damage("zeroes", |path| fs::write(path, vec![0; whole(path).len()]).expect("ours"));
    check_damage("the size of a terabyte", |path| {
        fs::OpenOptions::new().write(true).open(path).expect("ours").set_len(1 << 40).expect("sparse");
    });
    check_damage("a huge length", |path| {
        let mut bytes = whole(path);
        bytes[48..56].fill(0xff);
        fs::write(path, bytes).expect("ours");
    });
    check_damage("the entry of another key", |path| {
        let other = entry_path(path.parent().and_then(Path::parent).expect("a folder"), &key(2));
        fs::copy(other, path).expect("ours");
    });
    check_damage("a link to a good entry", |path| {
        let moved = path.with_extension("moved");
        fs::rename(path, path.parent().and_then(Path::parent).expect("a folder").join("moved")).expect("ours");
        symlink("../moved", path).expect("ours");
        assert!(!moved.exists());
    });
    check_damage("a dangling link", |path| {
        fs::remove_file(path).expect("ours");
        symlink("/nonexistent", path).expect("ours");
    });
    check_damage("a folder", |path| {
        fs::remove_file(path).expect("ours");
        fs::create_dir(path).expect("ours");
    });
    check_damage("a pipe", |path| {
        fs::remove_file(path).expect("ours");
        rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).expect("ours");
    });
    check_damage("a socket", |path| {
        fs::remove_file(path).expect("ours");
        let made = rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Socket, rustix::fs::Mode::RWXU, 0);
        made.expect("ours");
    });
    check_damage("writable by others", |path| fs::set_permissions(path, fs::Permissions::from_mode(0o666)).expect("ours"));
    check_damage("writable by the group", |path| fs::set_permissions(path, fs::Permissions::from_mode(0o660)).expect("ours"));
}

#[test]
fn every_truncation_and_every_changed_byte_is_a_miss() {
    let dir = Dir::new();
    let cache = dir.open();
    cache.put(&key(1), &payload(1, 60));
    let path = entry_path(&dir.folder(), &key(1));
    let good = fs::read(&path).expect("there");
    for at in 0..good.len() {
        fs::write(&path, &good[..at]).expect("ours");
        assert!(cache.get(&key(1)).is_none(), "{at} bytes");
        assert!(!path.exists());
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        fs::write(&path, bad).expect("ours");
        assert!(cache.get(&key(1)).is_none(), "byte {at}");
    }
    cache.put(&key(1), &payload(1, 60));
    assert!(cache.get(&key(1)).is_some());
}

#[test]
fn links_are_not_written_through() {
    let dir = Dir::new();
    let victim = dir.outside("victim");
    fs::write(&victim, b"precious").expect("ours");
    let folder = dir.outside("folder");
    fs::create_dir(&folder).expect("ours");
    let cache = dir.open();
    cache.put(&key(1), b"x");
    let entry = entry_path(&dir.folder(), &key(1));
    fs::remove_file(&entry).expect("ours");
    symlink(&victim, &entry).expect("ours");
    cache.put(&key(1), b"y");
    assert_eq!(cache.get(&key(1)).as_deref(), Some(&b"y"[..]));
    // The folder of a prefix.
    let prefix = entry.parent().expect("a folder");
    fs::remove_dir_all(prefix).expect("ours");
    symlink(&folder, prefix).expect("ours");
    assert!(cache.get(&key(1)).is_none());
    cache.put(&key(1), b"z");
    assert_eq!(cache.get(&key(1)).as_deref(), Some(&b"z"[..]));
    assert_eq!(fs::read(&victim).expect("there"), b"precious");
    assert_eq!(fs::read_dir(&folder).expect("there").count(), 0);
    // A file in its place.
    fs::remove_dir_all(prefix).expect("ours");
    fs::write(prefix, b"x").expect("ours");
    cache.put(&key(1), b"z");
    assert_eq!(cache.get(&key(1)).as_deref(), Some(&b"z"[..]));
    drop(cache);
    // The file of usage.
    let usage = dir.folder().join("usage");
    fs::remove_file(&usage).expect("ours");
    symlink(&victim, &usage).expect("ours");
    dir.open().put(&key(2), b"z");
    assert_eq!(fs::read(&victim).expect("there"), b"precious");
}

fn check_refused(folder: &Path, problem: &str) {
    let cache = Cache::open(Settings::at(folder));
    assert!(cache.get(&key(1)).is_none());
    cache.put(&key(1), b"x");
    assert!(cache.get(&key(1)).is_none());
    cache.put(&key(1), b"x");
    assert_eq!(cache.counts(), Counts { misses: 2, refused: 2, ..Counts::default() });
    assert_eq!(cache.problem(), Some(format!("{}: {problem}", folder.display()).as_str()));
}

#[test]
fn folders_that_cannot_be_trusted_are_refused() {
    let dir = Dir::new();
    let folder = dir.folder();
    fs::create_dir(&folder).expect("ours");
    for mode in [0o777, 0o770, 0o702, 0o720] {
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).expect("ours");
        check_refused(&folder, "others may write there");
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("ours");
    assert_eq!(Cache::open(Settings::at(&folder)).problem(), None);
    let link = dir.outside("link");
    symlink(&folder, &link).expect("ours");
    check_refused(&link, "is not a folder");
    let file = dir.outside("file");
    fs::write(&file, b"x").expect("ours");
    check_refused(&file, "is not a folder");
    check_refused(&file.join("below"), "is not a folder");
    assert_eq!(fs::read_dir(&folder).expect("there").count(), 0);
    // A final slash does not follow the link.
    let slashed = Cache::open(Settings::at(format!("{}/", link.display())));
    assert!(slashed.problem().is_some());
    // A link on the way is the user's own business.
    let below = Cache::open(Settings::at(link.join("below")));
    below.put(&key(1), b"x");
    assert!(below.get(&key(1)).is_some());
}

#[test]
fn a_folder_or_entry_of_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let dir = Dir::new();
    let cache = dir.open();
    cache.put(&key(1), b"x");
    let entry = entry_path(&dir.folder(), &key(1));
    std::os::unix::fs::chown(&entry, Some(65534), None).expect("root may");
    assert!(cache.get(&key(1)).is_none());
    assert!(!entry.exists());
    drop(cache);
    std::os::unix::fs::chown(dir.folder(), Some(65534), None).expect("root may");
    check_refused(&dir.folder(), "belongs to another user");
}

#[test]
fn a_payload_larger_than_the_limit_is_not_stored() {
    let dir = Dir::new();
    let cache = Cache::open(Settings { limit_bytes: 10_000, ..Settings::at(dir.folder()) });
    cache.put(&key(1), &[1; 10_000]);
    cache.put(&key(2), &[1; 2_000]);
    assert!(cache.get(&key(1)).is_none());
    assert!(cache.get(&key(2)).is_some());
}

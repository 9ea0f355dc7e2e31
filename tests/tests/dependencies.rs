//! The crates depend on one another as the table of ARCHITECTURE.md allows.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Path of a crate → what its row allows, as written.
fn table() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(dxpyc_tests::root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    text.lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
            match cells.as_slice() {
                [path, _, allowed] if path.starts_with('`') => Some((path.trim_matches('`').to_string(), allowed.to_string())),
                _ => None,
            }
        })
        .collect()
}

/// Whether the words of a row allow a dependency on the crate at `path`.
fn allows(row: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let words: Vec<&str> = row.split([',', ' ', '`']).filter(|w| !w.is_empty()).collect();
    row == "anything"
        || words.contains(&name)
        || (row.contains("all of compiler") && path.starts_with("compiler/"))
        || (row.contains("all of runtime-lib") && path.starts_with("runtime-lib/"))
        || (words.contains(&"stdlib") && path.starts_with("stdlib/"))
}

#[test]
fn dependencies_follow_the_table() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(dxpyc_tests::root())
        .output()
        .expect("cargo metadata");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let root = dxpyc_tests::root();
    let table = table();
    let mut paths = BTreeMap::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let manifest = package["manifest_path"].as_str().expect("a path");
        let path = manifest.trim_end_matches("/Cargo.toml").trim_start_matches(root.to_str().expect("UTF-8")).trim_start_matches('/');
        paths.insert(package["name"].as_str().expect("a name").to_string(), path.to_string());
    }
    let mut wrong = BTreeSet::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let path = &paths[package["name"].as_str().expect("a name")];
        let Some(row) = table.get(path) else {
            wrong.insert(format!("{path} has no row in ARCHITECTURE.md"));
            continue;
        };
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            if dependency["kind"].as_str() == Some("dev") {
                continue;
            }
            if let Some(other) = paths.get(dependency["name"].as_str().expect("a name"))
                && !allows(row, other)
            {
                wrong.insert(format!("{path} must not depend on {other} (its row: {row})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

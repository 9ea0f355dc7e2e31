//! Where the cache lies and how large it may be.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::entry::Secret;

/// What `Cache::open` needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The folder; made when the first entry is stored.
    pub folder: PathBuf,
    /// When the entries take more than this, the least recently used ones go.
    pub limit_bytes: u64,
    /// Each hit is to be computed again and compared; the caller does that.
    pub verify: bool,
    /// Seals what goes to other machines and is asked of what comes from there.
    pub secret: Option<Secret>,
}

impl Settings {
    /// 5 GiB.
    pub const LIMIT_BYTES: u64 = 5 << 30;

    /// A folder, and for the rest the defaults.
    pub fn at(folder: impl Into<PathBuf>) -> Settings {
        Settings { folder: folder.into(), limit_bytes: Settings::LIMIT_BYTES, verify: false, secret: None }
    }

    /// By `DXPYC_CACHE_DIR`, else `XDG_CACHE_HOME/dxpyc`, else `~/.cache/dxpyc`; `DXPYC_CACHE_LIMIT` (bytes, or with K, M, G, T);
    /// `DXPYC_CACHE_VERIFY=1`; `DXPYC_CACHE_SECRET`. None when no folder is named.
    pub fn from_environment() -> Option<Settings> {
        Settings::from_variables(|name| std::env::var_os(name))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Option<Settings> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        // The XDG rules: a relative path is as good as none.
        let absolute = |name: &str| set(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let folder = set("DXPYC_CACHE_DIR")
            .map(PathBuf::from)
            .or_else(|| absolute("XDG_CACHE_HOME").map(|base| base.join("dxpyc")))
            .or_else(|| absolute("HOME").map(|home| home.join(".cache/dxpyc")))?;
        let limit_bytes = set("DXPYC_CACHE_LIMIT").and_then(|text| parse_size(text.to_str()?)).unwrap_or(Settings::LIMIT_BYTES);
        let verify = set("DXPYC_CACHE_VERIFY").is_some_and(|value| value != "0");
        let secret = set("DXPYC_CACHE_SECRET").map(|text| Secret::new(text.as_encoded_bytes()));
        Some(Settings { folder, limit_bytes, verify, secret })
    }
}

/// `500M` and the like.
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let (digits, shift) = match text.char_indices().last()? {
        (at, 'k' | 'K') => (&text[..at], 10),
        (at, 'm' | 'M') => (&text[..at], 20),
        (at, 'g' | 'G') => (&text[..at], 30),
        (at, 't' | 'T') => (&text[..at], 40),
        _ => (text, 0),
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(variables: &[(&str, &str)]) -> Option<String> {
        let find = |name: &str| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| OsString::from(value));
        Settings::from_variables(find).map(|settings| settings.folder.to_str().expect("UTF-8").to_owned())
    }

    #[test]
    fn the_first_variable_that_counts_names_the_folder() {
        let all = [("DXPYC_CACHE_DIR", "d"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h")];
        assert_eq!(folder(&all).as_deref(), Some("d"));
        assert_eq!(folder(&all[1..]).as_deref(), Some("/x/dxpyc"));
        assert_eq!(folder(&all[2..]).as_deref(), Some("/h/.cache/dxpyc"));
        assert_eq!(folder(&[("DXPYC_CACHE_DIR", ""), ("XDG_CACHE_HOME", "relative"), ("HOME", "/h")]).as_deref(), Some("/h/.cache/dxpyc"));
        assert_eq!(folder(&[("HOME", "")]), None);
        assert_eq!(folder(&[]), None);
    }

    #[test]
    fn sizes() {
        for (text, size) in [("0", Some(0)), ("12", Some(12)), ("3K", Some(3072)), ("5g", Some(5 << 30)), (" 1M ", Some(1 << 20))] {
            assert_eq!(parse_size(text), size, "{text}");
        }
        for text in ["", "G", "-1", "1.5G", "99999999999999T", "é"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }
}

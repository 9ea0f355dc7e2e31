//! Storage that speaks S3's protocol: Amazon's, MinIO, Ceph and others.
//!
//! Requests are signed by AWS's Signature Version 4. Who may do what, and for how long entries stay, is the bucket's affair.
//!
//! Only plain HTTP is spoken, each request on a connection of its own: signatures keep others from asking, hashes from changing, but
//! nothing keeps them from reading. TLS would more than double what this compiler is built from.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use crate::places::{ENTRY_BYTES_MAX, Timed, connect};
use crate::remote::Remote;

/// A bucket, or the part of one that is below a prefix.
pub struct S3 {
    time_limit: Duration,
    /// With the port, if it is not 80.
    host: String,
    /// Before the entries' names; begins and ends with `/`.
    folder: String,
    region: String,
    access_key: String,
    secret_key: String,
    token: Option<String>,
}

impl S3 {
    /// `rest`: what follows `s3://`: the bucket and perhaps a prefix. The rest comes from AWS's environment variables. The error is one for users.
    pub fn parse(rest: &str, variable: &dyn Fn(&str) -> Option<String>, time_limit: Duration) -> Result<S3, String> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let needed = |name: &str| set(name).ok_or_else(|| format!("s3://{rest}: {name} is not set"));
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        if bucket.is_empty() || !bucket.chars().all(is_plain) {
            return Err(format!("s3://{rest}: expected s3://bucket[/prefix]"));
        }
        let region = set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION")).unwrap_or_else(|| "us-east-1".to_owned());
        let endpoint = set("AWS_ENDPOINT_URL_S3").or_else(|| set("AWS_ENDPOINT_URL"));
        let prefix: String = prefix.split('/').filter(|part| !part.is_empty()).map(|part| format!("{}/", encode(part))).collect();
        let (host, folder) = match endpoint {
            None => (format!("{bucket}.s3.{region}.amazonaws.com"), format!("/{prefix}")),
            // Other servers seldom have a name for each bucket.
            Some(endpoint) => {
                if endpoint.starts_with("https://") {
                    return Err(format!("AWS_ENDPOINT_URL={endpoint}: unsupported: remote caches by https; http:// is spoken"));
                }
                let host = endpoint.strip_prefix("http://").map(|host| host.strip_suffix('/').unwrap_or(host));
                let is_host = |host: &&str| !host.is_empty() && !host.contains(['/', '@', '?', '#', ' ']);
                let host = host.filter(is_host).ok_or_else(|| format!("AWS_ENDPOINT_URL={endpoint}: expected http://host[:port]"))?;
                (host.to_owned(), format!("/{bucket}/{prefix}"))
            }
        };
        Ok(S3 {
            time_limit,
            host,
            folder,
            region,
            access_key: needed("AWS_ACCESS_KEY_ID")?,
            secret_key: needed("AWS_SECRET_ACCESS_KEY")?,
            token: set("AWS_SESSION_TOKEN"),
        })
    }

    /// Sends a signed request; gives the status and the answer.
    fn call(&self, method: &str, name: &str, body: &[u8]) -> io::Result<(u16, Vec<u8>)> {
        let path = format!("{}{}", self.folder, name.split('/').map(encode).collect::<Vec<_>>().join("/"));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let headers: String = self.headers(method, &path, body, now).iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("{method} {path} HTTP/1.1\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
        let deadline = Instant::now() + self.time_limit;
        let mut line = Timed { stream: connect(&self.host, 80, deadline)?, deadline };
        line.write(request.as_bytes())?;
        line.write(body)?;
        answer(&mut line)
    }

    /// The headers that say what is asked of whom, and by whom. `now`: seconds since 1970.
    fn headers(&self, method: &str, path: &str, body: &[u8], now: u64) -> Vec<(&'static str, String)> {
        let time = timestamp(now);
        let body_hash = hex(&Sha256::digest(body));
        let mut headers = vec![("host", self.host.clone()), ("x-amz-content-sha256", body_hash.clone()), ("x-amz-date", time.clone())];
        headers.extend(self.token.as_ref().map(|token| ("x-amz-security-token", token.clone())));
        let authorization = self.authorization(method, path, &headers, &body_hash, &time);
        headers.push(("authorization", authorization));
        headers
    }

    /// Signs a request. `headers`: all that are signed, in the order of their names.
    fn authorization(&self, method: &str, path: &str, headers: &[(&'static str, String)], body_hash: &str, time: &str) -> String {
        let listed: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let request = format!("{method}\n{path}\n\n{listed}\n{names}\n{body_hash}");
        let scope = format!("{}/{}/s3/aws4_request", &time[..8], self.region);
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(request)));
        let start = format!("AWS4{}", self.secret_key).into_bytes();
        let key = [&time[..8], &self.region, "s3", "aws4_request"].iter().fold(start, |key, part| hmac(&key, part.as_bytes()));
        let signature = hex(&hmac(&key, to_sign.as_bytes()));
        format!("AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={names},Signature={signature}", self.access_key)
    }
}

impl Remote for S3 {
    fn fetch(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match self.call("GET", name, &[])? {
            (200, body) => Ok(Some(body)),
            (404, _) => Ok(None),
            (status, _) => Err(refused(status)),
        }
    }

    fn store(&self, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        match self.call("PUT", name, &bytes)? {
            (200..=204, _) => Ok(()),
            (status, _) => Err(refused(status)),
        }
    }
}

fn refused(status: u16) -> io::Error {
    let kind = if matches!(status, 401 | 403) { ErrorKind::PermissionDenied } else { ErrorKind::Other };
    io::Error::new(kind, format!("the server says: status {status}"))
}

/// Reads the status and the body of an answer.
fn answer(line: &mut Timed) -> io::Result<(u16, Vec<u8>)> {
    /// Of the status line and all headers.
    const HEAD_BYTES_MAX: usize = 64 << 10;
    let invalid = || io::Error::from(ErrorKind::InvalidData);
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if bytes.len() > HEAD_BYTES_MAX {
            return Err(invalid());
        }
        line.read(&mut bytes)?;
    };
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| invalid())?;
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok()).ok_or_else(invalid)?;
    // What is said with a failure is for people.
    if status != 200 {
        return Ok((status, Vec::new()));
    }
    let fields = || head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let length = fields().find(|(name, _)| name.eq_ignore_ascii_case("content-length")).map(|(_, value)| value.trim().parse());
    let length = length.and_then(Result::ok).filter(|length| *length <= ENTRY_BYTES_MAX).ok_or_else(invalid)?;
    bytes.drain(..end + 4);
    while bytes.len() < length {
        line.read(&mut bytes)?;
    }
    bytes.truncate(length);
    Ok((status, bytes))
}

/// HMAC (RFC 2104) with SHA-256.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 64;
    let mut block = [0; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5C)).chain_update(inner).finalize().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What may not stand in a URL's path as `%XX`.
fn encode(part: &str) -> String {
    let mut text = String::new();
    for byte in part.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// `20260131T235959Z`.
fn timestamp(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years here begin in March, and 400 of them have 146,097 days; day 0 is 1 March of year 0.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}{month:02}{day:02}T{:02}{:02}{:02}Z", 400 * era + year + next, rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(rest: &str, variables: &[(&str, &str)]) -> Result<S3, String> {
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        S3::parse(rest, &variable, Duration::from_secs(1))
    }

    const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")];

    #[test]
    fn times_are_written_in_utc() {
        for (seconds, text) in [(0, "19700101T000000Z"), (951_782_399, "20000228T235959Z"), (951_782_400, "20000229T000000Z"), (1_369_353_600, "20130524T000000Z"), (4_107_542_400, "21000301T000000Z")] {
            assert_eq!(timestamp(seconds), text);
        }
    }

    /// The example "GET Object" of Amazon's documentation of signatures.
    #[test]
    fn requests_are_signed() {
        let s3 = parse("examplebucket", &KEYS).expect("complete");
        assert_eq!((s3.host.as_str(), s3.folder.as_str()), ("examplebucket.s3.us-east-1.amazonaws.com", "/"));
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let headers = [("host", "examplebucket.s3.amazonaws.com"), ("range", "bytes=0-9"), ("x-amz-content-sha256", empty), ("x-amz-date", "20130524T000000Z")];
        let headers = headers.map(|(name, value)| (name, value.to_owned()));
        let authorization = s3.authorization("GET", "/test.txt", &headers, empty, "20130524T000000Z");
        assert!(authorization.ends_with(",Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"), "{authorization}");
        let headers = s3.headers("GET", "/test.txt", &[], 1_369_353_600);
        assert_eq!(headers[1..3], [("x-amz-content-sha256", empty.to_owned()), ("x-amz-date", "20130524T000000Z".to_owned())]);
    }

    #[test]
    fn names_of_buckets() {
        let endpoint = |url| [KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL", url), ("AWS_REGION", "eu-1")];
        let s3 = parse("cache/a b/c", &endpoint("http://localhost:9000")).expect("complete");
        assert_eq!((s3.host.as_str(), s3.folder.as_str(), s3.region.as_str()), ("localhost:9000", "/cache/a%20b/c/", "eu-1"));
        for bad in ["", "/x", "Bucket", "b_c"] {
            assert!(parse(bad, &KEYS).is_err(), "{bad}");
        }
        assert!(parse("bucket", &KEYS[..1]).is_err());
        for bad in ["localhost", "ftp://host", "http://", "http://host/path", "https://host"] {
            assert!(parse("bucket", &endpoint(bad)).is_err(), "{bad}");
        }
    }
}

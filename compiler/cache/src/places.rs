//! Places between machines: a shared folder, a Redis server; S3 is in [`crate::s3`].
//!
//! Entries in a folder have the names they have in a cache, so that a folder can be served by anything. In Redis they stand under
//! `dxpyc:` and that name, written with SET and read with GET; how long they stay is the server's affair.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use crate::entry::{HEADER_BYTES, PAYLOAD_BYTES_MAX};
use crate::remote::Remote;
use crate::s3::S3;
use crate::store::temporary_name;

pub(crate) const ENTRY_BYTES_MAX: usize = HEADER_BYTES + PAYLOAD_BYTES_MAX;

/// Opens the place that a URL names: a path, `file:///path`, `redis://[[user]:password@]host[:port][/database]`, or `s3://bucket[/prefix]`.
/// Nothing is connected to before the first use. The error is one for users.
pub fn place(url: &str, time_limit: Duration) -> Result<Box<dyn Remote>, String> {
    place_with(url, &|name| std::env::var(name).ok(), time_limit)
}

/// As `place`, with other environment variables.
pub fn place_with(url: &str, variable: &dyn Fn(&str) -> Option<String>, time_limit: Duration) -> Result<Box<dyn Remote>, String> {
    if let Some(rest) = url.strip_prefix("redis://") {
        return Ok(Box::new(Redis::parse(rest, time_limit).ok_or_else(|| format!("{url}: expected redis://[[user]:password@]host[:port][/database]"))?));
    }
    if let Some(rest) = url.strip_prefix("s3://") {
        return Ok(Box::new(S3::parse(rest, variable, time_limit)?));
    }
    let path = match url.split_once("://") {
        None => url,
        Some(("file", path)) if path.starts_with('/') => path,
        Some((scheme, _)) => return Err(format!("{url}: unsupported: remote caches by {scheme}; there are folders, redis:// and s3://")),
    };
    if path.is_empty() {
        return Err("the remote cache has no name".to_owned());
    }
    Ok(Box::new(Folder { path: Arc::new(PathBuf::from(path)), time_limit }))
}

/// A folder that several machines see.
struct Folder {
    path: Arc<PathBuf>,
    time_limit: Duration,
}

impl Remote for Folder {
    fn fetch(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let path = self.path.join(name);
        within(self.time_limit, move || {
            let mut options = OpenOptions::new();
            options.read(true).custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
            let file = match options.open(path) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            if !file.metadata()?.is_file() {
                return Ok(None);
            }
            let mut bytes = Vec::new();
            file.take(ENTRY_BYTES_MAX as u64).read_to_end(&mut bytes)?;
            Ok(Some(bytes))
        })
    }

    fn store(&self, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        let path = self.path.join(name);
        within(self.time_limit, move || {
            let folder = path.parent().unwrap_or(&path);
            fs::create_dir_all(folder)?;
            let temporary = folder.join(temporary_name());
            let result = File::create_new(&temporary).and_then(|mut file| file.write_all(&bytes)).and_then(|()| fs::rename(&temporary, &path));
            if result.is_err() {
                let _ = fs::remove_file(&temporary);
            }
            result
        })
    }
}

/// Runs `work` in a thread of its own, which is left behind when it takes too long: a file system of the network may hang.
fn within<R: Send + 'static>(limit: Duration, work: impl FnOnce() -> io::Result<R> + Send + 'static) -> io::Result<R> {
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::Builder::new().name("dxpyc-folder".to_owned()).stack_size(128 << 10).spawn(move || {
        let _ = sender.send(work());
    })?;
    receiver.recv_timeout(limit).unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
}

/// A Redis server.
struct Redis {
    address: String,
    /// What is sent on a new connection.
    greeting: Vec<Vec<Vec<u8>>>,
    time_limit: Duration,
    /// Connections that wait for use.
    idle: Mutex<Vec<TcpStream>>,
}

impl Redis {
    /// What follows `redis://`.
    fn parse(rest: &str, time_limit: Duration) -> Option<Redis> {
        let (rest, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, host) = rest.rsplit_once('@').unwrap_or(("", rest));
        let mut greeting = Vec::new();
        if !login.is_empty() {
            let (user, password) = login.split_once(':')?;
            let words = ["AUTH", user, password];
            greeting.push(words.iter().filter(|word| !word.is_empty()).map(|word| word.as_bytes().to_vec()).collect());
        }
        if !database.is_empty() {
            let number: u32 = database.parse().ok()?;
            greeting.push(vec![b"SELECT".to_vec(), number.to_string().into_bytes()]);
        }
        let is_bare_v6 = host.ends_with(']');
        if host.is_empty() || (!has_port(host) && !is_bare_v6 && host.contains(':')) {
            return None;
        }
        Some(Redis { address: host.to_owned(), greeting, time_limit, idle: Mutex::new(Vec::new()) })
    }

    /// Sends a command and gets its reply.
    fn call(&self, words: &[&[u8]]) -> io::Result<Reply> {
        let deadline = Instant::now() + self.time_limit;
        let idle = self.idle.lock().expect("no holder panics").pop();
        let result = match idle {
            // The server may have closed it meanwhile: then a new one.
            Some(stream) => self.call_on(stream, words, deadline).or_else(|_| self.call_on(self.connect(deadline)?, words, deadline)),
            None => self.connect(deadline).and_then(|stream| self.call_on(stream, words, deadline)),
        };
        let (stream, reply) = result?;
        self.idle.lock().expect("no holder panics").push(stream);
        Ok(reply)
    }

    fn call_on(&self, stream: TcpStream, words: &[&[u8]], deadline: Instant) -> io::Result<(TcpStream, Reply)> {
        let mut line = Timed { stream, deadline };
        let reply = line.call(words)?;
        Ok((line.stream, reply))
    }

    fn connect(&self, deadline: Instant) -> io::Result<TcpStream> {
        let mut line = Timed { stream: connect(&self.address, 6379, deadline)?, deadline };
        for words in &self.greeting {
            line.call(&words.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        }
        Ok(line.stream)
    }
}

impl Remote for Redis {
    fn fetch(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match self.call(&[b"GET", format!("dxpyc:{name}").as_bytes()])? {
            Reply::Bytes(bytes) => Ok(Some(bytes)),
            Reply::Nothing => Ok(None),
            Reply::Done => Err(ErrorKind::InvalidData.into()),
        }
    }

    fn store(&self, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        self.call(&[b"SET", format!("dxpyc:{name}").as_bytes(), &bytes]).map(drop)
    }
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

/// Connects to `host` or `host:port`.
pub(crate) fn connect(host: &str, default_port: u16, deadline: Instant) -> io::Result<TcpStream> {
    let address = if has_port(host) { host.to_owned() } else { format!("{host}:{default_port}") };
    // The system's name look-up has time limits of its own, and no way to set them.
    let addresses = within(left(deadline)?, move || Ok(address.to_socket_addrs()?.collect::<Vec<_>>()))?;
    let mut last = ErrorKind::NotFound.into();
    for address in addresses {
        match TcpStream::connect_timeout(&address, left(deadline)?) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// What a server answers.
enum Reply {
    Done,
    Nothing,
    Bytes(Vec<u8>),
}

/// A connection whose every wait ends at the deadline.
pub(crate) struct Timed {
    pub stream: TcpStream,
    pub deadline: Instant,
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

impl Timed {
    /// By the protocol RESP 2.
    fn call(&mut self, words: &[&[u8]]) -> io::Result<Reply> {
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            request.extend_from_slice(word);
            request.extend_from_slice(b"\r\n");
        }
        self.write(&request)?;
        self.reply()
    }

    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.stream.set_write_timeout(Some(left(self.deadline)?))?;
            match self.stream.write(bytes).map_err(timed_out)? {
                0 => return Err(ErrorKind::WriteZero.into()),
                written => bytes = &bytes[written..],
            }
        }
        Ok(())
    }

    fn reply(&mut self) -> io::Result<Reply> {
        let invalid = || io::Error::from(ErrorKind::InvalidData);
        let mut buffer = Vec::new();
        let end = loop {
            if let Some(end) = buffer.windows(2).position(|pair| pair == b"\r\n") {
                break end;
            }
            if buffer.len() > 512 {
                return Err(invalid());
            }
            self.read(&mut buffer)?;
        };
        let line = std::str::from_utf8(&buffer[..end]).map_err(|_| invalid())?;
        let Some((kind, text)) = line.split_at_checked(1) else { return Err(invalid()) };
        match kind {
            "+" => Ok(Reply::Done),
            "-" => Err(io::Error::other(format!("the server says: {text}"))),
            "$" if text == "-1" => Ok(Reply::Nothing),
            "$" => {
                let length = text.parse().ok().filter(|length| *length <= ENTRY_BYTES_MAX).ok_or_else(invalid)?;
                buffer.drain(..end + 2);
                while buffer.len() < length + 2 {
                    self.read(&mut buffer)?;
                }
                if buffer.len() > length + 2 || !buffer.ends_with(b"\r\n") {
                    return Err(invalid());
                }
                buffer.truncate(length);
                Ok(Reply::Bytes(buffer))
            }
            _ => Err(invalid()),
        }
    }

    /// Adds what comes.
    pub fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        self.stream.set_read_timeout(Some(left(self.deadline)?))?;
        let mut chunk = [0; 16 << 10];
        match self.stream.read(&mut chunk).map_err(timed_out)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            read => {
                buffer.extend_from_slice(&chunk[..read]);
                Ok(())
            }
        }
    }
}

/// A socket's time limit is reported as "would block".
fn timed_out(error: io::Error) -> io::Error {
    if error.kind() == ErrorKind::WouldBlock { ErrorKind::TimedOut.into() } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_redis() {
        let parse = |url: &str| Redis::parse(url, Duration::from_secs(1)).map(|redis| (redis.address, redis.greeting.len()));
        for (url, address, greeting) in [
            ("host", "host", 0),
            ("host:1234", "host:1234", 0),
            ("host/3", "host", 1),
            (":pass@host", "host", 1),
            ("user:p@ss@host:1/2", "host:1", 2),
            ("[::1]", "[::1]", 0),
            ("[::1]:99", "[::1]:99", 0),
        ] {
            assert_eq!(parse(url), Some((address.to_owned(), greeting)), "{url}");
        }
        for url in ["", "host:", "host:x", "host/x", "user@host", ":1@", "host:99999"] {
            assert_eq!(parse(url), None, "{url}");
        }
    }

    #[test]
    fn urls_of_places() {
        let open = |url: &str| place(url, Duration::from_secs(1)).map(drop);
        for url in ["/shared", "shared", "file:///shared", "redis://host"] {
            assert_eq!(open(url), Ok(()), "{url}");
        }
        for url in ["", "s3://", "http://host/", "file://host", "redis://"] {
            assert!(open(url).is_err(), "{url}");
        }
    }
}

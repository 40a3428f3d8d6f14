//! The operator's list of passwords that were breached somewhere. Lists are published as
//! SHA-1 with how often each was seen; a list of one's own may be plain.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    sync::Arc,
};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use kit::{Error, Result};
use types::text::clean;

/// Largest file and most lines: some 80 MB in memory.
const LARGEST_FILE: u64 = 512 * 1024 * 1024;
const MOST_LINES: usize = 10_000_000;
/// Bytes of the longest line: the longest password, and its count.
const LONGEST_LINE: usize = 600;
const SHA1_DIGITS: usize = 40;

/// Breached passwords, each as the first 64 bits of its SHA-1, sorted: among ten million a
/// chance hit is one in a trillion.
#[derive(Debug, Clone, Default)]
pub(super) struct Breached(Arc<[u64]>);

/// How a file is written; its first entry decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Sha1,
}

impl Breached {
    /// Reads the file of a setting; none = nothing is known to be breached.
    ///
    /// # Errors
    /// Says which file and which line is bad, and why.
    pub(super) fn open(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else {
            return Ok(Self::default());
        };
        read_file(file).map_err(|why| {
            let file = file.display();
            Error::internal(format!("`directory.breached_passwords_file` {file}: {why}"))
        })
    }

    /// Says whether a password is on the list, as it is or in lower case.
    pub(super) fn contains(&self, password: &str) -> bool {
        let listed = |text: &str| self.0.binary_search(&head(text)).is_ok();
        listed(password) || listed(&password.to_lowercase())
    }
}

fn read_file(file: &Path) -> std::result::Result<Breached, String> {
    let opened = File::open(file).map_err(|error| error.to_string())?;
    let about = opened.metadata().map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("is not a file".to_owned());
    }
    if about.len() > LARGEST_FILE {
        let (size, most) = (about.len(), LARGEST_FILE);
        return Err(format!("has {size} bytes, at most {most} are allowed"));
    }
    read(BufReader::new(opened))
}

fn read(lines: impl BufRead) -> std::result::Result<Breached, String> {
    let (mut heads, mut form) = (Vec::new(), None);
    for (index, line) in lines.split(b'\n').enumerate() {
        let number = index.saturating_add(1);
        let line = line.map_err(|error| format!("line {number}: {error}"))?;
        if index >= MOST_LINES {
            return Err(format!("has more than {MOST_LINES} lines"));
        }
        read_line(&line, &mut form, &mut heads).map_err(|why| format!("line {number} {why}"))?;
    }
    heads.sort_unstable();
    heads.dedup();
    Ok(Breached(heads.into()))
}

fn read_line(
    line: &[u8],
    form: &mut Option<Form>,
    heads: &mut Vec<u64>,
) -> std::result::Result<(), String> {
    if line.len() > LONGEST_LINE {
        return Err(format!("is longer than {LONGEST_LINE} bytes"));
    }
    let text = std::str::from_utf8(line).map_err(|_| "is not UTF-8".to_owned())?;
    let text = clean(text.trim_end_matches('\r')).map_err(|why| why.en)?;
    if text.is_empty() {
        return Ok(());
    }
    let entry = match text.rsplit_once(':') {
        Some((entry, count)) if is_count(count) && !entry.is_empty() => entry,
        _ => text.as_str(),
    };
    let sha1 = sha1_head(entry);
    let form = *form.get_or_insert(match sha1 {
        Some(_) => Form::Sha1,
        None => Form::Plain,
    });
    match (form, sha1) {
        (Form::Sha1, Some(sha1)) => heads.push(sha1),
        (Form::Sha1, None) => {
            return Err(format!(
                "is not a SHA-1 of {SHA1_DIGITS} hexadecimal digits as the first one is"
            ));
        }
        // What looks like a count may be the end of a password.
        (Form::Plain, _) => heads.extend([head(entry), head(&text)]),
    }
    Ok(())
}

fn is_count(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

fn sha1_head(entry: &str) -> Option<u64> {
    let is_sha1 = entry.len() == SHA1_DIGITS && entry.bytes().all(|it| it.is_ascii_hexdigit());
    let head = entry.get(..16).filter(|_| is_sha1)?;
    u64::from_str_radix(head, 16).ok()
}

fn head(password: &str) -> u64 {
    let sha1 = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let bytes = sha1.as_ref().first_chunk::<8>();
    bytes.map_or(0, |it| u64::from_be_bytes(*it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> std::result::Result<Breached, String> {
        read(text.as_bytes())
    }

    #[test]
    fn a_plain_list_holds_its_passwords_with_or_without_a_count() {
        let list = list("mật khẩu của tôi\r\n\nanh yêu em:4711\nghi chú:2022\n").unwrap();
        for breached in [
            "mật khẩu của tôi",
            "Mật Khẩu Của Tôi",
            "anh yêu em",
            "ghi chú:2022",
        ] {
            assert!(list.contains(breached), "{breached}");
        }
        assert!(!list.contains("mật khẩu của ta"));
        assert!(!Breached::default().contains("mật khẩu của tôi"));
    }

    #[test]
    fn a_published_list_of_sha_1_is_understood() {
        // printf 'correct horse battery staple' | sha1sum
        let sha1 = "ABF7AAD6438836DBE526AA231ABDE2D0EEF74D42";
        for text in [sha1.to_owned(), format!("{}:216\r\n", sha1.to_lowercase())] {
            let list = list(&text).unwrap();
            assert!(list.contains("correct horse battery staple"));
            assert!(!list.contains(sha1));
        }
    }

    #[test]
    fn a_bad_line_is_named() {
        let sha1 = "ABF7AAD6438836DBE526AA231ABDE2D0EEF74D42";
        let bad = list(&format!("{sha1}:1\n\nmật khẩu\n")).unwrap_err();
        assert!(bad.starts_with("line 3 is not a SHA-1"), "{bad}");
        let bad = list("một\nhai\tba\n").unwrap_err();
        assert!(
            bad.starts_with("line 2 contains the control character"),
            "{bad}"
        );
        let bad = list(&"x".repeat(601)).unwrap_err();
        assert_eq!(bad, "line 1 is longer than 600 bytes");
        let bad = read(&b"m\xe2\x28\n"[..]).unwrap_err();
        assert_eq!(bad, "line 1 is not UTF-8");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_with_its_setting() {
        for file in ["/nowhere/list.txt", "/"] {
            let Err(Error::Internal(cause)) = Breached::open(Some(Path::new(file))) else {
                panic!("{file}");
            };
            let text = cause.to_string();
            assert!(
                text.contains("`directory.breached_passwords_file` /"),
                "{text}"
            );
        }
    }
}

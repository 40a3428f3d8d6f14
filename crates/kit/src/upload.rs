//! Streams that callers send: one header, then files in chunks.
//!
//! Nothing is done before all of it is there, and how a file was cut into chunks makes
//! no difference: neither to what is done nor to what counts as the same call.

use std::{fmt, time::Duration};

use prost::Message;
use proto::Repeatable;
use sha2::{Digest, Sha256};
use tonic::{Request, Streaming};
use types::violations::Invalid;
use uuid::Uuid;

use crate::{
    Actor, Error,
    actor::{Repeat, hex, read_request_id, who},
};

/// Most bytes of one chunk.
pub const MOST_CHUNK: usize = 256 * 1024;

/// Who sends nothing for so long has gone away.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);

/// What one message of a stream carries.
#[derive(Debug)]
pub enum Part<H> {
    /// The header.
    Header(H),
    /// The next chunk of the file of this field.
    Chunk(&'static str, Vec<u8>),
    /// Nothing, or something this version does not know.
    Nothing,
}

/// A stream behind its header.
pub struct Upload<M, H> {
    messages: Streaming<M>,
    read: fn(M) -> Part<H>,
    request_id: Option<Uuid>,
    content: Sha256,
}

impl<M, H> fmt::Debug for Upload<M, H> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Upload")
    }
}

/// Files that come one after the other, each as long as was announced.
#[derive(Debug)]
pub struct Files<const N: usize> {
    files: [File; N],
    at: usize,
}

#[derive(Debug)]
struct File {
    field: &'static str,
    size: usize,
    bytes: Vec<u8>,
    content: Sha256,
}

/// Takes the header of a stream in: who asks, and what, with its fields checked. `read`
/// says what a message carries. The files are sent on only to those who may: ask for
/// the right before [`Upload::files`].
///
/// # Errors
/// Unauthenticated when the gate was not passed, Invalid with every bad field, or when
/// the stream does not begin with a header.
pub async fn accept_stream<M, H, C>(
    request: Request<Streaming<M>>,
    read: fn(M) -> Part<H>,
) -> Result<(Actor, C, Upload<M, H>), Error>
where
    H: Message + Repeatable,
    C: TryFrom<H, Error = Invalid>,
{
    let (_, extensions, mut messages) = request.into_parts();
    let actor = who(&extensions)?;
    let header = match next(&mut messages).await?.map(read) {
        Some(Part::Header(header)) => header,
        Some(Part::Chunk(..) | Part::Nothing) | None => {
            let en = "is required as the first message of the stream";
            let vi = "phải là thông điệp đầu tiên của luồng";
            return Err(Invalid::field("header", "REQUIRED", en, vi).into());
        }
    };
    let upload = Upload {
        messages,
        read,
        request_id: read_request_id("header.request_id", header.request_id())?,
        content: Sha256::new_with_prefix(header.encode_to_vec()),
    };
    Ok((actor, C::try_from(header)?, upload))
}

impl<M, H> Upload<M, H> {
    /// Takes the files in. The actor that comes back knows the call again.
    ///
    /// # Errors
    /// Invalid, naming the field, when a message is out of order, a chunk is too long, or
    /// a file is not as long as was announced; when the stream breaks off.
    pub async fn files<const N: usize>(
        mut self,
        mut actor: Actor,
        mut files: Files<N>,
    ) -> Result<(Actor, [Vec<u8>; N]), Error> {
        while let Some(message) = next(&mut self.messages).await? {
            match (self.read)(message) {
                Part::Chunk(field, chunk) => files.add(field, &chunk)?,
                Part::Header(_) => return Err(out_of_order("header").into()),
                Part::Nothing => {
                    let en = "a message carries neither a header nor a chunk";
                    let vi = "thông điệp không có thông tin chung và không có nội dung tệp";
                    return Err(Invalid::field("part", "REQUIRED", en, vi).into());
                }
            }
        }
        let files = files.end()?;
        let files = files.map(|it| {
            self.content.update(it.content.finalize());
            it.bytes
        });
        actor.repeat = self.request_id.map(|id| Repeat {
            id,
            content_sha256: hex(&self.content.finalize()),
        });
        Ok((actor, files))
    }
}

async fn next<M>(messages: &mut Streaming<M>) -> Result<Option<M>, Error> {
    let message = tokio::time::timeout(LONGEST_SILENCE, messages.message()).await;
    let message = message.map_err(|_| Error::DeadlineExceeded)?;
    message.map_err(|status| {
        let why = status.message();
        let en = format!("the stream broke off or cannot be read: {why}");
        let vi = "luồng bị ngắt hoặc không đọc được";
        Invalid::field("part", "STREAM_BROKEN", en, vi).into()
    })
}

fn out_of_order(field: &'static str) -> Invalid {
    let en = "comes out of order: the header once, then one file after the other";
    let vi = "sai thứ tự: thông tin chung gửi một lần, sau đó lần lượt từng tệp";
    Invalid::field(field, "OUT_OF_ORDER", en, vi)
}

impl<const N: usize> Files<N> {
    /// Reads how long the files of these fields will be, in the order in which they will
    /// come: none empty, at most so many bytes together.
    pub fn announced(
        sizes: [(&'static str, i64); N],
        most: usize,
        bad: &mut Invalid,
    ) -> Option<Self> {
        let mut room = most;
        let mut is_good = true;
        let files = sizes.map(|(field, size)| {
            let name = format!("header.{field}_size_bytes");
            let size = usize::try_from(size).ok();
            match size.map(|it| (it, room.checked_sub(it))) {
                Some((0, _)) => {
                    bad.missing(name);
                    is_good = false;
                }
                Some((_, Some(left))) => room = left,
                Some((_, None)) => {
                    let en = format!("the files of a call have at most {most} bytes together");
                    let vi = format!("các tệp trong một lần gửi có tổng cộng tối đa {most} byte");
                    bad.add(name, "TOO_LONG", en, vi);
                    is_good = false;
                }
                None => {
                    bad.add(
                        name,
                        "OUT_OF_RANGE",
                        "is no length",
                        "không phải là dung lượng",
                    );
                    is_good = false;
                }
            }
            File {
                field,
                size: size.unwrap_or_default(),
                bytes: Vec::new(),
                content: Sha256::new(),
            }
        });
        is_good.then_some(Self { files, at: 0 })
    }

    fn add(&mut self, field: &'static str, chunk: &[u8]) -> Result<(), Invalid> {
        if chunk.len() > MOST_CHUNK {
            let en = format!("has {} bytes, a chunk at most {MOST_CHUNK}", chunk.len());
            let vi = format!("có {} byte, mỗi phần tối đa {MOST_CHUNK}", chunk.len());
            return Err(Invalid::field(field, "TOO_LONG", en, vi));
        }
        while self.files.get(self.at).is_some_and(|it| it.field != field) {
            self.files[self.at].require_whole()?;
            self.at += 1;
        }
        let Some(file) = self.files.get_mut(self.at) else {
            return Err(out_of_order(field));
        };
        if file.bytes.len() + chunk.len() > file.size {
            return Err(file.other_size("more"));
        }
        file.content.update(chunk);
        file.bytes.extend_from_slice(chunk);
        Ok(())
    }

    fn end(self) -> Result<[File; N], Invalid> {
        for file in &self.files {
            file.require_whole()?;
        }
        Ok(self.files)
    }
}

impl File {
    fn require_whole(&self) -> Result<(), Invalid> {
        if self.bytes.len() == self.size {
            Ok(())
        } else {
            Err(self.other_size("fewer"))
        }
    }

    fn other_size(&self, more_or_fewer: &str) -> Invalid {
        let size = self.size;
        let en = format!("has {more_or_fewer} bytes than the {size} announced");
        let vi = format!("có dung lượng khác với {size} byte đã khai báo");
        Invalid::field(self.field, "SIZE_MISMATCH", en, vi)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(sizes: [i64; 2]) -> Files<2> {
        let mut bad = Invalid::default();
        let fields = [("mapping_csv", sizes[0]), ("units_csv", sizes[1])];
        Files::announced(fields, 100, &mut bad).unwrap()
    }

    fn refusal(refused: Invalid) -> (String, &'static str) {
        let first = &refused.violations()[0];
        (first.field.clone(), first.reason)
    }

    #[test]
    fn files_come_one_after_the_other_as_long_as_announced() {
        let mut both = files([3, 2]);
        both.add("mapping_csv", b"ab").unwrap();
        both.add("mapping_csv", b"").unwrap();
        both.add("mapping_csv", b"c").unwrap();
        both.add("units_csv", b"de").unwrap();
        assert_eq!(both.end().unwrap().map(|it| it.bytes), [&b"abc"[..], b"de"]);
    }

    #[test]
    fn what_comes_out_of_order_too_early_or_too_long_is_refused_by_its_field() {
        let mut swapped = files([1, 1]);
        let refused = swapped.add("units_csv", b"d").unwrap_err();
        assert_eq!(refusal(refused), ("mapping_csv".into(), "SIZE_MISMATCH"));

        let mut back = files([1, 2]);
        back.add("mapping_csv", b"a").unwrap();
        back.add("units_csv", b"b").unwrap();
        let refused = back.add("mapping_csv", b"c").unwrap_err();
        assert_eq!(refused.violations()[0].field, "units_csv");
        back.add("units_csv", b"c").unwrap();
        let refused = back.add("mapping_csv", b"c").unwrap_err();
        assert_eq!(refusal(refused), ("mapping_csv".into(), "OUT_OF_ORDER"));

        let refused = files([1, 1]).add("mapping_csv", b"ab").unwrap_err();
        assert_eq!(refusal(refused), ("mapping_csv".into(), "SIZE_MISMATCH"));
        let chunk = vec![0; MOST_CHUNK + 1];
        let refused = files([1, 1]).add("mapping_csv", &chunk).unwrap_err();
        assert_eq!(refusal(refused), ("mapping_csv".into(), "TOO_LONG"));

        let mut short = files([1, 1]);
        short.add("mapping_csv", b"a").unwrap();
        let refused = short.end().unwrap_err();
        assert_eq!(refusal(refused), ("units_csv".into(), "SIZE_MISMATCH"));
    }

    #[test]
    fn the_bound_is_one_for_all_files_of_a_call() {
        let told = |sizes: [i64; 2]| {
            let mut bad = Invalid::default();
            let fields = [("mapping_csv", sizes[0]), ("units_csv", sizes[1])];
            let files = Files::announced(fields, 100, &mut bad);
            assert_eq!(files.is_some(), bad.is_empty());
            let told = bad.violations().iter();
            told.map(|it| (it.field.clone(), it.reason))
                .collect::<Vec<_>>()
        };
        assert_eq!(told([60, 40]), []);
        let (mapping, units) = (
            "header.mapping_csv_size_bytes",
            "header.units_csv_size_bytes",
        );
        assert_eq!(told([60, 41]), [(units.to_owned(), "TOO_LONG")]);
        let both = [
            (mapping.to_owned(), "OUT_OF_RANGE"),
            (units.to_owned(), "REQUIRED"),
        ];
        assert_eq!(told([-1, 0]), both);
    }
}

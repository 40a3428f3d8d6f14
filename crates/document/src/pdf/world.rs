//! All that typst can see: one template, one data file, four faces. No disk, no network, no package, no clock.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;

use crate::RenderError;
use crate::font;
use crate::form::Form;

/// What every compilation shares.
struct Ground {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    template: Source,
    data: FileId,
}

static GROUND: LazyLock<Ground> = LazyLock::new(|| {
    let fonts: Vec<Font> = font::FILES
        .into_iter()
        .filter_map(|file| Font::new(Bytes::new(file), 0))
        .collect();
    Ground {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
        template: Source::new(file("main.typ"), include_str!("form.typ").to_owned()),
        data: file("doc.json"),
    }
});

/// Names a file. Ids are interned for the life of the process and there are only 65 535, so these two are all.
pub(super) fn file(name: &'static str) -> FileId {
    let path = VirtualPath::new(name).unwrap_or_else(|_| unreachable!("a plain name"));
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// One compilation. The data is a file and not an input of the library, so that typst may remember the template.
pub(super) struct Job {
    data: Bytes,
}

impl World for Job {
    fn library(&self) -> &LazyHash<Library> {
        &GROUND.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &GROUND.book
    }

    fn main(&self) -> FileId {
        GROUND.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == GROUND.template.id() {
            Ok(GROUND.template.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == GROUND.data {
            Ok(self.data.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        GROUND.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// Lets typst forget what ten compilations did not use, however the rendering ends. Without it memory only grows.
struct Forget;

impl Drop for Forget {
    fn drop(&mut self) {
        typst::comemo::evict(10);
    }
}

pub(super) fn job(data: Vec<u8>) -> Job {
    Job {
        data: Bytes::new(data),
    }
}

/// Lays `form` out in pages.
pub(super) fn layout(form: &Form) -> Result<PagedDocument, RenderError> {
    let _guard = Forget;
    let data = serde_json::to_vec(form).map_err(|error| RenderError::Layout(error.to_string()))?;
    typst::compile::<PagedDocument>(&job(data))
        .output
        .map_err(|errors| refusal(&errors))
}

/// Says in one line what typst refused.
pub(super) fn refusal(errors: &[SourceDiagnostic]) -> RenderError {
    let messages: Vec<&str> = errors.iter().map(|it| it.message.as_str()).collect();
    RenderError::Layout(messages.join("; "))
}

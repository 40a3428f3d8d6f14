//! PDF/A-2a and PDF/UA-1, laid out by typst inside this process.

mod fit;
mod soften;
mod world;

use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::form::{Form, Meta};
use crate::{Document, RenderError};

/// Vietnam's offset from UTC, in minutes.
const OFFSET: i32 = 7 * 60;

/// Returns `document` as a tagged PDF; the same document gives the same bytes.
pub fn render(document: &Document) -> Result<Vec<u8>, RenderError> {
    let mut form = fitted(document)?;
    soften::soften(&mut form);
    let pages = world::layout(&form)?;
    export(&pages, &form.meta)
}

/// Returns the form of `document` with its text set as loosely as the fewest pages allow; for DOCX as well.
pub(crate) fn fitted(document: &Document) -> Result<Form, RenderError> {
    let mut form = Form::new(document);
    form.layout = form.layout.with(fit::fit(&form)?);
    Ok(form)
}

fn export(pages: &PagedDocument, meta: &Meta) -> Result<Vec<u8>, RenderError> {
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
        .map_err(|error| RenderError::Layout(error.message().to_string()))?;
    let options = PdfOptions {
        creator: Smart::Custom(Some("CDS".to_owned())),
        timestamp: timestamp(meta),
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(pages, &options).map_err(|errors| world::refusal(&errors))
}

fn timestamp(meta: &Meta) -> Option<Timestamp> {
    let it = meta.created;
    let part = |number: u32| u8::try_from(number).ok();
    let moment = Datetime::from_ymd_hms(
        it.year,
        part(it.month)?,
        part(it.day)?,
        part(it.hour)?,
        part(it.minute)?,
        0,
    )?;
    Timestamp::new_local(moment, OFFSET)
}

#[cfg(test)]
mod tests {
    use typst::layout::{Frame, FrameItem};

    use super::*;
    use crate::{Annex, Block, Cell, Table};

    /// The text of each page.
    fn read(form: &Form) -> Vec<String> {
        fn walk(frame: &Frame, out: &mut String) {
            for (_, item) in frame.items() {
                match item {
                    FrameItem::Group(group) => walk(&group.frame, out),
                    FrameItem::Text(text) => {
                        out.push_str(&text.text);
                        out.push('|');
                    }
                    _ => {}
                }
            }
        }
        let pages = world::layout(form).unwrap();
        pages
            .pages()
            .iter()
            .map(|page| {
                let mut text = String::new();
                walk(&page.frame, &mut text);
                text
            })
            .collect()
    }

    fn signed(body: Vec<Block>) -> Document {
        Document {
            body,
            authority: vec!["CHỦ TỊCH".into()],
            signer: Some("Nguyễn Văn A".into()),
            recipients: vec!["Lưu: VT.".into()],
            ..Document::default()
        }
    }

    #[test]
    fn a_signature_is_never_alone_on_its_page() {
        let endings: [fn(String) -> Block; 3] = [Block::paragraph, Block::bullet, |text| {
            Block::Table(Table {
                rows: vec![vec![Cell::plain(text)]; 3],
                ..Table::default()
            })
        }];
        for ending in endings {
            for count in 15..30 {
                let mut body = vec![Block::paragraph("Dòng."); count];
                body.push(ending("Lời kết.".into()));
                let pages = read(&Form::new(&signed(body)));
                let last = pages.last().unwrap();
                assert!(
                    last.contains("Nguyễn Văn A") && last.contains("Nơi"),
                    "{last}"
                );
                assert!(last.contains("Lời kết"), "{count}: {last}");
            }
        }
    }

    #[test]
    fn pages_are_numbered_from_the_second_and_each_annex_begins_again() {
        let long = || vec![Block::paragraph("Dòng."); 60];
        let mut document = signed(long());
        for label in ["Phụ lục I", "Phụ lục II"] {
            document.annexes.push(Annex {
                label: label.into(),
                body: long(),
                ..Annex::default()
            });
        }
        let numbers: Vec<Option<char>> = read(&Form::new(&document))
            .iter()
            .map(|page| {
                let is_number = |part: &&str| part.len() == 1 && *part != "-";
                page.split('|').find(is_number)?.chars().next()
            })
            .collect();
        let expected = [None, Some('2'), Some('3')].repeat(3);
        assert_eq!(numbers, expected);
    }

    #[test]
    fn the_world_has_no_other_file() {
        use typst::World;
        let job = world::job(Vec::new());
        for (name, open) in [
            ("main.typ", false),
            ("doc.json", true),
            ("etc/passwd", false),
        ] {
            assert_eq!(job.file(world::file(name)).is_ok(), open, "{name}");
        }
        assert!(job.source(world::file("doc.json")).is_err());
        assert!(job.today(None).is_none());
    }
}

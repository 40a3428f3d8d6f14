//! DOCX: WordprocessingML written by hand, small enough to read, with real styles, lists, tables and headers.

mod body;
mod head;
mod package;
mod parts;
mod styles;
mod table;
mod xml;

use crate::form::{AnnexForm, Form};
use crate::layout::Layout;
use crate::{Document, RenderError, pdf};

use body::Body;

/// Returns `document` as a DOCX, set as loosely as the PDF; the same document gives the same bytes.
pub fn render(document: &Document) -> Result<Vec<u8>, RenderError> {
    let form = pdf::fitted(document)?;
    let mut body = Body::default();
    write(&mut body, &form);
    let (xml, links) = body.finish();
    package::pack(&[
        ("[Content_Types].xml", parts::content_types()),
        ("_rels/.rels", parts::package_relations()),
        ("docProps/core.xml", parts::core(&form.meta)),
        ("docProps/app.xml", parts::app()),
        ("word/document.xml", xml),
        ("word/_rels/document.xml.rels", parts::relations(&links)),
        ("word/styles.xml", styles::part(&form.layout)),
        ("word/numbering.xml", parts::numbering(&form.layout)),
        ("word/settings.xml", parts::settings()),
        ("word/fontTable.xml", parts::fonts()),
        ("word/header1.xml", parts::page_number()),
        ("word/header2.xml", parts::first_header(form.draft)),
        ("word/header3.xml", parts::first_header(None)),
    ])
}

fn write(body: &mut Body, form: &Form) {
    let layout = &form.layout;
    head::write(body, form);
    body.pieces(&form.body, layout);
    head::closing(body, form);
    let mut open = section(layout, false, "rFirst");
    for annex in &form.annexes {
        body.end_section(&open);
        open = section(layout, annex.landscape, "rEmpty");
        annex_pages(body, annex, layout);
    }
    body.push(&open);
}

fn annex_pages(body: &mut Body, annex: &AnnexForm, layout: &Layout) {
    let lines: Vec<String> = [annex.label.clone()]
        .into_iter()
        .filter(|line| !line.is_empty())
        .chain(annex.title.iter().cloned())
        .collect();
    body.lines("AnnexTitle", &lines);
    body.line("AnnexReference", &annex.note);
    body.pieces(&annex.body, layout);
}

/// A section with its own page numbers, hidden on its first page (mục I.7, and III on annexes).
fn section(layout: &Layout, landscape: bool, first: &str) -> String {
    let (width, height, orient) = if landscape {
        (
            layout.paper_height,
            layout.paper_width,
            r#" w:orient="landscape""#,
        )
    } else {
        (layout.paper_width, layout.paper_height, "")
    };
    format!(
        concat!(
            r#"<w:sectPr><w:headerReference w:type="default" r:id="rNumber"/>"#,
            r#"<w:headerReference w:type="first" r:id="{first}"/><w:type w:val="nextPage"/>"#,
            r#"<w:pgSz w:w="{width}" w:h="{height}"{orient}/>"#,
            r#"<w:pgMar w:top="{top}" w:right="{right}" w:bottom="{bottom}" w:left="{left}" "#,
            r#"w:header="{header}" w:footer="{header}" w:gutter="0"/>"#,
            r#"<w:pgNumType w:start="1"/><w:titlePg/></w:sectPr>"#
        ),
        first = first,
        width = width,
        height = height,
        orient = orient,
        top = layout.top,
        right = layout.right,
        bottom = layout.bottom,
        left = layout.left,
        header = layout.page_number_top,
    )
}

//! One style for each part of the form, so that an official can change a whole document at once in Word.
//!
//! Names hold no comma: Word reads it as a second name.

use std::fmt::Write as _;

use super::parts;
use crate::layout::{HalfPoints, Layout, Twips};

/// A paragraph style.
struct Style {
    id: &'static str,
    name: &'static str,
    size: HalfPoints,
    bold: bool,
    italic: bool,
    align: &'static str,
    before: Twips,
    after: Twips,
    /// 240 is single.
    line: i32,
    first_line: Twips,
    keep_next: bool,
    /// Its level in the outline, or its list.
    special: Special,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Special {
    None,
    Outline(u8),
    List,
}

impl Style {
    const fn new(id: &'static str, name: &'static str, size: HalfPoints) -> Self {
        Self {
            id,
            name,
            size,
            bold: false,
            italic: false,
            align: "left",
            before: 0,
            after: 0,
            line: 240,
            first_line: 0,
            keep_next: false,
            special: Special::None,
        }
    }

    const fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    const fn italic(mut self) -> Self {
        self.italic = true;
        self
    }

    const fn align(mut self, align: &'static str) -> Self {
        self.align = align;
        self
    }

    const fn around(mut self, before: Twips, after: Twips) -> Self {
        self.before = before;
        self.after = after;
        self
    }

    const fn keep_next(mut self) -> Self {
        self.keep_next = true;
        self
    }

    /// Set as the text of the document is.
    const fn flowing(mut self, layout: &Layout) -> Self {
        self.align = "both";
        self.after = layout.paragraph_gap;
        self.line = 240 * layout.line / 100;
        self.first_line = layout.indent;
        self
    }

    const fn special(mut self, special: Special) -> Self {
        self.special = special;
        self
    }

    fn xml(&self, out: &mut String) {
        let on = |yes: bool, xml: &'static str| if yes { xml } else { "" };
        let (list, outline) = match self.special {
            Special::None => (String::new(), String::new()),
            Special::List => (
                r#"<w:numPr><w:numId w:val="1"/></w:numPr>"#.to_owned(),
                String::new(),
            ),
            Special::Outline(level) => {
                (String::new(), format!(r#"<w:outlineLvl w:val="{level}"/>"#))
            }
        };
        let _ = write!(
            out,
            concat!(
                r#"<w:style w:type="paragraph" w:styleId="{id}"><w:name w:val="{name}"/><w:basedOn w:val="Normal"/>"#,
                r#"<w:qFormat/><w:pPr>{keep}{list}<w:spacing w:before="{before}" w:after="{after}" w:line="{line}" "#,
                r#"w:lineRule="auto"/><w:ind w:firstLine="{first}"/><w:jc w:val="{align}"/>{outline}</w:pPr>"#,
                r#"<w:rPr>{bold}{italic}<w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr></w:style>"#
            ),
            id = self.id,
            name = self.name,
            keep = on(self.keep_next, "<w:keepNext/>"),
            list = list,
            before = self.before,
            after = self.after,
            line = self.line,
            first = self.first_line,
            align = self.align,
            outline = outline,
            bold = on(self.bold, "<w:b/><w:bCs/>"),
            italic = on(self.italic, "<w:i/><w:iCs/>"),
            size = self.size,
        );
    }
}

/// Returns the part `styles.xml`.
pub(super) fn part(layout: &Layout) -> String {
    let mut out = format!(
        concat!(
            r#"<w:docDefaults><w:rPrDefault><w:rPr>"#,
            r#"<w:rFonts w:ascii="Times New Roman" w:eastAsia="Times New Roman" w:hAnsi="Times New Roman" "#,
            r#"w:cs="Times New Roman"/><w:sz w:val="{size}"/><w:szCs w:val="{size}"/>"#,
            r#"<w:lang w:val="vi-VN" w:eastAsia="vi-VN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault><w:pPrDefault/>"#,
            r#"</w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal">"#,
            r#"<w:name w:val="Normal"/><w:qFormat/></w:style>"#
        ),
        size = layout.body,
    );
    for style in styles(layout) {
        style.xml(&mut out);
    }
    parts::style_sheet(&out)
}

fn styles(layout: &Layout) -> Vec<Style> {
    let l = layout;
    let style = Style::new;
    vec![
        // The head and the title.
        style("Parent", "VB Cơ quan chủ quản", 26).align("center"),
        style("Organ", "VB Cơ quan ban hành", 26)
            .bold()
            .align("center"),
        style("Nation", "VB Quốc hiệu", 26).bold().align("center"),
        style("Motto", "VB Tiêu ngữ", l.motto)
            .bold()
            .align("center"),
        style("Number", "VB Số ký hiệu", l.number)
            .align("center")
            .around(l.number_gap, 0),
        style("Date", "VB Địa danh ngày tháng", l.date)
            .italic()
            .align("center")
            .around(l.number_gap, 0),
        style("Title", "Title", l.title)
            .bold()
            .align("center")
            .around(l.title_above, 0)
            .keep_next(),
        style("Subtitle", "Subtitle", l.title)
            .bold()
            .align("center")
            .keep_next(),
        style("Addressee", "VB Kính gửi", l.body).around(0, l.paragraph_gap),
        // The content.
        style("Content", "VB Nội dung", l.body).flowing(l),
        style("Dash", "VB Gạch đầu dòng", l.body)
            .flowing(l)
            .special(Special::List),
        style("Heading1", "heading 1", l.body)
            .flowing(l)
            .bold()
            .keep_next()
            .special(Special::Outline(0)),
        style("Heading2", "heading 2", l.body)
            .flowing(l)
            .bold()
            .keep_next()
            .special(Special::Outline(1)),
        style("Heading3", "heading 3", l.body)
            .flowing(l)
            .bold()
            .italic()
            .keep_next()
            .special(Special::Outline(2)),
        // Tables.
        style("TableCaption", "VB Tên bảng", l.table_caption)
            .bold()
            .align("center")
            .around(0, l.table_gap)
            .keep_next(),
        style("TableUnit", "VB Đơn vị tính", l.table_note)
            .italic()
            .align("right")
            .around(0, 40)
            .keep_next(),
        style("TableCell", "VB Ô bảng", 24),
        style("TableWide", "VB Ô bảng rộng", 22),
        // The end.
        style("RecipientsLabel", "VB Nơi nhận", l.recipients_label)
            .bold()
            .italic(),
        style("Recipient", "VB Tên nơi nhận", l.recipients),
        style("Authority", "VB Chức vụ người ký", l.body)
            .bold()
            .align("center"),
        style("Signer", "VB Họ tên người ký", l.body)
            .bold()
            .align("center"),
        style("AnnexTitle", "VB Tên phụ lục", l.title)
            .bold()
            .align("center")
            .around(0, l.paragraph_gap)
            .keep_next()
            .special(Special::Outline(0)),
        style("AnnexReference", "VB Chỉ dẫn phụ lục", l.body)
            .italic()
            .align("center")
            .around(0, l.title_below),
        style("Header", "header", l.page_number).align("center"),
    ]
}

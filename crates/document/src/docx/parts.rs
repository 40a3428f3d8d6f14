//! The parts beside the text: what is in the package, who refers to whom, numbering, headers.

use std::fmt::Write as _;

use super::xml::escape;
use crate::form::Meta;
use crate::layout::Layout;

const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
pub(super) const MAIN: &str =
    r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main""#;
pub(super) const RELATIONS: &str =
    r#"xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships""#;
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";

pub(super) fn content_types() -> String {
    const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    let mut parts = String::new();
    for (name, kind) in [
        ("document", "document.main"),
        ("styles", "styles"),
        ("numbering", "numbering"),
        ("settings", "settings"),
        ("fontTable", "fontTable"),
        ("header1", "header"),
        ("header2", "header"),
        ("header3", "header"),
    ] {
        let _ = write!(
            parts,
            r#"<Override PartName="/word/{name}.xml" ContentType="{WORD}.{kind}+xml"/>"#
        );
    }
    format!(
        concat!(
            r#"{}<Types xmlns="{package}/content-types">"#,
            r#"<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>"#,
            r#"<Default Extension="xml" ContentType="application/xml"/>{parts}"#,
            r#"<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>"#,
            r#"<Override PartName="/docProps/app.xml" ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/>"#,
            "</Types>"
        ),
        DECLARATION,
        package = PACKAGE,
        parts = parts,
    )
}

pub(super) fn package_relations() -> String {
    format!(
        concat!(
            r#"{}<Relationships xmlns="{package}/relationships">"#,
            r#"<Relationship Id="rId1" Type="{office}/officeDocument" Target="word/document.xml"/>"#,
            r#"<Relationship Id="rId2" Type="{package}/relationships/metadata/core-properties" Target="docProps/core.xml"/>"#,
            r#"<Relationship Id="rId3" Type="{office}/extended-properties" Target="docProps/app.xml"/>"#,
            "</Relationships>"
        ),
        DECLARATION,
        package = PACKAGE,
        office = OFFICE,
    )
}

/// What the text refers to; `links` are the addresses in it, in order.
pub(super) fn relations(links: &[String]) -> String {
    let mut out = format!(r#"{DECLARATION}<Relationships xmlns="{PACKAGE}/relationships">"#);
    for (id, kind, target) in [
        ("rStyles", "styles", "styles"),
        ("rNumbering", "numbering", "numbering"),
        ("rSettings", "settings", "settings"),
        ("rFonts", "fontTable", "fontTable"),
        ("rNumber", "header", "header1"),
        ("rFirst", "header", "header2"),
        ("rEmpty", "header", "header3"),
    ] {
        let _ = write!(
            out,
            r#"<Relationship Id="{id}" Type="{OFFICE}/{kind}" Target="{target}.xml"/>"#
        );
    }
    for (at, link) in links.iter().enumerate() {
        let _ = write!(
            out,
            r#"<Relationship Id="rLink{at}" Type="{OFFICE}/hyperlink" Target="{}" TargetMode="External"/>"#,
            escape(link)
        );
    }
    out.push_str("</Relationships>");
    out
}

pub(super) fn core(meta: &Meta) -> String {
    let at = meta.created;
    let time = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:00+07:00",
        at.year, at.month, at.day, at.hour, at.minute
    );
    format!(
        concat!(
            r#"{}<cp:coreProperties xmlns:cp="{package}/metadata/core-properties" "#,
            r#"xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" "#,
            r#"xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">"#,
            r#"<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><dc:language>vi-VN</dc:language>"#,
            r#"<dcterms:created xsi:type="dcterms:W3CDTF">{time}</dcterms:created>"#,
            r#"<dcterms:modified xsi:type="dcterms:W3CDTF">{time}</dcterms:modified></cp:coreProperties>"#
        ),
        DECLARATION,
        package = PACKAGE,
        title = escape(&meta.title),
        author = escape(&meta.author),
        time = time,
    )
}

pub(super) fn app() -> String {
    format!(
        concat!(
            r#"{}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">"#,
            "<Application>CDS</Application></Properties>"
        ),
        DECLARATION
    )
}

/// One list: a dash at the paragraph's indent, later lines at the margin, as officials write it.
pub(super) fn numbering(layout: &Layout) -> String {
    format!(
        concat!(
            r#"{}<w:numbering {main}><w:abstractNum w:abstractNumId="1"><w:multiLevelType w:val="singleLevel"/>"#,
            r#"<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:suff w:val="space"/>"#,
            r#"<w:lvlText w:val="-"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="0" w:firstLine="{indent}"/></w:pPr>"#,
            r#"<w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/>"#,
            r#"</w:rPr></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num></w:numbering>"#
        ),
        DECLARATION,
        main = MAIN,
        indent = layout.indent,
    )
}

pub(super) fn settings() -> String {
    format!(
        concat!(
            r#"{}<w:settings {main}><w:defaultTabStop w:val="720"/><w:characterSpacingControl w:val="doNotCompress"/>"#,
            r#"<w:compat><w:compatSetting w:name="compatibilityMode" "#,
            r#"w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>"#
        ),
        DECLARATION,
        main = MAIN,
    )
}

pub(super) fn fonts() -> String {
    format!(
        concat!(
            r#"{}<w:fonts {main}><w:font w:name="Times New Roman"><w:family w:val="roman"/>"#,
            r#"<w:pitch w:val="variable"/></w:font></w:fonts>"#
        ),
        DECLARATION,
        main = MAIN,
    )
}

/// The number at the top of every page but the first (mục I.7).
pub(super) fn page_number() -> String {
    format!(
        concat!(
            r#"{}<w:hdr {main}><w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr>"#,
            r#"<w:fldSimple w:instr=" PAGE "><w:r><w:t>2</w:t></w:r></w:fldSimple></w:p></w:hdr>"#
        ),
        DECLARATION,
        main = MAIN,
    )
}

/// The top of a first page: empty, or the mark of a draft.
pub(super) fn first_header(draft: Option<&str>) -> String {
    let run = draft.map_or_else(String::new, |mark| {
        format!(
            concat!(
                r#"<w:r><w:rPr><w:b/><w:bCs/><w:color w:val="737373"/>"#,
                r#"<w:bdr w:val="single" w:sz="6" w:space="0" w:color="737373"/></w:rPr>"#,
                r#"<w:t xml:space="preserve">&#160;{mark}&#160;</w:t></w:r>"#
            ),
            mark = escape(mark),
        )
    });
    format!(
        r#"{DECLARATION}<w:hdr {MAIN}><w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr>{run}</w:p></w:hdr>"#
    )
}

/// The text itself, around `content`.
pub(super) fn document(content: &str) -> String {
    format!("{DECLARATION}<w:document {MAIN} {RELATIONS}><w:body>{content}</w:body></w:document>")
}

/// The styles, around `content`.
pub(super) fn style_sheet(content: &str) -> String {
    format!("{DECLARATION}<w:styles {MAIN}>{content}</w:styles>")
}

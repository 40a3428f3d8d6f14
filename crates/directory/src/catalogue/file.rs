//! Reading the files: every wrong row is told with its line and column.

use std::collections::{HashMap, HashSet};

use csv::{ByteRecord, ReaderBuilder};
use types::{invalid::InvalidText, text};

use super::{File, RowResult, wrong};
use crate::unit::{UnitKind, UnitNames, history::Appearance};

/// Most rows of one file.
pub(super) const MOST_ROWS: usize = 200_000;
const MOST_NAME: usize = 200;

/// A row of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnitRow {
    pub(super) line: i32,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) level: Level,
    pub(super) parent: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Province,
    District,
    Commune,
}

/// A row that says which unit becomes which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MappingRow {
    pub(super) line: i32,
    pub(super) old: String,
    pub(super) new: Option<String>,
    pub(super) kind: MappingKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MappingKind {
    /// It lives on, with its name or another.
    LivesOn,
    /// It lives on enlarged if it keeps its name; under another name it is a new unit.
    Enlarged,
    /// All of it goes to another.
    Merged,
    /// It is divided; no shares are known.
    Split,
    /// It ends with its tier and leads to what becomes of the units below it.
    Abolished,
}

const MAPPING_KINDS: [(&str, MappingKind); 9] = [
    ("province_unchanged", MappingKind::LivesOn),
    ("province_kept_code_enlarged", MappingKind::Enlarged),
    ("province_merged", MappingKind::Merged),
    ("district_abolished", MappingKind::Abolished),
    ("district_to_special_zone", MappingKind::Merged),
    ("commune_unchanged", MappingKind::LivesOn),
    ("commune_renamed", MappingKind::LivesOn),
    ("commune_merged", MappingKind::Merged),
    ("commune_split", MappingKind::Split),
];

type Read<T> = Result<T, Vec<RowResult>>;

/// Reads a catalogue: code, name, level, parent_code.
pub(super) fn units(bytes: &[u8]) -> Read<Vec<UnitRow>> {
    let mut bad = Vec::new();
    let mut rows: Vec<UnitRow> = Vec::new();
    let header = ["code", "name", "level", "parent_code"];
    for (line, [code, name, level, parent]) in records(File::Units, bytes, header)? {
        let mut refuse = |column, reason, en: &str, vi: &str| {
            bad.push(wrong(File::Units, line, &code, column, reason, en, vi));
        };
        let level = match level.as_str() {
            "province" => Level::Province,
            "district" => Level::District,
            "commune" => Level::Commune,
            _ => {
                let en = "is none of province, district, commune";
                let vi = "không phải là province, district hoặc commune";
                refuse("level", "OUT_OF_RANGE", en, vi);
                continue;
            }
        };
        let digits = [
            (Level::Province, 2),
            (Level::District, 3),
            (Level::Commune, 5),
        ];
        let fits = |it: &str, among: &dyn Fn(Level) -> bool| {
            it.bytes().all(|it| it.is_ascii_digit())
                && digits
                    .iter()
                    .any(|(level, length)| among(*level) && it.len() == *length)
        };
        if !fits(&code, &|it| it == level) {
            let en = "is not a code of 2 digits for a province, 3 for a district, 5 for a commune";
            let vi = "không phải là mã 2 chữ số cho tỉnh, 3 cho huyện, 5 cho xã";
            refuse("code", "PATTERN", en, vi);
        }
        if name.is_empty() {
            refuse("name", "REQUIRED", "is required", "là bắt buộc");
        } else if name.chars().count() > MOST_NAME {
            refuse(
                "name",
                "TOO_LONG",
                "has more than 200 characters",
                "dài hơn 200 ký tự",
            );
        }
        let has_parent = !parent.is_empty();
        if has_parent != (level != Level::Province)
            || has_parent && !fits(&parent, &|it| it < level)
        {
            let en = "a province has no parent, a district a province, a commune a district or a province";
            let vi = "tỉnh không có cấp trên, huyện thuộc tỉnh, xã thuộc huyện hoặc tỉnh";
            refuse("parent_code", "PATTERN", en, vi);
        }
        let parent = has_parent.then_some(parent);
        rows.push(UnitRow {
            line,
            code,
            name,
            level,
            parent,
        });
    }
    let mut lines = HashMap::new();
    for row in &rows {
        if let Some(first) = lines.insert(row.code.as_str(), row.line) {
            let en = format!("stands on line {first} already");
            let vi = format!("đã có ở dòng {first}");
            bad.push(wrong(
                File::Units,
                row.line,
                &row.code,
                "code",
                "DUPLICATE",
                en,
                vi,
            ));
        }
    }
    done(rows, bad)
}

/// Reads which unit becomes which: old_code, new_code, kind.
pub(super) fn mapping(bytes: &[u8]) -> Read<Vec<MappingRow>> {
    let mut bad = Vec::new();
    let mut rows: Vec<MappingRow> = Vec::new();
    let mut pairs = HashSet::new();
    for (line, [old, new, kind]) in records(File::Mapping, bytes, ["old_code", "new_code", "kind"])?
    {
        let mut refuse = |column, reason, en: &str, vi: &str| {
            bad.push(wrong(File::Mapping, line, &old, column, reason, en, vi));
        };
        let Some((_, kind)) = MAPPING_KINDS.iter().find(|(name, _)| *name == kind) else {
            let en = "is no known kind of change";
            let vi = "không phải là hình thức thay đổi đã biết";
            refuse("kind", "OUT_OF_RANGE", en, vi);
            continue;
        };
        if new.is_empty() != (*kind == MappingKind::Abolished) {
            let en = "only an abolished district has no successor of its own";
            let vi = "chỉ huyện bị bãi bỏ mới không có đơn vị kế thừa riêng";
            refuse("new_code", "REQUIRED", en, vi);
        }
        if matches!(kind, MappingKind::LivesOn | MappingKind::Enlarged) && new != old {
            let en = "a unit that lives on keeps its code";
            let vi = "đơn vị tiếp tục tồn tại thì giữ nguyên mã";
            refuse("new_code", "OUT_OF_RANGE", en, vi);
        }
        if !pairs.insert((old.clone(), new.clone())) {
            refuse(
                "old_code",
                "DUPLICATE",
                "the pair stands here twice",
                "cặp mã bị lặp",
            );
        }
        rows.push(MappingRow {
            line,
            old,
            new: (!new.is_empty()).then_some(new),
            kind: *kind,
        });
    }
    let mut seen: HashMap<&str, &MappingRow> = HashMap::new();
    for row in &rows {
        if let Some(first) = seen.insert(&row.old, row)
            && (first.kind, row.kind) != (MappingKind::Split, MappingKind::Split)
        {
            let en = format!(
                "stands on line {} already; only a divided unit stands twice",
                first.line
            );
            let vi = format!(
                "đã có ở dòng {}; chỉ đơn vị bị chia mới có nhiều dòng",
                first.line
            );
            bad.push(wrong(
                File::Mapping,
                row.line,
                &row.old,
                "old_code",
                "DUPLICATE",
                en,
                vi,
            ));
        }
    }
    done(rows, bad)
}

fn done<T>(rows: Vec<T>, mut bad: Vec<RowResult>) -> Read<Vec<T>> {
    if bad.is_empty() {
        return Ok(rows);
    }
    bad.sort_by_key(|it| it.line);
    Err(bad)
}

/// Reads lines of exactly these columns, each cell cleaned.
fn records<const N: usize>(
    file: File,
    bytes: &[u8],
    header: [&'static str; N],
) -> Read<Vec<(i32, [String; N])>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let mut bad = Vec::new();
    let mut rows = Vec::new();
    let mut record = ByteRecord::new();
    let mut first = true;
    let mut read = 0;
    loop {
        let line = i32::try_from(reader.position().line()).unwrap_or(i32::MAX);
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                bad.push(unreadable(file, line, header[0], &error.to_string()));
                break;
            }
        }
        let line = record
            .position()
            .map_or(line, |it| i32::try_from(it.line()).unwrap_or(i32::MAX));
        match cells(&record, header) {
            Err((column, why)) => {
                let code = String::from_utf8_lossy(record.get(0).unwrap_or_default());
                let code = InvalidText::excerpt(&code);
                bad.push(wrong(file, line, &code, column, why.reason, why.en, why.vi));
            }
            Ok(cells) if first && cells != header.map(str::to_owned) => {
                let columns = header.join(", ");
                let en = format!("the first line has to name the columns {columns}");
                let vi = format!("dòng đầu phải ghi tên các cột {columns}");
                return Err(vec![wrong(file, line, "", header[0], "HEADER", en, vi)]);
            }
            Ok(cells) if !first => rows.push((line, cells)),
            Ok(_) => {}
        }
        read += usize::from(!first);
        first = false;
        // Wrong rows count too: telling them takes more room than right ones.
        if read > MOST_ROWS {
            let en = format!("the file has more than {MOST_ROWS} rows");
            let vi = format!("tệp có hơn {MOST_ROWS} dòng");
            return Err(vec![wrong(file, line, "", header[0], "TOO_MANY", en, vi)]);
        }
    }
    if rows.is_empty() && bad.is_empty() {
        let (en, vi) = ("the file has no rows", "tệp không có dòng nào");
        bad.push(wrong(file, 1, "", header[0], "REQUIRED", en, vi));
    }
    done(rows, bad)
}

fn unreadable(file: File, line: i32, column: &'static str, why: &str) -> RowResult {
    let en = format!("cannot be read as CSV: {why}");
    let vi = "không đọc được theo định dạng CSV";
    wrong(file, line, "", column, "PATTERN", en, vi)
}

fn cells<const N: usize>(
    record: &ByteRecord,
    header: [&'static str; N],
) -> Result<[String; N], (&'static str, InvalidText)> {
    if record.len() != N {
        let count = record.len();
        let why = InvalidText::new(
            "COLUMNS",
            format!("the line has {count} columns instead of {N}"),
            format!("dòng có {count} cột, cần {N} cột"),
        );
        return Err((header[0], why));
    }
    let mut cells = [const { String::new() }; N];
    for (index, column) in header.into_iter().enumerate() {
        let text = std::str::from_utf8(&record[index]).map_err(|_| {
            let why = InvalidText::new("ENCODING", "is not UTF-8", "không phải là UTF-8");
            (column, why)
        })?;
        cells[index] = text::clean(text).map_err(|why| (column, why))?;
    }
    Ok(cells)
}

/// Type words that begin official names.
const TYPE_WORDS: [&str; 10] = [
    "Thành phố",
    "Tỉnh",
    "Quận",
    "Huyện",
    "Thị xã",
    "Thị trấn",
    "Phường",
    "Xã",
    "Đặc khu",
    "Huyện đảo",
];

impl UnitRow {
    /// Returns what the unit is and how it is called, by its name and level.
    pub(super) fn appearance(&self) -> Appearance {
        Appearance {
            kind: self.kind(),
            names: self.names(),
        }
    }

    pub(super) fn kind(&self) -> UnitKind {
        let begins = |word: &str| self.name.starts_with(word);
        match self.level {
            Level::Province => UnitKind::Province,
            Level::District => UnitKind::District,
            Level::Commune if begins("Phường") => UnitKind::Ward,
            Level::Commune if begins("Đặc khu") => UnitKind::SpecialZone,
            Level::Commune => UnitKind::Commune,
        }
    }

    pub(super) fn names(&self) -> UnitNames {
        let bare = TYPE_WORDS
            .iter()
            .find_map(|it| self.name.strip_prefix(it))
            .map_or(self.name.as_str(), str::trim);
        UnitNames {
            display_name: self.name.clone(),
            short_name: bare.chars().take(100).collect(),
            ..UnitNames::default()
        }
    }
}

impl Level {
    /// Returns the level of a kind; agencies have none.
    pub(super) fn of(kind: UnitKind) -> Option<Self> {
        match kind {
            UnitKind::Province => Some(Self::Province),
            UnitKind::District => Some(Self::District),
            UnitKind::Commune | UnitKind::Ward | UnitKind::SpecialZone => Some(Self::Commune),
            UnitKind::Department
            | UnitKind::Subordinate
            | UnitKind::PublicService
            | UnitKind::PartyOrgan
            | UnitKind::Other => None,
        }
    }
}

//! The catalogue methods: accept the header, ask for the right, take the files in, call,
//! reply; a rehearsal and a refused file are taken back before the answer.

use kit::{
    Begin, Db, accept_stream,
    upload::{Files, Part},
};
use prost::Message;
use proto::{
    convert::issue,
    directory::{self as pb, catalogue_service_server::CatalogueService},
    shared::Severity,
};
use tonic::{Request, Response, Status, Streaming};
use types::{date, ids::ReorganizationId, violations::Invalid};

use super::{
    Catalogues, Effect, File, ImportMapping, ImportSnapshot, Report, RowResult, file, read_both,
};
use crate::reorganization::rpc::take_back;

/// Most bytes of the files of one call.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Most wrong rows that are told, and the room of all rows: clients refuse an answer of
/// more than 4 MiB.
const MOST_TOLD: usize = 1_000;
const ROOM: usize = 3 * 1024 * 1024;

const UNITS: &str = "units_csv";
const MAPPING: &str = "mapping_csv";

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    catalogues: Catalogues,
}

impl Rpc {
    pub(crate) fn new(db: &Db, catalogues: &Catalogues) -> Self {
        Self {
            db: db.clone(),
            catalogues: catalogues.clone(),
        }
    }
}

#[tonic::async_trait]
impl CatalogueService for Rpc {
    async fn import_unit_snapshot(
        &self,
        request: Request<Streaming<pb::ImportUnitSnapshotRequest>>,
    ) -> Result<Response<pb::ImportUnitSnapshotResponse>, Status> {
        let (actor, sent, upload) = accept_stream::<_, _, Snapshot>(request, snapshot_part).await?;
        self.catalogues.may_import(&actor).await?;
        let (actor, [units]) = upload.files(actor, sent.files).await?;
        // The id of a call that was answered is not for another file, right or wrong.
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        // Read before the change begins: SQLite has one writer, and this takes a while.
        let rows = match file::units(&units) {
            Ok(rows) => rows,
            Err(wrong) => return Ok(Response::new(Report::refused(wrong).into())),
        };
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let import = sent.import;
        let report = self.catalogues.snapshot(&tx, &actor, &import, &rows);
        let mut report = report.await?;
        let written = report.written.take();
        let stays = report.accepted() && !import.validate_only;
        let answer = report.into();
        if stays {
            return self.catalogues.commit(written, tx.reply(answer)).await;
        }
        take_back(tx).await?;
        Ok(Response::new(answer))
    }

    async fn import_unit_mapping(
        &self,
        request: Request<Streaming<pb::ImportUnitMappingRequest>>,
    ) -> Result<Response<pb::ImportUnitMappingResponse>, Status> {
        let (actor, sent, upload) = accept_stream::<_, _, Mapping>(request, mapping_part).await?;
        self.catalogues.may_import(&actor).await?;
        let (actor, [mapping, units]) = upload.files(actor, sent.files).await?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        let (pairs, rows) = match read_both(&mapping, &units) {
            Ok(rows) => rows,
            Err(refused) => return Ok(Response::new(refused.into())),
        };
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let import = sent.import;
        let report = self.catalogues.mapping(&tx, &actor, &import, &pairs, &rows);
        let mut report = report.await?;
        let written = report.written.take();
        let stays = report.accepted() && !import.validate_only;
        let answer = report.into();
        if stays {
            return self.catalogues.commit(written, tx.reply(answer)).await;
        }
        take_back(tx).await?;
        Ok(Response::new(answer))
    }
}

fn snapshot_part(message: pb::ImportUnitSnapshotRequest) -> Part<pb::ImportUnitSnapshotHeader> {
    use pb::import_unit_snapshot_request::Part as Sent;
    match message.part {
        Some(Sent::Header(header)) => Part::Header(header),
        Some(Sent::UnitsCsv(chunk)) => Part::Chunk(UNITS, chunk),
        None => Part::Nothing,
    }
}

fn mapping_part(message: pb::ImportUnitMappingRequest) -> Part<pb::ImportUnitMappingHeader> {
    use pb::import_unit_mapping_request::Part as Sent;
    match message.part {
        Some(Sent::Header(header)) => Part::Header(header),
        Some(Sent::MappingCsv(chunk)) => Part::Chunk(MAPPING, chunk),
        Some(Sent::UnitsCsv(chunk)) => Part::Chunk(UNITS, chunk),
        None => Part::Nothing,
    }
}

/// A snapshot and the file that is to follow.
struct Snapshot {
    import: ImportSnapshot,
    files: Files<1>,
}

/// A mapping and the files that are to follow.
struct Mapping {
    import: ImportMapping,
    files: Files<2>,
}

impl TryFrom<pb::ImportUnitSnapshotHeader> for Snapshot {
    type Error = Invalid;

    fn try_from(header: pb::ImportUnitSnapshotHeader) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let day = bad.take("header.as_of_date", date::parse_iso(&header.as_of_date));
        let source = bad.line("header.source", &header.source, 500);
        let scope = bad.optional("header.scope_unit", &header.scope_unit);
        let sizes = [(UNITS, header.units_csv_size_bytes)];
        let files = Files::announced(sizes, MOST_BYTES, &mut bad);
        let (Some(day), Some(source), Some(scope), Some(files)) = (day, source, scope, files)
        else {
            return Err(bad);
        };
        let import = ImportSnapshot {
            day,
            source,
            scope,
            allow_mass_closure: header.allow_mass_closure,
            validate_only: header.validate_only,
        };
        Ok(Self { import, files })
    }
}

impl TryFrom<pb::ImportUnitMappingHeader> for Mapping {
    type Error = Invalid;

    fn try_from(header: pb::ImportUnitMappingHeader) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let day = date::parse_iso(&header.effective_date);
        let day = bad.take("header.effective_date", day);
        let decision_number = bad.line("header.decision_number", &header.decision_number, 100);
        let source = bad.line("header.source", &header.source, 500);
        let id = ReorganizationId::new(&header.reorganization_id);
        let id = bad.take("header.reorganization_id", id);
        let sizes = [
            (MAPPING, header.mapping_csv_size_bytes),
            (UNITS, header.units_csv_size_bytes),
        ];
        let files = Files::announced(sizes, MOST_BYTES, &mut bad);
        let (Some(day), Some(decision_number), Some(source), Some(id), Some(files)) =
            (day, decision_number, source, id, files)
        else {
            return Err(bad);
        };
        let import = ImportMapping {
            day,
            decision_number,
            source,
            id,
            validate_only: header.validate_only,
        };
        Ok(Self { import, files })
    }
}

impl From<Report> for pb::ImportUnitSnapshotResponse {
    fn from(report: Report) -> Self {
        let (accepted, counts) = (report.accepted(), Some(counts(&report)));
        let (rows, untold_count) = told(report.rows);
        Self {
            accepted,
            counts,
            rows,
            untold_count,
        }
    }
}

impl From<Report> for pb::ImportUnitMappingResponse {
    fn from(report: Report) -> Self {
        let count = |it: usize| i32::try_from(it).unwrap_or(i32::MAX);
        let (accepted, counts) = (report.accepted(), Some(counts(&report)));
        let id = report.reorganization.as_ref();
        let reorganization = id.map(ReorganizationId::name).unwrap_or_default();
        let (rows, untold_count) = told(report.rows);
        Self {
            accepted,
            counts,
            reorganization,
            link_count: count(report.link_count),
            divided_count: count(report.divided_count),
            untouched_count: count(report.untouched_count),
            rows,
            untold_count,
        }
    }
}

fn counts(report: &Report) -> pb::ImportCounts {
    let count = |found: &dyn Fn(&RowResult) -> bool| {
        let rows = report.rows.iter().filter(|it| found(it)).count();
        i32::try_from(rows).unwrap_or(i32::MAX)
    };
    let with = |effect: Effect| count(&|it| it.effects.contains(&effect));
    pb::ImportCounts {
        created_count: with(Effect::Created),
        renamed_count: with(Effect::Renamed),
        moved_count: with(Effect::Moved),
        closed_count: with(Effect::Closed),
        rejected_count: count(&|it| !it.issues.is_empty()),
    }
}

/// Tells rows as long as there is room, and how many are left out.
fn told(rows: Vec<RowResult>) -> (Vec<pb::ImportRow>, i32) {
    let (mut room, mut wrong, mut untold) = (ROOM, 0, 0_i32);
    let mut told = Vec::new();
    for row in rows {
        wrong += usize::from(!row.issues.is_empty());
        let row = pb::ImportRow::from(row);
        // A row in a list has a tag of one byte and its length before it.
        let size = row.encoded_len() + 5;
        if room < size || !row.issues.is_empty() && wrong > MOST_TOLD {
            untold = untold.saturating_add(1);
            continue;
        }
        room -= size;
        told.push(row);
    }
    (told, untold)
}

impl From<RowResult> for pb::ImportRow {
    fn from(row: RowResult) -> Self {
        let effect = |it: &Effect| match it {
            Effect::Created => pb::ImportEffect::Created.into(),
            Effect::Renamed => pb::ImportEffect::Renamed.into(),
            Effect::Moved => pb::ImportEffect::Moved.into(),
            Effect::Closed => pb::ImportEffect::Closed.into(),
        };
        let issues = row.issues.iter().map(|it| {
            let (en, vi) = (it.en.as_str(), it.vi.as_str());
            issue(Severity::Error, it.code, it.column, en, vi)
        });
        Self {
            line: row.line,
            file: match row.file {
                File::Units => UNITS.into(),
                File::Mapping => MAPPING.into(),
            },
            code: row.code,
            unit: row.unit.map(|it| it.name()).unwrap_or_default(),
            effects: row.effects.iter().map(effect).collect(),
            issues: issues.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use types::ids::UnitId;

    use super::*;

    fn row(number: usize) -> RowResult {
        RowResult {
            line: 2,
            file: File::Units,
            code: format!("{number:05}"),
            unit: Some(UnitId::new(&format!("gso-{number:05}-20250701")).unwrap()),
            effects: vec![Effect::Created],
            issues: Vec::new(),
        }
    }

    #[test]
    fn an_answer_stays_below_4_mib_and_says_what_it_leaves_out() {
        let rows = 100_000;
        let report = Report {
            rows: (0..rows).map(row).collect(),
            ..Report::default()
        };
        let answer = pb::ImportUnitSnapshotResponse::from(report);
        let counts = answer.counts.as_ref().unwrap();
        assert_eq!(usize::try_from(counts.created_count).unwrap(), rows);
        assert!(answer.rows.len() > 40_000, "{}", answer.rows.len());
        let untold = usize::try_from(answer.untold_count).unwrap();
        assert_eq!(answer.rows.len() + untold, rows);
        assert!(
            answer.encoded_len() <= ROOM + 100,
            "{}",
            answer.encoded_len()
        );
    }

    #[test]
    fn a_thousand_wrong_rows_are_told() {
        let wrong = |line| super::super::wrong(File::Units, line, "x", "code", "PATTERN", "a", "b");
        let (told, untold) = told((1..=1_200).map(wrong).collect());
        assert_eq!((told.len(), untold), (1_000, 200));
    }
}

//! The catalogue methods: accept, call, reply; a rehearsal and a refused file are taken
//! back before the answer.

use kit::{Begin, Db, accept};
use proto::{
    convert::issue,
    directory::{self as pb, catalogue_service_server::CatalogueService},
    shared::Severity,
};
use tonic::{Request, Response, Status};
use types::{date, ids::ReorganizationId, violations::Invalid};

use super::{Catalogues, Effect, File, ImportMapping, ImportSnapshot, Report, RowResult};
use crate::reorganization::rpc::take_back;

/// Most bytes of one file, so that a message stays below 4 MiB.
const MOST_SNAPSHOT: usize = 3 * 1024 * 1024;
const MOST_MAPPING: usize = 3 * 1024 * 1024 / 2;

/// Most wrong rows that are told.
const MOST_TOLD: usize = 1_000;

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
        request: Request<pb::ImportUnitSnapshotRequest>,
    ) -> Result<Response<pb::ImportUnitSnapshotResponse>, Status> {
        let (actor, import) = accept::<_, ImportSnapshot>(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let report = self.catalogues.snapshot(&tx, &actor, &import).await?;
        let stays = report.accepted() && !import.validate_only;
        let answer = report.into();
        if stays {
            return tx.reply(answer).await;
        }
        take_back(tx).await?;
        Ok(Response::new(answer))
    }

    async fn import_unit_mapping(
        &self,
        request: Request<pb::ImportUnitMappingRequest>,
    ) -> Result<Response<pb::ImportUnitMappingResponse>, Status> {
        let (actor, import) = accept::<_, ImportMapping>(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let report = self.catalogues.mapping(&tx, &actor, &import).await?;
        let stays = report.accepted() && !import.validate_only;
        let answer = report.into();
        if stays {
            return tx.reply(answer).await;
        }
        take_back(tx).await?;
        Ok(Response::new(answer))
    }
}

impl TryFrom<pb::ImportUnitSnapshotRequest> for ImportSnapshot {
    type Error = Invalid;

    fn try_from(request: pb::ImportUnitSnapshotRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let units = read_file("units_csv", request.units_csv, MOST_SNAPSHOT, &mut bad);
        let day = bad.take("as_of_date", date::parse_iso(&request.as_of_date));
        let source = bad.line("source", &request.source, 500);
        let (Some(units), Some(day), Some(source)) = (units, day, source) else {
            return Err(bad);
        };
        Ok(Self {
            units,
            day,
            source,
            validate_only: request.validate_only,
        })
    }
}

impl TryFrom<pb::ImportUnitMappingRequest> for ImportMapping {
    type Error = Invalid;

    fn try_from(request: pb::ImportUnitMappingRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let mapping = read_file("mapping_csv", request.mapping_csv, MOST_MAPPING, &mut bad);
        let units = read_file("units_csv", request.units_csv, MOST_MAPPING, &mut bad);
        let day = bad.take("effective_date", date::parse_iso(&request.effective_date));
        let decision_number = bad.line("decision_number", &request.decision_number, 100);
        let source = bad.line("source", &request.source, 500);
        let id = ReorganizationId::new(&request.reorganization_id);
        let id = bad.take("reorganization_id", id);
        let files = mapping.zip(units);
        let (Some((mapping, units)), Some(day), Some(decision_number), Some(source), Some(id)) =
            (files, day, decision_number, source, id)
        else {
            return Err(bad);
        };
        Ok(Self {
            mapping,
            units,
            day,
            decision_number,
            source,
            id,
            validate_only: request.validate_only,
        })
    }
}

fn read_file(field: &str, bytes: Vec<u8>, most: usize, bad: &mut Invalid) -> Option<Vec<u8>> {
    if bytes.is_empty() {
        bad.missing(field);
        return None;
    }
    if bytes.len() > most {
        let en = format!("has more than {most} bytes");
        let vi = format!("lớn hơn {most} byte");
        bad.add(field, "TOO_LONG", en, vi);
        return None;
    }
    Some(bytes)
}

impl From<Report> for pb::ImportUnitSnapshotResponse {
    fn from(report: Report) -> Self {
        Self {
            accepted: report.accepted(),
            counts: Some(counts(&report)),
            rows: told(report.rows),
        }
    }
}

impl From<Report> for pb::ImportUnitMappingResponse {
    fn from(report: Report) -> Self {
        let count = |it: usize| i32::try_from(it).unwrap_or(i32::MAX);
        Self {
            accepted: report.accepted(),
            counts: Some(counts(&report)),
            reorganization: report
                .reorganization
                .as_ref()
                .map(ReorganizationId::name)
                .unwrap_or_default(),
            link_count: count(report.link_count),
            divided_count: count(report.divided_count),
            rows: told(report.rows),
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

fn told(rows: Vec<RowResult>) -> Vec<pb::ImportRow> {
    let mut wrong = 0;
    let few = |it: &RowResult| {
        wrong += usize::from(!it.issues.is_empty());
        it.issues.is_empty() || wrong <= MOST_TOLD
    };
    rows.into_iter().filter(few).map(Into::into).collect()
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
                File::Units => "units_csv".into(),
                File::Mapping => "mapping_csv".into(),
            },
            code: row.code,
            unit: row.unit.map(|it| it.name()).unwrap_or_default(),
            effects: row.effects.iter().map(effect).collect(),
            issues: issues.collect(),
        }
    }
}

//! The tables of reports, sections and who wrote in them.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
    etag,
};
use sea_orm::{
    ActiveValue::Set, Condition, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    entity::prelude::*, sea_query::OnConflict,
};
use types::ids::{Principal, ReportId, ReportRequestId, UnitId};

use super::{Body, Report, ReportState, Section};
use crate::template::Template;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reports")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) request_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        pub(super) period: String,
        pub(super) frame: String,
        pub(super) state: String,
        pub(super) latest_submission: i64,
        pub(super) submit_micros: Option<i64>,
        pub(super) return_reason: String,
        pub(super) approved_sha256: String,
        pub(super) approved_by: String,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod section_row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sections")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) request_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) key: String,
        pub(super) ordinal: i64,
        pub(super) body: String,
        pub(super) last_editor: String,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod editor {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "editors")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) request_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) principal: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn key(id: &ReportId) -> (String, String) {
    (id.request.as_str().to_owned(), id.unit.as_str().to_owned())
}

/// Opens a report with the empty sections of its outline.
pub(crate) async fn insert(
    db: &impl ConnectionTrait,
    report: &Report,
    template: &Template,
) -> Result<()> {
    let (request_id, unit_id) = key(&report.id);
    let row = row::ActiveModel {
        request_id: Set(request_id.clone()),
        unit_id: Set(unit_id.clone()),
        period: Set(report.period.to_string()),
        frame: Set(json(&report.frame)?),
        state: Set(report.state.as_str().into()),
        latest_submission: Set(report.latest_submission),
        submit_micros: Set(None),
        return_reason: Set(String::new()),
        approved_sha256: Set(String::new()),
        approved_by: Set(String::new()),
        create_micros: Set(report.create_time.timestamp_micros()),
        update_micros: Set(report.update_time.timestamp_micros()),
        version: Set(report.version),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("REPORT", &report.id)))?;
    let mut sections = Vec::new();
    for (ordinal, spec) in (1..).zip(&template.sections) {
        sections.push(section_row::ActiveModel {
            request_id: Set(request_id.clone()),
            unit_id: Set(unit_id.clone()),
            key: Set(spec.key.clone()),
            ordinal: Set(ordinal),
            body: Set(json(&Body::empty(spec.kind))?),
            last_editor: Set(String::new()),
            update_micros: Set(report.create_time.timestamp_micros()),
            version: Set(1),
        });
    }
    section_row::Entity::insert_many(sections)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Writes a report, unless somebody else changed it since it was read.
pub(super) async fn update(db: &impl ConnectionTrait, after: &Report, seen: i64) -> Result<()> {
    let (request_id, unit_id) = key(&after.id);
    let submitted = after.submit_time.map(|it| it.timestamp_micros());
    let changed = row::Entity::update_many()
        .col_expr(row::Column::Frame, Expr::value(json(&after.frame)?))
        .col_expr(row::Column::State, Expr::value(after.state.as_str()))
        .col_expr(
            row::Column::LatestSubmission,
            Expr::value(after.latest_submission),
        )
        .col_expr(row::Column::SubmitMicros, Expr::value(submitted))
        .col_expr(
            row::Column::ReturnReason,
            Expr::value(after.return_reason.clone()),
        )
        .col_expr(
            row::Column::ApprovedSha256,
            Expr::value(after.approved_sha256.clone()),
        )
        .col_expr(
            row::Column::ApprovedBy,
            Expr::value(after.approved_by.clone()),
        )
        .col_expr(
            row::Column::UpdateMicros,
            Expr::value(after.update_time.timestamp_micros()),
        )
        .col_expr(row::Column::Version, Expr::value(after.version))
        .filter(row::Column::RequestId.eq(request_id))
        .filter(row::Column::UnitId.eq(unit_id))
        .filter(row::Column::Version.eq(seen))
        .exec(db)
        .await?;
    match changed.rows_affected {
        1 => Ok(()),
        _ => Err(Error::Stale {
            current_etag: etag::of(after.version),
        }),
    }
}

/// Locks a report until the change is committed, on both databases.
pub(crate) async fn lock(db: &impl ConnectionTrait, id: &ReportId) -> Result<()> {
    let (request_id, unit_id) = key(id);
    row::Entity::update_many()
        .col_expr(row::Column::Version, Expr::col(row::Column::Version))
        .filter(row::Column::RequestId.eq(request_id))
        .filter(row::Column::UnitId.eq(unit_id))
        .exec(db)
        .await?;
    Ok(())
}

/// Locks all reports to a request until the change is committed.
pub(crate) async fn lock_all(db: &impl ConnectionTrait, request: &ReportRequestId) -> Result<()> {
    row::Entity::update_many()
        .col_expr(row::Column::Version, Expr::col(row::Column::Version))
        .filter(row::Column::RequestId.eq(request.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Counts the reports to a request of which something was sent.
pub(crate) async fn count_sent(
    db: &impl ConnectionTrait,
    request: &ReportRequestId,
) -> Result<u64> {
    let sent = row::Entity::find()
        .filter(row::Column::RequestId.eq(request.as_str()))
        .filter(row::Column::LatestSubmission.gt(0));
    Ok(sent.count(db).await?)
}

/// Returns the reports of a unit, newest first.
pub(super) async fn of_unit(
    db: &impl ConnectionTrait,
    unit: &UnitId,
    states: &[ReportState],
    after: Option<(i64, String)>,
    limit: u64,
) -> Result<Vec<Report>> {
    let mut query = row::Entity::find().filter(row::Column::UnitId.eq(unit.as_str()));
    if !states.is_empty() {
        query = query.filter(row::Column::State.is_in(states.iter().map(|it| it.as_str())));
    }
    if let Some((micros, request)) = after {
        let earlier = row::Column::CreateMicros.lt(micros);
        let same = row::Column::CreateMicros.eq(micros);
        let before = Condition::all()
            .add(same)
            .add(row::Column::RequestId.lt(request));
        query = query.filter(Condition::any().add(earlier).add(before));
    }
    let rows = query
        .order_by_desc(row::Column::CreateMicros)
        .order_by_desc(row::Column::RequestId)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(Report::try_from).collect()
}

/// Returns one report.
pub(crate) async fn find(db: &impl ConnectionTrait, id: &ReportId) -> Result<Option<Report>> {
    let row = row::Entity::find_by_id(key(id)).one(db).await?;
    row.map(Report::try_from).transpose()
}

/// Returns the reports to a request, ordered by unit.
pub(crate) async fn of_request(
    db: &impl ConnectionTrait,
    request: &ReportRequestId,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Report>> {
    let mut query = row::Entity::find()
        .filter(row::Column::RequestId.eq(request.as_str()))
        .order_by_asc(row::Column::UnitId)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(row::Column::UnitId.gt(after));
    }
    query
        .all(db)
        .await?
        .into_iter()
        .map(Report::try_from)
        .collect()
}

/// Returns the sections of a report in order.
pub(super) async fn sections(db: &impl ConnectionTrait, id: &ReportId) -> Result<Vec<Section>> {
    let rows = section_row::Entity::find()
        .filter(section_row::Column::RequestId.eq(id.request.as_str()))
        .filter(section_row::Column::UnitId.eq(id.unit.as_str()))
        .order_by_asc(section_row::Column::Ordinal)
        .all(db)
        .await?;
    rows.into_iter().map(|row| Section::read(id, row)).collect()
}

/// Returns one section.
pub(super) async fn section(
    db: &impl ConnectionTrait,
    id: &ReportId,
    section: &str,
) -> Result<Option<Section>> {
    let (request_id, unit_id) = key(id);
    let row = section_row::Entity::find_by_id((request_id, unit_id, section.to_owned()))
        .one(db)
        .await?;
    row.map(|row| Section::read(id, row)).transpose()
}

/// Writes a section, unless somebody else changed it since it was read.
pub(super) async fn update_section(
    db: &impl ConnectionTrait,
    after: &Section,
    seen: i64,
) -> Result<()> {
    use section_row::Column::{Body, Key, LastEditor, RequestId, UnitId, UpdateMicros, Version};
    let (request_id, unit_id) = key(&after.report);
    let changed = section_row::Entity::update_many()
        .col_expr(Body, Expr::value(json(&after.body)?))
        .col_expr(LastEditor, Expr::value(after.last_editor.clone()))
        .col_expr(
            UpdateMicros,
            Expr::value(after.update_time.timestamp_micros()),
        )
        .col_expr(Version, Expr::value(after.version))
        .filter(RequestId.eq(request_id))
        .filter(UnitId.eq(unit_id))
        .filter(Key.eq(after.key.as_str()))
        .filter(Version.eq(seen))
        .exec(db)
        .await?;
    match changed.rows_affected {
        1 => Ok(()),
        _ => Err(Error::Stale {
            current_etag: etag::of(after.version),
        }),
    }
}

/// Notes that a person wrote in a report, who then may not approve it.
pub(super) async fn note_editor(
    db: &impl ConnectionTrait,
    id: &ReportId,
    editor: &Principal,
) -> Result<()> {
    let (request_id, unit_id) = key(id);
    let row = editor::ActiveModel {
        request_id: Set(request_id),
        unit_id: Set(unit_id),
        principal: Set(editor.name()),
    };
    let columns = [
        editor::Column::RequestId,
        editor::Column::UnitId,
        editor::Column::Principal,
    ];
    let once = OnConflict::columns(columns).do_nothing().to_owned();
    editor::Entity::insert(row)
        .on_conflict(once)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Says whether a person wrote in a report.
pub(super) async fn is_editor(
    db: &impl ConnectionTrait,
    id: &ReportId,
    editor: &Principal,
) -> Result<bool> {
    let (request_id, unit_id) = key(id);
    let found = editor::Entity::find_by_id((request_id, unit_id, editor.name()));
    Ok(found.one(db).await?.is_some())
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

impl TryFrom<row::Model> for Report {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            id: ReportId {
                request: ReportRequestId::new(&row.request_id).map_err(Error::internal)?,
                unit: UnitId::new(&row.unit_id).map_err(Error::internal)?,
            },
            period: row.period.parse().map_err(Error::internal)?,
            frame: serde_json::from_str(&row.frame).map_err(Error::internal)?,
            state: ReportState::read(&row.state)?,
            latest_submission: row.latest_submission,
            submit_time: row.submit_micros.map(instant).transpose()?,
            return_reason: row.return_reason,
            approved_sha256: row.approved_sha256,
            approved_by: row.approved_by,
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}

impl Section {
    fn read(id: &ReportId, row: section_row::Model) -> Result<Self> {
        Ok(Self {
            report: id.clone(),
            key: row.key,
            ordinal: row.ordinal,
            body: serde_json::from_str(&row.body).map_err(Error::internal)?,
            last_editor: row.last_editor,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}

impl ReportState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in-review",
            Self::Approved => "approved",
            Self::Submitted => "submitted",
            Self::Accepted => "accepted",
            Self::Returned => "returned",
        }
    }

    pub(crate) fn read(text: &str) -> Result<Self> {
        Ok(match text {
            "draft" => Self::Draft,
            "in-review" => Self::InReview,
            "approved" => Self::Approved,
            "submitted" => Self::Submitted,
            "accepted" => Self::Accepted,
            "returned" => Self::Returned,
            other => {
                return Err(Error::internal(format!(
                    "`{other}` is no state of a report"
                )));
            }
        })
    }
}

//! What reporting asks of the other services, as the caller himself.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use kit::{Actor, Error, Inside, Peer, Result};
use proto::{
    convert::read_quantity,
    directory::{
        self as directory, signing_service_client::SigningServiceClient,
        unit_service_client::UnitServiceClient, user_service_client::UserServiceClient,
    },
    indicators::{
        self as indicators, indicator_service_client::IndicatorServiceClient,
        value_service_client::ValueServiceClient,
    },
    projects::{self as projects, project_service_client::ProjectServiceClient},
    shared::Severity,
};
use serde::{Deserialize, Serialize};
use tonic::Code;
use types::{
    ids::{IndicatorId, UnitId, ValueId},
    period::Period,
    violations::Invalid,
};

use crate::placeholder::Figure;

/// The services reporting asks.
#[derive(Debug, Clone)]
pub struct Neighbours {
    /// Units and signers.
    pub directory: Peer,
    /// Figures.
    pub indicators: Peer,
    /// The locks of figures, which no person may ask for.
    pub locks: Inside,
    /// Project tables.
    pub projects: Peer,
}

/// How a unit heads its documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Letterhead {
    pub(crate) display_name: String,
    pub(crate) short_name: String,
    pub(crate) superior_organ: String,
    pub(crate) symbol: String,
    pub(crate) place: String,
}

/// Who signs, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Signer {
    pub(crate) lines: Vec<String>,
    pub(crate) name: String,
}

/// Something odd about figures that more than an eye should see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OddFigure {
    /// The figure it is told of.
    pub(crate) name: String,
    /// The indicators it is about.
    pub(crate) indicators: BTreeSet<IndicatorId>,
    pub(crate) code: String,
    pub(crate) en: String,
    pub(crate) vi: String,
}

impl OddFigure {
    /// Leaves out what is for information alone, and what is told of a part: a report sends
    /// the whole.
    fn read(told: indicators::ValueIssue) -> Option<Self> {
        let issue = told.issue?;
        let figure = ValueId::from_name(&told.indicator_value).ok()?;
        if issue.severity() == Severity::Info || figure.breakdown.is_some() {
            return None;
        }
        let named = told.related_values.iter().chain([&told.indicator_value]);
        let named = named.filter_map(|it| ValueId::from_name(it).ok());
        Some(Self {
            indicators: named.map(|it| it.indicator).collect(),
            name: told.indicator_value,
            code: issue.code,
            en: issue.message,
            vi: issue.message_vi,
        })
    }
}

/// The figures of a unit and period.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) figures: BTreeMap<IndicatorId, Figure>,
    /// Who entered each, `users/{user}` or `serviceAccounts/{service_account}`.
    pub(crate) entered_by: BTreeMap<IndicatorId, String>,
}

const LARGEST_PAGE: i32 = 500;
/// Most indicators one question may name (see `ListIndicatorsRequest`).
const NAMES_PER_QUESTION: usize = 200;

impl Neighbours {
    /// Reads how a unit heads its documents on a day; none when it does not exist then.
    pub(crate) async fn letterhead(
        &self,
        actor: &Actor,
        unit: &UnitId,
        day: NaiveDate,
    ) -> Result<Option<Letterhead>> {
        let get = directory::GetUnitRequest {
            name: unit.name(),
            as_of_date: day.to_string(),
        };
        let answer = UnitServiceClient::new(self.directory.clone())
            .get_unit(actor.request(get))
            .await;
        let unit = match answer {
            Ok(answer) => answer.into_inner(),
            Err(status) if status.code() == Code::NotFound => return Ok(None),
            Err(status) => return Err(status.into()),
        };
        Ok(Some(Letterhead {
            display_name: unit.display_name,
            short_name: unit.short_name,
            superior_organ: unit.superior_organ,
            symbol: unit.symbol,
            place: unit.place,
        }))
    }

    /// Reads how a person signs for a unit on a day, by a post or by a delegation. A post that
    /// does not sign has no lines; none when there is no such post or it is over, and when
    /// the delegation is not in force.
    pub(crate) async fn signer(
        &self,
        actor: &Actor,
        unit: &UnitId,
        name: &str,
        day: NaiveDate,
    ) -> Result<Option<Signer>> {
        if !name.starts_with(&format!("{}/positions/", unit.name())) {
            return Ok(None);
        }
        let signers = self.signers(actor, unit, day).await?;
        if let Some(signer) = signers.into_iter().find(|it| it.name == name) {
            return Ok(Some(Signer {
                lines: signer.signing_lines,
                name: signer.display_name,
            }));
        }
        let positions = self.positions(actor, unit, day).await?;
        let post = positions.into_iter().find(|it| it.name == name);
        Ok(post.map(|it| Signer {
            lines: Vec::new(),
            name: it.holder_display_name,
        }))
    }

    /// Reads how a unit signs when nobody has been named yet: the first post that signs.
    pub(crate) async fn signing_lines(
        &self,
        actor: &Actor,
        unit: &UnitId,
        day: NaiveDate,
    ) -> Result<Vec<String>> {
        let signers = self.signers(actor, unit, day).await?;
        let post = signers.into_iter().find(|it| it.document_number.is_empty());
        Ok(post.map(|it| it.signing_lines).unwrap_or_default())
    }

    async fn signers(
        &self,
        actor: &Actor,
        unit: &UnitId,
        day: NaiveDate,
    ) -> Result<Vec<directory::Signer>> {
        let mut client = SigningServiceClient::new(self.directory.clone());
        let mut signers = Vec::new();
        let mut list = directory::ListSignersRequest {
            unit: unit.name(),
            as_of_date: day.to_string(),
            page_size: LARGEST_PAGE,
            ..Default::default()
        };
        loop {
            let answer = client.list_signers(actor.request(list.clone())).await?;
            let answer = answer.into_inner();
            signers.extend(answer.signers);
            if answer.next_page_token.is_empty() {
                return Ok(signers);
            }
            list.page_token = answer.next_page_token;
        }
    }

    async fn positions(
        &self,
        actor: &Actor,
        unit: &UnitId,
        day: NaiveDate,
    ) -> Result<Vec<directory::Position>> {
        let list = directory::ListPositionsRequest {
            parent: unit.name(),
            as_of_date: day.to_string(),
            page_size: LARGEST_PAGE,
            ..Default::default()
        };
        let mut users = UserServiceClient::new(self.directory.clone());
        Ok(users
            .list_positions(actor.request(list))
            .await?
            .into_inner()
            .positions)
    }

    /// Reads all figures of a unit and period, with who entered each.
    pub(crate) async fn figures(
        &self,
        actor: &Actor,
        unit: &UnitId,
        period: Period,
    ) -> Result<Figures> {
        let mut client = ValueServiceClient::new(self.indicators.clone());
        let mut figures = Figures::default();
        let mut list = indicators::ListIndicatorValuesRequest {
            unit: unit.name(),
            period: period.to_string(),
            page_size: LARGEST_PAGE,
            page_token: String::new(),
        };
        loop {
            let answer = client
                .list_indicator_values(actor.request(list.clone()))
                .await?
                .into_inner();
            // A report cites the whole; parts of it are figures of their own.
            let whole = answer.indicator_values.into_iter();
            // One that could not be computed is missing.
            for value in whole.filter(|it| it.breakdown.is_empty() && it.quantity.is_some()) {
                let indicator =
                    IndicatorId::from_name(&value.indicator).map_err(Error::internal)?;
                let mut bad = Invalid::default();
                let quantity = read_quantity("quantity", value.quantity.as_ref(), &mut bad);
                let quantity = quantity.ok_or_else(|| Error::internal(bad))?;
                let printed = value.quantity.map(|it| it.text_vi);
                let printed = printed.filter(|it| *it != quantity.to_vietnamese());
                let source = value.source.unwrap_or_default();
                figures
                    .entered_by
                    .insert(indicator.clone(), source.principal);
                figures.figures.insert(
                    indicator,
                    Figure {
                        name: value.name,
                        revision: value.revision,
                        quantity,
                        printed,
                    },
                );
            }
            if answer.next_page_token.is_empty() {
                return Ok(figures);
            }
            list.page_token = answer.next_page_token;
        }
    }

    /// Reads what a person should look at in the figures of a unit and period: what is odd about
    /// them, what proves none, and which rules of the field they break.
    pub(crate) async fn odd_figures(
        &self,
        actor: &Actor,
        unit: &UnitId,
        period: Period,
    ) -> Result<Vec<OddFigure>> {
        let validate = indicators::ValidateValuesRequest {
            unit: unit.name(),
            period: period.to_string(),
            indicators: Vec::new(),
        };
        let mut client = ValueServiceClient::new(self.indicators.clone());
        let answer = client.validate_values(actor.request(validate)).await?;
        let odd = answer.into_inner().issues.into_iter();
        Ok(odd.filter_map(OddFigure::read).collect())
    }

    /// Reads the definitions that count for a period, by indicator: what was defined anew
    /// later does not change an old report.
    pub(crate) async fn definitions(
        &self,
        actor: &Actor,
        ids: &[IndicatorId],
        period: Period,
    ) -> Result<BTreeMap<IndicatorId, indicators::Indicator>> {
        let mut client = IndicatorServiceClient::new(self.indicators.clone());
        let mut definitions = BTreeMap::new();
        for part in ids.chunks(NAMES_PER_QUESTION) {
            let list = indicators::ListIndicatorsRequest {
                names: part.iter().map(IndicatorId::name).collect(),
                page_size: LARGEST_PAGE,
                period: period.to_string(),
                ..Default::default()
            };
            for it in client
                .list_indicators(actor.request(list))
                .await?
                .into_inner()
                .indicators
            {
                definitions.insert(
                    IndicatorId::from_name(&it.name).map_err(Error::internal)?,
                    it,
                );
            }
        }
        Ok(definitions)
    }

    /// Reads the project table of a unit for a period.
    pub(crate) async fn project_rows(
        &self,
        actor: &Actor,
        unit: &UnitId,
        period: Period,
    ) -> Result<Vec<projects::ProjectRow>> {
        let list = projects::ListProjectRowsRequest {
            unit: unit.name(),
            period: period.to_string(),
            ..projects::ListProjectRowsRequest::default()
        };
        let mut client = ProjectServiceClient::new(self.projects.clone());
        Ok(client
            .list_project_rows(actor.request(list))
            .await?
            .into_inner()
            .rows)
    }

    /// Reads what a unit planned for a period, with what became of it.
    pub(crate) async fn planned_work(
        &self,
        actor: &Actor,
        unit: &UnitId,
        period: Period,
    ) -> Result<Vec<projects::PlannedWork>> {
        let list = projects::ListPlannedWorkRequest {
            unit: unit.name(),
            period: period.to_string(),
        };
        let mut client = ProjectServiceClient::new(self.projects.clone());
        Ok(client
            .list_planned_work(actor.request(list))
            .await?
            .into_inner()
            .planned_work)
    }
}

//! The services that keep things of units, asked before units are taken back.
//!
//! They are asked before the change begins, never inside it: a neighbour that is slow must not
//! keep others from writing. What is written between the answer and the end of the change is
//! not seen: a writer decides by a copy of the units that follows the directory within a
//! second or two. It stays, under a name that is never used again.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use kit::{Actor, Error, Inside, Result, references::MOST_UNITS};
use proto::{indicators, projects, reporting, shared::UnitReference};
use types::ids::UnitId;

use crate::reason::{NEIGHBOUR_SILENT, NEW_UNIT_IN_USE};

/// How long a neighbour may take to look through what it has.
const LIMIT: Duration = Duration::from_secs(20);

/// The other services of the installation; none where it is not said how to reach one.
#[derive(Debug, Clone, Default)]
pub struct Neighbours {
    /// Figures, targets, scorecards.
    pub indicators: Option<Inside>,
    /// Projects and their money.
    pub projects: Option<Inside>,
    /// Requests and reports.
    pub reporting: Option<Inside>,
}

/// The neighbours, once they are known; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Neighbourhood(Arc<RwLock<Known>>);

#[derive(Debug, Clone, Default)]
enum Known {
    #[default]
    Nobody,
    Alone,
    With(Arc<Neighbours>),
}

impl Neighbourhood {
    pub(crate) fn alone(&self) {
        self.know(Known::Alone);
    }

    pub(crate) fn join(&self, neighbours: Neighbours) {
        self.know(Known::With(Arc::new(neighbours)));
    }

    fn know(&self, known: Known) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = known;
    }

    fn known(&self) -> Known {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Checks that no other service keeps anything of some units.
    pub(crate) async fn nobody_refers(&self, actor: &Actor, units: &[UnitId]) -> Result<()> {
        let neighbours = match self.known() {
            Known::Alone => return Ok(()),
            Known::With(neighbours) => neighbours,
            Known::Nobody => Arc::default(),
        };
        for some in units.chunks(MOST_UNITS) {
            let units: Vec<_> = some.iter().map(UnitId::name).collect();
            macro_rules! ask {
                ($area:ident) => {{
                    use $area::unit_reference_service_client::UnitReferenceServiceClient;
                    let (peer, request) = request(
                        stringify!($area),
                        neighbours.$area.as_ref(),
                        actor,
                        $area::FindUnitReferencesRequest {
                            units: units.clone(),
                        },
                    )?;
                    let mut client = UnitReferenceServiceClient::new(peer);
                    let answer = client.find_unit_references(request).await;
                    let answer = answer.map(|it| it.into_inner().references);
                    none(stringify!($area), answer)?;
                }};
            }
            ask!(indicators);
            ask!(projects);
            ask!(reporting);
        }
        Ok(())
    }
}

fn request<M>(
    service: &'static str,
    neighbour: Option<&Inside>,
    actor: &Actor,
    message: M,
) -> Result<(kit::Peer, tonic::Request<M>)> {
    let neighbour = neighbour.ok_or_else(|| silent(service))?;
    let limit = LIMIT.min(actor.time_left());
    let request = neighbour.request(message, actor.trace_id(), limit)?;
    Ok((neighbour.peer(), request))
}

fn none(
    service: &'static str,
    answer: std::result::Result<Vec<UnitReference>, tonic::Status>,
) -> Result<()> {
    let found = answer.map_err(|status| {
        tracing::warn!(service, code = ?status.code(), "cannot be asked what it keeps of units");
        silent(service)
    })?;
    let Some(first) = found.into_iter().next() else {
        return Ok(());
    };
    let facts = [
        ("unit", first.unit),
        ("service", service.to_owned()),
        ("collection", first.collection),
        ("count", first.count.to_string()),
    ];
    Err(Error::rule(&NEW_UNIT_IN_USE, facts))
}

fn silent(service: &'static str) -> Error {
    Error::rule(&NEIGHBOUR_SILENT, [("service", service.to_owned())])
}

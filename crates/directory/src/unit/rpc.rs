//! The unit methods: accept, call, reply.

use kit::{Begin, Db, accept, etag};
use proto::{
    convert::{optional_date, read_validity, timestamp, unknown, validity},
    directory::{self as pb, unit_service_server::UnitService},
};
use tonic::{Request, Response, Status};
use types::{ids::UnitId, text::fold, validity::Validity, violations::Invalid};

use super::{
    Bearers, CreateUnit, GetUnit, Identifier, ListUnits, ResolveIdentifier, Unit, UnitKind,
    UnitNames, Units, distinct_identifiers, scheme,
};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    units: Units,
}

impl Rpc {
    pub(crate) fn new(db: &Db, units: &Units) -> Self {
        Self {
            db: db.clone(),
            units: units.clone(),
        }
    }
}

#[tonic::async_trait]
impl UnitService for Rpc {
    async fn get_unit(
        &self,
        request: Request<pb::GetUnitRequest>,
    ) -> Result<Response<pb::Unit>, Status> {
        let (actor, get) = accept(request)?;
        let (unit, ancestors) = self.units.get(&actor, get).await?;
        Ok(Response::new(pb::Unit {
            ancestors: ancestors.iter().map(UnitId::name).collect(),
            ..unit.into()
        }))
    }

    async fn resolve_identifier(
        &self,
        request: Request<pb::ResolveIdentifierRequest>,
    ) -> Result<Response<pb::ResolveIdentifierResponse>, Status> {
        let (actor, ask) = accept(request)?;
        let bearers = self.units.resolve(&actor, ask).await?;
        Ok(Response::new(bearers.into()))
    }

    async fn list_units(
        &self,
        request: Request<pb::ListUnitsRequest>,
    ) -> Result<Response<pb::ListUnitsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (units, next_page_token) = self.units.list(&actor, list).await?;
        let units = units.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListUnitsResponse {
            units,
            next_page_token,
        }))
    }

    async fn create_unit(
        &self,
        request: Request<pb::CreateUnitRequest>,
    ) -> Result<Response<pb::Unit>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let unit = self.units.create(&tx, &actor, new).await?;
        tx.reply(unit.into()).await
    }
}

impl TryFrom<pb::GetUnitRequest> for GetUnit {
    type Error = Invalid;

    fn try_from(request: pb::GetUnitRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let as_of = optional_date("as_of_date", &request.as_of_date, &mut bad);
        let (Some(id), Some(as_of)) = (id, as_of) else {
            return Err(bad);
        };
        Ok(Self { id, as_of })
    }
}

impl TryFrom<pb::ResolveIdentifierRequest> for ResolveIdentifier {
    type Error = Invalid;

    fn try_from(request: pb::ResolveIdentifierRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let scheme = bad.line("scheme", &request.scheme, 30);
        let value = bad.line("value", &request.value, 35);
        let as_of = optional_date("as_of_date", &request.as_of_date, &mut bad);
        let (Some(scheme), Some(value), Some(as_of)) = (scheme, value, as_of) else {
            return Err(bad);
        };
        Ok(Self {
            scheme,
            value,
            as_of,
        })
    }
}

impl From<Bearers> for pb::ResolveIdentifierResponse {
    fn from(bearers: Bearers) -> Self {
        let name = |it: Option<UnitId>| it.map(|it| it.name()).unwrap_or_default();
        let bearer =
            |(unit, display_name, days): (UnitId, String, Validity)| pb::IdentifierBearer {
                unit: unit.name(),
                display_name,
                validity: Some(validity(&days)),
            };
        Self {
            unit: name(bearers.then),
            current_unit: name(bearers.now),
            bearers: bearers.all.into_iter().map(bearer).collect(),
        }
    }
}

impl TryFrom<pb::ListUnitsRequest> for ListUnits {
    type Error = Invalid;

    fn try_from(request: pb::ListUnitsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let ancestor = bad.optional("ancestor_unit", &request.ancestor_unit);
        let as_of = optional_date("as_of_date", &request.as_of_date, &mut bad);
        let kind = match request.kind {
            0 => Some(None),
            kind => UnitKind::from_wire("kind", kind, &mut bad).map(Some),
        };
        let search = bad.optional_line("search", &request.search, 200);
        let scheme = bad.optional_line("identifier_scheme", &request.identifier_scheme, 30);
        let value = bad.optional_line("identifier_value", &request.identifier_value, 35);
        let code = match (scheme, value) {
            (Some(scheme), Some(value)) if scheme.is_empty() != value.is_empty() => {
                bad.missing(if scheme.is_empty() {
                    "identifier_scheme"
                } else {
                    "identifier_value"
                });
                None
            }
            (Some(scheme), Some(value)) => Some((!scheme.is_empty()).then_some((scheme, value))),
            _ => None,
        };
        let began_since = optional_date("began_since_date", &request.began_since_date, &mut bad);
        let ends_by = optional_date("ends_by_date", &request.ends_by_date, &mut bad);
        let (Some(ancestor), Some(as_of), Some(kind), Some(search), Some(code)) =
            (ancestor, as_of, kind, search, code)
        else {
            return Err(bad);
        };
        let (Some(began_since), Some(ends_by)) = (began_since, ends_by) else {
            return Err(bad);
        };
        Ok(Self {
            ancestor,
            children_only: request.children_only,
            kind,
            as_of,
            search: fold(&search),
            code,
            began_since,
            ends_by,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl TryFrom<pb::CreateUnitRequest> for CreateUnit {
    type Error = Invalid;

    fn try_from(request: pb::CreateUnitRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let unit = request.unit.unwrap_or_default();
        let id = bad.take("unit_id", UnitId::new(&request.unit_id));
        let kind = UnitKind::from_wire("unit.kind", unit.kind, &mut bad);
        let validity = read_validity("unit.validity", unit.validity.as_ref(), &mut bad);
        let parent = bad.optional("unit.parent_unit", &unit.parent_unit);
        let display_name = bad.line("unit.display_name", &unit.display_name, 200);
        let short_name = bad.optional_line("unit.short_name", &unit.short_name, 100);
        let symbol = bad.optional_line("unit.symbol", &unit.symbol, 30);
        let place = bad.optional_line("unit.place", &unit.place, 100);
        let superior_organ = bad.optional_line("unit.superior_organ", &unit.superior_organ, 200);
        bad.at_most("unit.identifiers", unit.identifiers.len(), 20);
        let mut identifiers = Vec::new();
        for (index, identifier) in unit.identifiers.iter().take(20).enumerate() {
            identifiers.extend(Identifier::from_wire(index, identifier, &mut bad));
        }
        distinct_identifiers(&identifiers, &mut bad);
        let names = (display_name, short_name, symbol, place, superior_organ);
        let (
            (Some(display_name), Some(short_name), Some(symbol), Some(place), Some(superior_organ)),
            (Some(id), Some(kind), Some(validity), Some(parent)),
            true,
        ) = (names, (id, kind, validity, parent), bad.is_empty())
        else {
            return Err(bad);
        };
        let names = UnitNames {
            display_name,
            short_name,
            symbol,
            place,
            superior_organ,
        };
        Ok(Self {
            id,
            kind,
            validity,
            parent,
            names,
            identifiers,
        })
    }
}

impl From<Unit> for pb::Unit {
    fn from(unit: Unit) -> Self {
        Self {
            name: unit.id.name(),
            display_name: unit.names.display_name,
            kind: unit.kind.to_wire().into(),
            validity: Some(validity(&unit.validity)),
            parent_unit: unit.parent.map(|it| it.name()).unwrap_or_default(),
            short_name: unit.names.short_name,
            symbol: unit.names.symbol,
            place: unit.names.place,
            superior_organ: unit.names.superior_organ,
            identifiers: unit.identifiers.into_iter().map(Into::into).collect(),
            ancestors: Vec::new(),
            create_time: Some(timestamp(unit.create_time)),
            update_time: Some(timestamp(unit.update_time)),
            etag: etag::of(unit.version),
        }
    }
}

impl From<Identifier> for pb::Identifier {
    fn from(identifier: Identifier) -> Self {
        Self {
            scheme: identifier.scheme,
            value: identifier.value,
            validity: Some(validity(&identifier.validity)),
        }
    }
}

impl Identifier {
    fn from_wire(index: usize, wire: &pb::Identifier, bad: &mut Invalid) -> Option<Self> {
        let field = format!("unit.identifiers[{index}]");
        let (scheme, value) = scheme::read_code(&field, wire, bad)?;
        let validity = read_validity(&format!("{field}.validity"), wire.validity.as_ref(), bad);
        Some(Self {
            scheme,
            value,
            validity: validity?,
        })
    }
}

const KINDS: [(UnitKind, pb::UnitKind); 10] = [
    (UnitKind::Province, pb::UnitKind::Province),
    (UnitKind::Department, pb::UnitKind::Department),
    (UnitKind::District, pb::UnitKind::District),
    (UnitKind::Commune, pb::UnitKind::Commune),
    (UnitKind::Ward, pb::UnitKind::Ward),
    (UnitKind::SpecialZone, pb::UnitKind::SpecialZone),
    (UnitKind::Subordinate, pb::UnitKind::Subordinate),
    (UnitKind::PublicService, pb::UnitKind::PublicService),
    (UnitKind::PartyOrgan, pb::UnitKind::PartyOrgan),
    (UnitKind::Other, pb::UnitKind::Other),
];

impl UnitKind {
    pub(crate) fn to_wire(self) -> pb::UnitKind {
        let found = KINDS.iter().find(|(ours, _)| *ours == self);
        found.map_or(pb::UnitKind::Unspecified, |(_, wire)| *wire)
    }

    pub(crate) fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        let found = KINDS.iter().find(|(_, known)| i32::from(*known) == wire);
        match found {
            Some((ours, _)) => Some(*ours),
            None if wire == 0 => {
                bad.missing(field);
                None
            }
            None => {
                unknown(field, wire, bad);
                None
            }
        }
    }
}

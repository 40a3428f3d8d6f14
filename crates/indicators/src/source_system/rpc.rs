//! The methods of source systems: accept, call, reply.

use kit::{Begin, Db, accept, etag, mask::Mask};
use proto::{
    convert::timestamp,
    indicators::{self as pb, source_system_service_server::SourceSystemService},
};
use tonic::{Request, Response, Status};
use types::{ids::SourceSystemId, violations::Invalid};

use super::{
    Content, CreateSourceSystem, GetSourceSystem, ListSourceSystems, SourceSystem, SourceSystems,
    UpdateSourceSystem,
};

const LONGEST_NAME: usize = 200;
const LONGEST_DESCRIPTION: usize = 4000;

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    systems: SourceSystems,
}

impl Rpc {
    pub(crate) fn new(db: &Db, systems: &SourceSystems) -> Self {
        Self {
            db: db.clone(),
            systems: systems.clone(),
        }
    }
}

#[tonic::async_trait]
impl SourceSystemService for Rpc {
    async fn create_source_system(
        &self,
        request: Request<pb::CreateSourceSystemRequest>,
    ) -> Result<Response<pb::SourceSystem>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let system = self.systems.create(&tx, &actor, new).await?;
        tx.reply(system.into()).await
    }

    async fn get_source_system(
        &self,
        request: Request<pb::GetSourceSystemRequest>,
    ) -> Result<Response<pb::SourceSystem>, Status> {
        let (actor, get) = accept(request)?;
        let system = self.systems.get(&actor, get).await?;
        Ok(Response::new(system.into()))
    }

    async fn list_source_systems(
        &self,
        request: Request<pb::ListSourceSystemsRequest>,
    ) -> Result<Response<pb::ListSourceSystemsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (systems, next_page_token) = self.systems.list(&actor, list).await?;
        let source_systems = systems.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListSourceSystemsResponse {
            source_systems,
            next_page_token,
        }))
    }

    async fn update_source_system(
        &self,
        request: Request<pb::UpdateSourceSystemRequest>,
    ) -> Result<Response<pb::SourceSystem>, Status> {
        let (actor, update) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let system = self.systems.update(&tx, &actor, update).await?;
        tx.reply(system.into()).await
    }
}

/// New content for some fields of a system.
#[derive(Debug)]
pub(crate) struct Change {
    sent: pb::SourceSystem,
    mask: Mask,
}

impl Change {
    const FIELDS: [&'static str; 4] = ["display_name", "owner_unit", "connector", "description"];

    /// Returns the content with the change in it.
    pub(super) fn apply(self, before: &Content) -> Result<Content, Invalid> {
        let (sent, mask) = (self.sent, self.mask);
        let mut next = pb::SourceSystem {
            display_name: before.display_name.clone(),
            owner_unit: before.owner_unit.name(),
            connector: before
                .connector
                .as_ref()
                .map(|it| it.name())
                .unwrap_or_default(),
            description: before.description.clone(),
            ..pb::SourceSystem::default()
        };
        macro_rules! take {
            ($($field:ident)*) => {$(
                if mask.takes(stringify!($field), !sent.$field.is_empty()) {
                    next.$field = sent.$field;
                }
            )*};
        }
        take!(display_name owner_unit connector description);
        let mut bad = Invalid::default();
        match Content::from_wire(&next, &mut bad) {
            Some(content) => Ok(content),
            None => Err(bad),
        }
    }
}

impl Content {
    fn from_wire(wire: &pb::SourceSystem, bad: &mut Invalid) -> Option<Self> {
        let display_name = bad.line(
            "source_system.display_name",
            &wire.display_name,
            LONGEST_NAME,
        );
        let owner_unit = bad.required("source_system.owner_unit", &wire.owner_unit);
        let connector = bad.optional("source_system.connector", &wire.connector);
        let description = bad.lines(
            "source_system.description",
            &wire.description,
            LONGEST_DESCRIPTION,
        );
        Some(Self {
            display_name: display_name?,
            owner_unit: owner_unit?,
            connector: connector?,
            description: description?,
        })
    }
}

impl TryFrom<pb::CreateSourceSystemRequest> for CreateSourceSystem {
    type Error = Invalid;

    fn try_from(request: pb::CreateSourceSystemRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.take(
            "source_system_id",
            SourceSystemId::new(&request.source_system_id),
        );
        let content = Content::from_wire(&request.source_system.unwrap_or_default(), &mut bad);
        match (id, content) {
            (Some(id), Some(content)) => Ok(Self { id, content }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::GetSourceSystemRequest> for GetSourceSystem {
    type Error = Invalid;

    fn try_from(request: pb::GetSourceSystemRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        id.map(|id| Self { id }).ok_or(bad)
    }
}

impl TryFrom<pb::ListSourceSystemsRequest> for ListSourceSystems {
    type Error = Invalid;

    fn try_from(request: pb::ListSourceSystemsRequest) -> Result<Self, Invalid> {
        Ok(Self {
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl TryFrom<pb::UpdateSourceSystemRequest> for UpdateSourceSystem {
    type Error = Invalid;

    fn try_from(request: pb::UpdateSourceSystemRequest) -> Result<Self, Invalid> {
        const OUTPUT: [&str; 4] = ["name", "create_time", "update_time", "etag"];
        let mut bad = Invalid::default();
        let sent = request.source_system.unwrap_or_default();
        let id = bad.required("source_system.name", &sent.name);
        let paths = request.update_mask.as_ref().map(|it| it.paths.as_slice());
        let mask = Mask::read(paths, &Change::FIELDS, &OUTPUT, &mut bad);
        match (id, bad.is_empty()) {
            (Some(id), true) => Ok(Self {
                id,
                change: Change { sent, mask },
                etag: request.etag,
            }),
            _ => Err(bad),
        }
    }
}

impl From<SourceSystem> for pb::SourceSystem {
    fn from(system: SourceSystem) -> Self {
        let content = system.content;
        Self {
            name: system.id.name(),
            display_name: content.display_name,
            owner_unit: content.owner_unit.name(),
            connector: content.connector.map(|it| it.name()).unwrap_or_default(),
            description: content.description,
            create_time: Some(timestamp(system.create_time)),
            update_time: Some(timestamp(system.update_time)),
            etag: etag::of(system.version),
        }
    }
}

//! Who may call what, read from the contract itself.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use prost_reflect::{DescriptorPool, DynamicMessage, Value};

use crate::{Error, Result};

/// What a caller must hold for one method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needs {
    /// A permission on the unit the call is about.
    Permission(Arc<str>),
    /// To be signed in.
    SignedIn,
    /// To be a service of this installation.
    Service,
    /// Nothing.
    Nothing,
}

/// The table of all methods of the contract by path, such as
/// `/cds.directory.v1.UnitService/GetUnit`.
#[derive(Debug, Clone)]
pub struct Policy {
    needs: Arc<HashMap<String, Needs>>,
    uploads: Arc<HashSet<String>>,
}

impl Policy {
    /// Reads the table from the descriptors.
    ///
    /// # Errors
    /// Names the first method that does not declare who may call it: such a server
    /// must not start.
    pub fn read(descriptors: &[u8]) -> Result<Self> {
        let pool = DescriptorPool::decode(descriptors).map_err(Error::internal)?;
        let access = pool
            .get_extension_by_name("cds.shared.v1.access")
            .ok_or_else(|| Error::internal("the contract has no option `cds.shared.v1.access`"))?;
        let mut table = HashMap::new();
        let mut uploads = HashSet::new();
        for service in pool
            .services()
            .filter(|it| it.full_name().starts_with("cds."))
        {
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                let needs = match &*method.options().get_extension(&access) {
                    Value::Message(option) => needs(option),
                    _ => None,
                };
                let needs = needs
                    .ok_or_else(|| Error::internal(format!("`{path}` declares no permission")))?;
                if method.is_client_streaming() {
                    uploads.insert(path.clone());
                }
                table.insert(path, needs);
            }
        }
        Ok(Self {
            needs: Arc::new(table),
            uploads: Arc::new(uploads),
        })
    }

    /// Returns what a path needs; `None` when it is no method of the contract.
    #[must_use]
    pub fn needs(&self, path: &str) -> Option<&Needs> {
        self.needs.get(path)
    }

    /// Says whether callers send a stream to a path, which takes as long as their line.
    #[must_use]
    pub fn is_upload(&self, path: &str) -> bool {
        self.uploads.contains(path)
    }

    /// Returns every path of the contract, sorted.
    #[must_use]
    pub fn paths(&self) -> Vec<&str> {
        let mut paths: Vec<_> = self.needs.keys().map(String::as_str).collect();
        paths.sort_unstable();
        paths
    }
}

fn needs(option: &DynamicMessage) -> Option<Needs> {
    let flag = |name| {
        option
            .get_field_by_name(name)
            .and_then(|it| it.as_bool())
            .unwrap_or(false)
    };
    let permission = option.get_field_by_name("permission");
    let permission = permission
        .as_ref()
        .and_then(|it| it.as_str())
        .unwrap_or_default();
    let flags = (flag("signed_in"), flag("public"), flag("service"));
    match (permission, flags) {
        ("", (true, false, false)) => Some(Needs::SignedIn),
        ("", (false, true, false)) => Some(Needs::Nothing),
        ("", (false, false, true)) => Some(Needs::Service),
        ("", _) => None,
        (permission, (false, false, false)) => Some(Needs::Permission(permission.into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use prost::{
        Message,
        encoding::{WireType, encode_key, encode_varint},
    };

    use super::*;

    #[test]
    fn the_contract_gives_every_method_its_needs() {
        let policy = Policy::read(proto::DESCRIPTORS).unwrap();
        assert_eq!(
            policy.needs("/cds.directory.v1.UnitService/CreateUnit"),
            Some(&Needs::Permission("directory.units.create".into())),
        );
        assert_eq!(
            policy.needs("/cds.directory.v1.SessionService/SignIn"),
            Some(&Needs::Nothing),
        );
        assert_eq!(policy.needs("/cds.directory.v1.UnitService/DropAll"), None);
        assert!(policy.is_upload("/cds.directory.v1.CatalogueService/ImportUnitSnapshot"));
        assert!(!policy.is_upload("/cds.directory.v1.UnitService/CreateUnit"));
    }

    /// The contract with one more method that declares this; parts of a set of files that
    /// follow each other are one set.
    fn contract_with(access: Option<proto::shared::Access>) -> Vec<u8> {
        // descriptor.proto: MethodDescriptorProto name 1, input 2, output 3, options 4; of a
        // service name 1, method 2; of a file name 1, package 2, dependency 3, message 4,
        // service 6, syntax 12. The option of ours is 50001.
        let mut method = [
            field(1, b"Forgotten"),
            field(2, b".cds.extra.v1.Nothing"),
            field(3, b".cds.extra.v1.Nothing"),
        ]
        .concat();
        if let Some(access) = access {
            let option = field(50001, &access.encode_to_vec());
            method.extend(field(4, &option));
        }
        let service = [field(1, b"ExtraService"), field(2, &method)].concat();
        let file = [
            field(1, b"cds/extra/v1/extra.proto"),
            field(2, b"cds.extra.v1"),
            field(3, b"cds/shared/v1/access.proto"),
            field(4, &field(1, b"Nothing")),
            field(6, &service),
            field(12, b"proto3"),
        ]
        .concat();
        [proto::DESCRIPTORS, &field(1, &file)].concat()
    }

    fn field(number: u32, bytes: &[u8]) -> Vec<u8> {
        let mut written = Vec::new();
        encode_key(number, WireType::LengthDelimited, &mut written);
        encode_varint(bytes.len() as u64, &mut written);
        written.extend(bytes);
        written
    }

    #[test]
    fn a_contract_with_a_method_that_does_not_say_who_may_call_it_is_refused_by_its_name() {
        let nothing = proto::shared::Access::default();
        let permission = proto::shared::Access {
            permission: "directory.units.read".into(),
            ..nothing.clone()
        };
        let two = proto::shared::Access {
            public: true,
            ..permission.clone()
        };
        for access in [None, Some(nothing), Some(two)] {
            let refused = Policy::read(&contract_with(access)).unwrap_err();
            let Error::Internal(cause) = refused else {
                panic!("{refused:?}");
            };
            let told = "`/cds.extra.v1.ExtraService/Forgotten` declares no permission";
            assert_eq!(cause.to_string(), told);
        }
        let policy = Policy::read(&contract_with(Some(permission))).unwrap();
        assert_eq!(
            policy.needs("/cds.extra.v1.ExtraService/Forgotten"),
            Some(&Needs::Permission("directory.units.read".into())),
        );
    }
}

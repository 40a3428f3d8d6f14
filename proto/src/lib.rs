//! The contract of CDS: every message and call, as Rust types.
//!
//! The `.proto` files beside this crate are the only source. Nothing here knows a
//! database or a rule of a service; [`convert`] turns shared values to and from the
//! checked values of `types`.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod convert;

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated from the .proto files, which carry the comments"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/modules.rs"));
}

use generated::cds;
pub use generated::cds::{
    directory::v1 as directory, indicators::v1 as indicators, projects::v1 as projects,
    reporting::v1 as reporting, shared::v1 as shared,
};

/// All descriptors with imports, comments and our own options, encoded.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// A request that may carry the caller's own id, by which a repeated call is known.
pub trait Repeatable {
    /// Returns the `request_id`, empty when there is none.
    fn request_id(&self) -> &str;
}

include!(concat!(env!("OUT_DIR"), "/repeatable.rs"));

#[cfg(test)]
mod tests {
    use prost_reflect::{DescriptorPool, Value};

    /// The methods that may be called without a token. Adding one is a decision.
    const PUBLIC: [&str; 6] = [
        "cds.directory.v1.SessionService.CheckSession",
        "cds.directory.v1.SessionService.Enroll",
        "cds.directory.v1.SessionService.ListSigningKeys",
        "cds.directory.v1.SessionService.RefreshSession",
        "cds.directory.v1.SessionService.ResolveOutsideToken",
        "cds.directory.v1.SessionService.SignIn",
    ];

    #[test]
    fn every_method_declares_who_may_call_it_and_whether_it_may_be_repeated() {
        let pool = DescriptorPool::decode(super::DESCRIPTORS).unwrap();
        let access = pool.get_extension_by_name("cds.shared.v1.access").unwrap();
        let mut public = Vec::new();
        for method in pool
            .services()
            .flat_map(|it| it.methods().collect::<Vec<_>>())
        {
            let options = method.options();
            let name = method.full_name().to_owned();
            assert!(options.has_extension(&access), "{name} declares no access");
            let value = options.get_extension(&access).into_owned();
            let Value::Message(value) = value else {
                panic!("{name}")
            };
            let permission = value
                .get_field_by_name("permission")
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned();
            let is_public = value
                .get_field_by_name("public")
                .unwrap()
                .as_bool()
                .unwrap();
            let signed_in = value
                .get_field_by_name("signed_in")
                .unwrap()
                .as_bool()
                .unwrap();
            let service = value
                .get_field_by_name("service")
                .unwrap()
                .as_bool()
                .unwrap();
            let declared = [!permission.is_empty(), is_public, signed_in, service];
            assert_eq!(
                declared.iter().filter(|it| **it).count(),
                1,
                "{name} declares {declared:?}"
            );
            assert!(
                options.has_field_by_name("idempotency_level"),
                "{name} declares no idempotency level"
            );
            if is_public {
                public.push(name);
            }
        }
        public.sort();
        assert_eq!(public, PUBLIC);
    }

    #[test]
    fn a_permission_names_the_area_that_asks_for_it() {
        let pool = DescriptorPool::decode(super::DESCRIPTORS).unwrap();
        let access = pool.get_extension_by_name("cds.shared.v1.access").unwrap();
        for method in pool
            .services()
            .flat_map(|it| it.methods().collect::<Vec<_>>())
        {
            let Value::Message(value) = method.options().get_extension(&access).into_owned() else {
                panic!()
            };
            let permission = value
                .get_field_by_name("permission")
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned();
            let area = method.full_name().split('.').nth(1).unwrap();
            assert!(
                permission.is_empty()
                    || permission.split('.').count() == 3 && permission.starts_with(area),
                "{} asks for `{permission}`",
                method.full_name(),
            );
        }
    }
}

use kit::{Peer, config::Secret, policy::Policy};
use server::{Assembly, Config};
use tempfile::TempDir;
use tonic::{
    Code, Request, Status,
    body::Body,
    client::{Grpc, GrpcService},
    metadata::MetadataValue,
};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt;

/// Open to everybody, on purpose: letting people in, and the keys to verify with.
const PUBLIC: [&str; 6] = [
    "/cds.directory.v1.SessionService/CheckSession",
    "/cds.directory.v1.SessionService/Enroll",
    "/cds.directory.v1.SessionService/ListSigningKeys",
    "/cds.directory.v1.SessionService/RefreshSession",
    "/cds.directory.v1.SessionService/ResolveOutsideToken",
    "/cds.directory.v1.SessionService/SignIn",
];

async fn all_services(folder: &TempDir) -> Peer {
    let config = Config {
        data_dir: folder.path().to_owned(),
        ..Config::default()
    };
    Assembly::open(&config).await.unwrap().peer()
}

/// Calls any method with an empty message.
async fn call(peer: &Peer, path: &str, authorization: Option<&str>) -> Result<(), Status> {
    let mut client = Grpc::new(peer.clone());
    client.ready().await.unwrap();
    let mut request = Request::new(());
    if let Some(text) = authorization {
        request
            .metadata_mut()
            .insert("authorization", MetadataValue::try_from(text).unwrap());
    }
    let codec: ProstCodec<(), ()> = ProstCodec::default();
    client
        .unary(request, path.parse().unwrap(), codec)
        .await
        .map(|_| ())
}

#[tokio::test]
async fn every_method_called_without_a_token_answers_unauthenticated() {
    let folder = TempDir::new().unwrap();
    let peer = all_services(&folder).await;
    let policy = Policy::read(proto::DESCRIPTORS).unwrap();
    let mut open = Vec::new();
    for path in policy.paths() {
        match call(&peer, path, None).await {
            Err(status) if status.code() == Code::Unauthenticated => {
                assert_eq!(
                    status.get_error_details().error_info().unwrap().reason,
                    "TOKEN_MISSING"
                );
            }
            other => {
                // A method that is open still checks what it is sent.
                assert!(
                    other.is_ok() || other.unwrap_err().code() == Code::InvalidArgument,
                    "{path}"
                );
                open.push(path);
            }
        }
    }
    assert_eq!(open, PUBLIC);
}

#[tokio::test]
async fn a_worthless_token_is_no_better_than_none() {
    let folder = TempDir::new().unwrap();
    let peer = all_services(&folder).await;
    let policy = Policy::read(proto::DESCRIPTORS).unwrap();
    let headers = [
        "Bearer ",
        "Bearer abc",
        "Basic YWRtaW46YWRtaW4=",
        // {"alg":"none","typ":"at+jwt"} and {"sub":"administrator"}
        "Bearer eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiJhZG1pbmlzdHJhdG9yIn0.",
    ];
    for path in policy.paths().into_iter().filter(|it| !PUBLIC.contains(it)) {
        for header in headers {
            let refused = call(&peer, path, Some(header)).await.unwrap_err();
            assert_eq!(refused.code(), Code::Unauthenticated, "{path} {header}");
        }
    }
}

#[tokio::test]
async fn reflection_and_unknown_methods_are_for_known_callers_only() {
    let folder = TempDir::new().unwrap();
    let peer = all_services(&folder).await;
    for path in [
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/x.Y/Z",
    ] {
        assert_eq!(
            call(&peer, path, None).await.unwrap_err().code(),
            Code::Unauthenticated
        );
    }
}

/// Asks for a path of plain HTTP, and returns the code and, when it is an answer of gRPC,
/// its status.
async fn get(peer: &Peer, path: &str) -> (u16, Option<Code>) {
    let mut request = http::Request::new(Body::empty());
    *request.uri_mut() = path.parse().unwrap();
    let answer = peer.clone().call(request).await.unwrap();
    let status = Status::from_header_map(answer.headers());
    (answer.status().as_u16(), status.map(|it| it.code()))
}

#[tokio::test]
async fn the_paths_of_plain_http_are_open_where_the_directory_runs_and_nowhere_else() {
    let folder = TempDir::new().unwrap();
    let all = all_services(&folder).await;
    let mut apart = Config {
        data_dir: folder.path().to_owned(),
        services: vec![server::config::ServiceName::Projects],
        peer_secret: Some(Secret::new("only-for-tests-only-for-tests-only")),
        ..Config::default()
    };
    apart.directory.at = Some("http://127.0.0.1:1".into());
    let apart = Assembly::open(&apart).await.unwrap().peer();
    for (path, code) in [
        ("/oauth2/token", 405),
        ("/.well-known/jwks.json", 200),
        ("/.well-known/oauth-authorization-server", 200),
    ] {
        assert_eq!(get(&all, path).await, (code, None), "{path}");
        let refused = (200, Some(Code::Unauthenticated));
        assert_eq!(get(&apart, path).await, refused, "{path}");
    }
}

//! Compiles the `.proto` files with protox, so that nothing has to be installed.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use prost_types::{DescriptorProto, FileDescriptorSet};

fn main() -> Result<(), Box<dyn Error>> {
    // tonic-prost-build does not say what to watch; without this line every change
    // anywhere would rebuild everything.
    println!("cargo::rerun-if-changed=cds");
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var("OUT_DIR")?);

    let mut compiler = protox::Compiler::new(["."])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(proto_files(Path::new("cds"))?)?;
    // The encoded form keeps our own options (`cds.shared.v1.access`), which the
    // decoded one drops; reflection and the permission table read this file.
    fs::write(
        out.join("descriptors.bin"),
        compiler.encode_file_descriptor_set(),
    )?;

    let set = compiler.file_descriptor_set();
    fs::write(out.join("repeatable.rs"), repeatable(&set)?)?;
    tonic_prost_build::configure()
        .include_file("modules.rs")
        .compile_fds(set)?;
    Ok(())
}

/// Every `.proto` file below a folder: a new file needs no listing.
fn proto_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(proto_files(&path)?);
        } else if path.extension().is_some_and(|it| it == "proto") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Writes `impl Repeatable` for every request message, and for every header of a stream
/// that callers send: the request id it carries, if the message has one.
fn repeatable(set: &FileDescriptorSet) -> Result<String, Box<dyn Error>> {
    let mut code = String::new();
    for file in set
        .file
        .iter()
        .filter(|it| it.package().starts_with("cds."))
    {
        let module = file.package().replace('.', "::");
        for message in file.message_type.iter().filter(|it| is_request(it)) {
            let has_id = message.field.iter().any(|it| it.name() == "request_id");
            let body = if has_id { "&self.request_id" } else { "\"\"" };
            writeln!(
                code,
                "impl Repeatable for crate::{module}::{} {{ fn request_id(&self) -> &str {{ {body} }} }}",
                message.name(),
            )?;
        }
    }
    Ok(code)
}

fn is_request(message: &DescriptorProto) -> bool {
    let name = message.name();
    name.ends_with("Header")
        || name.ends_with("Request") && !matches!(name, "ReportRequest" | "SupplementaryRequest")
}

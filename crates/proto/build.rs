//! Compiles `proto/` with protox (no protoc on the machine) and tonic-prost-build into OUT_DIR.
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let files = [
        "user/v1/user",
        "stream/v1/stream",
        "stream/v1/operator",
        "chat/v1/chat",
        "ingest/v1/ingest",
        "event/v1/event",
    ]
    .map(|file| root.join(format!("streamly/{file}.proto")));
    let set = protox::compile(files, [&root])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), prost::Message::encode_to_vec(&set))?;
    tonic_prost_build::configure().compile_fds(set)?;
    Ok(())
}

//! Our codes as gRPC statuses: the code's name travels in the metadata `streamly-code`.

use streamly_status::Code;
use tonic::{Status, metadata::MetadataValue};

const KEY: &str = "streamly-code";

/// A status with the code's fixed sentence.
pub fn status_of(code: Code) -> Status {
    let mut status = Status::new(tonic::Code::from_i32(code.grpc() as i32), code.title());
    status.metadata_mut().insert(KEY, MetadataValue::from_static(code.name()));
    status
}

/// Our code in a peer's status, if it named one.
pub fn code_of(status: &Status) -> Option<Code> {
    status.metadata().get(KEY).and_then(|v| v.to_str().ok()).and_then(Code::from_name)
}

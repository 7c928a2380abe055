//! Generated gRPC and event types: one module per `proto/streamly/*/v1`.
//!
//! Nothing is written by hand here; the `.proto` files are the documentation. `DESCRIPTORS` is the encoded
//! `FileDescriptorSet`, for gRPC reflection.
#![allow(missing_docs, clippy::all)]

/// The encoded `google.protobuf.FileDescriptorSet` of all packages.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

pub mod user {
    pub mod v1 {
        tonic::include_proto!("streamly.user.v1");
    }
}
pub mod stream {
    pub mod v1 {
        tonic::include_proto!("streamly.stream.v1");
    }
}
pub mod chat {
    pub mod v1 {
        tonic::include_proto!("streamly.chat.v1");
    }
}
pub mod ingest {
    pub mod v1 {
        tonic::include_proto!("streamly.ingest.v1");
    }
}
pub mod event {
    pub mod v1 {
        tonic::include_proto!("streamly.event.v1");
    }
}

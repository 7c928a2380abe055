//! What any gRPC tool sees of the running services without a token: health by the standard protocol, and each service by reflection.

use anyhow::{Context, Result, ensure};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use streamly_e2e::Platform;
use tonic::transport::Channel;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

/// HTTP port + 1000, and what that service is called by others for.
const SERVICES: [(u16, &str); 4] = [
    (9080, "streamly.user.v1.UserService"),
    (9082, "streamly.stream.v1.PublishService"),
    (9084, "streamly.chat.v1.ChatService"),
    (9000, "streamly.ingest.v1.IngestService"),
];

async fn reflect(channel: Channel, ask: MessageRequest) -> Result<MessageResponse> {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(ask) };
    let mut client = ServerReflectionClient::new(channel);
    let mut answers =
        client.server_reflection_info(futures_util::stream::iter([request])).await?.into_inner();
    answers.message().await?.and_then(|answer| answer.message_response).context("no answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_is_serving_and_describes_itself_to_anybody() -> Result<()> {
    let platform = Platform::start(&[]).await?;
    for (base, name) in SERVICES {
        let url = format!("http://127.0.0.1:{}", platform.port(base));
        let channel = Channel::from_shared(url)?.connect().await.context(name)?;
        // The status follows readiness, once a second.
        let mut health = HealthClient::new(channel.clone());
        let since = Instant::now();
        while health.check(HealthCheckRequest::default()).await?.into_inner().status()
            != ServingStatus::Serving
        {
            ensure!(since.elapsed() < Duration::from_secs(5), "{name} is not serving");
        }

        let listed = match reflect(channel.clone(), MessageRequest::ListServices(String::new())).await? {
            MessageResponse::ListServicesResponse(list) => list.service,
            other => anyhow::bail!("{name}: {other:?}"),
        };
        let listed: BTreeSet<String> = listed.into_iter().map(|s| s.name).collect();
        for wanted in [name, "grpc.health.v1.Health"] {
            ensure!(listed.contains(wanted), "{wanted} is not in {listed:?}");
        }
        let file = reflect(channel, MessageRequest::FileContainingSymbol(name.into())).await?;
        ensure!(
            matches!(&file, MessageResponse::FileDescriptorResponse(f) if !f.file_descriptor_proto.is_empty()),
            "{name}: {file:?}"
        );
    }
    Ok(())
}

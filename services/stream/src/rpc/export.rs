//! The gRPC edge for user: what is known of a person. No SQL in here.

use crate::{app::App, export};
use std::sync::Arc;
use streamly_proto::stream::v1::{
    ExportUserRequest, ExportUserResponse, ExportedItem,
    export_service_server::{ExportService, ExportServiceServer},
};
use tonic::{Request, Response, Status};

struct Export(Arc<App>);

/// The service for user.
pub fn export_service(app: Arc<App>) -> ExportServiceServer<impl ExportService> {
    ExportServiceServer::new(Export(app))
}

#[tonic::async_trait]
impl ExportService for Export {
    async fn export_user(
        &self,
        request: Request<ExportUserRequest>,
    ) -> Result<Response<ExportUserResponse>, Status> {
        let request = request.into_inner();
        let user = request.user_id.parse().map_err(|_| Status::invalid_argument("user_id is not valid"))?;
        let page = export::page(&self.0, user, &request.cursor).await?;
        let (items, next) = page.ok_or_else(|| Status::invalid_argument("cursor is not valid"))?;
        let items = items.into_iter().map(|i| ExportedItem { kind: i.kind.into(), json: i.json }).collect();
        Ok(Response::new(ExportUserResponse { items, next_cursor: next.unwrap_or_default() }))
    }
}

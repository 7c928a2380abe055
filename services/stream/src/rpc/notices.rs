//! The gRPC edge for user: whether a mail that waits is still wanted. No SQL in here.

use crate::{app::App, notices::mails};
use std::sync::Arc;
use streamly_proto::stream::v1::{
    IsMailWantedRequest, IsMailWantedResponse,
    notice_service_server::{NoticeService, NoticeServiceServer},
};
use tonic::{Request, Response, Status};

struct Notices(Arc<App>);

/// The service for user.
pub fn notice_service(app: Arc<App>) -> NoticeServiceServer<impl NoticeService> {
    NoticeServiceServer::new(Notices(app))
}

#[tonic::async_trait]
impl NoticeService for Notices {
    async fn is_mail_wanted(
        &self,
        request: Request<IsMailWantedRequest>,
    ) -> Result<Response<IsMailWantedResponse>, Status> {
        let request = request.into_inner();
        let wrong = |_| Status::invalid_argument("an id is not a UUID");
        let broadcast = request.broadcast_id.parse().map_err(wrong)?;
        let user = request.user_id.parse().map_err(wrong)?;
        let wanted = mails::is_wanted(&self.0, broadcast, user).await?;
        Ok(Response::new(IsMailWantedResponse { wanted }))
    }
}

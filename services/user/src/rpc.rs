//! gRPC: `streamly.user.v1.UserService`, users in batches for `stream` and `chat`.

use crate::{
    accounts::{Accounts, LiveTold, MAX_BATCH},
    error::Error,
    store::users::User,
};
use std::sync::Arc;
use streamly_domain::{UserId, Username};
use streamly_proto::user::v1::{
    GetUsersByNameRequest, GetUsersRequest, GetUsersResponse, SendLiveNoticesRequest,
    SendLiveNoticesResponse, User as Message, user_service_server::UserService,
};
use streamly_rpc::Allow;
use tonic::{Request, Response, Status};

/// Who may ask.
pub(crate) const ALLOW: Allow = &[
    ("stream", "/streamly.user.v1.UserService/"),
    ("chat", "/streamly.user.v1.UserService/GetUsers"),
    ("chat", "/streamly.user.v1.UserService/GetUsersByName"),
];

/// The service over the accounts.
pub(crate) struct Users(pub(crate) Arc<Accounts>);

impl From<User> for Message {
    fn from(user: User) -> Self {
        // To the others a closed account is one that may do nothing.
        let suspended = user.barred().is_some();
        Self {
            id: user.id.to_string(),
            username: user.username,
            display_name: user.display_name,
            created_at_ms: i64::try_from(user.created_at.unix_timestamp_nanos() / 1_000_000).unwrap_or(0),
            suspended,
            email_verified: user.email_verified,
            platform_role: user.role,
            language: user.language.map(|language| language.tag().to_owned()).unwrap_or_default(),
        }
    }
}

fn answer(users: Vec<User>) -> Response<GetUsersResponse> {
    Response::new(GetUsersResponse { users: users.into_iter().map(Message::from).collect() })
}

fn bounded<T>(batch: &[T]) -> Result<(), Error> {
    if batch.len() > MAX_BATCH { Err(Error::BatchTooLarge) } else { Ok(()) }
}

#[tonic::async_trait]
impl UserService for Users {
    async fn get_users(
        &self,
        request: Request<GetUsersRequest>,
    ) -> Result<Response<GetUsersResponse>, Status> {
        let ids = request.into_inner().ids;
        bounded(&ids)?;
        let ids: Vec<_> = ids.iter().filter_map(|id| Some(id.parse::<UserId>().ok()?.uuid())).collect();
        Ok(answer(self.0.within(self.0.store.by_ids(&ids)).await?))
    }

    async fn get_users_by_name(
        &self,
        request: Request<GetUsersByNameRequest>,
    ) -> Result<Response<GetUsersResponse>, Status> {
        let names = request.into_inner().usernames;
        bounded(&names)?;
        let names: Vec<_> = names.iter().filter_map(|name| Username::parse(name).ok()).collect();
        let names: Vec<_> = names.iter().map(Username::as_str).collect();
        Ok(answer(self.0.within(self.0.store.by_names(&names)).await?))
    }

    async fn send_live_notices(
        &self,
        request: Request<SendLiveNoticesRequest>,
    ) -> Result<Response<SendLiveNoticesResponse>, Status> {
        let request = request.into_inner();
        bounded(&request.recipients)?;
        let recipients: Vec<_> = request.recipients.iter().map(|r| (&*r.user_id, &*r.stop_url)).collect();
        let live = LiveTold {
            broadcast: &request.broadcast_id,
            username: &request.username,
            display_name: &request.display_name,
            title: &request.title,
            category: &request.category,
        };
        let done = self.0.within(self.0.tell_live(&live, &recipients)).await?;
        Ok(Response::new(SendLiveNoticesResponse { written: done.written, waiting: done.waiting }))
    }
}

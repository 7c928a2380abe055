//! The user service of a test: the people that it knows, and the mails that it was asked for. It sends none.

use parking_lot::Mutex;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use streamly_domain::UserId;
use streamly_proto::user::v1::{
    GetUsersByNameRequest, GetUsersRequest, GetUsersResponse, SendLiveNoticesRequest,
    SendLiveNoticesResponse, User, user_service_server::UserService,
};
use tonic::{Request, Response, Status};

/// The users that the user service knows; tests change them.
#[derive(Clone, Default)]
pub struct People(Arc<Mutex<Vec<User>>>, Arc<Mutex<Duration>>, Arc<Mutex<Mails>>);

/// Mails of live channels that the user service was asked for.
#[derive(Default)]
pub struct Mails {
    /// (broadcast, user), and how often each was asked for; only the first time a mail is written.
    pub asked: BTreeMap<(String, String), u32>,
    pub calls: Vec<SendLiveNoticesRequest>,
    /// Whether what is written waits until the test says that so many were sent.
    pub keeps: bool,
    pub sent: u32,
    pub written: u32,
    /// Calls that asked how many wait, and for nothing.
    pub looks: u32,
    /// The most that ever waited.
    pub most: u32,
    /// So many calls are refused before anything is written, as by a service that is away.
    pub refuse: u32,
}

impl Mails {
    fn waiting(&self) -> u32 {
        if self.keeps { self.written - self.sent } else { 0 }
    }
}

impl People {
    pub fn add(&self, name: &str) -> UserId {
        let id = UserId::new();
        self.0.lock().push(User {
            id: id.to_string(),
            username: name.into(),
            display_name: name.to_uppercase(),
            ..User::default()
        });
        id
    }
    /// What was asked for in mails.
    pub fn mails(&self) -> parking_lot::MutexGuard<'_, Mails> {
        self.2.lock()
    }
    pub fn id(&self, name: &str) -> UserId {
        self.0.lock().iter().find(|u| u.username == name).unwrap().id.parse().unwrap()
    }
    /// Each answer about users by id takes so long.
    pub fn slow(&self, time: Duration) {
        *self.1.lock() = time;
    }
    pub fn change(&self, id: UserId, change: impl FnOnce(&mut User)) {
        change(self.0.lock().iter_mut().find(|u| u.id == id.to_string()).unwrap());
    }
}

#[tonic::async_trait]
impl UserService for People {
    async fn get_users(&self, r: Request<GetUsersRequest>) -> Result<Response<GetUsersResponse>, Status> {
        let (ids, slow) = (r.into_inner().ids, *self.1.lock());
        tokio::time::sleep(slow).await;
        let users = self.0.lock().iter().filter(|u| ids.contains(&u.id)).cloned().collect();
        Ok(Response::new(GetUsersResponse { users }))
    }
    async fn get_users_by_name(
        &self,
        r: Request<GetUsersByNameRequest>,
    ) -> Result<Response<GetUsersResponse>, Status> {
        let names = r.into_inner().usernames;
        let users = self.0.lock().iter().filter(|u| names.contains(&u.username)).cloned().collect();
        Ok(Response::new(GetUsersResponse { users }))
    }

    async fn send_live_notices(
        &self,
        request: Request<SendLiveNoticesRequest>,
    ) -> Result<Response<SendLiveNoticesResponse>, Status> {
        let (request, slow) = (request.into_inner(), *self.1.lock());
        if request.recipients.len() > 100 {
            return Err(Status::invalid_argument("too many"));
        }
        let mut written = 0;
        {
            let mut mails = self.2.lock();
            if mails.refuse > 0 {
                mails.refuse -= 1;
                return Err(Status::unavailable("away"));
            }
            for r in &request.recipients {
                let asked = mails.asked.entry((request.broadcast_id.clone(), r.user_id.clone())).or_default();
                *asked += 1;
                written += u32::from(*asked == 1);
            }
            mails.written += written;
            mails.most = mails.most.max(mails.waiting());
            if request.recipients.is_empty() {
                mails.looks += 1;
            } else {
                mails.calls.push(request);
            }
        }
        // What is written is written, also if the caller is gone before it hears of it.
        tokio::time::sleep(slow).await;
        Ok(Response::new(SendLiveNoticesResponse { written, waiting: self.2.lock().waiting() }))
    }
}

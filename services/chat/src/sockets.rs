//! The sockets of this node, in rooms or not, to find those of a person. Each is here from its start to its end.

use crate::socket::{Close, Socket};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};
use streamly_domain::UserId;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// All of them. Clones share them.
#[derive(Clone, Default)]
pub struct Sockets(Arc<Mutex<HashMap<u64, Weak<Socket>>>>);

/// A socket's entry; dropping it takes the socket out.
pub struct Present {
    of: Sockets,
    id: u64,
}

impl Drop for Present {
    fn drop(&mut self) {
        self.of.0.lock().remove(&self.id);
    }
}

impl Sockets {
    /// A socket begins.
    pub fn enter(&self, socket: &Arc<Socket>) -> Present {
        self.0.lock().insert(socket.id, Arc::downgrade(socket));
        Present { of: self.clone(), id: socket.id }
    }

    /// Those that a person is signed in on. It looks at all: for rare events.
    pub fn of(&self, user: UserId) -> Vec<Arc<Socket>> {
        let all: Vec<_> = self.0.lock().values().filter_map(Weak::upgrade).collect();
        all.into_iter().filter(|s| s.user() == Some(user)).collect()
    }

    /// The same, those that may soon be, and those of the bots of their room: all that go with an account. It looks at all, too.
    pub fn barred_with(&self, user: UserId) -> Vec<Arc<Socket>> {
        let all: Vec<_> = self.0.lock().values().filter_map(Weak::upgrade).collect();
        all.into_iter().filter(|s| s.is_of(user) || s.owner() == Some(user)).collect()
    }

    /// Sends a frame to all of a person's, in rooms or not.
    pub fn tell(&self, user: UserId, frame: &Utf8Bytes) {
        self.of(user).iter().for_each(|s| s.send(frame.clone()));
    }

    /// A person's access tokens that were signed before (Unix seconds) are void: who came by one only reads from now on.
    pub fn void(&self, user: UserId, before: u64) {
        let all: Vec<_> = self.0.lock().values().filter_map(Weak::upgrade).collect();
        all.iter().filter(|s| s.is_of(user)).for_each(|s| s.void(before));
    }

    /// Ends all of a person's, and those of the bots of their room.
    pub fn end(&self, user: UserId, why: Close) {
        self.barred_with(user).iter().for_each(|s| {
            s.end(why);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Limits;
    use tokio::net::{TcpListener, TcpStream};

    async fn entered(all: &Sockets, listener: &TcpListener, id: u64) -> (Arc<Socket>, Present, TcpStream) {
        let at = listener.local_addr().unwrap();
        let (client, served) = tokio::join!(TcpStream::connect(at), listener.accept());
        let socket = Arc::new(Socket::new(id, served.unwrap().0, &Limits::default()));
        let present = all.enter(&socket);
        (socket, present, client.unwrap())
    }

    #[tokio::test]
    async fn what_becomes_of_a_person_while_their_token_is_looked_at_is_not_missed() {
        let (all, listener) = (Sockets::default(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let (ada, bob) = (UserId::new(), UserId::new());
        let [first, second, other] = [
            entered(&all, &listener, 1).await,
            entered(&all, &listener, 2).await,
            entered(&all, &listener, 3).await,
        ];
        for (socket, user) in [(&first.0, ada), (&second.0, ada), (&other.0, bob)] {
            socket.shows(user);
        }
        // Not signed in yet: it hears nothing of theirs.
        assert!(all.of(ada).is_empty());
        all.void(ada, 100);
        first.0.set_user(Some(ada), Some(99));
        other.0.set_user(Some(bob), Some(99));
        assert!(first.0.is_void() && !other.0.is_void());
        first.0.set_user(Some(ada), Some(100));
        assert!(!first.0.is_void(), "by a newer token");
        all.end(ada, Close::SUSPENDED);
        let reasons = [&first, &second, &other].map(|(socket, ..)| socket.reason());
        assert_eq!(reasons, [Some(Close::SUSPENDED), Some(Close::SUSPENDED), None]);
        // Whom somebody writes as counts, not whose token they show besides.
        other.0.shows(ada);
        assert!(all.barred_with(ada).iter().all(|socket| socket.id != 3));
    }
}

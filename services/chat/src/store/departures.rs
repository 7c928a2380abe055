//! What is removed of somebody whose account was erased, and of a room whose channel is gone. Each step may be done again.

use streamly_domain::{ChannelId, UserId};
use streamly_postgres::{Database, Error};

/// Number of the advisory locks of departures: "gone".
const LOCK: i32 = 0x676f_6e65;

/// Held while one node removes somebody: the others wait, and find nothing left.
const HOLD: &str = "SELECT pg_advisory_lock($1, hashtext($2))::text";
const RELEASE: &str = "SELECT pg_advisory_unlock($1, hashtext($2))::text";

/// Rooms in which the person wrote.
const ROOMS: &str = "SELECT room_id FROM chatters WHERE user_id = $1 UNION SELECT r.room_id FROM recorded d \
     JOIN recordings r ON r.broadcast_id = d.broadcast_id WHERE d.author_id = $1";

/// $1: the person. What is said about them by others stays as far as it is an act; words of theirs that a report holds go.
const PERSON: [&str; 12] = [
    "DELETE FROM recorded WHERE author_id = $1",
    "DELETE FROM pins WHERE author_id = $1",
    "DELETE FROM holds WHERE user_id = $1",
    "DELETE FROM reports WHERE reporter_id = $1",
    "UPDATE reports SET evidence = 'null', state = CASE state WHEN 'open' THEN 'dismissed' ELSE state END, \
     resolved_at = coalesce(resolved_at, now()) WHERE user_id = $1",
    "DELETE FROM unban_requests WHERE user_id = $1",
    "DELETE FROM bans WHERE user_id = $1",
    "DELETE FROM blocks WHERE user_id = $1 OR blocked_id = $1",
    "UPDATE images SET gone_at = now(), held = false WHERE user_id = $1 AND gone_at IS NULL",
    "DELETE FROM poll_votes WHERE user_id = $1",
    "DELETE FROM colours WHERE user_id = $1",
    "DELETE FROM chatters WHERE user_id = $1",
];

/// $1: the room.
const ROOM: [&str; 14] = [
    "DELETE FROM room_settings WHERE room_id = $1",
    "DELETE FROM terms WHERE room_id = $1",
    "DELETE FROM bans WHERE room_id = $1",
    "DELETE FROM holds WHERE room_id = $1",
    "DELETE FROM reports WHERE room_id = $1 AND queue = 'room'",
    "DELETE FROM unban_requests WHERE room_id = $1",
    "DELETE FROM emotes WHERE room_id = $1",
    "UPDATE images SET gone_at = now(), held = false WHERE room_id = $1 AND gone_at IS NULL",
    "DELETE FROM recordings WHERE room_id = $1",
    "DELETE FROM chatters WHERE room_id = $1",
    "DELETE FROM pins WHERE room_id = $1",
    "DELETE FROM polls WHERE room_id = $1",
    "DELETE FROM bots WHERE room_id = $1",
    "DELETE FROM audit WHERE room_id = $1",
];

/// The right to remove one person; ends with its connection.
pub struct Turn(streamly_postgres::Connection, String);

/// Waits for the turn.
pub async fn turn(db: &Database, whose: &str) -> Result<Turn, Error> {
    // Out of the pool: an error on the way must not leave the lock on a connection that others get.
    let connection = streamly_postgres::Connection::take(db.get().await?);
    connection.query(HOLD, &[&LOCK, &whose]).await?;
    Ok(Turn(connection, whose.to_owned()))
}

impl Turn {
    /// Rooms in which the person wrote.
    pub async fn rooms(&self, user: UserId) -> Result<Vec<ChannelId>, Error> {
        Ok(self.0.query(ROOMS, &[&user.uuid()]).await?.iter().map(|row| ChannelId(row.get(0))).collect())
    }

    /// Names of the room's emotes.
    pub async fn emotes(&self, room: ChannelId) -> Result<Vec<String>, Error> {
        let rows = self.0.query("SELECT name FROM emotes WHERE room_id = $1", &[&room.uuid()]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Removes the person; rows of one table after the other.
    pub async fn remove_person(&mut self, user: UserId) -> Result<(), Error> {
        let transaction = self.0.transaction().await?;
        for sql in PERSON {
            transaction.execute(sql, &[&user.uuid()]).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Removes the room.
    pub async fn remove_room(&mut self, room: ChannelId) -> Result<(), Error> {
        let transaction = self.0.transaction().await?;
        for sql in ROOM {
            transaction.execute(sql, &[&room.uuid()]).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Gives the turn back.
    pub async fn done(self) -> Result<(), Error> {
        self.0.query(RELEASE, &[&LOCK, &self.1]).await?;
        Ok(())
    }
}

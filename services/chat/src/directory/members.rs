//! Moderators and VIPs of a channel, which `stream` keeps: who they are, and making somebody one. Nothing is remembered here.

use super::{Directory, Failure};
use streamly_domain::{ChannelId, UserId};
use streamly_proto::stream::v1::{
    ListMembersRequest, SetMemberRequest, channel_service_client::ChannelServiceClient,
};
use tonic::Code;

/// Why a role was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSet {
    /// The actor is neither the owner nor staff.
    Forbidden,
    /// No such person.
    NotFound,
    /// The person is the owner.
    Owner,
    /// The channel has as many members as it may have.
    TooMany,
    /// Too many changes.
    TooFast,
    /// `stream` is away.
    Away,
}

/// Whom a channel gave a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// `moderator` or `vip`.
    pub role: String,
}

impl Directory {
    /// Has `stream` give the user a role in the channel, or (`None`) take it away, as `actor` asks; answers the role before.
    pub async fn set_member(
        &self,
        channel: ChannelId,
        user: UserId,
        role: Option<&str>,
        actor: UserId,
    ) -> Result<Option<String>, NotSet> {
        let request = SetMemberRequest {
            channel_id: channel.to_string(),
            user_id: user.to_string(),
            role: role.unwrap_or_default().to_owned(),
            actor_id: actor.to_string(),
        };
        let asked = self
            .stream
            .call(|t| {
                let request = request.clone();
                async move { ChannelServiceClient::new(t).set_member(request).await }
            })
            .await;
        match asked {
            Ok(done) => Ok(Some(done.previous).filter(|p| !p.is_empty())),
            Err(s) => Err(match s.code() {
                Code::PermissionDenied => NotSet::Forbidden,
                Code::NotFound => NotSet::NotFound,
                Code::InvalidArgument => NotSet::Owner,
                Code::FailedPrecondition => NotSet::TooMany,
                Code::ResourceExhausted => NotSet::TooFast,
                _ => NotSet::Away,
            }),
        }
    }

    /// The channel's members as `stream` lists them: moderators first, then in the order in which they were added.
    pub async fn members(&self, channel: ChannelId) -> Result<Vec<Member>, Failure> {
        let request = ListMembersRequest { channel_id: channel.to_string() };
        let asked = self
            .stream
            .call(|t| {
                let request = request.clone();
                async move { ChannelServiceClient::new(t).list_members(request).await }
            })
            .await;
        match asked {
            Ok(list) => {
                let member = |m: streamly_proto::stream::v1::Member| {
                    Some(Member { user: m.user_id.parse().ok()?, role: m.role })
                };
                Ok(list.members.into_iter().filter_map(member).collect())
            }
            Err(s) if s.code() == Code::NotFound => Err(Failure::NotFound),
            Err(_) => Err(Failure::Away),
        }
    }
}

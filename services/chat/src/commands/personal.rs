//! The commands that anybody has: reporting, and one's own block list.

use super::{Caller, No, arguments};
use crate::{error::Code, queue::Refused, reports::About};

/// Does one of them.
pub async fn run(caller: &Caller<'_>, name: &str, rest: &str) -> Result<String, No> {
    let (first, after) = arguments::word(rest);
    let (context, me) = (caller.context, caller.actor.id);
    if first.is_empty() {
        return Err(Code::InvalidCommand.into());
    }
    if name == "report" {
        let about = match first.parse() {
            Ok(message) => About::Message(message),
            Err(_) => About::User(arguments::person(context, first).await?.person.id),
        };
        if let Some(pace) = &context.pace {
            let wait = |retry_after| No { retry_after: Some(retry_after), ..Code::RateLimited.into() };
            pace.report(me).await.map_err(wait)?;
        }
        context.reports.make(caller.channel, me, &about, "other", after).await.map_err(no)?;
        return Ok("Thank you. The report is with those who look after this place.".into());
    }
    let user = arguments::person(context, first).await?.person;
    if name == "block" {
        context.blocks.add(me, user.id).await.map_err(no)?;
        Ok(format!("You no longer read {}.", user.username))
    } else {
        context.blocks.remove(me, user.id).await.map_err(no)?;
        Ok(format!("You read {} again.", user.username))
    }
}

fn no(why: Refused) -> No {
    match why {
        Refused::Act(why) => why.into(),
        Refused::MessageNotFound => Code::MessageNotFound.into(),
        Refused::Full => {
            No { detail: Some("There are as many as there may be.".into()), ..Code::Forbidden.into() }
        }
        Refused::Invalid(errors) => {
            No { detail: errors.first().map(|e| e.detail.clone()), ..Code::InvalidCommand.into() }
        }
        _ => Code::Forbidden.into(),
    }
}

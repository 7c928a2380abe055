//! CPU of a delivered message, and how late it comes, beside both peers: in turn, each twice, so that what else the machine does meets all.

use super::{
    Chat, Part,
    servers::Servers,
    turn::{Crowd, Load, Talk},
};
use crate::{
    report::{Figure, Must},
    rows::mean,
};

/// A measured crowd.
#[derive(Debug, Clone, Copy)]
struct Case {
    what: &'static str,
    rooms: u32,
    sockets: u32,
    speakers: u32,
    /// In each room.
    per_second: f64,
    nodes: usize,
    /// Times Centrifugo's CPU at most.
    beside_centrifugo: f64,
}

/// Large rooms, whose cost is bounded.
const COSTS: [Case; 2] = [
    Case {
        what: "1 room x 1,000 sockets x 20/s",
        rooms: 1,
        sockets: 1_000,
        speakers: 10,
        per_second: 20.0,
        nodes: 1,
        beside_centrifugo: 0.8,
    },
    Case {
        what: "1 room x 5,000 sockets x 10/s",
        rooms: 1,
        sockets: 5_000,
        speakers: 10,
        per_second: 10.0,
        nodes: 1,
        beside_centrifugo: 0.8,
    },
];

/// Many small rooms, whose cost is bounded.
const ROOMS: [Case; 1] = [Case {
    what: "500 rooms x 20 sockets x 1/s",
    rooms: 500,
    sockets: 10_000,
    speakers: 1,
    per_second: 1.0,
    nodes: 1,
    beside_centrifugo: 1.0,
}];

/// Whose delay is bounded.
const DELAYS: [Case; 2] = [
    Case {
        what: "1 room x 10,000 sockets x 5/s",
        rooms: 1,
        sockets: 10_000,
        speakers: 10,
        per_second: 5.0,
        nodes: 1,
        beside_centrifugo: 1.0,
    },
    Case {
        what: "1 room x 5,000 sockets on two nodes x 10/s",
        rooms: 1,
        sockets: 5_000,
        speakers: 10,
        per_second: 10.0,
        nodes: 2,
        beside_centrifugo: 1.0,
    },
];

/// Both kinds of figure of the cases of a part.
pub(super) async fn measure(chat: &Chat<'_>, part: Part) -> anyhow::Result<Vec<Figure>> {
    let cases = match part {
        Part::Cost => &COSTS[..],
        Part::Rooms => &ROOMS[..],
        _ => &DELAYS[..],
    };
    let mut figures = Vec::new();
    for case in cases {
        figures.extend(one(chat, case.shortened(chat.settings.quick), part).await?);
    }
    Ok(figures)
}

impl Case {
    fn shortened(self, quick: bool) -> Self {
        match quick {
            true => Self { rooms: self.rooms.min(20), sockets: self.sockets / 10, ..self },
            false => self,
        }
    }
}

async fn one(chat: &Chat<'_>, case: Case, part: Part) -> anyhow::Result<Vec<Figure>> {
    let rooms = chat.home.rooms(case.rooms as usize)?;
    let mut servers = Vec::new();
    for kind in chat.kinds() {
        servers.push(Servers::start(&kind, case.nodes, chat.home.redis()?, chat.folder).await?);
    }
    let mut talks: Vec<Vec<Talk>> = vec![Vec::new(); servers.len()];
    for _ in 0..chat.turns() {
        for (servers, talks) in servers.iter().zip(&mut talks) {
            let mut crowd = Crowd::come(servers, &rooms, Load::of(case.sockets, case.speakers)).await?;
            let talk = crowd.talk(servers, case.per_second, chat.seconds()).await?;
            eprintln!("  {}, {}: {}", case.what, servers.kind.name(), talk.told());
            crowd.go().await?;
            talks.push(talk);
        }
    }
    let told = servers
        .iter()
        .zip(&talks)
        .map(|(servers, talks)| {
            let turns: Vec<_> = talks.iter().map(Talk::told).collect();
            format!("{}: {}", servers.kind.name(), turns.join("; "))
        })
        .collect::<Vec<_>>()
        .join(". ");
    let micros: Vec<f64> = talks.iter().map(|talks| mean(&each(talks, Talk::micros))).collect();
    let p99: Vec<f64> = talks.iter().map(|talks| mean(&each(talks, Talk::p99_ms))).collect();
    let names: Vec<_> = servers.iter().map(|servers| servers.kind.name()).collect();
    for servers in servers {
        servers.stop().await?;
    }
    let told = format!("{told}. Around ours meanwhile: {}", chat.home.others()?);
    // A lost delivery costs nothing: the figure would be worth nothing.
    talks.last().into_iter().flatten().try_for_each(Talk::whole)?;
    let ours = names.len() - 1;
    let (values, unit, what) = match part {
        Part::Cost | Part::Rooms => (&micros, "us", "CPU of a delivery"),
        _ => (&p99, "ms", "p99"),
    };
    let figure = || Figure::new(format!("{}: {what}", case.what), values[ours], unit);
    let mut figures = Vec::new();
    for (at, name) in names[..ours].iter().enumerate() {
        let most = match (part, *name) {
            (Part::Cost | Part::Rooms, "Centrifugo") => Some(case.beside_centrifugo),
            (_, "gorilla hub") => Some(1.0),
            _ => None,
        };
        let beside = figure().beside(*name, values[at]);
        figures.push(match most {
            Some(most) => beside.must(Must::TimesPeer(most)),
            None => beside,
        });
    }
    if figures.is_empty() {
        figures.push(figure());
    }
    if let Some(last) = figures.last_mut() {
        *last = last.clone().note(told);
    }
    Ok(figures)
}

fn each(talks: &[Talk], of: impl Fn(&Talk) -> f64) -> Vec<f64> {
    talks.iter().map(of).collect()
}

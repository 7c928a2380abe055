//! `streamly seed`: people with described channels in a running platform of this machine, to have something to look at while developing.
//!
//! It does what people do, by REST, and may be run again: who is there already is described anew. All of them have one password, in the
//! secrets. They are not live: for that there is `up --demo`, or any encoder. Ends with an error if the platform does not run here.

use crate::{
    Failure,
    secrets::Secrets,
    settings::{STREAM, Settings, USER},
};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{process::ExitCode, time::Duration};

/// The one password of all of them, a file in the secrets.
const PASSWORD: &str = "seed-password";

/// Name, title, category, language, tags.
const PEOPLE: [(&str, &str, &str, &str, &[&str]); 12] = [
    ("Ada_Plays_Chess", "Endgames over breakfast", "chess", "en", &["slow", "beginners welcome"]),
    ("BrunoCooks", "Pão de queijo from scratch", "cooking", "pt-BR", &["bread", "cheese"]),
    ("Chiyo_Draws", "水彩で猫を描く", "art", "ja", &["watercolour", "cats"]),
    ("DmitriSolders", "Repairing a 1984 synthesizer", "do-it-yourself", "en", &["electronics", "synth"]),
    ("Elif_Codes", "A text editor in Rust, part 7", "software-development", "tr", &["rust", "editor"]),
    ("Farida_Travels", "Night train to Aswan", "travel", "ar", &["train", "egypt"]),
    ("GustavGardens", "What to sow in March", "gardening", "sv", &["seeds"]),
    ("Hanna_Speedruns", "Any percent, no mercy", "speedruns", "de", &["platformer", "practice"]),
    ("Ines_Guitar", "Requests on a nylon-string guitar", "music", "es", &["acoustic", "requests"]),
    ("JunoReads", "One chapter of a good book a night", "writing-reading", "en", &["quiet", "books"]),
    ("Kofi_Talks", "What happened this week", "just-chatting", "en", &["news", "coffee"]),
    ("LenaClimbs", "Building a climbing wall", "outdoors", "de", &["climbing", "wood"]),
];

/// Makes or renews them.
pub(crate) async fn run() -> Result<ExitCode, Failure> {
    let settings = Settings::from_env(streamly_config::process_env())?;
    let secrets = Secrets::open(&settings.data)?;
    let file = secrets.random(PASSWORD)?;
    let password = secrets.read(PASSWORD).context("the password of the seeded people cannot be read")?;
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
    // Not by way of web, which may send plain HTTP away.
    let [user, stream] = [USER, STREAM].map(|port| format!("http://127.0.0.1:{}", settings.port(port)));
    for person in &PEOPLE {
        let name = describe(&client, (&user, &stream), &password, person).await?;
        println!("{}/{name}", settings.public_url);
    }
    println!("{} channels are there; the password of all of them is in {}", PEOPLE.len(), file.display());
    Ok(ExitCode::SUCCESS)
}

/// One of them; answers the user name.
async fn describe(
    client: &reqwest::Client,
    (user, stream): (&str, &str),
    password: &str,
    &(name, title, category, language, tags): &(&str, &str, &str, &str, &[&str]),
) -> Result<String> {
    let username = name.to_lowercase();
    let new = json!({"username": name, "email": format!("{username}@example.org"), "password": password});
    let registered = client.post(format!("{user}/api/auth/register")).json(&new).send().await;
    let registered = registered.context("the platform does not answer; start it with scripts/up")?;
    let session = if registered.status() == reqwest::StatusCode::CONFLICT {
        let login = json!({"login": username, "password": password});
        client.post(format!("{user}/api/auth/login")).json(&login).send().await?
    } else {
        registered
    };
    let session: Value = session
        .error_for_status()
        .with_context(|| format!("{username} can neither be registered nor signed in"))?
        .json()
        .await?;
    let token = session["access_token"].as_str().context("no access token")?;
    let about = json!({
        "title": title, "category": category, "language": language, "tags": tags,
        "bio": format!("{title}.\nThis channel was made up to have something to look at."),
        "links": [{"title": "Example", "url": "https://example.org"}],
        "panels": [{"title": "Rules", "text": "Be kind. Ask before you advise."}, {"title": "Schedule", "text": "Mostly in the evening."}],
    });
    let evening = json!({"time_zone": "UTC", "entries": [
        {"title": title, "starts_at": "2026-01-01T19:00", "minutes": 120, "weekly": true},
    ]});
    let calls = [
        client.patch(format!("{stream}/api/streams/me")).json(&about),
        client.put(format!("{stream}/api/streams/me/schedule")).json(&evening),
    ];
    for call in calls {
        let answer = call.bearer_auth(token).send().await?;
        answer
            .error_for_status()
            .with_context(|| format!("the channel of {username} cannot be described"))?;
    }
    Ok(username)
}

//! [`streamly_testkit::link`] as a program, for tests that are not Rust's: `streamly-link 127.0.0.1:3000` prints where it listens, and each
//! line of stdin says what the link is like from then on (`delay=20 jitter=7.5 rate=1500 loss=0.01`), which is answered with `ok` or what is wrong.
//! It ends when stdin closes.
#![allow(clippy::print_stdout, reason = "its answers are what it is for")]

use anyhow::Context;
use streamly_testkit::link::{Conditions, Link};
use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let to = std::env::args().nth(1).context("give the address to connect to, such as 127.0.0.1:3000")?;
    let to = to.parse().with_context(|| format!("{to}: not an address with a port"))?;
    let link = Link::start(to, Conditions::default(), 1).await?;
    println!("{}", link.address());
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        match line.parse() {
            Ok(conditions) => {
                link.become_as(conditions);
                println!("ok");
            }
            Err(e) => println!("{e:#}"),
        }
    }
    Ok(())
}

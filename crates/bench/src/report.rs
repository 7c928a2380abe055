//! What was measured: figures beside their peers, as a table on the terminal and as JSON.

use crate::machine::Machine;
use serde::Serialize;
use std::{io::Write, path::Path};

/// One measured figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// What it is.
    pub what: String,
    /// Streamly's value.
    pub value: f64,
    /// Unit of both values.
    pub unit: &'static str,
    /// The peer in the same run.
    pub peer: Option<Peer>,
    /// What the project asks of itself.
    pub must: Option<Must>,
    /// Conditions worth knowing.
    pub note: String,
}

/// The other side's value.
#[derive(Debug, Clone, Serialize)]
pub struct Peer {
    /// Program and how it ran.
    pub name: String,
    /// In the figure's unit.
    pub value: f64,
}

/// A bound.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Must {
    /// The value is at most this.
    AtMost(f64),
    /// The value is at least this.
    AtLeast(f64),
    /// The value is at most so many times the peer's.
    TimesPeer(f64),
    /// The value is at least so many times the peer's.
    AtLeastPeer(f64),
    /// The value lies between these.
    Between(f64, f64),
}

impl Figure {
    /// Without peer, bound and note.
    pub fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, peer: None, must: None, note: String::new() }
    }

    /// In the place of figures that could not be measured, and why; no bound holds for it.
    pub fn not_measured(what: impl Into<String>, error: &anyhow::Error) -> Self {
        Self::new(what, f64::NAN, "").must(Must::AtLeast(0.0)).note(format!("NOT MEASURED: {error:#}"))
    }

    /// With a peer.
    pub fn beside(self, name: impl Into<String>, value: f64) -> Self {
        Self { peer: Some(Peer { name: name.into(), value }), ..self }
    }

    /// With a bound.
    pub fn must(self, must: Must) -> Self {
        Self { must: Some(must), ..self }
    }

    /// With a note.
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// The value over the peer's.
    pub fn ratio(&self) -> Option<f64> {
        self.peer.as_ref().map(|peer| self.value / peer.value)
    }

    /// Whether the bound holds; `None` without one.
    pub fn holds(&self) -> Option<bool> {
        Some(match self.must? {
            Must::AtMost(most) => self.value <= most,
            Must::AtLeast(least) => self.value >= least,
            Must::TimesPeer(most) => self.ratio()? <= most,
            Must::AtLeastPeer(least) => self.ratio()? >= least,
            Must::Between(least, most) => (least..=most).contains(&self.value),
        })
    }
}

/// One row: its figures, or why there are none, and how busy the machine was.
#[derive(Debug, Serialize)]
pub struct Row {
    /// As given on the command line.
    pub name: String,
    /// Load average before and after.
    pub load: [f64; 2],
    /// Mean cores in use during the row, by everything on the machine.
    pub cores_in_use: f64,
    /// Seconds it took.
    pub seconds: f64,
    /// What was measured.
    pub figures: Vec<Figure>,
    /// Why it could not be measured.
    pub error: Option<String>,
}

/// A whole run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// RFC 3339.
    pub at: String,
    /// Commit.
    pub revision: String,
    /// Where.
    pub machine: Machine,
    /// In the order they ran.
    pub rows: Vec<Row>,
}

impl Report {
    /// Writes the table.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn table(&self, out: &mut impl Write) -> std::io::Result<()> {
        let Machine { processor, cores, kernel } = &self.machine;
        writeln!(out, "\n{processor}, {cores} cores, Linux {kernel}, commit {}", self.revision)?;
        for row in &self.rows {
            let [before, after] = row.load;
            writeln!(
                out,
                "\n{} ({:.0} s, load {before:.1} -> {after:.1}, {:.2} cores in use by everything)",
                row.name, row.seconds, row.cores_in_use
            )?;
            if let Some(error) = &row.error {
                writeln!(out, "  NOT MEASURED: {error}")?;
            }
            for figure in &row.figures {
                writeln!(out, "  {}", line(figure))?;
                if !figure.note.is_empty() {
                    writeln!(out, "      {}", figure.note)?;
                }
            }
        }
        Ok(())
    }

    /// Writes the JSON file, named by the time; its path.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn save(&self, folder: &Path) -> anyhow::Result<std::path::PathBuf> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("{}.json", self.at.replace(':', "-")));
        std::fs::write(&path, serde_json::to_vec_pretty(self)?)?;
        Ok(path)
    }
}

fn line(figure: &Figure) -> String {
    let Figure { what, value, unit, peer, must, .. } = figure;
    let mut line = format!("{what:<48} {value:>9.3} {unit}");
    if let (Some(peer), Some(ratio)) = (peer, figure.ratio()) {
        line += &format!(" | {} {:.3} {unit} | ratio {ratio:.2}", peer.name, peer.value);
    }
    let bound = must.map(|must| match must {
        Must::AtMost(most) => format!("at most {most} {unit}"),
        Must::AtLeast(least) => format!("at least {least} {unit}"),
        Must::TimesPeer(most) => format!("at most {most} x the peer"),
        Must::AtLeastPeer(least) => format!("at least {least} x the peer"),
        Must::Between(least, most) => format!("from {least} to {most} {unit}"),
    });
    if let (Some(bound), Some(holds)) = (bound, figure.holds()) {
        line += &format!(" | must be {bound}: {}", if holds { "holds" } else { "MISSED" });
    }
    line
}

/// The value below which `share` of the samples lie; NaN of none. Nearest rank.
pub fn quantile(samples: &[f64], share: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_sample() {
        let samples = [5.0, 1.0, 3.0, 2.0, 4.0];
        assert_eq!(quantile(&samples, 0.5), 3.0);
        assert_eq!(quantile(&samples, 0.95), 5.0);
        assert_eq!(quantile(&samples, 0.0), 1.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn a_bound_by_the_peer_needs_one() {
        let figure = Figure::new("x", 2.0, "%").must(Must::TimesPeer(1.0));
        assert_eq!(figure.holds(), None);
        assert_eq!(figure.clone().beside("y", 4.0).holds(), Some(true));
        assert_eq!(figure.clone().beside("y", 1.0).holds(), Some(false));
        assert_eq!(figure.beside("y", 1.0).must(Must::AtLeastPeer(1.0)).holds(), Some(true));
    }

    #[test]
    fn a_figure_that_is_no_number_holds_no_bound() {
        assert_eq!(Figure::new("x", f64::NAN, "s").must(Must::AtMost(1.0)).holds(), Some(false));
        let missing = Figure::not_measured("x", &anyhow::anyhow!("a").context("b"));
        assert_eq!((missing.holds(), missing.note.as_str()), (Some(false), "NOT MEASURED: b: a"));
    }
}

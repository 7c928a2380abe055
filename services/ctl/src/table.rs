//! A table for people: columns of equal width, two spaces apart.
//!
//! Widths are counted in characters. Where some take two cells of a terminal, the columns behind them are shifted: text that people write
//! belongs into the last column. It makes nothing harmless; [`crate::output`] does.

use crate::text;

/// Most characters of a cell, and of one in the last column.
const CELL: usize = 40;
const LAST: usize = 240;
/// What stands in a cell where nothing is known.
const NOTHING: &str = "-";

/// Rows of `N` cells; the first one is the head.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// No row yet.
    pub(crate) fn new(head: [&str; N]) -> Self {
        Self { rows: vec![head.map(str::to_owned)] }
    }

    /// Adds a row. An empty cell is one of which nothing is known.
    pub(crate) fn row(&mut self, mut cells: [String; N]) {
        for (at, cell) in cells.iter_mut().enumerate() {
            let most = if at + 1 == N { LAST } else { CELL };
            *cell = if cell.is_empty() { NOTHING.to_owned() } else { text::cut(cell, most) };
        }
        self.rows.push(cells);
    }

    /// The head and the rows, without spaces at their ends.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut widths = [0; N];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        let line = |row: &[String; N]| {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        self.rows.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["CHANNEL", "ON", "TITLE"]);
        table.row(["ada".into(), "ingest-1".into(), "Émigré".into()]);
        table.row(["grace_hopper".into(), String::new(), String::new()]);
        assert_eq!(
            table.lines(),
            ["CHANNEL       ON        TITLE", "ada           ingest-1  Émigré", "grace_hopper  -         -",]
        );
    }

    #[test]
    fn no_cell_is_endless_and_the_last_one_may_be_longer() {
        let mut table = Table::new(["A", "B"]);
        table.row(["x".repeat(500), "y".repeat(500)]);
        let lines = table.lines();
        let (first, last) = lines[1].split_once("  ").unwrap();
        assert_eq!((first.chars().count(), last.chars().count()), (CELL, LAST));
        assert!(first.ends_with('…') && last.ends_with('…'));
    }
}

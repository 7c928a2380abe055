//! Where answers are written: the one place through which text reaches the terminal, and where it is made harmless.
//!
//! A line of progress is written over on a terminal; elsewhere each one is a line of its own, and is there as soon as it is written.

use crate::{error::Error, text};
use std::{
    io::{self, IsTerminal, Stdout, Write},
    mem,
};

/// Back to the first column, and nothing behind it (ECMA-48, EL).
const OVER: &str = "\r\x1b[K";

/// Writes lines.
pub(crate) struct Output<W> {
    writer: W,
    is_terminal: bool,
    /// A line of progress has no end yet.
    is_open: bool,
}

impl Output<Stdout> {
    /// To stdout.
    pub(crate) fn stdout() -> Self {
        let writer = io::stdout();
        let is_terminal = writer.is_terminal();
        Self { writer, is_terminal, is_open: false }
    }
}

impl<W: Write> Output<W> {
    /// Writes a line.
    pub(crate) fn line(&mut self, line: &str) -> Result<(), Error> {
        self.close()?;
        writeln!(self.writer, "{}", text::clean(line)).map_err(Error::Output)?;
        self.writer.flush().map_err(Error::Output)
    }

    /// Writes lines.
    pub(crate) fn lines(&mut self, lines: &[String]) -> Result<(), Error> {
        lines.iter().try_for_each(|line| self.line(line))
    }

    /// Writes a line that the next one of its kind replaces.
    pub(crate) fn progress(&mut self, line: &str) -> Result<(), Error> {
        if !self.is_terminal {
            return self.line(line);
        }
        self.is_open = true;
        write!(self.writer, "{OVER}{}", text::clean(line)).map_err(Error::Output)?;
        self.writer.flush().map_err(Error::Output)
    }

    /// Ends a line of progress.
    pub(crate) fn close(&mut self) -> Result<(), Error> {
        if mem::take(&mut self.is_open) { writeln!(self.writer).map_err(Error::Output) } else { Ok(()) }
    }
}

#[cfg(test)]
impl Output<Vec<u8>> {
    pub(crate) fn test(is_terminal: bool) -> Self {
        Self { writer: Vec::new(), is_terminal, is_open: false }
    }
    pub(crate) fn written(&self) -> &str {
        std::str::from_utf8(&self.writer).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_terminal_progress_is_one_line_and_elsewhere_one_each() {
        for (is_terminal, wanted) in
            [(true, "first\n\r\x1b[K2 left\r\x1b[K1 left\nlast\n"), (false, "first\n2 left\n1 left\nlast\n")]
        {
            let mut output = Output::test(is_terminal);
            output.line("first").unwrap();
            output.progress("2 left").unwrap();
            output.progress("1 left").unwrap();
            output.line("last").unwrap();
            output.close().unwrap();
            assert_eq!(output.written(), wanted);
        }
    }

    #[test]
    fn nobody_elses_control_characters_get_through() {
        let mut output = Output::test(true);
        output.lines(&["a\u{1b}[2Jb\nc".to_owned()]).unwrap();
        output.progress("\u{9b}d").unwrap();
        assert_eq!(output.written(), "a�[2Jb�c\n\r\x1b[K�d");
    }
}

//! Mails that a service under test sends, and the links in them.

use streamly_testkit::smtp::{Mail, SmtpServer};
use streamly_user::{Config, config::Tls};

/// Mail goes to a plain server on this port.
pub fn mail_to(config: &mut Config, port: u16) {
    config.public_url = Some("https://stream.example".into());
    config.mail.smtp.host = "127.0.0.1".into();
    config.mail.smtp.port = port;
    config.mail.smtp.tls = Tls::Off;
    config.mail.from = "Streamly <post@stream.example>".into();
}

/// The newest mail to somebody with this subject.
pub fn mail(smtp: &SmtpServer, to: &str, subject: &str) -> Mail {
    tokio::task::block_in_place(|| smtp.mail(to, subject)).unwrap()
}

/// The token of a mail's one link to a page.
pub fn link(mail: &Mail, page: &str) -> String {
    let start = format!("https://stream.example/{page}#");
    let rest = mail.text.split(&start).nth(1).unwrap_or_else(|| panic!("no link to {page} in {}", mail.text));
    rest.split_whitespace().next().unwrap().to_owned()
}

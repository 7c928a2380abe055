//! Pictures for uploads, requests that carry bytes, and the settings of a room behind the service's back.

use crate::{app::Platform, peers::room_id};
use image::{Delay, DynamicImage, Frame, ImageFormat, Rgba, RgbaImage, codecs::gif::GifEncoder};
use reqwest::Response;
use serde_json::Value;
use std::{io::Cursor, path::PathBuf, time::Duration};

/// A picture of one colour.
pub fn picture(format: ImageFormat, (width, height): (u32, u32), red: u8) -> Vec<u8> {
    let image = DynamicImage::from(RgbaImage::from_pixel(width, height, Rgba([red, 90, 200, 255])));
    let mut bytes = Vec::new();
    let opaque = DynamicImage::from(image.to_rgb8());
    let image = if format == ImageFormat::Jpeg { opaque } else { image };
    image.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

pub fn png(red: u8) -> Vec<u8> {
    picture(ImageFormat::Png, (64, 64), red)
}

/// Three frames.
pub fn gif() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for red in [0, 120, 240] {
        let frame = RgbaImage::from_pixel(200, 100, Rgba([red, 90, 200, 255]));
        let delay = Delay::from_saturating_duration(Duration::from_millis(120));
        encoder.encode_frame(Frame::from_parts(frame, 0, 0, delay)).unwrap();
    }
    drop(encoder);
    bytes
}

impl Platform {
    /// A request to REST with these bytes, as somebody.
    pub async fn send(
        &self,
        node: usize,
        method: &str,
        path: &str,
        name: Option<&str>,
        body: impl Into<reqwest::Body>,
    ) -> Response {
        let url = format!("http://{}{path}", self.nodes[node].at.rest);
        let mut request = reqwest::Client::new().request(method.parse().unwrap(), url).body(body);
        if let Some(name) = name {
            request = request.bearer_auth(self.token(name, 900));
        }
        request.send().await.unwrap()
    }

    /// The same: status and JSON.
    pub async fn sent(
        &self,
        method: &str,
        path: &str,
        name: Option<&str>,
        body: impl Into<reqwest::Body>,
    ) -> (u16, Value) {
        let answer = self.send(0, method, path, name, body).await;
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// Settings of somebody's room, before any node asked for them.
    pub fn set(&self, owner: &str, settings: &Value) {
        let sql = format!(
            "INSERT INTO room_settings (room_id, settings, version) VALUES ('{}', '{settings}', 1)",
            room_id(owner)
        );
        self.postgres.execute(&self.config.postgres.database, &sql).unwrap();
    }

    /// SQL behind the service's back.
    pub fn sql(&self, sql: &str) {
        self.postgres.execute(&self.config.postgres.database, sql).unwrap();
    }

    /// Names of what is stored in a folder of the disk store.
    pub fn stored(&self, folder: &str) -> Vec<PathBuf> {
        let folder = self.config.storage.dir.as_ref().unwrap().join(folder);
        std::fs::read_dir(folder).into_iter().flatten().map(|f| f.unwrap().path()).collect()
    }
}

/// The member `code`, or nothing.
pub fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

//! The limits in force of a service, as REST gives them to the platform's staff.

use actix_web::{HttpResponse, http::header};
use serde::Serialize;
use streamly_config::{InForce, in_force};
use utoipa::ToSchema;

/// A setting as it counts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettingItem {
    /// Its key, as in the documentation of settings.
    key: String,
    /// `10`, `true`, `10s`, `4 MiB`.
    value: String,
    /// What it is where nobody sets it; null: it has no such value.
    default: Option<String>,
}

/// The limits that a service goes by, by key: numbers, switches, lengths of time and sizes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettingList {
    items: Vec<SettingItem>,
}

impl SettingList {
    /// The limits of a service's configuration beside its defaults. Errors: it cannot be read as a table.
    pub fn new<T: Serialize>(config: &T, defaults: &T) -> Result<Self, serde_json::Error> {
        let item = |InForce { key, value, default }: InForce| SettingItem { key, value, default };
        Ok(Self { items: in_force(config, defaults)?.into_iter().map(item).collect() })
    }

    /// The answer, for whom it is meant.
    pub fn answer(&self) -> HttpResponse {
        HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(self)
    }
}

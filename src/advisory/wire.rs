//! The shapes of OSV's JSON, schema 1.x, as far as they are read. Databases write `null` where
//! there is nothing.

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct RecordWire {
    pub(super) schema_version: Option<String>,
    pub(super) id: String,
    pub(super) modified: String,
    pub(super) withdrawn: Option<String>,
    pub(super) aliases: Option<Vec<String>>,
    pub(super) summary: Option<String>,
    pub(super) details: Option<String>,
    pub(super) severity: Option<Vec<SeverityWire>>,
    pub(super) affected: Option<Vec<AffectedWire>>,
    pub(super) references: Option<Vec<ReferenceWire>>,
    pub(super) database_specific: Option<serde_json::Value>,
}

#[derive(Deserialize)]
pub(super) struct SeverityWire {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) score: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct AffectedWire {
    pub(super) package: Option<PackageWire>,
    pub(super) severity: Option<Vec<SeverityWire>>,
    pub(super) ranges: Option<Vec<RangeWire>>,
    pub(super) versions: Option<Vec<String>>,
    pub(super) database_specific: Option<serde_json::Value>,
}

#[derive(Deserialize)]
pub(super) struct PackageWire {
    pub(super) ecosystem: String,
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct RangeWire {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) events: Option<Vec<EventWire>>,
}

#[derive(Deserialize)]
pub(super) struct EventWire {
    pub(super) introduced: Option<String>,
    pub(super) fixed: Option<String>,
    pub(super) last_affected: Option<String>,
    pub(super) limit: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ReferenceWire {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) url: String,
}

/// The answer to a batch of questions.
#[derive(Deserialize)]
pub(super) struct BatchWire {
    pub(super) results: Vec<Option<ResultWire>>,
}

#[derive(Deserialize)]
pub(super) struct ResultWire {
    pub(super) vulns: Option<Vec<StubWire>>,
    pub(super) next_page_token: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct StubWire {
    pub(super) id: String,
    pub(super) modified: Option<String>,
}

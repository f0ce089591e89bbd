//! The answer to `--version`.

use crate::build::build_id;

/// Version, build and features on one line.
pub(super) fn line() -> String {
    let build = build_id().unwrap_or_else(|| "unknown".to_owned());
    format!("tweetmill {} (build {build}, features: {})", env!("CARGO_PKG_VERSION"), features())
}

/// Cargo features this program was built with.
fn features() -> &'static str {
    match (cfg!(feature = "cluster"), cfg!(feature = "kill-points")) {
        (false, false) => "none",
        (true, false) => "cluster",
        (false, true) => "kill-points",
        (true, true) => "cluster, kill-points",
    }
}

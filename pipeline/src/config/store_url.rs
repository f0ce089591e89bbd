//! Where something is: a URL, or a path on this machine.

use std::fmt;

use super::refusal::allowed_hint;

/// Schemes an object store is known for.
const SCHEMES: [&str; 4] = ["file", "s3", "gs", "az"];

/// A place that was checked as far as possible without looking: its scheme is known and it holds no
/// secret. It may be a glob; a path without a scheme is one on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreUrl(String);

impl StoreUrl {
    /// Checks a place as people write it; the error's second line is a hint.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("expected a URL or a path, found nothing".to_owned());
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self(text.to_owned()));
        };
        if !SCHEMES.contains(&scheme) {
            return Err(format!("unknown scheme `{scheme}://`\nhint: {}", allowed_hint(scheme, &SCHEMES)));
        }
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if host.contains('@') {
            return Err("this URL holds a user name or a secret\n\
                        hint: credentials come from the environment or the cloud's own chain"
                .to_owned());
        }
        match scheme {
            "file" if !host.is_empty() => {
                Err(format!("`{text}` names a host\nhint: write three slashes: file:///{host}/{path}"))
            }
            "file" => Ok(Self(text.to_owned())),
            _ if host.is_empty() => {
                Err(format!("`{text}` names no bucket\nhint: write {scheme}://bucket/path"))
            }
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// The place as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_paths_are_kept_as_written() {
        for text in
            ["s3://raw/a/*.tar", "file:///data/x.zip", "gs://b", "az://c/d/", "./archive", "/data/*.tar"]
        {
            assert_eq!(StoreUrl::parse(text).map(|location| location.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_cannot_be_a_place_is_refused() {
        let refused = |text: &str| StoreUrl::parse(text).err();
        let says = |message: &str| Some(message.to_owned());
        assert_eq!(
            refused("s3a://raw/x"),
            says("unknown scheme `s3a://`\nhint: did you mean `s3`? allowed: file, s3, gs, az")
        );
        assert_eq!(
            refused("https://x/y"),
            says("unknown scheme `https://`\nhint: allowed: file, s3, gs, az")
        );
        assert_eq!(
            refused("s3://key:secret@raw/x"),
            says(
                "this URL holds a user name or a secret\n\
                 hint: credentials come from the environment or the cloud's own chain"
            )
        );
        assert_eq!(
            refused("file://data/x"),
            says("`file://data/x` names a host\nhint: write three slashes: file:///data/x")
        );
        assert_eq!(refused("s3:///x"), says("`s3:///x` names no bucket\nhint: write s3://bucket/path"));
        assert_eq!(refused(" "), says("expected a URL or a path, found nothing"));
    }
}

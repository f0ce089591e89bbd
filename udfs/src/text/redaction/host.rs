//! The name of the host in a link.

/// Longest name of a host, in bytes.
const LONGEST: usize = 253;

/// The host of `link`, in lower case, without user and port: `https://user@Example.com:80/x` gives `example.com`.
/// `None` where what stands in its place is no name.
pub(super) fn host(link: &str) -> Option<String> {
    let rest = link.split_once("://").map_or(link, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit('@').next().unwrap_or_default();
    let name = match place.split_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) => return None,
        None => place,
    };
    let named = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_' | '.');
    let is_name = (1..=LONGEST).contains(&name.len())
        && name.starts_with(char::is_alphanumeric)
        && name.chars().all(named);
    is_name.then(|| name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_what_stands_between_scheme_and_path() {
        for (link, expected) in [
            ("https://user@Example.com:80/x", Some("example.com")),
            ("http://t.co/abc", Some("t.co")),
            ("example.com/a?b", Some("example.com")),
            ("http://日本語.jp/", Some("日本語.jp")),
            ("https://x.org?u=http://y.org", Some("x.org")),
            ("mailto:me@example.com", Some("example.com")),
            ("", None),
            ("http://", None),
            ("http://a b/", None),
            ("http://[::1]/", None),
            ("about:blank", None),
            ("http://-x.org", None),
        ] {
            assert_eq!(host(link).as_deref(), expected, "{link}");
        }
        assert_eq!(host(&"a".repeat(254)), None);
    }
}

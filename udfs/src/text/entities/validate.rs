//! Whether a whole text is one mention, list or URL. ([`is_hashtag`](super::is_hashtag) and
//! [`measure`](super::measure) stand elsewhere.)
//!
//! A URL is judged by the generic syntax of RFC 3986, letters of other scripts allowed in its domain and
//! Cyrillic ones in its path: wider than what is found in a text (users, IP addresses) and narrower (no
//! accents, each character in its place). Its top-level domain isn't looked up.

use super::characters::is_cyrillic;
use super::mention::mentions;

/// Whether all of `text` mentions one user, sign included.
pub fn is_mention(text: &str) -> bool {
    mentions(text).next().is_some_and(|mention| mention.span.is_all_of(text) && mention.list.is_none())
}

/// Whether all of `text` mentions one list, sign included.
pub fn is_list(text: &str) -> bool {
    mentions(text).next().is_some_and(|mention| mention.span.is_all_of(text) && mention.list.is_some())
}

/// Whether all of `text` is one URL. `http://` or `https://` may be missing only if `needs_scheme` is not
/// set.
pub fn is_url(text: &str, needs_scheme: bool) -> bool {
    let (scheme, rest) = match text.split_once("://") {
        // A colon behind a slash or mark is no scheme's.
        Some((scheme, rest)) if !scheme.contains(['/', '?', '#']) => (Some(scheme), rest),
        _ => (None, text),
    };
    let scheme_is_right = match scheme {
        Some(scheme) => ["http", "https"].into_iter().any(|known| scheme.eq_ignore_ascii_case(known)),
        None => !needs_scheme,
    };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    scheme_is_right
        && is_authority(authority)
        && is_made_of(path, |character| is_path_character(character) || character == '/')
        && [query, fragment].into_iter().all(|part| {
            is_made_of(part, |character| is_path_character(character) || matches!(character, '/' | '?'))
        })
}

/// `user:password@host:port`.
fn is_authority(authority: &str) -> bool {
    let (user, rest) = authority.rsplit_once('@').unwrap_or(("", authority));
    let digits = rest.trim_end_matches(|character: char| character.is_ascii_digit());
    let host = if digits.len() < rest.len() { digits.strip_suffix(':').unwrap_or(rest) } else { rest };
    is_made_of(user, |character| is_path_character(character) && character != '@')
        && (is_ip_address(host) || is_host(host))
}

fn is_ip_address(host: &str) -> bool {
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match v6 {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.parse::<std::net::Ipv4Addr>().is_ok(),
    }
}

/// At least two labels; the last begins with a letter, and neither it nor the one before has an
/// underscore.
fn is_host(host: &str) -> bool {
    let mut labels = host.rsplit('.');
    let (Some(last), Some(domain)) = (labels.next(), labels.next()) else { return false };
    !last.starts_with(|character: char| character.is_ascii_digit())
        && !last.contains('_')
        && !domain.contains('_')
        && [last, domain].into_iter().chain(labels).all(is_label)
}

fn is_label(label: &str) -> bool {
    let is_edge = |character: char| character.is_ascii_alphanumeric() || !character.is_ascii();
    let inner = |character| is_edge(character) || matches!(character, '-' | '_');
    label.starts_with(is_edge) && label.ends_with(is_edge) && label.chars().all(inner)
}

/// Whether `text` holds nothing but such characters and percent signs with two hexadecimal digits.
fn is_made_of(text: &str, holds: fn(char) -> bool) -> bool {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default();
    first.chars().all(holds)
        && parts.all(|part| {
            let digits = part.get(..2).is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
            digits && part.chars().all(holds)
        })
}

fn is_path_character(character: char) -> bool {
    match character {
        '-' | '.' | '_' | '~' | '!' | '$' | '&' | '\'' | '(' | ')' | '*' | '+' | ',' | ';' | '=' | ':'
        | '@' => true,
        other => other.is_ascii_alphanumeric() || is_cyrillic(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_each_character_in_its_place() {
        for url in ["http://x.org", "https://u:p@x.org:80/a%20b?c#d", "http://[::1]/", "http://☃.net"] {
            assert!(is_url(url, true), "{url}");
        }
        for url in [
            "",
            "x.org",
            "ftp://x.org",
            "http://x",
            "http://x.1",
            "http://x.org/%2",
            "http://a_b.org",
            "http://x.org/ ",
        ] {
            assert!(!is_url(url, true), "{url}");
        }
        assert!(is_url("x.org/?http://y.org", false));
    }
}

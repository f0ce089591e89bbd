//! What becomes of the strings of a record on their way into the canonical tweet.

use bumpalo::Bump;

/// The platform escapes these three in texts, and nothing else.
const IN_TEXT: &[(&str, char)] = &[("amp;", '&'), ("lt;", '<'), ("gt;", '>')];

/// Names of applications are HTML proper.
const IN_HTML: &[(&str, char)] = &[("amp;", '&'), ("lt;", '<'), ("gt;", '>'), ("quot;", '"'), ("#39;", '\'')];

/// `text` with `&amp;`, `&lt;` and `&gt;` decoded once, in `arena` where that changed it: `&amp;lt;` becomes `&lt;`.
pub(crate) fn decoded<'a>(text: &'a str, arena: &'a Bump) -> &'a str {
    decode(text, IN_TEXT, arena)
}

/// Name of the application in `source`, without the link around it; `None` when it is empty.
pub(crate) fn source_name<'a>(source: &'a str, arena: &'a Bump) -> Option<&'a str> {
    let name = match source.strip_prefix('<').and_then(|tag| tag.split_once('>')) {
        Some((_, inside)) => inside.rsplit_once('<').map_or(inside, |(name, _)| name),
        None => source,
    };
    let name = name.trim();
    (!name.is_empty()).then(|| decode(name, IN_HTML, arena))
}

fn decode<'a>(text: &'a str, entities: &[(&str, char)], arena: &'a Bump) -> &'a str {
    let Some((start, mut rest)) = text.split_once('&') else {
        return text;
    };
    let mut output = bumpalo::collections::String::with_capacity_in(text.len(), arena);
    output.push_str(start);
    loop {
        let found =
            entities.iter().find_map(|(name, character)| Some((*character, rest.strip_prefix(name)?)));
        let (character, after) = found.unwrap_or(('&', rest));
        output.push(character);
        let Some((between, next)) = after.split_once('&') else {
            output.push_str(after);
            return output.into_bump_str();
        };
        output.push_str(between);
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_decoded_once() {
        let arena = Bump::new();
        let decoded = |text| decoded(text, &arena);
        assert_eq!(decoded("a &lt; b &amp;&amp; c &gt; d"), "a < b && c > d");
        assert_eq!(decoded("&amp;lt; &amp;amp;"), "&lt; &amp;");
        assert_eq!(decoded("AT&T & &quot; &amp"), "AT&T & &quot; &amp");
        assert_eq!(decoded("plain"), "plain");
    }

    #[test]
    fn an_application_is_named_without_its_link() {
        let arena = Bump::new();
        let name = |source| source_name(source, &arena);
        assert_eq!(
            name(r#"<a href="http://x.example" rel="nofollow">Tom&#39;s &amp; Co</a>"#),
            Some("Tom's & Co")
        );
        assert_eq!(name("web"), Some("web"));
        assert_eq!(name("<a href=\"\"></a>"), None);
        assert_eq!(name(""), None);
        assert_eq!(name("<a"), Some("<a"));
    }
}

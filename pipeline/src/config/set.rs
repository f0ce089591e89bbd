//! `--set a.b=c`: values from the command line, put into the tree before anything is read from it.
//!
//! A key that does not exist is refused by the same decoder, with the same "did you mean", as one in
//! the file; the message then names the argument instead of a line.

use super::refusal::Refusal;
use super::yaml::{Entry, Node, Place, Value};

/// Puts one `path=value` into the tree.
pub(super) fn apply(root: &mut Node, argument: &str) -> Result<(), Refusal> {
    let place = Place::Set(argument.to_owned());
    let Some((path, value)) = argument.split_once('=') else {
        return Err(Refusal::new(place, "there is no `=` in it").hint("write --set engine.threads=4"));
    };
    let segments: Vec<&str> =
        path.split(['.', '[']).map(|segment| segment.trim_end_matches(']').trim()).collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return Err(
            Refusal::new(place, format!("`{path}` is no path of keys")).hint("write --set engine.threads=4")
        );
    }
    let new = Node::parse_set(argument, value.trim())?;
    let mut node = root;
    let mut walked = String::new();
    for segment in segments {
        if node.is_null() {
            node.value = Value::Map(Vec::new());
        }
        node = match &mut node.value {
            Value::Map(entries) => child(entries, segment, &place),
            Value::List(items) => {
                let count = items.len();
                let Some(item) = segment.parse::<usize>().ok().and_then(|index| items.get_mut(index)) else {
                    return Err(Refusal::new(
                        place,
                        format!("`{walked}` is a list, and `{segment}` is not in it"),
                    )
                    .hint(match count {
                        0 => "it is empty".to_owned(),
                        count => format!("allowed: 0 to {}", count - 1),
                    }));
                };
                item
            }
            Value::Scalar { .. } => {
                return Err(Refusal::new(
                    place,
                    format!("`{walked}` is a single value: there is no `{segment}` in it"),
                ));
            }
        };
        if !walked.is_empty() {
            walked.push('.');
        }
        walked.push_str(segment);
    }
    *node = new;
    Ok(())
}

/// The value under `key`, made empty when there is none.
fn child<'a>(entries: &'a mut Vec<Entry>, key: &str, place: &Place) -> &'a mut Node {
    let index = entries.iter().position(|entry| entry.key == key).unwrap_or_else(|| {
        let value =
            Node { place: place.clone(), value: Value::Scalar { text: String::new(), quoted: false } };
        entries.push(Entry { key: key.to_owned(), place: place.clone(), value });
        entries.len() - 1
    });
    &mut entries[index].value
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn set(text: &str, argument: &str) -> Result<Node, String> {
        let mut node = Node::parse(text).unwrap();
        apply(&mut node, argument).map_err(|refusal| refusal.to_string())?;
        Ok(node)
    }

    #[test]
    fn values_replace_and_sections_appear() {
        let node = set("engine: {threads: 2}", "engine.threads=8").unwrap();
        assert_eq!(node.nearest("engine.threads").to_string(), "`8`");
        let node = set("name: x", "output.columns=[lang, likes]").unwrap();
        assert_eq!(node.nearest("output.columns[1]").to_string(), "`likes`");
        let node = set("input: [{url: a}, {url: b}]", "input[1].url=c=d").unwrap();
        assert_eq!(node.nearest("input[1].url").to_string(), "`c=d`");
        let node = set("engine:\n", "engine.threads=8").unwrap();
        assert_eq!(node.nearest("engine.threads").to_string(), "`8`");
        assert!(set("run: x", "run=").unwrap().nearest("run").is_null());
        let node = set("run: x", "run={{ ds }} # 1").unwrap();
        assert_eq!(node.nearest("run").to_string(), "`{{ ds }} # 1`");
    }

    #[test]
    fn paths_that_lead_nowhere_are_refused() {
        for (argument, message) in [
            ("engine", "there is no `=` in it\nhint: write --set engine.threads=4"),
            ("a..b=1", "`a..b` is no path of keys\nhint: write --set engine.threads=4"),
            ("input.7.url=x", "`input` is a list, and `7` is not in it\nhint: allowed: 0 to 0"),
            ("name.x=1", "`name` is a single value: there is no `x` in it"),
        ] {
            let refused = set("name: n\ninput: [{url: a}]", argument).unwrap_err();
            assert_eq!(refused, format!("--set {argument}: {message}"));
        }
    }
}

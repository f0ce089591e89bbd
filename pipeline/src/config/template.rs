//! What may stand inside a value: `{{ ds }}`, `{{ ds_nodash }}`, `${NAME}`, `${NAME:-default}`.
//!
//! Filled in after parsing, value by value: nothing in the environment can add a key, and lines and
//! columns in messages stay those of the file. `$${` is a literal `${`. A value that was filled in is
//! not read again.

use chrono::NaiveDate;

use super::refusal::{Refusal, did_you_mean};
use super::yaml::{Node, Place, Value};

/// What a run file is filled in with.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// The date of `--date`; None refuses templates that name it.
    pub date: Option<NaiveDate>,
    /// Arguments of `--set`, such as `output.shard_size=64MiB`, applied in order before templates.
    pub set: &'a [String],
    /// Looks up an environment variable.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
}

/// Fills in every scalar below `node`.
pub(super) fn fill_in(node: &mut Node, given: &Given<'_>) -> Result<(), Refusal> {
    fill_in_at(node, "", given)
}

/// Fills in one text; `key` and `place` are for the refusal.
pub(super) fn fill_in_text(
    text: &str,
    key: &str,
    place: &Place,
    given: &Given<'_>,
) -> Result<String, Refusal> {
    let refuse = |why: String| Refusal::new(place.clone(), format!("{key}: {why}"));
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['$', '{']) {
        let (before, found) = rest.split_at(at);
        filled.push_str(before);
        if let Some(after) = found.strip_prefix("$${") {
            filled.push_str("${");
            rest = after;
        } else if let Some(after) = found.strip_prefix("${") {
            let Some((inside, after)) = after.split_once('}') else {
                return Err(refuse("`${` without its `}`".to_owned()).hint("for a literal `${` write `$${`"));
            };
            filled.push_str(&variable(inside, given).map_err(|(why, hint)| refuse(why).hint(hint))?);
            rest = after;
        } else if let Some(after) = found.strip_prefix("{{") {
            let Some((inside, after)) = after.split_once("}}") else {
                return Err(refuse("`{{` without its `}}`".to_owned()).hint("write `{{ ds }}`"));
            };
            filled.push_str(&date(inside.trim(), given).map_err(|(why, hint)| refuse(why).hint(hint))?);
            rest = after;
        } else {
            let one = found.chars().next().map_or(0, char::len_utf8);
            let (character, after) = found.split_at(one);
            filled.push_str(character);
            rest = after;
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

fn fill_in_at(node: &mut Node, path: &str, given: &Given<'_>) -> Result<(), Refusal> {
    match &mut node.value {
        Value::Scalar { text, .. } => {
            if text.contains(['$', '{']) {
                *text = fill_in_text(text, path, &node.place, given)?;
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                fill_in_at(item, &format!("{path}[{index}]"), given)?;
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                let path = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
                fill_in_at(&mut entry.value, &path, given)?;
            }
        }
    }
    Ok(())
}

/// `NAME` or `NAME:-default`; an empty variable counts as unset, as in a shell's `:-`.
fn variable(inside: &str, given: &Given<'_>) -> Result<String, (String, String)> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err((
            format!("`{name}` is no name of an environment variable"),
            "write `${NAME}` or `${NAME:-default}`".to_owned(),
        ));
    }
    match ((given.environment)(name).filter(|value| !value.is_empty()), default) {
        (Some(value), _) => Ok(value),
        (None, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err((
            format!("the environment variable `{name}` is not set"),
            format!("export {name}=…, or give a default: `${{{name}:-default}}`"),
        )),
    }
}

fn date(name: &str, given: &Given<'_>) -> Result<String, (String, String)> {
    const NAMES: [&str; 2] = ["ds", "ds_nodash"];
    if !NAMES.contains(&name) {
        let near = did_you_mean(name, NAMES).map(|near| format!("did you mean `{{{{ {near} }}}}`? "));
        return Err((
            format!("unknown template `{{{{ {name} }}}}`"),
            format!("{}allowed: {{{{ ds }}}}, {{{{ ds_nodash }}}}", near.unwrap_or_default()),
        ));
    }
    let Some(date) = given.date else {
        return Err((
            format!("`{{{{ {name} }}}}` needs a date, and none was given"),
            "give one: --date 2026-11-22, or --from 2026-11-01 --to 2026-11-30".to_owned(),
        ));
    };
    let format = if name == "ds" { "%Y-%m-%d" } else { "%Y%m%d" };
    Ok(date.format(format).to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn filled(text: &str) -> Result<String, String> {
        let environment = |name: &str| match name {
            "BUCKET" => Some("raw".to_owned()),
            "EMPTY" => Some(String::new()),
            "SLY" => Some("${BUCKET}".to_owned()),
            _ => None,
        };
        let given = Given { date: NaiveDate::from_ymd_opt(2026, 11, 2), set: &[], environment: &environment };
        let place = Place::File { line: 3, column: 5 };
        fill_in_text(text, "output.url", &place, &given).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn dates_and_variables_are_filled_in() {
        assert_eq!(filled("{{ ds }}").unwrap(), "2026-11-02");
        assert_eq!(filled("s3://${BUCKET}/{{ds_nodash}}.tar").unwrap(), "s3://raw/20261102.tar");
        assert_eq!(filled("${NONE:-7}${EMPTY:-8}${NONE:-}").unwrap(), "78");
        assert_eq!(filled("cost: $5 {a} $${BUCKET} é$").unwrap(), "cost: $5 {a} ${BUCKET} é$");
    }

    #[test]
    fn what_is_filled_in_is_not_read_again() {
        assert_eq!(filled("${SLY}").unwrap(), "${BUCKET}");
    }

    #[test]
    fn refusals_name_the_key_and_the_remedy() {
        for (text, message) in [
            (
                "${AWAY}",
                "the environment variable `AWAY` is not set\n\
                 hint: export AWAY=…, or give a default: `${AWAY:-default}`",
            ),
            (
                "${EMPTY}",
                "the environment variable `EMPTY` is not set\n\
                 hint: export EMPTY=…, or give a default: `${EMPTY:-default}`",
            ),
            ("${BUCKET", "`${` without its `}`\nhint: for a literal `${` write `$${`"),
            (
                "${A B}",
                "`A B` is no name of an environment variable\nhint: write `${NAME}` or `${NAME:-default}`",
            ),
            ("{{ ds", "`{{` without its `}}`\nhint: write `{{ ds }}`"),
            (
                "{{ ds_nodahs }}",
                "unknown template `{{ ds_nodahs }}`\n\
                 hint: did you mean `{{ ds_nodash }}`? allowed: {{ ds }}, {{ ds_nodash }}",
            ),
        ] {
            assert_eq!(filled(text).unwrap_err(), format!("3:5: output.url: {message}"));
        }
    }
}

//! The command line's reference, made from its own help.

use std::fmt::{self, Write};

use clap::{Command, CommandFactory};

use super::Cli;

/// The reference in Markdown: the help of the program and of each verb.
pub fn markdown() -> String {
    let mut text = String::from(
        "# The command line\n\n\
         <!-- Generated from pipeline/src/cli; `TWEETMILL_BLESS=1 cargo test --release` writes it. -->\n\n\
         stdout is data, stderr is talk: progress on a terminal, a line every ten seconds elsewhere, objects with\n\
         `--log-format json`, nothing but warnings and errors with `--quiet`. `TWEETMILL_LOG` sets what is logged\n\
         (`info`, `tweetmill=debug`).\n\n\
         | exit code | meaning |\n\
         |---|---|\n\
         | 0 | done, or done already |\n\
         | 1 | failed: an input, a store, memory or disk |\n\
         | 2 | the command line or the run file is wrong |\n\
         | 3 | a gate refused; nothing was committed |\n\
         | 130, 143 | stopped by SIGINT or SIGTERM; what is committed stays |\n",
    );
    // Built first, so that global options show in every verb; no wrapping to whatever terminal is there.
    let mut command = Cli::command().term_width(100);
    command.build();
    // Writing to a string cannot fail.
    let _infallible: fmt::Result = write_command(&mut text, &mut command, "tweetmill");
    let verbs: Vec<Command> = command.get_subcommands().cloned().collect();
    for mut verb in verbs {
        let name = format!("tweetmill {}", verb.get_name());
        let _infallible: fmt::Result = write_command(&mut text, &mut verb, &name);
    }
    text
}

fn write_command(text: &mut String, command: &mut Command, name: &str) -> fmt::Result {
    writeln!(text, "\n## {name}\n\n```text")?;
    for line in command.render_long_help().to_string().trim_end().lines() {
        writeln!(text, "{}", line.trim_end())?;
    }
    writeln!(text, "```")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use std::path::Path;

    use super::*;

    /// Compares a generated file with the one in the tree, or writes it when `TWEETMILL_BLESS` is set.
    fn assert_current(path: &str, generated: &str) {
        let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
        if std::env::var_os("TWEETMILL_BLESS").is_some() {
            std::fs::create_dir_all(full.parent().unwrap()).unwrap();
            std::fs::write(&full, generated).unwrap();
        }
        let published = std::fs::read_to_string(&full).unwrap_or_default();
        assert!(published == generated, "{path} is not current: run TWEETMILL_BLESS=1 cargo test --release");
    }

    #[test]
    fn the_published_references_are_current() {
        assert_current("docs/reference/cli.md", &markdown());
        assert_current("docs/reference/config.md", &crate::config::markdown());
        assert_current("docs/reference/run-file.schema.json", &crate::config::json_schema());
    }

    #[test]
    fn every_verb_has_examples() {
        Cli::command().debug_assert();
        for verb in Cli::command().get_subcommands() {
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            let example = format!("\n  tweetmill {}", verb.get_name());
            assert!(help.contains(&example), "{} has no example", verb.get_name());
        }
    }
}

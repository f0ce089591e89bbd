//! `tweetmill synth`: makes a stream to try things on.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime};
use clap::Args;

use crate::config::ByteSize;
use crate::error::{Error, ErrorKind, Result};
use crate::synth::{self, Amount, Layout, Options, Rates, Truth};

use super::talk::Talk;

const EXAMPLES: &str = "\
Examples:
  tweetmill synth /tmp/stream --lines 50000 --seed 7
      sixteen minutes as the public archive packs them: /tmp/stream/raw/twitter-stream-2021-01-01.tar
  tweetmill synth /tmp/large --size 10GiB --layout tar-gz
      about ten gibibytes of raw JSON, in one tar a day
  tweetmill synth /tmp/copies --lines 20000 --layout ndjson-zst --near 0.2 --exact 0.1 --deletes 0
      many near-duplicates, no deletes; /tmp/copies/truth.ndjson.zst names every copy and its base
  tweetmill synth /tmp/damaged --lines 5000 --members 50 --damaged 0.05
      one line in twenty damaged, in fifty small members

The folder gets raw/ with the archives, truth.json with the counts and truth.ndjson.zst with one record a tweet.";

/// Make a stream that looks like the public 1 % stream, with the truth about every record beside it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SynthArgs {
    /// Folder to write to; it must not hold a stream yet.
    out: PathBuf,

    /// Equal seeds and options make equal lines, on any machine, in any layout, on any number of threads.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Number of lines [default: 31000, ten minutes].
    #[arg(long, value_name = "N", conflicts_with = "size")]
    lines: Option<u64>,

    /// Bytes of raw JSON to make, about: 500MB, 10GiB.
    #[arg(long, value_name = "SIZE", value_parser = ByteSize::from_str)]
    size: Option<ByteSize>,

    /// Minutes the lines are spread over, one archive member each [default: one in 3,100 lines].
    #[arg(long, value_name = "N")]
    members: Option<NonZeroU32>,

    /// First minute: 2021-01-01 or 2021-01-01T18:30, on the archive's own clock (UTC-7).
    #[arg(long, value_name = "DATE", value_parser = parse_start, default_value = "2021-01-01")]
    start: NaiveDateTime,

    /// How the lines are packed: tar-bz2, tar-gz, zip-bz2, dir-bz2, ndjson, ndjson-gz, ndjson-bz2, ndjson-zst.
    #[arg(long, default_value = "tar-bz2")]
    layout: Layout,

    /// For the ndjson layouts: a file a minute instead of a file a day.
    #[arg(long)]
    minute_files: bool,

    /// Threads to use [default: one a core].
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,

    /// Write truth.json alone, without the record of every tweet.
    #[arg(long)]
    no_records: bool,

    /// Replace the stream an earlier call left in the folder.
    #[arg(long)]
    overwrite: bool,

    #[command(flatten)]
    rates: RateArgs,
}

/// Rates left out are those of [`Rates::default`].
#[derive(Debug, Args)]
#[command(next_help_heading = "Rates, each from 0 to 1")]
struct RateArgs {
    /// Of lines: delete notices [default: 0.12].
    #[arg(long, value_name = "RATE")]
    deletes: Option<f64>,

    /// Of lines: other stream messages, such as limit and `status_withheld` [default: 0.002].
    #[arg(long, value_name = "RATE")]
    events: Option<f64>,

    /// Of lines: blank keep-alives [default: 0.0005].
    #[arg(long, value_name = "RATE")]
    keep_alives: Option<f64>,

    /// Of lines: damaged ones [default: 0.0005].
    #[arg(long, value_name = "RATE")]
    damaged: Option<f64>,

    /// Of tweets: retweets [default: 0.43].
    #[arg(long, value_name = "RATE")]
    retweets: Option<f64>,

    /// Of tweets: quotes [default: 0.07].
    #[arg(long, value_name = "RATE")]
    quotes: Option<f64>,

    /// Of tweets: copies of an earlier text but for case, links and mentions [default: 0.02].
    #[arg(long, value_name = "RATE")]
    exact: Option<f64>,

    /// Of tweets: copies of an earlier text with one edit [default: 0.02].
    #[arg(long, value_name = "RATE")]
    near: Option<f64>,

    /// Of tweets: parts of a wave of spam [default: 0.01].
    #[arg(long, value_name = "RATE")]
    spam: Option<f64>,

    /// Of tweets: copies of one and the same text, each with an edit of its own [default: 0].
    #[arg(long, value_name = "RATE")]
    wave: Option<f64>,

    /// Of tweets: earlier tweets delivered again [default: 0.003].
    #[arg(long, value_name = "RATE")]
    again: Option<f64>,

    /// Of the remaining tweets: short texts that many people write [default: 0.03].
    #[arg(long, value_name = "RATE")]
    phrases: Option<f64>,

    /// Of tweets: withheld in some countries or by a copyright claim [default: 0.0005].
    #[arg(long, value_name = "RATE")]
    withheld: Option<f64>,

    /// Of delete notices: those that name a tweet of this stream [default: 0.06].
    #[arg(long, value_name = "RATE")]
    deletes_in_stream: Option<f64>,

    /// Of retweets and quotes: those whose original is a line of this stream [default: 0.05].
    #[arg(long, value_name = "RATE")]
    originals_in_stream: Option<f64>,
}

impl RateArgs {
    fn rates(&self) -> Rates {
        let Rates {
            deletes,
            events,
            keep_alives,
            damaged,
            retweets,
            quotes,
            exact,
            near,
            spam,
            wave,
            again,
            phrases,
            withheld,
            deletes_in_stream,
            originals_in_stream,
        } = Rates::default();
        Rates {
            deletes: self.deletes.unwrap_or(deletes),
            events: self.events.unwrap_or(events),
            keep_alives: self.keep_alives.unwrap_or(keep_alives),
            damaged: self.damaged.unwrap_or(damaged),
            retweets: self.retweets.unwrap_or(retweets),
            quotes: self.quotes.unwrap_or(quotes),
            exact: self.exact.unwrap_or(exact),
            near: self.near.unwrap_or(near),
            spam: self.spam.unwrap_or(spam),
            wave: self.wave.unwrap_or(wave),
            again: self.again.unwrap_or(again),
            phrases: self.phrases.unwrap_or(phrases),
            withheld: self.withheld.unwrap_or(withheld),
            deletes_in_stream: self.deletes_in_stream.unwrap_or(deletes_in_stream),
            originals_in_stream: self.originals_in_stream.unwrap_or(originals_in_stream),
        }
    }
}

/// Makes the stream and says on stderr what it is.
pub(super) fn run(args: &SynthArgs, talk: Talk) -> Result<()> {
    let defaults = Options::default();
    let amount = match (args.lines, args.size) {
        (Some(lines), _) => Amount::Lines(lines),
        (None, Some(size)) => Amount::Bytes(size.as_u64()),
        (None, None) => defaults.amount,
    };
    let options = Options {
        seed: args.seed,
        amount,
        members: args.members,
        start: args.start,
        layout: args.layout,
        minute_files: args.minute_files,
        rates: args.rates.rates(),
        threads: args.threads,
        records: !args.no_records,
        overwrite: args.overwrite,
    };
    let truth = synth::write(&options, &args.out)?;
    talk.say(&summary(&truth, &args.out.join(synth::RAW_FOLDER).display().to_string()));
    Ok(())
}

fn summary(truth: &Truth, folder: &str) -> String {
    let counts = &truth.counts;
    let events: u64 = counts.events.values().sum();
    let rejects: u64 = counts.rejects.values().sum();
    format!(
        "{} lines in {} members: {} tweets, {} retweets, {events} events, {rejects} unreadable\n\
         {:.1} MB of raw lines, {:.1} MB packed, in {folder}",
        counts.lines,
        truth.members.len(),
        counts.tweets,
        counts.retweets,
        counts.bytes as f64 / 1e6,
        truth.packed_bytes as f64 / 1e6,
    )
}

fn parse_start(value: &str) -> Result<NaiveDateTime> {
    let date = NaiveDate::parse_from_str(value, "%Y-%m-%d").map(NaiveDateTime::from);
    date.or_else(|_| NaiveDateTime::parse_from_str(value, "%Y-%m-%dT%H:%M")).map_err(|error| {
        Error::new(ErrorKind::Usage, "write 2021-01-01 or 2021-01-01T18:30").with_source(error)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        synth: SynthArgs,
    }

    #[test]
    fn sizes_and_dates_are_read_and_refused() {
        let size = |text: &str| Command::try_parse_from(["synth", "out", "--size", text]);
        assert_eq!(size("10GiB").unwrap().synth.size, Some(ByteSize::mib(10 << 10)));
        assert!(size("ten").unwrap_err().to_string().contains("`ten` is not a size"));
        assert_eq!(parse_start("2021-03-04T05:06").unwrap().to_string(), "2021-03-04 05:06:00");
        assert!(parse_start("yesterday").is_err());
    }

    #[test]
    fn the_help_names_the_real_defaults() {
        let defaults = Rates::default();
        let help = <Command as clap::CommandFactory>::command().render_long_help().to_string();
        for (name, rate) in [
            ("--deletes <", defaults.deletes),
            ("--events <", defaults.events),
            ("--keep-alives <", defaults.keep_alives),
            ("--damaged <", defaults.damaged),
            ("--retweets <", defaults.retweets),
            ("--quotes <", defaults.quotes),
            ("--exact <", defaults.exact),
            ("--near <", defaults.near),
            ("--spam <", defaults.spam),
            ("--wave <", defaults.wave),
            ("--again <", defaults.again),
            ("--phrases <", defaults.phrases),
            ("--withheld <", defaults.withheld),
            ("--deletes-in-stream <", defaults.deletes_in_stream),
            ("--originals-in-stream <", defaults.originals_in_stream),
        ] {
            let told = help.split(name).nth(1).unwrap().split("[default: ").nth(1).unwrap();
            assert_eq!(told.split(']').next().unwrap(), rate.to_string(), "{name}");
        }
    }

    #[test]
    fn every_layout_can_be_named_and_no_other() {
        for layout in Layout::ALL {
            let parsed = Command::try_parse_from(["synth", "out", "--layout", layout.name()]).unwrap();
            assert_eq!(parsed.synth.layout, layout);
        }
        let refused = Command::try_parse_from(["synth", "out", "--layout", "rar"]).unwrap_err().to_string();
        assert!(refused.contains("choose one of tar-bz2"), "{refused}");
    }
}

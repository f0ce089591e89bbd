//! What the account behind a tweet tells: its age, how much it writes.

mod account_age_days;
mod tweets_per_day;

pub(crate) use self::account_age_days::AccountAgeDays;
pub(crate) use self::tweets_per_day::TweetsPerDay;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

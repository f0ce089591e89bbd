//! Time as the platform writes it: calendar dates, snowflake ids, and the archive's own clock.

use super::json;

/// Milliseconds between the Unix epoch and the platform's own.
pub(super) const SNOWFLAKE_EPOCH_MS: i64 = 1_288_834_974_657;

/// Paths inside the public archives are written seven hours behind UTC.
pub(super) const ARCHIVE_OFFSET_MS: i64 = -7 * 3_600_000;

/// Milliseconds in a minute, the span of one archive member.
pub(super) const MINUTE_MS: i64 = 60_000;

/// Milliseconds in an hour, the span of one block of originals from outside the stream.
pub(super) const HOUR_MS: i64 = 3_600_000;

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A date and a time of day, without a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i64,
    pub(super) month: u8,
    pub(super) day: u8,
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
    /// Days since Thursday, 1 January 1970.
    days: i64,
}

impl Civil {
    /// The date and time `ms` milliseconds after the Unix epoch.
    pub(super) fn from_ms(ms: i64) -> Self {
        let seconds = ms.div_euclid(1000);
        let days = seconds.div_euclid(86_400);
        let rest = seconds.rem_euclid(86_400);
        // Years are counted from March, in eras of 400 years, so that the leap day comes last.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: month as u8,
            day: (of_year - (153 * from_march + 2) / 5 + 1) as u8,
            hour: (rest / 3600) as u8,
            minute: (rest / 60 % 60) as u8,
            second: (rest % 60) as u8,
            days,
        }
    }
}

/// Appends `Fri Jan 01 17:29:00 +0000 2021`.
pub(super) fn write_created_at(out: &mut Vec<u8>, ms: i64) {
    let civil = Civil::from_ms(ms);
    json::raw(out, WEEKDAYS[civil.days.rem_euclid(7) as usize]);
    out.push(b' ');
    json::raw(out, MONTHS[usize::from(civil.month) - 1]);
    out.push(b' ');
    json::two_digits(out, civil.day);
    out.push(b' ');
    json::two_digits(out, civil.hour);
    out.push(b':');
    json::two_digits(out, civil.minute);
    out.push(b':');
    json::two_digits(out, civil.second);
    json::raw(out, " +0000 ");
    json::int(out, civil.year);
}

/// The id of something made at `ms` (after the platform's epoch), with `low` in its last 22 bits.
pub(super) fn snowflake(ms: i64, low: u64) -> i64 {
    ((ms - SNOWFLAKE_EPOCH_MS) << 22) | (low & 0x3f_ffff) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (ms, expected) in [
            (0, "Thu Jan 01 00:00:00 +0000 1970"),
            (1_609_522_140_661, "Fri Jan 01 17:29:00 +0000 2021"),
            (1_582_934_399_999, "Fri Feb 28 23:59:59 +0000 2020"),
            (1_582_934_400_000, "Sat Feb 29 00:00:00 +0000 2020"),
            (1_325_375_999_000, "Sat Dec 31 23:59:59 +0000 2011"),
        ] {
            let mut out = Vec::new();
            write_created_at(&mut out, ms);
            assert_eq!(String::from_utf8_lossy(&out), expected);
        }
    }

    #[test]
    fn snowflakes_carry_their_time() {
        let id = snowflake(1_609_522_140_661, 5);
        assert_eq!((id >> 22) + SNOWFLAKE_EPOCH_MS, 1_609_522_140_661);
        assert_eq!(id & 0x3f_ffff, 5);
    }
}

//! The ways archives write a time, all read as UTC milliseconds.

/// First id that carries its time; older ids were plain counters.
const FIRST_SNOWFLAKE: i64 = 29_700_859_247;

/// Milliseconds from 1970 to the epoch of ids.
const SNOWFLAKE_EPOCH: i64 = 1_288_834_974_657;

const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// When the tweet `id` was written, for ids that carry a time.
pub(crate) fn from_id(id: i64) -> Option<i64> {
    (id >= FIRST_SNOWFLAKE).then(|| (id >> 22) + SNOWFLAKE_EPOCH)
}

/// Reads `Wed Aug 27 13:08:45 +0000 2008`, `2008-08-27T13:08:45.000Z` and `2008-08-27 13:08:45 +0000`;
/// `None` for anything else, also for a 30th of February.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let mut input = Input(text.trim_ascii().as_bytes());
    let time = if input.0.first()?.is_ascii_digit() { iso(&mut input)? } else { ctime(&mut input)? };
    input.0.is_empty().then_some(time)
}

/// `Wed Aug 27 13:08:45 +0000 2008`
fn ctime(input: &mut Input<'_>) -> Option<i64> {
    let weekday = input.take(3)?;
    if !weekday.iter().all(u8::is_ascii_alphabetic) {
        return None;
    }
    input.byte(b' ')?;
    let name = input.take(3)?;
    let month = MONTHS.iter().position(|month| *month == name)? as i64 + 1;
    input.byte(b' ')?;
    let day = input.digits(2)?;
    input.byte(b' ')?;
    let seconds = clock(input)?;
    input.byte(b' ')?;
    let zone = zone(input)?;
    input.byte(b' ')?;
    let year = input.digits(4)?;
    Some((days(year, month, day)? * 86_400 + seconds - zone) * 1000)
}

/// `2008-08-27`, then a `T` or a space, the clock, optional fractions, an optional zone.
fn iso(input: &mut Input<'_>) -> Option<i64> {
    let year = input.digits(4)?;
    input.byte(b'-')?;
    let month = input.digits(2)?;
    input.byte(b'-')?;
    let date = days(year, month, input.digits(2)?)? * 86_400;
    input.byte(b'T').or_else(|| input.byte(b' '))?;
    let seconds = clock(input)?;
    let milliseconds = if input.byte(b'.').is_some() { fraction(input)? } else { 0 };
    let _ = input.byte(b' ');
    let zone = if input.0.is_empty() || input.byte(b'Z').is_some() { 0 } else { zone(input)? };
    Some((date + seconds - zone) * 1000 + milliseconds)
}

/// `13:08:45` in seconds; a leap second counts as the next one.
fn clock(input: &mut Input<'_>) -> Option<i64> {
    let hours = input.digits(2)?;
    input.byte(b':')?;
    let minutes = input.digits(2)?;
    input.byte(b':')?;
    let seconds = input.digits(2)?;
    (hours < 24 && minutes < 60 && seconds <= 60).then_some(hours * 3600 + minutes * 60 + seconds)
}

/// Digits after the point, in milliseconds; finer ones are cut.
fn fraction(input: &mut Input<'_>) -> Option<i64> {
    let length = input.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = input.take(length)?;
    if digits.is_empty() {
        return None;
    }
    let digit = |at: usize| digits.get(at).map_or(0, |byte| i64::from(byte - b'0'));
    Some(digit(0) * 100 + digit(1) * 10 + digit(2))
}

/// `+0000`, `-07:00` in seconds east of UTC.
fn zone(input: &mut Input<'_>) -> Option<i64> {
    let sign = if input.byte(b'-').is_some() {
        -1
    } else {
        input.byte(b'+')?;
        1
    };
    let hours = input.digits(2)?;
    let _ = input.byte(b':');
    let minutes = input.digits(2)?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, `None` when there is no such date.
///
/// Years are counted from March, so that the leap day is the last day of a year, and in eras of 400
/// years, which all have 146,097 days.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let from_march = (month + 9) % 12;
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self, expected: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[expected])?;
        Some(())
    }

    fn digits(&mut self, length: usize) -> Option<i64> {
        let digits = self.take(length)?;
        let mut number = 0;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            number = number * 10 + i64::from(digit - b'0');
        }
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_means_the_same_moment() {
        let moment = Some(1_219_842_525_000);
        assert_eq!(parse("Wed Aug 27 13:08:45 +0000 2008"), moment);
        assert_eq!(parse("Wed Aug 27 06:08:45 -0700 2008"), moment);
        assert_eq!(parse("2008-08-27T13:08:45Z"), moment);
        assert_eq!(parse("2008-08-27T13:08:45"), moment);
        assert_eq!(parse("2008-08-27T15:08:45+02:00"), moment);
        assert_eq!(parse("2008-08-27 13:08:45 +0000"), moment);
        assert_eq!(parse("2008-08-27T13:08:45.123456Z"), Some(1_219_842_525_123));
        assert_eq!(parse("2008-08-27T13:08:45.5Z"), Some(1_219_842_525_500));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "yesterday",
            "Wed Aug 32 13:08:45 +0000 2008",
            "Fri Feb 29 00:00:00 +0000 2019",
            "Wed Aug 27 24:08:45 +0000 2008",
            "Wed Aug 27 13:08:45 +0000 2008 x",
            "Wed Aug 27 13:08:45 2008",
            "2008-13-27T13:08:45Z",
            "2008-08-27T13:08:45.Z",
            "2008-08-27",
            "1219842525000",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_calendar_agrees_with_chrono() {
        let mut date = chrono::NaiveDate::from_ymd_opt(1999, 1, 1).unwrap_or_default();
        for _ in 0..40_000 {
            let text = date.format("%Y-%m-%dT00:00:00Z").to_string();
            let expected = date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
            assert_eq!(parse(&text), Some(expected), "{text}");
            date = date.succ_opt().unwrap_or_default();
        }
    }

    #[test]
    fn only_snowflakes_carry_a_time() {
        assert_eq!(from_id(29_700_859_247), Some(1_288_834_974_657 + (29_700_859_247 >> 22)));
        assert_eq!(from_id(29_700_859_246), None);
        assert_eq!(from_id(1_345_059_463_120_621_570), Some(1_609_522_140_661));
    }
}

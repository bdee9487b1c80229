//! Times as text.

use viewlink::Timestamp;

/// A time in UTC, to the millisecond, as RFC 3339 has it.
pub(crate) fn moment(time: Timestamp) -> String {
    let millis = i64::try_from(time.as_millis()).ok();
    let known = millis.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    // Beyond the year 9999, which a clock that is far off may give.
    known.map_or_else(|| time.to_string(), |known| format!("{known:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_in_utc_and_one_out_of_range_in_milliseconds() {
        assert_eq!(moment(Timestamp::from_millis(0)), "1970-01-01T00:00:00.000Z");
        let time = Timestamp::from_millis(1_700_000_000_120);
        assert_eq!(moment(time), "2023-11-14T22:13:20.120Z");
        assert_eq!(moment(Timestamp::from_millis(u64::MAX)), format!("{} ms", u64::MAX));
    }
}

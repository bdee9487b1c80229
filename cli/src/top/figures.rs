//! Statistics from the metrics of a host.

use super::picture::Figures;

impl Figures {
    /// Reads the metrics in the format of Prometheus. A missing one, such as memory while a host starts, is 0.
    pub(super) fn of_metrics(text: &str) -> Self {
        let mut figures = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, value)) = line.rsplit_once(' ') else { continue };
            let value = whole(value);
            match name.split_once('{').map_or(name, |(name, _)| name) {
                "viewlink_revision" => figures.revision = value,
                "viewlink_checkpoint_revision" => figures.checkpoint_revision = value,
                // There is one line for each part.
                "viewlink_memory_bytes" => figures.memory = figures.memory.saturating_add(value),
                "viewlink_journal_segments" => figures.segments = value,
                "viewlink_journal_bytes" => figures.journal = value,
                _ => {}
            }
        }
        figures
    }
}

/// A whole number, which the metrics write with a fraction.
fn whole(value: &str) -> u64 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of this kind returns the nearest number"
    )]
    value.parse::<f64>().map_or(0, |value| value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_read_from_the_metrics() {
        let text = "# HELP viewlink_revision The newest change.\n# TYPE viewlink_revision gauge\n\
                    viewlink_revision 7.0\nviewlink_checkpoint_revision 5.0\n\
                    viewlink_memory_bytes{part=\"views\"} 100.0\nviewlink_memory_bytes{part=\"links\"} 20.5\n\
                    viewlink_journal_segments 2.0\nviewlink_journal_bytes 4194304.0\nother NaN\n# EOF\n";
        let figures = Figures::of_metrics(text);
        let expected = Figures {
            revision: 7,
            checkpoint_revision: 5,
            memory: 120,
            segments: 2,
            journal: 4_194_304,
        };
        assert_eq!(figures, expected);
        assert_eq!(Figures::of_metrics("viewlink_revision -x\n"), Figures::default());
    }
}
